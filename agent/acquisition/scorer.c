/* scorer.c - puts the parts of an acquisition together.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "scorer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "improvement.h"
#include "normal.h"

/* Jitter of believed pending points, latent units: keeps exact repeats factorable. */
static const double BELIEVED_JITTER = 1e-9;

static itp_status believe(itp_scorer *s, const double *x)
{
    const itp_surrogate *model = s->view->problem->belief[s->view->goal_outcome];
    double *row = malloc((s->n_believed + 1) * sizeof *row);
    if (!row) return ITP_ENOMEM;
    itp_status st = ITP_OK;
    for (size_t k = 0; k < s->members && st == ITP_OK; k++) {
        itp_believed *b = &s->believed[k];
        double mean, var;
        if (!b->anchors) {
            itp_chol_init(&b->factor);
            b->noise = itp_surrogate_noise_var(model, k) + BELIEVED_JITTER;
            st = itp_anchors_create(&b->anchors, model, k, 0, x);
        }
        if (st == ITP_OK) st = itp_anchors_cross(b->anchors, x, &mean, &var, row, NULL, NULL, NULL);
        if (st == ITP_OK) st = itp_chol_append(&b->factor, row, var + b->noise, BELIEVED_JITTER);
        if (st == ITP_OK) st = itp_anchors_add(b->anchors, x);
    }
    if (st == ITP_OK) s->n_believed++;
    free(row);
    return st;
}

itp_status itp_scorer_add_pending(itp_scorer *s, const double *x)
{
    if (!s->gain) return ITP_OK;
    if (s->gain->extend) return s->gain->extend(s->gain, x);
    return s->gain->closed ? believe(s, x) : ITP_OK;
}

itp_status itp_scorer_init(itp_scorer *scorer, const itp_view *view, const itp_gain_kind *kind,
                           unsigned threads)
{
    const itp_problem *p = view->problem;
    *scorer = (itp_scorer){.view = view};
    if (p->m > 0 && p->belief[view->goal_outcome])
        scorer->members = itp_surrogate_members(p->belief[view->goal_outcome]);
    scorer->believed = calloc(scorer->members + 1, sizeof *scorer->believed);
    if (!scorer->believed) return ITP_ENOMEM;
    if ((p->log_prior || p->log_prior_at) && p->n_measured > 0) {
        double budget = p->budget > 0 ? (double)p->budget : 100;
        scorer->prior_weight = budget / 10 / (double)p->n_measured;
    }
    itp_status st = kind ? kind->create(&scorer->gain, view, threads) : ITP_OK;
    for (size_t i = 0; i < p->n_pending && st == ITP_OK; i++)
        if (!(kind && kind->traits & ITP_TRAIT_PENDING))
            st = itp_scorer_add_pending(scorer, p->pending + i * view->d);
    if (st != ITP_OK) itp_scorer_deinit(scorer);
    return st;
}

void itp_scorer_deinit(itp_scorer *scorer)
{
    for (size_t k = 0; scorer->believed && k < scorer->members; k++) {
        if (!scorer->believed[k].anchors) continue;
        itp_anchors_destroy(scorer->believed[k].anchors);
        itp_chol_deinit(&scorer->believed[k].factor);
    }
    free(scorer->believed);
    if (scorer->gain) scorer->gain->destroy(scorer->gain);
    *scorer = (itp_scorer){0};
}

/* Work: per member mean, var and their gradients, and the closed gain's derivatives; believed
 * covariances with gradients; a gradient of a part; the gain's own. */
size_t itp_scorer_work(const itp_scorer *s)
{
    size_t d = s->view->d, b = s->n_believed, members = s->members;
    for (size_t k = 0; k < s->view->m; k++) {
        const itp_surrogate *model = s->view->problem->belief[k];
        size_t more = model ? itp_surrogate_members(model) : 0;
        if (more > members) members = more;
    }
    return members * (2 * d + 3) + b * (d + 2) + 2 * d + (s->gain ? s->gain->work : 0);
}

/* var and dvar given that the believed points will have been measured. */
static void condition(const itp_scorer *s, size_t member, const double *cov, const double *dcov,
                      double *w, double *var, double *dvar)
{
    const itp_believed *b = &s->believed[member];
    size_t n = s->n_believed, d = s->view->d;
    double taken = 0;
    memcpy(w, cov, n * sizeof *w);
    itp_chol_solve(&b->factor, 1, w, 1);
    for (size_t i = 0; i < n; i++) taken += w[i] * cov[i];
    *var = fmax(0, *var - taken);
    for (size_t i = 0; dvar && i < n; i++)
        for (size_t j = 0; j < d; j++) dvar[j] -= 2 * w[i] * dcov[i * d + j];
}

/* Latent moments of one outcome under one member, pending points believed for goal 0. */
static itp_status moments(const itp_scorer *s, size_t outcome, size_t member, const double *x,
                          double *mean, double *var, double *dmean, double *dvar, double *work)
{
    const itp_surrogate *model = s->view->problem->belief[outcome];
    size_t b = s->n_believed;
    if (b == 0 || outcome != s->view->goal_outcome)
        return itp_latent_predict_grad(model, member, x, mean, var, dmean, dvar);
    double *cov = work, *w = cov + b, *dcov = w + b;
    itp_status st = itp_anchors_cross(s->believed[member].anchors, x, mean, var, cov, dmean, dvar,
                                      dmean ? dcov : NULL);
    if (st == ITP_OK) condition(s, member, cov, dcov, w, var, dvar);
    return st;
}

/* One scalar of a member's mean and variance, in logs. */
typedef double (*of_moments)(const void *context, size_t member, double mean, double var,
                             double *dmean, double *dvar);

/* ln of the mean over members of exp f(mean, var); adds its gradient. */
static double mix(const itp_scorer *s, size_t outcome, of_moments f, const void *context,
                  const double *x, double *grad, double *work)
{
    const itp_surrogate *model = s->view->problem->belief[outcome];
    size_t members = itp_surrogate_members(model), d = s->view->d;
    double *value = work, *slopes = value + members, *gradients = slopes + 2 * members;
    double *rest = gradients + 2 * d * members, top = -INFINITY, sum = 0;
    for (size_t k = 0; k < members; k++) {
        double mean, var, *g = grad ? gradients + 2 * d * k : NULL;
        if (moments(s, outcome, k, x, &mean, &var, g, g ? g + d : NULL, rest) != ITP_OK)
            return -INFINITY;
        value[k] = f(context, k, mean, var, &slopes[2 * k], &slopes[2 * k + 1]);
        top = fmax(top, value[k]);
    }
    if (top == -INFINITY) return top;
    for (size_t k = 0; k < members; k++) sum += exp(value[k] - top);
    for (size_t k = 0; grad && k < members; k++) {
        double share = exp(value[k] - top) / sum, *g = gradients + 2 * d * k;
        for (size_t j = 0; j < d; j++)
            grad[j] += share * (slopes[2 * k] * g[j] + slopes[2 * k + 1] * g[d + j]);
    }
    return top + log(sum / (double)members);
}

static double gain_of(const void *context, size_t member, double mean, double var, double *dmean,
                      double *dvar)
{
    const itp_gain *gain = context;
    double sign = gain->view->sign;
    double value = gain->closed(gain, member, sign * mean, var, dmean, dvar);
    *dmean *= sign;
    return value;
}

static double gate_of(const void *context, size_t member, double mean, double var, double *dmean,
                      double *dvar)
{
    const itp_gate *gate = context;
    (void)member;
    return itp_log_within(mean, var, gate->low, gate->high, dmean, dvar);
}

static double add_gradient(double *grad, const double *part, size_t d, double sign)
{
    for (size_t j = 0; grad && j < d; j++) grad[j] += sign * part[j];
    return sign;
}

static double weigh_prior(const itp_scorer *s, const double *x, double *grad, double *part)
{
    const itp_problem *p = s->view->problem;
    double value = s->prior_weight * p->log_prior_at(p->log_prior_ctx, x, grad ? part : NULL);
    add_gradient(grad, part, s->view->d, s->prior_weight);
    return value;
}

/* The parts that do not come from the gain: bounds (unless the gain counts them), failures, cost,
 * prior. */
static double add_rest(const itp_scorer *s, const double *x, double *grad, itp_parts *parts,
                       double *work)
{
    const itp_problem *p = s->view->problem;
    size_t d = s->view->d;
    double feasible = 0, *part = work, *rest = work + d;
    int bounds_inside = s->gain && s->gain->kind->traits & ITP_TRAIT_BOUNDS;
    for (size_t b = 0; b < s->view->n_gates && !bounds_inside; b++)
        if (p->bounds[b].what.outcome >= 0)
            feasible +=
                mix(s, s->view->gates[b].outcome, gate_of, &s->view->gates[b], x, grad, rest);
    if (p->works) {
        double log_prob;
        if (itp_classifier_log_prob(p->works, x, &log_prob, grad ? part : NULL) == ITP_OK) {
            feasible += log_prob;
            add_gradient(grad, part, d, 1);
        }
    }
    if ((p->n_bounds > 0 && !bounds_inside) || p->works) parts->feasible = feasible;
    double total = feasible;
    if (p->log_cost) {
        parts->cost = -p->log_cost(p->log_cost_ctx, x, grad ? part : NULL);
        add_gradient(grad, part, d, -1);
        total += parts->cost;
    }
    if (p->log_prior_at && s->prior_weight > 0)
        total += parts->prior = weigh_prior(s, x, grad, part);
    return total;
}

double itp_scorer_eval(const itp_scorer *s, const double *x, double *grad, itp_parts *parts,
                       double *work)
{
    itp_parts own;
    if (!parts) parts = &own;
    *parts = (itp_parts){NAN, NAN, NAN, NAN, NAN};
    if (grad) memset(grad, 0, s->view->d * sizeof *grad);
    double total = 0;
    if (s->gain) {
        double *inner = work + s->view->d;
        if (s->gain->closed)
            parts->gain = mix(s, s->view->goal_outcome, gain_of, s->gain, x, grad, inner);
        else
            parts->gain = s->gain->eval(s->gain, x, grad, inner);
        total += parts->gain;
    }
    total += add_rest(s, x, grad, parts, work);
    return parts->total = total;
}

/* --- Blocks ----------------------------------------------------------------------------------- */

int itp_scorer_block_exact(const itp_scorer *s)
{
    return (!s->gain || s->gain->closed) && s->n_believed == 0;
}

size_t itp_scorer_block_work(const itp_scorer *s, size_t n)
{
    return 4 * n + itp_scorer_work(s);
}

/* Adds ln mean over members of exp f to value[i]. */
static itp_status block_mix(const itp_scorer *s, size_t outcome, of_moments f, const void *context,
                            size_t n, const double *x, double *value, double *work)
{
    const itp_surrogate *model = s->view->problem->belief[outcome];
    size_t members = itp_surrogate_members(model);
    double *mean = work, *var = mean + n, *sum = var + n, da, db;
    for (size_t i = 0; i < n; i++) sum[i] = -INFINITY;
    for (size_t k = 0; k < members; k++) {
        itp_status st = itp_latent_predict(model, k, n, x, mean, var);
        if (st != ITP_OK) return st;
        for (size_t i = 0; i < n; i++)
            sum[i] = itp_log_add(sum[i], f(context, k, mean[i], var[i], &da, &db));
    }
    for (size_t i = 0; i < n; i++) value[i] += sum[i] - log((double)members);
    return ITP_OK;
}

/* What ranks points for a gain without a closed form: expected improvement on the incumbent. */
static double ei_of(const void *context, size_t member, double mean, double var, double *dmean,
                    double *dvar)
{
    const itp_view *view = context;
    (void)member;
    double best = view->value[(size_t)view->incumbent * view->problem->n_goals];
    return itp_log_ei(view->sign * mean, var, best, dmean, dvar);
}

itp_status itp_scorer_block(const itp_scorer *s, size_t n, const double *x, double *value,
                            double *work)
{
    const itp_view *view = s->view;
    const itp_problem *p = view->problem;
    size_t d = view->d;
    itp_status st = ITP_OK;
    int improves = view->goal_direct && view->incumbent >= 0 && p->n_goals == 1 &&
                   p->goals[0].kind != ITP_TARGET;
    int ranks = s->gain && (s->gain->closed || s->gain->rank || improves);
    memset(value, 0, n * sizeof *value);
    if ((s->gain && !ranks) || !view->bounds_direct) {
        for (size_t i = 0; i < n; i++) value[i] = itp_scorer_eval(s, x + i * d, NULL, NULL, work);
        return ITP_OK;
    }
    if (s->gain && s->gain->closed)
        st = block_mix(s, view->goal_outcome, gain_of, s->gain, n, x, value, work);
    else if (s->gain && s->gain->rank)
        st = s->gain->rank(s->gain, n, x, value);
    else if (s->gain)
        st = block_mix(s, view->goal_outcome, ei_of, view, n, x, value, work);
    for (size_t b = 0; b < view->n_gates && st == ITP_OK; b++)
        st = block_mix(s, view->gates[b].outcome, gate_of, &view->gates[b], n, x, value, work);
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        double log_prob;
        if (p->works && itp_classifier_log_prob(p->works, x + i * d, &log_prob, NULL) == ITP_OK)
            value[i] += log_prob;
        if (p->log_cost) value[i] -= p->log_cost(p->log_cost_ctx, x + i * d, NULL);
        if (p->log_prior_at && s->prior_weight > 0)
            value[i] += weigh_prior(s, x + i * d, NULL, NULL);
    }
    return st;
}
