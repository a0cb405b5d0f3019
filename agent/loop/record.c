/* record.c - fills and compares the record of a decision.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct record_block {
    struct record_block *next;
    max_align_t bytes[];
} record_block;

void *record_take(record *r, size_t size)
{
    record_block *block = calloc(1, sizeof *block + size);
    if (!block) return NULL;
    block->next = r->blocks;
    r->blocks = block;
    return block->bytes;
}

static const char *keep_text(record *r, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = record_take(r, size);
    return copy ? memcpy(copy, text, size) : NULL;
}

static const double *keep_numbers(record *r, const double *numbers, size_t n)
{
    double *copy = record_take(r, (n ? n : 1) * sizeof *copy);
    if (copy && n) memcpy(copy, numbers, n * sizeof *copy);
    return copy;
}

record *record_create(const itp_snapshot *s, const char *machine)
{
    record *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->made = (itp_decision){
        .number = s->number,
        .saw = s->saw,
        .generation = s->generation,
        .wanted = s->wanted,
        .n_params = itp_space_n_params(s->campaign->space),
        .n_outcomes = s->campaign->n_outcomes,
        .method = "",
        .why = "",
        .incumbent_mean = NAN,
        .incumbent_sd = NAN,
        .incumbent_feasible = NAN,
        .regret = {NAN, NAN, NAN, 0},
        .elapsed_ms = NAN,
    };
    r->made.machine = keep_text(r, machine);
    if (r->made.machine) return r;
    free(r);
    return NULL;
}

void record_destroy(record *r)
{
    if (!r) return;
    for (record_block *block = r->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(r);
}

void itp_decision_destroy(itp_decision *decision)
{
    record_destroy((record *)decision); /* The record begins with it. */
}

static const char *keep_format(record *r, const char *format, va_list args)
{
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    return keep_text(r, text);
}

itp_status record_why(record *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    r->made.why = keep_format(r, format, args);
    va_end(args);
    return r->made.why ? ITP_OK : ITP_ENOMEM;
}

itp_status record_stop(record *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    r->made.stop = keep_format(r, format, args);
    va_end(args);
    return r->made.stop ? ITP_OK : ITP_ENOMEM;
}

itp_status record_points(record *r, size_t n, const double *points, size_t n_params,
                         size_t n_outcomes)
{
    itp_pick *picks = record_take(r, (n ? n : 1) * sizeof *picks);
    double *nothing = record_take(r, (n_outcomes ? n_outcomes : 1) * sizeof *nothing);
    if (!picks || !nothing) return ITP_ENOMEM;
    for (size_t o = 0; o < n_outcomes; o++) nothing[o] = NAN;
    for (size_t i = 0; i < n; i++) {
        picks[i] = (itp_pick){.task = -1, .source = -1, .parts = {NAN, NAN, NAN, NAN, NAN}};
        picks[i].point = keep_numbers(r, points + i * n_params, n_params);
        picks[i].mean = picks[i].sd = nothing;
        if (!picks[i].point) return ITP_ENOMEM;
    }
    r->made.n_picks = n;
    r->made.picks = picks;
    return ITP_OK;
}

itp_status record_models(record *r, const beliefs *b, const unsigned char *fitted)
{
    itp_model_record *models = record_take(r, (b->n ? b->n : 1) * sizeof *models);
    if (!models) return ITP_ENOMEM;
    for (size_t i = 0; i < b->n; i++) {
        models[i].outcome = b->outcome[i];
        models[i].n = b->of[i].n_rows;
        if (fitted[i]) models[i].report = b->of[i].report;
        itp_status st = itp_surrogate_loo(b->of[i].model, NULL, NULL, &models[i].loo);
        if (st != ITP_OK) return st;
        if (fitted[i] && !(models[i].saved = keep_text(r, b->of[i].saved))) return ITP_ENOMEM;
    }
    r->made.n_models = b->n;
    r->made.models = models;
    return ITP_OK;
}

/* Predictions of modelled outcomes, spread over all of the campaign's; NaN elsewhere. */
static const double *spread(record *r, const beliefs *b, const double *of_models)
{
    size_t n = b->campaign->n_outcomes;
    double *all = record_take(r, (n ? n : 1) * sizeof *all);
    for (size_t o = 0; all && o < n; o++) all[o] = NAN;
    for (size_t i = 0; all && i < b->n; i++) all[b->outcome[i]] = of_models[i];
    return all;
}

static itp_pick *keep_choices(record *r, const itp_choice *choices, size_t n, const beliefs *b)
{
    size_t p = itp_space_n_params(b->campaign->space);
    itp_pick *picks = record_take(r, (n ? n : 1) * sizeof *picks);
    for (size_t i = 0; picks && i < n; i++) {
        picks[i] = (itp_pick){.task = -1, .source = -1, .parts = choices[i].parts};
        picks[i].point = keep_numbers(r, choices[i].point, p);
        picks[i].mean = spread(r, b, choices[i].mean);
        picks[i].sd = spread(r, b, choices[i].sd);
        if (!picks[i].point || !picks[i].mean || !picks[i].sd) return NULL;
    }
    return picks;
}

itp_status record_proposal(record *r, const itp_proposal *proposal, const beliefs *b)
{
    r->made.method = keep_text(r, proposal->acquisition);
    if (!r->made.method) return ITP_ENOMEM;
    itp_status st = record_why(r, "%s", proposal->why);
    if (st != ITP_OK) return st;
    itp_pick *picks = keep_choices(r, proposal->chosen, proposal->n_chosen, b);
    itp_pick *others = keep_choices(r, proposal->runners_up, proposal->n_runners_up, b);
    if (!picks || !others) return ITP_ENOMEM;
    r->made.picks = picks;
    r->made.n_picks = proposal->n_chosen;
    r->made.runners_up = others;
    r->made.n_runners_up = proposal->n_runners_up;
    return ITP_OK;
}

/* --- Comparison
 * ------------------------------------------------------------------------------------ */

static int same_number(double a, double b, int exactly)
{
    if (isnan(a) || isnan(b)) return isnan(a) && isnan(b);
    if (exactly || isinf(a) || isinf(b)) return a == b;
    return fabs(a - b) <= 1e-6 * fmax(1, fmax(fabs(a), fabs(b)));
}

static int same_numbers(const double *a, const double *b, size_t n, int exactly)
{
    for (size_t i = 0; i < n; i++)
        if (!same_number(a[i], b[i], exactly)) return 0;
    return 1;
}

static int same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : !a && !b;
}

const char *itp_decision_differs(const itp_decision *a, const itp_decision *b, int exactly)
{
    size_t n_params = a->n_params, n_outcomes = a->n_outcomes;
    if (n_params != b->n_params || n_outcomes != b->n_outcomes) return "what it is about";
    if (a->number != b->number || a->saw != b->saw || a->wanted != b->wanted)
        return "what it was asked";
    if (!same_text(a->method, b->method)) return "method";
    if (a->n_picks != b->n_picks) return "number of points";
    for (size_t i = 0; i < a->n_picks; i++) {
        const itp_pick *u = &a->picks[i], *v = &b->picks[i];
        if (u->trial != v->trial || u->task != v->task) return "what is to be evaluated";
        if (!same_numbers(u->point, v->point, n_params, exactly)) return "a chosen point";
        if (!same_number(u->parts.total, v->parts.total, exactly)) return "an acquisition value";
        if (!same_numbers(u->mean, v->mean, n_outcomes, exactly)) return "a predicted mean";
        if (!same_numbers(u->sd, v->sd, n_outcomes, exactly)) return "a predicted sd";
    }
    if (a->n_models != b->n_models) return "number of models";
    for (size_t i = 0; i < a->n_models; i++) {
        if (!a->models[i].saved != !b->models[i].saved) return "whether a model was fitted";
        if (exactly && !same_text(a->models[i].saved, b->models[i].saved)) return "hyperparameters";
    }
    if (a->incumbent != b->incumbent) return "incumbent";
    if (!same_number(a->incumbent_mean, b->incumbent_mean, exactly)) return "incumbent's mean";
    if (!same_text(a->stop, b->stop)) return "reason to stop";
    return NULL;
}
