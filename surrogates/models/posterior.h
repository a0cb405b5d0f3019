/* posterior.h - one member of a model: rows pooled into sites, hyperparameters, and the exact GP.
 * Life cycle  init -> build -> { append | remove | loo }* -> deinit
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_POSTERIOR_H
#define ITP_POSTERIOR_H

#include "gp.h"
#include "rows.h"
#include "target.h"

typedef struct itp_posterior {
    itp_pool pool;
    itp_gp gp;
    itp_hyper hyper;
    size_t max;
    double *v;     /* rows: noise variance of each */
    double *extra; /* rows: variance of declared outliers; NULL: none */
} itp_posterior;

void itp_posterior_init(itp_posterior *post, const itp_kernel *kernel, size_t d);
void itp_posterior_deinit(itp_posterior *post);

/* Pools and factors all rows. hyper is copied; extra (rows->n; NULL: none) too. */
itp_status itp_posterior_build(itp_posterior *post, const itp_rows *rows, const itp_hyper *hyper,
                               const double *extra);

/* Takes the row behind its last one. */
itp_status itp_posterior_append(itp_posterior *post, const itp_rows *rows);
/* Removes row i, which `rows` still holds. */
itp_status itp_posterior_remove(itp_posterior *post, const itp_rows *rows, size_t i);

/* Row i left out, its replicates kept: predictive mean and variance (noise included), latent. */
void itp_posterior_loo(const itp_posterior *post, const itp_rows *rows, size_t i, double *mean,
                       double *var);

#endif
