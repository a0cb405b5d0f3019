/* symmetry.h - the space group of a crystal, and the one setting that all its descriptions share.
 *   spglib finds the operations; what is added here is a canonical conventional cell: among all
 *   right-handed bases with the metric and centring of the standard cell and all origins on the
 *   rarest atoms, the one whose sorted list of atoms comes first. Equivalent cells, origins, orders
 *   and orientations of a crystal give the same canonical crystal, so whatever is computed from it
 *   is independent of how the crystal was written down.
 * Cost  canonical: at most 24 bases x rarest atoms x n log n
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SYMMETRY_H
#define ITP_SYMMETRY_H

#include "crystal.h"

#define ITP_SYMPREC 1.0e-3 /* angstrom: atoms nearer than this to an image count as symmetric */

typedef struct itp_operation {
    int rotation[3][3]; /* on fractional columns: x' = rotation x + shift */
    double shift[3];
} itp_operation;

typedef struct itp_symmetry {
    int group;        /* space-group number, 1-230 */
    char symbol[12];  /* international, "Im-3m" */
    char pearson[16]; /* "cI2" */
    size_t n;
    itp_operation *operations; /* n, in the crystal's own fractional coordinates */
    int *orbit;                /* per atom: the first atom it is equivalent to */
} itp_symmetry;

itp_status itp_symmetry_find(itp_symmetry **out, const itp_crystal *crystal, double symprec,
                             itp_error *err);
void itp_symmetry_destroy(itp_symmetry *symmetry); /* accepts NULL */

typedef enum itp_setting { ITP_SETTING_PRIMITIVE, ITP_SETTING_CONVENTIONAL } itp_setting;

/* spglib's standard cell, idealised. */
itp_status itp_crystal_standard(itp_crystal **out, const itp_crystal *from, itp_setting setting,
                                double symprec, itp_error *err);
/* The canonical conventional cell: a along x, b in the plane of x and y. */
itp_status itp_crystal_canonical(itp_crystal **out, const itp_crystal *from, double symprec,
                                 itp_error *err);

#endif
