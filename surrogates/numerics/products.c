/* products.c - sizes as BLAS counts them: in int, which n^2 doubles outgrow long before.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "products.h"

#include <cblas.h>

double itp_dot(size_t n, const double *a, const double *b)
{
    return cblas_ddot((int)n, a, 1, b, 1);
}

void itp_times(size_t rows, size_t cols, double alpha, const double *a, size_t stride,
               const double *x, double beta, double *y)
{
    cblas_dgemv(CblasRowMajor, CblasNoTrans, (int)rows, (int)cols, alpha, a, (int)stride, x, 1,
                beta, y, 1);
}

void itp_times_t(size_t rows, size_t cols, double alpha, const double *a, size_t stride,
                 const double *x, double beta, double *y)
{
    cblas_dgemv(CblasRowMajor, CblasTrans, (int)rows, (int)cols, alpha, a, (int)stride, x, 1, beta,
                y, 1);
}

void itp_times_sym(size_t n, double alpha, const double *s, size_t stride, const double *x,
                   double beta, double *y)
{
    cblas_dsymv(CblasRowMajor, CblasLower, (int)n, alpha, s, (int)stride, x, 1, beta, y, 1);
}

void itp_gram(size_t rows, size_t cols, double alpha, const double *a, size_t stride, double beta,
              double *c)
{
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (int)cols, (int)rows, alpha, a, (int)stride,
                beta, c, (int)cols);
}

void itp_add_product(size_t m, size_t n, size_t k, double alpha, const double *a, const double *b,
                     double *c)
{
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, alpha, a, (int)k,
                b, (int)k, 1, c, (int)n);
}
