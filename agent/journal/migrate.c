/* migrate.c - see migrate.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "migrate.h"

/* Version 1 is the first: the list ends with the step to ITP_SCHEMA_VERSION when there is one. */
const itp_migration ITP_MIGRATIONS[] = {{0, NULL}};
const size_t ITP_N_MIGRATIONS = 0;

static const char *step_from(int version, size_t n, const itp_migration *steps)
{
    for (size_t i = 0; i < n; i++)
        if (steps[i].from == version) return steps[i].sql;
    return NULL;
}

itp_status itp_journal_migrate(itp_journal *journal, int from, int to, size_t n,
                               const itp_migration *steps, itp_error *err)
{
    if (from > to)
        return itp_fail(err, ITP_EVERSION,
                        "journal %s: written by a newer Interphase (schema %d, this one knows %d); "
                        "upgrade, it is left as it is",
                        journal->path, from, to);
    if (from == to) return ITP_OK;
    if (journal->mode == ITP_JOURNAL_READ)
        return itp_fail(err, ITP_EVERSION,
                        "journal %s: of an older schema (%d, this one knows %d); resume its "
                        "campaign, or a copy of it, once to bring it forward",
                        journal->path, from, to);
    itp_status st = itp_journal_exec(journal, "BEGIN IMMEDIATE", err);
    for (int version = from; version < to && st == ITP_OK; version++) {
        const char *sql = step_from(version, n, steps);
        st = sql ? itp_journal_exec(journal, sql, err)
                 : itp_fail(err, ITP_EVERSION, "journal %s: no way from schema %d to %d",
                            journal->path, version, version + 1);
    }
    char stamp[64];
    snprintf(stamp, sizeof stamp, "PRAGMA user_version = %d; COMMIT", to);
    if (st == ITP_OK) st = itp_journal_exec(journal, stamp, err);
    if (st != ITP_OK && !sqlite3_get_autocommit(journal->db))
        sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL); /* the first failure is told */
    return st;
}
