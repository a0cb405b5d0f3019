/* test_memory.c - every allocation of a journal's life fails in turn: no crash, no leak, a status
 * that says so, and afterwards the file is as good as before.
 *   Ours are counted by wrapping the allocators, SQLite's and jansson's through their own hooks.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "place.h"
#include "same.h"
#include "sample.h"
#include "sqlite_memory.h"
#include "suite.h"

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    return __real_fsync(fd);
}

static itp_status describe(itp_journal *journal, itp_error *err)
{
    static const char *const LABELS[] = {"a", "b"}, *const SOURCES[] = {"default"};
    itp_param param = {
        .name = "salt", .unit = "1", .kind = ITP_CATEGORICAL, .n_levels = 2, .labels = LABELS};
    itp_port outcome = {.name = "time", .unit = "min"};
    itp_journal_task task = {"cell.charge", 1, SOURCES};
    itp_journal_terms terms = {1, 1, 1, &param, &outcome, &task};
    return itp_journal_describe(journal, &terms, err);
}

static itp_status write_some(itp_journal *journal, itp_error *err)
{
    static const itp_event_kind KINDS[] = {ITP_EVENT_DEFINED,  ITP_EVENT_WORKER_REGISTERED,
                                           ITP_EVENT_DECISION, ITP_EVENT_RESULT,
                                           ITP_EVENT_FAILURE,  ITP_EVENT_TOLD};
    itp_action offer = {.kind = ITP_ACTION_OFFER, .request = 1, .trial = 1, .worker = "w"};
    itp_actions actions = {1, 1, &offer};
    itp_status st = describe(journal, err);
    for (size_t i = 0; i < COUNT(KINDS) && st == ITP_OK; i++) {
        itp_event event = sample_event(KINDS[i]);
        itp_journal_entry entry = {
            .event = &event, .actions = &actions, .n_trials = 2, .trials = (itp_id[]){1, 2}};
        st = itp_journal_add(journal, &entry, err);
    }
    return st == ITP_OK ? itp_journal_commit(journal, err) : st;
}

static itp_status read_all(itp_journal *journal, itp_error *err)
{
    itp_journal_cursor *cursor = NULL;
    const itp_journal_row *row = NULL;
    itp_status st = itp_journal_cursor_open(&cursor, journal, 1, err);
    while (st == ITP_OK && (st = itp_journal_cursor_next(cursor, &row, err)) == ITP_OK && row)
        ;
    itp_journal_cursor_close(cursor);
    return st;
}

static itp_status look(itp_journal *journal, itp_error *err)
{
    itp_journal_verdict verdict;
    FILE *nowhere = fopen("/dev/null", "w");
    if (!nowhere) return ITP_EIO;
    itp_status st = itp_journal_verify(journal, NULL, &verdict, err);
    if (st == ITP_OK) st = itp_journal_export_csv(journal, nowhere, err);
    if (st == ITP_OK) st = itp_journal_export_json(journal, 1, nowhere, err);
    fclose(nowhere);
    return st;
}

/* One life: open, write, read; or of a reader: open, verify, export. */
static itp_status live(itp_journal_mode mode, itp_error *err)
{
    itp_journal *journal = NULL;
    itp_status st = itp_journal_open(&journal, place("memory"), mode, err);
    if (st == ITP_OK && mode == ITP_JOURNAL_CREATE) st = write_some(journal, err);
    if (st == ITP_OK) st = mode == ITP_JOURNAL_CREATE ? read_all(journal, err) : look(journal, err);
    itp_journal_close(journal);
    return st;
}

static void start_anew(void)
{
    static const char *const NAMES[] = {"memory", "memory-wal", "memory-shm", "memory.lock"};
    for (size_t i = 0; i < COUNT(NAMES); i++) unlink(place(NAMES[i]));
}

/* All allocations up to a hundred, then ever fewer of them. */
static void fail_each(itp_journal_mode mode)
{
    long n = 1, failed = 0;
    for (;; n += 1 + n / 40) {
        itp_error err = {.text = ""};
        if (mode == ITP_JOURNAL_CREATE) start_anew();
        allocations_break(n);
        itp_status st = live(mode, &err);
        int met = allocations_mend();
        if (st != ITP_OK) {
            failed++;
            if (st != ITP_ENOMEM)
                printf("\n  allocation %ld: %s: %s\n", n, itp_status_name(st), err.text);
            CU_ASSERT_EQUAL(st, ITP_ENOMEM);
            CU_ASSERT_STRING_NOT_EQUAL(err.text, "");
        }
        itp_error after = {.text = ""};
        CU_ASSERT_EQUAL(live(mode, &after), ITP_OK);
        if (*after.text) printf("\n  after allocation %ld: %s\n", n, after.text);
        if (!met) break;
    }
    printf("(%ld allocations, %ld noticed) ", n, failed);
    CU_ASSERT_TRUE(failed > 50);
}

static void a_writer_survives_any_allocation(void)
{
    fail_each(ITP_JOURNAL_CREATE);
}

static void a_reader_survives_any_allocation(void)
{
    start_anew();
    CU_ASSERT_EQUAL(live(ITP_JOURNAL_CREATE, NULL), ITP_OK);
    fail_each(ITP_JOURNAL_READ);
}

int main(void)
{
    place_open();
    count_sqlite();
    json_set_alloc_funcs(__wrap_malloc, free);
    CU_TestInfo tests[] = {
        {"a writer survives any allocation", a_writer_survives_any_allocation},
        {"a reader survives any allocation", a_reader_survives_any_allocation},
        CU_TEST_INFO_NULL,
    };
    int failed = suite_run("journal/memory", tests);
    place_close();
    return failed;
}
