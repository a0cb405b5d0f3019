/* walk.c - moving inside a slice: hit-and-run, and repair by successive linearisation.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "slice.h"

#define REPAIR_ROUNDS 40
#define SHAPE_ROUNDS  10 /* each makes a sliver about ten times as long as the last saw it */

/* Noise for directions: symmetric, of variance 1 and nearly normal (four uniforms of 16 bits),
 * which is all that hit-and-run asks, at a tenth of a normal's cost. */
static double draw_noise(itp_stream *stream)
{
    uint64_t bits = itp_stream_bits(stream);
    double sum = (double)(bits & 0xffff) + (double)(bits >> 16 & 0xffff) +
                 (double)(bits >> 32 & 0xffff) + (double)(bits >> 48);
    return (sum - 2 * 65535.0) * (1.7320508075688772 / 65536);
}

/* A random direction that no equality forbids; 0 when there is none. */
static int draw_direction(const slice *s, itp_stream *stream, double *v)
{
    double length = 0, noise[s->k + 1];
    for (size_t j = 0; j < s->k; j++) noise[j] = v[j] = draw_noise(stream);
    for (size_t j = 0; s->shape && j < s->k; j++) {
        v[j] = 0;
        for (size_t l = 0; l <= j; l++) v[j] += s->shape[j * s->k + l] * noise[l];
    }
    for (size_t l = 0; l < s->n_q; l++) {
        double share = 0;
        for (size_t j = 0; j < s->k; j++) share += v[j] * s->q[l * s->k + j];
        for (size_t j = 0; j < s->k; j++) v[j] -= share * s->q[l * s->k + j];
    }
    for (size_t j = 0; j < s->k; j++) length += v[j] * v[j];
    return s->n_q < s->k && length > 0;
}

/* The t with u + t v inside the rows. */
static void find_chord(const slice *s, const double *u, const double *v, double *from, double *to)
{
    const polytope *p = &s->rows;
    *from = -INFINITY;
    *to = INFINITY;
    for (size_t i = p->n_eq; i < p->n_eq + p->n_le; i++) {
        const double *a = p->a + i * s->k;
        double along = 0, room = p->b[i];
        size_t first = s->only[i] < s->k ? s->only[i] : 0;
        size_t last = s->only[i] < s->k ? first + 1 : s->k;
        for (size_t j = first; j < last; j++) {
            along += a[j] * v[j];
            room -= a[j] * u[j];
        }
        if (along > 0) *to = fmin(*to, room / along);
        if (along < 0) *from = fmax(*from, room / along);
    }
    if (*from > 0 || !isfinite(*from)) *from = 0; /* u is on the edge, or an edge was lost */
    if (*to < 0 || !isfinite(*to)) *to = 0;
}

void itp_slice_walk(const slice *s, itp_stream *stream, size_t steps, double *u)
{
    double v[s->k + 1], next[s->k + 1];
    int curved = s->n_curved > 0;
    for (size_t step = 0; step < steps; step++) {
        double from, to;
        if (!draw_direction(s, stream, v)) return;
        find_chord(s, u, v, &from, &to);
        for (int shrink = 0; shrink < 40 && to > from; shrink++) {
            double t = from + (to - from) * itp_stream_uniform(stream);
            for (size_t j = 0; j < s->k; j++) next[j] = fmin(1, fmax(0, u[j] + t * v[j]));
            int inside = !curved || itp_slice_violation(s, next) <= ITP_FEASIBLE;
            if (!inside && s->curved_equality) inside = itp_slice_repair(s, next) == ITP_OK;
            if (inside) {
                memcpy(u, next, s->k * sizeof *u);
                break;
            }
            *(t < 0 ? &from : &to) = t; /* shrink towards u, which is inside */
        }
    }
}

/* Lower factor of a covariance in place; directions in which it is flat get none of the noise. */
static void factor(size_t k, double *a)
{
    double largest = 0;
    for (size_t j = 0; j < k; j++) largest = fmax(largest, a[j * k + j]);
    for (size_t j = 0; j < k; j++) {
        double pivot = a[j * k + j];
        for (size_t l = 0; l < j; l++) pivot -= a[j * k + l] * a[j * k + l];
        double root = pivot > 1e-14 * largest ? sqrt(pivot) : 0;
        a[j * k + j] = root;
        for (size_t i = j + 1; i < k; i++) {
            double sum = a[i * k + j];
            for (size_t l = 0; l < j; l++) sum -= a[i * k + l] * a[j * k + l];
            a[i * k + j] = root > 0 ? sum / root : 0;
        }
    }
}

/* Covariance of n points of a walk, into `out` (k x k); returns its trace. */
static double walk_covariance(const slice *s, itp_stream *stream, size_t n, double *u, double *out)
{
    size_t k = s->k;
    double mean[k], apart[k], trace = 0;
    memset(mean, 0, sizeof mean);
    memset(out, 0, k * k * sizeof *out);
    for (size_t i = 0; i < n; i++) { /* Welford 1962, row by row */
        itp_slice_walk(s, stream, 8, u);
        for (size_t j = 0; j < k; j++) {
            apart[j] = u[j] - mean[j];
            mean[j] += apart[j] / (double)(i + 1);
        }
        for (size_t j = 0; j < k; j++)
            for (size_t l = 0; l <= j; l++) out[j * k + l] += apart[j] * (u[l] - mean[l]);
    }
    for (size_t j = 0; j < k; j++) trace += out[j * k + j];
    return trace;
}

itp_status itp_slice_learn_shape(slice *s, itp_stream *stream, double *u)
{
    size_t k = s->k, n = 4 * k + 16;
    if (k < 2 || (s->rows.n_eq + s->rows.n_le == 2 * k && s->n_curved == 0)) return ITP_OK;
    double before = 0;
    for (int round = 0; round < SHAPE_ROUNDS; round++) {
        double *shape = malloc(k * k * sizeof *shape);
        if (!shape) return ITP_ENOMEM;
        double spread = walk_covariance(s, stream, n, u, shape);
        if (!(spread > 0)) { /* it did not move: any direction is as good */
            free(shape);
            return ITP_OK;
        }
        factor(k, shape);
        free(s->shape);
        s->shape = shape;
        if (round > 1 && spread < 1.5 * before) break;
        before = spread;
    }
    return ITP_OK;
}

/* d value / d share of the free parameters, and the value. */
static double gradient(const slice *s, const constraint *c, const double *u, double *grad,
                       double *size)
{
    size_t n = s->space->n;
    double point[n], values[n], inner[n];
    itp_slice_point(s, u, point);
    itp_constraint_values(s->space, c, point, values);
    double value = itp_expression_gradient(c->what, values, inner);
    *size = itp_expression_size(c->what, values);
    for (size_t j = 0; j < s->k; j++) {
        const itp_param *p = &s->space->params[s->free[j]].is;
        double low = itp_param_from_unit(p, 0), high = itp_param_from_unit(p, 1);
        double slope = itp_slice_is_log(s, j) ? point[s->free[j]] * log(high / low) : high - low;
        grad[j] = inner[s->free[j]] * slope;
    }
    return value;
}

/* The rows of the slice and the curved constraints linearised at u. `margin`: how far inside the
 * inequalities to aim, relative to the size of their terms. */
static itp_status linearise(const slice *s, const double *u, double margin, polytope *out)
{
    const polytope *p = &s->rows;
    size_t rows = p->n_eq + p->n_le, k = s->k, total = rows + s->n_curved, place = 0;
    *out = (polytope){.d = k};
    out->a = calloc(total * k + total + 1, sizeof *out->a);
    if (!out->a) return ITP_ENOMEM;
    out->b = out->a + total * k;
    for (int equality = 1; equality >= 0; equality--) {
        size_t first = equality ? 0 : p->n_eq, count = equality ? p->n_eq : p->n_le;
        memcpy(out->a + place * k, p->a + first * k, count * k * sizeof *p->a);
        for (size_t i = 0; i < count; i++) {
            double inset = 0;
            for (size_t j = 0; !equality && i + 2 * k < count && j < k; j++)
                inset += fabs(p->a[(first + i) * k + j]);
            out->b[place + i] =
                p->b[first + i] - margin * (inset ? inset + fabs(p->b[first + i]) : 0);
        }
        place += count;
        for (size_t i = 0; i < s->n_curved; i++) {
            const constraint *c = &s->space->constraints[s->curved[i]];
            double *a = out->a + place * k, size, along = 0;
            if (c->equality != equality) continue;
            double value = gradient(s, c, u, a, &size);
            int usable = isfinite(value);
            for (size_t j = 0; j < k; j++) usable &= isfinite(a[j]) != 0;
            if (!usable) memset(a, 0, k * sizeof *a);
            for (size_t j = 0; j < k; j++) along += a[j] * u[j];
            out->b[place] = usable ? along - value - (equality ? 0 : margin * size) : 0;
            place++;
        }
        *(equality ? &out->n_eq : &out->n_le) = place - (equality ? 0 : out->n_eq);
    }
    return ITP_OK;
}

/* One linearised projection; 0 when there is no such point. */
static int correct(const slice *s, double *u, double margin)
{
    polytope tangent;
    if (linearise(s, u, margin, &tangent) != ITP_OK) return 0;
    itp_status st = itp_project(&tangent, u, u, NULL);
    free(tangent.a);
    for (size_t j = 0; j < s->k; j++) u[j] = fmin(1, fmax(0, u[j]));
    return st == ITP_OK;
}

itp_status itp_slice_repair(const slice *s, double *u)
{
    static const double MARGINS[] = {1e-13, 1e-10, 0}; /* inside first, on the edge if need be */
    double start[s->k + 1];
    memcpy(start, u, s->k * sizeof *u);
    for (size_t m = 0; m < sizeof MARGINS / sizeof *MARGINS; m++) {
        double best = INFINITY;
        int idle = 0; /* rounds without headway */
        memcpy(u, start, s->k * sizeof *u);
        for (int round = 0; round < REPAIR_ROUNDS && idle < 6; round++) {
            double violation = itp_slice_violation(s, u);
            if (violation <= ITP_FEASIBLE * 0.5) return ITP_OK;
            idle = violation < 0.9 * best ? 0 : idle + 1;
            best = fmin(best, violation);
            if (!correct(s, u, MARGINS[m] * (1 + round))) break;
            if (s->n_curved == 0 && round > 1) break;
        }
    }
    memcpy(u, start, s->k * sizeof *u);
    return ITP_ENONE;
}
