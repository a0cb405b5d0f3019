/* cifsites.h - what a CIF says, collected row by row, and the crystal that follows from it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CIFSITES_H
#define ITP_CIFSITES_H

#include "element.h"
#include "files.h"

typedef struct cif_site {
    int z;
    double frac[3], occupancy;
} cif_site;

typedef struct cif_operation {
    double rotation[3][3], shift[3]; /* x' = rotation x + shift */
} cif_operation;

typedef struct cif_facts {
    double length[3], angle[3]; /* 0: not said */
    cif_site *sites;
    size_t n_sites, sites_room;
    cif_operation *operations;
    size_t n_operations, operations_room;
    long group;      /* space-group number, 0 not said */
    char symbol[32]; /* Hermann-Mauguin without blanks and setting, "" not said */
    char setting[8]; /* what follows its colon */
} cif_facts;

/* One row of a loop, or one name with its value. Names that do not matter are passed over. */
itp_status cif_row(cif_facts *facts, const itp_scan *scan, size_t width, const itp_word *names,
                   const itp_word *row, itp_error *err);
itp_status cif_build(itp_crystal **out, cif_facts *facts, const itp_scan *scan, itp_error *err);

#endif
