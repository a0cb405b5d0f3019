/* transform.c - Yeo-Johnson: for t >= 0 ((t+1)^l - 1)/l, for t < 0 -((1-t)^(2-l) - 1)/(2-l), with
 * logarithms where an exponent is 0. It is increasing for every lambda, but bounded on one side
 * when lambda < 0 or > 2: lambda is kept in [0, 2], so that every latent value has its outcome.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "transform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const NAMES[] = {"standardise", "log", "yeo-johnson"};
static const double TINY = 1e-290; /* stands for an outcome that has no logarithm */

const char *itp_transform_name(itp_transform_kind kind)
{
    return NAMES[kind];
}

int itp_transform_find(const char *name)
{
    for (int k = 0; k < 3; k++)
        if (strcmp(name, NAMES[k]) == 0) return k;
    return -1;
}

static double power_log(double base_log, double exponent) /* (e^b)^e - 1) / e */
{
    return fabs(exponent) < 1e-12 ? base_log : expm1(exponent * base_log) / exponent;
}

static double yeo_johnson(double t, double lambda)
{
    return t >= 0 ? power_log(log1p(t), lambda) : -power_log(log1p(-t), 2 - lambda);
}

static double yeo_johnson_inverse(double w, double lambda)
{
    double e = w >= 0 ? lambda : 2 - lambda, a = fabs(w);
    double base_log = fabs(e) < 1e-12 ? a : log1p(e * a) / e;
    return w >= 0 ? expm1(base_log) : -expm1(base_log);
}

/* Mean and sd without overflow; sd falls back to the size of a constant, then to 1. */
static void centre(size_t n, const double *y, double *mean, double *sd)
{
    double most = 0, sum = 0, square = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(y[i]));
    *mean = 0;
    *sd = 1;
    if (n == 0 || !(most > 0)) return;
    for (size_t i = 0; i < n; i++) sum += y[i] / most;
    sum /= (double)n;
    for (size_t i = 0; i < n; i++) square += (y[i] / most - sum) * (y[i] / most - sum);
    *mean = sum * most;
    square = n > 1 ? sqrt(square / (double)(n - 1)) : 0;
    *sd = square > 0 ? fmax(square, 1e-13) * most : fmax(fabs(*mean), 1e-300);
}

/* Log likelihood of lambda on t, the normal's mean and variance profiled out; lambda ~ N(1, 1)
 * keeps few data from bending far. */
static double profile(size_t n, const double *t, double lambda)
{
    double sum = 0, square = 0, jacobian = 0;
    for (size_t i = 0; i < n; i++) {
        double w = yeo_johnson(t[i], lambda);
        sum += w;
        square += w * w;
        jacobian += copysign(log1p(fabs(t[i])), t[i]);
    }
    double var = square / (double)n - sum / (double)n * (sum / (double)n);
    if (!(var > 1e-300)) return -INFINITY;
    return -0.5 * (double)n * log(var) + (lambda - 1) * jacobian -
           0.5 * (lambda - 1) * (lambda - 1);
}

static double best_lambda(size_t n, const double *t)
{
    const double GOLD = 0.61803398874989485;
    double low = 0, high = 2, a = high - GOLD * (high - low), b = low + GOLD * (high - low);
    double fa = profile(n, t, a), fb = profile(n, t, b);
    while (high - low > 1e-4) {
        if (fa >= fb) {
            high = b, b = a, fb = fa;
            a = high - GOLD * (high - low);
            fa = profile(n, t, a);
        } else {
            low = a, a = b, fa = fb;
            b = low + GOLD * (high - low);
            fb = profile(n, t, b);
        }
    }
    double lambda = 0.5 * (low + high);
    return profile(n, t, lambda) >= profile(n, t, 1) ? lambda : 1;
}

/* Raw value before the last standardisation. */
static double bend(const itp_transform *t, double y)
{
    if (t->kind == ITP_TRANSFORM_LOG) return log(y > TINY ? y : TINY);
    double u = (y - t->c0) / t->s0;
    return t->kind == ITP_TRANSFORM_YEO_JOHNSON ? yeo_johnson(u, t->lambda) : u;
}

itp_status itp_transform_fit(itp_transform *t, itp_transform_kind kind, size_t n, const double *y)
{
    *t = (itp_transform){kind, 0, 1, 1, 0, 1};
    for (size_t i = 0; i < n; i++)
        if (kind == ITP_TRANSFORM_LOG && !(y[i] > 0)) t->kind = ITP_TRANSFORM_STANDARDISE;
    if (t->kind != ITP_TRANSFORM_LOG) centre(n, y, &t->c0, &t->s0);
    if (t->kind == ITP_TRANSFORM_STANDARDISE || n == 0) return ITP_OK;
    double *bent = malloc(n * sizeof *bent);
    if (!bent) return ITP_ENOMEM;
    if (t->kind == ITP_TRANSFORM_YEO_JOHNSON) {
        for (size_t i = 0; i < n; i++) bent[i] = (y[i] - t->c0) / t->s0;
        t->lambda = best_lambda(n, bent);
    }
    for (size_t i = 0; i < n; i++) bent[i] = bend(t, y[i]);
    centre(n, bent, &t->c1, &t->s1);
    free(bent);
    return ITP_OK;
}

double itp_transform_to(const itp_transform *t, double y)
{
    return (bend(t, y) - t->c1) / t->s1;
}

double itp_transform_from(const itp_transform *t, double z)
{
    double w = t->c1 + t->s1 * z;
    if (t->kind == ITP_TRANSFORM_LOG) return exp(w);
    if (t->kind == ITP_TRANSFORM_YEO_JOHNSON) w = yeo_johnson_inverse(w, t->lambda);
    return t->c0 + t->s0 * w;
}

double itp_transform_slope(const itp_transform *t, double z)
{
    double w = t->c1 + t->s1 * z;
    if (t->kind == ITP_TRANSFORM_LOG) return t->s1 * exp(w);
    if (t->kind == ITP_TRANSFORM_STANDARDISE) return t->s0 * t->s1;
    double u = yeo_johnson_inverse(w, t->lambda);
    double log_slope = (u >= 0 ? 1 - t->lambda : t->lambda - 1) * log1p(fabs(u));
    return t->s0 * t->s1 * exp(log_slope);
}

void itp_transform_moments(const itp_transform *t, double mean, double var, double *mean_y,
                           double *var_y)
{
    if (t->kind == ITP_TRANSFORM_STANDARDISE) {
        *mean_y = itp_transform_from(t, mean);
        if (var_y) *var_y = t->s0 * t->s1 * (t->s0 * t->s1) * var;
        return;
    }
    if (t->kind == ITP_TRANSFORM_LOG) {
        double m = t->c1 + t->s1 * mean, v = t->s1 * t->s1 * var;
        *mean_y = exp(m + 0.5 * v);
        if (var_y) *var_y = expm1(v) * exp(2 * m + v);
        return;
    }
    /* Trapezoids over +-8.5 sd: for a normal density times a smooth function their error vanishes
     * faster than any power of the step; across 0, where the second derivative jumps, it is
     * halved. */
    static const double REACH = 8.5; /* sd */
    double sd = sqrt(var), step = fabs(mean) > REACH * sd ? 0.5 : 0.25;
    double p = 1, ratio = exp(-0.5 * step * step), fall = ratio * ratio;
    double weight = 1, first = 0, second = 0, at = itp_transform_from(t, mean);
    for (double q = step; q <= REACH; q += step) {
        double up = itp_transform_from(t, mean + q * sd) - at;
        double down = itp_transform_from(t, mean - q * sd) - at;
        p *= ratio; /* exp(-q^2/2) by its ratios */
        ratio *= fall;
        weight += 2 * p;
        first += p * (up + down);
        second += p * (up * up + down * down);
    }
    *mean_y = at + first / weight;
    if (var_y) *var_y = fmax(second / weight - first / weight * (first / weight), 0);
}
