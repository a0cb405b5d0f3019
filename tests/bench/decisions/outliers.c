/* outliers.c - bar 6: what one gross outlier in ten readings costs.
 *   A clean campaign's median regret after 50 trials, and how many trials one with outliers needs
 * for it; regret is that of the best point measured, by its true value. How far that hangs on the
 * seeds drawn is told by drawing them again (Efron's bootstrap, both campaigns of a seed together).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "problem_world.h"
#include "stream.h"
#include "tables.h"

enum { SEEDS = 20, CLEAN = 50, DIRTY = 100, RESAMPLES = 400 };
static const double SHARE = 0.1;
static const double COST_MOST = 1.3; /* trials, relative to the clean campaign's */

typedef struct {
    const bench_options *options;
    const bench_problem *problem; /* or the table */
    const bench_table *table;
    size_t trials;
    double outliers;
    double *path; /* seeds x trials: regret so far */
} run;

static itp_status on_function(run *r, bench_settings *set, double *path)
{
    const bench_problem *p = r->problem;
    bench_problem_world world;
    bench_trace trace;
    itp_status st = bench_problem_world_init(&world, p, NULL);
    if (st != ITP_OK) return st;
    world.outlier_share = r->outliers, world.seed = set->seed;
    st = bench_run(&world.world, set, &trace, NULL);
    double best = INFINITY, y[PROBLEM_OUTCOMES_MAX];
    for (size_t i = 0; i < r->trials && st == ITP_OK; i++) {
        p->eval(trace.points + i * p->d, y);
        best = fmin(best, y[0]);
        path[i] = best - p->optimum;
    }
    if (st == ITP_OK) bench_trace_deinit(&trace);
    bench_problem_world_deinit(&world);
    return st;
}

static double spread(const bench_table *t)
{
    double mean = bench_mean(t->n, t->value), sum = 0;
    for (size_t i = 0; i < t->n; i++) sum += (t->value[i] - mean) * (t->value[i] - mean);
    return sqrt(sum / (double)t->n);
}

static itp_status on_table(run *r, bench_settings *set, double *path)
{
    bench_table table = *r->table; /* own outliers; the rows are shared */
    bench_trace trace;
    table.outlier_share = r->outliers, table.outlier_unit = spread(r->table);
    table.seed = set->seed;
    table.world.context = &table;
    itp_status st = bench_run(&table.world, set, &trace, NULL);
    double best = -INFINITY;
    for (size_t i = 0; i < r->trials && st == ITP_OK; i++) {
        best = fmax(best, table.better[trace.rows[i]]);
        path[i] = table.best - best;
    }
    if (st == ITP_OK) bench_trace_deinit(&trace);
    return st;
}

static itp_status one(void *context, uint64_t seed, size_t index)
{
    run *r = context;
    bench_settings set = r->options->with;
    set.trials = r->trials, set.seed = itp_mix64(seed + 1);
    set.start = r->problem ? r->problem->start : 2, set.random_start = !r->problem;
    double *path = r->path + index * r->trials;
    return r->problem ? on_function(r, &set, path) : on_table(r, &set, path);
}

/* Regrets of all seeds, seeds x trials, the caller's to free; NULL: it could not be done. */
static double *all_paths(run *r, size_t seeds)
{
    r->path = malloc(seeds * r->trials * sizeof *r->path);
    int done = r->path && bench_campaigns(r->options, r->outliers > 0 ? "with outliers" : "without",
                                          seeds, one, r) == ITP_OK;
    if (!done) free(r->path);
    return done ? r->path : NULL;
}

/* Median over the seeds that `draw` names of the regret after each trial. */
static void median_path(const double *path, size_t seeds, size_t trials, const size_t *draw,
                        double *median)
{
    double column[seeds];
    for (size_t i = 0; i < trials; i++) {
        for (size_t s = 0; s < seeds; s++) column[s] = path[draw[s] * trials + i];
        bench_sort(seeds, column);
        median[i] = bench_quantile(seeds, column, 0.5);
    }
}

/* When the median first was as low as it is at the end, or one more than n. */
static size_t when(const double *median, size_t n, double low)
{
    size_t i = 0;
    while (i < n && median[i] > low) i++;
    return i + 1;
}

typedef struct {
    double low; /* regret after CLEAN trials without outliers */
    size_t without, with;
} comparison;

static comparison compare_draw(const double *clean, const double *dirty, size_t seeds,
                               const size_t *draw)
{
    double median[DIRTY];
    comparison c;
    median_path(clean, seeds, CLEAN, draw, median);
    c.low = median[CLEAN - 1];
    c.without = when(median, CLEAN, c.low);
    median_path(dirty, seeds, DIRTY, draw, median);
    c.with = when(median, DIRTY, c.low);
    return c;
}

/* Ratios of RESAMPLES draws of as many seeds, in order. */
static void resample(const double *clean, const double *dirty, size_t seeds, double *ratio)
{
    itp_stream stream;
    size_t draw[seeds];
    itp_stream_init(&stream, seeds, 0, "bench.bootstrap");
    for (size_t k = 0; k < RESAMPLES; k++) {
        for (size_t s = 0; s < seeds; s++)
            draw[s] = (size_t)(itp_stream_uniform(&stream) * (double)seeds);
        comparison c = compare_draw(clean, dirty, seeds, draw);
        ratio[k] = (double)c.with / (double)c.without;
    }
    bench_sort(RESAMPLES, ratio);
}

static int compare(const bench_options *o, const char *name, const bench_problem *problem,
                   const bench_table *table)
{
    size_t seeds = o->seeds ? o->seeds : SEEDS, draw[seeds];
    double ratios[RESAMPLES];
    char bar[96];
    run r = {.options = o, .problem = problem, .table = table, .trials = CLEAN};
    double *clean = all_paths(&r, seeds);
    r.trials = DIRTY, r.outliers = SHARE;
    double *dirty = clean ? all_paths(&r, seeds) : NULL;
    int missed = 1;
    if (dirty) {
        for (size_t s = 0; s < seeds; s++) draw[s] = s;
        comparison c = compare_draw(clean, dirty, seeds, draw);
        double ratio = (double)c.with / (double)c.without;
        resample(clean, dirty, seeds, ratios);
        bench_say(o,
                  "%s: regret %.3g after %zu clean trials; with 10 %% outliers after %zu; ratio "
                  "%.2f, of seeds drawn again %.2f (80 %%: %.2f to %.2f)\n",
                  name, c.low, c.without, c.with, ratio, bench_quantile(RESAMPLES, ratios, 0.5),
                  bench_quantile(RESAMPLES, ratios, 0.1), bench_quantile(RESAMPLES, ratios, 0.9));
        snprintf(bar, sizeof bar, "6 outliers on %s: trials to the same regret, ratio", name);
        bench_report(o, bar, ratio, COST_MOST, ratio <= COST_MOST);
        missed = !(ratio <= COST_MOST);
    }
    free(clean);
    free(dirty);
    return missed;
}

static int wanted(const bench_options *o, const char *name)
{
    return !o->only || strcmp(o->only, "outliers") == 0 || strcmp(o->only, name) == 0;
}

int bench_outliers(const bench_options *o)
{
    int missed = 0;
    if (wanted(o, "outliers-hartmann6"))
        missed += compare(o, "hartmann6", bench_problem_find("hartmann6"), NULL);
    if (!wanted(o, "outliers-crossed-barrel")) return missed;
    bench_table table;
    itp_error err = {0};
    if (!o->data) {
        fprintf(stderr, "outliers on crossed barrel skipped: INTERPHASE_DATA is not set\n");
        return missed;
    }
    if (bench_table_open(&table, o->data, "pvlab_crossed_barrel", NULL, 0, NULL, &err) != ITP_OK) {
        fprintf(stderr, "pvlab_crossed_barrel: %s\n", err.text);
        return missed + 1;
    }
    missed += compare(o, "crossed barrel", NULL, &table);
    bench_table_close(&table);
    return missed;
}
