/* speed.c - bar 7: time of a fit from scratch and a proposal, and how good both are.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "likelihood.h"
#include "stream.h"

typedef struct {
    size_t n, d;
    itp_space *space;
    double *x, *y;
    itp_surrogate *model;
    const itp_surrogate *belief[1];
    itp_goal goal;
    itp_problem problem;
} instance;

/* Sobol points of a sum of waves of different lengths, with a little noise. */
static itp_status make(instance *t, size_t n, size_t d, uint64_t seed, double noise)
{
    static const char *const NAMES[] = {"x1", "x2", "x3", "x4", "x5",
                                        "x6", "x7", "x8", "x9", "x10"};
    itp_param params[10] = {0};
    *t = (instance){
        .n = n, .d = d, .goal = {.name = "goal", .target = NAN, .weight = NAN, .reference = NAN}};
    for (size_t i = 0; i < d; i++)
        params[i] =
            (itp_param){.name = NAMES[i], .unit = "1", .kind = ITP_REAL, .low = 0, .high = 1};
    itp_status st = itp_space_create(&t->space, d, params, NULL);
    t->x = malloc(n * d * sizeof *t->x), t->y = malloc(n * sizeof *t->y);
    if (st == ITP_OK && t->x && t->y)
        st = itp_space_design(t->space, ITP_DESIGN_SOBOL, seed, 0, n, t->x, NULL);
    itp_stream stream;
    itp_stream_init(&stream, seed, 0, "bench.speed");
    double phase[10];
    for (size_t j = 0; j < d; j++) phase[j] = 6 * itp_stream_uniform(&stream);
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        t->y[i] = noise * itp_stream_normal(&stream);
        for (size_t j = 0; j < d; j++)
            t->y[i] += sin((2 + (double)j) * t->x[i * d + j] + phase[j]) / (1 + (double)j / 3);
    }
    return st;
}

/* starts: 0 is the default. */
static itp_status fit_from(instance *t, uint64_t seed, unsigned starts, itp_fit_report *report)
{
    itp_surrogate_options options = {
        .model = "exact", .kernel = "matern52", .transform = "standardise", .starts = starts};
    itp_data data = {.n = t->n, .d = t->d, .x = t->x, .y = t->y};
    itp_surrogate_destroy(t->model);
    t->model = NULL;
    itp_status st =
        itp_surrogate_create(&t->model, t->d, itp_space_columns(t->space), &options, NULL);
    if (st == ITP_OK) st = itp_surrogate_fit(t->model, &data, seed, report);
    t->belief[0] = t->model;
    t->problem = (itp_problem){.space = t->space,
                               .m = 1,
                               .belief = t->belief,
                               .n_goals = 1,
                               .goals = &t->goal,
                               .n_measured = t->n,
                               .measured = t->x,
                               .measured_y = t->y,
                               .seed = seed,
                               .number = t->n};
    return st;
}

static itp_status fit(instance *t, uint64_t seed)
{
    return fit_from(t, seed, 0, NULL);
}

static void done(instance *t)
{
    itp_surrogate_destroy(t->model);
    itp_space_destroy(t->space);
    free(t->x);
    free(t->y);
}

static double propose(instance *t, const itp_propose_options *options, double *seconds)
{
    itp_proposal p;
    double begin = bench_now_s(), value = NAN;
    if (itp_propose(&t->problem, options, &p, NULL) != ITP_OK) return NAN;
    *seconds = bench_now_s() - begin;
    value = p.chosen[0].parts.total;
    itp_proposal_deinit(&p);
    return value;
}

/* Median time of fit + proposal at one size. */
static int at_size(const bench_options *o, size_t n, size_t d, double limit_ms)
{
    double fits[7], proposals[7], both[7], fit_cpu[7], propose_cpu[7], one = INFINITY;
    unsigned least_starts = UINT_MAX;
    size_t repeats = n <= 200 ? 7 : n <= 500 ? 5 : 3, made = 0;
    itp_propose_options options = {.q = 1, .threads = o->threads};
    if (o->quick && n > 200) return 0;
    for (size_t i = 0; i < repeats; i++) {
        instance t;
        double seconds = 0, begin, cpu;
        itp_status st = make(&t, n, d, i + 1, 0.02);
        begin = bench_now_s(), cpu = bench_cpu_s();
        itp_fit_report report = {0};
        if (st == ITP_OK) st = fit_from(&t, i + 1, 0, &report);
        fits[made] = bench_now_s() - begin, fit_cpu[made] = bench_cpu_s() - cpu;
        cpu = bench_cpu_s();
        if (st == ITP_OK && !isnan(propose(&t, &options, &seconds))) {
            propose_cpu[made] = bench_cpu_s() - cpu;
            proposals[made] = seconds, both[made] = fits[made] + seconds, made++;
        }
        if (report.starts < least_starts) least_starts = report.starts;
        one = fmin(one, likelihood_s(t.n, t.d, t.x, t.y, itp_space_columns(t.space)));
        done(&t);
    }
    bench_sort(made, fits), bench_sort(made, proposals), bench_sort(made, both);
    bench_sort(made, fit_cpu), bench_sort(made, propose_cpu);
    double median = 1e3 * bench_quantile(made, both, 0.5);
    char bar[96];
    bench_say(o, "n %4zu d %2zu: fit %8.2f ms (%8.2f of processor), proposal %8.2f ms (%8.2f)\n", n,
              d, 1e3 * bench_quantile(made, fits, 0.5), 1e3 * bench_quantile(made, fit_cpu, 0.5),
              1e3 * bench_quantile(made, proposals, 0.5),
              1e3 * bench_quantile(made, propose_cpu, 0.5));
    snprintf(bar, sizeof bar, "7 speed: ms of fit + proposal at (%zu, %zu)", n, d);
    bench_report(o, bar, median, limit_ms, median <= limit_ms);
    double cpu = bench_quantile(made, fit_cpu, 0.5) + bench_quantile(made, propose_cpu, 0.5);
    snprintf(bar, sizeof bar, "7 speed: processor, in likelihoods with gradient of %.3g ms",
             1e3 * one);
    bench_report(o, bar, cpu / one, limit_ms / (1e3 * one), median <= limit_ms);
    snprintf(bar, sizeof bar, "7 quality: starts of the fit at (%zu, %zu)", n, d);
    bench_report(o, bar, least_starts, 3, least_starts >= 3);
    return !(median <= limit_ms && least_starts >= 3);
}

static int batch(const bench_options *o, size_t q, double limit_ms)
{
    double times[5], cpu = 0;
    char bar[96];
    itp_propose_options options = {.q = q, .acquisition = "qlognei", .threads = o->threads};
    for (size_t i = 0; i < 5; i++) {
        instance t;
        if (make(&t, 200, 6, i + 1, 0.1) != ITP_OK || fit(&t, i + 1) != ITP_OK) return 1;
        cpu -= bench_cpu_s() / 5;
        (void)propose(&t, &options, &times[i]);
        cpu += bench_cpu_s() / 5;
        done(&t);
    }
    bench_sort(5, times);
    bench_say(o, "batch of %zu: %.2f ms (%.2f of processor)\n", q, 1e3 * times[2], 1e3 * cpu);
    snprintf(bar, sizeof bar, "7 speed: ms of a batch of %zu, qlognei at (200, 6)", q);
    bench_report(o, bar, 1e3 * times[2], limit_ms, 1e3 * times[2] <= limit_ms);
    return !(1e3 * times[2] <= limit_ms);
}

/* Share of cases whose acquisition value is within 0.01 of the best of 200 restarts. */
static int quality(const bench_options *o)
{
    size_t cases = o->quick ? 12 : 40, good = 0;
    itp_propose_options plain = {.q = 1, .threads = o->threads};
    itp_propose_options much = {.q = 1, .threads = o->threads, .raw = 4096, .restarts = 200};
    for (size_t i = 0; i < cases; i++) {
        instance t;
        double seconds;
        size_t d = 2 + i % 5;
        if (make(&t, 20 + 10 * (i % 8), d, i + 100, i % 2 ? 0.02 : 0) != ITP_OK ||
            fit(&t, i) != ITP_OK)
            return 1;
        double value = propose(&t, &plain, &seconds), best = propose(&t, &much, &seconds);
        good += value >= best - 0.01;
        if (o->verbose && value < best - 0.01)
            fprintf(stderr, "case %zu: n %zu d %zu %.4f against %.4f\n", i, t.n, d, value, best);
        done(&t);
    }
    double share = (double)good / (double)cases;
    bench_report(o, "7 quality: share within 0.01 of 200 restarts", share, 0.95, share >= 0.95);
    return !(share >= 0.95);
}

/* Share of fits within 0.1 nat of the best of 20 starts, from 20 to 600 rows. */
static int fit_quality(const bench_options *o)
{
    size_t cases = o->quick ? 20 : 100, good = 0;
    for (size_t i = 0; i < cases; i++) {
        instance t;
        itp_fit_report plain, much;
        size_t d = 2 + i % 5, n = o->quick || i % 10 ? 20 + 15 * (i % 12) : 450 + 15 * (i / 10);
        if (make(&t, n, d, i + 300,
                 i % 2   ? 0.02
                 : i % 4 ? 0.3
                         : 0) != ITP_OK ||
            fit_from(&t, i, 20, &much) != ITP_OK || fit_from(&t, i, 0, &plain) != ITP_OK)
            return 1;
        good += plain.objective >= much.objective - 0.1;
        if (o->verbose && plain.objective < much.objective - 0.1)
            fprintf(stderr, "case %zu: n %zu d %zu %.4f nats against %.4f\n", i, n, d,
                    plain.objective, much.objective);
        done(&t);
    }
    double share = (double)good / (double)cases;
    bench_report(o, "7 quality: share of fits within 0.1 nat of 20 starts", share, 0.95,
                 share >= 0.95);
    return !(share >= 0.95);
}

static int million(const bench_options *o)
{
    enum { ROWS = 1000000, N = 500, D = 10 };
    instance t;
    double *rows = malloc(sizeof(double) * ROWS * D), seconds = NAN;
    itp_propose_options options = {.q = 1, .acquisition = "logei", .threads = o->threads};
    if (!rows || make(&t, N, D, 5, 0.02) != ITP_OK) return 1;
    itp_stream stream;
    itp_stream_init(&stream, 3, 0, "bench.million");
    for (size_t i = 0; i < (size_t)ROWS * D; i++) rows[i] = itp_stream_uniform(&stream);
    itp_status st = itp_space_set_candidates(t.space, ROWS, rows, 0, NULL, NULL, NULL, NULL);
    free(rows);
    if (st == ITP_OK) st = fit(&t, 1);
    if (st == ITP_OK) (void)propose(&t, &options, &seconds);
    done(&t);
    bench_report(o, "7 speed: s for a million candidates at (500, 10)", seconds, 6, seconds < 6);
    return !(seconds < 6);
}

int bench_speed(const bench_options *o)
{
    static const struct {
        size_t n, d;
        double limit_ms;
    } SIZES[] = {{20, 2, 4},    {50, 6, 10},      {200, 6, 50},
                 {500, 6, 250}, {1000, 10, 1200}, {2000, 10, 6000}};
    int missed = 0;
    for (size_t i = 0; i < 6; i++) missed += at_size(o, SIZES[i].n, SIZES[i].d, SIZES[i].limit_ms);
    missed += batch(o, 4, 100) + batch(o, 8, 250);
    missed += quality(o) + fit_quality(o);
    if (!o->quick) missed += million(o);
    return missed;
}
