/* gp.c - the factor and what changes it; prediction is in gp_predict.c.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "gp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "blas.h"

void itp_gp_init(itp_gp *gp, const itp_kernel *kernel, size_t d)
{
    *gp = (itp_gp){.kernel = kernel, .d = d};
    itp_chol_init(&gp->chol);
}

void itp_gp_deinit(itp_gp *gp)
{
    itp_chol_deinit(&gp->chol);
    itp_points_deinit(&gp->points);
    itp_warp_deinit(&gp->warp);
    free(gp->theta);
    free(gp->x);
    free(gp->y);
    free(gp->v);
    free(gp->alpha);
    free(gp->kinv_diag);
    itp_gp_init(gp, gp->kernel, gp->d);
}

static itp_status widen(double **vector, size_t count)
{
    double *grown = realloc(*vector, (count + 1) * sizeof *grown);
    if (!grown) return ITP_ENOMEM;
    *vector = grown;
    return ITP_OK;
}

static itp_status reserve(itp_gp *gp, size_t n)
{
    if (n <= gp->max && gp->x) return ITP_OK;
    size_t max = n + n / 4 + 8;
    if (widen(&gp->x, max * gp->d) != ITP_OK || widen(&gp->y, max) != ITP_OK ||
        widen(&gp->v, max) != ITP_OK || widen(&gp->alpha, max) != ITP_OK ||
        widen(&gp->kinv_diag, max) != ITP_OK)
        return ITP_ENOMEM;
    gp->max = max;
    return ITP_OK;
}

itp_status itp_gp_embed_more(const itp_gp *gp, size_t n, const double *x, itp_points *points)
{
    if (gp->warp.n == 0) return itp_kernel_embed_more(gp->kernel, gp->theta, n, x, points);
    double *warped = malloc((n * gp->d + 1) * sizeof *warped);
    if (!warped) return ITP_ENOMEM;
    itp_warp_apply(&gp->warp, n, gp->d, x, warped);
    itp_status st = itp_kernel_embed_more(gp->kernel, gp->theta, n, warped, points);
    free(warped);
    return st;
}

itp_status itp_gp_embed(const itp_gp *gp, size_t n, const double *x, itp_points *points)
{
    points->n = 0;
    return itp_gp_embed_more(gp, n, x, points);
}

static void fill(void *context, double *l, size_t stride)
{
    const itp_gp *gp = context;
    itp_kernel_lower(gp->kernel, gp->theta, &gp->points, 0, gp->n, l, stride);
    for (size_t i = 0; i < gp->n; i++) l[i * stride + i] += gp->v[i];
}

static void solve_alpha(itp_gp *gp)
{
    for (size_t i = 0; i < gp->n; i++) gp->alpha[i] = gp->y[i] - gp->mean;
    itp_chol_solve(&gp->chol, 1, gp->alpha, 1);
}

static itp_status take(itp_gp *gp, const double *theta, const itp_warp *warp, double mean, size_t n,
                       const double *x, const double *y, const double *v)
{
    static const itp_warp IDENTITY = {0};
    size_t n_params = itp_kernel_n_params(gp->kernel);
    if (widen(&gp->theta, n_params) != ITP_OK || reserve(gp, n) != ITP_OK) return ITP_ENOMEM;
    itp_status st = itp_warp_copy(&gp->warp, warp ? warp : &IDENTITY);
    if (st != ITP_OK) return st;
    memcpy(gp->theta, theta, n_params * sizeof *theta);
    gp->mean = mean;
    gp->n = n;
    if (n) {
        memcpy(gp->x, x, n * gp->d * sizeof *x);
        memcpy(gp->y, y, n * sizeof *y);
        memcpy(gp->v, v, n * sizeof *v);
    }
    return itp_gp_embed(gp, n, gp->x, &gp->points);
}

itp_status itp_gp_factor(itp_gp *gp, const double *theta, const itp_warp *warp, double mean,
                         size_t n, const double *x, const double *y, const double *v)
{
    itp_status st = take(gp, theta, warp, mean, n, x, y, v);
    if (st != ITP_OK) return st;
    itp_blas_for(n);
    st = itp_chol_ladder(&gp->chol, n, fill, gp, &gp->info);
    double *scratch = st == ITP_OK ? malloc((n * n + 1) * sizeof *scratch) : NULL;
    if (st == ITP_OK)
        st = scratch ? itp_chol_inverse_diag(&gp->chol, gp->kinv_diag, scratch) : ITP_ENOMEM;
    itp_blas_serial();
    free(scratch);
    if (st == ITP_OK) solve_alpha(gp);
    return st;
}

itp_status itp_gp_append(itp_gp *gp, const double *x, double y, double v)
{
    size_t n = gp->n;
    itp_points one = {0};
    double kk = 0, *k = malloc((n + 1) * sizeof *k);
    itp_status st = k ? reserve(gp, n + 1) : ITP_ENOMEM;
    if (st == ITP_OK) st = itp_gp_embed(gp, 1, x, &one);
    if (st != ITP_OK) goto done;
    itp_kernel_block(gp->kernel, gp->theta, &one, 0, 1, &gp->points, 0, n, k, n);
    itp_kernel_diag(gp->kernel, gp->theta, &one, &kk);
    /* In exact arithmetic the pivot is at least the noise: rounding may not push it below. */
    st = itp_chol_append(&gp->chol, k, kk + v, v + gp->chol.jitter);
    if (st != ITP_OK) goto done;
    double *row = gp->chol.l + n * gp->chol.stride, pivot = row[n];
    memcpy(k, row, n * sizeof *k);
    gp->chol.n = n;
    itp_chol_solve_lt(&gp->chol, 1, k, 1);
    gp->chol.n = n + 1;
    for (size_t i = 0; i < n; i++) gp->kinv_diag[i] += k[i] / pivot * (k[i] / pivot);
    gp->kinv_diag[n] = 1 / (pivot * pivot);
    for (size_t c = 0; c < gp->d; c++) gp->x[n * gp->d + c] = x[c];
    gp->y[n] = y;
    gp->v[n] = v;
    gp->n = n + 1;
    st = itp_gp_embed_more(gp, 1, x, &gp->points);
    if (st == ITP_OK) solve_alpha(gp);
done:
    itp_points_deinit(&one);
    free(k);
    return st;
}

/* Column i of K^-1. */
static void inverse_column(const itp_gp *gp, size_t i, double *b)
{
    memset(b, 0, gp->n * sizeof *b);
    b[i] = 1;
    itp_chol_solve(&gp->chol, 1, b, 1);
}

itp_status itp_gp_update(itp_gp *gp, size_t i, double y, double v)
{
    double change = v - gp->v[i], *b = malloc((gp->n + 1) * sizeof *b);
    if (!b) return ITP_ENOMEM;
    itp_status st = ITP_OK;
    if (change != 0) {
        inverse_column(gp, i, b);
        double scale = change / (1 + change * b[i]); /* Sherman & Morrison */
        for (size_t r = 0; r < gp->n; r++) gp->kinv_diag[r] -= scale * b[r] * b[r];
        memset(b, 0, gp->n * sizeof *b);
        b[i] = sqrt(fabs(change));
        st = itp_chol_rank1(&gp->chol, b, change > 0 ? 1 : -1);
    }
    free(b);
    gp->y[i] = y;
    gp->v[i] = v;
    if (st == ITP_ENOTPD) { /* rounding ate the downdate: factor afresh, the same sites */
        double *scratch = malloc((gp->n * gp->n + 1) * sizeof *scratch);
        if (!scratch) return ITP_ENOMEM;
        st = itp_chol_ladder(&gp->chol, gp->n, fill, gp, &gp->info);
        if (st == ITP_OK) st = itp_chol_inverse_diag(&gp->chol, gp->kinv_diag, scratch);
        free(scratch);
    }
    if (st == ITP_OK) solve_alpha(gp);
    return st;
}

itp_status itp_gp_remove(itp_gp *gp, size_t i)
{
    size_t after = gp->n - i - 1, d = gp->d;
    double *b = malloc((gp->n + 1) * sizeof *b);
    if (!b) return ITP_ENOMEM;
    inverse_column(gp, i, b);
    for (size_t r = 0; r < gp->n; r++)
        if (r != i) gp->kinv_diag[r] -= b[r] * b[r] / b[i];
    itp_chol_remove(&gp->chol, i, b);
    free(b);
    itp_points_remove(&gp->points, i);
    memmove(gp->x + i * d, gp->x + (i + 1) * d, after * d * sizeof *gp->x);
    memmove(gp->y + i, gp->y + i + 1, after * sizeof *gp->y);
    memmove(gp->v + i, gp->v + i + 1, after * sizeof *gp->v);
    memmove(gp->kinv_diag + i, gp->kinv_diag + i + 1, after * sizeof *gp->kinv_diag);
    gp->n--;
    solve_alpha(gp);
    return ITP_OK;
}

void itp_gp_loo(const itp_gp *gp, size_t i, double *mean, double *var)
{
    double k = gp->kinv_diag[i] > 0 ? gp->kinv_diag[i] : 1e-300;
    *mean = gp->y[i] - gp->alpha[i] / k;
    *var = 1 / k;
}
