/* migrate.h - older journals move forward, newer ones are left alone.
 *   Each step is SQL from one schema version (PRAGMA user_version) to the next; all that are needed
 * run in one transaction. A step may add tables, columns' views and indexes, but the rows of
 * `event` are what was hashed: it never touches them. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_MIGRATE_H
#define ITP_MIGRATE_H

#include "journal_db.h"

typedef struct itp_migration {
    int from; /* to from + 1 */
    const char *sql;
} itp_migration;

/* Brings a journal of version `from` to version `to` by the given steps.
 * ITP_EVERSION when it is newer than `to`, or a step is missing. */
itp_status itp_journal_migrate(itp_journal *journal, int from, int to, size_t n,
                               const itp_migration *steps, itp_error *err);

/* The steps to ITP_SCHEMA_VERSION. */
extern const itp_migration ITP_MIGRATIONS[];
extern const size_t ITP_N_MIGRATIONS;

#endif
