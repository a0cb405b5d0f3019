/* prior.h - what is believed of the hyperparameters before any data (numerics.md 1).
 *   Lengthscales: LogNormal(sqrt 2 + ln(d)/2, sqrt 3) (Hvarfner et al. 2024), at least 0.025; noise
 * variance: LogNormal(-4, 1), at least a floor; both as densities of the quantity itself. The other
 * parameters: normal in theta.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PRIOR_H
#define ITP_PRIOR_H

#include "kernel.h"
#include "stream.h"

/* Measure in which a density of l or sigma^2 is taken: itself (MAP) or its logarithm (NUTS). */
typedef enum itp_measure { ITP_MEASURE_NATURAL, ITP_MEASURE_LOG } itp_measure;

#define ITP_NOISE_LN_MODE   -5.0 /* of ln sigma^2: mode of LogNormal(-4, 1) */
#define ITP_NOISE_FLOOR     1e-8 /* of the outcome's variance, when noise is inferred */
#define ITP_NOISE_EXACT     1e-9 /* the jitter level, for a task that declares noise: none */
#define ITP_NOISE_QUIET     1e-6 /* tried beside the inferred one; then the floor */
#define ITP_NOISE_LN_MOST   2.0  /* e^2 times the outcome's variance: nothing is noisier */
#define ITP_LENGTH_LN_LEAST -3.6888794541139363 /* ln 0.025 */
#define ITP_LENGTH_LN_MOST  12.0

/* Sum of log densities of the kernel's parameters; adds the gradient to grad (may be NULL). */
double itp_prior_kernel(const itp_kernel *kernel, itp_measure measure, const double *theta,
                        double *grad);

/* Log density of the noise variance and its derivative in ln sigma^2 (added; may be NULL). */
double itp_prior_noise(itp_measure measure, double ln_noise, double *grad);

/* Box of the search, n_params each. */
void itp_prior_box(const itp_kernel *kernel, double *lower, double *upper);

/* A random start. */
void itp_prior_draw(const itp_kernel *kernel, itp_stream *stream, double *theta);

#endif
