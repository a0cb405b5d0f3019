/* test_store.c - outbox and ledger on a disk that is full or fails at each effect in turn, and with
 * each allocation failing in turn: the call says so, nothing that was acknowledged is lost, and
 * what may have been started counts as started. SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>
#include <unistd.h>

#include "bad_vfs.h"
#include "sqlite_memory.h"
#include "store.h"
#include "suite.h"

static char folder[256] = "/dev/shm/store-test-XXXXXX";

static void start_anew(void)
{
    static const char *const NAMES[] = {"worker.db", "worker.db-wal", "worker.db-shm",
                                        "worker.db-journal"};
    char path[512];
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, NAMES[i]);
        unlink(path);
    }
}

/* What one life was told. */
typedef struct life {
    itp_status started, result, refused, kept, settled;
} life;

/* A station's life: request 1 is done, 2 refused, 3 begun and closed by a person; a simulation's
 * result is put and dropped. Each step goes on whatever became of the one before. */
static itp_status live(life *out)
{
    itp_store *store;
    itp_error err = {.text = ""};
    const store_put done = {{"c", 1, 1, -1}, "one", 3, 1}, kept = {{"c", 9, 1, -1}, "nine", 4, 0};
    *out = (life){ITP_EIO, ITP_EIO, ITP_EIO, ITP_EIO, ITP_EIO};
    itp_status st = itp_store_open(&store, folder, &err);
    if (st != ITP_OK) return st;
    out->started = itp_store_start(store, "c", 1, 1, &err);
    CU_ASSERT(out->started == ITP_OK || err.text[0]);
    if (out->started == ITP_OK) out->result = itp_store_write(store, 1, &done, 0, NULL, &err);
    out->refused = itp_store_refuse(store, "c", 2, 4, &err);
    out->kept = itp_store_write(store, 1, &kept, 0, NULL, &err);
    if (itp_store_start(store, "c", 3, 1, &err) == ITP_OK)
        out->settled = itp_store_shut(store, "c", 3, &err);
    itp_store_close(store);
    return ITP_OK;
}

static itp_status count_one(void *ctx, const store_put *put)
{
    ((int *)ctx)[put->key.request == 9 ? 1 : 0]++;
    return ITP_OK;
}

/* The next life, on a sound disk: what was acknowledged is there, and what was not is whole. */
static void look_back(const life *told)
{
    itp_store *store;
    itp_error err = {.text = ""};
    ledger_state state;
    uint32_t epoch;
    int owed[2] = {0, 0};
    CU_ASSERT_EQUAL_FATAL(itp_store_open(&store, folder, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_store_look(store, "c", 1, &state, &epoch, &err), ITP_OK);
    if (told->result == ITP_OK)
        CU_ASSERT_EQUAL(state, LEDGER_DONE)
    else if (told->started == ITP_OK)
        CU_ASSERT(state == LEDGER_STARTED || state == LEDGER_DONE);
    /* The write may have succeeded while we saw a failure: then it counts as started. */
    if (state != LEDGER_UNKNOWN)
        CU_ASSERT_EQUAL(itp_store_start(store, "c", 1, 2, &err), ITP_EREFUSED);
    CU_ASSERT_EQUAL(itp_store_look(store, "c", 2, &state, &epoch, &err), ITP_OK);
    if (told->refused == ITP_OK) CU_ASSERT(state == LEDGER_REFUSED && epoch == 4);
    if (state == LEDGER_REFUSED)
        CU_ASSERT_EQUAL(itp_store_start(store, "c", 2, 4, &err), ITP_EREFUSED);
    CU_ASSERT_EQUAL(itp_store_look(store, "c", 3, &state, &epoch, &err), ITP_OK);
    if (told->settled == ITP_OK) CU_ASSERT_EQUAL(state, LEDGER_CLOSED);
    CU_ASSERT_EQUAL(itp_store_each(store, count_one, owed, &err), ITP_OK);
    if (told->result == ITP_OK) CU_ASSERT_EQUAL(owed[0], 1);
    if (told->kept == ITP_OK) CU_ASSERT_EQUAL(owed[1], 1);
    CU_ASSERT(owed[0] <= 1 && owed[1] <= 1);
    itp_store_close(store);
}

static void break_at_each(disk_fault fault, int lasts)
{
    life told;
    long at = 0, noticed = 0;
    do {
        start_anew();
        disk_break(fault, ++at, lasts, 1);
        itp_status st = live(&told);
        noticed += st != ITP_OK || told.started || told.result || told.refused || told.kept ||
                   told.settled;
        long effects = disk.effects;
        disk_break(DISK_SOUND, 0, 0, 1);
        look_back(&told);
        if (effects < at) break;
    } while (at < 1000);
    CU_ASSERT(at > 10 && at < 1000);
    CU_ASSERT(noticed > 5);
    printf("(%ld effects, %ld noticed) ", at - 1, noticed);
}

static void a_full_disk_loses_nothing(void)
{
    break_at_each(DISK_FULL, 0);
    break_at_each(DISK_FULL, 1);
}

static void a_failing_disk_loses_nothing(void)
{
    break_at_each(DISK_FAILS, 0);
    break_at_each(DISK_FAILS, 1);
}

static void every_allocation_may_fail(void)
{
    life told;
    long n = 1, met = 0;
    for (;; n += 1 + n / 40) {
        start_anew();
        allocations_break(n);
        itp_status st = live(&told);
        int reached = allocations_mend();
        met += st != ITP_OK || told.started || told.result || told.refused || told.kept ||
               told.settled;
        look_back(&told);
        if (!reached) break;
    }
    printf("(%ld allocations, %ld noticed) ", n, met);
    CU_ASSERT(met > 20);
}

int main(void)
{
    if (!mkdtemp(folder)) {
        snprintf(folder, sizeof folder, "%s/store-test-XXXXXX", ITP_BUILD_DIR);
        if (!mkdtemp(folder)) return 1;
    }
    count_sqlite();
    disk_install();
    CU_TestInfo tests[] = {
        {"a full disk loses nothing", a_full_disk_loses_nothing},
        {"a failing disk loses nothing", a_failing_disk_loses_nothing},
        {"every allocation may fail", every_allocation_may_fail},
        CU_TEST_INFO_NULL,
    };
    int failed = suite_run("connectors/worker/faults/store", tests);
    start_anew();
    rmdir(folder);
    return failed;
}
