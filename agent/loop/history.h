/* history.h - earlier data under an outcome's model: as rows of its own or of another source, as
 * the prior mean that a model of them alone gives, or not at all, whichever predicts what the
 * campaign itself has measured, left out, best. A fit's record begins with "history=USE;" so that a
 * model is rebuilt from the rows it was fitted to. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_HISTORY_H
#define ITP_HISTORY_H

#include "belief.h"

/* From the plainest to the one with most freedom. */
typedef enum history_use {
    HISTORY_NONE,
    HISTORY_DATA,
    HISTORY_MEAN,
    HISTORY_SOURCE,
    HISTORY_USES
} history_use;

/* Rows of one outcome: earlier ones first (none of them under a prior mean), then the campaign's in
 * event order. */
typedef struct outcome_rows {
    size_t n, d, n_history, n_earlier; /* n_earlier: known, whether they are rows or not */
    double *x, *y, *sd;
} outcome_rows;

itp_status rows_of(outcome_rows *r, const itp_snapshot *s, unsigned outcome, history_use as);
void rows_deinit(outcome_rows *r);
itp_data rows_data(const outcome_rows *r, size_t from, size_t to);

/* May it be tried, with so many measurements of one's own? Too few cannot judge: then the first
 * use that was asked for stands. */
int history_allows(const itp_campaign *campaign, history_use as, size_t n_own);

/* Uses tried at a fit, by their left-out log density of the campaign's own rows. */
typedef struct history_trial {
    int tried[HISTORY_USES];
    double density[HISTORY_USES];
    size_t n_history, n_own;
    history_use best;
} history_trial;
itp_status history_judge(history_trial *trial, const itp_surrogate *model, history_use as,
                         const outcome_rows *rows);
void history_note(const history_trial *trial, char *out, size_t size);

/* The record's mark: written before a fit's text, read back, and passed over. A campaign without
 * earlier data has none. Under a prior mean the text of its own fit stands between, on a line. */
itp_status history_mark(char **out, const itp_campaign *campaign, history_use as, const char *mean,
                        const char *text);
history_use history_read(const itp_campaign *campaign, const char *saved);
const char *history_strip(const char *saved);

/* The model of the earlier rows of an outcome alone, whose predictions are the prior mean: as
 * `saved` (NULL: fitted) says. *out NULL: there is no such row. *text: what makes it again. */
itp_status history_mean(itp_surrogate **out, char **text, const itp_snapshot *s, unsigned outcome,
                        const char *saved, unsigned threads);

#endif
