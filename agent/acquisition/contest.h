/* contest.h - which measured points could be the best, and what has to be beaten in each draw.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CONTEST_H
#define ITP_CONTEST_H

#include "draws.h"

/* Measured points that are the best in at least one of 2048 joint draws of those near the top
 * (at most `max`): fills rows, returns how many. */
itp_status itp_contest_prune(const itp_view *view, size_t max, size_t *rows, size_t *n);

/* Smooth indicator that all limits hold for latent outcomes z; ln of it, and its gradient added to
 * dz with weight (dz may be NULL). */
double itp_contest_log_holds(const itp_view *view, const double *z, double weight, double *dz);

/* Per draw: the best feasible anchor's utility, `poor` where no anchor is feasible. best: n_draws.
 * some (n_draws, may be NULL): 1 where an anchor is feasible. */
void itp_contest_best(const itp_view *view, const itp_draws *draws, double poor, double *best,
                      int *some);

#endif
