/* store.c - see store.h. Statements are prepared once; every write is one transaction, so that a
 * batch costs one fsync. SPDX-License-Identifier: GPL-3.0-or-later */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crash.h"

static const char SCHEMA[] =
    "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO meta VALUES('generation', lower(hex(randomblob(16))));"
    "CREATE TABLE IF NOT EXISTS outbox(number INTEGER PRIMARY KEY, campaign TEXT NOT NULL,"
    " request INTEGER NOT NULL, epoch INTEGER NOT NULL, idx INTEGER NOT NULL,"
    " physical INTEGER NOT NULL, acked INTEGER NOT NULL DEFAULT 0, frame BLOB NOT NULL,"
    " UNIQUE(campaign, request, epoch, idx));"
    "CREATE TABLE IF NOT EXISTS ledger(campaign TEXT NOT NULL, request INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, state INTEGER NOT NULL,"
    " at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),"
    " PRIMARY KEY(campaign, request)) WITHOUT ROWID;"
    "COMMIT;";

/* name, SQL */
#define STATEMENTS(X)                                                                              \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                    \
    X(COMMIT, "COMMIT")                                                                            \
    X(ROLLBACK, "ROLLBACK")                                                                        \
    X(PUT, "INSERT OR IGNORE INTO outbox(campaign, request, epoch, idx, physical, frame)"          \
           " VALUES(?1, ?2, ?3, ?4, ?5, ?6)")                                                      \
    X(DROP, "DELETE FROM outbox WHERE campaign=?1 AND request=?2 AND epoch=?3 AND idx=?4"          \
            " AND physical=0")                                                                     \
    X(ACKED, "UPDATE outbox SET acked=1 WHERE campaign=?1 AND request=?2 AND epoch=?3 AND idx=?4") \
    X(EACH, "SELECT campaign, request, epoch, idx, physical, frame FROM outbox WHERE acked=0"      \
            " ORDER BY number")                                                                    \
    X(FINAL, "SELECT frame FROM outbox WHERE campaign=?1 AND request=?2 AND idx=-1"                \
             " ORDER BY epoch DESC LIMIT 1")                                                       \
    X(LOOK, "SELECT state, epoch FROM ledger WHERE campaign=?1 AND request=?2")                    \
    X(SET, "INSERT INTO ledger(campaign, request, epoch, state) VALUES(?1, ?2, ?3, ?4)"            \
           " ON CONFLICT(campaign, request) DO UPDATE SET epoch=excluded.epoch,"                   \
           " state=excluded.state, at=strftime('%Y-%m-%dT%H:%M:%fZ','now')")                       \
    X(STARTS, "SELECT campaign, request, epoch FROM ledger WHERE state=?1")

enum {
#define X(name, sql) DO_##name,
    STATEMENTS(X)
#undef X
        STATEMENT_COUNT
};

struct itp_store {
    sqlite3 *db; /* NULL until there is a file */
    sqlite3_stmt *statements[STATEMENT_COUNT];
    pthread_mutex_t lock;
    int folder; /* descriptor whose lock says that the folder is ours */
    char path[PATH_MAX], generation[40];
};

static itp_status db_fail(itp_store *store, itp_error *err)
{
    int code = store->db ? sqlite3_errcode(store->db) & 0xff : SQLITE_NOMEM;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return itp_fail(err, ITP_ELOCKED, "%s: in use by another worker", store->path);
    return itp_fail(err, code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? ITP_ECORRUPT : ITP_EIO,
                    "%s: %s", store->path, store->db ? sqlite3_errmsg(store->db) : "no memory");
}

/* Runs a statement that gives no rows, and makes it ready for the next time. */
static itp_status run(itp_store *store, int which, itp_error *err)
{
    sqlite3_stmt *statement = store->statements[which];
    itp_status st = sqlite3_step(statement) == SQLITE_DONE ? ITP_OK : db_fail(store, err);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return st;
}

/* Request ids are stored in their 64 bits, whatever sign SQLite gives the highest. */
static sqlite3_stmt *bind_request(itp_store *store, int which, const char *campaign, itp_id request)
{
    sqlite3_stmt *statement = store->statements[which];
    sqlite3_bind_text(statement, 1, campaign, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)request);
    return statement;
}

static itp_status set_state(itp_store *store, const char *campaign, itp_id request, uint32_t epoch,
                            ledger_state state, itp_error *err)
{
    sqlite3_stmt *statement = bind_request(store, DO_SET, campaign, request);
    sqlite3_bind_int64(statement, 3, epoch);
    sqlite3_bind_int(statement, 4, (int)state);
    return run(store, DO_SET, err);
}

static itp_status look(itp_store *store, const char *campaign, itp_id request, ledger_state *state,
                       uint32_t *epoch, itp_error *err)
{
    sqlite3_stmt *statement = bind_request(store, DO_LOOK, campaign, request);
    int step = sqlite3_step(statement);
    *state = LEDGER_UNKNOWN;
    *epoch = 0;
    if (step == SQLITE_ROW) {
        *state = (ledger_state)sqlite3_column_int(statement, 0);
        *epoch = (uint32_t)sqlite3_column_int64(statement, 1);
    }
    itp_status st = step == SQLITE_ROW || step == SQLITE_DONE ? ITP_OK : db_fail(store, err);
    sqlite3_reset(statement);
    return st;
}

static itp_status read_generation(itp_store *store, itp_error *err)
{
    sqlite3_stmt *statement = NULL;
    itp_status st = ITP_OK;
    if (sqlite3_prepare_v2(store->db, "SELECT value FROM meta WHERE key='generation'", -1,
                           &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        snprintf(store->generation, sizeof store->generation, "%s",
                 (const char *)sqlite3_column_text(statement, 0));
    else
        st = db_fail(store, err);
    sqlite3_finalize(statement);
    return st;
}

static itp_status prepare_all(itp_store *store, itp_error *err)
{
    static const char *const sql[] = {
#define X(name, text) text,
        STATEMENTS(X)
#undef X
    };
    for (int i = 0; i < STATEMENT_COUNT; i++)
        if (sqlite3_prepare_v3(store->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &store->statements[i], NULL) != SQLITE_OK)
            return db_fail(store, err);
    return ITP_OK;
}

/* mkdir -p, 0700: an outbox may hold what others need not read. */
static itp_status make_folder(const char *folder, itp_error *err)
{
    char path[PATH_MAX];
    int used = snprintf(path, sizeof path, "%s", folder);
    if (used <= 0 || used >= (int)sizeof path)
        return itp_fail(err, ITP_EINVAL, "state folder: no usable path");
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0') continue;
        char kept = *at;
        *at = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return itp_fail(err, ITP_EIO, "%s: %s", path, strerror(errno));
        *at = kept;
        if (!kept) return ITP_OK;
    }
}

static void close_file(itp_store *store)
{
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    sqlite3_close(store->db);
    store->db = NULL;
}

/* Opens the file, and makes it when it is missing. The lock is held. */
static itp_status open_file(itp_store *store, itp_error *err)
{
    if (store->db) return ITP_OK;
    itp_status st = ITP_OK;
    if (sqlite3_open_v2(store->path, &store->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK ||
        sqlite3_exec(store->db, SCHEMA, NULL, NULL, NULL) != SQLITE_OK)
        st = db_fail(store, err);
    if (st == ITP_OK) st = read_generation(store, err);
    if (st == ITP_OK) st = prepare_all(store, err);
    if (st != ITP_OK) close_file(store);
    return st;
}

itp_status itp_store_open(itp_store **out, const char *folder, itp_error *err)
{
    itp_status st = make_folder(folder, err);
    if (st != ITP_OK) return st;
    itp_store *store = calloc(1, sizeof *store);
    if (!store) return itp_fail(err, ITP_ENOMEM, "store %s", folder);
    pthread_mutex_init(&store->lock, NULL);
    store->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder < 0)
        st = itp_fail(err, ITP_EIO, "%s: %s", folder, strerror(errno));
    else if (flock(store->folder, LOCK_EX | LOCK_NB) != 0)
        st = itp_fail(err, ITP_ELOCKED, "%s: in use by another worker", folder);
    else if (snprintf(store->path, sizeof store->path, "%s/worker.db", folder) >=
             (int)sizeof store->path)
        st = itp_fail(err, ITP_EINVAL, "%s: path is too long", folder);
    else if (access(store->path, F_OK) == 0)
        st = open_file(store, err);
    if (st != ITP_OK) {
        itp_store_close(store);
        return st;
    }
    *out = store;
    return ITP_OK;
}

void itp_store_close(itp_store *store)
{
    if (!store) return;
    close_file(store);
    if (store->folder >= 0) close(store->folder);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

itp_status itp_store_generation(itp_store *store, const char **out, itp_error *err)
{
    pthread_mutex_lock(&store->lock);
    itp_status st = open_file(store, err);
    pthread_mutex_unlock(&store->lock);
    if (st == ITP_OK) *out = store->generation;
    return st;
}

static itp_status put_one(itp_store *store, const store_put *put, itp_error *err)
{
    sqlite3_stmt *statement = bind_request(store, DO_PUT, put->key.campaign, put->key.request);
    sqlite3_bind_int64(statement, 3, put->key.epoch);
    sqlite3_bind_int64(statement, 4, put->key.index);
    sqlite3_bind_int(statement, 5, put->physical);
    sqlite3_bind_blob64(statement, 6, put->frame, put->size, SQLITE_STATIC);
    itp_status st = run(store, DO_PUT, err);
    if (st == ITP_OK && put->physical && put->key.index < 0)
        st =
            set_state(store, put->key.campaign, put->key.request, put->key.epoch, LEDGER_DONE, err);
    return st;
}

static itp_status drop_one(itp_store *store, const store_key *key, itp_error *err)
{
    for (int which = DO_DROP;; which = DO_ACKED) {
        sqlite3_stmt *statement = bind_request(store, which, key->campaign, key->request);
        sqlite3_bind_int64(statement, 3, key->epoch);
        sqlite3_bind_int64(statement, 4, key->index);
        itp_status st = run(store, which, err);
        if (st != ITP_OK || which == DO_ACKED) return st;
    }
}

/* Ends the transaction that `st` is the outcome of. */
static itp_status finish(itp_store *store, itp_status st, itp_error *err)
{
    if (st == ITP_OK) st = run(store, DO_COMMIT, err);
    if (st != ITP_OK && !sqlite3_get_autocommit(store->db)) run(store, DO_ROLLBACK, NULL);
    return st;
}

itp_status itp_store_write(itp_store *store, size_t n_puts, const store_put *puts, size_t n_drops,
                           const store_key *drops, itp_error *err)
{
    pthread_mutex_lock(&store->lock);
    itp_status st = open_file(store, err);
    if (st == ITP_OK) st = run(store, DO_BEGIN, err);
    if (st == ITP_OK) {
        for (size_t i = 0; i < n_puts && st == ITP_OK; i++) st = put_one(store, &puts[i], err);
        for (size_t i = 0; i < n_drops && st == ITP_OK; i++) st = drop_one(store, &drops[i], err);
        int ends = 0; /* a physical request: its ledger row becomes done with it */
        for (size_t i = 0; i < n_puts; i++) ends |= puts[i].physical && puts[i].key.index < 0;
        itp_crash_at(ends ? ITP_CRASH_LEDGER_BEFORE_DONE : ITP_CRASH_OUTBOX_BEFORE_COMMIT);
        st = finish(store, st, err);
        itp_crash_at(ends ? ITP_CRASH_LEDGER_AFTER_DONE : ITP_CRASH_OUTBOX_AFTER_COMMIT);
    }
    pthread_mutex_unlock(&store->lock);
    return st;
}

itp_status itp_store_each(itp_store *store, itp_status (*one)(void *ctx, const store_put *put),
                          void *ctx, itp_error *err)
{
    if (!store->db) return ITP_OK; /* no file, nothing owed */
    pthread_mutex_lock(&store->lock);
    sqlite3_stmt *row = store->statements[DO_EACH];
    itp_status st = ITP_OK;
    int step;
    while (st == ITP_OK && (step = sqlite3_step(row)) != SQLITE_DONE) {
        if (step != SQLITE_ROW) {
            st = db_fail(store, err);
            break;
        }
        st = one(ctx, &(store_put){{(const char *)sqlite3_column_text(row, 0),
                                    (itp_id)sqlite3_column_int64(row, 1),
                                    (uint32_t)sqlite3_column_int64(row, 2),
                                    sqlite3_column_int64(row, 3)},
                                   sqlite3_column_blob(row, 5),
                                   (size_t)sqlite3_column_bytes(row, 5),
                                   sqlite3_column_int(row, 4)});
    }
    sqlite3_reset(row);
    pthread_mutex_unlock(&store->lock);
    return st;
}

itp_status itp_store_final(itp_store *store, const char *campaign, itp_id request, void **frame,
                           size_t *size, itp_error *err)
{
    pthread_mutex_lock(&store->lock);
    itp_status st = open_file(store, err);
    if (st != ITP_OK) {
        pthread_mutex_unlock(&store->lock);
        return st;
    }
    sqlite3_stmt *row = bind_request(store, DO_FINAL, campaign, request);
    int step = sqlite3_step(row);
    if (step == SQLITE_ROW) {
        *size = (size_t)sqlite3_column_bytes(row, 0);
        *frame = malloc(*size + 1);
        if (*frame)
            memcpy(*frame, sqlite3_column_blob(row, 0), *size);
        else
            st = itp_fail(err, ITP_ENOMEM, "frame of %zu bytes", *size);
    } else {
        st = step == SQLITE_DONE ? itp_fail(err, ITP_ENOTFOUND, "no result kept")
                                 : db_fail(store, err);
    }
    sqlite3_reset(row);
    pthread_mutex_unlock(&store->lock);
    return st;
}

itp_status itp_store_look(itp_store *store, const char *campaign, itp_id request,
                          ledger_state *state, uint32_t *epoch, itp_error *err)
{
    uint32_t unwanted;
    pthread_mutex_lock(&store->lock);
    itp_status st = open_file(store, err);
    if (st == ITP_OK) st = look(store, campaign, request, state, epoch ? epoch : &unwanted, err);
    pthread_mutex_unlock(&store->lock);
    return st;
}

/* What a request may become, given what it is. */
static itp_status judge(ledger_state from, uint32_t at, ledger_state to, uint32_t *epoch,
                        itp_error *err)
{
    int begun = from == LEDGER_STARTED || from == LEDGER_DONE || from == LEDGER_CLOSED;
    if (to == LEDGER_STARTED && begun)
        return itp_fail(err, ITP_EREFUSED,
                        "this station has started this request before (epoch %u)", at);
    if (to == LEDGER_STARTED && from == LEDGER_REFUSED && *epoch <= at)
        return itp_fail(err, ITP_EREFUSED, "refused up to epoch %u, when asked about it", at);
    if (to == LEDGER_REFUSED && begun) return itp_fail(err, ITP_ESTATE, "started at epoch %u", at);
    if (to == LEDGER_REFUSED && from == LEDGER_REFUSED && at > *epoch) *epoch = at;
    return ITP_OK;
}

static itp_status change(itp_store *store, const char *campaign, itp_id request, uint32_t epoch,
                         ledger_state to, itp_error *err)
{
    itp_crash before = to == LEDGER_STARTED   ? ITP_CRASH_LEDGER_BEFORE_START
                       : to == LEDGER_REFUSED ? ITP_CRASH_LEDGER_BEFORE_REFUSAL
                                              : ITP_CRASH_LEDGER_BEFORE_CLOSE;
    pthread_mutex_lock(&store->lock);
    ledger_state from;
    uint32_t at;
    itp_status st = open_file(store, err);
    if (st == ITP_OK) st = run(store, DO_BEGIN, err);
    if (st == ITP_OK) {
        st = look(store, campaign, request, &from, &at, err);
        if (st == ITP_OK) st = judge(from, at, to, &epoch, err);
        if (st == ITP_OK)
            st = set_state(store, campaign, request, to == LEDGER_CLOSED ? at : epoch, to, err);
        itp_crash_at(before);
        st = finish(store, st, err);
        itp_crash_at(before + 1);
    }
    pthread_mutex_unlock(&store->lock);
    return st;
}

itp_status itp_store_start(itp_store *store, const char *campaign, itp_id request, uint32_t epoch,
                           itp_error *err)
{
    return change(store, campaign, request, epoch, LEDGER_STARTED, err);
}

itp_status itp_store_refuse(itp_store *store, const char *campaign, itp_id request, uint32_t epoch,
                            itp_error *err)
{
    return change(store, campaign, request, epoch, LEDGER_REFUSED, err);
}

itp_status itp_store_shut(itp_store *store, const char *campaign, itp_id request, itp_error *err)
{
    return change(store, campaign, request, 0, LEDGER_CLOSED, err);
}

itp_status itp_store_open_starts(itp_store *store,
                                 itp_status (*one)(void *ctx, const store_key *key), void *ctx,
                                 itp_error *err)
{
    if (!store->db) return ITP_OK;
    pthread_mutex_lock(&store->lock);
    sqlite3_stmt *row = store->statements[DO_STARTS];
    sqlite3_bind_int(row, 1, LEDGER_STARTED);
    itp_status st = ITP_OK;
    int step;
    while (st == ITP_OK && (step = sqlite3_step(row)) != SQLITE_DONE) {
        if (step != SQLITE_ROW) {
            st = db_fail(store, err);
            break;
        }
        st = one(ctx, &(store_key){(const char *)sqlite3_column_text(row, 0),
                                   (itp_id)sqlite3_column_int64(row, 1),
                                   (uint32_t)sqlite3_column_int64(row, 2), -1});
    }
    sqlite3_reset(row);
    pthread_mutex_unlock(&store->lock);
    return st;
}
