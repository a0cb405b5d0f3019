/* bicrystal.h - the atoms of an interface: two strained slabs in one cell, a gap, a vacuum.
 *   The common cell is between the two superlattices: with S1 = S2 R P (R a rotation, P symmetric)
 *   and the upper side taking the share w of the misfit, it is S2 R P^w. Heights keep their bulk
 *   values. Unless given, the gap is the one at which the nearest atoms of the two sides touch:
 * their distance is the mean of both phases' shortest bonds. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#ifndef ITP_BICRYSTAL_H
#define ITP_BICRYSTAL_H

#include "join.h"

typedef struct itp_recipe {
    double thickness[2]; /* at least so thick (angstrom), in whole periods; lower, upper */
    double vacuum;       /* angstrom above the upper side; 0: periodic, with a second boundary */
    double gap;          /* angstrom between the planes that meet; NaN: touching */
    double delete_below; /* of two atoms of different sides nearer than this (angstrom) the upper
                            one goes; 0: none */
} itp_recipe;

typedef struct itp_bicrystal {
    itp_crystal *crystal; /* a along x, b in the xy plane, c along z */
    int *side;            /* per atom: 0 lower, 1 upper */
    double area;
    double gap;      /* used */
    double boundary; /* height of the interface's middle, angstrom */
    size_t count[2]; /* atoms a side */
    size_t periods[2];
    size_t deleted;
    double cell[2][2];       /* common cell, reduced rows */
    double stretch[2][2][2]; /* per side: frame of the facet's surface vectors -> common frame */
} itp_bicrystal;

itp_status itp_bicrystal_create(itp_bicrystal **out, const itp_join *join, const itp_recipe *recipe,
                                itp_error *err);
void itp_bicrystal_destroy(itp_bicrystal *bicrystal); /* accepts NULL */

/* One side alone, strained as in the interface: in the common cell, or in its own surface cell (the
 * same energy per area unless it reconstructs). Vacuum as given. */
typedef enum itp_reference { ITP_REFERENCE_COMMON, ITP_REFERENCE_SURFACE } itp_reference;
itp_status itp_bicrystal_side(itp_crystal **out, const itp_join *join, const itp_recipe *recipe,
                              int side, itp_reference cell, double *area, itp_error *err);

#endif
