/* likelihood.h - the unit in which bar 7 counts time: one log likelihood with its gradient.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_LIKELIHOOD_H
#define BENCH_LIKELIHOOD_H

#include <stddef.h>

#include "interphase/data.h"

/* Seconds of processor of one on these data (x: n x d), the best of some; NAN when there is no
 * memory. */
double likelihood_s(size_t n, size_t d, const double *x, const double *y,
                    const itp_column *columns);

#endif
