/* nuts.h - the no-U-turn sampler: draws from a smooth density by Hamiltonian trajectories.
 *   Hoffman & Gelman 2014 with multinomial choice along the trajectory (Betancourt 2017): warm-up
 * adapts the step by dual averaging to ITP_NUTS_ACCEPT and a diagonal metric from the draws'
 * variances. Stops on counts alone; the same stream gives the same draws. Threads     one sampler,
 * one thread SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_NUTS_H
#define ITP_NUTS_H

#include <stddef.h>

#include "interphase/status.h"
#include "stream.h"

#define ITP_NUTS_ACCEPT 0.8

/* Log density at q (n) and its gradient; -infinity outside. */
typedef double (*itp_log_density)(void *context, size_t n, const double *q, double *grad);

typedef struct itp_nuts_options {
    size_t warmup, draws;
    unsigned depth_max; /* trajectories of at most 2^depth steps; 0: 8 */
} itp_nuts_options;

typedef struct itp_nuts_report {
    double step, accept; /* step size; mean acceptance after warm-up */
    unsigned divergences;
    unsigned long evaluations;
} itp_nuts_report;

/* q: start (n), finite density. out: draws x n. */
itp_status itp_nuts_run(size_t n, itp_log_density density, void *context, const double *q,
                        const itp_nuts_options *options, itp_stream *stream, double *out,
                        itp_nuts_report *report);

/* Split R-hat (Gelman et al. 2013) and effective sample size (Geyer's initial positive sequence) of
 * one coordinate: chains x draws values, one chain after the other. */
double itp_split_r_hat(size_t chains, size_t draws, const double *values);
double itp_effective_size(size_t chains, size_t draws, const double *values);

#endif
