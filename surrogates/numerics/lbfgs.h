/* lbfgs.h - minimises a smooth function in a box: NLopt's L-BFGS, made safe.
 *   Non-finite values are shown to the optimiser as a high plateau, the best point ever seen is
 * what comes back (NLopt may stop with a failure right at an optimum), and it stops on counts and
 * tolerances, never on a clock: the same arguments give the same bits.
 * Threads     callers may run in parallel
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_LBFGS_H
#define ITP_LBFGS_H

#include <stddef.h>

#include "interphase/status.h"

/* Value at x (n) and gradient (n, NULL when not wanted). */
typedef double (*itp_objective)(void *context, size_t n, const double *x, double *grad);

typedef struct itp_lbfgs_options {
    unsigned evaluations_max; /* 0: 200 */
    unsigned memory;          /* pairs kept; 0: NLopt's choice */
    double f_tol_rel, f_tol_abs, x_tol_rel;
} itp_lbfgs_options;

typedef struct itp_lbfgs_result {
    double value; /* at the returned x; infinity when no point was finite */
    unsigned evaluations;
    int hit_limit; /* stopped by evaluations_max */
} itp_lbfgs_result;

/*   lower, upper  n each, may hold infinities; NULL: unbounded
 *   x             in: start (clamped to the box); out: best point seen
 * ITP_ENOMEM only. */
itp_status itp_lbfgs_minimise(size_t n, const double *lower, const double *upper,
                              itp_objective objective, void *context,
                              const itp_lbfgs_options *options, double *x,
                              itp_lbfgs_result *result);

#endif
