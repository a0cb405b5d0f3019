/* warp.h - Kumaraswamy warp of the inputs: w(x) = 1 - (1 - x^a)^b on [0, 1], one (a, b) a column.
 *   It makes a response stationary that varies faster at one end of a range; ln a, ln b ~ N(0,
 * 0.75^2) (Snoek et al. 2014; Cowen-Rivers et al. 2022). Only REAL columns are warped; NaN stays
 * NaN. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_WARP_H
#define ITP_WARP_H

#include <stddef.h>

#include "interphase/data.h"
#include "interphase/status.h"

typedef struct itp_warp {
    size_t n;         /* warped columns; 0: the identity */
    unsigned *column; /* n */
    double *p;        /* 2 n: ln a, ln b of each */
} itp_warp;

#define ITP_WARP_SD   0.75 /* of ln a and ln b */
#define ITP_WARP_MOST 2.5  /* |ln a|, |ln b| */

/* All REAL columns, at the identity. */
itp_status itp_warp_init(itp_warp *warp, size_t d, const itp_column *columns);
itp_status itp_warp_copy(itp_warp *to, const itp_warp *from);
void itp_warp_deinit(itp_warp *warp);

/* out = w(x), n x d; in place when out is x. */
void itp_warp_apply(const itp_warp *warp, size_t n, size_t d, const double *x, double *out);

/* dw/dx at one value of warped column i. */
double itp_warp_slope(const itp_warp *warp, size_t i, double x);

/* dw/d ln a and dw/d ln b at one value of warped column i. */
void itp_warp_by_params(const itp_warp *warp, size_t i, double x, double *by_a, double *by_b);

#endif
