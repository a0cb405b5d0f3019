/* rq.c - rational quadratic, a mixture of RBFs of many lengths: k = (1 + z)^-a, z = s/(2a).
 *   dk/ds = -(1/2) (1 + z)^-(a+1),  d2k/ds2 = (a+1)/(4a) (1 + z)^-(a+2),
 *   dk/d ln a = a k (z/(1 + z) - ln(1 + z)). Rasmussen & Williams 2006, eq. 4.19.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "radial.h"

static void value(size_t m, const double *s, double a, double *k)
{
    for (size_t j = 0; j < m; j++) k[j] = exp(-a * log1p(s[j] / (2 * a)));
}

static void slope(size_t m, const double *s, double a, double *h)
{
    for (size_t j = 0; j < m; j++) h[j] = -0.5 * exp(-(a + 1) * log1p(s[j] / (2 * a)));
}

static double curve(double s, double a)
{
    return (a + 1) / (4 * a) * exp(-(a + 2) * log1p(s / (2 * a)));
}

static void by_shape(size_t m, const double *s, double a, double *g)
{
    for (size_t j = 0; j < m; j++) {
        double z = s[j] / (2 * a), l = log1p(z);
        g[j] = a * exp(-a * l) * (z / (1 + z) - l);
    }
}

const itp_radial ITP_RQ = {"rq", 1, 1, value, slope, NULL, curve, by_shape};
