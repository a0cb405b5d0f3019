/* pair.h - two superlattices in step: the integers behind every match, and their one normal form.
 *   Below lies facet A in its own frame (a, b, normal up). Above lies facet B turned over about the
 *   x axis; its surface lattice is then spanned by a and -b, which is again right-handed. A pair
 *   (m1, m2) says that row i of m1 (in A's vectors) and row i of m2 (in B's turned vectors) become
 *   one vector of the common cell. Equal up to: another basis of the common cell (u m1, u m2); a
 *   symmetry of A and one of B, both proper or both mirrors (m1 g1, m2 g2); and, when both sides
 *   are the same surface, turning the whole over.
 *   Registry: how far B is shifted over A, in the lattice that both surface lattices span together
 *   (shifts by vectors of either change nothing), in parts of ITP_REGISTRY. All of it is integers,
 *   so equivalent pairs give the same normal form exactly.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PAIR_H
#define ITP_PAIR_H

#include <stddef.h>

#include "facet.h"

#define ITP_REGISTRY 1200000L /* a multiple of ITP_SHIFTS; steps of some 1e-6 angstrom */

typedef struct itp_pair {
    long m1[2][2], m2[2][2]; /* same sign of determinant; m1 in Hermite form once normal */
    long registry[2];        /* 0 .. ITP_REGISTRY - 1, in the rows of itp_pair_shifts */
} itp_pair;

long itp_pair_det(const long m[2][2]);

/* 1 when no smaller common cell has the same two lattices in step. */
int itp_pair_is_primitive(const itp_pair *pair);

/* Rows of the shift lattice L1 + L2 in units of the common cell's vectors over *denominator (in
 * Hermite form). */
void itp_pair_shifts(const itp_pair *pair, long rows[2][2], long *denominator);

typedef enum itp_turn {
    ITP_TURN_NO, /* the sides differ */
    ITP_TURN_YES /* both sides are the same surface: turning over is a symmetry */
} itp_turn;

/* The normal form. With `pairs_only` the registry is left out (set to 0). */
typedef enum itp_normal { ITP_NORMAL_FULL, ITP_NORMAL_LATTICE } itp_normal;
itp_pair itp_pair_normal(const itp_pair *pair, const itp_facet *lower, const itp_facet *upper,
                         itp_turn turn, itp_normal how);

/* The same pair seen from the other side: upper becomes lower. */
itp_pair itp_pair_swap(const itp_pair *pair);

int itp_pair_compare(const itp_pair *a, const itp_pair *b);

/* An equivalent pair by the k-th of both sides' symmetries and another basis; for tests. Returns 0
 * when g1 and g2 cannot go together (one a mirror, the other not). */
int itp_pair_image(const itp_pair *pair, const itp_facet *lower, const itp_facet *upper, size_t g1,
                   size_t g2, const long u[2][2], itp_pair *out);

#endif
