/* gp.h - the exact posterior at given hyperparameters, on the latent scale.
 *   z = f(x) + e,  f ~ GP(m, k_theta),  e_i ~ N(0, v_i)         Rasmussen & Williams 2006, Alg. 2.1
 *   L L' = K + V over the sites, alpha = K^-1 (y - m); the diagonal of K^-1 is kept beside them and
 * updated with every change, so that leave-one-out costs nothing more.
 * Life cycle  init -> factor -> { append | update | remove | predict ... }* -> deinit
 * Threads     one writer or many readers
 * Cost        factor 2/3 n^3, a change O(n^2), predict n^2 a point, gradient 2 n^2 + n d
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_GP_H
#define ITP_GP_H

#include "chol.h"
#include "kernel.h"
#include "warp.h"

typedef struct itp_gp {
    const itp_kernel *kernel; /* borrowed */
    itp_warp warp;            /* of the inputs, before the kernel */
    size_t d, n, max;
    double *theta; /* kernel parameters */
    double mean;
    double *x, *y, *v; /* sites: n x d (not warped), outcomes, noise variances */
    double *alpha, *kinv_diag;
    itp_points points;
    itp_chol chol;
    itp_chol_info info;
} itp_gp;

void itp_gp_init(itp_gp *gp, const itp_kernel *kernel, size_t d);
void itp_gp_deinit(itp_gp *gp);

/* Takes hyperparameters (theta, warp: copied, may be NULL) and sites (copied) and factors them. */
itp_status itp_gp_factor(itp_gp *gp, const double *theta, const itp_warp *warp, double mean,
                         size_t n, const double *x, const double *y, const double *v);

itp_status itp_gp_append(itp_gp *gp, const double *x, double y, double v);
/* Site i has other outcome and noise: a rank-one change. */
itp_status itp_gp_update(itp_gp *gp, size_t i, double y, double v);
itp_status itp_gp_remove(itp_gp *gp, size_t i);

/* Latent posterior at n points (n x d): mean, var (may be NULL). Blocks of candidates are spread
 * over `threads`. */
itp_status itp_gp_predict(const itp_gp *gp, size_t n, const double *x, unsigned threads,
                          double *mean, double *var);
/* At one point with gradients (d each, may be NULL). */
itp_status itp_gp_predict_grad(const itp_gp *gp, const double *x, double *mean, double *var,
                               double *dmean, double *dvar);
/* Joint over q points: mean q, cov q x q. */
itp_status itp_gp_joint(const itp_gp *gp, size_t q, const double *x, double *mean, double *cov);

/* What a point needs of the sites: k = k(X, x) (n) and dk (d x n; NULL: not wanted), both for raw
 * (not warped) coordinates. */
itp_status itp_gp_cross(const itp_gp *gp, const double *x, double *k, double *dk);
/* The same against other points, embedded by itp_gp_embed. */
itp_status itp_gp_cross_with(const itp_gp *gp, const itp_points *points, const double *x, double *k,
                             double *dk);
/* Prior variance at x and its gradient (d, may be NULL). */
itp_status itp_gp_prior_var(const itp_gp *gp, const double *x, double *var, double *grad);
/* Embeds n raw points. */
itp_status itp_gp_embed(const itp_gp *gp, size_t n, const double *x, itp_points *points);
itp_status itp_gp_embed_more(const itp_gp *gp, size_t n, const double *x, itp_points *points);

/* Leave-one-site-out: mean and variance of the site's outcome (noise included). R&W 5.12. */
void itp_gp_loo(const itp_gp *gp, size_t i, double *mean, double *var);

#endif
