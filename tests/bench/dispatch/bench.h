/* bench.h - what the benchmarks of the agent share: its process, a crowd of idle workers, and the
 * report. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_BENCH_H
#define ITP_BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What a bar showed. below 1: the value must be at most the limit, 0: at least. */
void report(int json, const char *bar, double value, double limit, int below, const char *unit);

/* A campaign file of no-op requests: `trials` of them, all Sobol. */
void write_campaign(const char *path, size_t trials, const char *more);

/* interphase run in this folder; argv-like words behind the campaign, ending with NULL. */
pid_t start_agent(const char *campaign, const char *const *words);
int wait_agent(pid_t pid,
               double *peak_mb); /* its exit code, -1 when it was killed; peak may be NULL */
double cpu_seconds(pid_t pid);

/* floors.c: the machine's own rates */
double fsync_rate(double seconds);
double echo_rate(size_t messages, size_t size);

/* crowd.c: n workers that register and beat, from one thread. */
typedef struct crowd crowd;
crowd *crowd_start(const char *endpoint, size_t n, uint32_t slots);
/* Keeps them alive for so long; returns the time of the first OFFER seen (monotonic ms), or 0. */
int64_t crowd_live(crowd *c, int64_t ms, int until_offer);
void crowd_stop(crowd *c);

/* main.c: seconds from the first to the last accepted result, and how many there are. */
double accepted_results(const char *journal, size_t *n);

/* secure.c: CURVE against none, and the latency of dispatch under it. */
void measure_security(int json, size_t trials, double seconds);

/* recovery.c */
void measure_recovery(int json, size_t events, int repeats);

#endif
