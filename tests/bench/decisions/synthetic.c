/* synthetic.c - bar 3: final simple regret on test functions, one trial at a time.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "problem_world.h"
#include "stream.h"

enum { SEEDS = 100 };

typedef struct {
    const bench_options *options;
    const bench_problem *problem;
    double *regret, *seconds;
    itp_noise noise;
} run;

static itp_status one(void *context, uint64_t seed, size_t index)
{
    run *r = context;
    itp_error err = {0};
    bench_problem_world world;
    itp_status st = bench_problem_world_init(&world, r->problem, &err);
    bench_settings set = r->options->with;
    set.noise = r->noise;
    set.start = r->problem->start, set.trials = r->problem->trials;
    set.seed = itp_mix64(seed + 1);
    bench_trace trace;
    if (st == ITP_OK) st = bench_run(&world.world, &set, &trace, &err);
    if (st != ITP_OK) {
        fprintf(stderr, "%s seed %lu: %s %s\n", r->problem->name, (unsigned long)seed,
                itp_status_name(st), err.text);
        return st;
    }
    double best = INFINITY;
    for (size_t i = 0; i < trace.n; i++) best = fmin(best, trace.y[i]);
    r->regret[index] = best - r->problem->optimum;
    r->seconds[index] = trace.fit_s + trace.propose_s;
    if (r->options->verbose)
        fprintf(stderr, "%s seed %lu regret %.3g fit %.2f s propose %.2f s (%s)\n",
                r->problem->name, (unsigned long)seed, r->regret[index], trace.fit_s,
                trace.propose_s, trace.note);
    bench_trace_deinit(&trace);
    bench_problem_world_deinit(&world);
    return ITP_OK;
}

/* Median regret of one problem; `under` (may be NULL): share of seeds below 0.05. */
static double measure(const bench_options *o, const bench_problem *problem, itp_noise noise,
                      double target, double *under)
{
    size_t seeds = o->seeds ? o->seeds : o->quick ? 6 : SEEDS, below = 0;
    run r = {o, problem, malloc(seeds * sizeof(double)), malloc(seeds * sizeof(double)), noise};
    double median = NAN;
    if (r.regret && r.seconds && bench_campaigns(o, problem->name, seeds, one, &r) == ITP_OK) {
        for (size_t i = 0; i < seeds; i++) below += r.regret[i] < 0.05;
        bench_sort(seeds, r.regret);
        median = bench_quantile(seeds, r.regret, 0.5);
        bench_say(o,
                  "%-12s %-14s median %9.3g  quartiles %9.3g %9.3g  target %8.2g  ratio %7.3f  "
                  "%.2f s a campaign\n",
                  problem->name, noise == ITP_NOISE_NONE ? "noise: none" : "undeclared", median,
                  bench_quantile(seeds, r.regret, 0.25), bench_quantile(seeds, r.regret, 0.75),
                  target, median / target, bench_mean(seeds, r.seconds));
        if (under) *under = (double)below / (double)seeds;
    }
    free(r.regret);
    free(r.seconds);
    return median;
}

int bench_synthetic(const bench_options *o)
{
    static const struct {
        const char *name;
        double target;
    } CASES[] = {
        {"branin", 9e-5}, {"hartmann6", 1e-3}, {"ackley5", 3}, {"levy8", 1}, {"rosenbrock4", 57}};
    double logs = 0, worst = 0, under = NAN;
    int count = 0, failed = 0;
    for (size_t i = 0; i < 5; i++) {
        const bench_problem *problem = bench_problem_find(CASES[i].name);
        if (o->only && strcmp(o->only, problem->name) != 0) continue;
        if (o->quick && i > 0) break; /* the others take seconds a campaign */
        double share, median = measure(o, problem, o->with.noise, CASES[i].target, &share);
        if (i == 1) under = share;
        logs += log(median / CASES[i].target);
        worst = fmax(worst, median / CASES[i].target);
        count++;
        if (o->with.noise == ITP_NOISE_INFERRED && !o->quick)
            measure(o, problem, ITP_NOISE_NONE, CASES[i].target, NULL);
    }
    if (count == 0) return 0;
    double mean = exp(logs / count);
    bench_report(o, "3 synthetic: geometric mean of ratios to target", mean, 1, mean <= 1);
    bench_report(o, "3 synthetic: worst ratio", worst, 1.5, worst <= 1.5);
    failed += !(mean <= 1) + !(worst <= 1.5);
    if (!isnan(under)) {
        bench_report(o, "3 synthetic: hartmann6 share of seeds under 0.05", under, 0.75,
                     under >= 0.75);
        failed += !(under >= 0.75);
    }
    return failed;
}
