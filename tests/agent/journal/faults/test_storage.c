/* test_storage.c - disks that are full, fail or lose power at any moment: what was acknowledged is
 * there, what was not is there as a whole batch or not at all, and the message says what to do.
 * INTERPHASE_IMAGES sets how many power losses are made (150).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "bad_vfs.h"
#include "place.h"
#include "same.h"
#include "sample.h"
#include "suite.h"

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return disk_sync_folder() ? __real_fsync(fd) : -1; /* Our own code syncs only folders. */
}

#define BATCHES 12

typedef struct outcome {
    uint64_t acknowledged; /* last seq said to be durable */
    uint64_t attempted;    /* last seq added before a commit that was tried */
    itp_status status;     /* of what failed first */
    itp_error err;
} outcome;

static unsigned size_of(int batch)
{
    return 1 + (unsigned)batch * 5 % 7;
}

/* Opens, commits batches, closes; ends at the first failure. */
static outcome run(const char *name)
{
    outcome out = {.err = {.text = ""}};
    itp_journal *journal = NULL;
    out.status = itp_journal_open(&journal, place(name), ITP_JOURNAL_CREATE, &out.err);
    for (int batch = 0; batch < BATCHES && out.status == ITP_OK; batch++) {
        for (unsigned i = 0; i < size_of(batch) && out.status == ITP_OK; i++) {
            uint64_t next = itp_journal_next(journal);
            itp_event event = sample_event((itp_event_kind)(next % ITP_EVENT_KINDS));
            itp_journal_entry entry = {.event = &event};
            out.status = itp_journal_add(journal, &entry, &out.err);
        }
        if (out.status == ITP_OK) out.attempted = itp_journal_next(journal) - 1;
        if (out.status == ITP_OK) out.status = itp_journal_commit(journal, &out.err);
        if (out.status == ITP_OK) out.acknowledged = out.attempted;
    }
    itp_journal_close(journal);
    return out;
}

/* Opens on the mended disk: every event sound, whole batches, nothing acknowledged missing. */
static void expect_kept(const char *name, const outcome *out, const char *what, long at)
{
    itp_journal_verdict verdict = {0};
    itp_error err = {.text = ""};
    itp_journal *journal = NULL;
    disk.off = 0;
    disk.fault = DISK_SOUND;
    itp_status st = itp_journal_open(&journal, place(name), ITP_JOURNAL_CREATE, &err);
    if (st == ITP_OK) st = itp_journal_verify(journal, NULL, &verdict, &err);
    itp_journal_close(journal);
    int kept = verdict.events == out->acknowledged || verdict.events == out->attempted;
    if (st != ITP_OK || !kept)
        printf("\n  %s at effect %ld: %llu acknowledged, %llu found: %s\n", what, at,
               (unsigned long long)out->acknowledged, (unsigned long long)verdict.events, err.text);
    CU_ASSERT_EQUAL(st, ITP_OK);
    CU_ASSERT_TRUE(kept);
}

static void start_anew(const char *name)
{
    static const char *const ENDS[] = {"", "-wal", "-shm", "-journal", ".lock"};
    char file[64];
    for (size_t i = 0; i < COUNT(ENDS); i++) {
        snprintf(file, sizeof file, "%s%s", name, ENDS[i]);
        unlink(place(file));
    }
}

/* Every effect of a run fails in turn, until a run meets no fault any more. */
static void fail_at_each(disk_fault fault, int lasts, itp_status expected, const char *words)
{
    long at = 1, met = 0;
    for (;; at++) {
        start_anew("each");
        disk_break(fault, at, lasts, 1);
        outcome out = run("each");
        if (disk.effects < at) break;
        if (out.status != ITP_OK) {
            met++;
            if (out.status != expected || !strstr(out.err.text, words) ||
                !strstr(out.err.text, "/each:"))
                printf("\n  effect %ld: %s\n", at, out.err.text);
            CU_ASSERT_EQUAL(out.status, expected);
            CU_ASSERT_PTR_NOT_NULL(strstr(out.err.text, words));
            CU_ASSERT_PTR_NOT_NULL(strstr(out.err.text, "/each:")); /* Which file. */
        }
        expect_kept("each", &out, words, at);
    }
    disk_break(DISK_SOUND, 0, 0, 0);
    printf("(%ld effects, %ld refused) ", at - 1, met);
    CU_ASSERT_TRUE(met > BATCHES);
}

static void a_full_disk_rolls_back(void)
{
    fail_at_each(DISK_FULL, 1, ITP_ERESOURCE, "the disk is full");
}

static void a_write_that_fails_rolls_back(void)
{ /* Once, and from then on; the write that succeeded while we saw a failure is among them. */
    fail_at_each(DISK_FAILS, 0, ITP_EIO, "check the disk");
    fail_at_each(DISK_FAILS, 1, ITP_EIO, "check the disk");
}

static itp_status add_and_commit(itp_journal *journal, itp_error *err)
{
    itp_event event = sample_event(ITP_EVENT_RESULT);
    itp_journal_entry entry = {.event = &event};
    itp_status st = itp_journal_add(journal, &entry, err);
    return st == ITP_OK ? itp_journal_commit(journal, err) : st;
}

static void room_made_is_used(void)
{ /* The same handle goes on once there is room again. */
    itp_error err = {.text = ""};
    itp_journal_verdict verdict;
    itp_journal *journal = place_journal("room", ITP_JOURNAL_CREATE);
    CU_ASSERT_EQUAL(add_and_commit(journal, &err), ITP_OK);
    disk_break(DISK_FULL, 1, 1, 1);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(add_and_commit(journal, &err), ITP_ERESOURCE);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "free some space"));
        CU_ASSERT_EQUAL(itp_journal_next(journal), 2);
    }
    disk.fault = DISK_SOUND;
    CU_ASSERT_EQUAL(add_and_commit(journal, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_journal_verify(journal, NULL, &verdict, &err), ITP_OK);
    CU_ASSERT_EQUAL(verdict.events, 2);
    itp_journal_close(journal);
}

static void a_failed_sync_ends_the_handle(void)
{ /* Whether the batch is on the disk is not known: it is asked, by opening again. */
    itp_error err = {.text = ""};
    itp_journal *journal = place_journal("sync", ITP_JOURNAL_CREATE);
    CU_ASSERT_EQUAL(add_and_commit(journal, &err), ITP_OK);
    itp_event event = sample_event(ITP_EVENT_RESULT);
    itp_journal_entry entry = {.event = &event};
    CU_ASSERT_EQUAL(itp_journal_add(journal, &entry, &err), ITP_OK);
    disk_break(DISK_FAILS, 2, 1, 1); /* The frame is written, the sync fails. */
    CU_ASSERT_EQUAL(itp_journal_commit(journal, &err), ITP_EIO);
    disk.fault = DISK_SOUND;
    CU_ASSERT_EQUAL(add_and_commit(journal, &err), ITP_ESTATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "opened again"));
    itp_journal_close(journal);
    journal = place_journal("sync", ITP_JOURNAL_WRITE);
    CU_ASSERT_EQUAL(add_and_commit(journal, &err), ITP_OK);
    CU_ASSERT_TRUE(itp_journal_next(journal) >= 3);
    itp_journal_close(journal);
}

/* What power loss leaves of each file, in a place of its own. */
static void write_image(void)
{
    start_anew("lost");
    for (int i = 0; i < DISK_FILES; i++) {
        disk_file *file = &disk.files[i];
        if (!*file->name || strncmp(file->name, "lost", 4) != 0) continue;
        int there =
            file->present ? file->durable || disk_random() % 2 : file->durable && disk_random() % 2;
        if (!there) continue;
        for (disk_write *write = file->first; write; write = write->next)
            apply(&file->synced, &file->synced_size, write, 1);
        FILE *out = fopen(place(file->name), "wb");
        CU_ASSERT_PTR_NOT_NULL_FATAL(out);
        if (file->synced_size > 0) fwrite(file->synced, 1, file->synced_size, out);
        CU_ASSERT_EQUAL(fclose(out), 0);
    }
}

static void power_loss_keeps_what_was_acknowledged(void)
{ /* At each effect of a run, and each with several fates of the sectors not yet synced. */
    const char *wanted = getenv("INTERPHASE_IMAGES");
    long images = wanted ? atol(wanted) : 150, made = 0;
    uint64_t survived = 0;
    for (uint64_t seed = 1; made < images; seed++)
        for (long at = 1; made < images; at++, made++) {
            start_anew("lost");
            disk_break(DISK_LOSES_POWER, at, 1, seed * 1000003 + (uint64_t)at);
            outcome out = run("lost");
            if (disk.effects < at) break;
            write_image();
            expect_kept("lost", &out, "power loss", at);
            if (out.acknowledged > 0) survived++;
        }
    printf("(%ld images, %llu with acknowledged events) ", made, (unsigned long long)survived);
    CU_ASSERT_TRUE(survived > 0);
}

int main(void)
{
    place_open();
    disk_install();
    CU_TestInfo tests[] = {
        {"a full disk rolls back", a_full_disk_rolls_back},
        {"a write that fails rolls back", a_write_that_fails_rolls_back},
        {"room made is used", room_made_is_used},
        {"a failed sync ends the handle", a_failed_sync_ends_the_handle},
        {"power loss keeps what was acknowledged", power_loss_keeps_what_was_acknowledged},
        CU_TEST_INFO_NULL,
    };
    int failed = suite_run("journal/storage", tests);
    disk_break(DISK_SOUND, 0, 0, 0);
    place_close();
    return failed;
}
