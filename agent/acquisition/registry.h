/* registry.h - which acquisition a problem asks for.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ACQUISITION_REGISTRY_H
#define ITP_ACQUISITION_REGISTRY_H

#include "gain.h"

/* Noise variance above which the best of the measured points is itself uncertain enough that the
 * acquisition must average over it; latent units, where an outcome's variance is about 1. */
#define ITP_NOISE_MATTERS 1e-2

/* What will be used: kind, or NULL for feasibility alone (nothing feasible is known yet) and for
 * space filling (nothing is believed yet). */
typedef struct itp_selection {
    const itp_gain_kind *kind;
    const itp_gain_kind *first; /* of the first of several points, when another; else NULL */
    int design;                 /* 1: space filling */
    const char *name;           /* of what is used */
    char why[256];
} itp_selection;

/*   name  of the registry; NULL or "auto": by the problem. ITP_ENOTFOUND lists the names. */
itp_status itp_select_gain(itp_selection *out, const itp_view *view, const char *name, size_t q,
                           itp_error *err);

#endif
