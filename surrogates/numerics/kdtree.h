/* kdtree.h - nearest neighbours among points that have a rank, optionally only those of lower rank.
 *   Each node knows the lowest rank below it, so that "the m nearest of those before me" skips
 * whole branches. Ties go to the lower rank: results do not depend on how the tree was built. Life
 * cycle  build -> { nearest }* -> destroy; points are borrowed and must not change Threads     any
 * number of readers       Cost  build O(n log^2 n), nearest about O(m log n)
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_KDTREE_H
#define ITP_KDTREE_H

#include <stddef.h>

#include "interphase/status.h"

typedef struct itp_kdtree itp_kdtree;

/* points: n x d row-major; a point's rank is its index. */
itp_status itp_kdtree_build(itp_kdtree **out, size_t n, size_t d, const double *points);
void itp_kdtree_destroy(itp_kdtree *tree);

/* Fills `found` (m) with the nearest points of rank below `below` (SIZE_MAX: all), nearest first;
 * distance (m) their squared distances. Returns how many there are. */
size_t itp_kdtree_nearest(const itp_kdtree *tree, const double *x, size_t below, size_t m,
                          size_t *found, double *distance);

/* An order of n points from coarse to fine: the first few cover the whole, later ones fill in
 * (maximin in spirit: grids of halving cells, in each cell not yet taken the point nearest to its
 * centre). order[0] comes first. */
itp_status itp_coarse_to_fine(size_t n, size_t d, const double *points, size_t *order);

#endif
