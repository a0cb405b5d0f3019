/* suppose.h - replay --with: what other settings would have chosen from the same data.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SUPPOSE_H
#define ITP_SUPPOSE_H

#include "app.h"

typedef struct suppose {
    itp_campaign *campaign; /* under the other settings */
    itp_decider *decider;
    itp_last_fit *no_fits; /* n_outcomes, where another surrogate cannot use the recorded ones */
    size_t same, other;    /* decisions that chose the same points, and others */
} suppose;

itp_status suppose_init(suppose *s, const itp_campaign *as_it_was, size_t n,
                        const char *const *settings, const char *machine, itp_error *err);
void suppose_deinit(suppose *s);

/* Decides anew from the snapshot that a decision was made from, and prints both. */
itp_status suppose_decision(suppose *s, const itp_snapshot *snapshot, const itp_decision *made,
                            itp_error *err);
void suppose_print(const suppose *s);

#endif
