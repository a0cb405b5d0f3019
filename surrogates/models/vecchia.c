/* vecchia.c - the likelihood. Terms are summed chunk by chunk in a fixed order, so that threads
 * change no bit.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "vecchia.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "chol.h"
#include "kdtree.h"
#include "normal.h"
#include "parallel.h"

enum { M = ITP_VECCHIA_NEIGHBOURS, CHUNK = 512 };

itp_status itp_vecchia_init(itp_vecchia *self, const itp_kernel *kernel, size_t n, size_t d,
                            const double *x, unsigned threads)
{
    *self = (itp_vecchia){.kernel = kernel, .n = n, .d = d, .x = x, .threads = threads};
    self->z = malloc((n + 1) * sizeof *self->z);
    self->known = malloc((n + 1) * sizeof *self->known);
    self->sorted = malloc((n * d + 1) * sizeof *self->sorted);
    self->order = malloc((n + 1) * sizeof *self->order);
    self->neighbour = malloc((n * M + 1) * sizeof *self->neighbour);
    self->count = malloc(n + 1);
    if (self->z && self->known && self->sorted && self->order && self->neighbour && self->count)
        return ITP_OK;
    itp_vecchia_deinit(self);
    return ITP_ENOMEM;
}

void itp_vecchia_deinit(itp_vecchia *self)
{
    free(self->z);
    free(self->known);
    free(self->sorted);
    free(self->order);
    free(self->neighbour);
    free(self->count);
    *self = (itp_vecchia){0};
}

typedef struct {
    itp_vecchia *self;
    const itp_kdtree *tree;
    const double *places; /* n x features */
    size_t features;
} search;

static void find_neighbours(void *context, size_t chunk, unsigned worker)
{
    search *s = context;
    double distance[M];
    size_t from = chunk * CHUNK, to = from + CHUNK < s->self->n ? from + CHUNK : s->self->n;
    (void)worker;
    for (size_t i = from; i < to; i++)
        s->self->count[i] = (unsigned char)itp_kdtree_nearest(
            s->tree, s->places + i * s->features, i, M, s->self->neighbour + i * M, distance);
}

/* Features of n points, point by point. */
static double *places_of(const itp_points *points)
{
    double *out = malloc((points->n * points->features + 1) * sizeof *out);
    for (size_t i = 0; out && i < points->n; i++)
        for (size_t e = 0; e < points->features; e++)
            out[i * points->features + e] = points->f[e * points->stride + i];
    return out;
}

itp_status itp_vecchia_arrange(itp_vecchia *self, const double *theta, const double *z,
                               const double *known)
{
    size_t n = self->n, d = self->d;
    itp_points points = {0};
    itp_kdtree *tree = NULL;
    double *places = NULL;
    itp_status st = itp_kernel_embed(self->kernel, theta, n, self->x, &points);
    if (st == ITP_OK && !(places = places_of(&points))) st = ITP_ENOMEM;
    if (st == ITP_OK) st = itp_coarse_to_fine(n, points.features, places, self->order);
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        memcpy(self->sorted + i * d, self->x + self->order[i] * d, d * sizeof *self->x);
        self->z[i] = z[self->order[i]];
        self->known[i] = known[self->order[i]];
    }
    free(places);
    places = NULL;
    if (st == ITP_OK) st = itp_kernel_embed(self->kernel, theta, n, self->sorted, &points);
    if (st == ITP_OK && !(places = places_of(&points))) st = ITP_ENOMEM;
    if (st == ITP_OK) st = itp_kdtree_build(&tree, n, points.features, places);
    if (st == ITP_OK) {
        search s = {self, tree, places, points.features};
        itp_parallel_for((n + CHUNK - 1) / CHUNK, self->threads, find_neighbours, &s);
    }
    itp_kdtree_destroy(tree);
    itp_points_deinit(&points);
    free(places);
    return st;
}

typedef struct {
    const itp_vecchia *self;
    const double *theta;
    double noise;
    const itp_points *points;
    size_t n_params;
    int wants_grad;
    double *sums;  /* chunks x (1 + n_params + 1) */
    double *local; /* workers x local_size */
} job;

typedef struct {
    double l[M * M], w[M], a[M], k[M + 1];
    double s, r;
} term;

/* Cholesky of a small matrix, row by row; a pivot that rounding made non-positive is floored. */
static void small_chol(double *l, size_t m, double floor)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = l[i * M + j];
            for (size_t k = 0; k < j; k++) sum -= l[i * M + k] * l[j * M + k];
            l[i * M + j] = i == j ? sqrt(sum > floor ? sum : floor) : sum / l[j * M + j];
        }
}

static void small_solve(const double *l, size_t m, double *b)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t k = 0; k < i; k++) b[i] -= l[i * M + k] * b[k];
        b[i] /= l[i * M + i];
    }
    for (size_t i = m; i-- > 0;) {
        for (size_t k = i + 1; k < m; k++) b[i] -= l[k * M + i] * b[k];
        b[i] /= l[i * M + i];
    }
}

/* The conditional of site i given its neighbours; `own` holds the m neighbours, then i itself. */
static void condition(const job *j, size_t i, const itp_points *own, term *t)
{
    const itp_vecchia *self = j->self;
    size_t m = self->count[i];
    const size_t *c = self->neighbour + i * M;
    itp_kernel_lower(self->kernel, j->theta, own, 0, m, t->l, M);
    itp_kernel_block(self->kernel, j->theta, own, m, 1, own, 0, m + 1, t->k, M + 1);
    for (size_t p = 0; p < m; p++) {
        t->l[p * M + p] += j->noise + self->known[c[p]];
        t->w[p] = t->k[p];
        t->a[p] = self->z[c[p]];
    }
    small_chol(t->l, m, j->noise);
    small_solve(t->l, m, t->w);
    small_solve(t->l, m, t->a);
    double own_noise = j->noise + self->known[i];
    t->s = t->k[m] + own_noise;
    t->r = self->z[i];
    for (size_t p = 0; p < m; p++) {
        t->s -= t->k[p] * t->w[p];
        t->r -= t->w[p] * self->z[c[p]];
    }
    if (!(t->s > own_noise)) t->s = own_noise;
}

static void add_grad(const job *j, size_t m, const itp_points *own, const term *t, double *grad)
{
    double q = 0.5 * (t->r * t->r / t->s - 1) / t->s, g = t->r / t->s, row[M + 1];
    double by_noise = q;
    for (size_t p = 0; p < m; p++) {
        for (size_t o = 0; o <= p; o++) {
            double both = p == o ? 1 : 2; /* the lower triangle stands for both */
            row[o] =
                both * (q * t->w[p] * t->w[o] - 0.5 * g * (t->a[p] * t->w[o] + t->a[o] * t->w[p]));
        }
        by_noise += row[p];
        itp_kernel_backward(j->self->kernel, j->theta, own, p, own, 0, p + 1, row, grad);
    }
    for (size_t p = 0; p < m; p++) row[p] = g * t->a[p] - 2 * q * t->w[p];
    row[m] = q;
    itp_kernel_backward(j->self->kernel, j->theta, own, m, own, 0, m + 1, row, grad);
    grad[j->n_params] += by_noise * j->noise;
}

/* Doubles that one worker's own points take. */
static size_t local_size(size_t features)
{
    return features * (M + 1) + ITP_POINTS_SLACK;
}

static void eval_chunk(void *context, size_t chunk, unsigned worker)
{
    job *j = context;
    const itp_vecchia *self = j->self;
    size_t features = j->points->features, stride = j->points->stride;
    size_t from = chunk * CHUNK, to = from + CHUNK < self->n ? from + CHUNK : self->n;
    double *sums = j->sums + chunk * (j->n_params + 2);
    itp_points own = {0, M + 1, features, j->local + (size_t)worker * local_size(features)};
    term t;
    for (size_t i = from; i < to; i++) {
        size_t m = self->count[i];
        own.n = m + 1;
        for (size_t e = 0; e < features; e++) {
            const double *f = j->points->f + e * stride;
            double *to_f = own.f + e * (M + 1);
            for (size_t p = 0; p < m; p++) to_f[p] = f[self->neighbour[i * M + p]];
            to_f[m] = f[i];
        }
        condition(j, i, &own, &t);
        sums[0] -= 0.5 * (ITP_LOG_2PI + log(t.s) + t.r * t.r / t.s);
        if (j->wants_grad) add_grad(j, m, &own, &t, sums + 1);
    }
}

double itp_vecchia_eval(const itp_vecchia *self, const double *theta, double noise, double *grad)
{
    size_t n_params = itp_kernel_n_params(self->kernel), chunks = (self->n + CHUNK - 1) / CHUNK;
    unsigned workers = itp_parallel_workers(chunks, self->threads);
    itp_points points = {0};
    job j = {self, theta, noise, &points, n_params, grad != NULL, NULL, NULL};
    double value = -INFINITY;
    if (itp_kernel_embed(self->kernel, theta, self->n, self->sorted, &points) == ITP_OK) {
        j.sums = calloc(chunks * (n_params + 2) + 1, sizeof *j.sums);
        j.local = calloc(workers * local_size(points.features), sizeof *j.local);
    }
    if (j.sums && j.local) {
        value = 0;
        itp_parallel_for(chunks, self->threads, eval_chunk, &j);
        if (grad) memset(grad, 0, (n_params + 1) * sizeof *grad);
        for (size_t c = 0; c < chunks; c++) {
            const double *sums = j.sums + c * (n_params + 2);
            value += sums[0];
            for (size_t p = 0; grad && p <= n_params; p++) grad[p] += sums[1 + p];
        }
    }
    itp_points_deinit(&points);
    free(j.sums);
    free(j.local);
    return isfinite(value) ? value : -INFINITY;
}
