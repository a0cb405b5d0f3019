/* place.h - a folder of the test's own, in memory where it can be (a killed process loses nothing
 * of it either, and nobody waits for a disk), and journals in it. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#ifndef ITP_TEST_PLACE_H
#define ITP_TEST_PLACE_H

#include <CUnit/Basic.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal.h"

static char place_folder[256] = "/dev/shm/journal-test-XXXXXX";

static inline void place_open(void)
{
    if (mkdtemp(place_folder)) return;
    snprintf(place_folder, sizeof place_folder, "%s/journal-test-XXXXXX", ITP_BUILD_DIR);
    if (!mkdtemp(place_folder)) abort();
}

static inline void place_close(void)
{
    char command[sizeof place_folder + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", place_folder);
    if (system(command) != 0) abort();
}

/* FOLDER/NAME; valid until the fourth call after. */
static inline const char *place(const char *name)
{
    static char paths[4][sizeof place_folder + 64];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", place_folder, name);
    return path;
}

static inline int place_has(const char *name)
{
    return access(place(name), F_OK) == 0;
}

static inline itp_journal *place_journal(const char *name, itp_journal_mode mode)
{
    itp_error err = {.text = ""};
    itp_journal *journal = NULL;
    itp_status st = itp_journal_open(&journal, place(name), mode, &err);
    if (st != ITP_OK) printf("\n  %s\n", err.text);
    CU_ASSERT_EQUAL_FATAL(st, ITP_OK);
    return journal;
}

/* Runs SQL on a file, as a stranger would; the status of SQLite. Its words go to `said`. */
static inline int place_sql(const char *name, const char *sql, char *said, size_t size)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    int code = sqlite3_open_v2(place(name), &db, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK) code = sqlite3_exec(db, sql, NULL, NULL, &why);
    if (said) snprintf(said, size, "%s", why ? why : "");
    sqlite3_free(why);
    sqlite3_close(db);
    return code;
}

/* The first value that a query gives, as text; "" for NULL, "-" for no row. */
static inline const char *place_ask(const char *name, const char *sql)
{
    static char answer[4096];
    sqlite3 *db = NULL;
    sqlite3_stmt *query = NULL;
    snprintf(answer, sizeof answer, "-");
    if (sqlite3_open_v2(place(name), &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &query, NULL) == SQLITE_OK &&
        sqlite3_step(query) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(query, 0);
        snprintf(answer, sizeof answer, "%s", text ? text : "");
    } else if (sqlite3_errcode(db) != SQLITE_OK && sqlite3_errcode(db) != SQLITE_DONE)
        snprintf(answer, sizeof answer, "error: %s", sqlite3_errmsg(db));
    sqlite3_finalize(query);
    sqlite3_close(db);
    return answer;
}

#endif
