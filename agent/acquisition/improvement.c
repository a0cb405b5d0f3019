/* improvement.c - closed forms kept in logs, with the cancelling ranges summed as series.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "improvement.h"

#include <math.h>
#include <stddef.h>

#include "normal.h"

/* Beyond this many standard deviations 1 - t m(t), m Mills' ratio, is summed as a series: directly
 * it would lose 2 log10(t) digits. */
static const double MILLS_SERIES_FROM = 30;
/* Variances below this (latent units, where outcomes have variance 1) are exact knowledge. */
static const double VAR_MIN = 1e-18;
/* From here on exp(-z) is lost beside z or beside the tail of the positive part. */
static const double SOFTPLUS_STRAIGHT = 50;

/* 1 - t m(t) = t^-2 - 3 t^-4 + 15 t^-6 - ..., error below 1e-16 of the value for t >= 30. */
static double one_minus_tm(double t)
{
    static const double COEFFICIENT[] = {1, -3, 15, -105, 945, -10395, 135135, -2027025};
    double r = 1 / t / t, sum = 0;
    for (int k = 7; k >= 0; k--) sum = (sum + COEFFICIENT[k]) * r;
    return sum;
}

double itp_log_improvement(double u, double *slope)
{
    if (u > -1) {
        double cdf = itp_ndtr(u), h = exp(itp_log_npdf(u)) + u * cdf;
        if (slope) *slope = cdf / h;
        return log(h);
    }
    double t = -u, mills = ITP_SQRT_HALF_PI * itp_erfcx(t / ITP_SQRT_2);
    double rest = t < MILLS_SERIES_FROM ? 1 - t * mills : one_minus_tm(t);
    if (slope) *slope = mills / rest;
    return itp_log_npdf(u) + log(rest);
}

double itp_log_ei(double mean, double var, double best, double *dmean, double *dvar)
{
    double slope, sigma = sqrt(fmax(var, VAR_MIN)), u = (mean - best) / sigma;
    double log_h = itp_log_improvement(u, &slope);
    if (dmean) *dmean = slope / sigma;
    /* d/dsigma (ln sigma + ln h) = (1 - u Phi/h)/sigma = phi/(h sigma): no difference is taken. */
    if (dvar) {
        *dvar = var > VAR_MIN ? 0.5 * exp(itp_log_npdf(u) - log_h) / (sigma * sigma) : 0;
    }
    return log(sigma) + log_h;
}

/* The tent reach - |z - target| is (z - (t - r))+ - 2 (z - t)+ + (z - (t + r))+: three expected
 * improvements, with the largest taken out. By symmetry the mean may stand left of the target,
 * where all three are small together and keep their digits. */
double itp_log_ei_target(double mean, double var, double target, double reach, double *dmean,
                         double *dvar)
{
    double side = mean > target ? -1 : 1, sigma = sqrt(fmax(var, VAR_MIN));
    double w = reach / sigma, u = side * (mean - target) / sigma, s[3], l[3];
    for (int i = 0; i < 3; i++) l[i] = itp_log_improvement(u + (1 - i) * w, &s[i]);
    double b = exp(l[1] - l[0]), c = exp(l[2] - l[0]), tent = 1 - 2 * b + c;
    double value, du, dw;
    if (w * fmax(1, fabs(u)) < 1e-3 || tent < 1e-9) {
        /* A narrow tent: its area w^2 times the density. */
        value = 2 * log(w) + itp_log_npdf(u);
        du = -u, dw = 2 / w;
    } else {
        value = l[0] + log(tent);
        du = (s[0] - 2 * b * s[1] + c * s[2]) / tent;
        dw = (s[0] - c * s[2]) / tent;
    }
    if (dmean) *dmean = side * du / sigma;
    if (dvar) *dvar = var > VAR_MIN ? 0.5 * (1 - u * du - w * dw) / (sigma * sigma) : 0;
    return log(sigma) + value;
}

double itp_log_sub(double a, double b)
{
    return b == -INFINITY ? a : a + itp_log1mexp(b - a);
}

/* a <= b with the middle left of zero, or an infinite end: the side that keeps its digits. */
static double between_low(double a, double b, double *da, double *db)
{
    *da = *db = 0;
    if (a == b) return -INFINITY;
    if (isfinite(a) && isfinite(b) && fabs(a) < 1e4 && b - a <= 1e-5 * fmax(1, fabs(a))) {
        /* A sliver: width times the density at its middle, relative error (b - a)^2 a^2 / 24. */
        double value = itp_log_npdf(0.5 * (a + b)) + log(b - a);
        *da = -exp(itp_log_npdf(a) - value);
        *db = exp(itp_log_npdf(b) - value);
        return value;
    }
    double high = b == INFINITY ? 0 : itp_log_ndtr(b);
    double low = a == -INFINITY ? -INFINITY : itp_log_ndtr(a);
    double ratio = exp(low - high), rest = -expm1(low - high);
    if (isfinite(a)) *da = -itp_ndtr_slope(a) * ratio / rest;
    if (isfinite(b)) *db = itp_ndtr_slope(b) / rest;
    return itp_log_sub(high, low);
}

double itp_log_ndtr_between(double a, double b, double *da, double *db)
{
    double left, right, value;
    if (a + b > 0 || (a > 0 && b == INFINITY)) {
        value = between_low(-b, -a, &right, &left);
        left = -left, right = -right;
    } else {
        value = between_low(a, b, &left, &right);
    }
    if (da) *da = left;
    if (db) *db = right;
    return value;
}

double itp_log_within(double mean, double var, double low, double high, double *dmean, double *dvar)
{
    double sigma = sqrt(fmax(var, VAR_MIN)), a = (low - mean) / sigma, b = (high - mean) / sigma;
    double da, db, value = itp_log_ndtr_between(a, b, &da, &db);
    double along = (isfinite(a) ? a * da : 0) + (isfinite(b) ? b * db : 0);
    if (dmean) *dmean = -(da + db) / sigma;
    if (dvar) *dvar = var > VAR_MIN ? -0.5 * along / (sigma * sigma) : 0;
    return value;
}

double itp_softplus(double x, double *slope)
{
    double e = exp(-fabs(x));
    if (slope) *slope = x >= 0 ? 1 / (1 + e) : e / (1 + e);
    return (x > 0 ? x : 0) + log1p(e);
}

double itp_log_sigmoid(double x, double *slope)
{
    double falling;
    double value = -itp_softplus(-x, &falling);
    if (slope) *slope = falling;
    return value;
}

double itp_fat_relu(double x, double tau, double *slope)
{
    double z = x / tau, ds = z > 0, plus = z > 0 ? z : 0, tail = 0.1 / (1 + z * z);
    if (fabs(z) < SOFTPLUS_STRAIGHT) plus = itp_softplus(z, &ds);
    if (slope) *slope = ds - 2 * z * tail / (1 + z * z);
    return tau * (plus + tail);
}

double itp_log_fat_relu(double x, double tau, double *slope)
{
    double value = itp_fat_relu(x, tau, slope);
    if (slope) *slope /= value;
    return log(value);
}
