/* history.c - SPDX-License-Identifier: GPL-3.0-or-later */
#include "history.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"
#include "state.h"
#include "stream.h"

/* Own measurements from which left-out predictions are believed to judge. */
enum { JUDGES = 5 };
/* Nats by which a simpler use must be better before the first choice gives way: noise of a few
 * left-out rows is of this size. */
static const double MARGIN = 0.5;

static const char *const NAMES[] = {"none", "data", "mean", "source"};
static const char MARK[] = "history=";

void rows_deinit(outcome_rows *r)
{
    free(r->x);
    free(r->y);
    free(r->sd);
}

itp_data rows_data(const outcome_rows *r, size_t from, size_t to)
{
    return (itp_data){to - from, r->d, r->x + from * r->d, r->y + from, r->sd + from};
}

static itp_status add_row(outcome_rows *r, const itp_campaign *c, const double *point, double y,
                          double sd, double source)
{
    double *x = r->x + r->n * r->d;
    itp_status st = itp_space_encode(c->space, point, x, NULL);
    if (st != ITP_OK) return st;
    if (c->n_histories > 0) x[r->d - 1] = source;
    r->y[r->n] = y;
    r->sd[r->n] = sd;
    r->n++;
    return ITP_OK;
}

itp_status rows_of(outcome_rows *r, const itp_snapshot *s, unsigned outcome, history_use as)
{
    const itp_campaign *c = s->campaign;
    size_t n = 0, p = itp_space_n_params(c->space);
    double usual_sd = c->outcomes[outcome].noise_sd;
    for (size_t i = 0; i < s->n_observations; i++) n += s->observations[i].outcome == outcome;
    int as_rows = as == HISTORY_DATA || as == HISTORY_SOURCE;
    for (size_t k = 0; k < c->n_histories; k++) n += c->histories[k].n;
    *r = (outcome_rows){.d = itp_space_d(c->space)};
    r->x = malloc((n * r->d + 1) * sizeof *r->x);
    r->y = malloc((n + 1) * sizeof *r->y);
    r->sd = malloc((n + 1) * sizeof *r->sd);
    itp_status st = r->x && r->y && r->sd ? ITP_OK : ITP_ENOMEM;
    for (size_t k = 0; k < c->n_histories; k++) {
        const itp_history *h = &c->histories[k];
        for (size_t i = 0; i < h->n && st == ITP_OK; i++) {
            double y = h->values[i * c->n_outcomes + outcome];
            double sd = h->sds[i * c->n_outcomes + outcome];
            double source = as == HISTORY_SOURCE ? (double)(k + 1) : 0;
            if (isnan(y)) continue;
            r->n_earlier++;
            if (as_rows)
                st = add_row(r, c, h->points + i * p, y, isfinite(sd) ? sd : usual_sd, source);
        }
    }
    r->n_history = r->n;
    for (size_t i = 0; i < s->n_observations && st == ITP_OK; i++) {
        const itp_observation *seen = &s->observations[i];
        if (seen->outcome != outcome) continue;
        st = add_row(r, c, s->points + (seen->trial - 1) * p, seen->value,
                     isfinite(seen->sd) ? seen->sd : usual_sd, 0);
    }
    return st;
}

static int asked_for(const itp_campaign *c, history_use as)
{
    static const itp_history_use ASKED[] = {ITP_HISTORY_AUTO, ITP_HISTORY_DATA, ITP_HISTORY_MEAN,
                                            ITP_HISTORY_SOURCE};
    for (size_t k = 0; k < c->n_histories; k++)
        if (c->histories[k].use == ITP_HISTORY_AUTO || c->histories[k].use == ASKED[as]) return 1;
    return 0;
}

/* A source can be biased and still teach, so it stands while too little is known to judge. */
static history_use first_choice(const itp_campaign *c)
{
    if (c->n_histories == 0) return HISTORY_NONE;
    return asked_for(c, HISTORY_SOURCE) ? HISTORY_SOURCE
           : asked_for(c, HISTORY_DATA) ? HISTORY_DATA
                                        : HISTORY_MEAN;
}

int history_allows(const itp_campaign *c, history_use as, size_t n_own)
{
    if (n_own < JUDGES) return as == first_choice(c);
    return as == HISTORY_NONE || asked_for(c, as);
}

itp_status history_judge(history_trial *t, const itp_surrogate *model, history_use as,
                         const outcome_rows *r)
{
    double *mean = malloc((2 * r->n + 1) * sizeof *mean), *sd = mean + r->n, sum = 0;
    if (!mean) return ITP_ENOMEM;
    itp_status st = itp_surrogate_loo(model, mean, sd, NULL);
    for (size_t i = r->n_history; i < r->n && st == ITP_OK; i++)
        sum += itp_log_npdf((r->y[i] - mean[i]) / sd[i]) - log(sd[i]);
    free(mean);
    if (st != ITP_OK) return st;
    int first = 1;
    for (int k = 0; k < HISTORY_USES; k++) first &= !t->tried[k];
    t->tried[as] = 1;
    t->density[as] = sum;
    t->n_own = r->n - r->n_history;
    t->n_history = r->n_earlier;
    if (first || sum > t->density[t->best] - (as == HISTORY_SOURCE ? MARGIN : 0)) t->best = as;
    return ITP_OK;
}

void history_note(const history_trial *t, char *out, size_t size)
{
    static const char *const KEPT[] = {"dropped", "taken as measurements",
                                       "taken as the prior mean", "taken as another source"};
    size_t used = (size_t)snprintf(out, size, "%zu earlier rows %s", t->n_history, KEPT[t->best]);
    if (t->n_own < JUDGES) {
        snprintf(out + used, size - used, " (%zu measurements are too few to judge)", t->n_own);
        return;
    }
    used += (size_t)snprintf(out + used, size - used,
                             " (log density of %zu left-out measurements:", t->n_own);
    for (int k = 0; k < HISTORY_USES && used < size; k++)
        if (t->tried[k])
            used += (size_t)snprintf(out + used, size - used, " %s %.3g",
                                     k == HISTORY_NONE ? "without" : NAMES[k], t->density[k]);
    if (used < size) snprintf(out + used, size - used, ")");
}

itp_status history_mark(char **out, const itp_campaign *c, history_use as, const char *mean,
                        const char *text)
{
    size_t size = strlen(text) + (mean ? strlen(mean) : 0) + 32;
    char *marked = malloc(size);
    if (!marked) return ITP_ENOMEM;
    if (c->n_histories > 0)
        snprintf(marked, size, "%s%s;%s%s%s", MARK, NAMES[as], mean ? mean : "", mean ? "\n" : "",
                 text);
    else
        snprintf(marked, size, "%s", text);
    *out = marked;
    return ITP_OK;
}

history_use history_read(const itp_campaign *c, const char *saved)
{
    for (int k = 0; saved && strncmp(saved, MARK, strlen(MARK)) == 0 && k < HISTORY_USES; k++) {
        size_t length = strlen(NAMES[k]);
        const char *at = saved + strlen(MARK);
        if (strncmp(at, NAMES[k], length) == 0 && at[length] == ';') return (history_use)k;
    }
    return first_choice(c);
}

const char *history_strip(const char *saved)
{
    const char *end = strncmp(saved, MARK, strlen(MARK)) == 0 ? strchr(saved, ';') : NULL;
    if (!end) return saved;
    const char *line = strchr(end, '\n');
    return line ? line + 1 : end + 1;
}

/* What stands between the mark and the fit's text; NULL when nothing does. The caller's to free. */
static itp_status read_mean(const char *saved, char **out)
{
    const char *from = saved ? strchr(saved, ';') : NULL, *to = from ? strchr(from, '\n') : NULL;
    *out = NULL;
    if (!to) return ITP_OK;
    size_t size = (size_t)(to - from - 1);
    if (!(*out = malloc(size + 1))) return ITP_ENOMEM;
    memcpy(*out, from + 1, size);
    (*out)[size] = 0;
    return ITP_OK;
}

itp_status history_mean(itp_surrogate **out, char **text, const itp_snapshot *s, unsigned outcome,
                        const char *saved, unsigned threads)
{
    const itp_campaign *c = s->campaign;
    itp_snapshot earlier = *s; /* nothing of the campaign's own */
    earlier.n_observations = 0;
    outcome_rows r = {0};
    itp_surrogate *model = NULL;
    char *before = NULL;
    *out = NULL, *text = NULL;
    itp_status st = rows_of(&r, &earlier, outcome, HISTORY_DATA);
    if (st == ITP_OK && r.n > 0) {
        itp_surrogate_options options = {.threads = threads};
        itp_data data = rows_data(&r, 0, r.n);
        if (c->outcomes[outcome].noise == ITP_TASK_NOISE_NONE) options.noise = ITP_NOISE_NONE;
        st = itp_surrogate_create(&model, r.d, itp_space_columns(c->space), &options, NULL);
        if (st == ITP_OK) st = read_mean(saved, &before);
        if (st == ITP_OK)
            st = before ? itp_surrogate_restore(model, before, &data, NULL)
                        : itp_surrogate_fit(model, &data, itp_mix64(c->seed + outcome), NULL);
        if (st == ITP_OK) st = itp_surrogate_save(model, text);
    }
    free(before);
    rows_deinit(&r);
    if (st == ITP_OK)
        *out = model;
    else
        itp_surrogate_destroy(model);
    return st;
}
