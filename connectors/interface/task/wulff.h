/* wulff.h - the equilibrium shape of a crystal: the body that all its facets' half spaces leave.
 *   Plane i stands at a distance from the middle that is proportional to its surface energy (Wulff
 *   1901). Each face is its plane, clipped by all others.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_WULFF_H
#define ITP_WULFF_H

#include "phase.h"

typedef struct wulff_shape {
    size_t n;
    double *share;     /* per facet class: part of the whole surface */
    double mean;       /* surface energy weighted by area, units of the energies */
    double largest;    /* of the shares */
    double anisotropy; /* coefficient of variation of the energy over the surface */
} wulff_shape;

/* Energies of n facet classes (all > 0). ITP_ESCIENTIFIC when they do not close a body. */
itp_status wulff_build(const itp_phase *phase, size_t n, const itp_miller *facets,
                       const double *energies, wulff_shape *out, itp_error *err);
itp_status wulff_write(const char *path, const wulff_shape *shape, const itp_miller *facets,
                       const double *energies);
void wulff_deinit(wulff_shape *shape);

#endif
