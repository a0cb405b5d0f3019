/* stopping.c - bar 8: campaigns on draws from the prior stop by the regret bound; are they right?
 *   A draw is a sum of 2048 cosines with the frequencies of a Matern-5/2 kernel of variance 1 whose
 * lengthscales are the prior's mode (numerics.md 1), so it can be maximised as finely as one likes.
 * The fixed budget that stopping is compared with is the number of trials after which the slowest
 * campaign has come within epsilon; those that stopped before are run on for that.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "lbfgs.h"
#include "products.h"
#include "sobol.h"
#include "stream.h"
#include "vector.h"

enum { RUNS = 200, RIGHT = 183, FEATURES = 2048, SCAN = 16384, CLIMBS = 24, DIMS_MAX = 4 };
static const double EPSILON = 0.1, CONFIDENCE = 0.95;
static const double MODE = 0.2051; /* exp(sqrt 2 - 3), times sqrt d */

typedef struct {
    size_t d;
    double *frequency; /* FEATURES x d */
    double phase[FEATURES];
} draw;

static itp_status draw_init(draw *f, size_t d, uint64_t seed)
{
    itp_stream stream;
    itp_stream_init(&stream, seed, d, "bench.draw");
    f->d = d;
    f->frequency = malloc(FEATURES * d * sizeof *f->frequency);
    if (!f->frequency) return ITP_ENOMEM;
    for (size_t i = 0; i < FEATURES; i++) {
        double spread = sqrt(itp_stream_gamma(&stream, 2.5) / 2.5);
        for (size_t j = 0; j < d; j++)
            f->frequency[i * d + j] =
                itp_stream_normal(&stream) / (spread * MODE * sqrt((double)d));
        f->phase[i] = 6.283185307179586 * itp_stream_uniform(&stream);
    }
    return ITP_OK;
}

/* Equal amplitudes: the sum of so many is normal. */
static double draw_at(const draw *f, const double *x, double *grad)
{
    double cosine[FEATURES], sine[FEATURES], sum = 0, size = sqrt(2.0 / FEATURES);
    memcpy(cosine, f->phase, sizeof cosine);
    itp_times(FEATURES, f->d, 1, f->frequency, f->d, x, 1, cosine);
    itp_cosines(FEATURES, cosine, grad ? sine : NULL);
    for (size_t i = 0; i < FEATURES; i++) sum += cosine[i];
    if (grad) itp_times_t(FEATURES, f->d, -size, f->frequency, f->d, sine, 0, grad);
    return size * sum;
}

static double downhill(void *context, size_t n, const double *x, double *grad)
{
    double value = draw_at(context, x, grad);
    for (size_t j = 0; grad && j < n; j++) grad[j] = -grad[j];
    return -value;
}

/* The highest value: climbs from the best of a fine scan. */
static double draw_maximum(draw *f)
{
    double x[DIMS_MAX], top[CLIMBS][DIMS_MAX], value[CLIMBS], best = -INFINITY;
    const double low[DIMS_MAX] = {0}, high[DIMS_MAX] = {1, 1, 1, 1};
    size_t kept = 0;
    itp_sobol *sobol;
    if (itp_sobol_create(&sobol, f->d, 1) != ITP_OK) return NAN;
    for (size_t i = 0; i < SCAN; i++) {
        itp_sobol_next(sobol, x);
        double v = draw_at(f, x, NULL);
        size_t at = kept < CLIMBS ? kept++ : CLIMBS;
        if (at == CLIMBS && v <= value[CLIMBS - 1]) continue;
        if (at == CLIMBS) at--;
        for (; at > 0 && v > value[at - 1]; at--) {
            value[at] = value[at - 1];
            memcpy(top[at], top[at - 1], sizeof x);
        }
        value[at] = v;
        memcpy(top[at], x, sizeof x);
    }
    itp_sobol_destroy(sobol);
    itp_lbfgs_options options = {100, 0, 0, 1e-10, 1e-10};
    for (size_t k = 0; k < kept; k++) {
        itp_lbfgs_result result;
        if (itp_lbfgs_minimise(f->d, low, high, downhill, f, &options, top[k], &result) == ITP_OK)
            best = fmax(best, -result.value);
    }
    return best;
}

static void measure(const void *context, const double *point, long row, uint64_t trial, double *y)
{
    (void)row, (void)trial;
    *y = draw_at(context, point, NULL);
}

/* Trials after which one is within epsilon; 0: none is. */
static double find_reached(const bench_trace *trace, double maximum)
{
    for (size_t i = 0; i < trace->n; i++)
        if (maximum - trace->y[i] <= EPSILON) return (double)(i + 1);
    return 0;
}

/* The same campaign without stopping. */
static itp_status run_on(const bench_world *world, const bench_settings *set, double maximum,
                         double *reached, itp_error *err)
{
    bench_settings on = *set;
    bench_trace trace;
    on.regret = 0;
    itp_status st = bench_run(world, &on, &trace, err);
    if (st != ITP_OK) return st;
    *reached = find_reached(&trace, maximum);
    if (*reached == 0) *reached = (double)set->trials;
    bench_trace_deinit(&trace);
    return ITP_OK;
}

typedef struct {
    const bench_options *options;
    size_t d, most;
    double *trials, *reached, *seconds; /* per run */
    int *right, *stopped;
} stopping;

static itp_status one(void *context, uint64_t seed, size_t index)
{
    stopping *s = context;
    static const char *const NAMES[DIMS_MAX] = {"a", "b", "c", "e"};
    itp_param params[DIMS_MAX];
    draw f;
    itp_space *space = NULL;
    itp_error err = {0};
    for (size_t i = 0; i < s->d; i++)
        params[i] =
            (itp_param){.name = NAMES[i], .unit = "1", .kind = ITP_REAL, .low = 0, .high = 1};
    itp_status st = draw_init(&f, s->d, seed);
    if (st == ITP_OK) st = itp_space_create(&space, s->d, params, &err);
    const itp_goal goal = {.name = "f",
                           .what = {.outcome = 0},
                           .kind = ITP_MAXIMISE,
                           .target = NAN,
                           .weight = NAN,
                           .reference = NAN};
    bench_world world = {space, 1, 1, 0, &goal, NULL, measure, &f};
    bench_settings set = s->options->with;
    set.start = 2 * s->d + 2, set.trials = s->most, set.seed = itp_mix64(seed + 1);
    set.regret = EPSILON, set.confidence = CONFIDENCE;
    bench_trace trace = {0};
    if (st == ITP_OK) st = bench_run(&world, &set, &trace, &err);
    if (st == ITP_OK) {
        double maximum = draw_maximum(&f), best = -INFINITY;
        for (size_t i = trace.n; i-- > 0;) best = fmax(best, trace.y[i]);
        s->right[index] = trace.stopped && trace.recommended >= 0 &&
                          maximum - trace.y[trace.recommended] <= EPSILON;
        s->reached[index] = find_reached(&trace, maximum);
        if (s->reached[index] == 0) st = run_on(&world, &set, maximum, &s->reached[index], &err);
        s->stopped[index] = trace.stopped;
        s->trials[index] = (double)trace.n;
        s->seconds[index] = trace.bound_s / (double)(trace.n - set.start + 1);
        if (s->options->verbose)
            printf("d %zu seed %lu: %s after %zu, within epsilon after %.0f, regret %.3g of best "
                   "measured\n",
                   s->d, (unsigned long)seed, trace.stopped ? "stopped" : "not stopped", trace.n,
                   s->reached[index], maximum - best);
    }
    bench_trace_deinit(&trace);
    itp_space_destroy(space);
    free(f.frequency);
    return st;
}

static int stop_in(const bench_options *o, size_t d, size_t most)
{
    size_t runs = o->seeds ? o->seeds : RUNS, right = 0, stopped = 0;
    stopping s = {.options = o, .d = d, .most = most};
    char bar[96];
    int missed = 1;
    s.trials = malloc(3 * runs * sizeof *s.trials), s.reached = s.trials + runs;
    s.seconds = s.reached + runs;
    s.right = calloc(2 * runs, sizeof *s.right), s.stopped = s.right + runs;
    snprintf(bar, sizeof bar, "prior draws, d = %zu", d);
    if (s.trials && s.right && bench_campaigns(o, bar, runs, one, &s) == ITP_OK) {
        for (size_t i = 0; i < runs; i++)
            right += (size_t)s.right[i], stopped += (size_t)s.stopped[i];
        double mean = bench_mean(runs, s.trials), seconds = bench_mean(runs, s.seconds);
        bench_sort(runs, s.trials);
        bench_sort(runs, s.reached);
        double hindsight = s.reached[runs - 1], least = ceil((double)RIGHT / RUNS * (double)runs);
        bench_say(o,
                  "d = %zu: %zu of %zu stopped, %zu right; trials mean %.1f median %.0f quartiles "
                  "%.0f %.0f; within epsilon after median %.0f, all after %.0f; %.2f s a bound\n",
                  d, stopped, runs, right, mean, bench_quantile(runs, s.trials, 0.5),
                  bench_quantile(runs, s.trials, 0.25), bench_quantile(runs, s.trials, 0.75),
                  bench_quantile(runs, s.reached, 0.5), hindsight, seconds);
        snprintf(bar, sizeof bar, "8 d = %zu: right of %zu", d, runs);
        bench_report(o, bar, (double)right, least, (double)right >= least);
        snprintf(bar, sizeof bar, "8 d = %zu: mean trials against a fixed budget in hindsight", d);
        bench_report(o, bar, mean, hindsight, mean < hindsight);
        missed = !((double)right >= least) + !(mean < hindsight);
    }
    free(s.trials);
    free(s.right);
    return missed;
}

int bench_stopping(const bench_options *o)
{
    int missed = 0;
    if (o->quick && !o->seeds) {
        bench_say(o, "bar 8 is left out: a campaign that stops by itself takes half a minute\n");
        return 0;
    }
    if (!o->only || strcmp(o->only, "d2") == 0) missed += stop_in(o, 2, 100);
    if (!o->only || strcmp(o->only, "d4") == 0) missed += stop_in(o, 4, 250);
    return missed;
}
