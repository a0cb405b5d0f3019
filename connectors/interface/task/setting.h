/* setting.h - what a campaign's `with:` says to the tasks of this connector.
 *   with:
 *     engine: lammps                       # or ase
 *     model:  kim:MEAM_LAMMPS_KimJungLee_2012_LiMg
 *     phases: [Li.vasp, Mg.vasp]           # files beside the campaign
 *     force:  0.02                         # eV/angstrom: no component larger at the end
 *     steps:  2000                         # of the minimiser
 *     thickness: 12                        # angstrom, of each slab; or [12, 15]
 *     vacuum: 12                           # angstrom
 *     gap: 2.2                             # angstrom between the sides; default: touching
 *     reference: surface                   # or common: the cell that slabs alone are computed in
 *     check: [thickness, vacuum]           # compute again with more of it, and compare
 *     tolerance: 0.02                      # of that comparison, relative
 *     lattice: model                       # or file: bulk cells as they are in the files
 *     cache: DIR                           # "" for none
 *   and what single tasks take: surfaces, miller, area, strain, axis, sigma, plane, search, delete,
 *   supercell, hop, adatom, images, layers, frozen (connector.c says which).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SETTING_H
#define ITP_SETTING_H

#include <jansson.h>

#include "bicrystal.h"

enum { PHASES_MAX = 8 };

typedef struct setting {
    char engine[16], model[256];
    char files[PHASES_MAX][512];
    size_t n_files;
    double force, tolerance;
    long steps;
    itp_recipe recipe;
    itp_reference reference;
    int check_thickness, check_vacuum;
    int keep_lattice; /* 1: bulk cells as they are in the files */
    char cache[512];
    int has_cache;
    json_t *json; /* the whole, for what single tasks take */
} setting;

/* base: folder that relative files belong to, "" for the current one. */
itp_status setting_read(const char *options, const char *base, setting *out, itp_error *err);
void setting_deinit(setting *s);

/* What single tasks take: a number or whole number within bounds, three integers, a text. `found` 0
 * and the default when it is not there. */
itp_status setting_number(const setting *s, const char *key, double low, double high, double *value,
                          itp_error *err);
itp_status setting_whole(const setting *s, const char *key, long low, long high, long *value,
                         itp_error *err);
itp_status setting_triple(const setting *s, const char *key, int out[3], int *found,
                          itp_error *err);
const char *setting_text(const setting *s, const char *key); /* NULL: not there */

#endif
