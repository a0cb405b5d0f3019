/* verify.c - the chain from the first event to the head. SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "journal_rows.h"

itp_status itp_journal_head(itp_journal *journal, uint64_t *seq, unsigned char hash[ITP_HASH_SIZE],
                            itp_error *err)
{
    if (journal->mode == ITP_JOURNAL_READ) { /* The agent may have written since. */
        itp_status st = itp_journal_load_head(journal, err);
        if (st != ITP_OK) return st;
    }
    *seq = journal->committed;
    memcpy(hash, journal->head, ITP_HASH_SIZE);
    return ITP_OK;
}

/* What the chain does not cover: pages, indexes, free space. */
static itp_status check_file(itp_journal *journal, itp_error *err)
{
    sqlite3_stmt *check;
    itp_status st = itp_journal_prepare(journal, "PRAGMA integrity_check(1)", &check, err);
    if (st != ITP_OK) return st;
    const char *said =
        sqlite3_step(check) == SQLITE_ROW ? (const char *)sqlite3_column_text(check, 0) : NULL;
    if (!said)
        st = itp_journal_fault(journal, "read", err);
    else if (strcmp(said, "ok") != 0)
        st = itp_fail(err, ITP_ECORRUPT,
                      "journal %s: every event is as it was written, but the "
                      "file is damaged: %s; `interphase export --format "
                      "journal` makes a sound copy",
                      journal->path, said);
    sqlite3_finalize(check);
    return st;
}

static itp_status walk(itp_rows *rows, const unsigned char *head, itp_journal_verdict *out,
                       itp_error *err)
{
    for (;;) {
        const itp_stored_row *row;
        itp_status st = itp_rows_next(rows, &row, err);
        if (st == ITP_ECORRUPT) out->bad = rows->next;
        if (st != ITP_OK || !row) return st;
        out->events++;
        memcpy(out->head, row->hash, ITP_HASH_SIZE);
        if (head && memcmp(head, row->hash, ITP_HASH_SIZE) == 0) out->known = out->events;
    }
}

itp_status itp_journal_verify(itp_journal *journal, const unsigned char *head,
                              itp_journal_verdict *out, itp_error *err)
{
    itp_rows rows;
    *out = (itp_journal_verdict){0};
    itp_status st = itp_rows_init(&rows, journal, 1, err);
    if (st != ITP_OK) return st;
    st = walk(&rows, head, out, err);
    itp_rows_deinit(&rows);
    if (st == ITP_OK) st = check_file(journal, err);
    if (st == ITP_OK && head && !out->known) {
        char text[ITP_HASH_TEXT];
        itp_hash_text(head, text);
        st = itp_fail(err, ITP_ECORRUPT,
                      "journal %s: no event has the hash %s: its end was cut off, or it is another "
                      "journal",
                      journal->path, text);
    }
    return st;
}
