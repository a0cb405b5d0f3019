/* scales.h - how far residuals fall: an even distribution with one peak, as a mixture of normals
 * of mean 0 over a grid of standard deviations (Stephens 2017, Biostatistics 18:275).
 *   g(r) = sum_k w_k N(r | 0, s_k^2),  s_k = 2^(k/2) from 1/64 to 1024
 * Student's t, a spike with a slab and noise of several sizes are such mixtures, or near to one.
 * The weights are the most probable ones (a concave problem: Kiefer & Wolfowitz 1956) under a
 * Dirichlet prior worth 4 residuals, around 1: falling as s^4 below and as s^-2 above, since fits
 * err to the narrow side; no residual is impossible, and few of them move little. The prior was
 * chosen on draws from Gaussian processes with noise of several kinds, 25 to 250 rows.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SCALES_H
#define ITP_SCALES_H

#include <stddef.h>

#include "interphase/status.h"

enum { ITP_SCALES = 33 };

typedef struct itp_scales {
    double weight[ITP_SCALES]; /* positive, of sum 1 */
} itp_scales;

/* From n finite residuals (0: the prior alone). Cost O(n ITP_SCALES) a pass. */
itp_status itp_scales_fit(itp_scales *scales, size_t n, const double *residual);

/* ln g(r), finite for every finite r up to 1e150. */
double itp_scales_log_density(const itp_scales *scales, double r);

/* r with P(below r) = p, 0 < p < 1; that of 1 - p is its negative. */
double itp_scales_quantile(const itp_scales *scales, double p);

#endif
