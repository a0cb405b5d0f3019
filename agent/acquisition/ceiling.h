/* ceiling.h - above what P(max f - f(best) <= epsilon | data) cannot lie, in closed form.
 *   max f is at least f(x), so at any x the probability is at most
 *   P(f(x) - f(best) <= epsilon) = Phi((gap - mu(x) + mu(best)) / sd),  gap: epsilon, latent,
 * averaged over members. Of the covariance of f(x) with f(best) no more is asked than that it is
 * one: sd lies between |s(x) - s(best)| and s(x) + s(best), and the end that gives more counts. One
 * place that alone speaks against stopping spares all draws; the end that gives less says which
 * places cannot matter to them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CEILING_H
#define ITP_CEILING_H

#include "view.h"

typedef struct itp_ceiling itp_ceiling;

/* Latent gaps of epsilon, and moments of the view's incumbent. Borrows the view. */
itp_status itp_ceiling_create(itp_ceiling **out, const itp_view *view, double epsilon);
void itp_ceiling_destroy(itp_ceiling *ceiling);

/* What P(f(x) - f(best) <= epsilon) is at most and at least, at n points (n x d), and what the
 * points together leave: the lowest of them under each member by itself, averaged over members. */
itp_status itp_ceiling_at(const itp_ceiling *ceiling, size_t n, const double *x, double *value,
                          double *least, double *together);
/* The ceiling at one, with its gradient (d). */
itp_status itp_ceiling_slope(const itp_ceiling *ceiling, const double *x, double *value,
                             double *grad);

#endif
