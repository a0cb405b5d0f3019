/* kernel.h - covariance functions over encoded inputs (data.h), as trees of families.
 *   A kernel is built from an expression, "matern52", "matern52 + linear", "rbf * periodic"; each
 * family takes the columns it can read: radial families, linear and periodic the numeric ones,
 * hamming the CATEGORY and SOURCE ones, descriptor the DESCRIPTOR ones. A numeric family in a space
 * that also has categories becomes the mixed form (mixed.c), unless the expression says hamming.
 * A space with an OUTCOME column multiplies the whole by coregion.c.
 *   Parameters are one flat vector theta, all unbounded reals (logarithms, one logit), described by
 * itp_param. Points are embedded once per theta: features scaled by lengthscale, kept column by
 * column, so that rows of covariances are vector code.
 * Life cycle  create -> { embed -> value | backward | grad_x }* -> destroy; a kernel never changes
 * Threads     any number may read        Cost  O(features) a pair
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_KERNEL_H
#define ITP_KERNEL_H

#include <stddef.h>

#include "interphase/data.h"
#include "interphase/status.h"

typedef struct itp_kernel itp_kernel;

typedef enum itp_param_kind {
    ITP_PARAM_LENGTH,   /* ln of a column's lengthscale, unit cube */
    ITP_PARAM_MISMATCH, /* ln of a category's lengthscale (hamming.c) */
    ITP_PARAM_SHAPE,    /* ln of a family's shape */
    ITP_PARAM_VARIANCE, /* ln of a component's variance */
    ITP_PARAM_SLOPE,    /* ln of a column's linear variance */
    ITP_PARAM_MIX,      /* logit of the product's share in a mixed kernel */
    ITP_PARAM_LOADING   /* atanh of an outcome's loading on the common factor (coregion.c) */
} itp_param_kind;

typedef struct itp_param {
    itp_param_kind kind;
    int column; /* the column it belongs to, -1: none */
} itp_param;

/* Points embedded for one kernel and theta: features x stride, feature-major, and behind them
 * ITP_POINTS_SLACK doubles more: vector code reads past the last point, and discards it. */
enum { ITP_POINTS_SLACK = 8 };
typedef struct itp_points {
    size_t n, stride, features;
    double *f;
} itp_points;

/* ITP_EINVAL: unknown word, or a family that finds no column to read. */
itp_status itp_kernel_create(itp_kernel **out, const char *expression, size_t d,
                             const itp_column *columns, itp_error *err);
void itp_kernel_destroy(itp_kernel *kernel);

size_t itp_kernel_n_params(const itp_kernel *kernel);
const itp_param *itp_kernel_params(const itp_kernel *kernel);
/* Dimensions that the lengthscale prior counts: columns in use. */
size_t itp_kernel_dims(const itp_kernel *kernel);
/* Canonical expression. */
const char *itp_kernel_name(const itp_kernel *kernel);

/* Writes theta's n_params to where the default search starts: the prior modes (numerics.md 1). */
void itp_kernel_default(const itp_kernel *kernel, double *theta);

void itp_points_deinit(itp_points *points);
/* Embeds n points (x: n x d row-major), replacing what was there; points starts as {0}. */
itp_status itp_kernel_embed(const itp_kernel *kernel, const double *theta, size_t n,
                            const double *x, itp_points *points);
/* Embeds n more. */
itp_status itp_kernel_embed_more(const itp_kernel *kernel, const double *theta, size_t n,
                                 const double *x, itp_points *points);
/* Removes point i, keeping the order. */
void itp_points_remove(itp_points *points, size_t i);

/* out[(i - i0) ld + j - j0] = k(a_i, b_j) for ni x nj points. */
void itp_kernel_block(const itp_kernel *kernel, const double *theta, const itp_points *a, size_t i0,
                      size_t ni, const itp_points *b, size_t j0, size_t nj, double *out, size_t ld);
/* Rows i0 .. i0+ni-1 of the lower triangle of k(a, a), diagonal included. */
void itp_kernel_lower(const itp_kernel *kernel, const double *theta, const itp_points *a, size_t i0,
                      size_t ni, double *out, size_t ld);
/* The whole lower triangle of k(a, a), n x n, and above its diagonal what itp_kernel_push needs,
 * where the kernel is one radial family without a shape: row n-1-i holds dk/ds of row i, columns
 * n-i .. n-1. Returns whether it is. */
int itp_kernel_lower_slopes(const itp_kernel *kernel, const double *theta, const itp_points *a,
                            double *out, size_t ld);
/* grad[p] += sum_(j < i) w[j] d k(a_i, a_j) / d theta_p, with slopes (i) as above. */
void itp_kernel_push(const itp_kernel *kernel, const itp_points *a, size_t i, const double *slopes,
                     const double *w, double *grad);

/* out[i] = k(a_i, a_i). */
void itp_kernel_diag(const itp_kernel *kernel, const double *theta, const itp_points *a,
                     double *out);

/* grad[p] += sum_j w[j] d k(a_i, b_(j0+j)) / d theta_p, j = 0 .. nj-1. */
void itp_kernel_backward(const itp_kernel *kernel, const double *theta, const itp_points *a,
                         size_t i, const itp_points *b, size_t j0, size_t nj, const double *w,
                         double *grad);

/* Values k(x, b_j) (n, may be NULL) and gradients in x: dk is d x n, row c = d k / d x_c; 0 for
 * categories and inactive columns. x is encoded, not embedded. */
itp_status itp_kernel_grad_x(const itp_kernel *kernel, const double *theta, const double *x,
                             const itp_points *b, double *value, double *dk);

/* Gradient of k(x, x) in x (d). */
itp_status itp_kernel_grad_diag(const itp_kernel *kernel, const double *theta, const double *x,
                                double *dk);

/* d x d: entry (c, e) = d^2 k(x, y) / (d x_c d y_e). ITP_ENOTSUP for families that are not twice
 * differentiable where x = y (matern12). */
itp_status itp_kernel_mixed_second(const itp_kernel *kernel, const double *theta, const double *x,
                                   const double *y, double *out);

#endif
