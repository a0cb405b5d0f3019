/* grain.h - boundaries between two grains of one cubic phase, by coincidence-site lattice.
 *   Axis [uvw] and Sigma fix the rotation: Sigma = m^2 + n^2 (u^2 + v^2 + w^2) without its factors
 * of two, angle 2 atan(n |uvw| / m) (Ranganathan 1966); of several the smallest angle. The plane is
 * that of the lower grain. Geometrically it is an interface of a phase with itself without misfit,
 * so matches, names, registries (the rigid shift) and building are those of any interface.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_GRAIN_H
#define ITP_GRAIN_H

#include "join.h"

typedef struct itp_grain {
    int axis[3], plane[3];
    long sigma;
    double angle; /* degrees, found */
} itp_grain;

/* Fills angle and the named join (normal form, registry 0, termination of both sides the first). */
itp_status itp_grain_boundary(itp_grain *grain, const itp_phase *phase, itp_named *out,
                              itp_error *err);

/* Rotation that Sigma and axis stand for: row vectors of the upper grain times it are in the lower
 * grain's frame. ITP_ENOTFOUND when this axis has no such Sigma. */
itp_status itp_grain_rotation(itp_grain *grain, double rotation[3][3], itp_error *err);

#endif
