/* scorer.h - the acquisition as it is maximised: gain, feasibility, prior and cost in one value.
 *   total = ln gain + ln P(limits hold) + ln P(trial works) + prior - ln cost, with its gradient.
 * Without an incumbent (nothing feasible yet) the gain is left out: log probability of feasibility.
 * Life cycle  init -> { eval | block | add_pending }* -> deinit
 * Threads     add_pending by one; eval and block by many, each with its own work array
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SCORER_H
#define ITP_SCORER_H

#include "chol.h"
#include "gain.h"

/* Pending points as one member of goal 0's model believes them: at their mean, with noise. */
typedef struct itp_believed {
    itp_anchors *anchors;
    itp_chol factor; /* of their joint covariance + noise */
    double noise;
} itp_believed;

typedef struct itp_scorer {
    const itp_view *view;
    itp_gain *gain; /* owned; NULL: feasibility alone */
    size_t members; /* of goal 0's model */
    size_t n_believed, believed_max;
    itp_believed *believed; /* members; used by closed gains once points are pending */
    size_t work;            /* doubles of scratch for one thread */
    double prior_weight;    /* of the person's prior (Hvarfner et al. 2022) */
} itp_scorer;

/*   kind  NULL: feasibility alone. Pending points of the problem are taken in. */
itp_status itp_scorer_init(itp_scorer *scorer, const itp_view *view, const itp_gain_kind *kind,
                           unsigned threads);
void itp_scorer_deinit(itp_scorer *scorer);

itp_status itp_scorer_add_pending(itp_scorer *scorer, const double *x);

/* Value at x; grad (d) and parts may be NULL. work: itp_scorer_work doubles. */
double itp_scorer_eval(const itp_scorer *scorer, const double *x, double *grad, itp_parts *parts,
                       double *work);
size_t itp_scorer_work(const itp_scorer *scorer);

/* Whether block gives what eval gives; otherwise it only ranks. */
int itp_scorer_block_exact(const itp_scorer *scorer);
/* n points at once by BLAS-3. work: itp_scorer_block_work(n) doubles. */
itp_status itp_scorer_block(const itp_scorer *scorer, size_t n, const double *x, double *value,
                            double *work);
size_t itp_scorer_block_work(const itp_scorer *scorer, size_t n);

#endif
