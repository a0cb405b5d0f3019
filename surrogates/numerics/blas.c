/* blas.c - sets OpenBLAS's thread count, where the BLAS in use is OpenBLAS.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "blas.h"

#include <cblas.h>

void itp_blas_serial(void)
{
    openblas_set_num_threads(1);
}

void itp_blas_for(size_t n)
{
    openblas_set_num_threads(n >= ITP_BLAS_LARGE ? 2 : 1);
}

const char *itp_blas_kernel(void)
{
    return openblas_get_corename();
}
