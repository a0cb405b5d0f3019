/* evidence.h - log marginal likelihood of the data, or leave-one-out density, with gradients.
 *   log p(y | theta) = -1/2 (y - m)' K^-1 (y - m) - 1/2 ln det K - n/2 ln 2pi,  K = k(X, X) + V,
 * and d/dtheta = 1/2 tr((alpha alpha' - K^-1) dK/dtheta)          Rasmussen & Williams
 * 2006, 2.30, 5.9 The constant mean m is the best one given theta (generalised least squares) under
 * N(0, 1), or 0. One n x n matrix per evaluator: K, its factor and its inverse follow each other in
 * place; no derivative matrix is formed, rows of weights are pushed back through the kernel
 * instead. Life cycle  init -> { eval }* -> deinit       Threads  one evaluator, one thread Cost
 * n^3 flops, d passes over n^2/2 SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_EVIDENCE_H
#define ITP_EVIDENCE_H

#include "chol.h"
#include "interphase/surrogate.h"
#include "kernel.h"
#include "pool.h"

/* What an evaluator looks at; borrowed, several may share it. */
typedef struct itp_problem {
    const itp_kernel *kernel;
    const itp_pool *pool;
    const double *x; /* n_sites x d: where the sites are for the kernel (warped or not) */
    const double *z; /* n_rows, latent outcomes */
    itp_criterion criterion;
    int zero_mean; /* 1: m = 0 */
} itp_problem;

typedef struct itp_evidence {
    const itp_problem *problem;
    itp_chol chol;
    itp_points points;
    double *work;   /* vectors over sites, see evidence.c */
    double *square; /* n x n, leave-one-out criterion only */
    double *grad_x; /* n x d, or NULL: not wanted; gradient in the sites' coordinates */
    double mean, jitter, log_likelihood; /* of the last evaluation */
} itp_evidence;

itp_status itp_evidence_init(itp_evidence *evidence, const itp_problem *problem);
void itp_evidence_deinit(itp_evidence *evidence);

/*   theta   kernel parameters          v  n_rows, noise variances (> 0)
 *   grad    n_params, may be NULL; grad_v  n_rows (with grad; may be NULL)
 * Returns the log density, or -infinity when K cannot be factored. mean and jitter are left in the
 * evaluator. Without grad n^3/3 flops. */
double itp_evidence_eval(itp_evidence *evidence, const double *theta, const double *v, double *grad,
                         double *grad_v);

#endif
