/* snapshot.h - all that a decision may depend on, copied out of the loop, so that it can be made
 * elsewhere. Rows are observations in event order; a model is the last recorded fit (its first
 * n_fitted rows) with the rows since appended one by one, which is what makes replay exact. Life
 * cycle  take -> decide or summarise -> destroy        Threads  read only, any thread
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SNAPSHOT_H
#define ITP_SNAPSHOT_H

#include "loop.h"

typedef struct itp_observation {
    itp_id trial;
    unsigned outcome;
    double value, sd; /* campaign's unit; sd NaN when not known */
} itp_observation;

typedef struct itp_last_fit {
    const char *saved; /* itp_surrogate_save; NULL: never fitted in this generation */
    size_t n_fitted;   /* rows of this outcome it was fitted to */
} itp_last_fit;

typedef struct itp_snapshot {
    const itp_campaign *campaign;
    uint64_t number, saw, generation;
    size_t wanted, committed, designed; /* points asked for; trials and design points so far */
    double trial_cost; /* mean of a measured trial; NaN before the first, or where none is known */
    size_t n_trials;
    const double *points;          /* n_trials x n_params; trial id - 1 is the row */
    const itp_trial_state *states; /* n_trials */
    const double *took; /* n_trials: what tasks of measured cost took; NaN where one has not */
    size_t n_observations;
    const itp_observation *observations;
    const itp_last_fit *fits; /* n_outcomes */
} itp_snapshot;

/* A snapshot for decision `number` of `wanted` points. */
itp_status itp_snapshot_take(itp_snapshot **out, const itp_loop *loop, uint64_t number,
                             size_t wanted);
void itp_snapshot_destroy(itp_snapshot *snapshot);

#endif
