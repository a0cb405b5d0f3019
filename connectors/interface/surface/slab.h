/* slab.h - slabs: a facet with a chosen top, a thickness and a vacuum.
 *   The slab's frame is the facet's; its third vector stands along z. The top surface is the
 *   termination asked for; the bottom follows from the kind of slab:
 *     STOICHIOMETRIC  whole periods: the crystal's composition, and the cut's other half below
 *     SYMMETRIC       at least as thick, cut where an operation that turns the facet over puts it,
 *                     so that both faces are the same surface (ITP_ENOTSUP when there is none)
 *     COMPENSATED     whole periods, doubled along a, half of the top plane moved to the bottom,
 * which takes the dipole from a polar slab (Tasker 1979, type 3); ITP_ENOTSUP when charges are not
 * known or half a plane is not what cancels it SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SLAB_H
#define ITP_SLAB_H

#include "facet.h"

typedef enum itp_slab_kind {
    ITP_SLAB_STOICHIOMETRIC,
    ITP_SLAB_SYMMETRIC,
    ITP_SLAB_COMPENSATED
} itp_slab_kind;

typedef struct itp_slab {
    itp_crystal *crystal; /* a, b as the facet's, c along z; atoms begin at z = vacuum / 2 */
    double area;          /* angstrom^2 */
    double thickness;     /* angstrom between lowest and highest atom */
    double periods;       /* whole for stoichiometric slabs */
    int stoichiometric;
    int symmetric; /* both faces are the same surface */
    int charges_known;
    double dipole; /* e/angstrom: moment along z over area, from usual charges; NaN unknown */
    double dipole_period; /* that of one whole period; polar when it is not 0 */
} itp_slab;

/* periods >= 1; vacuum >= 0 angstrom of free height. */
itp_status itp_slab_create(itp_slab **out, const itp_facet *facet, size_t termination,
                           itp_slab_kind kind, size_t periods, double vacuum, itp_error *err);
void itp_slab_destroy(itp_slab *slab); /* accepts NULL */

/* Periods that make a slab at least so thick (angstrom). */
size_t itp_slab_periods(const itp_facet *facet, double thickness);

#endif
