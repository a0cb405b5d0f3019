/* match.h - which superlattices of two facets fit each other.
 *   After Zur & McGill 1984 (J. Appl. Phys. 55, 378): all pairs of superlattices up to an area
 * whose reduced vectors agree within a strain. Here the search is complete by construction: for
 * every superlattice of the lower facet (its Hermite forms), every pair of vectors of the upper
 * facet whose lengths and common deformation keep the bound is taken; the normal form of pair.h
 * removes what symmetry repeats, and multiples of smaller matches are left out. Misfit: the
 * deformation F that brings B's vectors onto A's has singular values 1 + e1, 1 + e2.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_MATCH_H
#define ITP_MATCH_H

#include "pair.h"

typedef struct itp_match {
    itp_pair pair;    /* normal, registry 0 */
    long n1, n2;      /* surface cells of A and B in the common cell */
    double area;      /* of A's superlattice, angstrom^2 */
    double strain[2]; /* e1 >= e2, of B stretched onto A */
    double twist;     /* degrees in [0, 360): how far B's a is turned from A's a */
} itp_match;

typedef struct itp_bounds {
    double area;   /* largest common cell, angstrom^2, up to 5000 */
    double strain; /* largest |e|, up to 0.3 */
    size_t most;   /* stop with ITP_ERANGE beyond this many; 0: one million */
} itp_bounds;

/* Sorted by area, then by strain. The caller frees *list. */
itp_status itp_match_list(const itp_facet *lower, const itp_facet *upper, const itp_bounds *bounds,
                          itp_turn turn, itp_match **list, size_t *n, itp_error *err);

/* Strains and twist of any pair. */
void itp_match_measure(const itp_pair *pair, const itp_facet *lower, const itp_facet *upper,
                       itp_match *out);

/* Index of the match that comes nearest to a twist (degrees, any), equivalents by symmetry
 * included; *off is how far it is. n >= 1. */
size_t itp_match_nearest(const itp_match *list, size_t n, const itp_facet *lower,
                         const itp_facet *upper, double twist, double *off);

/* Surface vectors in the frame of the interface: A as it is, B turned over (a, -b). 2 x 2 rows. */
void itp_match_lower_cell(const itp_facet *facet, double cell[2][2]);
void itp_match_upper_cell(const itp_facet *facet, double cell[2][2]);

#endif
