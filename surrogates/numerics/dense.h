/* dense.h - Cholesky factor, inverse and triangular solves from register tiles (tiles.h).
 *   Matrices are row-major lower triangles with a stride; what stands above the diagonal is neither
 * read nor written. Sums over p run in order, so bits depend on the tiles alone.
 * Threads     any      Cost  n^3/3 flops each; a panel of scratch, see ITP_PANEL_ROWS
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_DENSE_H
#define ITP_DENSE_H

#include "interphase/status.h"
#include "tiles.h"

/* Rows that a scratch panel needs for n rows of a matrix. */
#define ITP_PANEL_ROWS(n) ((n) + ITP_PANEL)

/* K = L L' in place. ITP_ENOTPD when a pivot is not a positive number; contents lost. */
itp_status itp_dense_factor(const itp_tiles *tiles, size_t n, double *l, size_t ld, double *panel);

/* L^-1 in place of L. */
void itp_dense_invert(const itp_tiles *tiles, size_t n, double *l, size_t ld, double *panel);

/* Diagonal of (L L')^-1 (n). */
void itp_dense_inverse_diag(const itp_tiles *tiles, size_t n, const double *l, size_t ld,
                            double *panel, double *diag);

/* X'X in place of a lower triangle X. */
void itp_dense_square(const itp_tiles *tiles, size_t n, double *x, size_t ld, double *panel);

/* L^-1 b in place, b: panels of n rows, one behind the other. */
void itp_dense_solve(const itp_tiles *tiles, size_t n, const double *l, size_t ld, size_t panels,
                     double *b);

#endif
