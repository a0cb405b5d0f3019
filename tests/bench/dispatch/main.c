/* main.c - bench_dispatch [--json] [--quick] [--recovery] [--security]: the bars about speed and
 * memory of the issue Loop; recovery, and what CURVE costs, of the issue Dispatch (each alone with
 * its option). Works in a fresh folder under the current one, which should be on a real disk.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "clock.h"
#include "journal.h"

double accepted_results(const char *path, size_t *n)
{
    itp_journal *journal;
    itp_journal_cursor *cursor;
    const itp_journal_row *row;
    int64_t first = 0, last = 0;
    *n = 0;
    if (itp_journal_open(&journal, path, ITP_JOURNAL_READ, NULL) != ITP_OK) return 0;
    if (itp_journal_cursor_open(&cursor, journal, 1, NULL) != ITP_OK) return 0;
    while (itp_journal_cursor_next(cursor, &row, NULL) == ITP_OK && row) {
        if (row->event.kind != ITP_EVENT_RESULT) continue;
        if (!first) first = row->event.at_ms;
        last = row->event.at_ms;
        ++*n;
    }
    itp_journal_cursor_close(cursor);
    itp_journal_close(journal);
    return (double)(last - first) * 1e-3;
}

static void throughput(int json, size_t trials)
{
    const char *const words[] = {"--workers", "4", "--slots", "16", "--quiet", NULL};
    double before = fsync_rate(1.0), echo = echo_rate(100000, 300);
    size_t n;
    remove("bench.journal"); /* another bar's, whose workers are gone */
    write_campaign("throughput.yaml", trials, ", lease: 60 s");
    wait_agent(start_agent("throughput.yaml", words), NULL);
    double seconds = accepted_results("bench.journal", &n), after = fsync_rate(1.0);
    if (!json)
        printf("floors: %.0f synced appends/s before, %.0f after; %.0f bare echoes/s; 4 workers of "
               "16 slots\n",
               before, after, echo);
    report(json, "4 accepted results per second", seconds > 0 ? (double)n / seconds : 0, 1200, 0,
           "1/s");
    report(json, "4 results measured", (double)n, (double)trials, 0, "");
}

static void idle(int json, int64_t ms)
{
    const char *const words[] = {"--workers", "0",         "--listen",     "ipc://bench.idle",
                                 "--quiet",   "--journal", "idle.journal", NULL};
    write_campaign("idle.yaml", 100000, ", lease: 1 h");
    pid_t agent = start_agent("idle.yaml", words);
    crowd *c = crowd_start("ipc://bench.idle", 256, 1);
    crowd_live(c, 3000, 0);
    double before = cpu_seconds(agent);
    crowd_live(c, ms, 0);
    double share = (cpu_seconds(agent) - before) / ((double)ms * 1e-3);
    kill(agent, SIGINT);
    wait_agent(agent, NULL);
    crowd_stop(c);
    report(json, "4 idle agent with 256 workers, share of a core", 100 * share, 2, 1, "%");
}

static void first_request(int json, int repeats)
{
    const char *const words[] = {"--workers", "0",         "--listen",      "ipc://bench.first",
                                 "--quiet",   "--journal", "first.journal", NULL};
    double times[64];
    write_campaign("first.yaml", 10, "");
    for (int i = 0; i < repeats; i++) {
        remove("first.journal");
        crowd *c = crowd_start("ipc://bench.first", 1, 1);
        int64_t begin = itp_clock_monotonic_ms();
        pid_t agent = start_agent("first.yaml", words);
        int64_t offered = crowd_live(c, 5000, 1);
        times[i] = offered ? (double)(offered - begin) : 5000;
        kill(agent, SIGINT);
        wait_agent(agent, NULL);
        crowd_stop(c);
    }
    for (int i = 1; i < repeats; i++) /* Insertion sort, for the median. */
        for (int k = i; k > 0 && times[k] < times[k - 1]; k--) {
            double kept = times[k];
            times[k] = times[k - 1];
            times[k - 1] = kept;
        }
    report(json, "6 process start to first request, median", times[repeats / 2], 100, 1, "ms");
}

static void memory(int json, size_t trials)
{
    const char *const words[] = {"--workers", "1",         "--slots",        "4",
                                 "--quiet",   "--journal", "memory.journal", NULL};
    FILE *file = fopen("memory.yaml", "we");
    if (!file) exit(2);
    fprintf(
        file,
        "campaign: memory\nparameters:\n  x1: {real: [-5, 10]}\n  x2: {real: [0, 15]}\n"
        "tasks:\n  t: {connector: function, with: {name: branin}, outputs: {value: {unit: '1'}}}\n"
        "objectives: [{minimise: value}]\nagent: {design: {sobol: %zu}}\nbudget: {trials: %zu}\n",
        trials - 8, trials);
    fclose(file);
    pid_t agent = start_agent("memory.yaml", words);
    double most = 0;
    wait_agent(agent, &most);
    char bar[64];
    snprintf(bar, sizeof bar, "6 peak resident memory at %zu trials", trials);
    report(json, bar, most, 60, 1, "MB");
}

int main(int argc, char **argv)
{
    int json = 0, quick = 0, only_recovery = 0, only_security = 0;
    for (int i = 1; i < argc; i++) {
        json |= strcmp(argv[i], "--json") == 0;
        quick |= strcmp(argv[i], "--quick") == 0;
        only_recovery |= strcmp(argv[i], "--recovery") == 0;
        only_security |= strcmp(argv[i], "--security") == 0;
    }
    char folder[] = "bench_dispatch.XXXXXX";
    if (!mkdtemp(folder) || chdir(folder) != 0) {
        fprintf(stderr, "bench_dispatch: cannot make a folder here\n");
        return 2;
    }
    if (!json) printf("working in %s\n", folder);
    if (!only_recovery) measure_security(json, quick ? 2000 : 10000, quick ? 5 : 30);
    if (only_security) return 0;
    measure_recovery(json, quick ? 10000 : 100000, 5);
    if (only_recovery) return 0;
    first_request(json, quick ? 5 : 21);
    throughput(json, quick ? 5000 : 20000);
    idle(json, quick ? 5000 : 20000);
    memory(json, 1000);
    return 0;
}
