/* several.c - bar 6: several objectives and limits.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "hypervolume.h"
#include "problem_world.h"
#include "stream.h"

enum { SEEDS = 20, TRIALS = 60, MARK = 50 }; /* what is asked at 50 and 60 trials */

typedef struct {
    const bench_options *options;
    const bench_problem *problem;
    double *at_mark, *at_end, *seconds; /* seconds: processor time of the first 50 trials */
} run;

static double volume(const bench_problem *p, const bench_trace *trace, size_t n)
{
    size_t goals = p->objectives;
    double *y = malloc((n * goals + 1) * sizeof *y), reference[PROBLEM_GOALS_MAX];
    if (!y) return NAN;
    for (size_t i = 0; i < goals * n; i++) y[i] = -trace->y[i];
    for (size_t g = 0; g < goals; g++) reference[g] = -p->reference[g];
    double v = itp_hypervolume(n, goals, y, reference);
    free(y);
    return v;
}

/* Best value of objective 1 among the first n points whose limits truly hold. */
static double best_feasible(const bench_problem *p, const bench_trace *trace, size_t n)
{
    double best = INFINITY;
    for (size_t i = 0; i < n; i++) {
        double y[PROBLEM_OUTCOMES_MAX];
        int holds = 1;
        p->eval(trace->points + i * p->d, y);
        for (size_t b = 0; b < p->limits; b++) holds &= y[p->objectives + b] <= 0;
        if (holds) best = fmin(best, y[0]);
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
    set.start = p->start, set.trials = TRIALS, set.seed = itp_mix64(seed + 1);
    bench_trace trace;
    if (st == ITP_OK) st = bench_run(&world.world, &set, &trace, &err);
    if (st != ITP_OK) {
        fprintf(stderr, "%s seed %lu: %s %s\n", p->name, (unsigned long)seed, itp_status_name(st),
                err.text);
        return st;
    }
    double (*value)(const bench_problem *, const bench_trace *, size_t) =
        p->objectives > 1 ? volume : best_feasible;
    r->at_mark[index] = value(p, &trace, MARK);
    r->at_end[index] = value(p, &trace, TRIALS);
    r->seconds[index] = trace.spent_s[MARK - 1];
    if (r->options->verbose)
        fprintf(stderr, "%s seed %lu: %.5g at %d, %.5g at %d, %.2f s\n", p->name,
                (unsigned long)seed, r->at_mark[index], MARK, r->at_end[index], TRIALS,
                r->seconds[index]);
    bench_trace_deinit(&trace);
    bench_problem_world_deinit(&world);
    return ITP_OK;
}

/* Runs the campaigns of one problem and says its row of the table; seeds are sorted afterwards. */
static int run_problem(const bench_options *o, const char *name, size_t seeds, run *r)
{
    *r = (run){.options = o, .problem = bench_problem_find(name)};
    r->at_mark = malloc(3 * seeds * sizeof *r->at_mark);
    if (!r->at_mark) return 0;
    r->at_end = r->at_mark + seeds, r->seconds = r->at_end + seeds;
    if (bench_campaigns(o, name, seeds, one, r) != ITP_OK) return 0;
    size_t found = 0;
    for (size_t i = 0; i < seeds; i++) found += isfinite(r->at_mark[i]);
    bench_sort(seeds, r->at_mark);
    bench_sort(seeds, r->at_end);
    bench_sort(seeds, r->seconds);
    bench_say(o,
              "%-18s %-13s at %d: %9.5g (%.5g %.5g)  at %d: %9.5g (%.5g %.5g)  feasible by %d in "
              "%zu of %zu  %.2f s\n",
              name, r->problem->objectives > 1 ? "hypervolume" : "best feasible", MARK,
              bench_quantile(seeds, r->at_mark, 0.5), bench_quantile(seeds, r->at_mark, 0.25),
              bench_quantile(seeds, r->at_mark, 0.75), TRIALS,
              bench_quantile(seeds, r->at_end, 0.5), bench_quantile(seeds, r->at_end, 0.25),
              bench_quantile(seeds, r->at_end, 0.75), MARK, found, seeds,
              bench_quantile(seeds, r->seconds, 0.5));
    return 1;
}

/* Hypervolume against BoTorch's median, and the time of a campaign against a twentieth of its. */
static int pareto(const bench_options *o, const char *name, double limit, double seconds_limit)
{
    size_t seeds = o->seeds ? o->seeds : o->quick ? 2 : SEEDS;
    run r;
    int missed = 1;
    if (run_problem(o, name, seeds, &r)) {
        char bar[96];
        double median = bench_quantile(seeds, r.at_mark, 0.5),
               time = bench_quantile(seeds, r.seconds, 0.5);
        snprintf(bar, sizeof bar, "6 %s: median hypervolume at 50", name);
        bench_report(o, bar, median, limit, median > limit);
        snprintf(bar, sizeof bar, "6 %s: seconds a campaign", name);
        bench_report(o, bar, time, seconds_limit, time <= seconds_limit);
        missed = !(median > limit) + !(time <= seconds_limit);
    }
    free(r.at_mark);
    return missed;
}

/* More goals than a hypervolume is sought of: against as many Sobol points. */
static int many(const bench_options *o, const char *name)
{
    size_t seeds = o->seeds ? o->seeds : SEEDS;
    bench_options sobol = *o;
    run ours, other = {0};
    sobol.with.acquisition = "design";
    int missed = 1;
    if (run_problem(o, name, seeds, &ours) && run_problem(&sobol, name, seeds, &other)) {
        char bar[96];
        double median = bench_quantile(seeds, ours.at_end, 0.5),
               limit = bench_quantile(seeds, other.at_end, 0.5);
        snprintf(bar, sizeof bar, "6 %s: median hypervolume at 60, Sobol's as limit", name);
        bench_report(o, bar, median, limit, median > limit);
        missed = !(median > limit);
    }
    free(ours.at_mark);
    free(other.at_mark);
    return missed;
}

/* No limit is set for these: what is reported is the distance to the best known. */
static int limited(const bench_options *o, const char *name)
{
    size_t seeds = o->seeds ? o->seeds : SEEDS;
    run r;
    int done = run_problem(o, name, seeds, &r);
    if (done) {
        char bar[96];
        double median = bench_quantile(seeds, r.at_end, 0.5);
        snprintf(bar, sizeof bar, "6 %s: median best feasible at 60", name);
        bench_report(o, bar, median, INFINITY, isfinite(median));
        done = isfinite(median);
    }
    free(r.at_mark);
    return !done;
}

int bench_several(const bench_options *o)
{
    static const char *const MANY[] = {"five_centres", "dtlz2_five"};
    static const char *const LIMITED[] = {"welded_beam", "pressure_vessel", "hartmann6_limited"};
    int missed = 0;
    if (!o->only || strcmp(o->only, "branin_currin") == 0)
        missed += pareto(o, "branin_currin", 58.19, 2.25);
    if (!o->quick && (!o->only || strcmp(o->only, "dtlz2") == 0))
        missed += pareto(o, "dtlz2", 0.339, 2.25);
    for (size_t i = 0; i < 2 && !o->quick; i++)
        if (!o->only || strcmp(o->only, MANY[i]) == 0) missed += many(o, MANY[i]);
    for (size_t i = 0; i < 3 && !o->quick; i++)
        if (!o->only || strcmp(o->only, LIMITED[i]) == 0) missed += limited(o, LIMITED[i]);
    if (!o->quick && (!o->only || strncmp(o->only, "outliers", 8) == 0))
        missed += bench_outliers(o);
    return missed;
}
