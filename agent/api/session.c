/* session.c - interphase.h over an engine and a decider.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "asking.h"
#include "intake.h"
#include "interphase/interphase.h"
#include "machine.h"
#include "units.h"
#include "values.h"

struct itp_session {
    itp_engine *engine;
    itp_decider *decider;
    itp_units *units;
    itp_suggestion *asked; /* of the last call */
    size_t n_asked;
    itp_value *best; /* of the last call */
};

static void forget_asked(itp_session *s)
{
    for (size_t i = 0; i < s->n_asked; i++) free((void *)s->asked[i].values);
    free(s->asked);
    s->asked = NULL;
    s->n_asked = 0;
}

itp_status itp_session_open(itp_session **out, const char *campaign, const char *journal,
                            itp_error *err)
{
    char machine[256];
    itp_session *s = calloc(1, sizeof *s);
    if (!s) return itp_fail(err, ITP_ENOMEM, "journal %s", journal);
    const itp_engine_options options = {
        .journal = journal, .campaign = campaign, .mode = ITP_JOURNAL_CREATE};
    itp_findings findings = {0};
    itp_status st = itp_engine_open(&s->engine, &options, &findings, err);
    if (st == ITP_ECAMPAIGN && findings.n > 0)
        itp_fail(err, st, "%s:%u:%u: %s", findings.items[0].file, findings.items[0].line,
                 findings.items[0].column, findings.items[0].message);
    itp_findings_deinit(&findings);
    if (st == ITP_OK) st = itp_engine_commit(s->engine, err);
    if (st == ITP_OK) st = itp_units_create(&s->units, err);
    if (st == ITP_OK)
        st = itp_decider_create(&s->decider, itp_machine_text(machine, sizeof machine), 0);
    if (st != ITP_OK) {
        itp_session_close(s);
        return st;
    }
    *out = s;
    return ITP_OK;
}

void itp_session_close(itp_session *s)
{
    if (!s) return;
    forget_asked(s);
    free(s->best);
    itp_decider_destroy(s->decider);
    itp_units_destroy(s->units);
    itp_engine_close(s->engine);
    free(s);
}

/* A point as named values; strings are borrowed from the campaign. */
static itp_value *name_values(const itp_campaign *c, const double *point, size_t *n)
{
    size_t n_params = itp_space_n_params(c->space);
    itp_value *values = calloc(n_params ? n_params : 1, sizeof *values);
    *n = 0;
    for (size_t i = 0; values && i < n_params; i++) {
        const itp_param *p = itp_space_param(c->space, i);
        if (isnan(point[i])) continue;
        int label = p->kind == ITP_CATEGORICAL;
        values[(*n)++] = (itp_value){.name = p->name,
                                     .number = label ? NAN : point[i],
                                     .sd = NAN,
                                     .unit = label ? NULL : p->unit,
                                     .label = label ? p->labels[(size_t)point[i]] : NULL};
    }
    return values;
}

itp_status itp_session_ask(itp_session *s, size_t n, const itp_suggestion **out, size_t *count,
                           itp_error *err)
{
    itp_asked asked;
    itp_status st = itp_ask_now(s->engine, s->decider, n, &asked, err);
    if (st != ITP_OK) return st;
    forget_asked(s);
    s->asked = calloc(asked.made->n_picks, sizeof *s->asked);
    const itp_campaign *c = itp_engine_campaign(s->engine);
    for (size_t i = 0; s->asked && i < asked.made->n_picks; i++) {
        const itp_pick *pick = &asked.made->picks[i];
        itp_suggestion *one = &s->asked[s->n_asked++];
        one->trial = pick->trial ? pick->trial : asked.first++;
        one->values = name_values(c, pick->point, &one->n_values);
        if (!one->values) st = ITP_ENOMEM;
    }
    if (!s->asked || st != ITP_OK) st = itp_fail(err, ITP_ENOMEM, "ask");
    itp_decision_destroy(asked.made);
    *out = s->asked;
    *count = s->n_asked;
    return st;
}

/* Feeds values of the tasks that declare them, converted to the campaign's units. */
static itp_status tell(itp_session *s, itp_event *event, size_t n, const itp_value *values,
                       itp_error *err)
{
    const itp_campaign *c = itp_engine_campaign(s->engine);
    itp_value *mine = NULL, *all = calloc(n ? n : 1, sizeof *all);
    itp_status st = all ? ITP_OK : itp_fail(err, ITP_ENOMEM, "tell");
    size_t n_all = 0;
    for (size_t t = 0; st == ITP_OK && t < c->n_tasks; t++) {
        size_t kept = n;
        free(mine);
        mine = calloc(n ? n : 1, sizeof *mine);
        if (!mine) st = itp_fail(err, ITP_ENOMEM, "tell");
        if (st == ITP_OK && n) memcpy(mine, values, n * sizeof *mine);
        if (st == ITP_OK) st = itp_values_to_outcomes(c, t, s->units, &kept, mine, err);
        for (size_t i = 0; st == ITP_OK && i < kept && n_all < n; i++) all[n_all++] = mine[i];
    }
    if (st == ITP_OK && n_all < n)
        st = itp_fail(err, ITP_ENOTFOUND, "trial %" PRIu64 ": a value is not an output of any task",
                      event->trial);
    event->kind = ITP_EVENT_TOLD;
    event->values = all;
    event->n_values = n_all;
    if (st == ITP_OK) st = itp_feed_now(s->engine, event, err);
    free(all);
    free(mine);
    return st;
}

itp_status itp_session_tell(itp_session *s, itp_id trial, size_t n, const itp_value *values,
                            itp_error *err)
{
    itp_event event = {.trial = trial, .index = -1, .cost = NAN};
    if (trial == 0) return itp_fail(err, ITP_EINVAL, "trials count from 1");
    return tell(s, &event, n, values, err);
}

itp_status itp_session_tell_failed(itp_session *s, itp_id trial, const char *reason, itp_error *err)
{
    itp_event event = {.kind = ITP_EVENT_TOLD,
                       .trial = trial,
                       .index = -1,
                       .cost = NAN,
                       .cause = ITP_CAUSE_SCIENTIFIC,
                       .text = reason};
    if (trial == 0) return itp_fail(err, ITP_EINVAL, "trials count from 1");
    return itp_feed_now(s->engine, &event, err);
}

static itp_status read_point(itp_session *s, size_t n, const itp_value *values, double *point,
                             itp_error *err)
{
    const itp_space *space = itp_engine_campaign(s->engine)->space;
    for (size_t i = 0; i < itp_space_n_params(space); i++) {
        const itp_param *p = itp_space_param(space, i);
        const itp_value *v = itp_values_find(n, values, p->name);
        point[i] = NAN;
        if (!v && (p->when || p->context)) continue;
        if (!v) return itp_fail(err, ITP_EINVAL, "parameter %s has no value", p->name);
        itp_status st = ITP_OK;
        if (!v->label)
            st = itp_units_convert(s->units, v->unit ? v->unit : p->unit, p->unit, v->number,
                                   &point[i], err);
        for (size_t k = 0; v->label && p->labels && k < p->n_levels; k++)
            if (strcmp(v->label, p->labels[k]) == 0) point[i] = (double)k;
        if (st != ITP_OK) return st;
        if (isnan(point[i]))
            return itp_fail(err, ITP_ERANGE, "parameter %s: %s is not one of its labels", p->name,
                            v->label ? v->label : "NaN");
    }
    return ITP_OK;
}

itp_status itp_session_tell_at(itp_session *s, size_t n_point, const itp_value *point, size_t n,
                               const itp_value *values, itp_error *err)
{
    const itp_space *space = itp_engine_campaign(s->engine)->space;
    size_t n_params = itp_space_n_params(space);
    double *numbers = calloc(n_params + 1, sizeof *numbers);
    double *x = calloc(itp_space_d(space) + 1, sizeof *x);
    itp_status st = numbers && x ? ITP_OK : itp_fail(err, ITP_ENOMEM, "tell");
    if (st == ITP_OK) st = read_point(s, n_point, point, numbers, err);
    if (st == ITP_OK) st = itp_space_encode(space, numbers, x, err);
    itp_event event = {.index = -1, .cost = NAN, .point = numbers, .n_point = n_params};
    if (st == ITP_OK) st = tell(s, &event, n, values, err);
    free(numbers);
    free(x);
    return st;
}

itp_status itp_session_best(itp_session *s, itp_best *out, itp_error *err)
{
    itp_snapshot *snapshot;
    itp_summary summary;
    itp_trial_view view;
    const itp_loop *loop = itp_engine_loop(s->engine);
    *out = (itp_best){.mean = NAN, .sd = NAN, .feasible = NAN};
    itp_status st = itp_snapshot_take(&snapshot, loop, 0, 0);
    if (st != ITP_OK) return itp_fail(err, st, "best");
    st = itp_summarise(s->decider, snapshot, &summary);
    itp_snapshot_destroy(snapshot);
    if (st != ITP_OK) return itp_fail(err, st, "best: %s", itp_status_text(st));
    free(s->best);
    s->best = NULL;
    if (summary.best && itp_loop_trial(loop, summary.best, &view) == ITP_OK) {
        *out = (itp_best){summary.best, summary.mean, summary.sd, summary.feasible, 0, NULL};
        s->best = name_values(itp_engine_campaign(s->engine), view.point, &out->n_values);
        out->values = s->best;
        if (!s->best) st = itp_fail(err, ITP_ENOMEM, "best");
    }
    itp_summary_deinit(&summary);
    return st;
}
