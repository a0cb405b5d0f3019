/* normal.h - the normal distribution far into its tails.
 *   phi density, Phi distribution function. Everything keeps relative accuracy (a few 1e-16 of the
 * value, or of its logarithm) from the centre to where the result itself underflows.
 * Threads     pure functions
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_NORMAL_H
#define ITP_NORMAL_H

#include <stddef.h>

#define ITP_PI           3.14159265358979323846
#define ITP_SQRT_2       1.41421356237309504880
#define ITP_LOG_2PI      1.83787706640934548356 /* ln(2 pi) */
#define ITP_SQRT_HALF_PI 1.25331413731550025121 /* sqrt(pi/2) */

/* exp(x^2) erfc(x); overflows to infinity below about -26.6. */
double itp_erfcx(double x);

/* ln phi(x). */
double itp_log_npdf(double x);

/* ln Phi(x). */
double itp_log_ndtr(double x);

/* d ln Phi / dx = phi(x) / Phi(x), finite for every finite x. */
double itp_ndtr_slope(double x);

/* Phi(x). */
double itp_ndtr(double x);

/* x with Phi(x) = p, 0 < p < 1; minus or plus infinity at 0 and 1, NaN outside. */
double itp_ndtri(double p);

/* x with ln Phi(x) = log_p, log_p < 0. */
double itp_ndtri_log(double log_p);

/* ln(1 - exp(x)) for x <= 0 without cancellation (Maechler 2012). */
double itp_log1mexp(double x);

/* ln(exp(a) + exp(b)). */
double itp_log_add(double a, double b);

/* Normal score under a mixture of n normals: Phi^-1(sum_k exp(log_share_k) Phi(t_k)), from both
 * tails. log_share NULL: even. Of one normal t itself. */
double itp_mixture_score(size_t n, const double *t, const double *log_share);

#endif
