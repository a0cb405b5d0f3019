/* journal_db.h - what the files of this room share: the handle, statements, errors in words.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_JOURNAL_DB_H
#define ITP_JOURNAL_DB_H

#include <jansson.h>
#include <sqlite3.h>

#include "hash_chain.h"
#include "journal.h"

/* "ITPJ": how a file says that it is a journal (PRAGMA application_id). */
#define ITP_JOURNAL_APPLICATION 0x4954504a

/* schema.sql, embedded by the build. */
extern const char ITP_SCHEMA_SQL[];

/* Columns of a row as statements read them: those that are hashed, then the hash. */
#define ITP_JOURNAL_COLUMNS                                                                        \
    "seq, at, kind, trial, request, epoch, worker, task, source, decision, payload, actions, hash"

typedef enum itp_statement_name {
    ITP_STATEMENT_BEGIN,
    ITP_STATEMENT_INSERT,
    ITP_STATEMENT_COMMIT,
    ITP_STATEMENT_ROLLBACK,
    ITP_STATEMENT_LAST,
    ITP_STATEMENTS
} itp_statement_name;

struct itp_journal {
    sqlite3 *db;
    char *path;
    itp_journal_mode mode;
    int lock;                  /* descriptor of the lock file, or -1 */
    int batch;                 /* 1 between the first add and commit or abandon */
    int device_faulty;         /* 1 after an I/O error: what the disk holds is not known */
    uint64_t committed, added; /* last seq, durable and in the batch */
    unsigned char head[ITP_HASH_SIZE], tip[ITP_HASH_SIZE]; /* their hashes */
    sqlite3_stmt *statements[ITP_STATEMENTS];
    json_t *terms; /* as stored with `defined`, or NULL */
};

/* The status for what SQLite just said of `journal->db`, with path, reason and remedy in err.
 * doing: "written", "opened", ... */
itp_status itp_journal_fault(itp_journal *journal, const char *doing, itp_error *err);
/* Runs SQL that returns no rows. */
itp_status itp_journal_exec(itp_journal *journal, const char *sql, itp_error *err);
itp_status itp_journal_prepare(itp_journal *journal, const char *sql, sqlite3_stmt **out,
                               itp_error *err);
/* A number that a statement without parameters returns; 0 when it returns none. */
itp_status itp_journal_number(itp_journal *journal, const char *sql, int64_t *out, itp_error *err);
/* The present row of a statement over ITP_JOURNAL_COLUMNS, borrowed until its next step. *hash is
 * NULL when the column is not a hash. */
void itp_journal_cells(sqlite3_stmt *row, itp_cell cells[ITP_CELLS], const unsigned char **hash);
/* Head as stored: seq 0 and zeros in an empty journal. */
itp_status itp_journal_load_head(itp_journal *journal, itp_error *err);

#endif
