/* laplace.h - Laplace's approximation of a binary Gaussian-process classifier, probit likelihood.
 *   P(label | f) = Phi(+-(m + f)),  f ~ GP(0, s^2 k): the posterior of f is approximated by a
 * normal at its mode (Rasmussen & Williams 2006, Alg. 3.1, 3.2 and 5.1), the hyperparameters ln l_c
 * and ln s^2 by the maximum of the approximate evidence and their priors. Life cycle  init -> {
 * eval }* -> deinit       Cost  n^3 an evaluation SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_LAPLACE_H
#define ITP_LAPLACE_H

#include "chol.h"
#include "kernel.h"

typedef struct itp_laplace {
    const itp_kernel *kernel; /* borrowed */
    size_t n, d;
    const double *x;   /* borrowed, n x d */
    const int *labels; /* borrowed, 1 or 0 */
    double mean;       /* m */
    itp_points points;
    itp_chol chol;                            /* of B = I + W^1/2 K W^1/2 */
    double *k;                                /* n x n: K */
    double *f, *a, *w, *slope, *third, *work; /* n each; work 3 n */
} itp_laplace;

itp_status itp_laplace_init(itp_laplace *self, const itp_kernel *kernel, size_t n, size_t d,
                            const double *x, const int *labels);
void itp_laplace_deinit(itp_laplace *self);

/* u: kernel parameters, then ln s^2. Log evidence and its gradient (may be NULL); afterwards the
 * mode and the factor are those of u, unless a gradient was asked for (then the factor is used up).
 */
double itp_laplace_eval(itp_laplace *self, const double *u, double *grad);

#endif
