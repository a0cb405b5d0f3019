/* main.c - bench_journal: durable events a second by batch size, beside what the disk's fsync
 * allows, and how fast a long journal is read again (recovery without the loop).
 *   Rounds of raw fsyncs and of each batch size alternate, so that a disk that changes its mind is
 * seen by all alike; medians over rounds.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "journal.h"

#define ROUNDS  7
#define SYNCS   200 /* commits, or fsyncs, a round */
#define SIZES   4
#define FRAME   4120   /* bytes of a WAL frame: a page and its header */
#define RECOVER 100000 /* events */

static const unsigned BATCH[SIZES] = {1, 16, 100, 256};

static const char HELP[] = "bench_journal [--json] [--folder F]\n"
                           "  --json      one line a bar\n"
                           "  --folder F  where to write (default: here); a real disk, not tmpfs\n";

typedef struct bench {
    int json;
    char path[4096];
    itp_journal *journal;
} bench;

static void die(const char *what, const itp_error *err)
{
    fprintf(stderr, "bench_journal: %s: %s\n", what, err ? err->text : "failed");
    exit(3);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, ascending);
    return values[ROUNDS / 2];
}

/* limit 0: none, for information. */
static void report(const bench *b, const char *bar, double value, double limit, int ok)
{
    if (b->json)
        printf("{\"issue\": \"loop\", \"bar\": \"%s\", \"value\": %.6g, \"limit\": %.6g, \"ok\": "
               "%s}\n",
               bar, value, limit, ok ? "true" : "false");
    else if (limit > 0)
        printf("%-58s %12.5g  limit %10.5g  %s\n", bar, value, limit, ok ? "ok" : "MISSED");
    else
        printf("%-58s %12.5g\n", bar, value);
}

static double seconds_since(int64_t start_ns)
{
    return (double)(itp_clock_monotonic_ns() - start_ns) * 1e-9;
}

/* A WAL's way of writing: frames one behind the other, each made durable. */
static double raw_rate(const bench *b)
{
    static char frame[FRAME];
    char name[sizeof b->path + 8];
    snprintf(name, sizeof name, "%s.raw", b->path);
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) die(name, NULL);
    int64_t start = itp_clock_monotonic_ns();
    for (int i = 0; i < SYNCS; i++)
        if (pwrite(fd, frame, FRAME, (off_t)i * FRAME) != FRAME || fdatasync(fd) != 0)
            die(name, NULL);
    double rate = SYNCS / seconds_since(start);
    close(fd);
    unlink(name);
    return rate;
}

/* A result as a worker sends it, and the ack and next offer that follow. */
static void add_result(bench *b)
{
    static const itp_value VALUES[] = {{"charge_time", 21.345678901234567, NAN, "min", NULL},
                                       {"plated", 1.2345e-7, NAN, "mol/m2", NULL}};
    static const itp_value INPUTS[] = {{"c1", 4.5, NAN, "1/h", NULL},
                                       {"porosity", 0.31, NAN, "1", NULL}};
    itp_id trial = itp_journal_next(b->journal);
    itp_action answer[] = {
        {.kind = ITP_ACTION_ACK, .request = trial, .epoch = 1, .worker = "local-1"},
        {.kind = ITP_ACTION_OFFER,
         .request = trial + 1,
         .epoch = 1,
         .trial = trial + 1,
         .worker = "local-1",
         .n_values = 2,
         .values = INPUTS},
    };
    itp_actions actions = {2, 2, answer};
    itp_event event = {.kind = ITP_EVENT_RESULT,
                       .at_ms = itp_clock_utc_ms(),
                       .request = trial,
                       .epoch = 1,
                       .worker = "local-1",
                       .index = -1,
                       .cost = 0.012,
                       .n_values = 2,
                       .values = VALUES,
                       .provenance = "{\"code\":\"spme 1.0\",\"host\":\"node-17\",\"pid\":4711,"
                                     "\"started\":\"2026-11-22T16:40:00.123Z\"}"};
    itp_journal_entry entry = {.event = &event,
                               .actions = &actions,
                               .n_trials = 1,
                               .trials = &trial,
                               .task = "cell.charge",
                               .source = "default"};
    itp_error err;
    if (itp_journal_add(b->journal, &entry, &err) != ITP_OK) die("add", &err);
}

static double commits(bench *b, int n, unsigned batch)
{
    itp_error err;
    int64_t start = itp_clock_monotonic_ns();
    for (int i = 0; i < n; i++) {
        for (unsigned k = 0; k < batch; k++) add_result(b);
        if (itp_journal_commit(b->journal, &err) != ITP_OK) die("commit", &err);
    }
    return n / seconds_since(start);
}

static void measure_appends(bench *b)
{
    double raw[ROUNDS], rate[SIZES][ROUNDS];
    char bar[80];
    for (int round = 0; round < ROUNDS; round++) {
        raw[round] = raw_rate(b);
        for (int i = 0; i < SIZES; i++) rate[i][round] = commits(b, SYNCS, BATCH[i]);
    }
    double fsyncs = median(raw);
    report(b, "disk: durable 4 KiB frames a second (write, fdatasync)", fsyncs, 0, 1);
    for (int i = 0; i < SIZES; i++) {
        double commit = median(rate[i]);
        snprintf(bar, sizeof bar, "journal: events a second in batches of %u", BATCH[i]);
        report(b, bar, commit * BATCH[i], 0, 1);
        if (BATCH[i] > 1) continue;
        report(b, "journal: commits of one event over the disk's rate", commit / fsyncs, 0.5,
               commit / fsyncs >= 0.5);
    }
}

static itp_status no_loop(void *ctx, const itp_event *event, itp_actions *out)
{ /* The actions as they were, without deciding anything: what is left is the journal's time. */
    static const itp_value INPUTS[] = {{"c1", 4.5, NAN, "1/h", NULL},
                                       {"porosity", 0.31, NAN, "1", NULL}};
    (void)ctx;
    if (!out->items) out->items = calloc(2, sizeof *out->items);
    if (!out->items) return ITP_ENOMEM;
    out->n = 2;
    out->items[0] = (itp_action){
        .kind = ITP_ACTION_ACK, .request = event->request, .epoch = 1, .worker = "local-1"};
    out->items[1] = (itp_action){.kind = ITP_ACTION_OFFER,
                                 .request = event->request + 1,
                                 .epoch = 1,
                                 .trial = event->request + 1,
                                 .worker = "local-1",
                                 .n_values = 2,
                                 .values = INPUTS};
    return ITP_OK;
}

static void measure_recovery(bench *b)
{
    itp_error err;
    itp_replay how = {.step = no_loop};
    while (itp_journal_next(b->journal) <= RECOVER) commits(b, 1, 1000);
    itp_journal_close(b->journal);
    b->journal = NULL;
    int64_t start = itp_clock_monotonic_ns();
    if (itp_journal_open(&b->journal, b->path, ITP_JOURNAL_WRITE, &err) != ITP_OK)
        die("open", &err);
    report(b, "journal: seconds to open", seconds_since(start), 0, 1);
    how.until = RECOVER;
    clock_t cpu = clock();
    start = itp_clock_monotonic_ns();
    if (itp_journal_replay(b->journal, &how, NULL, &err) != ITP_OK) die("replay", &err);
    double took = seconds_since(start);
    report(b, "journal: seconds to read, check and digest 100,000 events", took, 2, took < 2);
    report(b, "journal: seconds of CPU in that", (double)(clock() - cpu) / CLOCKS_PER_SEC, 0, 1);
}

int main(int argc, char **argv)
{
    static bench b;
    const char *folder = ".";
    itp_error err;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--json") == 0)
            b.json = 1;
        else if (strcmp(argv[i], "--folder") == 0 && i + 1 < argc)
            folder = argv[++i];
        else {
            fputs(HELP, strcmp(argv[i], "--help") == 0 ? stdout : stderr);
            return strcmp(argv[i], "--help") == 0 ? 0 : 2;
        }
    snprintf(b.path, sizeof b.path, "%s/bench-%ld.journal", folder, (long)getpid());
    if (itp_journal_open(&b.journal, b.path, ITP_JOURNAL_CREATE, &err) != ITP_OK) die("open", &err);
    measure_appends(&b);
    measure_recovery(&b);
    itp_journal_close(b.journal);
    unlink(b.path);
    return 0;
}
