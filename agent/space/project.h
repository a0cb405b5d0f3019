/* project.h - the point of a polytope nearest to a given one; private to agent/space.
 *   Dual active-set method of Goldfarb & Idnani 1983 with the identity as Hessian: starts at the
 * given point, adds the most violated row, drops rows whose multiplier would turn negative, and
 * proves that there is no such point when no step is left.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PROJECT_H
#define ITP_PROJECT_H

#include <stddef.h>

#include "interphase/status.h"

/* { x in R^d : a_i . x == b_i for the first n_eq rows, a_i . x <= b_i for the n_le after them }.
 * Rows need not be scaled; a row of zeros holds or does not. */
typedef struct polytope {
    size_t d, n_eq, n_le;
    double *a; /* (n_eq + n_le) x d */
    double *b;
} polytope;

/* Nearest point to x0, into x (may be x0). multiplier (n_eq + n_le, may be NULL): > 0 for the rows
 * that hold it there. Rows are held to ~1e-14 of their terms' sizes. ITP_ENONE when the polytope is
 * empty; x is then untouched. Cost O((rows + d^2) d) a step, about as many steps as rows held. */
itp_status itp_project(const polytope *p, const double *x0, double *x, double *multiplier);

#endif
