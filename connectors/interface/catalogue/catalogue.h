/* catalogue.h - all candidate interfaces of two phases, each once, with its name and descriptors.
 *   Facets up to a Miller index (or those given), their terminations, matches within the bounds,
 *   registries; each is put in normal form, so that two roads to one interface give one row. Rows
 * come through a callback as they are found, so memory does not grow with the descriptors. Cost
 * about 10,000 candidates in a few seconds on one core SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CATALOGUE_H
#define ITP_CATALOGUE_H

#include "describe.h"

typedef struct itp_catalogue {
    const itp_phase *phases[2];  /* the same twice: boundaries within one phase */
    const itp_miller *facets[2]; /* given facets, or NULL: all up to miller_max */
    size_t n_facets[2];
    int miller_max;
    itp_bounds bounds;
    size_t
        smallest; /* of each pair of surfaces only so many matches, smallest area first; 0: all */
    double registry_step; /* angstrom */
    long registry_most;   /* a side; 1: only the origin's */
    int share;            /* thousandths of the misfit on the upper side */
    itp_recipe recipe;    /* for the column atoms */
    size_t most;          /* candidates; 0: one million */
    int periodic;         /* 1: surfaces whose slab has a dipole are left out */
} itp_catalogue;

typedef struct itp_candidate {
    const itp_join *join; /* normal; borrowed for the call */
    const char *name;
    const double *descriptors; /* ITP_DESCRIPTOR_COUNT */
} itp_candidate;

/* take: another status than ITP_OK stops. progress: 0 to 1, may be NULL. */
typedef struct itp_catalogue_user {
    itp_status (*take)(void *ctx, const itp_candidate *candidate);
    void (*progress)(void *ctx, double fraction, size_t found);
    void *ctx;
} itp_catalogue_user;

itp_status itp_catalogue_list(const itp_catalogue *what, const itp_catalogue_user *user, size_t *n,
                              itp_error *err);

#endif
