/* pool.h - replicates pooled exactly: rows of one place become one site.
 *   Rows i of a site with noise variances v_i have the precision-weighted mean y_s and the variance
 * v_s = 1 / sum 1/v_i; the likelihood of the rows is that of the sites times
 *   prod_i N(y_i | y_s, v_i) / N(y_s | y_s, v_s),  which the functions below keep.
 * Life cycle  init -> { add }* -> deinit        Cost  add O(sites d)
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_POOL_H
#define ITP_POOL_H

#include <stddef.h>

#include "interphase/status.h"

typedef struct itp_pool {
    size_t d, n_rows, rows_max, n_sites, sites_max;
    size_t *site;  /* n_rows: the site of each row */
    size_t *count; /* n_sites: rows of each site */
    double *x;     /* n_sites x d, in order of first arrival */
} itp_pool;

void itp_pool_init(itp_pool *pool, size_t d);
void itp_pool_deinit(itp_pool *pool);

/* Adds a row at x (d); *is_new says whether it opened a site. */
itp_status itp_pool_add(itp_pool *pool, const double *x, int *is_new);

/* Adds n rows at once by sorting, O(n log n d); the same as adding one by one. Empty pool only. */
itp_status itp_pool_fill(itp_pool *pool, size_t n, const double *x);

/* Removes row i. Returns its site; *was_last says whether the site went with it. */
size_t itp_pool_remove(itp_pool *pool, size_t i, int *was_last);

/* Sites' means y_s and variances v_s from the rows' z and v. Returns the log likelihood that
 * pooling takes out (0 without replicates). */
double itp_pool_weigh(const itp_pool *pool, const double *z, const double *v, double *y_site,
                      double *v_site);

/* d log p / d v_i of each row, from the sites' alpha = K^-1 (y - m) and diagonal of K^-1 (over
 * sites): 1/2 (alpha_i^2 - [K^-1]_ii) with both of the unpooled matrix.
 *   residual  n_sites: y_s - m */
void itp_pool_backward(const itp_pool *pool, const double *z, const double *v, const double *v_site,
                       const double *residual, double mean, const double *alpha,
                       const double *kinv_diag, double *grad_v);

#endif
