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

enum { FEATURES = 1024 };

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
    double *weight;       /* n_paths x features, 1/sqrt F included */
    double **coefficient; /* n_paths: n of their basis */
};

static const basis *basis_of(const itp_paths *paths, size_t path)
{
    return &paths->bases[path % paths->n_bases];
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
            const double *w = paths->weight + p * features;
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
            paths->weight[p * paths->features + f] =
                itp_stream_normal(&stream) / sqrt((double)paths->features);
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
    const double *w = paths->weight + path * features, *c = paths->coefficient[path];
    if (path >= paths->n_paths || paths->n_rows != paths->model->rows.n) return ITP_EINVAL;
    size_t room = features + sites + (grad ? (features + sites) * d : 0);
    double *phi = malloc((room + 1) * sizeof *phi), warped[d + 1];
    if (!phi) return ITP_ENOMEM;
    double *k = phi + features, *dphi = grad ? k + sites : NULL;
    double *dk = grad ? dphi + features * d : NULL;
    itp_status st = ITP_OK;
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        const double *at = x + i * d;
        warp_one(gp, at, warped);
        st = itp_spectrum_eval(own->spectrum, warped, phi, dphi);
        if (st == ITP_OK) st = itp_gp_cross(gp, at, k, dk);
        if (st != ITP_OK) break;
        value[i] = gp->mean + itp_dot(features, w, phi) + itp_dot(sites, k, c);
        if (!grad) continue;
        double *g = grad + i * d;
        itp_times_t(features, d, 1, dphi, d, w, 0, g);
        for (size_t v = 0; v < gp->warp.n; v++)
            g[gp->warp.column[v]] *= itp_warp_slope(&gp->warp, v, at[gp->warp.column[v]]);
        for (size_t e = 0; e < d; e++) g[e] += itp_dot(sites, dk + e * sites, c);
        st = itp_surrogate_add_slope(paths->model, at, g);
    }
    free(phi);
    return st == ITP_OK ? itp_surrogate_add_levels(paths->model, n, x, value) : st;
}

itp_status itp_paths_eval_all(const itp_paths *paths, size_t n, const double *x, double *value)
{
    size_t features = paths->features, d = paths->d, most = 0;
    if (paths->n_rows != paths->model->rows.n) return ITP_EINVAL;
    for (size_t b = 0; b < paths->n_bases; b++)
        if (paths->bases[b].gp->n > most) most = paths->bases[b].gp->n;
    double *phi = malloc((features + most + 1) * sizeof *phi), *k = phi + features, warped[d + 1];
    if (!phi) return ITP_ENOMEM;
    itp_status st = ITP_OK;
    for (size_t b = 0; b < paths->n_bases; b++) {
        const basis *own = &paths->bases[b];
        for (size_t i = 0; i < n && st == ITP_OK; i++) {
            warp_one(own->gp, x + i * d, warped);
            st = itp_spectrum_eval(own->spectrum, warped, phi, NULL);
            if (st == ITP_OK) st = itp_gp_cross(own->gp, x + i * d, k, NULL);
            for (size_t p = b; p < paths->n_paths && st == ITP_OK; p += paths->n_bases)
                value[p * n + i] = own->gp->mean +
                                   itp_dot(features, paths->weight + p * features, phi) +
                                   itp_dot(own->gp->n, k, paths->coefficient[p]);
        }
    }
    free(phi);
    for (size_t p = 0; p < paths->n_paths && st == ITP_OK; p++)
        st = itp_surrogate_add_levels(paths->model, n, x, value + p * n);
    return st;
}
