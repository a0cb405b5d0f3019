/* spots.h - the best points found so far, distinct, best first, and the points that are taken.
 *   Two points are the same when no encoded coordinate differs by more than ITP_SAME_POINT (two
 * missing values are equal). Ties go to the lower order number, so that a list merged from many
 * workers does not depend on who found what.
 * Life cycle  init -> offer* -> deinit        Threads  one list, one thread
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SPOTS_H
#define ITP_SPOTS_H

#include <stddef.h>

#include "interphase/status.h"

#define ITP_SAME_POINT 1e-9

typedef struct itp_spot {
    double value;
    size_t order;  /* row, or number of the start it came from */
    double *x;     /* d, encoded */
    double *point; /* n_params, user's units */
} itp_spot;

typedef struct itp_spots {
    size_t n, max, d, n_params;
    itp_spot *items; /* best first */
    double *store;
} itp_spots;

itp_status itp_spots_init(itp_spots *spots, size_t max, size_t d, size_t n_params);
void itp_spots_deinit(itp_spots *spots);

/* Takes a copy when it is among the best; of two equal points the better value stays. */
void itp_spots_offer(itp_spots *spots, double value, size_t order, const double *x,
                     const double *point);
/* Whether a point of this value could enter: saves making it. */
int itp_spots_wants(const itp_spots *spots, double value, size_t order);

int itp_same_point(size_t d, const double *a, const double *b);
/* Whether x is one of n points (n x d). */
int itp_is_taken(size_t d, const double *x, size_t n, const double *taken);

#endif
