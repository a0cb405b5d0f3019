/* normal.c - tails by erfcx: exp(x^2) erfc(x) never underflows, so logarithms never become -inf.
 *   Below x = 10 the C library's erfc (good to a few ulp while it is a normal number) is multiplied
 * by exp(x^2) whose exponent is carried in two doubles; above, the asymptotic series
 * erfcx(x) = 1/(x sqrt(pi)) sum_k (-1)^k (2k-1)!! / (2x^2)^k (Abramowitz & Stegun 7.1.23) has
 * converged to 1e-16 in at most 14 terms.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "normal.h"

#include <math.h>

static const double INV_SQRT_PI = 0.56418958354775628695;
static const double SERIES_FROM = 10;

static double erfcx_series(double x)
{
    double inv = 1 / (2 * x * x), term = 1, sum = 1;
    for (int k = 1; k < 40; k++) {
        double next = -term * (2 * k - 1) * inv;
        if (fabs(next) < 1e-17 || fabs(next) >= fabs(term)) break;
        sum += term = next;
    }
    return sum * INV_SQRT_PI / x;
}

double itp_erfcx(double x)
{
    if (x >= SERIES_FROM) return isinf(x) ? 0 : erfcx_series(x);
    double hi = x * x, lo = fma(x, x, -hi);
    if (isinf(hi)) return hi;
    return exp(hi) * (1 + lo) * erfc(x);
}

double itp_log_npdf(double x)
{
    return -0.5 * x * x - 0.5 * ITP_LOG_2PI;
}

/* exp(-x^2/2) with the exponent in two doubles: its rounding would cost x^2/2 ulp. */
static double bell(double x)
{
    double hi = x * x, lo = fma(x, x, -hi);
    return isinf(hi) ? 0 : exp(-0.5 * hi) * (1 - 0.5 * lo);
}

double itp_ndtr(double x)
{
    if (x > -1) return 0.5 * erfc(-x / ITP_SQRT_2);
    return 0.5 * bell(x) * itp_erfcx(-x / ITP_SQRT_2);
}

double itp_log_ndtr(double x)
{
    if (x > 1) return log1p(-itp_ndtr(-x));
    if (x > -1) return log(itp_ndtr(x));
    return -0.5 * x * x + log(0.5 * itp_erfcx(-x / ITP_SQRT_2));
}

double itp_ndtr_slope(double x)
{
    if (x > 0) return bell(x) * INV_SQRT_PI / (ITP_SQRT_2 * itp_ndtr(x));
    return 1 / (ITP_SQRT_HALF_PI * itp_erfcx(-x / ITP_SQRT_2));
}

/* Start by Abramowitz & Stegun 26.2.23 (error 5e-4), then Halley's steps on ln Phi(x) = log_p. */
static double invert(double log_p)
{
    double t = sqrt(-2 * log_p);
    double x = ((0.010328 * t + 0.802853) * t + 2.515517) /
                   (((0.001308 * t + 0.189269) * t + 1.432788) * t + 1) -
               t;
    for (int i = 0; i < 4; i++) {
        double f = itp_log_ndtr(x) - log_p, slope = itp_ndtr_slope(x);
        double curve = -slope * (x + slope); /* second derivative of ln Phi */
        double step = f / slope / (1 - 0.5 * f * curve / (slope * slope));
        x -= step;
        if (fabs(step) <= 1e-15 * (1 + fabs(x))) break;
    }
    return x;
}

double itp_ndtri(double p)
{
    if (!(p > 0) || !(p < 1)) return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    if (p == 0.5) return 0;
    return p < 0.5 ? invert(log(p)) : -invert(log1p(-p));
}

double itp_ndtri_log(double log_p)
{
    if (!(log_p < 0)) return log_p == 0 ? INFINITY : NAN;
    return log_p < -0.6931471805599453 ? invert(log_p) : -invert(log(-expm1(log_p)));
}

double itp_log1mexp(double x)
{
    return x > -0.6931471805599453 ? log(-expm1(x)) : log1p(-exp(x));
}

double itp_log_add(double a, double b)
{
    double high = fmax(a, b), low = fmin(a, b);
    return isinf(high) ? high : high + log1p(exp(low - high));
}

double itp_mixture_score(size_t n, const double *t, const double *log_share)
{
    double below = -INFINITY, above = -INFINITY, even = -log((double)n);
    if (n == 1) return t[0];
    for (size_t k = 0; k < n; k++) {
        double share = log_share ? log_share[k] : even;
        below = itp_log_add(below, share + itp_log_ndtr(t[k]));
        above = itp_log_add(above, share + itp_log_ndtr(-t[k]));
    }
    return below < above ? itp_ndtri_log(below) : -itp_ndtri_log(above);
}
