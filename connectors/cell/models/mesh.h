/* mesh.h - finite-volume grids: shells of a unit sphere and cells across the cell sandwich.
 *   Sphere  face gradients and the surface value come from cubics that reproduce the averages of
 *           the nearest shells exactly, so fluxes are fourth-order and lithium is conserved.
 *   Slab    equal widths in each region: measured, clustering gains nothing at the rates of use.
 * Life cycle  init -> use -> deinit (sphere); slab widths are written into the caller's array
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_MESH_H
#define ITP_CELL_MESH_H

#include <stddef.h>

#include "interphase/status.h"

#define ITP_SPHERE_MIN 4 /* shells that a cubic needs */

typedef struct itp_sphere {
    size_t n;
    double *volume;       /* n: integral of r^2 dr over the shell, sums to 1/3 */
    double *area;         /* n: r^2 of the shell's outer face */
    size_t *first;        /* n - 1: first of the four shells that face i (outer, of shell i) uses */
    double (*slope)[4];   /* n - 1: weights of their averages in du/dr at that face */
    double surface[3];    /* weights of the last three averages in u(1) */
    double surface_slope; /* weight of du/dr at r = 1 in u(1) */
} itp_sphere;

/* n >= ITP_SPHERE_MIN shells; `stretch` > 0 is the ratio of neighbouring thicknesses, finer
 * outwards (1: uniform). ITP_ENOMEM. */
itp_status itp_sphere_init(itp_sphere *sphere, size_t n, double stretch);
void itp_sphere_deinit(itp_sphere *sphere); /* accepts a zeroed one */

/* Widths of n equal cells that fill `length`. */
void itp_slab_widths(size_t n, double length, double *width);

#endif
