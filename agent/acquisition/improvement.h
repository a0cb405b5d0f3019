/* improvement.h - the scalar functions that acquisitions are made of, in logs and with slopes.
 *   h(u) = phi(u) + u Phi(u) is the expected improvement of a unit normal whose mean stands u
 * standard deviations above the best so far (Ament et al. 2023).
 * Threads     pure functions
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_IMPROVEMENT_H
#define ITP_IMPROVEMENT_H

/* ln h(u), relative error 1e-11 for u from -1e8 to 40. *slope (may be NULL): d ln h / du =
 * Phi(u)/h(u). */
double itp_log_improvement(double u, double *slope);

/* ln EI of a normal (mean, var) over `best`; derivatives in mean and var (may be NULL). */
double itp_log_ei(double mean, double var, double best, double *dmean, double *dvar);

/* ln E max(0, reach - |z - target|), z normal: improvement on a distance `reach` > 0 to a target.
 */
double itp_log_ei_target(double mean, double var, double target, double reach, double *dmean,
                         double *dvar);

/* ln P(low <= z <= high), z normal (mean, var); either side may be infinite. */
double itp_log_within(double mean, double var, double low, double high, double *dmean,
                      double *dvar);

/* ln(Phi(b) - Phi(a)), a <= b; derivatives in a (<= 0) and b (>= 0). */
double itp_log_ndtr_between(double a, double b, double *da, double *db);

/* ln(exp(a) - exp(b)), a >= b. */
double itp_log_sub(double a, double b);

/* ln(1 + exp x) and the logistic function. */
double itp_softplus(double x, double *slope);

/* A smooth positive part of x with a fat tail, tau (softplus(z) + 0.1/(1 + z^2)), z = x/tau
 * (Ament et al. 2023): never flat, so a gradient shows the way from anywhere. It falls off as a
 * power, so that products of a few need no logs. */
double itp_fat_relu(double x, double tau, double *slope);
/* Its logarithm. */
double itp_log_fat_relu(double x, double tau, double *slope);

/* ln of the logistic function: a smooth log-indicator of x > 0. */
double itp_log_sigmoid(double x, double *slope);

#endif
