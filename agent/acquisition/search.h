/* search.h - finds where the acquisition is highest, inside everything that is known to bind.
 *   A candidate table is scored row by row, a small discrete space combination by combination;
 * otherwise scattered points and neighbours of the best trials are scored, some are climbed
 * (L-BFGS, SLSQP under constraints), and discrete parameters are changed one at a time.
 * What comes back satisfies every known constraint and is not among the points taken.
 * Threads     work is spread over cores; the result does not depend on their number
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SEARCH_H
#define ITP_SEARCH_H

#include "scorer.h"
#include "spots.h"

#define ITP_VIOLATION_MAX    1e-9  /* of a known constraint, relative to its terms' sizes */
#define ITP_COMBINATIONS_MAX 10000 /* discrete combinations scored exhaustively, no more */

typedef struct itp_search {
    const itp_space *space;
    const itp_scorer *scorer;
    size_t n_taken;
    const double *taken;      /* encoded points that must not come back, n_taken x d */
    const double *low, *high; /* d: a trust region in encoded coordinates; NULL: the whole space */
    unsigned raw, restarts, threads; /* 0: defaults */
    uint64_t seed, number, round;    /* of random draws: decision number, place in the batch */
} itp_search;

/* The best distinct points, best first, as many as `out` takes; none when nothing is left. */
itp_status itp_search_run(const itp_search *search, itp_spots *out, size_t *evaluations,
                          itp_error *err);

/* --- Its parts -------------------------------------------------------------------------------- */

/* Points to score first: a design over the space, then neighbours of the best trials.
 * *points n x n_params and *x n x d are the caller's to free. */
itp_status itp_search_starts(const itp_search *search, size_t *n, double **points, double **x,
                             itp_error *err);

/* Values of n encoded points, exact ones for those that rank high enough to matter (-inf for
 * points taken). */
itp_status itp_search_rank(const itp_search *search, size_t n, const double *x, double *value,
                           size_t *evaluations);

/* Climbs from x (d) over its free continuous coordinates; x and point are replaced by a feasible
 * point at least as good. Returns its value (-inf: none). */
double itp_search_climb(const itp_search *search, unsigned evaluations_max, double *x,
                        double *point, double value, double *work, size_t *evaluations);

/* Point and encoding made consistent and feasible: decoded, context set, repaired. 1 when it is. */
int itp_search_settle(const itp_search *search, double *x, double *point);

/* Changes discrete parameters one at a time while that helps. As itp_search_climb. */
double itp_search_neighbours(const itp_search *search, const double *spare, double *x,
                             double *point, double value, double *work, size_t *evaluations);

itp_status itp_search_table(const itp_search *search, itp_spots *out, size_t *evaluations);
itp_status itp_search_combinations(const itp_search *search, itp_spots *out, size_t *evaluations);

#endif
