/* anchors.c - points whose joint posterior is kept: v = L^-1 k(X, a) and u = L^-T v of each anchor.
 *   cov(a, x) = k(a, x) - v_a' L^-1 k(X, x),  d cov/dx = dk(a, x)/dx - dk(X, x)/dx u_a.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "products.h"

struct itp_anchors {
    const itp_surrogate *model;
    const itp_gp *gp;
    itp_gp local; /* the model near the anchors, where it has no exact member; see model.h */
    size_t b, max;
    itp_points points;
    double *u, *v; /* b x n each */
    double *mean;  /* b */
    double *cov;   /* b x max, lower triangle */
};

static itp_status reserve(itp_anchors *a, size_t b)
{
    if (b <= a->max && a->mean) return ITP_OK;
    size_t max = b + b / 2 + 4, n = a->gp->n;
    double *u = realloc(a->u, (max * n + 1) * sizeof *u);
    if (u) a->u = u;
    double *v = realloc(a->v, (max * n + 1) * sizeof *v);
    if (v) a->v = v;
    double *mean = realloc(a->mean, max * sizeof *mean);
    if (mean) a->mean = mean;
    double *cov = malloc(max * max * sizeof *cov);
    if (!u || !v || !mean || !cov) {
        free(cov);
        return ITP_ENOMEM;
    }
    for (size_t i = 0; i < a->b; i++)
        memcpy(cov + i * max, a->cov + i * a->max, (i + 1) * sizeof *cov);
    free(a->cov);
    a->cov = cov;
    a->max = max;
    return ITP_OK;
}

itp_status itp_anchors_create(itp_anchors **out, const itp_surrogate *s, size_t member, size_t b,
                              const double *x)
{
    if (!s->class) return ITP_ENOTFIT;
    if (member >= s->class->members(s)) return ITP_EINVAL;
    itp_anchors *a = calloc(1, sizeof *a);
    if (!a) return ITP_ENOMEM;
    itp_status st = ITP_OK;
    a->model = s;
    itp_gp_init(&a->local, s->kernel, s->d);
    if (s->class->local) {
        st = s->class->local(s, member, b, x, &a->local);
        a->gp = &a->local;
    } else {
        a->gp = &s->class->member(s, member)->gp;
    }
    for (size_t i = 0; i < b && st == ITP_OK; i++) st = itp_anchors_add(a, x + i * s->d);
    if (st == ITP_OK)
        *out = a;
    else
        itp_anchors_destroy(a);
    return st;
}

void itp_anchors_destroy(itp_anchors *a)
{
    if (!a) return;
    itp_gp_deinit(&a->local);
    itp_points_deinit(&a->points);
    free(a->u);
    free(a->v);
    free(a->mean);
    free(a->cov);
    free(a);
}

itp_status itp_anchors_add(itp_anchors *a, const double *x)
{
    const itp_gp *gp = a->gp;
    size_t n = gp->n, b = a->b;
    itp_status st = reserve(a, b + 1);
    if (st == ITP_OK) st = itp_gp_embed_more(gp, 1, x, &a->points);
    if (st != ITP_OK) return st;
    double *u = a->u + b * n, *v = a->v + b * n, *row = a->cov + b * a->max;
    itp_kernel_block(gp->kernel, gp->theta, &a->points, b, 1, &gp->points, 0, n, v, n);
    itp_kernel_block(gp->kernel, gp->theta, &a->points, b, 1, &a->points, 0, b + 1, row, a->max);
    a->mean[b] = gp->mean + itp_dot(n, v, gp->alpha);
    if ((st = itp_surrogate_add_levels(a->model, 1, x, &a->mean[b])) != ITP_OK) return st;
    itp_chol_solve_l(&gp->chol, 1, v, 1);
    memcpy(u, v, n * sizeof *u);
    itp_chol_solve_lt(&gp->chol, 1, u, 1);
    for (size_t i = 0; i <= b; i++) row[i] -= itp_dot(n, a->v + i * n, v);
    row[b] = fmax(row[b], 0);
    a->b = b + 1;
    return ITP_OK;
}

size_t itp_anchors_count(const itp_anchors *a)
{
    return a->b;
}

itp_status itp_anchors_joint(const itp_anchors *a, double *mean, double *cov)
{
    for (size_t i = 0; i < a->b; i++) {
        mean[i] = a->mean[i];
        for (size_t j = 0; j <= i; j++)
            cov[i * a->b + j] = cov[j * a->b + i] = a->cov[i * a->max + j];
    }
    return ITP_OK;
}

/* Gradients: dk (d x n) and da (d x b) are of the covariances with sites and anchors. */
static void gradients(const itp_anchors *a, const double *dk, const double *da, const double *q,
                      const double *own, double *dmean, double *dvar, double *dcov)
{
    size_t n = a->gp->n, d = a->gp->d, b = a->b;
    for (size_t c = 0; c < d; c++) {
        const double *row = dk + c * n;
        if (dmean) dmean[c] = itp_dot(n, row, a->gp->alpha);
        if (dvar) dvar[c] = own[c] - 2 * itp_dot(n, row, q);
        for (size_t i = 0; dcov && i < b; i++) dcov[i * d + c] = da[c * b + i];
    }
    if (dcov && b > 0 && n > 0) itp_add_product(b, d, n, -1, a->u, dk, dcov);
}

itp_status itp_anchors_cross(const itp_anchors *a, const double *x, double *mean, double *var,
                             double *cov, double *dmean, double *dvar, double *dcov)
{
    const itp_gp *gp = a->gp;
    size_t n = gp->n, d = gp->d, b = a->b;
    int wants_grad = dmean || dvar || dcov;
    double *w = malloc((n + d + (wants_grad ? (n + b) * d : 0) + 1) * sizeof *w), prior;
    if (!w) return ITP_ENOMEM;
    double *own = w + n, *dk = wants_grad ? own + d : NULL, *da = wants_grad ? dk + n * d : NULL;
    itp_status st = itp_gp_cross(gp, x, w, dk);
    if (st == ITP_OK) st = itp_gp_cross_with(gp, &a->points, x, cov, da);
    if (st == ITP_OK) st = itp_gp_prior_var(gp, x, &prior, dvar ? own : NULL);
    if (st == ITP_OK) {
        *mean = gp->mean + itp_dot(n, w, gp->alpha);
        itp_chol_solve_l(&gp->chol, 1, w, 1);
        *var = fmax(prior - itp_dot(n, w, w), 0);
        if (b > 0 && n > 0) itp_times(b, n, -1, a->v, n, w, 1, cov);
        if (dvar) itp_chol_solve_lt(&gp->chol, 1, w, 1);
        if (wants_grad) gradients(a, dk, da, w, own, dmean, dvar, dcov);
    }
    free(w);
    if (st == ITP_OK) st = itp_surrogate_add_levels(a->model, 1, x, mean);
    return st == ITP_OK ? itp_surrogate_add_slope(a->model, x, dmean) : st;
}
