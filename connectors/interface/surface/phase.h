/* phase.h - a bulk phase as one side of an interface: canonical crystal, symmetry, label.
 *   Everything about surfaces and interfaces is computed from the canonical crystal, with integers
 *   wherever it can be, so it comes out the same however the phase was written down.
 * Life cycle  create -> use -> destroy          Threads  read-only after create
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PHASE_H
#define ITP_PHASE_H

#include "crystal.h"
#include "symmetry.h"

#define ITP_PHASE_LABEL_MAX 96
#define ITP_GRID            6 /* centring translations are sixths of the conventional cell's edges */

typedef struct itp_phase {
    itp_crystal *crystal; /* canonical conventional cell */
    itp_symmetry *symmetry;
    char label[ITP_PHASE_LABEL_MAX]; /* "Li-cI2-229": formula, Pearson symbol, group number */
    char formula[64];
    long primitive[3][3]; /* rows, in sixths of the conventional vectors; determinant > 0 */
    double volume_atom;   /* angstrom^3 per atom */
    int charges_known;    /* 1: `charge` makes the formula neutral (all 0 for an element) */
    double charge[128];   /* by atomic number, e; only for telling polar slabs from others */
} itp_phase;

itp_status itp_phase_create(itp_phase **out, const itp_crystal *crystal, double symprec,
                            itp_error *err);
void itp_phase_destroy(itp_phase *phase); /* accepts NULL */

typedef struct itp_miller {
    int h[3];
} itp_miller;

/* Facets with indices up to `most` of which no two are related by the crystal's symmetry; (hkl) and
 * its opposite are one only when the crystal says so. Sorted by spacing, widest first. The caller
 * frees *list. */
itp_status itp_phase_facets(const itp_phase *phase, int most, itp_miller **list, size_t *n,
                            itp_error *err);
/* The member of an orbit that stands for it: fewest minus signs, then the largest indices first. */
itp_miller itp_phase_miller(const itp_phase *phase, itp_miller miller);

#endif
