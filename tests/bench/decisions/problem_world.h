/* problem_world.h - a test function as a world to run campaigns in.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_PROBLEM_WORLD_H
#define BENCH_PROBLEM_WORLD_H

#include "closed_loop.h"
#include "problems.h"

typedef struct bench_problem_world {
    bench_world world;
    const bench_problem *problem;
    double outlier_share; /* gross outliers instead of readings; set after init */
    uint64_t seed;
    itp_space *space;
    itp_goal goals[PROBLEM_GOALS_MAX];
    itp_bound bounds[PROBLEM_OUTCOMES_MAX];
} bench_problem_world;

itp_status bench_problem_world_init(bench_problem_world *world, const bench_problem *problem,
                                    itp_error *err);
void bench_problem_world_deinit(bench_problem_world *world);

#endif
