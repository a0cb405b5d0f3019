/* belief.c - brings the models of the outcomes up to a snapshot: keep and append, rebuild and
 * append, or fit. SPDX-License-Identifier: GPL-3.0-or-later */
#include "belief.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    free(one->saved);
    *one = (belief){0};
}

void beliefs_deinit(beliefs *b)
{
    for (size_t i = 0; i < b->n; i++) forget(&b->of[i]);
}

/* Rows of one outcome, in event order. */
typedef struct rows {
    size_t n, d;
    double *x, *y, *sd;
} rows;

static void rows_deinit(rows *r)
{
    free(r->x);
    free(r->y);
    free(r->sd);
}

static itp_status rows_of(rows *r, const itp_snapshot *s, unsigned outcome)
{
    const itp_space *space = s->campaign->space;
    const itp_outcome *def = &s->campaign->outcomes[outcome];
    size_t n = 0, p = itp_space_n_params(space);
    for (size_t i = 0; i < s->n_observations; i++) n += s->observations[i].outcome == outcome;
    *r = (rows){.d = itp_space_d(space)};
    r->x = malloc((n * r->d + 1) * sizeof *r->x);
    r->y = malloc((n + 1) * sizeof *r->y);
    r->sd = malloc((n + 1) * sizeof *r->sd);
    if (!r->x || !r->y || !r->sd) return ITP_ENOMEM;
    for (size_t i = 0; i < s->n_observations; i++) {
        const itp_observation *seen = &s->observations[i];
        if (seen->outcome != outcome) continue;
        const double *point = s->points + (seen->trial - 1) * p;
        itp_status st = itp_space_encode(space, point, r->x + r->n * r->d, NULL);
        if (st != ITP_OK) return st;
        r->y[r->n] = seen->value;
        r->sd[r->n] = isfinite(seen->sd) ? seen->sd : def->noise_sd;
        r->n++;
    }
    return ITP_OK;
}

static itp_data data_of(const rows *r, size_t from, size_t to)
{
    return (itp_data){to - from, r->d, r->x + from * r->d, r->y + from, r->sd + from};
}

static itp_noise noise_of(const itp_outcome *outcome, const rows *r)
{
    if (outcome->noise == ITP_TASK_NOISE_NONE) return ITP_NOISE_NONE;
    for (size_t i = 0; i < r->n; i++)
        if (!isfinite(r->sd[i])) return ITP_NOISE_INFERRED;
    return outcome->noise == ITP_TASK_NOISE_SD && r->n > 0 ? ITP_NOISE_KNOWN : ITP_NOISE_INFERRED;
}

static itp_status make(beliefs *b, size_t i, const rows *r)
{
    const itp_campaign *campaign = b->campaign;
    const char *name = campaign->agent.surrogate;
    itp_surrogate_options options = {
        .model = name && strcmp(name, "auto") != 0 ? name : NULL,
        .noise = noise_of(&campaign->outcomes[b->outcome[i]], r),
        .threads = b->threads,
    };
    return itp_surrogate_create(&b->of[i].model, itp_space_d(campaign->space),
                                itp_space_columns(campaign->space), &options, NULL);
}

/* The model of the last recorded fit, with every row since: kept when it is that one, else rebuilt.
 */
static itp_status stand_on_record(beliefs *b, size_t i, const itp_snapshot *s, const rows *r)
{
    belief *one = &b->of[i];
    const itp_last_fit *last = &s->fits[b->outcome[i]];
    int kept = one->model && one->saved && last->saved && strcmp(one->saved, last->saved) == 0 &&
               one->generation == s->generation && one->n_rows <= r->n;
    if (!kept) {
        forget(one);
        itp_status st = make(b, i, r);
        if (st != ITP_OK || !last->saved) return st;
        if (last->n_fitted > r->n) return ITP_EINVAL;
        itp_data first = data_of(r, 0, last->n_fitted);
        st = itp_surrogate_restore(one->model, last->saved, &first, NULL);
        if (st != ITP_OK) return st;
        one->saved = itp_copy_text(last->saved);
        if (!one->saved) return ITP_ENOMEM;
        one->n_rows = last->n_fitted;
        one->generation = s->generation;
    }
    if (one->n_rows == r->n) return ITP_OK;
    itp_data rest = data_of(r, one->n_rows, r->n);
    itp_status st = itp_surrogate_append(one->model, &rest);
    if (st == ITP_OK) one->n_rows = r->n;
    return st;
}

static itp_status update_one(beliefs *b, size_t i, const itp_snapshot *s, unsigned char *fitted)
{
    belief *one = &b->of[i];
    rows r = {0};
    itp_status st = rows_of(&r, s, b->outcome[i]);
    if (st == ITP_OK && r.n == 0) st = ITP_ENOTFIT;
    if (st == ITP_OK) st = stand_on_record(b, i, s, &r);
    if (st == ITP_OK && (!one->saved || itp_surrogate_wants_fit(one->model))) {
        itp_data all = data_of(&r, 0, r.n);
        uint64_t seed = itp_mix64(itp_mix64(s->campaign->seed + s->number) + b->outcome[i]);
        char *saved = NULL;
        st = itp_surrogate_fit(one->model, &all, seed, &one->report);
        if (st == ITP_OK) st = itp_surrogate_save(one->model, &saved);
        if (st == ITP_OK) {
            free(one->saved);
            one->saved = saved;
            one->n_rows = r.n;
            one->generation = s->generation;
            *fitted = 1;
        }
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
