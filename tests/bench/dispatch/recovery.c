/* recovery.c - an agent killed with a long journal behind it: how long until it works again.
 *   The journal is filled by a real campaign of no-op requests; the agent is killed in the middle,
 * and what counts is the time from the start of the next one to its first OFFER to a worker that
 * waits for it. SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "bench.h"
#include "clock.h"
#include "journal.h"

enum { LONGEST_MS = 600000 };

static uint64_t count_events(const char *path)
{
    itp_journal *journal;
    unsigned char hash[ITP_HASH_SIZE];
    uint64_t seq = 0;
    if (itp_journal_open(&journal, path, ITP_JOURNAL_READ, NULL) != ITP_OK) return 0;
    itp_journal_head(journal, &seq, hash, NULL);
    itp_journal_close(journal);
    return seq;
}

/* A journal of at least so many events, whose agent was killed at work. */
static uint64_t fill(size_t events)
{
    const char *const words[] = {"--workers", "2",         "--slots",          "16",
                                 "--quiet",   "--journal", "recovery.journal", NULL};
    uint64_t n = 0;
    int64_t end = itp_clock_monotonic_ms() + LONGEST_MS;
    write_campaign("recovery.yaml", 2 * events, ", lease: 60 s");
    pid_t agent = start_agent("recovery.yaml", words);
    while (n < events && itp_clock_monotonic_ms() < end) {
        zmq_poll(NULL, 0, 50);
        n = count_events("recovery.journal");
    }
    kill(agent, SIGKILL);
    wait_agent(agent, NULL);
    return n;
}

void measure_recovery(int json, size_t events, int repeats)
{
    const char *const words[] = {
        "--workers", "0",         "--listen",         "ipc://bench.recovery",
        "--quiet",   "--journal", "recovery.journal", NULL};
    double best = 1e9, worst = 0, cpu = 1e9;
    uint64_t n = fill(events);
    for (int i = 0; i < repeats; i++) {
        crowd *c = crowd_start("ipc://bench.recovery", 1, 1);
        int64_t begin = itp_clock_monotonic_ms();
        pid_t agent = start_agent("recovery.yaml", words);
        int64_t offered = crowd_live(c, 60000, 1);
        double took = offered ? (double)(offered - begin) * 1e-3 : 60, used = cpu_seconds(agent);
        kill(agent, SIGKILL);
        wait_agent(agent, NULL);
        crowd_stop(c);
        if (took < best) best = took;
        if (took > worst) worst = took;
        if (used < cpu) cpu = used;
    }
    if (!json)
        printf("recovery: %llu events; over %d starts after SIGKILL: best %.2f s, worst %.2f s\n",
               (unsigned long long)n, repeats, best, worst);
    report(json, "5.3 events in the journal of the killed agent", (double)n, (double)events, 0, "");
    report(json, "5.3 SIGKILL to first offer, best", best, 2, 1, "s");
    report(json, "5.3 SIGKILL to first offer, processor time", cpu, 2, 1, "s");
}
