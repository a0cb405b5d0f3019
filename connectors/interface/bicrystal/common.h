/* common.h - the cell that both sides share, and how each side's lattice lies in it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_COMMON_H
#define ITP_COMMON_H

#include "join.h"

typedef struct common {
    double cell[2][2]; /* reduced rows, the first along x */
    double area;
    long hermite[2][2][2]; /* per side: Hermite form of its superlattice, for running over points */
    double inverse[2][2][2]; /* per side: surface fractions times this = fractions in cell */
    double shift[2];         /* of the upper side, fractions in cell */
    double stretch[2][2][2]; /* per side: facet's plane (upper: turned) times this = common plane */
} common;

void common_find(const itp_join *join, common *out);
/* The same strained frame with one side's own surface cell instead. */
void common_shrink(common *c, const itp_join *join, int side);

#endif
