/* afresh.h - begins the search again once its trials only find the same hill's top again.
 *   A model that knows one hill well expects nothing elsewhere, right or wrong, and spends every
 * trial left on digits. Restarts are the remedy in surrogate search as elsewhere (Regis & Shoemaker
 * 2013, DYCORS; Eriksson et al. 2019): the measured rows, in their order, are cut into *starts*,
 * and a start is over when several of its trials agree with its best and stand close to it. The
 * next one covers the space anew and then believes its own rows alone; those that stand on the hill
 * of an earlier start, by Ursem's (1999) hill-valley test on the mean of the whole belief, are
 * flattened.
 * Life cycle  init -> (read only) -> deinit; borrows the view
 * Threads     the model is fitted by as many as the belief's
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_AFRESH_H
#define ITP_AFRESH_H

#include "view.h"

typedef struct itp_afresh {
    size_t first;        /* row that the present start begins with; 0: the first start */
    size_t starts;       /* before the present one */
    size_t *tops;        /* starts: row of each one's best */
    int covers;          /* 1: the present start still covers the space: no problem is made */
    size_t flat;         /* rows on earlier hills */
    itp_problem problem; /* as the present start sees it */
    itp_surrogate *model;
    const itp_surrogate **belief;
    double *y, *avoid;
} itp_afresh;

/* Cuts n rows of d coordinates, values pointing up. *out has first, starts and tops, which are the
 * caller's to free.
 *   budget  of trials, 0: unknown. A start is not begun without room for it, and when the last one
 *           that had room is over as well, first is 0: everything is believed together again. */
itp_status itp_afresh_fold(itp_afresh *out, size_t n, size_t d, const double *x, const double *up,
                           size_t budget);

/* Whether the view's problem is of the kind that starts are for: one outcome to be maximised or
 * minimised over real parameters, without limits, prior, pending trials or a choice of members. */
int itp_afresh_suits(const itp_view *view);

/* The present start of a problem that it suits. */
itp_status itp_afresh_init(itp_afresh *out, const itp_view *view);
void itp_afresh_deinit(itp_afresh *afresh);

#endif
