/* cost.c - what a trial costs, in logs, so that gain is weighed per cost (Snoek et al. 2012:
 * expected improvement per second). Tasks add up: each as the definition says, at the source that
 * answers there; those whose cost is measured together, by a Gaussian process of the logarithm of
 * what trials took, as its mean exp(m + v/2). SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "belief.h"
#include "state.h"
#include "stream.h"

enum { COSTS_FEW = 3 }; /* measured trials from which their costs are a model */

void spend(itp_loop *loop, const itp_event *event)
{
    int attempt = event->kind == ITP_EVENT_RESULT || event->kind == ITP_EVENT_FAILURE;
    if (!attempt) return;
    double cost = event->cost;
    if (event->request > 0 && event->request <= loop->n_requests) {
        const request *r = &loop->requests[event->request - 1];
        const double *point = loop->trials[r->trials[0] - 1].point;
        double said =
            itp_campaign_cost(loop->campaign, (size_t)r->task, (size_t)r->source, point, NULL);
        if (isfinite(said)) cost = event->index < 0 ? said : 0;
    }
    if (cost > 0) loop->spent_cost += cost;
}

void spend_told(itp_loop *loop, itp_id id, size_t task)
{
    const trial *t = &loop->trials[id - 1];
    double said = itp_campaign_cost(loop->campaign, task, t->source[task], t->point, NULL);
    if (said > 0) loop->spent_cost += said;
}

int cost_is_committed(const itp_loop *loop)
{
    const itp_campaign *c = loop->campaign;
    double sum = loop->spent_cost;
    if (!isfinite(c->budget.cost)) return 0;
    for (size_t i = 0; i < loop->n_requests; i++) {
        const request *r = &loop->requests[i];
        if (!request_is_open(r)) continue;
        const double *point = loop->trials[r->trials[0] - 1].point;
        double said = itp_campaign_cost(c, (size_t)r->task, (size_t)r->source, point, NULL);
        if (said > 0) sum += said;
    }
    return sum >= c->budget.cost;
}

/* Sum over the tasks as the definition has it; its slope (n_params, may be NULL). */
static double said(const itp_campaign *c, const double *point, double *slope)
{
    size_t n = itp_space_n_params(c->space);
    double sum = 0, part[n + 1];
    for (size_t t = 0; t < c->n_tasks; t++) {
        size_t source = itp_campaign_source(c, t, point);
        double cost = itp_campaign_cost(c, t, source, point, slope ? part : NULL);
        if (isnan(cost)) continue;
        sum += cost;
        for (size_t i = 0; slope && i < n; i++) slope[i] += part[i];
    }
    return sum;
}

/* What the measured tasks are expected to take at x; its gradient is added to grad. */
static double learned(const itp_surrogate *model, size_t d, const double *x, double *grad)
{
    double mean, var, dmean[d + 1], dvar[d + 1];
    itp_status st =
        itp_latent_predict_grad(model, 0, x, &mean, &var, grad ? dmean : NULL, grad ? dvar : NULL);
    if (st != ITP_OK) return 0;
    double by = itp_surrogate_from_latent_slope(model, mean); /* standardised: a constant */
    double cost = exp(itp_surrogate_from_latent(model, mean) + 0.5 * by * by * var);
    for (size_t j = 0; grad && j < d; j++)
        grad[j] += cost * (by * dmean[j] + 0.5 * by * by * dvar[j]);
    return cost;
}

static double log_cost(const void *context, const double *x, double *grad)
{
    const cost_of *of = context;
    const itp_campaign *c = of->campaign;
    size_t n = itp_space_n_params(c->space), d = itp_space_d(c->space);
    double point[n + 1], slope[n + 1], sum = 0;
    memset(slope, 0, sizeof slope);
    if (grad) memset(grad, 0, d * sizeof *grad);
    if (itp_space_decode(c->space, x, point) != ITP_OK) return 0;
    sum += said(c, point, grad ? slope : NULL);
    if (grad) slope_to_coordinates(c->space, point, slope, grad);
    if (of->learned) sum += learned(of->learned, d, x, grad);
    if (!(sum > 0)) {
        if (grad) memset(grad, 0, d * sizeof *grad);
        return 0;
    }
    for (size_t j = 0; grad && j < d; j++) grad[j] /= sum;
    return log(sum);
}

static itp_status learn(cost_of *of, const itp_snapshot *s)
{
    const itp_space *space = of->campaign->space;
    size_t d = itp_space_d(space), p = itp_space_n_params(space);
    double *x = malloc((s->n_trials * (d + 1) + 1) * sizeof *x), *y = x + s->n_trials * d;
    if (!x) return ITP_ENOMEM;
    itp_status st = ITP_OK;
    for (size_t t = 0; t < s->n_trials && st == ITP_OK; t++) {
        if (!(s->took[t] > 0)) continue;
        st = itp_space_encode(space, s->points + t * p, x + of->n_learned * d, NULL);
        y[of->n_learned++] = log(s->took[t]);
    }
    if (st == ITP_OK && of->n_learned >= COSTS_FEW) {
        itp_surrogate_options options = {.transform = "standardise", .threads = 1};
        itp_data data = {of->n_learned, d, x, y, NULL};
        st = itp_surrogate_create(&of->learned, d, itp_space_columns(space), &options, NULL);
        if (st == ITP_OK)
            st = itp_surrogate_fit(of->learned, &data, itp_mix64(s->campaign->seed + s->number),
                                   NULL);
    }
    free(x);
    return st;
}

static int is_measured(const itp_campaign *c)
{
    for (size_t t = 0; t < c->n_tasks; t++)
        for (size_t s = 0; s < c->tasks[t].n_sources; s++)
            if (c->tasks[t].sources[s].cost.measured) return 1;
    return 0;
}

itp_status cost_pose(posed *p, const itp_snapshot *s)
{
    cost_of *of = &p->cost;
    *of = (cost_of){.campaign = s->campaign};
    if (!itp_campaign_weighs_cost(s->campaign)) return ITP_OK;
    of->measured = is_measured(s->campaign);
    itp_status st = of->measured ? learn(of, s) : ITP_OK;
    p->problem.log_cost = log_cost;
    p->problem.log_cost_ctx = of;
    return st;
}

void cost_note(const cost_of *of, char *out, size_t size)
{
    *out = 0;
    if (!itp_campaign_weighs_cost(of->campaign)) return;
    if (of->learned)
        snprintf(out, size, "gain per cost, as %zu trials took", of->n_learned);
    else if (of->measured)
        snprintf(out, size, "%zu measured costs are too few to weigh", of->n_learned);
    else
        snprintf(out, size, "gain per cost");
}
