/* products.h - products of vectors and row-major matrices, by BLAS. A stride is the distance
 * between rows.
 * Threads     any; how many BLAS takes itself: blas.h      Cost  two flops a multiplied pair
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PRODUCTS_H
#define ITP_PRODUCTS_H

#include <stddef.h>

/* a'b. */
double itp_dot(size_t n, const double *a, const double *b);

/* y = alpha A x + beta y, A rows x cols. */
void itp_times(size_t rows, size_t cols, double alpha, const double *a, size_t stride,
               const double *x, double beta, double *y);
/* y = alpha A' x + beta y. */
void itp_times_t(size_t rows, size_t cols, double alpha, const double *a, size_t stride,
                 const double *x, double beta, double *y);
/* y = alpha S x + beta y, S symmetric n x n, of which the lower triangle is read. */
void itp_times_sym(size_t n, double alpha, const double *s, size_t stride, const double *x,
                   double beta, double *y);

/* C = alpha A'A + beta C, lower triangle; A rows x cols, C cols x cols, its rows close up. */
void itp_gram(size_t rows, size_t cols, double alpha, const double *a, size_t stride, double beta,
              double *c);
/* C = alpha A B' + C; A m x k, B n x k, C m x n, rows of all close up. */
void itp_add_product(size_t m, size_t n, size_t k, double alpha, const double *a, const double *b,
                     double *c);

#endif
