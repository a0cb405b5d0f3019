/* planes.h - the planes, cuts and symmetries of a facet whose cell and atoms are there already.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PLANES_H
#define ITP_PLANES_H

#include "facet.h"

itp_status itp_facet_operations(itp_facet *facet, itp_error *err);
itp_status itp_facet_planes(itp_facet *facet, itp_error *err);

#endif
