/* region.h - a trust region: a box around the incumbent that grows with success and shrinks with
 * failure, for spaces too large to be searched as a whole (TuRBO-1, Eriksson et al. 2019).
 *   Its side is a function of the measured points in their order, so nothing has to be kept between
 * decisions: SUCCESSES improvements in a row double it, as many failures as the space is wide halve
 * it, and one that has become too small starts again. Sides are stretched by the lengthscales.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_REGION_H
#define ITP_REGION_H

#include "view.h"

typedef struct itp_region {
    double side;        /* in the unit cube, before stretching */
    unsigned restarts;  /* times that it became too small */
    double *low, *high; /* d */
} itp_region;

/* Side and restarts after the points with these utilities (n, NaN: not feasible), the first `start`
 * of which are the design. failures: in a row, that halve it. */
void itp_region_fold(itp_region *region, size_t n, const double *utility, size_t start,
                     size_t failures);

/* The region of a view that has an incumbent; ITP_ENOTFOUND without one. deinit frees. */
itp_status itp_region_init(itp_region *region, const itp_view *view);
void itp_region_deinit(itp_region *region);

#endif
