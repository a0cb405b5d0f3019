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

/* Rational functions of Wichura 1988 (AS 241, PPND16), relative error 1e-16: of 0.425^2 - (p -
 * 1/2)^2 in the middle, of sqrt(-ln p) in the tail and the far tail. Rows: numerator, denominator.
 */
static const double MIDDLE[2][8] = {
    {3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
     45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727},
    {1, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077, 21213.794301586595867,
     39307.895800092710610, 28729.085735721942674, 5226.4952788528545610}};
static const double TAIL[2][8] = {
    {1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
     1.27045825245236838258, 0.241780725177450611770, 0.0227238449892691845833,
     7.74545014278341407640e-4},
    {1, 2.05319162663775882187, 1.67638483018380384940, 0.689767334985100004550,
     0.148103976427480074590, 0.0151986665636164571966, 5.47593808499534494600e-4,
     1.05075007164441684324e-9}};
static const double FAR[2][8] = {
    {6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
     0.296560571828504891230, 0.0265321895265761230930, 1.24266094738807843860e-3,
     2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1, 0.599832206555887937690, 0.136929880922735805310, 0.0148753612908506148525,
     7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
     2.04426310338993978564e-15}};

static double ratio(const double c[2][8], double r)
{
    double above = c[0][7], below = c[1][7];
    for (int k = 7; k-- > 0;) above = above * r + c[0][k], below = below * r + c[1][k];
    return above / below;
}

double itp_ndtri(double p)
{
    if (!(p > 0) || !(p < 1)) return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
    double off = p - 0.5;
    if (fabs(off) <= 0.425) return off * ratio(MIDDLE, 0.180625 - off * off);
    double r = sqrt(-log(off < 0 ? p : 1 - p));
    double x = r <= 5 ? ratio(TAIL, r - 1.6) : ratio(FAR, r - 5);
    return off < 0 ? -x : x;
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
