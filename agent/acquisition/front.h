/* front.h - several goals kept apart: where their hypervolume begins, and which measured points can
 * lie on the front. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_FRONT_H
#define ITP_FRONT_H

#include "view.h"

/* The reference point, upwards and scaled as the goals are (n_goals): given, or nadir - 0.1 range
 * of the measured points by posterior mean. */
void itp_front_reference(const itp_view *view, double *reference);

/* Measured points that a draw may bring to the front, about `max` at most, then the pending ones:
 * *x (n x d) is the caller's to free. */
itp_status itp_front_anchors(const itp_view *view, size_t max, double **x, size_t *measured,
                             size_t *n);

#endif
