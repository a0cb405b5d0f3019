/* test_crash.c - a writer that is killed at any moment loses nothing that it was told is durable.
 *   A child commits batches and says so through a pipe; the parent kills it, in the middle of
 * whatever it does then, opens the journal and looks for every batch that was acknowledged.
 * INTERPHASE_KILLS sets how often (60).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <sys/wait.h>

#include "place.h"
#include "same.h"
#include "sample.h"
#include "suite.h"

/* Opens, commits batches of 1 to 7 events for ever; after each says the last durable seq. */
static void write_for_ever(int out)
{
    itp_journal *journal = NULL;
    if (itp_journal_open(&journal, place("crash"), ITP_JOURNAL_CREATE, NULL) != ITP_OK) _exit(1);
    for (unsigned turn = 0;; turn++) {
        for (unsigned i = 0; i <= turn % 7; i++) {
            uint64_t next = itp_journal_next(journal);
            itp_event event = sample_event((itp_event_kind)(next % ITP_EVENT_KINDS));
            itp_journal_entry entry = {.event = &event};
            if (itp_journal_add(journal, &entry, NULL) != ITP_OK) _exit(2);
        }
        if (itp_journal_commit(journal, NULL) != ITP_OK) _exit(3);
        uint64_t durable = itp_journal_next(journal) - 1;
        if (write(out, &durable, sizeof durable) != sizeof durable) _exit(4);
    }
}

/* Every event from 1 on is the one that was written; how many there are. */
static uint64_t count_sound(itp_journal *journal)
{
    itp_journal_cursor *cursor = NULL;
    const itp_journal_row *row = NULL;
    uint64_t n = 0;
    itp_error err = {.text = ""};
    CU_ASSERT_EQUAL_FATAL(itp_journal_cursor_open(&cursor, journal, 1, &err), ITP_OK);
    while (itp_journal_cursor_next(cursor, &row, &err) == ITP_OK && row) {
        itp_event event = sample_event((itp_event_kind)(++n % ITP_EVENT_KINDS));
        CU_ASSERT_TRUE(same_event(&event, &row->event));
    }
    CU_ASSERT_STRING_EQUAL(err.text, "");
    itp_journal_cursor_close(cursor);
    return n;
}

/* Starts a writer, waits for `patience` acknowledgements, then for a moment of `spins`, and kills.
 * The last acknowledged seq. */
static uint64_t write_and_kill(unsigned patience, unsigned spins)
{
    int pipes[2], how;
    uint64_t durable = 0, said;
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) write_for_ever(pipes[1]);
    close(pipes[1]);
    for (unsigned i = 0; i < patience && read(pipes[0], &said, sizeof said) == sizeof said; i++)
        durable = said;
    for (volatile unsigned i = 0; i < spins; i++) continue;
    kill(child, SIGKILL);
    while (read(pipes[0], &said, sizeof said) == sizeof said) durable = said;
    waitpid(child, &how, 0);
    close(pipes[0]);
    CU_ASSERT_TRUE(WIFSIGNALED(how));
    return durable;
}

static void nothing_acknowledged_is_lost(void)
{
    const char *wanted = getenv("INTERPHASE_KILLS");
    unsigned kills = wanted ? (unsigned)atoi(wanted) : 60;
    uint64_t lost = 0, survivors = 0;
    for (unsigned i = 0; i < kills; i++) {
        uint64_t durable = write_and_kill(i % 11, i * 7919u % 400000u);
        itp_journal *journal = place_journal("crash", ITP_JOURNAL_CREATE);
        uint64_t found = count_sound(journal);
        if (found < durable) lost++;
        if (found > durable && durable > 0) survivors++;
        itp_journal_close(journal);
        if (i % 50 == 49 && i + 1 < kills) unlink(place("crash")); /* Reading stays quick. */
    }
    printf("(%u kills, %llu batches durable before they were acknowledged) ", kills,
           (unsigned long long)survivors);
    CU_ASSERT_EQUAL(lost, 0);
    itp_journal_verdict verdict;
    itp_journal *journal = place_journal("crash", ITP_JOURNAL_WRITE);
    CU_ASSERT_EQUAL(itp_journal_verify(journal, NULL, &verdict, NULL), ITP_OK);
    itp_journal_close(journal);
    CU_ASSERT_FALSE(place_has("crash-wal") || place_has("crash.lock"));
}

static void a_reader_beside_a_killed_writer_goes_on(void)
{
    uint64_t durable = write_and_kill(5, 1000);
    itp_journal *reader = place_journal("crash", ITP_JOURNAL_READ);
    CU_ASSERT_TRUE(count_sound(reader) >= durable);
    uint64_t more = write_and_kill(5, 1000);
    CU_ASSERT_TRUE(more > durable);
    CU_ASSERT_TRUE(count_sound(reader) >= more);
    itp_journal_close(reader);
}

int main(void)
{
    place_open();
    CU_TestInfo tests[] = {
        {"nothing acknowledged is lost", nothing_acknowledged_is_lost},
        {"a reader beside a killed writer goes on", a_reader_beside_a_killed_writer_goes_on},
        CU_TEST_INFO_NULL,
    };
    int failed = suite_run("journal/crash", tests);
    place_close();
    return failed;
}
