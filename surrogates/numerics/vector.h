/* vector.h - sums that BLAS does not have, as vector code.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_VECTOR_H
#define ITP_VECTOR_H

#include <stddef.h>

/* out[j] = max(out[j] - sum_i a[i ld + j]^2, 0) over n rows and m columns. */
void itp_minus_squares(size_t n, size_t m, const double *a, size_t ld, double *out);

/* angle becomes its cosine, sine (may be NULL) its sine; n each. To 1e-15 for angles up to 1e6, and
 * within [-1, 1] up to rounding for any. */
void itp_cosines(size_t n, double *angle, double *restrict sine);

/* out = a x - y, n each; out overlaps neither. */
void itp_times_minus(size_t n, double a, const double *x, const double *y, double *out);

#endif
