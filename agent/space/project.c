/* project.c - see project.h. The normals of the rows held are kept as Q R by Gram-Schmidt with one
 * repetition ("twice is enough", Kahan and Parlett); dropping a row rebuilds those after it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "project.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double DEPENDENT = 1e-10; /* sine of the angle below which a normal says nothing new */
static const double HELD = 4e-14;      /* violation that is rounding, relative to |a||x| + |b| */
static const double EMPTY = 1e-10;     /* violation that proves emptiness; between: given up on */

typedef struct state {
    const polytope *p;
    size_t d, k, k_max;        /* rows held */
    double *x, *q, *r, *u, *z; /* q: k x d orthonormal; r: k_max x k_max upper triangle; u: k */
    double *step, *norm;       /* step of the multipliers: k; lengths of all normals */
    size_t *held;
    signed char *sign; /* per row: 0 not held, +1 held from above, -1 (equalities) from below */
} state;

static double dot(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* z = part of v outside the span of q; c (k) = its coordinates inside. */
static double split(const state *s, const double *v, double *z, double *c)
{
    memcpy(z, v, s->d * sizeof *z);
    memset(c, 0, s->k_max * sizeof *c);
    for (int pass = 0; pass < 2; pass++)
        for (size_t j = 0; j < s->k; j++) {
            double share = dot(s->d, s->q + j * s->d, z);
            c[j] += share;
            for (size_t i = 0; i < s->d; i++) z[i] -= share * s->q[j * s->d + i];
        }
    return sqrt(dot(s->d, z, z));
}

/* Unit normal of a row, pointing out of the polytope. */
static void normal_of(const state *s, size_t row, int sign, double *out)
{
    const double *a = s->p->a + row * s->d;
    for (size_t i = 0; i < s->d; i++) out[i] = sign * a[i] / s->norm[row];
}

static void append(state *s, const double *z, double length, const double *c)
{
    for (size_t i = 0; i < s->d; i++) s->q[s->k * s->d + i] = z[i] / length;
    for (size_t j = 0; j < s->k; j++) s->r[j * s->k_max + s->k] = c[j];
    s->r[s->k * s->k_max + s->k] = length;
    s->k++;
}

static void drop(state *s, size_t at, double *work)
{
    size_t k = s->k;
    s->sign[s->held[at]] = 0;
    memmove(s->held + at, s->held + at + 1, (k - at - 1) * sizeof *s->held);
    memmove(s->u + at, s->u + at + 1, (k - at - 1) * sizeof *s->u);
    s->k = at;
    for (size_t j = at; j + 1 < k; j++) {
        double *v = work, *z = work + s->d, *c = work + 2 * s->d;
        normal_of(s, s->held[j], s->sign[s->held[j]], v);
        double length = split(s, v, z, c);
        append(s, z, length, c);
    }
}

/* step = R^-1 c: how the multipliers held change when the new one grows by 1. */
static void solve_upper(const state *s, const double *c)
{
    for (size_t j = s->k; j-- > 0;) {
        double sum = c[j];
        for (size_t l = j + 1; l < s->k; l++) sum -= s->r[j * s->k_max + l] * s->step[l];
        s->step[j] = sum / s->r[j * s->k_max + j];
    }
}

/* How far x is outside a row, in units of length, and what of it is rounding. */
static double excess(const state *s, size_t row, double *rounding)
{
    const double *a = s->p->a + row * s->d;
    double value = -s->p->b[row], size = fabs(s->p->b[row]);
    for (size_t i = 0; i < s->d; i++) {
        value += a[i] * s->x[i];
        size += fabs(a[i] * s->x[i]);
    }
    *rounding = size / s->norm[row];
    return value / s->norm[row];
}

/* Adds one row (normal in work), dropping others as needed. ITP_ENONE: nothing gives way. */
static itp_status hold(state *s, size_t row, int sign, double *work)
{
    double *v = work, *c = work + s->d, *spare = c + s->k_max, u = 0;
    normal_of(s, row, sign, v);
    for (size_t tries = 0; tries <= 2 * s->k_max + 2; tries++) {
        double length = split(s, v, s->z, c), rounding, full = INFINITY, partial = INFINITY;
        size_t loser = s->k;
        solve_upper(s, c);
        double out = sign * excess(s, row, &rounding);
        if (length > DEPENDENT && s->k < s->k_max) full = out / (length * length);
        for (size_t j = 0; j < s->k; j++)
            if (s->held[j] >= s->p->n_eq && s->step[j] > 1e-14 && s->u[j] / s->step[j] < partial) {
                partial = s->u[j] / s->step[j];
                loser = j;
            }
        if (!isfinite(full) && loser == s->k)
            return out <= EMPTY * fmax(rounding, 1e-3) ? ITP_OK : ITP_ENONE;
        double t = full < partial ? full : partial;
        for (size_t j = 0; j < s->k; j++) s->u[j] -= t * s->step[j];
        u += t;
        if (isfinite(full))
            for (size_t i = 0; i < s->d; i++) s->x[i] -= t * s->z[i];
        if (full <= partial) {
            s->held[s->k] = row;
            s->u[s->k] = u;
            s->sign[row] = (signed char)sign;
            append(s, s->z, length, c);
            return ITP_OK;
        }
        drop(s, loser, spare);
    }
    return ITP_ENONE;
}

/* Puts x back on the rows held: what rounding moved it off during many steps. */
static void polish(state *s, double *work)
{
    double *gap = work, rounding;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t j = 0; j < s->k; j++) {
            size_t row = s->held[j];
            double g = s->sign[row] * excess(s, row, &rounding);
            for (size_t l = 0; l < j; l++) g -= s->r[l * s->k_max + j] * gap[l];
            gap[j] = g / s->r[j * s->k_max + j];
        }
        for (size_t j = 0; j < s->k; j++)
            for (size_t i = 0; i < s->d; i++) s->x[i] -= gap[j] * s->q[j * s->d + i];
    }
}

static itp_status run(state *s, double *work)
{
    size_t rows = s->p->n_eq + s->p->n_le;
    double rounding;
    for (size_t i = 0; i < rows; i++) {
        const double *a = s->p->a + i * s->d;
        s->norm[i] = sqrt(dot(s->d, a, a));
        if (s->norm[i] > 0) continue;
        double b = s->p->b[i];
        if (b < 0 || (i < s->p->n_eq && b > 0)) return ITP_ENONE;
    }
    for (size_t i = 0; i < s->p->n_eq; i++) {
        if (s->norm[i] == 0) continue;
        int sign = excess(s, i, &rounding) < 0 ? -1 : 1;
        if (hold(s, i, sign, work) != ITP_OK) return ITP_ENONE;
    }
    for (size_t tries = 0; tries < 50 * (rows + s->d) + 100; tries++) {
        size_t worst = rows;
        double most = 0;
        for (size_t i = s->p->n_eq; i < rows; i++) {
            if (s->norm[i] == 0 || s->sign[i]) continue;
            double out = excess(s, i, &rounding);
            if (out > HELD * rounding && out > most) most = out, worst = i;
        }
        if (worst == rows) return ITP_OK;
        size_t k = s->k;
        if (hold(s, worst, 1, work) != ITP_OK) return ITP_ENONE;
        if (s->k == k && !s->sign[worst]) s->sign[worst] = 2; /* as good as held; not in u */
    }
    return ITP_ENONE;
}

itp_status itp_project(const polytope *p, const double *x0, double *x, double *multiplier)
{
    size_t rows = p->n_eq + p->n_le, d = p->d, k = d < rows ? d : rows;
    if (d == 0) k = 0;
    size_t doubles = d + k * d + k * k + k + d + k + rows + 4 * (d + k + 1);
    double *block = calloc(doubles + 1, sizeof *block);
    size_t *held = calloc(k + 1, sizeof *held);
    signed char *sign = calloc(rows + 1, 1);
    itp_status st = ITP_ENOMEM;
    if (block && held && sign) {
        state s = {.p = p, .d = d, .k_max = k, .held = held, .sign = sign, .x = block};
        s.q = s.x + d;
        s.r = s.q + k * d;
        s.u = s.r + k * k;
        s.z = s.u + k;
        s.step = s.z + d;
        s.norm = s.step + k;
        double *work = s.norm + rows;
        memcpy(s.x, x0, d * sizeof *x0);
        if ((st = run(&s, work)) == ITP_OK) {
            polish(&s, work);
            memcpy(x, s.x, d * sizeof *x);
            for (size_t i = 0; multiplier && i < rows; i++) multiplier[i] = 0;
            for (size_t j = 0; multiplier && j < s.k; j++) multiplier[held[j]] = s.u[j];
        }
    }
    free(sign);
    free(held);
    free(block);
    return st;
}
