/* closed_loop.h - a whole campaign in-process: fit, propose, measure, until the budget is used.
 *   What the agent does with a journal and workers is done here with a function call, so that
 * hundreds of campaigns can be compared. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_CLOSED_LOOP_H
#define BENCH_CLOSED_LOOP_H

#include <stdint.h>

#include "interphase/acquisition.h"

struct bench_trace;

typedef struct bench_settings {
    itp_noise noise;         /* as declared; the default is inferred */
    const char *acquisition; /* NULL: auto */
    const char *model, *kernel, *transform;
    int random_start;        /* 1: starts are drawn at random, 0: Sobol */
    size_t start, trials, q; /* q: proposals at once */
    uint64_t seed;
    int (*enough)(const void *context, const struct bench_trace *trace); /* may be NULL */
    const void *enough_context;
    double regret; /* > 0: stop by the regret bound at this epsilon and confidence */
    double confidence;
    int trust_region;
} bench_settings;

typedef struct bench_world {
    const itp_space *space;
    size_t m, n_goals, n_bounds;
    const itp_goal *goals;
    const itp_bound *bounds;
    /* Measures a point: m outcomes. row: of the candidate table, or -1. rng: noise's stream. */
    void (*measure)(const void *context, const double *point, long row, uint64_t trial, double *y);
    const void *context;
} bench_world;

typedef struct bench_trace {
    size_t n;       /* trials made */
    double *points; /* n x n_params */
    double *y;      /* n x m as measured */
    long *rows;
    double *spent_s;         /* n: fit_s + propose_s before each trial */
    int stopped;             /* 1: the regret bound held */
    double bound_s;          /* processor time of it, all threads */
    long recommended;        /* by itp_find_incumbent at the end, or -1 */
    double fit_s, propose_s; /* processor time */
    char note[256];          /* of the last proposal */
} bench_trace;

itp_status bench_run(const bench_world *world, const bench_settings *settings, bench_trace *out,
                     itp_error *err);
void bench_trace_deinit(bench_trace *trace);

/* What a gross outlier adds to the reading of a trial: 0 for all but a share of them. */
double bench_outlier(uint64_t seed, uint64_t trial, double share);

double bench_now_s(void);
/* Processor time of all threads: what the wall clock cannot say on a busy machine. */
double bench_cpu_s(void);

#endif
