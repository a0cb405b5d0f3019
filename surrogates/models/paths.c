/* paths.c - posterior samples as functions (Wilson et al. 2020):
 *   f(x) = m + f0(x) + k(x, X) c,  c = K^-1 (y - m - f0(X) - e),  e_i ~ N(0, v_i),
 * f0 = sum_f w_f phi_f / sqrt F over random features. Path p belongs to member p mod members.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "products.h"
#include "spectrum.h"

enum { FEATURES = 1024, BLOCK = 64 };

/* What the paths of one member share. */
typedef struct {
    const itp_gp *gp;
    itp_gp local;
    itp_spectrum *spectrum;
} basis;

struct itp_paths {
    const itp_surrogate *model;
    size_t n_rows; /* of the model when the coefficients were made */
    size_t n_paths, n_bases, features, d;
    uint64_t seed;
    basis *bases;
    double *weight;       /* n_paths x features, 1/sqrt F included; those of a basis side by side */
    double **coefficient; /* n_paths: n of their basis */
};

static const basis *basis_of(const itp_paths *paths, size_t path)
{
    return &paths->bases[path % paths->n_bases];
}

/* The first row of weight that is of basis b; how many are: up to the next basis' first. */
static size_t first_of(const itp_paths *paths, size_t b)
{
    size_t over = paths->n_paths % paths->n_bases;
    return b * (paths->n_paths / paths->n_bases) + (b < over ? b : over);
}

static double *weight_of(const itp_paths *paths, size_t path)
{
    size_t row = first_of(paths, path % paths->n_bases) + path / paths->n_bases;
    return paths->weight + row * paths->features;
}

static void warp_one(const itp_gp *gp, const double *x, double *warped)
{
    itp_warp_apply(&gp->warp, 1, gp->d, x, warped);
}

/* Coefficients of every path of basis b: the prior's draws at the sites, then one solve each. The
 * noise of site i comes from its own number, so that sites already seen keep theirs. */
static itp_status condition(itp_paths *paths, size_t b)
{
    basis *own = &paths->bases[b];
    size_t n = own->gp->n, features = paths->features;
    double *phi = malloc((features + 1) * sizeof *phi), warped[paths->d + 1];
    itp_status st = phi ? ITP_OK : ITP_ENOMEM;
    for (size_t p = b; p < paths->n_paths && st == ITP_OK; p += paths->n_bases) {
        double *c = realloc(paths->coefficient[p], (n + 1) * sizeof *c);
        if (c) paths->coefficient[p] = c;
        if (!c) st = ITP_ENOMEM;
    }
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        warp_one(own->gp, own->gp->x + i * paths->d, warped);
        st = itp_spectrum_eval(own->spectrum, warped, phi, NULL);
        itp_stream stream;
        itp_stream_init(&stream, paths->seed, i * paths->n_bases + b, "paths.noise");
        for (size_t p = b; p < paths->n_paths && st == ITP_OK; p += paths->n_bases) {
            const double *w = weight_of(paths, p);
            double f0 = itp_dot(features, w, phi);
            double noise = sqrt(own->gp->v[i]) * itp_stream_normal(&stream);
            paths->coefficient[p][i] = own->gp->y[i] - own->gp->mean - f0 - noise;
        }
    }
    for (size_t p = b; p < paths->n_paths && st == ITP_OK; p += paths->n_bases)
        itp_chol_solve(&own->gp->chol, 1, paths->coefficient[p], 1);
    free(phi);
    return st;
}

static itp_status open_basis(itp_paths *paths, const itp_surrogate *s, size_t b)
{
    basis *own = &paths->bases[b];
    itp_stream stream;
    itp_gp_init(&own->local, s->kernel, s->d);
    own->gp = &own->local;
    if (s->class->local) {
        itp_status st = s->class->local(s, b, 0, NULL, &own->local);
        if (st != ITP_OK) return st;
    } else {
        own->gp = &s->class->member(s, b)->gp;
    }
    itp_stream_init(&stream, paths->seed, b, "paths.features");
    return itp_spectrum_create(&own->spectrum, own->gp->kernel, own->gp->theta, paths->features,
                               &stream);
}

itp_status itp_paths_create(itp_paths **out, const itp_surrogate *s, size_t n_paths,
                            size_t features, uint64_t seed)
{
    if (!s->class) return ITP_ENOTFIT;
    itp_paths *paths = calloc(1, sizeof *paths);
    if (!paths) return ITP_ENOMEM;
    paths->model = s;
    paths->n_rows = s->rows.n;
    paths->n_paths = n_paths;
    paths->features = features ? features : FEATURES;
    paths->d = s->d;
    paths->seed = seed;
    paths->n_bases = s->class->members(s);
    paths->bases = calloc(paths->n_bases, sizeof *paths->bases);
    paths->weight = malloc((n_paths * paths->features + 1) * sizeof *paths->weight);
    paths->coefficient = calloc(n_paths + 1, sizeof *paths->coefficient);
    itp_status st = ITP_OK;
    if (!paths->bases || !paths->weight || !paths->coefficient) st = ITP_ENOMEM;
    for (size_t p = 0; p < n_paths && st == ITP_OK; p++) {
        itp_stream stream;
        itp_stream_init(&stream, seed, p, "paths.weights");
        for (size_t f = 0; f < paths->features; f++)
            weight_of(paths, p)[f] = itp_stream_normal(&stream) / sqrt((double)paths->features);
    }
    for (size_t b = 0; b < paths->n_bases && st == ITP_OK; b++)
        if ((st = open_basis(paths, s, b)) == ITP_OK) st = condition(paths, b);
    if (st == ITP_OK)
        *out = paths;
    else
        itp_paths_destroy(paths);
    return st;
}

void itp_paths_destroy(itp_paths *paths)
{
    if (!paths) return;
    for (size_t b = 0; paths->bases && b < paths->n_bases; b++) {
        itp_spectrum_destroy(paths->bases[b].spectrum);
        if (paths->bases[b].local.kernel) itp_gp_deinit(&paths->bases[b].local);
    }
    for (size_t p = 0; paths->coefficient && p < paths->n_paths; p++) free(paths->coefficient[p]);
    free(paths->bases);
    free(paths->weight);
    free(paths->coefficient);
    free(paths);
}

itp_status itp_paths_update(itp_paths *paths)
{
    itp_status st = ITP_OK;
    paths->n_rows = paths->model->rows.n;
    for (size_t b = 0; b < paths->n_bases && st == ITP_OK; b++) st = condition(paths, b);
    return st;
}

itp_status itp_paths_eval(const itp_paths *paths, size_t path, size_t n, const double *x,
                          double *value, double *grad)
{
    const basis *own = basis_of(paths, path);
    const itp_gp *gp = own->gp;
    size_t features = paths->features, d = paths->d, sites = gp->n;
    const double *w = weight_of(paths, path), *c = paths->coefficient[path];
    if (path >= paths->n_paths || paths->n_rows != paths->model->rows.n) return ITP_EINVAL;
    double *k = malloc((features + sites * (grad ? 1 + d : 1) + 1) * sizeof *k), warped[d + 1];
    if (!k) return ITP_ENOMEM;
    double *dk = grad ? k + sites : NULL, *phi = k + sites * (grad ? 1 + d : 1), prior = 0;
    itp_status st = ITP_OK;
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        const double *at = x + i * d;
        double *g = grad ? grad + i * d : NULL;
        warp_one(gp, at, warped);
        st = grad ? itp_spectrum_sum(own->spectrum, warped, w, &prior, g)
                  : itp_spectrum_eval(own->spectrum, warped, phi, NULL);
        if (st == ITP_OK) st = itp_gp_cross(gp, at, k, dk);
        if (st != ITP_OK) break;
        if (!grad) prior = itp_dot(features, w, phi);
        value[i] = gp->mean + prior + itp_dot(sites, k, c);
        if (!grad) continue;
        for (size_t v = 0; v < gp->warp.n; v++)
            g[gp->warp.column[v]] *= itp_warp_slope(&gp->warp, v, at[gp->warp.column[v]]);
        for (size_t e = 0; e < d; e++) g[e] += itp_dot(sites, dk + e * sites, c);
        st = itp_surrogate_add_slope(paths->model, at, g);
    }
    free(k);
    return st == ITP_OK ? itp_surrogate_add_levels(paths->model, n, x, value) : st;
}

/* All paths of basis b at n <= BLOCK points. work: n (features + sites + paths of b). */
static itp_status eval_block(const itp_paths *paths, size_t b, size_t n, const double *x,
                             size_t stride, double *work, double *value)
{
    const basis *own = &paths->bases[b];
    const itp_gp *gp = own->gp;
    size_t features = paths->features, d = paths->d, sites = gp->n;
    size_t first = first_of(paths, b), many = first_of(paths, b + 1) - first;
    double *phi = work, *k = phi + n * features, *sum = k + n * sites, warped[d + 1];
    itp_points points = {0};
    itp_status st = itp_gp_embed(gp, n, x, &points);
    if (st == ITP_OK)
        itp_kernel_block(gp->kernel, gp->theta, &points, 0, n, &gp->points, 0, sites, k, sites);
    itp_points_deinit(&points);
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        warp_one(gp, x + i * d, warped);
        st = itp_spectrum_eval(own->spectrum, warped, phi + i * features, NULL);
    }
    if (st != ITP_OK) return st;
    for (size_t i = 0; i < n * many; i++) sum[i] = gp->mean;
    itp_add_product(n, many, features, 1, phi, paths->weight + first * features, sum);
    for (size_t j = 0; j < many; j++) {
        size_t p = b + j * paths->n_bases;
        for (size_t i = 0; i < n; i++)
            value[p * stride + i] =
                sum[i * many + j] + itp_dot(sites, k + i * sites, paths->coefficient[p]);
    }
    return ITP_OK;
}

itp_status itp_paths_eval_all(const itp_paths *paths, size_t n, const double *x, double *value)
{
    size_t most = 0;
    if (paths->n_rows != paths->model->rows.n) return ITP_EINVAL;
    for (size_t b = 0; b < paths->n_bases; b++)
        if (paths->bases[b].gp->n > most) most = paths->bases[b].gp->n;
    double *work = malloc(BLOCK * (paths->features + most + paths->n_paths) * sizeof *work);
    if (!work) return ITP_ENOMEM;
    itp_status st = ITP_OK;
    for (size_t b = 0; b < paths->n_bases && b < paths->n_paths; b++)
        for (size_t i = 0; i < n && st == ITP_OK; i += BLOCK)
            st = eval_block(paths, b, n - i < BLOCK ? n - i : BLOCK, x + i * paths->d, n, work,
                            value + i);
    free(work);
    for (size_t p = 0; p < paths->n_paths && st == ITP_OK; p++)
        st = itp_surrogate_add_levels(paths->model, n, x, value + p * n);
    return st;
}
