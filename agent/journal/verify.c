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

/* Views and triggers as this version makes them: a changed view would mislead people, a missing
 * trigger let them change events. What people added themselves is theirs. */
static itp_status check_schema(itp_journal *journal, itp_error *err)
{
    static const char OBJECTS[] = "SELECT type, name, sql FROM sqlite_master WHERE sql NOT NULL";
    static const char SAME[] = "SELECT 1 FROM sqlite_master WHERE (type, name, sql) = (?, ?, ?)";
    sqlite3 *model = NULL;
    sqlite3_stmt *object = NULL, *same = NULL;
    itp_status st = itp_journal_prepare(journal, SAME, &same, err);
    if (st == ITP_OK && (sqlite3_open(":memory:", &model) != SQLITE_OK ||
                         sqlite3_exec(model, ITP_SCHEMA_SQL, NULL, NULL, NULL) != SQLITE_OK ||
                         sqlite3_prepare_v2(model, OBJECTS, -1, &object, NULL) != SQLITE_OK))
        st = itp_fail(err, ITP_ENOMEM, "journal %s: out of memory", journal->path);
    while (st == ITP_OK && sqlite3_step(object) == SQLITE_ROW) {
        for (int i = 0; i < 3; i++)
            sqlite3_bind_value(same, i + 1, sqlite3_column_value(object, i));
        int step = sqlite3_step(same);
        if (step == SQLITE_DONE)
            st = itp_fail(
                err, ITP_ECORRUPT,
                "journal %s: every event is as it was written, but the %s '%s' was changed",
                journal->path, (const char *)sqlite3_column_text(object, 0),
                (const char *)sqlite3_column_text(object, 1));
        else if (step != SQLITE_ROW)
            st = itp_journal_fault(journal, "read", err);
        sqlite3_reset(same);
    }
    sqlite3_finalize(object);
    sqlite3_finalize(same);
    sqlite3_close(model);
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
    itp_status st = itp_journal_rows_init(&rows, journal, 1, err);
    if (st != ITP_OK) return st;
    st = walk(&rows, head, out, err);
    itp_journal_rows_deinit(&rows);
    if (st == ITP_OK && head && !out->known) {
        char text[ITP_HASH_TEXT];
        itp_hash_text(head, text);
        st = itp_fail(err, ITP_ECORRUPT,
                      "journal %s: no event has the hash %s: its end was cut off, or it is another "
                      "journal",
                      journal->path, text);
    }
    if (st == ITP_OK) st = check_schema(journal, err);
    if (st == ITP_OK) st = check_file(journal, err);
    return st;
}
