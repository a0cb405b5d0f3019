/* target.h - the log posterior of the hyperparameters as one function of one vector u.
 *   u = kernel parameters (P), then warp (2 W: ln a, ln b), then ln sigma^2 where it is learned.
 *   log p(u | data) = evidence + priors. The fit maximises it, NUTS walks on it.
 * Life cycle  init -> { eval }* -> deinit      Threads  one target, one thread
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TARGET_H
#define ITP_TARGET_H

#include "evidence.h"
#include "prior.h"
#include "warp.h"

/* Hyperparameters, decoded. */
typedef struct itp_hyper {
    double *theta; /* n_params of the kernel */
    double ln_noise;
    double mean;
    itp_warp warp; /* n = 0: none */
} itp_hyper;

itp_status itp_hyper_init(itp_hyper *hyper, const itp_kernel *kernel);
itp_status itp_hyper_copy(itp_hyper *to, const itp_hyper *from, size_t n_params);
void itp_hyper_deinit(itp_hyper *hyper);

/* What is fitted; borrowed by targets and shared between them. */
typedef struct itp_task_spec {
    const itp_kernel *kernel;
    const itp_pool *pool;
    const double *z;      /* n_rows */
    const double *known;  /* n_rows: known noise variances, NULL: none */
    const double *extra;  /* n_rows: variances of declared outliers, NULL: none */
    const itp_warp *warp; /* which columns are warped; NULL: none */
    itp_criterion criterion;
    itp_measure measure;
    int has_prior;    /* 0: likelihood alone */
    int learns_noise; /* 1: ln sigma^2 is part of u; 0: fixed at ln_noise */
    int zero_mean;
    double ln_noise, ln_noise_least; /* fixed value; floor of the learned one */
} itp_task_spec;

typedef struct itp_target {
    const itp_task_spec *spec;
    itp_problem problem;
    itp_evidence evidence;
    size_t n_params, n_warp, n; /* n: length of u */
    itp_warp warp;
    double *v, *grad_v;      /* n_rows */
    double *warped, *grad_x; /* n_sites x d, with a warp */
    double noise_prior;      /* of the last evaluation */
    unsigned evaluations;
} itp_target;

size_t itp_task_size(const itp_task_spec *spec);

itp_status itp_target_init(itp_target *target, const itp_task_spec *spec);
void itp_target_deinit(itp_target *target);

/* Log density at u and gradient (n, may be NULL); -infinity where nothing can be said. */
double itp_target_eval(itp_target *target, const double *u, double *grad);

/* Between u and hyperparameters (mean is not part of u). */
void itp_target_decode(const itp_task_spec *spec, const double *u, itp_hyper *hyper);
void itp_target_encode(const itp_task_spec *spec, const itp_hyper *hyper, double *u);
/* Box of the search. */
void itp_target_box(const itp_task_spec *spec, double *lower, double *upper);

/* Noise variance of each row at this ln sigma^2. */
void itp_task_noise(const itp_task_spec *spec, double ln_noise, double *v);

#endif
