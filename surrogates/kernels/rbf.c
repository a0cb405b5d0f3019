/* rbf.c - squared exponential: k = exp(-s/2), dk/ds = -k/2, d2k/ds2 = k/4. Rasmussen & Williams
 * 2006, eq. 4.9. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "radial.h"
#include "simd.h"

ITP_CLONES static void value(size_t m, const double *s, double shape, double *k)
{
    (void)shape;
    for (size_t j = 0; j < m; j++) k[j] = itp_exp_neg(-0.5 * s[j]);
}

ITP_CLONES static void slope(size_t m, const double *s, double shape, double *h)
{
    (void)shape;
    for (size_t j = 0; j < m; j++) h[j] = -0.5 * itp_exp_neg(-0.5 * s[j]);
}

ITP_CLONES static void both(size_t m, const double *restrict s, double *restrict k,
                            double *restrict h)
{
    for (size_t j = 0; j < m; j++) {
        k[j] = itp_exp_neg(-0.5 * s[j]);
        h[j] = -0.5 * k[j];
    }
}

static double curve(double s, double shape)
{
    (void)shape;
    return 0.25 * exp(-0.5 * s);
}

const itp_radial ITP_RBF = {"rbf", 0, 1, value, slope, both, curve, NULL};
