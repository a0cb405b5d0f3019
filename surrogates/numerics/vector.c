/* vector.c - rows are added in order, so results do not depend on the vector's width.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "vector.h"

#include "simd.h"

/* x = n pi + r with |r| <= pi/2 and pi in three parts (Cody & Waite), the sign of (-1)^n as the bit
 * that x lacks. An angle too large for that keeps an r within the polynomials' range. */
ITP_INLINE double to_half_turn(double x, uint64_t *sign)
{
    double t = x * 0x1.45f306dc9c883p-2 + 0x1.8p52, n = t - 0x1.8p52;
    double r = x - n * 0x1.921fb54400000p+1;
    r -= n * 0x1.0b4611a600000p-33;
    r -= n * 0x1.3198a2e037073p-68;
    uint64_t bits;
    memcpy(&bits, &t, sizeof bits);
    *sign = bits << 63;
    r = r < -1.571 ? -1.571 : r;
    return r > 1.571 ? 1.571 : r;
}

ITP_INLINE double with_sign(double value, uint64_t sign)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits ^= sign;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

/* Taylor's series; the next terms are 2e-17 and 1e-18 at pi/2. */
ITP_INLINE double cos_series(double r2)
{
    double p = 1.0 / 2432902008176640000;
    p = p * r2 - 1.0 / 6402373705728000;
    p = p * r2 + 1.0 / 20922789888000;
    p = p * r2 - 1.0 / 87178291200;
    p = p * r2 + 1.0 / 479001600;
    p = p * r2 - 1.0 / 3628800;
    p = p * r2 + 1.0 / 40320;
    p = p * r2 - 1.0 / 720;
    p = p * r2 + 1.0 / 24;
    p = p * r2 - 0.5;
    return p * r2 + 1;
}

ITP_INLINE double sin_series(double r, double r2)
{
    double p = 1.0 / 51090942171709440000.0;
    p = p * r2 - 1.0 / 121645100408832000;
    p = p * r2 + 1.0 / 355687428096000;
    p = p * r2 - 1.0 / 1307674368000;
    p = p * r2 + 1.0 / 6227020800;
    p = p * r2 - 1.0 / 39916800;
    p = p * r2 + 1.0 / 362880;
    p = p * r2 - 1.0 / 5040;
    p = p * r2 + 1.0 / 120;
    p = p * r2 - 1.0 / 6;
    return r + r * (p * r2);
}

ITP_CLONES void itp_cosines(size_t n, double *angle, double *restrict sine)
{
    uint64_t sign;
    for (size_t i = 0; sine && i < n; i++) {
        double r = to_half_turn(angle[i], &sign);
        sine[i] = with_sign(sin_series(r, r * r), sign);
    }
    for (size_t i = 0; i < n; i++) {
        double r = to_half_turn(angle[i], &sign);
        angle[i] = with_sign(cos_series(r * r), sign);
    }
}

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
