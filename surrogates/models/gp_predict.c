/* gp_predict.c - posterior means, variances and their gradients.
 *   mean = m + k' alpha,  var = k(x, x) - |L^-1 k|^2. Candidate lists are taken in blocks, each one
 * matrix of covariances in panels and one triangular solve of them, never n x m at once.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "blas.h"
#include "gp.h"
#include "parallel.h"
#include "products.h"
#include "tiles.h"
#include "vector.h"

enum {
    PANELS = 4,
    BLOCK = PANELS * ITP_PANEL
}; /* n x BLOCK doubles stay in a second-level cache
      to n = 1000 */

typedef struct {
    const itp_gp *gp;
    size_t n;
    const double *x;
    double *mean, *var;
    double *scratch;    /* workers x gp->n x BLOCK */
    itp_points *points; /* workers */
    itp_status *status; /* blocks */
} job;

/* Covariances of the sites with m points as panels, columns that are not there 0. */
static void fill_panels(const itp_gp *gp, const itp_points *points, size_t m, double *k)
{
    double row[BLOCK] = {0};
    size_t panels = (m + ITP_PANEL - 1) / ITP_PANEL;
    for (size_t i = 0; i < gp->n; i++) {
        itp_kernel_block(gp->kernel, gp->theta, &gp->points, i, 1, points, 0, m, row, m);
        for (size_t p = 0; p < panels; p++)
            memcpy(k + (p * gp->n + i) * ITP_PANEL, row + p * ITP_PANEL, ITP_PANEL * sizeof *k);
    }
}

static void predict_block(void *context, size_t index, unsigned worker)
{
    job *j = context;
    const itp_gp *gp = j->gp;
    size_t from = index * BLOCK, m = j->n - from < BLOCK ? j->n - from : BLOCK;
    double *k = j->scratch + (size_t)worker * gp->n * BLOCK, *mean = j->mean + from;
    itp_points *points = &j->points[worker];
    j->status[index] = itp_gp_embed(gp, m, j->x + from * gp->d, points);
    if (j->status[index] != ITP_OK) return;
    fill_panels(gp, points, m, k);
    for (size_t i = 0; i < m; i++) mean[i] = gp->mean;
    for (size_t p = 0; p < m && gp->n; p += ITP_PANEL)
        itp_times_t(gp->n, m - p < ITP_PANEL ? m - p : ITP_PANEL, 1, k + p * gp->n, ITP_PANEL,
                    gp->alpha, 1, mean + p);
    if (!j->var) return;
    double *var = j->var + from;
    itp_kernel_diag(gp->kernel, gp->theta, points, var);
    itp_chol_solve_panels(&gp->chol, (m + ITP_PANEL - 1) / ITP_PANEL, k);
    for (size_t p = 0; p < m; p += ITP_PANEL)
        itp_minus_squares(gp->n, m - p < ITP_PANEL ? m - p : ITP_PANEL, k + p * gp->n, ITP_PANEL,
                          var + p);
}

itp_status itp_gp_predict(const itp_gp *gp, size_t n, const double *x, unsigned threads,
                          double *mean, double *var)
{
    size_t blocks = (n + BLOCK - 1) / BLOCK;
    if (gp->n * n < 20000) threads = 1; /* a thread costs more than that */
    unsigned workers = itp_parallel_workers(blocks, threads);
    job j = {gp, n, x, mean, var, NULL, NULL, NULL};
    itp_status st = ITP_OK;
    j.scratch = malloc((workers * gp->n * BLOCK + 1) * sizeof *j.scratch);
    j.points = calloc(workers, sizeof *j.points);
    j.status = calloc(blocks + 1, sizeof *j.status);
    if (j.scratch && j.points && j.status) {
        itp_blas_serial();
        itp_parallel_for(blocks, threads, predict_block, &j);
        for (size_t b = 0; b < blocks; b++)
            if (j.status[b] != ITP_OK) st = j.status[b];
    } else {
        st = ITP_ENOMEM;
    }
    for (unsigned w = 0; j.points && w < workers; w++) itp_points_deinit(&j.points[w]);
    free(j.scratch);
    free(j.points);
    free(j.status);
    return st;
}

/* Gradients come out of the kernel for warped coordinates; the chain rule brings them back. */
static void unwarp(const itp_gp *gp, const double *x, size_t n, double *dk)
{
    for (size_t i = 0; i < gp->warp.n; i++) {
        size_t c = gp->warp.column[i];
        double slope = itp_warp_slope(&gp->warp, i, x[c]);
        for (size_t j = 0; j < n; j++) dk[c * n + j] *= slope;
    }
}

itp_status itp_gp_cross_with(const itp_gp *gp, const itp_points *points, const double *x, double *k,
                             double *dk)
{
    double warped[gp->d + 1];
    itp_status st = ITP_OK;
    itp_warp_apply(&gp->warp, 1, gp->d, x, warped);
    if (dk) {
        st = itp_kernel_grad_x(gp->kernel, gp->theta, warped, points, k, dk);
        if (st == ITP_OK) unwarp(gp, x, points->n, dk);
        return st;
    }
    itp_points one = {0};
    st = itp_kernel_embed(gp->kernel, gp->theta, 1, warped, &one);
    if (st == ITP_OK)
        itp_kernel_block(gp->kernel, gp->theta, &one, 0, 1, points, 0, points->n, k, points->n);
    itp_points_deinit(&one);
    return st;
}

itp_status itp_gp_cross(const itp_gp *gp, const double *x, double *k, double *dk)
{
    return itp_gp_cross_with(gp, &gp->points, x, k, dk);
}

itp_status itp_gp_prior_var(const itp_gp *gp, const double *x, double *var, double *grad)
{
    double warped[gp->d + 1];
    itp_points one = {0};
    itp_warp_apply(&gp->warp, 1, gp->d, x, warped);
    itp_status st = itp_kernel_embed(gp->kernel, gp->theta, 1, warped, &one);
    if (st == ITP_OK) itp_kernel_diag(gp->kernel, gp->theta, &one, var);
    itp_points_deinit(&one);
    if (st != ITP_OK || !grad) return st;
    st = itp_kernel_grad_diag(gp->kernel, gp->theta, warped, grad);
    unwarp(gp, x, 1, grad);
    return st;
}

itp_status itp_gp_predict_grad(const itp_gp *gp, const double *x, double *mean, double *var,
                               double *dmean, double *dvar)
{
    size_t n = gp->n, d = gp->d;
    int wants_grad = dmean || dvar;
    double *k = malloc((2 * n + (wants_grad ? n * d : 0) + d + 1) * sizeof *k), prior;
    if (!k) return ITP_ENOMEM;
    double *w = k + n, *own = w + n, *dk = wants_grad ? own + d : NULL;
    itp_status st = itp_gp_cross(gp, x, k, dk);
    if (st == ITP_OK) st = itp_gp_prior_var(gp, x, &prior, dvar ? own : NULL);
    if (st == ITP_OK) {
        *mean = gp->mean + itp_dot(n, k, gp->alpha);
        memcpy(w, k, n * sizeof *w);
        itp_chol_solve_l(&gp->chol, 1, w, 1);
        *var = fmax(prior - itp_dot(n, w, w), 0);
        if (dvar) itp_chol_solve_lt(&gp->chol, 1, w, 1);
        for (size_t c = 0; c < d; c++) {
            if (dmean) dmean[c] = itp_dot(n, dk + c * n, gp->alpha);
            if (dvar) dvar[c] = own[c] - 2 * itp_dot(n, dk + c * n, w);
        }
    }
    free(k);
    return st;
}

itp_status itp_gp_joint(const itp_gp *gp, size_t q, const double *x, double *mean, double *cov)
{
    size_t n = gp->n;
    itp_points points = {0};
    double *k = malloc((n * q + 1) * sizeof *k);
    itp_status st = k ? itp_gp_embed(gp, q, x, &points) : ITP_ENOMEM;
    if (st == ITP_OK) {
        itp_kernel_block(gp->kernel, gp->theta, &gp->points, 0, n, &points, 0, q, k, q);
        itp_kernel_block(gp->kernel, gp->theta, &points, 0, q, &points, 0, q, cov, q);
        for (size_t i = 0; i < q; i++) mean[i] = gp->mean;
        if (n && q) {
            itp_times_t(n, q, 1, k, q, gp->alpha, 1, mean);
            itp_chol_solve_l(&gp->chol, q, k, q);
            itp_gram(n, q, -1, k, q, 1, cov);
        }
        for (size_t i = 0; i < q; i++) {
            cov[i * q + i] = fmax(cov[i * q + i], 0);
            for (size_t j = 0; j < i; j++) cov[j * q + i] = cov[i * q + j];
        }
    }
    itp_points_deinit(&points);
    free(k);
    return st;
}
