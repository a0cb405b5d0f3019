/* chol.h - the Cholesky factor of a covariance matrix that grows and shrinks.
 *   K + jitter I = L L', L lower triangular, row-major with a stride. "Jitter": when K is not
 * positive definite in floating point, ITP_JITTERS times the mean diagonal is added, smallest
 * first, and what was needed is reported; the harmonic mean, which a few loud rows do not raise.
 * Life cycle  init -> factor -> { append | remove | solve
 * ... }* -> deinit; the caller's storage Threads     one writer or many readers Cost        factor
 * n^3/3 flops; append, remove, rank1, solve of one vector O(n^2)
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CHOL_H
#define ITP_CHOL_H

#include <stddef.h>

#include "interphase/status.h"

typedef struct itp_chol {
    size_t n, stride; /* stride: doubles from one row to the next, >= n */
    double *l;        /* n rows; what stands above the diagonal means nothing */
    double jitter;    /* added to the diagonal, absolute */
} itp_chol;

typedef struct itp_chol_info {
    double jitter; /* relative to the (harmonic) mean diagonal */
    int tries;     /* factorisations made, 1 when the matrix needed nothing */
} itp_chol_info;

#define ITP_JITTERS                                                                                \
    {                                                                                              \
        0, 1e-10, 1e-8, 1e-6, 1e-4                                                                 \
    } /* x mean diagonal */

void itp_chol_init(itp_chol *chol);
void itp_chol_deinit(itp_chol *chol);

/* Room for n rows (contents lost); the caller then writes K's lower triangle into chol->l. */
itp_status itp_chol_resize(itp_chol *chol, size_t n);

/* Factors what stands in chol->l in place, without jitter. ITP_ENOTPD: contents lost. */
itp_status itp_chol_factor(itp_chol *chol);

/* Writes K (lower triangle, n x n) into l with this stride. */
typedef void (*itp_chol_fill)(void *context, double *l, size_t stride);

/* Fills and factors up the jitter ladder. ITP_ENOTPD only if even the last step fails. */
itp_status itp_chol_ladder(itp_chol *chol, size_t n, itp_chol_fill fill, void *context,
                           itp_chol_info *info);

/* Appends row k (n values) with diagonal kk (jitter is added). ITP_ENOTPD leaves it unchanged.
 * A pivot below `floor` (>= 0, absolute) is raised to it. */
itp_status itp_chol_append(itp_chol *chol, const double *k, double kk, double floor);

/* Removes row and column i. scratch: n doubles. */
void itp_chol_remove(itp_chol *chol, size_t i, double *scratch);

/* L L' + sign v v', sign +1 or -1; v (n) is used up, and rows before the first non-zero stay.
 * ITP_ENOTPD: contents lost (sign -1 only). */
itp_status itp_chol_rank1(itp_chol *chol, double *v, double sign);

/* In place, m right-hand sides, b is n x m row-major with stride ldb: L^-1 b, L^-T b, K^-1 b. */
void itp_chol_solve_l(const itp_chol *chol, size_t m, double *b, size_t ldb);
void itp_chol_solve_lt(const itp_chol *chol, size_t m, double *b, size_t ldb);
void itp_chol_solve(const itp_chol *chol, size_t m, double *b, size_t ldb);

/* L^-1 b in place for many right-hand sides, as panels (tiles.h) of n rows one behind the other. */
void itp_chol_solve_panels(const itp_chol *chol, size_t panels, double *b);

/* ln det K. */
double itp_chol_logdet(const itp_chol *chol);

/* Turns L into K^-1 in place (lower triangle); chol is then no factor any more. 2/3 n^3 flops. */
itp_status itp_chol_invert(itp_chol *chol);

/* Diagonal of K^-1 (n) from the factor. scratch: n x n doubles. n^3/3 flops. */
itp_status itp_chol_inverse_diag(const itp_chol *chol, double *diag, double *scratch);

#endif
