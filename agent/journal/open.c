/* open.c - opening, making and closing the file. The order matters: disk, lock, file, version.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "interphase/version.h"
#include "journal_lock.h"
#include "migrate.h"

#define WAL_BYTES_KEPT 16777216 /* a WAL that grew beyond this under a slow reader is cut back */

/* Statements of a writer, by name; a reader has only the last. */
static const char *const SQL[ITP_STATEMENTS] = {
    "BEGIN IMMEDIATE",
    "INSERT INTO event (" ITP_JOURNAL_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "COMMIT",
    "ROLLBACK",
    "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1",
};

/* The path behind links, so that one journal has one lock. Caller's to free. */
static char *resolve(const char *path)
{
    char *real = realpath(path, NULL);
    if (real || errno != ENOENT) return real;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    char *where = folder ? realpath(folder, NULL) : NULL;
    size_t size = where ? strlen(where) + strlen(name) + 2 : 0;
    if (where && *name && (real = malloc(size))) snprintf(real, size, "%s/%s", where, name);
    free(folder);
    free(where);
    return real;
}

static itp_status connect_to(itp_journal *journal, const char *name, int flags, itp_error *err)
{
    sqlite3_close(journal->db);
    journal->db = NULL;
    if (sqlite3_open_v2(name, &journal->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return itp_journal_fault(journal, "opened", err);
    sqlite3_extended_result_codes(journal->db, 1);
    sqlite3_busy_timeout(journal->db, ITP_JOURNAL_BUSY_MS);
    return ITP_OK;
}

/* A journal in a folder where nothing may be written, closed cleanly: without WAL and locks. */
static itp_status connect_frozen(itp_journal *journal, itp_error *err)
{
    size_t size = 3 * strlen(journal->path) + 32, n = 0;
    char *uri = malloc(size);
    if (!uri) return itp_fail(err, ITP_ENOMEM, "journal %s", journal->path);
    n += (size_t)snprintf(uri, size, "file:");
    for (const char *c = journal->path; *c; c++)
        n += (size_t)snprintf(uri + n, size - n, strchr("%?#", *c) ? "%%%02X" : "%c", *c);
    snprintf(uri + n, size - n, "?immutable=1");
    itp_status st = connect_to(journal, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
    free(uri);
    return st;
}

/* 1: a WAL with events that the file itself does not have yet. */
static int has_wal(itp_journal *journal)
{
    struct stat wal;
    size_t size = strlen(journal->path) + sizeof "-wal";
    char *name = malloc(size);
    if (!name) return 1;
    snprintf(name, size, "%s-wal", journal->path);
    int has = stat(name, &wal) == 0 && wal.st_size > 0;
    free(name);
    return has;
}

static itp_status connect_reader(itp_journal *journal, itp_error *err)
{
    int64_t version;
    itp_error first = {.text = ""};
    int flags = access(journal->path, W_OK) == 0 ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    itp_status st = connect_to(journal, journal->path, flags, err);
    /* A reader that may write still only reads; but the last one to leave can tidy up the WAL. */
    if (st == ITP_OK) st = itp_journal_exec(journal, "PRAGMA query_only = 1", err);
    if (st != ITP_OK) return st;
    st = itp_journal_number(journal, "SELECT count(*) FROM sqlite_master", &version, &first);
    int code = sqlite3_errcode(journal->db) & 0xff;
    if (st != ITP_OK && (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) && !has_wal(journal))
        return connect_frozen(journal, err);
    return st == ITP_OK ? ITP_OK : itp_fail(err, st, "%s", first.text);
}

static itp_status connect_writer(itp_journal *journal, itp_error *err)
{
    int make = journal->mode == ITP_JOURNAL_CREATE ? SQLITE_OPEN_CREATE : 0;
    itp_status st = connect_to(journal, journal->path, SQLITE_OPEN_READWRITE | make, err);
    /* SQLite opens a protected file for reading instead, and would tell only at the first event. */
    if (st == ITP_OK && sqlite3_db_readonly(journal->db, "main") == 1)
        st = itp_fail(err, ITP_EIO, "journal %s: may not be written by this user", journal->path);
    return st;
}

/* Names must survive power loss as well as contents do. When SQLite turns a new file to WAL it
 * removes a rollback journal without syncing the folder; were that name to come back, it would roll
 * back the file under our commits. So: at every opening, before anything is acknowledged. */
static itp_status sync_folder(itp_journal *journal, itp_error *err)
{
    char *folder = strdup(journal->path);
    if (!folder) return itp_fail(err, ITP_ENOMEM, "journal %s", journal->path);
    char *slash = strrchr(folder, '/');
    if (slash) slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0;
    itp_status st = ITP_OK;
    if (failed)
        st = itp_fail(err, ITP_EIO, "journal %s: its folder cannot be synced: %s; check the disk",
                      journal->path, strerror(errno));
    if (fd >= 0) close(fd);
    free(folder);
    return st;
}

static itp_status make_schema(itp_journal *journal, itp_error *err)
{
    char stamp[128];
    snprintf(stamp, sizeof stamp, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
             ITP_JOURNAL_APPLICATION, ITP_SCHEMA_VERSION);
    itp_status st = itp_journal_exec(journal, "BEGIN IMMEDIATE", err);
    if (st == ITP_OK) st = itp_journal_exec(journal, ITP_SCHEMA_SQL, err);
    if (st == ITP_OK) st = itp_journal_exec(journal, stamp, err);
    return st;
}

static itp_status check_version(itp_journal *journal, itp_error *err)
{
    int64_t application, version, objects;
    itp_status st = itp_journal_number(journal, "PRAGMA application_id", &application, err);
    if (st == ITP_OK) st = itp_journal_number(journal, "PRAGMA user_version", &version, err);
    if (st == ITP_OK)
        st = itp_journal_number(journal, "SELECT count(*) FROM sqlite_master", &objects, err);
    if (st != ITP_OK) return st;
    if (application == 0 && objects == 0) {
        if (journal->mode == ITP_JOURNAL_CREATE) return make_schema(journal, err);
        return itp_fail(err, ITP_ENOTFOUND, "journal %s: is empty", journal->path);
    }
    if (application != ITP_JOURNAL_APPLICATION)
        return itp_fail(err, ITP_ECORRUPT, "journal %s: a database, but not a journal",
                        journal->path);
    return itp_journal_migrate(journal, (int)version, ITP_SCHEMA_VERSION, ITP_N_MIGRATIONS,
                               ITP_MIGRATIONS, err);
}

/* WAL, so that people read while the agent writes; FULL, so that a commit is on the disk when it
 * returns. */
static itp_status set_up_writer(itp_journal *journal, itp_error *err)
{
    char pragmas[256];
    int64_t is_wal;
    snprintf(
        pragmas, sizeof pragmas,
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = %d; "
        "PRAGMA journal_size_limit = %d",
        ITP_JOURNAL_WAL_PAGES, WAL_BYTES_KEPT);
    itp_status st = itp_journal_exec(journal, pragmas, err);
    if (st == ITP_OK)
        st = itp_journal_number(journal, "SELECT journal_mode = 'wal' FROM pragma_journal_mode",
                                &is_wal, err);
    if (st == ITP_OK && !is_wal)
        st = itp_fail(err, ITP_ENOTSUP,
                      "journal %s: its file system has no shared memory for SQLite's WAL; put it "
                      "on a local disk",
                      journal->path);
    return st;
}

static itp_status prepare_all(itp_journal *journal, itp_error *err)
{
    itp_status st = ITP_OK;
    int first = journal->mode == ITP_JOURNAL_READ ? ITP_STATEMENT_LAST : 0;
    for (int i = first; i < ITP_STATEMENTS && st == ITP_OK; i++)
        st = itp_journal_prepare(journal, SQL[i], &journal->statements[i], err);
    return st;
}

static itp_status open_file(itp_journal *journal, itp_error *err)
{
    itp_status st;
    int missing = access(journal->path, F_OK) != 0;
    if (missing && journal->mode != ITP_JOURNAL_CREATE)
        return itp_fail(err, ITP_ENOTFOUND, "journal %s: %s", journal->path, strerror(errno));
    if (journal->mode == ITP_JOURNAL_READ) {
        if ((st = connect_reader(journal, err)) != ITP_OK) return st;
    } else {
        if ((st = itp_disk_check(journal->path, err)) != ITP_OK) return st;
        if ((st = itp_journal_lock(journal->path, &journal->lock, err)) != ITP_OK) return st;
        if ((st = connect_writer(journal, err)) != ITP_OK) return st;
        if ((st = set_up_writer(journal, err)) != ITP_OK) return st;
    }
    if ((st = check_version(journal, err)) != ITP_OK) return st;
    if (journal->mode != ITP_JOURNAL_READ && (st = sync_folder(journal, err)) != ITP_OK) return st;
    if ((st = prepare_all(journal, err)) != ITP_OK) return st;
    return itp_journal_load_head(journal, err);
}

itp_status itp_journal_open(itp_journal **out, const char *path, itp_journal_mode mode,
                            itp_error *err)
{
    itp_journal *journal = calloc(1, sizeof *journal);
    if (!journal) return itp_fail(err, ITP_ENOMEM, "journal %s", path);
    journal->lock = -1;
    journal->mode = mode;
    journal->path = resolve(path);
    itp_status st = journal->path ? open_file(journal, err)
                                  : itp_fail(err, errno == ENOMEM ? ITP_ENOMEM : ITP_ENOTFOUND,
                                             "journal %s: %s", path, strerror(errno));
    if (st == ITP_OK)
        *out = journal;
    else
        itp_journal_close(journal);
    return st;
}

void itp_journal_close(itp_journal *journal)
{
    if (!journal) return;
    itp_journal_abandon(journal);
    for (int i = 0; i < ITP_STATEMENTS; i++) sqlite3_finalize(journal->statements[i]);
    sqlite3_close(journal->db); /* The last to close writes the WAL back and removes it. */
    if (journal->path) itp_journal_unlock(journal->path, journal->lock);
    json_decref(journal->terms);
    free(journal->path);
    free(journal);
}

const char *itp_journal_path(const itp_journal *journal)
{
    return journal->path;
}
