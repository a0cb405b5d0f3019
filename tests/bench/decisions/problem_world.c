/* problem_world.c - parameters, goals and limits of a test function.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "problem_world.h"

#include <math.h>

static void measure(const void *context, const double *point, long row, uint64_t trial, double *y)
{
    const bench_problem_world *w = context;
    (void)row;
    w->problem->eval(point, y);
    y[0] += bench_outlier(w->seed, trial, w->outlier_share);
}

itp_status bench_problem_world_init(bench_problem_world *w, const bench_problem *problem,
                                    itp_error *err)
{
    static const char *const NAMES[PROBLEM_DIMS_MAX] = {"x1", "x2", "x3", "x4",  "x5",  "x6",
                                                        "x7", "x8", "x9", "x10", "x11", "x12"};
    itp_param params[PROBLEM_DIMS_MAX];
    *w = (bench_problem_world){.problem = problem};
    for (size_t i = 0; i < problem->d; i++)
        params[i] = (itp_param){.name = NAMES[i],
                                .unit = "1",
                                .kind = ITP_REAL,
                                .low = problem->low[i],
                                .high = problem->high[i]};
    itp_status st = itp_space_create(&w->space, problem->d, params, err);
    if (st != ITP_OK) return st;
    for (size_t g = 0; g < problem->objectives; g++)
        w->goals[g] =
            (itp_goal){.name = NAMES[g],
                       .what = {.outcome = (int)g},
                       .kind = ITP_MINIMISE,
                       .target = NAN,
                       .weight = NAN,
                       .reference = problem->objectives > 1 ? problem->reference[g] : NAN};
    for (size_t b = 0; b < problem->limits; b++)
        w->bounds[b] = (itp_bound){.name = NAMES[b],
                                   .what = {.outcome = (int)(problem->objectives + b)},
                                   .low = -INFINITY,
                                   .high = 0};
    w->world = (bench_world){w->space,
                             problem->objectives + problem->limits,
                             problem->objectives,
                             problem->limits,
                             w->goals,
                             w->bounds,
                             measure,
                             w};
    return ITP_OK;
}

void bench_problem_world_deinit(bench_problem_world *w)
{
    itp_space_destroy(w->space);
}
