/* nuts.c - trajectories double, forwards or backwards, until they turn back on themselves.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "nuts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"

static const double DIVERGED = 1000; /* nats of energy error */

typedef struct {
    size_t n;
    itp_log_density density;
    void *context;
    itp_stream *stream;
    double step, *inverse_mass; /* n: variances */
    double energy0;
    unsigned long evaluations;
    unsigned divergences;
    double accept_sum;
    size_t accept_count;
} sampler;

/* A place in phase space: q, p, grad (n each). */
typedef struct {
    double *q, *p, *grad, value;
} place;

/* What a subtree hands up. */
typedef struct {
    place low, high; /* its ends */
    double *q, *grad, value;
    double log_weight;
    double *p_sum;
    int stopped;
} tree;

static double *slice(double **memory, size_t n)
{
    double *at = *memory;
    *memory += n;
    return at;
}

static void place_on(place *x, size_t n, double **memory)
{
    x->q = slice(memory, n);
    x->p = slice(memory, n);
    x->grad = slice(memory, n);
}

static void tree_on(tree *t, size_t n, double **memory)
{
    place_on(&t->low, n, memory);
    place_on(&t->high, n, memory);
    t->q = slice(memory, n);
    t->grad = slice(memory, n);
    t->p_sum = slice(memory, n);
}

static void place_copy(place *to, const place *from, size_t n)
{
    memcpy(to->q, from->q, n * sizeof *to->q);
    memcpy(to->p, from->p, n * sizeof *to->p);
    memcpy(to->grad, from->grad, n * sizeof *to->grad);
    to->value = from->value;
}

static double kinetic(const sampler *s, const double *p)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++) sum += 0.5 * p[i] * p[i] * s->inverse_mass[i];
    return sum;
}

static void leap(sampler *s, place *x, double step)
{
    for (size_t i = 0; i < s->n; i++) x->p[i] += 0.5 * step * x->grad[i];
    for (size_t i = 0; i < s->n; i++) x->q[i] += step * s->inverse_mass[i] * x->p[i];
    x->value = s->density(s->context, s->n, x->q, x->grad);
    s->evaluations++;
    if (!isfinite(x->value)) {
        x->value = -INFINITY;
        memset(x->grad, 0, s->n * sizeof *x->grad);
    }
    for (size_t i = 0; i < s->n; i++) x->p[i] += 0.5 * step * x->grad[i];
}

/* The ends still move apart, judged by the summed momentum (Betancourt 2017). */
static int goes_on(const sampler *s, const tree *t)
{
    double low = 0, high = 0;
    for (size_t i = 0; i < s->n; i++) {
        low += t->p_sum[i] * s->inverse_mass[i] * t->low.p[i];
        high += t->p_sum[i] * s->inverse_mass[i] * t->high.p[i];
    }
    return low > 0 && high > 0;
}

static void one_step(sampler *s, const place *from, double direction, tree *out)
{
    place_copy(&out->low, from, s->n);
    leap(s, &out->low, direction * s->step);
    place_copy(&out->high, &out->low, s->n);
    double energy = out->low.value - kinetic(s, out->low.p);
    double gain = isfinite(energy) ? energy - s->energy0 : -INFINITY;
    memcpy(out->q, out->low.q, s->n * sizeof *out->q);
    memcpy(out->grad, out->low.grad, s->n * sizeof *out->grad);
    memcpy(out->p_sum, out->low.p, s->n * sizeof *out->p_sum);
    out->value = out->low.value;
    out->log_weight = gain;
    out->stopped = !(gain > -DIVERGED);
    s->divergences += (unsigned)out->stopped;
    s->accept_sum += gain > 0 ? 1 : exp(gain);
    s->accept_count++;
}

/* Joins `next` to `t` on the side of `direction`; the new choice is from `next` with this chance.
 */
static void join(sampler *s, tree *t, const tree *next, double direction, double log_chance)
{
    place_copy(direction > 0 ? &t->high : &t->low, direction > 0 ? &next->high : &next->low, s->n);
    if (log(itp_stream_uniform(s->stream)) < log_chance) {
        memcpy(t->q, next->q, s->n * sizeof *t->q);
        memcpy(t->grad, next->grad, s->n * sizeof *t->grad);
        t->value = next->value;
    }
    for (size_t i = 0; i < s->n; i++) t->p_sum[i] += next->p_sum[i];
    t->log_weight = itp_log_add(t->log_weight, next->log_weight);
}

/* 2^depth steps onwards from `from`. memory: 9 n for each level below. */
static void build(sampler *s, const place *from, double direction, unsigned depth, tree *out,
                  double *memory)
{
    if (depth == 0) {
        one_step(s, from, direction, out);
        return;
    }
    tree next;
    tree_on(&next, s->n, &memory);
    build(s, from, direction, depth - 1, out, memory);
    if (out->stopped) return;
    build(s, direction > 0 ? &out->high : &out->low, direction, depth - 1, &next, memory);
    if (next.stopped) {
        out->stopped = 1;
        return;
    }
    double both = itp_log_add(out->log_weight, next.log_weight);
    join(s, out, &next, direction, next.log_weight - both);
    out->stopped = !goes_on(s, out);
}

/* One transition from x (q, value and grad are current); x becomes the new draw. */
static void transition(sampler *s, place *x, unsigned depth_max, double *memory)
{
    tree whole, next;
    tree_on(&whole, s->n, &memory);
    tree_on(&next, s->n, &memory);
    for (size_t i = 0; i < s->n; i++)
        x->p[i] = itp_stream_normal(s->stream) / sqrt(s->inverse_mass[i]);
    s->energy0 = x->value - kinetic(s, x->p);
    place_copy(&whole.low, x, s->n);
    place_copy(&whole.high, x, s->n);
    memcpy(whole.q, x->q, s->n * sizeof *x->q);
    memcpy(whole.grad, x->grad, s->n * sizeof *x->grad);
    memcpy(whole.p_sum, x->p, s->n * sizeof *x->p);
    whole.value = x->value;
    whole.log_weight = 0;
    for (unsigned depth = 0; depth < depth_max; depth++) {
        double direction = itp_stream_bits(s->stream) >> 63 ? 1 : -1;
        build(s, direction > 0 ? &whole.high : &whole.low, direction, depth, &next, memory);
        if (next.stopped) break;
        /* Biased towards the new half: moves further (Betancourt 2017, A.3.2). */
        join(s, &whole, &next, direction, next.log_weight - whole.log_weight);
        if (!goes_on(s, &whole)) break;
    }
    memcpy(x->q, whole.q, s->n * sizeof *x->q);
    memcpy(x->grad, whole.grad, s->n * sizeof *x->grad);
    x->value = whole.value;
}

/* Dual averaging of ln step (Hoffman & Gelman 2014, 3.2.1, their constants). */
typedef struct {
    double mu, error, log_step, log_mean;
    size_t count;
} averaging;

static void averaging_start(averaging *a, double step)
{
    *a = (averaging){.mu = log(10 * step), .log_step = log(step), .log_mean = 0};
}

static double averaging_next(averaging *a, double accept)
{
    double t = (double)++a->count, eta = 1 / (t + 10), weight = pow(t, -0.75);
    a->error = (1 - eta) * a->error + eta * (ITP_NUTS_ACCEPT - accept);
    a->log_step = a->mu - sqrt(t) / 0.05 * a->error;
    a->log_mean = weight * a->log_step + (1 - weight) * a->log_mean;
    return exp(a->log_step);
}

/* Variances of the draws so far, pulled to 1e-3 as Stan does. */
typedef struct {
    double *mean, *square;
    size_t count;
} spread;

static void spread_add(spread *v, size_t n, const double *q)
{
    v->count++;
    for (size_t i = 0; i < n; i++) {
        double gap = q[i] - v->mean[i];
        v->mean[i] += gap / (double)v->count;
        v->square[i] += gap * (q[i] - v->mean[i]);
    }
}

static void spread_take(spread *v, size_t n, double *inverse_mass)
{
    double c = (double)v->count;
    for (size_t i = 0; i < n && v->count > 3; i++)
        inverse_mass[i] = c / (c + 5) * v->square[i] / (c - 1) + 1e-3 * 5 / (c + 5);
    memset(v->mean, 0, n * sizeof *v->mean);
    memset(v->square, 0, n * sizeof *v->square);
    v->count = 0;
}

itp_status itp_nuts_run(size_t n, itp_log_density density, void *context, const double *q,
                        const itp_nuts_options *options, itp_stream *stream, double *out,
                        itp_nuts_report *report)
{
    unsigned depth_max = options->depth_max ? options->depth_max : 8;
    size_t tree_size = 9 * n, total = 6 * n + (depth_max + 3) * tree_size;
    double *memory = calloc(total + 1, sizeof *memory), *at = memory;
    if (!memory) return ITP_ENOMEM;
    place x;
    place_on(&x, n, &at);
    sampler s = {n, density, context, stream, .step = 0.1, .inverse_mass = slice(&at, n)};
    spread variances = {slice(&at, n), slice(&at, n), 0};
    averaging tuned;
    for (size_t i = 0; i < n; i++) s.inverse_mass[i] = 1;
    memcpy(x.q, q, n * sizeof *q);
    x.value = density(context, n, x.q, x.grad);
    averaging_start(&tuned, s.step);
    size_t window = 25, next_window = 50; /* the metric is taken anew at the end of each window */
    for (size_t i = 0; i < options->warmup + options->draws; i++) {
        if (i == options->warmup) {
            if (options->warmup) s.step = exp(tuned.log_mean);
            s.divergences = 0;
            s.accept_sum = 0;
            s.accept_count = 0;
        }
        double before = s.accept_sum;
        size_t count = s.accept_count;
        transition(&s, &x, depth_max, at);
        if (i >= options->warmup) {
            memcpy(out + (i - options->warmup) * n, x.q, n * sizeof *out);
            continue;
        }
        double accept = (s.accept_sum - before) / (double)(s.accept_count - count);
        s.step = averaging_next(&tuned, accept);
        if (i >= 20) spread_add(&variances, n, x.q);
        if (i == next_window && i + 20 < options->warmup) {
            spread_take(&variances, n, s.inverse_mass);
            averaging_start(&tuned, s.step);
            window *= 2;
            next_window += window;
        }
    }
    *report = (itp_nuts_report){s.step, s.accept_count ? s.accept_sum / (double)s.accept_count : 0,
                                s.divergences, s.evaluations};
    free(memory);
    return ITP_OK;
}
