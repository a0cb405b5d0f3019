/* join.h - one interface: two surfaces, a pair of superlattices, a registry, a share of the misfit;
 *   its one normal form, and the name that says all of it and can be read back.
 *
 *     Li-cI2-229(100)a|Mg-hP2-194(001)a|2.0.1x2.1.0.1|e+1.23-0.45s0.5|r1/2+0
 *
 *   phase, facet and termination of the lower side | of the upper side | superlattices: Hermite
 * form a.b.d of the lower one (rows (a b), (0 d)), four integers of the upper one | misfits in
 * percent and the share of them that the upper side takes | registry as fractions of the shift
 * lattice. Terminations are letters, the lowest plane of the facet first. The misfit is there for
 * people and as a check: a phase with other lattice constants does not answer to the name. The side
 * whose surface text comes first is the lower one. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_JOIN_H
#define ITP_JOIN_H

#include "match.h"

#define ITP_NAME_MAX 320

typedef struct itp_join {
    const itp_facet *lower, *upper; /* borrowed */
    size_t lower_cut, upper_cut;    /* terminations */
    itp_pair pair;
    int share; /* thousandths of the misfit that the upper side takes, 0 .. 1000 */
} itp_join;

/* "Li-cI2-229(100)a"; indices beyond one digit are separated by dots. */
void itp_surface_name(const itp_facet *facet, size_t termination, size_t size, char *text);

/* Reads one surface: "Li-cI2-229(100)a", or "Li(100)a" where the phase is told by its formula
 * alone. */
itp_status itp_surface_parse(const char *text, char phase[ITP_PHASE_LABEL_MAX], itp_miller *miller,
                             size_t *termination, itp_error *err);

/* The same interface in normal form; equivalent interfaces become equal. */
itp_join itp_join_normal(const itp_join *join);
void itp_join_name(const itp_join *normal, char text[ITP_NAME_MAX]);

/* What a name says, before its phases are at hand. */
typedef struct itp_parsed {
    char phase[2][ITP_PHASE_LABEL_MAX];
    itp_miller miller[2];
    size_t termination[2];
    itp_pair pair;
    double strain[2]; /* percent */
    int share;
} itp_parsed;
itp_status itp_name_parse(const char *name, itp_parsed *out, itp_error *err);

/* A name with its facets: keep until the join is no longer used. */
typedef struct itp_named {
    itp_join join;
    itp_facet *facets[2];
} itp_named;
/* Finds the two phases among n by their labels. ITP_ENOTFOUND when one is missing, ITP_EINVAL when
 * the misfit is not that of these lattice constants or the name is not in normal form. */
itp_status itp_name_resolve(const char *name, const itp_phase *const *phases, size_t n,
                            itp_named *out, itp_error *err);
void itp_named_deinit(itp_named *named);

/* Registries worth telling apart: points of a grid over the shift lattice no finer than `step`
 * angstrom and at most `most` a side, one for each class. The caller frees *list. */
itp_status itp_join_registries(const itp_join *join, double step, long most, itp_pair **list,
                               size_t *n, itp_error *err);

#endif
