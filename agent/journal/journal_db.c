/* journal_db.c - SQLite's answers as statuses, with what to do about them; rows as cells.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "journal_db.h"

#include <errno.h>
#include <string.h>

#include "disk.h"

static itp_status disk_full(itp_journal *journal, const char *doing, itp_error *err)
{
    return itp_fail(
        err, ITP_ERESOURCE,
        "journal %s: cannot be %s: the disk is full (%lld kB left); nothing half-written "
        "was kept: free some space, then run the same command again",
        journal->path, doing, itp_disk_free(journal->path) / 1024);
}

static itp_status device_failed(itp_journal *journal, const char *doing, itp_error *err)
{
    int system = sqlite3_system_errno(journal->db);
    if (journal->batch) journal->device_faulty = 1;
    if (system == ENOSPC || system == EDQUOT) return disk_full(journal, doing, err);
    return itp_fail(err, ITP_EIO,
                    "journal %s: cannot be %s: %s (%s); check the disk, then run the same command "
                    "again: the journal goes on after event %llu",
                    journal->path, doing, sqlite3_errmsg(journal->db),
                    system ? strerror(system) : "no reason given",
                    (unsigned long long)journal->committed);
}

itp_status itp_journal_fault(itp_journal *journal, const char *doing, itp_error *err)
{
    const char *path = journal->path;
    const char *why = journal->db ? sqlite3_errmsg(journal->db) : "out of memory";
    int code = journal->db ? sqlite3_extended_errcode(journal->db) : SQLITE_NOMEM;
    switch (code & 0xff) {
    case SQLITE_FULL: return disk_full(journal, doing, err);
    case SQLITE_NOMEM: return itp_fail(err, ITP_ENOMEM, "journal %s: out of memory", path);
    case SQLITE_IOERR:
        if (code != SQLITE_IOERR_NOMEM) return device_failed(journal, doing, err);
        return itp_fail(err, ITP_ENOMEM, "journal %s: out of memory", path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return itp_fail(err, ITP_ELOCKED,
                        "journal %s: cannot be %s: another program has held it for more than %d ms "
                        "(an open transaction in sqlite3?)",
                        path, doing, ITP_JOURNAL_BUSY_MS);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return itp_fail(err, ITP_ECORRUPT, "journal %s: damaged, or not a journal: %s", path, why);
    case SQLITE_CONSTRAINT:
        return itp_fail(err, ITP_ECORRUPT, "journal %s: another program wrote to it: %s", path,
                        why);
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
        return itp_fail(err, ITP_EIO,
                        "journal %s: cannot be %s: %s (may this user write the file and its "
                        "folder?)",
                        path, doing, why);
    default: return itp_fail(err, ITP_EIO, "journal %s: cannot be %s: %s", path, doing, why);
    }
}

itp_status itp_journal_exec(itp_journal *journal, const char *sql, itp_error *err)
{
    if (sqlite3_exec(journal->db, sql, NULL, NULL, NULL) == SQLITE_OK) return ITP_OK;
    return itp_journal_fault(journal, journal->mode == ITP_JOURNAL_READ ? "read" : "written", err);
}

itp_status itp_journal_prepare(itp_journal *journal, const char *sql, sqlite3_stmt **out,
                               itp_error *err)
{
    if (sqlite3_prepare_v2(journal->db, sql, -1, out, NULL) == SQLITE_OK) return ITP_OK;
    return itp_journal_fault(journal, "read", err);
}

itp_status itp_journal_number(itp_journal *journal, const char *sql, int64_t *out, itp_error *err)
{
    sqlite3_stmt *statement;
    itp_status st = itp_journal_prepare(journal, sql, &statement, err);
    if (st != ITP_OK) return st;
    int step = sqlite3_step(statement);
    if (step == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else if (step == SQLITE_DONE)
        *out = 0;
    else
        st = itp_journal_fault(journal, "read", err);
    sqlite3_finalize(statement);
    return st;
}

static itp_cell cell_at(sqlite3_stmt *row, int column)
{
    itp_cell cell = {.type = ITP_CELL_NULL};
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        cell.type = ITP_CELL_INTEGER;
        cell.integer = sqlite3_column_int64(row, column);
        break;
    case SQLITE_FLOAT:
        cell.type = ITP_CELL_REAL;
        cell.real = sqlite3_column_double(row, column);
        break;
    case SQLITE_TEXT:
        cell.type = ITP_CELL_TEXT;
        cell.bytes = sqlite3_column_text(row, column);
        cell.size = (size_t)sqlite3_column_bytes(row, column);
        break;
    case SQLITE_BLOB:
        cell.type = ITP_CELL_BLOB;
        cell.bytes = sqlite3_column_blob(row, column);
        cell.size = (size_t)sqlite3_column_bytes(row, column);
        break;
    }
    return cell;
}

void itp_journal_cells(sqlite3_stmt *row, itp_cell cells[ITP_CELLS], const unsigned char **hash)
{
    for (int i = 0; i < ITP_CELLS; i++) cells[i] = cell_at(row, i);
    itp_cell last = cell_at(row, ITP_CELLS);
    *hash = last.type == ITP_CELL_BLOB && last.size == ITP_HASH_SIZE ? last.bytes : NULL;
}

itp_status itp_journal_load_head(itp_journal *journal, itp_error *err)
{
    sqlite3_stmt *last = journal->statements[ITP_STATEMENT_LAST];
    int step = sqlite3_step(last);
    itp_status st = ITP_OK;
    journal->committed = 0;
    memset(journal->head, 0, ITP_HASH_SIZE);
    if (step == SQLITE_ROW) {
        itp_cell hash = cell_at(last, 1);
        journal->committed = (uint64_t)sqlite3_column_int64(last, 0);
        if (hash.type == ITP_CELL_BLOB && hash.size == ITP_HASH_SIZE)
            memcpy(journal->head, hash.bytes, ITP_HASH_SIZE);
        else
            st = itp_fail(err, ITP_ECORRUPT, "journal %s: the hash of event %llu was changed",
                          journal->path, (unsigned long long)journal->committed);
    } else if (step != SQLITE_DONE)
        st = itp_journal_fault(journal, "read", err);
    sqlite3_reset(last);
    journal->added = journal->committed;
    memcpy(journal->tip, journal->head, ITP_HASH_SIZE);
    return st;
}
