/* noisy.c - bar 5: noise and batches. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "problem_world.h"
#include "stream.h"
#include "tables.h"

enum { SEEDS_CHARGING = 100, SEEDS_BATCH = 40, ROUNDS = 4 };

static const double CHARGING_NOISE = 164; /* sd of a reading, cycles (Attia et al. 2020) */

typedef struct {
    const bench_options *options;
    const bench_table *table;
    const bench_problem *problem;
    size_t q;
    double *value;
} run;

/* True life of what would be recommended after four rounds. */
static itp_status charge(void *context, uint64_t seed, size_t index)
{
    run *r = context;
    bench_table table = *r->table; /* own noise; the rows are shared */
    bench_settings set = r->options->with;
    set.start = r->q, set.q = r->q, set.trials = ROUNDS * r->q, set.random_start = 1;
    set.seed = itp_mix64(seed + 1);
    table.noise_sd = CHARGING_NOISE, table.seed = set.seed;
    table.world.context = &table;
    bench_trace trace;
    itp_error err = {0};
    itp_status st = bench_run(&table.world, &set, &trace, &err);
    if (st != ITP_OK) {
        fprintf(stderr, "seed %lu: %s %s\n", (unsigned long)seed, itp_status_name(st), err.text);
        return st;
    }
    size_t best = trace.recommended >= 0 ? (size_t)trace.recommended : 0;
    r->value[index] = table.value[trace.rows[best]];
    bench_trace_deinit(&trace);
    return ITP_OK;
}

static int charging(const bench_options *o)
{
    static const struct {
        size_t channels;
        double limit;
    } CASES[] = {{24, 1143}, {48, 1160}};
    bench_table table;
    itp_error err = {0};
    int missed = 0;
    if (bench_table_open(&table, o->data, "attia_fastcharge_sim", NULL, 0, "sim_lifetime", &err) !=
        ITP_OK) {
        fprintf(stderr, "attia_fastcharge_sim: %s\n", err.text);
        return 1;
    }
    for (size_t i = 0; i < (o->quick ? 1 : 2); i++) {
        size_t seeds = o->seeds ? o->seeds : o->quick ? 2 : SEEDS_CHARGING;
        run r = {.options = o, .table = &table, .q = CASES[i].channels};
        r.value = malloc(seeds * sizeof *r.value);
        if (r.value && bench_campaigns(o, "fast charging", seeds, charge, &r) == ITP_OK) {
            char bar[96];
            double mean = bench_mean(seeds, r.value);
            snprintf(bar, sizeof bar, "5 fast charging, %zu channels: mean true life", r.q);
            bench_report(o, bar, mean, CASES[i].limit, mean >= CASES[i].limit);
            missed += !(mean >= CASES[i].limit);
        } else {
            missed++;
        }
        free(r.value);
    }
    bench_table_close(&table);
    return missed;
}

static itp_status hartmann(void *context, uint64_t seed, size_t index)
{
    run *r = context;
    bench_problem_world world;
    itp_error err = {0};
    itp_status st = bench_problem_world_init(&world, r->problem, &err);
    bench_settings set = r->options->with;
    set.start = r->problem->start, set.trials = r->problem->trials, set.q = r->q;
    set.seed = itp_mix64(seed + 1);
    bench_trace trace;
    if (st == ITP_OK) st = bench_run(&world.world, &set, &trace, &err);
    if (st != ITP_OK) return st;
    double best = INFINITY;
    for (size_t i = 0; i < trace.n; i++) {
        best = fmin(best, trace.y[i]);
        if (r->options->verbose && (i + 1) % 10 == 0)
            printf("q %zu seed %lu: %zu trials, log10 regret %.2f\n", r->q, (unsigned long)seed,
                   i + 1, log10(fmax(best - r->problem->optimum, 1e-12)));
    }
    r->value[index] = log10(fmax(best - r->problem->optimum, 1e-12));
    bench_trace_deinit(&trace);
    bench_problem_world_deinit(&world);
    return ITP_OK;
}

/* Mean log10 of the final regret, batches against one at a time. */
static int batches(const bench_options *o)
{
    static const size_t Q[] = {1, 4, 8};
    size_t seeds = o->seeds ? o->seeds : o->quick ? 4 : SEEDS_BATCH;
    double alone = NAN;
    int missed = 0;
    for (size_t i = 0; i < 3; i++) {
        run r = {.options = o, .problem = bench_problem_find("hartmann6"), .q = Q[i]};
        r.value = malloc(seeds * sizeof *r.value);
        if (r.value && bench_campaigns(o, "hartmann6", seeds, hartmann, &r) == ITP_OK) {
            char bar[96];
            double mean = bench_mean(seeds, r.value);
            bench_say(o, "hartmann6, %zu at once: mean log10 regret %.2f\n", Q[i], mean);
            if (i == 0) alone = mean;
            snprintf(bar, sizeof bar, "5 batches of %zu: share of the sequential log-regret", Q[i]);
            if (i > 0) bench_report(o, bar, mean / alone, 0.9, mean / alone >= 0.9);
            missed += i > 0 && !(mean / alone >= 0.9);
        }
        free(r.value);
    }
    return missed;
}

int bench_noisy(const bench_options *o)
{
    int missed = 0;
    if (!o->data) fprintf(stderr, "fast charging skipped: INTERPHASE_DATA is not set\n");
    if (o->data && (!o->only || strcmp(o->only, "charging") == 0)) missed += charging(o);
    if (!o->quick && (!o->only || strcmp(o->only, "hartmann6") == 0)) missed += batches(o);
    if (!o->only || strcmp(o->only, "idle") == 0) missed += bench_idle(o);
    return missed;
}
