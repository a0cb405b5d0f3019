/* fit.h - chooses hyperparameters: several starts, and a ladder that cannot fail (numerics.md 1).
 *   warm start, prior mode, one smooth and loud, prior draws; larger noise floor; default
 * hyperparameters. Starts are spread over threads; which thread ran what changes nothing.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_FIT_H
#define ITP_FIT_H

#include "target.h"

typedef struct itp_fit_plan {
    itp_noise noise;
    itp_criterion criterion;
    const double *known;   /* n_rows, latent variances; NULL: none */
    const double *extra;   /* n_rows; NULL: none */
    const itp_warp *warp;  /* NULL: none */
    const itp_hyper *warm; /* NULL: none */
    unsigned starts;       /* 0: 3 or 4; on many sites they race on a sample */
    unsigned evaluations;  /* most per start; 0: 200 */
    unsigned threads;
    uint64_t seed;
    int zero_mean;
    double f_tol_abs; /* nats; 0: 1e-5, and 1e-3 on many sites */
} itp_fit_plan;

typedef struct itp_fit_result {
    itp_fit_step step;
    double objective, log_likelihood;
    unsigned starts, evaluations;
} itp_fit_result;

/* Writes the best hyperparameters found (mean included) to `hyper` (initialised for this kernel).
 * ITP_ENOMEM only. */
itp_status itp_fit(const itp_kernel *kernel, const itp_pool *pool, const double *z,
                   const itp_fit_plan *plan, itp_hyper *hyper, itp_fit_result *result);

/* How the plan's noise enters a target. */
void itp_fit_spec(const itp_kernel *kernel, const itp_pool *pool, const double *z,
                  const itp_fit_plan *plan, itp_task_spec *spec);

#endif
