/* journal_rows.c - see journal_rows.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "journal_rows.h"

#include <stdlib.h>
#include <string.h>

static const char SELECT[] =
    "SELECT " ITP_JOURNAL_COLUMNS " FROM event WHERE seq >= ? ORDER BY seq LIMIT ?";

/* The hash before `from`. */
static itp_status load_previous(itp_rows *rows, uint64_t from, itp_error *err)
{
    const unsigned char *hash = NULL;
    itp_cell cells[ITP_CELLS];
    sqlite3_bind_int64(rows->select, 1, (sqlite3_int64)from - 1);
    sqlite3_bind_int(rows->select, 2, 1);
    int step = sqlite3_step(rows->select);
    itp_status st = ITP_OK;
    if (step == SQLITE_ROW) {
        itp_journal_cells(rows->select, cells, &hash);
        if (hash && (uint64_t)cells[ITP_CELL_SEQ].integer == from - 1)
            memcpy(rows->previous, hash, ITP_HASH_SIZE);
        else
            st = itp_fail(err, ITP_ECORRUPT, "journal %s: event %llu was changed",
                          rows->journal->path, (unsigned long long)from - 1);
    } else if (step == SQLITE_DONE)
        st = itp_fail(err, ITP_ERANGE, "journal %s: has no event %llu", rows->journal->path,
                      (unsigned long long)from - 1);
    else
        st = itp_journal_fault(rows->journal, "read", err);
    sqlite3_reset(rows->select);
    return st;
}

itp_status itp_journal_rows_init(itp_rows *rows, itp_journal *journal, uint64_t from,
                                 itp_error *err)
{
    *rows = (itp_rows){.journal = journal, .next = from > 0 ? from : 1};
    rows->batch = malloc(ITP_ROWS_BATCH * sizeof *rows->batch);
    if (!rows->batch) return itp_fail(err, ITP_ENOMEM, "journal %s", journal->path);
    itp_status st = from > INT64_MAX
                        ? itp_fail(err, ITP_ERANGE, "journal %s: no such event", journal->path)
                        : itp_journal_prepare(journal, SELECT, &rows->select, err);
    if (st == ITP_OK && rows->next > 1) st = load_previous(rows, rows->next, err);
    if (st != ITP_OK) itp_journal_rows_deinit(rows);
    return st;
}

void itp_journal_rows_deinit(itp_rows *rows)
{
    sqlite3_finalize(rows->select);
    free(rows->batch);
    itp_buffer_deinit(&rows->bytes);
    *rows = (itp_rows){0};
}

static itp_status copy_row(itp_rows *rows, itp_error *err)
{
    const unsigned char *hash;
    itp_stored_row *row = &rows->batch[rows->n];
    itp_journal_cells(rows->select, row->cells, &hash);
    row->hashed = hash != NULL;
    if (hash) memcpy(row->hash, hash, ITP_HASH_SIZE);
    for (int i = 0; i < ITP_CELLS; i++) {
        itp_cell *cell = &row->cells[i];
        if (cell->type != ITP_CELL_TEXT && cell->type != ITP_CELL_BLOB) continue;
        row->offset[i] = rows->bytes.size;
        /* An empty text has no bytes to point to; NULL means that SQLite had no memory. */
        if ((!cell->bytes && cell->size > 0) ||
            itp_buffer_append(&rows->bytes, cell->size > 0 ? cell->bytes : "", cell->size) ||
            itp_buffer_append(&rows->bytes, "", 1))
            return itp_fail(err, ITP_ENOMEM, "journal %s: out of memory", rows->journal->path);
    }
    rows->n++;
    return ITP_OK;
}

static itp_status load_batch(itp_rows *rows, itp_error *err)
{
    int step = SQLITE_ROW;
    itp_status st = ITP_OK;
    rows->n = rows->at = 0;
    itp_buffer_clear(&rows->bytes);
    sqlite3_bind_int64(rows->select, 1, (sqlite3_int64)rows->next);
    sqlite3_bind_int(rows->select, 2, ITP_ROWS_BATCH);
    while (st == ITP_OK && rows->n < ITP_ROWS_BATCH && rows->bytes.size < ITP_ROWS_BATCH_BYTES &&
           (step = sqlite3_step(rows->select)) == SQLITE_ROW)
        st = copy_row(rows, err);
    if (st == ITP_OK && step != SQLITE_ROW && step != SQLITE_DONE)
        st = itp_journal_fault(rows->journal, "read", err);
    sqlite3_reset(rows->select);
    for (size_t i = 0; i < rows->n; i++)
        for (int k = 0; k < ITP_CELLS; k++)
            if (rows->batch[i].cells[k].type == ITP_CELL_TEXT ||
                rows->batch[i].cells[k].type == ITP_CELL_BLOB)
                rows->batch[i].cells[k].bytes = rows->bytes.data + rows->batch[i].offset[k];
    return st;
}

itp_status itp_rows_next(itp_rows *rows, const itp_stored_row **out, itp_error *err)
{
    *out = NULL;
    if (rows->at == rows->n) {
        itp_status st = load_batch(rows, err);
        if (st != ITP_OK || rows->n == 0) return st;
    }
    const itp_stored_row *row = &rows->batch[rows->at];
    unsigned long long seq = (unsigned long long)rows->next;
    if ((uint64_t)row->cells[ITP_CELL_SEQ].integer != rows->next)
        return itp_fail(err, ITP_ECORRUPT, "journal %s: event %llu is missing", rows->journal->path,
                        seq);
    unsigned char hash[ITP_HASH_SIZE];
    itp_chain_hash(rows->previous, row->cells, hash);
    if (!row->hashed || memcmp(hash, row->hash, sizeof hash) != 0)
        return itp_fail(err, ITP_ECORRUPT, "journal %s: event %llu was changed",
                        rows->journal->path, seq);
    memcpy(rows->previous, hash, sizeof hash);
    rows->next++;
    rows->at++;
    *out = row;
    return ITP_OK;
}
