/* exact.h - the parts of the exact model that its relatives (robust.c) share: the state is one
 * itp_posterior. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_EXACT_H
#define ITP_EXACT_H

#include "model.h"

/* Makes s->state an empty posterior when there is none. */
itp_status itp_exact_prepare(itp_surrogate *s);

itp_status itp_exact_fit(itp_surrogate *s, uint64_t seed, itp_fit_report *report);
itp_status itp_exact_append(itp_surrogate *s);
itp_status itp_exact_remove(itp_surrogate *s, size_t i);
void itp_exact_clear(itp_surrogate *s);
itp_status itp_exact_save(const itp_surrogate *s, json_t *into);
itp_status itp_exact_restore(itp_surrogate *s, const json_t *from);
size_t itp_exact_members(const itp_surrogate *s);
const itp_posterior *itp_exact_member(const itp_surrogate *s, size_t index);
double itp_exact_noise_var(const itp_surrogate *s, size_t index);
const itp_hyper *itp_exact_hyper(const itp_surrogate *s, size_t index);

/* What both classes do alike. */
#define ITP_EXACT_METHODS                                                                          \
    .append = itp_exact_append, .remove = itp_exact_remove, .clear = itp_exact_clear,              \
    .save = itp_exact_save, .restore = itp_exact_restore, .members = itp_exact_members,            \
    .member = itp_exact_member, .noise_var = itp_exact_noise_var, .hyper = itp_exact_hyper

#endif
