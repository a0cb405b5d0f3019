/* spectrum.h - random features: phi with E[phi_f(x) phi_f(y)] = k(x, y), for draws of functions.
 *   Radial families: sqrt 2 cos(w'a + b) over their scaled features a, w = z (RBF), z / sqrt G with
 * G ~ Gamma(nu, rate nu) (Matern-nu), z sqrt G with G ~ Gamma(alpha, rate alpha) (rational
 * quadratic); Rahimi & Recht 2007, Wilson et al. 2020. Hamming: each column's factor is 1 with
 * probability exp(-w_c), otherwise a fair sign of its own for each level. Linear: a random
 * direction. Products multiply features of their parts, sums and the mixed form pick one part by
 * its weight. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SPECTRUM_H
#define ITP_SPECTRUM_H

#include "kernel.h"
#include "stream.h"

typedef struct itp_spectrum itp_spectrum;

/* Draws `count` features; borrows the kernel and copies theta. */
itp_status itp_spectrum_create(itp_spectrum **out, const itp_kernel *kernel, const double *theta,
                               size_t count, itp_stream *stream);
void itp_spectrum_destroy(itp_spectrum *spectrum);

/* phi (count) at x (d, encoded) and d phi / dx (count x d, NULL: not wanted). */
itp_status itp_spectrum_eval(const itp_spectrum *spectrum, const double *x, double *phi,
                             double *dphi);

/* w'phi at x, w of count, and its gradient (d): the above without the matrix between. */
itp_status itp_spectrum_sum(const itp_spectrum *spectrum, const double *x, const double *w,
                            double *value, double *grad);

#endif
