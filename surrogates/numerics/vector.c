/* vector.c - rows are added in order, so results do not depend on the vector's width.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "vector.h"

#include "simd.h"

ITP_CLONES void itp_times_minus(size_t n, double a, const double *x, const double *y,
                                double *restrict out)
{
    for (size_t i = 0; i < n; i++) out[i] = a * x[i] - y[i];
}

ITP_CLONES void itp_minus_squares(size_t n, size_t m, const double *a, size_t ld,
                                  double *restrict out)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        const double *restrict r0 = a + i * ld, *restrict r1 = r0 + ld, *restrict r2 = r1 + ld,
                               *restrict r3 = r2 + ld;
        for (size_t j = 0; j < m; j++)
            out[j] -= r0[j] * r0[j] + r1[j] * r1[j] + (r2[j] * r2[j] + r3[j] * r3[j]);
    }
    for (; i < n; i++)
        for (size_t j = 0; j < m; j++) out[j] -= a[i * ld + j] * a[i * ld + j];
    for (size_t j = 0; j < m; j++) out[j] = out[j] > 0 ? out[j] : 0;
}
