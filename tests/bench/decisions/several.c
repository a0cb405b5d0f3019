/* several.c - bar 6: several objectives, limits, outliers.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "hypervolume.h"
#include "problem_world.h"
#include "stream.h"

enum { SEEDS = 20, OUTLIER_SEEDS = 20, PATH_MAX_TRIALS = 256 };

typedef struct {
    const bench_options *options;
    const bench_problem *problem;
    size_t trials;
    double outliers;
    double *value, *seconds;
    double *path; /* seeds x trials: regret so far; NULL: not wanted */
} run;

static double volume(const bench_problem *p, const bench_trace *trace)
{
    double *y = malloc((trace->n * 2 + 1) * sizeof *y), reference[2];
    if (!y) return NAN;
    for (size_t i = 0; i < 2 * trace->n; i++) y[i] = -trace->y[i];
    for (size_t g = 0; g < 2; g++) reference[g] = -p->reference[g];
    double v = itp_hypervolume(trace->n, 2, y, reference);
    free(y);
    return v;
}

/* Best value of objective 1 among points whose limits truly hold, trial by trial. */
static double best_feasible(const bench_problem *p, const bench_trace *trace, double *path)
{
    double best = INFINITY;
    for (size_t i = 0; i < trace->n; i++) {
        double y[PROBLEM_OUTCOMES_MAX];
        int holds = 1;
        p->eval(trace->points + i * p->d, y);
        for (size_t b = 0; b < p->limits; b++) holds &= y[p->objectives + b] <= 0;
        if (holds) best = fmin(best, y[0]);
        if (path) path[i] = best - p->optimum;
    }
    return best;
}

static itp_status one(void *context, uint64_t seed, size_t index)
{
    run *r = context;
    const bench_problem *p = r->problem;
    bench_problem_world world;
    itp_error err = {0};
    itp_status st = bench_problem_world_init(&world, p, &err);
    bench_settings set = r->options->with;
    set.start = p->start, set.trials = r->trials, set.seed = itp_mix64(seed + 1);
    world.outlier_share = r->outliers, world.seed = set.seed;
    bench_trace trace;
    if (st == ITP_OK) st = bench_run(&world.world, &set, &trace, &err);
    if (st != ITP_OK) {
        fprintf(stderr, "%s seed %lu: %s %s\n", p->name, (unsigned long)seed, itp_status_name(st),
                err.text);
        return st;
    }
    double *path = r->path ? r->path + index * r->trials : NULL;
    r->value[index] = p->objectives > 1 ? volume(p, &trace) : best_feasible(p, &trace, path);
    r->seconds[index] = trace.fit_s + trace.propose_s;
    bench_trace_deinit(&trace);
    bench_problem_world_deinit(&world);
    return ITP_OK;
}

/* Hypervolume against BoTorch's median, and the time of a campaign against a twentieth of its. */
static int pareto(const bench_options *o, const char *name, double limit, double seconds_limit)
{
    size_t seeds = o->seeds ? o->seeds : o->quick ? 2 : SEEDS;
    run r = {.options = o, .problem = bench_problem_find(name), .trials = 50};
    char bar[96];
    int missed = 1;
    r.value = malloc(2 * seeds * sizeof *r.value), r.seconds = r.value + seeds;
    if (r.value && bench_campaigns(o, name, seeds, one, &r) == ITP_OK) {
        bench_sort(seeds, r.value);
        bench_sort(seeds, r.seconds);
        double median = bench_quantile(seeds, r.value, 0.5),
               time = bench_quantile(seeds, r.seconds, 0.5);
        bench_say(o, "%-18s hypervolume median %.4f quartiles %.4f %.4f\n", name, median,
                  bench_quantile(seeds, r.value, 0.25), bench_quantile(seeds, r.value, 0.75));
        snprintf(bar, sizeof bar, "6 %s: median hypervolume at 50", name);
        bench_report(o, bar, median, limit, median > limit);
        snprintf(bar, sizeof bar, "6 %s: seconds a campaign", name);
        bench_report(o, bar, time, seconds_limit, time <= seconds_limit);
        missed = !(median > limit) + !(time <= seconds_limit);
    }
    free(r.value);
    return missed;
}

static void limited(const bench_options *o, const char *name)
{
    size_t seeds = o->seeds ? o->seeds : SEEDS;
    const bench_problem *p = bench_problem_find(name);
    run r = {.options = o, .problem = p, .trials = p->trials};
    r.value = malloc(2 * seeds * sizeof *r.value), r.seconds = r.value + seeds;
    if (r.value && bench_campaigns(o, name, seeds, one, &r) == ITP_OK) {
        size_t found = 0;
        for (size_t i = 0; i < seeds; i++) found += isfinite(r.value[i]);
        bench_sort(seeds, r.value);
        bench_say(o,
                  "%-18s best feasible at %zu: median %.5g quartiles %.5g %.5g (optimum %.5g), "
                  "feasible found in %zu of %zu, %.2f s\n",
                  name, p->trials, bench_quantile(seeds, r.value, 0.5),
                  bench_quantile(seeds, r.value, 0.25), bench_quantile(seeds, r.value, 0.75),
                  p->optimum, found, seeds, bench_mean(seeds, r.seconds));
    }
    free(r.value);
}

/* Median over seeds of the regret after each trial. */
static int regret_path(const bench_options *o, double outliers, size_t seeds, size_t trials,
                       double *median)
{
    run r = {.options = o,
             .problem = bench_problem_find("hartmann6"),
             .trials = trials,
             .outliers = outliers};
    double *column = malloc(seeds * sizeof *column);
    r.value = malloc(2 * seeds * sizeof *r.value), r.seconds = r.value + seeds;
    r.path = malloc(seeds * trials * sizeof *r.path);
    int done = column && r.value && r.path &&
               bench_campaigns(o, "hartmann6 with outliers", seeds, one, &r) == ITP_OK;
    for (size_t i = 0; i < trials && done; i++) {
        for (size_t s = 0; s < seeds; s++) column[s] = r.path[s * trials + i];
        bench_sort(seeds, column);
        median[i] = bench_quantile(seeds, column, 0.5);
    }
    free(column);
    free(r.value);
    free(r.path);
    return done;
}

/* Trials that a campaign with outliers needs for the regret that a clean one has after 50. */
static int outliers(const bench_options *o)
{
    size_t seeds = o->seeds ? o->seeds : OUTLIER_SEEDS, at = 50, trials = 100, needed = 0;
    double clean[PATH_MAX_TRIALS], dirty[PATH_MAX_TRIALS];
    if (!regret_path(o, 0, seeds, at, clean) || !regret_path(o, 0.1, seeds, trials, dirty))
        return 1;
    while (needed < trials && dirty[needed] > clean[at - 1]) needed++;
    double ratio = (double)(needed + 1) / (double)at;
    bench_say(o, "hartmann6: regret %.3g after %zu clean trials; with 10 %% outliers after %zu\n",
              clean[at - 1], at, needed + 1);
    bench_report(o, "6 outliers: trials to the same regret, ratio", ratio, 1.3, ratio <= 1.3);
    return !(ratio <= 1.3);
}

int bench_several(const bench_options *o)
{
    static const char *const LIMITED[] = {"welded_beam", "pressure_vessel", "hartmann6_limited"};
    int missed = 0;
    if (!o->only || strcmp(o->only, "branin_currin") == 0)
        missed += pareto(o, "branin_currin", 58.19, 2.25);
    if (!o->quick && (!o->only || strcmp(o->only, "dtlz2") == 0))
        missed += pareto(o, "dtlz2", 0.339, 2.25);
    for (size_t i = 0; i < 3 && !o->quick; i++)
        if (!o->only || strcmp(o->only, LIMITED[i]) == 0) limited(o, LIMITED[i]);
    if (!o->quick && (!o->only || strcmp(o->only, "outliers") == 0)) missed += outliers(o);
    return missed;
}
