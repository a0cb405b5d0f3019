/* problem.c - a campaign's objectives, limits and trials as the acquisition wants them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "belief.h"

static double eval_formula(const void *ctx, const double *outcomes, double *grad)
{
    const formula_of *f = ctx;
    double all[ITP_OUTCOMES_MAX], slope[ITP_OUTCOMES_MAX];
    for (size_t o = 0; o < f->n_outcomes; o++) all[o] = NAN;
    for (size_t i = 0; i < f->of->n; i++) all[f->of->outcome[i]] = outcomes[i];
    if (!grad) return itp_expression_eval(f->what, all);
    double value = itp_expression_gradient(f->what, all, slope);
    for (size_t i = 0; i < f->of->n; i++) grad[i] = slope[f->of->outcome[i]];
    return value;
}

int goals_kept_apart(const itp_campaign *c)
{
    int apart = 0, desired = 1;
    for (size_t i = 0; i < c->n_objectives; i++) {
        apart |= isnan(c->objectives[i].weight) != 0;
        desired &= c->objectives[i].wanted != c->objectives[i].unwanted;
    }
    return c->n_objectives > 1 && apart && !desired;
}

static int model_of(const beliefs *b, int outcome)
{
    for (size_t i = 0; outcome >= 0 && i < b->n; i++)
        if (b->outcome[i] == (unsigned)outcome) return (int)i;
    return -1;
}

static itp_formula formula(posed *p, size_t at, const beliefs *b, const itp_expression *what,
                           int outcome)
{
    p->formulas[at] = (formula_of){what, b, b->campaign->n_outcomes};
    return (itp_formula){eval_formula, &p->formulas[at], model_of(b, outcome)};
}

static itp_status pose_wishes(posed *p, const beliefs *b)
{
    const itp_campaign *c = b->campaign;
    if (c->n_objectives > ITP_OUTCOMES_MAX || c->n_limits > ITP_OUTCOMES_MAX) return ITP_EINVAL;
    p->goals = calloc(c->n_objectives + 1, sizeof *p->goals);
    p->bounds = calloc(c->n_limits + 1, sizeof *p->bounds);
    if (!p->goals || !p->bounds) return ITP_ENOMEM;
    for (size_t i = 0; i < c->n_objectives; i++) {
        const itp_objective *o = &c->objectives[i];
        p->goals[i] = (itp_goal){
            .name = o->text,
            .what = formula(p, i, b, o->what, o->outcome),
            .kind = o->sense == ITP_GOAL_MAXIMISE   ? ITP_MAXIMISE
                    : o->sense == ITP_GOAL_MINIMISE ? ITP_MINIMISE
                                                    : ITP_TARGET,
            .target = o->target,
            .weight = o->weight,
            .reference = o->reference,
            .weight_per_unit = o->weight_per_unit,
            .unwanted = o->unwanted,
            .wanted = o->wanted,
        };
    }
    for (size_t i = 0; i < c->n_limits; i++) {
        const itp_limit *l = &c->limits[i];
        p->bounds[i] = (itp_bound){
            l->text, formula(p, ITP_OUTCOMES_MAX + i, b, l->what, l->outcome), l->low, l->high};
    }
    p->problem.n_goals = c->n_objectives;
    p->problem.goals = p->goals;
    p->problem.n_bounds = c->n_limits;
    p->problem.bounds = p->bounds;
    return ITP_OK;
}

/* values: n_trials x n modelled outcomes, the last observed; NaN where there is none. */
static double *last_values(const beliefs *b, const itp_snapshot *s)
{
    double *values = malloc((s->n_trials * b->n + 1) * sizeof *values);
    if (!values) return NULL;
    for (size_t i = 0; i < s->n_trials * b->n; i++) values[i] = NAN;
    for (size_t i = 0; i < s->n_observations; i++) {
        int m = model_of(b, (int)s->observations[i].outcome);
        if (m >= 0)
            values[(s->observations[i].trial - 1) * b->n + (size_t)m] = s->observations[i].value;
    }
    return values;
}

static int has_all(const double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (isnan(values[i])) return 0;
    return 1;
}

size_t count_measured(const beliefs *b, const itp_snapshot *s)
{
    double *values = last_values(b, s);
    size_t n = 0;
    for (size_t t = 0; values && t < s->n_trials; t++) n += has_all(values + t * b->n, b->n) != 0;
    free(values);
    return n;
}

static itp_status sort_trials(posed *p, const beliefs *b, const itp_snapshot *s,
                              const double *values)
{
    itp_problem *q = &p->problem;
    const itp_space *space = s->campaign->space;
    size_t d = itp_space_d(space), n_params = itp_space_n_params(space), n = s->n_trials + 1;
    p->measured = malloc(n * d * sizeof(double));
    p->pending = malloc(n * d * sizeof(double));
    p->avoid = malloc(n * d * sizeof(double));
    p->measured_y = malloc((n * b->n + 1) * sizeof(double));
    p->measured_id = malloc(n * sizeof *p->measured_id);
    if (!p->measured || !p->pending || !p->avoid || !p->measured_y || !p->measured_id)
        return ITP_ENOMEM;
    for (size_t t = 0; t < s->n_trials; t++) {
        const double *y = values + t * b->n;
        double *x = NULL;
        if (has_all(y, b->n)) {
            x = p->measured + q->n_measured * d;
            memcpy(p->measured_y + q->n_measured * b->n, y, b->n * sizeof *y);
            p->measured_id[q->n_measured++] = t + 1;
        } else {
            x = s->states[t] == ITP_TRIAL_PENDING ? p->pending + q->n_pending++ * d
                                                  : p->avoid + q->n_avoid++ * d;
        }
        itp_status st = itp_space_encode(space, s->points + t * n_params, x, NULL);
        if (st != ITP_OK) return st;
    }
    q->measured = p->measured;
    q->measured_y = p->measured_y;
    q->pending = p->pending;
    q->avoid = p->avoid;
    return ITP_OK;
}

/* What the context measured last is what it measures now. */
static itp_status recall_context(posed *p, const itp_snapshot *s)
{
    const itp_space *space = s->campaign->space;
    size_t n_params = itp_space_n_params(space);
    for (size_t i = 0; i < n_params; i++) {
        if (!itp_space_param(space, i)->context) continue;
        if (!p->context) {
            p->context = malloc(n_params * sizeof *p->context);
            if (!p->context) return ITP_ENOMEM;
            for (size_t k = 0; k < n_params; k++) p->context[k] = NAN;
        }
        for (size_t k = s->n_observations; k > 0 && isnan(p->context[i]); k--)
            p->context[i] = s->points[(s->observations[k - 1].trial - 1) * n_params + i];
    }
    p->problem.context = p->context;
    return ITP_OK;
}

/* Failed and refused trials teach where trials work; abandoned ones say nothing about the world. */
static itp_status teach_feasibility(posed *p, const itp_snapshot *s)
{
    const itp_space *space = s->campaign->space;
    size_t d = itp_space_d(space), n_params = itp_space_n_params(space), n = 0, failed = 0;
    double *x = malloc((s->n_trials * d + 1) * sizeof *x);
    int *labels = malloc((s->n_trials + 1) * sizeof *labels);
    itp_status st = x && labels ? ITP_OK : ITP_ENOMEM;
    for (size_t t = 0; st == ITP_OK && t < s->n_trials; t++) {
        int worked = s->states[t] == ITP_TRIAL_MEASURED;
        int did_not = s->states[t] == ITP_TRIAL_FAILED || s->states[t] == ITP_TRIAL_INFEASIBLE;
        if (!worked && !did_not) continue;
        st = itp_space_encode(space, s->points + t * n_params, x + n * d, NULL);
        labels[n++] = worked;
        failed += did_not != 0;
    }
    if (st == ITP_OK && failed > 0) {
        st = itp_classifier_create(&p->works, d, itp_space_columns(space));
        if (st == ITP_OK) st = itp_classifier_fit(p->works, n, x, labels, s->campaign->seed);
        p->problem.works = p->works;
    }
    free(x);
    free(labels);
    return st;
}

/* d value / d coordinate of a real parameter. */
static double stretch(const itp_param *p, double value)
{
    if (p->period > 0) return p->period;
    return p->scale == ITP_LOG ? value * log(p->high / p->low) : p->high - p->low;
}

void slope_to_coordinates(const itp_space *space, const double *point, const double *slope,
                          double *grad)
{
    const itp_column *columns = itp_space_columns(space);
    for (size_t j = 0; j < itp_space_d(space); j++) {
        size_t i = columns[j].parameter;
        if (i >= itp_space_n_params(space)) continue; /* a source, or descriptors of rows */
        const itp_param *p = itp_space_param(space, i);
        if (p->kind == ITP_REAL && columns[j].kind != ITP_COLUMN_DESCRIPTOR && !isnan(point[i]))
            grad[j] += slope[i] * stretch(p, point[i]);
    }
}

static int is_exact(const beliefs *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->campaign->outcomes[b->outcome[i]].noise != ITP_TASK_NOISE_NONE) return 0;
    return 1;
}

itp_status problem_pose(posed *p, const beliefs *b, const itp_snapshot *s)
{
    memset(p, 0, sizeof *p);
    size_t budget = s->campaign->budget.trials;
    for (size_t i = 0; i < b->n; i++) p->models[i] = b->of[i].model;
    p->problem = (itp_problem){
        .space = s->campaign->space,
        .m = b->n,
        .belief = p->models,
        .seed = s->campaign->seed,
        .number = s->number,
        .budget = budget,
        .budget_left = budget > s->committed ? budget - s->committed : 0,
        .exact = is_exact(b),
    };
    double *values = last_values(b, s);
    itp_status st = values ? pose_wishes(p, b) : ITP_ENOMEM;
    if (st == ITP_OK) st = sort_trials(p, b, s, values);
    if (st == ITP_OK) st = recall_context(p, s);
    if (st == ITP_OK) st = teach_feasibility(p, s);
    if (st == ITP_OK) st = prior_pose(p, s->campaign);
    if (st == ITP_OK) st = cost_pose(p, s);
    free(values);
    if (st != ITP_OK) problem_deinit(p);
    return st;
}

void problem_deinit(posed *p)
{
    itp_classifier_destroy(p->works);
    itp_surrogate_destroy(p->cost.learned);
    free(p->goals);
    free(p->bounds);
    free(p->measured);
    free(p->measured_y);
    free(p->measured_id);
    free(p->pending);
    free(p->avoid);
    free(p->context);
    free(p->log_prior);
    memset(p, 0, sizeof *p);
}
