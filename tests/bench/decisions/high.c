/* high.c - many parameters: Hartmann-6 in which 6 of d coordinates matter, and Ackley and Levy in
 * which all do. What `auto` does with many parameters was chosen by this table; there is no limit.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "problems.h"
#include "stream.h"

enum { DIMS_MAX = 100, SEEDS = 8, TRIALS = 100, START_MOST = 20 };

typedef struct {
    const char *name;
    size_t d;
    double (*eval)(size_t d, const double *u);
    double optimum;
} high_problem;

/* The coordinates that matter are spread over all. */
static double embedded_hartmann(size_t d, const double *u)
{
    double x[6], y;
    for (size_t j = 0; j < 6; j++) x[j] = u[j * d / 6];
    bench_problem_find("hartmann6")->eval(x, &y);
    return y;
}

/* On [-5, 10]: the optimum a third of the way along each coordinate. */
static double ackley(size_t d, const double *u)
{
    double squares = 0, cosines = 0;
    for (size_t j = 0; j < d; j++) {
        double x = 15 * u[j] - 5;
        squares += x * x / (double)d;
        cosines += cos(6.283185307179586 * x) / (double)d;
    }
    return -20 * exp(-0.2 * sqrt(squares)) - exp(cosines) + 20 + M_E;
}

static double levy_term(double w, double phase, double weight)
{
    return (w - 1) * (w - 1) * (1 + weight * pow(sin(M_PI * w + phase), 2));
}

static double levy(size_t d, const double *u)
{
    double sum = pow(sin(M_PI * (1 + (20 * u[0] - 11) / 4)), 2);
    for (size_t j = 0; j + 1 < d; j++) sum += levy_term(1 + (20 * u[j] - 11) / 4, 1, 10);
    double w = 1 + (20 * u[d - 1] - 11) / 4;
    return sum + (w - 1) * (w - 1) * (1 + pow(sin(2 * M_PI * w), 2));
}

static const high_problem PROBLEMS[] = {
    {"hartmann6 of 20", 20, embedded_hartmann, -3.3223680114155147},
    {"levy20", 20, levy, 0},
    {"ackley20", 20, ackley, 0},
    {"hartmann6 of 50", 50, embedded_hartmann, -3.3223680114155147},
    {"ackley50", 50, ackley, 0},
    {"hartmann6 of 100", 100, embedded_hartmann, -3.3223680114155147},
};

typedef struct {
    const bench_options *options;
    const high_problem *problem;
    double *regret, *seconds;
} run;

static void measure(const void *context, const double *point, long row, uint64_t trial, double *y)
{
    const high_problem *p = context;
    (void)row, (void)trial;
    *y = p->eval(p->d, point);
}

static itp_status open_space(itp_space **space, size_t d)
{
    itp_param params[DIMS_MAX];
    char names[DIMS_MAX][8];
    for (size_t j = 0; j < d; j++) {
        snprintf(names[j], sizeof names[j], "x%zu", j + 1);
        params[j] =
            (itp_param){.name = names[j], .unit = "1", .kind = ITP_REAL, .low = 0, .high = 1};
    }
    return itp_space_create(space, d, params, NULL);
}

static itp_status one(void *context, uint64_t seed, size_t index)
{
    run *r = context;
    const high_problem *p = r->problem;
    const itp_goal goal = {.name = "f",
                           .what = {.outcome = 0},
                           .kind = ITP_MINIMISE,
                           .target = NAN,
                           .weight = NAN,
                           .reference = NAN};
    itp_space *space = NULL;
    bench_settings set = r->options->with;
    bench_trace trace;
    set.start = 2 * p->d + 2 < START_MOST ? 2 * p->d + 2 : START_MOST;
    set.trials = TRIALS, set.seed = itp_mix64(seed + 1);
    itp_status st = open_space(&space, p->d);
    bench_world world = {space, 1, 1, 0, &goal, NULL, measure, p};
    if (st == ITP_OK) st = bench_run(&world, &set, &trace, NULL);
    if (st == ITP_OK) {
        double best = INFINITY;
        for (size_t i = 0; i < trace.n; i++) best = fmin(best, trace.y[i]);
        r->regret[index] = best - p->optimum;
        r->seconds[index] = trace.fit_s + trace.propose_s;
        bench_trace_deinit(&trace);
    }
    itp_space_destroy(space);
    return st;
}

int bench_high(const bench_options *o)
{
    size_t seeds = o->seeds ? o->seeds : SEEDS;
    int missed = 0;
    for (size_t i = 0; i < sizeof PROBLEMS / sizeof *PROBLEMS && !o->quick; i++) {
        const high_problem *p = &PROBLEMS[i];
        if (o->only && strcmp(o->only, p->name) != 0) continue;
        run r = {o, p, malloc(2 * seeds * sizeof(double)), NULL};
        r.seconds = r.regret + seeds;
        if (r.regret && bench_campaigns(o, p->name, seeds, one, &r) == ITP_OK) {
            bench_sort(seeds, r.regret);
            bench_say(o, "%-18s median regret %8.3g  quartiles %8.3g %8.3g  %.1f s a campaign\n",
                      p->name, bench_quantile(seeds, r.regret, 0.5),
                      bench_quantile(seeds, r.regret, 0.25), bench_quantile(seeds, r.regret, 0.75),
                      bench_mean(seeds, r.seconds));
        } else {
            missed++;
        }
        free(r.regret);
    }
    return missed;
}
