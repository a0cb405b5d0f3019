/* same.h - what equality of events means: every field, numbers to the bit, any NaN is any NaN.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TEST_SAME_H
#define ITP_TEST_SAME_H

#include <math.h>
#include <string.h>

#include "interphase/event.h"

static inline int same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* The same bits; any NaN is any NaN. */
static inline int same_real(double a, double b)
{
    return isnan(a) ? isnan(b) : memcmp(&a, &b, sizeof a) == 0;
}

static inline int same_reals(size_t n, const double *a, const double *b)
{
    if (!a || !b) return a == b;
    for (size_t i = 0; i < n; i++)
        if (!same_real(a[i], b[i])) return 0;
    return 1;
}

static inline int same_values(const itp_event *a, const itp_event *b)
{
    if (a->n_values != b->n_values) return 0;
    for (size_t i = 0; i < a->n_values; i++) {
        const itp_value *v = &a->values[i], *w = &b->values[i];
        if (!same_text(v->name, w->name) || !same_real(v->number, w->number) ||
            !same_real(v->sd, w->sd) || !same_text(v->unit, w->unit) ||
            !same_text(v->label, w->label))
            return 0;
    }
    return 1;
}

static inline int same_files(const itp_event *a, const itp_event *b)
{
    if (a->n_files != b->n_files) return 0;
    for (size_t i = 0; i < a->n_files; i++)
        if (!same_text(a->files[i].path, b->files[i].path) ||
            a->files[i].size != b->files[i].size ||
            memcmp(a->files[i].bytes, b->files[i].bytes, a->files[i].size) != 0)
            return 0;
    return 1;
}

static inline int same_roster(const itp_roster *a, const itp_roster *b)
{
    if (!a || !b) return a == b;
    if (a->n_tasks != b->n_tasks || a->n_holding != b->n_holding || a->slots != b->slots ||
        a->cls != b->cls || !same_text(a->connector, b->connector) ||
        !same_text(a->ledger, b->ledger) || !same_text(a->schema, b->schema) ||
        !same_text(a->sample, b->sample) || a->n_bounds != b->n_bounds)
        return 0;
    for (size_t i = 0; i < a->n_bounds; i++)
        if (!same_text(a->bounds[i].task, b->bounds[i].task) ||
            !same_text(a->bounds[i].input, b->bounds[i].input) ||
            !same_text(a->bounds[i].unit, b->bounds[i].unit) ||
            a->bounds[i].low != b->bounds[i].low || a->bounds[i].high != b->bounds[i].high)
            return 0;
    for (size_t i = 0; i < a->n_tasks; i++)
        if (!same_text(a->tasks[i], b->tasks[i])) return 0;
    for (size_t i = 0; i < a->n_holding; i++)
        if (a->holding[i].request != b->holding[i].request ||
            a->holding[i].epoch != b->holding[i].epoch)
            return 0;
    return 1;
}

static inline int same_picks(const itp_decision *d, size_t n, const itp_pick *a, const itp_pick *b)
{
    for (size_t i = 0; i < n; i++)
        if (a[i].trial != b[i].trial || a[i].task != b[i].task || a[i].source != b[i].source ||
            !same_reals(d->n_params, a[i].point, b[i].point) ||
            !same_reals(d->n_outcomes, a[i].mean, b[i].mean) ||
            !same_reals(d->n_outcomes, a[i].sd, b[i].sd) ||
            !same_reals(sizeof(itp_parts) / sizeof(double), &a[i].parts.total, &b[i].parts.total))
            return 0;
    return 1;
}

static inline int same_model(const itp_model_record *a, const itp_model_record *b)
{
    const itp_fit_report *r = &a->report, *s = &b->report;
    return a->outcome == b->outcome && a->n == b->n && same_text(a->saved, b->saved) &&
           r->step == s->step && same_real(r->objective, s->objective) &&
           same_real(r->log_likelihood, s->log_likelihood) && same_real(r->jitter, s->jitter) &&
           r->starts == s->starts && r->evaluations == s->evaluations &&
           r->outliers == s->outliers && same_real(r->r_hat, s->r_hat) &&
           same_real(r->ess, s->ess) && same_text(r->model, s->model) &&
           same_text(r->kernel, s->kernel) && same_text(r->transform, s->transform) &&
           a->loo.n == b->loo.n && same_reals(6, &a->loo.coverage50, &b->loo.coverage50);
}

static inline int same_decision(const itp_decision *a, const itp_decision *b)
{
    if (!a || !b) return a == b;
    if (a->number != b->number || a->saw != b->saw || a->generation != b->generation ||
        a->wanted != b->wanted || !same_text(a->method, b->method) || !same_text(a->why, b->why) ||
        !same_text(a->machine, b->machine) || a->n_params != b->n_params ||
        a->n_outcomes != b->n_outcomes || a->n_designed != b->n_designed ||
        a->n_picks != b->n_picks || a->n_runners_up != b->n_runners_up ||
        a->n_models != b->n_models || a->incumbent != b->incumbent ||
        !same_reals(3, &a->incumbent_mean, &b->incumbent_mean) ||
        !same_reals(3, &a->regret.probability, &b->regret.probability) ||
        a->regret.draws != b->regret.draws || !same_text(a->stop, b->stop) ||
        !same_real(a->elapsed_ms, b->elapsed_ms))
        return 0;
    for (size_t i = 0; i < a->n_models; i++)
        if (!same_model(&a->models[i], &b->models[i])) return 0;
    return same_picks(a, a->n_picks, a->picks, b->picks) &&
           same_picks(a, a->n_runners_up, a->runners_up, b->runners_up);
}

static inline int same_event(const itp_event *a, const itp_event *b)
{
    return a->kind == b->kind && a->at_ms == b->at_ms && a->trial == b->trial &&
           a->request == b->request && a->decision == b->decision && a->epoch == b->epoch &&
           same_text(a->worker, b->worker) && same_text(a->task, b->task) &&
           same_text(a->source, b->source) && same_text(a->text, b->text) && a->index == b->index &&
           a->number == b->number && same_real(a->cost, b->cost) && a->cause == b->cause &&
           a->n_point == b->n_point && same_values(a, b) &&
           same_reals(a->n_point, a->point, b->point) && same_files(a, b) &&
           same_roster(a->roster, b->roster) && same_decision(a->made, b->made) &&
           same_text(a->provenance, b->provenance);
}

#endif
