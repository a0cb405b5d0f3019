/* belief.c - brings the models of the outcomes up to a snapshot: keep and append, rebuild and
 * append, or fit. SPDX-License-Identifier: GPL-3.0-or-later */
#include "belief.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "history.h"
#include "state.h"
#include "stream.h"

void beliefs_init(beliefs *b, const itp_campaign *campaign, unsigned threads)
{
    memset(b, 0, sizeof *b);
    b->campaign = campaign;
    b->threads = threads;
    for (size_t o = 0; o < campaign->n_outcomes && b->n < ITP_OUTCOMES_MAX; o++)
        if (campaign->outcomes[o].needed && !campaign->outcomes[o].label)
            b->outcome[b->n++] = (unsigned)o;
}

static void forget(belief *one)
{
    itp_surrogate_destroy(one->model);
    itp_surrogate_destroy(one->mean);
    free(one->mean_saved);
    free(one->saved);
    *one = (belief){0};
}

void beliefs_deinit(beliefs *b)
{
    for (size_t i = 0; i < b->n; i++) forget(&b->of[i]);
}

static itp_noise noise_of(const itp_outcome *outcome, const outcome_rows *r)
{
    if (outcome->noise == ITP_TASK_NOISE_NONE) return ITP_NOISE_NONE;
    for (size_t i = 0; i < r->n; i++)
        if (!isfinite(r->sd[i])) return ITP_NOISE_INFERRED;
    return outcome->noise == ITP_TASK_NOISE_SD && r->n > 0 ? ITP_NOISE_KNOWN : ITP_NOISE_INFERRED;
}

/* Goals kept apart are weighed by the volume that they dominate, which is measured in their own
 * units: a logarithm would squeeze just the values beyond the reference that count for nothing, and
 * it took medians of the hypervolume from 58.27 to 58.16 (Branin-Currin) and 0.366 to 0.356
 * (DTLZ2). */
static int is_volume(const itp_campaign *c, unsigned outcome)
{
    int wanted = 0;
    for (size_t i = 0; i < c->n_objectives; i++)
        wanted |= itp_expression_uses(c->objectives[i].what, outcome);
    return wanted && goals_kept_apart(c);
}

/* saved: of the fit that the model will be restored from, or NULL. */
static itp_status make(beliefs *b, size_t i, const itp_snapshot *s, history_use as,
                       const char *saved, const outcome_rows *r)
{
    const itp_campaign *campaign = b->campaign;
    belief *one = &b->of[i];
    const char *name = campaign->agent.surrogate;
    itp_surrogate_options options = {
        .model = name && strcmp(name, "auto") != 0 ? name : NULL,
        .noise = noise_of(&campaign->outcomes[b->outcome[i]], r),
        .transform = is_volume(campaign, b->outcome[i]) ? "standardise" : NULL,
        .averaged = itp_acquisition_averages(campaign->agent.acquisition),
        .threads = b->threads,
    };
    itp_status st = itp_surrogate_create(&one->model, itp_space_d(campaign->space),
                                         itp_space_columns(campaign->space), &options, NULL);
    if (st == ITP_OK && as == HISTORY_MEAN)
        st = history_mean(&one->mean, &one->mean_saved, s, b->outcome[i], saved, b->threads);
    if (st == ITP_OK && one->mean) st = itp_surrogate_set_mean(one->model, one->mean);
    return st;
}

/* The model of the last recorded fit, with every row since: kept when it is that one, else rebuilt.
 */
static itp_status stand_on_record(beliefs *b, size_t i, const itp_snapshot *s,
                                  const outcome_rows *r)
{
    belief *one = &b->of[i];
    const itp_last_fit *last = &s->fits[b->outcome[i]];
    int kept = one->model && one->saved && last->saved && strcmp(one->saved, last->saved) == 0 &&
               one->generation == s->generation && one->n_rows <= r->n;
    if (!kept) {
        forget(one);
        history_use as = history_read(s->campaign, last->saved);
        itp_status st = make(b, i, s, as, last->saved, r);
        if (st != ITP_OK || !last->saved) return st;
        if (last->n_fitted > r->n) return ITP_EINVAL;
        itp_data first = rows_data(r, 0, last->n_fitted);
        st = itp_surrogate_restore(one->model, history_strip(last->saved), &first, NULL);
        if (st != ITP_OK) return st;
        one->saved = itp_copy_text(last->saved);
        if (!one->saved) return ITP_ENOMEM;
        one->n_rows = last->n_fitted;
        one->generation = s->generation;
    }
    if (one->n_rows == r->n) return ITP_OK;
    itp_data rest = rows_data(r, one->n_rows, r->n);
    itp_status st = itp_surrogate_append(one->model, &rest);
    if (st == ITP_OK) one->n_rows = r->n;
    return st;
}

/* Fits to these rows and says how the result is to be read back. */
static itp_status fit_one(beliefs *b, size_t i, const itp_snapshot *s, history_use as,
                          const outcome_rows *r)
{
    belief *one = &b->of[i];
    itp_data all = rows_data(r, 0, r->n);
    uint64_t seed = itp_mix64(itp_mix64(s->campaign->seed + s->number) + b->outcome[i]);
    char *text = NULL, *saved = NULL;
    itp_status st = itp_surrogate_fit(one->model, &all, seed, &one->report);
    if (st == ITP_OK) st = itp_surrogate_save(one->model, &text);
    if (st == ITP_OK) st = history_mark(&saved, s->campaign, as, one->mean_saved, text);
    free(text);
    if (st != ITP_OK) return st;
    free(one->saved);
    one->saved = saved;
    one->n_rows = r->n;
    one->generation = s->generation;
    return ITP_OK;
}

/* With earlier data: each allowed use of them is fitted, and the one that predicts the campaign's
 * own measurements best when they are left out is kept. The use that stands warm-starts. */
static itp_status fit_with_history(beliefs *b, size_t i, const itp_snapshot *s,
                                   history_use standing, outcome_rows *r)
{
    belief *one = &b->of[i], best = {0};
    history_trial tried = {0};
    itp_status st = ITP_OK;
    size_t n_own = r->n - r->n_history;
    for (history_use as = HISTORY_NONE; as <= HISTORY_SOURCE && st == ITP_OK; as++) {
        outcome_rows rows = {0};
        belief now = {0}, was = *one;
        if (!history_allows(s->campaign, as, n_own)) continue;
        st = rows_of(&rows, s, b->outcome[i], as);
        if (as != standing) *one = now;
        if (st == ITP_OK && !one->model) st = make(b, i, s, as, NULL, &rows);
        if (st == ITP_OK) st = fit_one(b, i, s, as, &rows);
        if (st == ITP_OK) st = history_judge(&tried, one->model, as, &rows);
        now = *one;
        *one = was;
        if (as == standing) *one = (belief){0}; /* what stood is `now` */
        if (st == ITP_OK && tried.best == as) {
            forget(&best);
            best = now;
        } else {
            forget(&now);
        }
        rows_deinit(&rows);
    }
    forget(one);
    *one = best;
    history_note(&tried, one->note, sizeof one->note);
    return st;
}

static itp_status update_one(beliefs *b, size_t i, const itp_snapshot *s, unsigned char *fitted)
{
    belief *one = &b->of[i];
    outcome_rows r = {0};
    history_use as = history_read(s->campaign, s->fits[b->outcome[i]].saved);
    itp_status st = rows_of(&r, s, b->outcome[i], as);
    if (st == ITP_OK && r.n == 0) st = ITP_ENOTFIT;
    if (st == ITP_OK) st = stand_on_record(b, i, s, &r);
    one->note[0] = 0;
    if (st == ITP_OK && (!one->saved || itp_surrogate_wants_fit(one->model))) {
        st = s->campaign->n_histories > 0 ? fit_with_history(b, i, s, as, &r)
                                          : fit_one(b, i, s, as, &r);
        if (st == ITP_OK) *fitted = 1;
    }
    rows_deinit(&r);
    if (st != ITP_OK) forget(one); /* Nothing half-made is kept. */
    return st;
}

itp_status beliefs_update(beliefs *b, const itp_snapshot *s, unsigned char *fitted)
{
    if (b->campaign != s->campaign) {
        unsigned threads = b->threads;
        beliefs_deinit(b);
        beliefs_init(b, s->campaign, threads);
    }
    memset(fitted, 0, b->n);
    for (size_t i = 0; i < b->n; i++) {
        itp_status st = update_one(b, i, s, &fitted[i]);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}
