/* decide.h - what to try next: a snapshot in, a decision with its record out. Pure but for its
 * cache. The initial design comes first; then each outcome's model (the last recorded fit and the
 * rows since, or a new fit when the evidence asks for one), the acquisition, the incumbent and the
 * reasons to stop. Replay      the same snapshot gives the same bits, whether the models are cached
 * or rebuilt Life cycle  create -> { decide | summarise }* -> destroy        Threads  one
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_DECIDE_H
#define ITP_DECIDE_H

#include "snapshot.h"

typedef struct itp_decider itp_decider;

/*   machine  what the bits are promised on: CPU, BLAS kernel and threads; copied into each record
 *   threads  of our own; 0: one a core. Never changes a result */
itp_status itp_decider_create(itp_decider **out, const char *machine, unsigned threads);
void itp_decider_destroy(itp_decider *decider);

/* The decision is the caller's to destroy. A decision without picks says why; numerics never fail
 * it. */
itp_status itp_decide(itp_decider *decider, const itp_snapshot *snapshot, itp_decision **out,
                      itp_error *err);
void itp_decision_destroy(itp_decision *decision);

/* Compares two decisions: exactly, or when `exactly` is 0 points and scores to 1e-6 relative.
 * NULL when they agree, otherwise what differs (static). */
const char *itp_decision_differs(const itp_decision *a, const itp_decision *b, int exactly);

#define ITP_SUMMARY_ROWS                                                                           \
    2000 /* measured without any model: beyond so many none is fitted just to sum up */

/* What a campaign has found. A campaign too long for a model that no decision ever needed is summed
 * up by its best measurement. */
typedef struct itp_summary {
    itp_id best; /* incumbent; 0: none */
    double mean,
        sd; /* of the first objective by the model, its unit; sd NaN: as measured, see below */
    double feasible;     /* P(all limits hold) there */
    double desirability; /* of all objectives joined, 0 to 1; NaN where they have none */
    size_t n_pareto;     /* several objectives: the Pareto set by posterior means */
    itp_id *pareto;
} itp_summary;
itp_status itp_summarise(itp_decider *decider, const itp_snapshot *snapshot, itp_summary *out);
void itp_summary_deinit(itp_summary *summary);

/* Trials of the initial design that the campaign asks for, or that suit its size. */
size_t itp_design_size(const itp_campaign *campaign);

#endif
