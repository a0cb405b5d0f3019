/* hypervolume.h - the volume that a set of points dominates, and the boxes that are left.
 *   All goals are maximised; what counts lies above the reference point in every goal. Exact, by
 * slabs of the last goal and recursion: cells grow as n^(m-1), meant for fronts of tens of points
 * and at most ITP_PARETO_GOALS goals. Threads  pure functions
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_HYPERVOLUME_H
#define ITP_HYPERVOLUME_H

#include <stddef.h>

#include "interphase/status.h"

#define ITP_PARETO_GOALS 4

/* Moves the non-dominated points (that lie above the reference) of n x m to the front; returns how
 * many. */
size_t itp_front(size_t n, size_t m, double *y, const double *reference);

/* Volume dominated by n points (n x m, changed: reduced to its front). */
double itp_hypervolume(size_t n, size_t m, double *y, const double *reference);

/* Disjoint boxes that cover what lies above the reference and is dominated by none of n points. */
typedef struct itp_boxes {
    size_t n, max, m;
    double *low, *high; /* n x m; high may be INFINITY */
} itp_boxes;

/* Appends the boxes of a front (n x m); ITP_ENOMEM. Start from {.m = m}; free with deinit. */
itp_status itp_boxes_add(itp_boxes *boxes, size_t n, const double *front, const double *reference);
void itp_boxes_deinit(itp_boxes *boxes);

#endif
