/* sensitivity.h - which columns a model's mean depends on: Sobol indices.
 *   first_i = V[E(f | x_i)] / V[f]      what it explains alone       Saltelli et al. 2010, table 2
 * (b) total_i = E[V(f | x_-i)] / V[f]     with all its interactions    Jansen 1999, ibid. (f) by
 * two independent samples A and B of the inputs, and A with one group of columns from B.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SENSITIVITY_H
#define ITP_SENSITIVITY_H

#include "interphase/surrogate.h"

/*   n      rows of a and b, n x d each, encoded, independent of each other
 *   group  d: the group (< n_groups) that a column belongs to
 *   first, total  out, n_groups; in [0, 1] but for the error of sampling (of order 1/sqrt(n)),
 * which is clipped; all 0 when the mean does not vary Cost n (n_groups + 2) predictions of the
 * mean. ITP_ENOMEM, or what predict says. */
itp_status itp_sensitivity(const itp_surrogate *model, size_t n, size_t d, const double *a,
                           const double *b, size_t n_groups, const size_t *group, double *first,
                           double *total);

#endif
