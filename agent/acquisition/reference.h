/* reference.h - points that stand for the whole space in sums over it: spread out, or the rows of a
 * candidate table. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_REFERENCE_H
#define ITP_REFERENCE_H

#include "view.h"

/* Up to `max` encoded points (n x d), the caller's to free. */
itp_status itp_reference_points(const itp_view *view, size_t max, const char *purpose, size_t *n,
                                double **x);

/* The best `top` measured points by posterior mean join those (x has room for max + top). */
itp_status itp_reference_and_best(const itp_view *view, size_t max, size_t top, const char *purpose,
                                  size_t *n, double **x);

#endif
