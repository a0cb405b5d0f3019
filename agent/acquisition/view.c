/* view.c - one pass over the measured points: posterior means, feasibility, the incumbent.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "improvement.h"

enum { STACK_OUTCOMES = 32 }; /* more outcomes than this are taken from the heap */
/* A measured point can be the incumbent of an acquisition when its bounds hold more likely than not
 * (Gelbart et al. 2014 ask for a probability; one half is the posterior-median point). */
static const double LOG_FEASIBLE_MIN = -0.69314718055994530942;

itp_status itp_view_predict(const itp_view *view, size_t outcome, size_t n, const double *x,
                            double *mean, double *var)
{
    const itp_surrogate *model = view->problem->belief[outcome];
    size_t members = itp_surrogate_members(model);
    itp_status st = itp_latent_predict(model, 0, n, x, mean, var);
    if (st != ITP_OK || members <= 1) return st;
    double *mm = malloc(2 * n * sizeof *mm), *vv = mm + n;
    if (!mm) return ITP_ENOMEM;
    /* Law of total variance, by sums of means and of second moments. */
    for (size_t i = 0; var && i < n; i++) var[i] += mean[i] * mean[i];
    for (size_t k = 1; k < members && st == ITP_OK; k++) {
        st = itp_latent_predict(model, k, n, x, mm, var ? vv : NULL);
        for (size_t i = 0; i < n && st == ITP_OK; i++) {
            mean[i] += mm[i];
            if (var) var[i] += vv[i] + mm[i] * mm[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        mean[i] /= (double)members;
        if (var) var[i] = fmax(0, var[i] / (double)members - mean[i] * mean[i]);
    }
    free(mm);
    return st;
}

/* Outcomes in the user's units from latent ones, and their slopes. */
static void to_user(const itp_view *view, const double *z, double *y, double *slope)
{
    for (size_t k = 0; k < view->m; k++) {
        const itp_surrogate *model = view->problem->belief[k];
        y[k] = model ? itp_surrogate_from_latent(model, z[k]) : 0;
        slope[k] = model ? itp_surrogate_from_latent_slope(model, z[k]) : 0;
    }
}

/* A formula's value in the user's units; dz (may be NULL): its gradient in latent outcomes. */
static double formula(const itp_view *view, const itp_formula *what, const double *z, double *dz)
{
    if (what->outcome >= 0) {
        size_t k = (size_t)what->outcome;
        const itp_surrogate *model = view->problem->belief[k];
        if (dz) {
            memset(dz, 0, view->m * sizeof *dz);
            dz[k] = itp_surrogate_from_latent_slope(model, z[k]);
        }
        return itp_surrogate_from_latent(model, z[k]);
    }
    double stack[2 * STACK_OUTCOMES];
    double *y = view->m > STACK_OUTCOMES ? malloc(2 * view->m * sizeof *y) : stack;
    if (!y) return NAN;
    double *slope = y + view->m;
    to_user(view, z, y, slope);
    double value = what->eval(what->ctx, y, dz);
    for (size_t k = 0; dz && k < view->m; k++) dz[k] *= slope[k];
    if (y != stack) free(y);
    return value;
}

static void scale(double *dz, size_t m, double factor)
{
    for (size_t k = 0; dz && k < m; k++) dz[k] *= factor;
}

double itp_view_goal(const itp_view *view, size_t g, const double *z, double *dz)
{
    const itp_goal *goal = &view->problem->goals[g];
    double sign = goal->kind == ITP_MINIMISE ? -1 : 1;
    if (goal->what.outcome >= 0 && goal->kind != ITP_TARGET && !view->pareto &&
        view->problem->n_goals == 1) {
        if (dz) memset(dz, 0, view->m * sizeof *dz);
        if (dz) dz[goal->what.outcome] = sign;
        return sign * z[goal->what.outcome];
    }
    double value = formula(view, &goal->what, z, dz), by = 1 / view->goal_scale[g];
    if (goal->kind == ITP_TARGET) {
        scale(dz, view->m, value > goal->target ? -by : by);
        return -fabs(value - goal->target) * by;
    }
    scale(dz, view->m, sign * by);
    return sign * value * by;
}

double itp_view_value(const itp_view *view, size_t g, const double *z)
{
    const itp_goal *goal = &view->problem->goals[g];
    double value = formula(view, &goal->what, z, NULL);
    if (goal->kind == ITP_TARGET) return -fabs(value - goal->target);
    return goal->kind == ITP_MINIMISE ? -value : value;
}

double itp_view_reference(const itp_view *view, size_t g)
{
    const itp_goal *goal = &view->problem->goals[g];
    double at = goal->kind == ITP_TARGET     ? -fabs(goal->reference - goal->target)
                : goal->kind == ITP_MINIMISE ? -goal->reference
                                             : goal->reference;
    return at / view->goal_scale[g];
}

double itp_view_slack(const itp_view *view, size_t b, const double *z, double *dz)
{
    const itp_bound *bound = &view->problem->bounds[b];
    double value, low = bound->low, high = bound->high, by = 1;
    if (bound->what.outcome >= 0) {
        size_t k = (size_t)bound->what.outcome;
        const itp_gate *gate = &view->gates[b];
        if (dz) memset(dz, 0, view->m * sizeof *dz);
        if (dz) dz[k] = 1;
        value = z[k], low = gate->low, high = gate->high;
    } else {
        value = formula(view, &bound->what, z, dz);
        by = 1 / view->bound_scale[b];
    }
    double above = value - low, below = high - value;
    scale(dz, view->m, below < above ? -by : by);
    return fmin(above, below) * by;
}

/* A threshold in latent units. One outside the transform's domain holds always or never. */
static double threshold(const itp_surrogate *model, double y, int is_low)
{
    if (isinf(y)) return y;
    double z = itp_surrogate_to_latent(model, y);
    return isnan(z) ? (is_low ? -INFINITY : -1e3) : z;
}

static int formula_believed(const itp_problem *p, const itp_formula *what)
{
    if (what->outcome >= 0) return p->belief[what->outcome] != NULL;
    for (size_t k = 0; k < p->m; k++)
        if (!p->belief[k]) return 0;
    return 1;
}

static void sketch(itp_view *view, const itp_problem *p)
{
    view->believed = p->n_goals > 0 || p->m > 0;
    for (size_t g = 0; g < p->n_goals; g++)
        view->believed &= formula_believed(p, &p->goals[g].what);
    view->bounds_direct = 1;
    for (size_t b = 0; b < p->n_bounds; b++) {
        view->believed &= formula_believed(p, &p->bounds[b].what);
        view->bounds_direct &= p->bounds[b].what.outcome >= 0;
    }
    if (p->n_goals == 0 && p->m > 0) view->believed = p->belief[0] != NULL;
    view->sign = p->n_goals > 0 && p->goals[0].kind == ITP_MINIMISE ? -1 : 1;
    view->goal_direct = p->n_goals == 0 || (p->n_goals == 1 && p->goals[0].what.outcome >= 0);
    if (p->n_goals > 0 && p->goals[0].what.outcome >= 0)
        view->goal_outcome = (size_t)p->goals[0].what.outcome;
    view->desired = p->n_goals > 1;
    for (size_t g = 0; g < p->n_goals && p->n_goals > 1; g++) {
        view->pareto |= isnan(p->goals[g].weight);
        view->desired &= p->goals[g].wanted != p->goals[g].unwanted;
    }
    if (view->desired) view->pareto = 0;
    view->utility_scale = 1;
}

/* Range of a formula over the measured points, so that what is compared is about 1. */
static double range_of(const itp_view *view, const itp_formula *what)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < view->n; i++) {
        double value = formula(view, what, view->mean + i * view->m, NULL);
        if (!isfinite(value)) continue;
        low = fmin(low, value), high = fmax(high, value);
    }
    /* A quarter of the range is about one standard deviation. */
    return high > low ? 0.25 * (high - low) : isfinite(high) && high != 0 ? fabs(high) : 1;
}

static itp_status believe_measured(itp_view *view)
{
    const itp_problem *p = view->problem;
    size_t n = view->n, m = view->m;
    double *column = malloc((2 * n + 1) * sizeof *column);
    if (!column) return ITP_ENOMEM;
    itp_status st = ITP_OK;
    for (size_t k = 0; k < m && st == ITP_OK; k++) {
        if (!p->belief[k] || n == 0) continue;
        int bounded = 0;
        for (size_t b = 0; b < p->n_bounds; b++) bounded |= p->bounds[b].what.outcome == (int)k;
        double *var = bounded ? column + n : NULL;
        st = itp_view_predict(view, k, n, p->measured, column, var);
        for (size_t i = 0; i < n; i++) view->mean[i * m + k] = column[i];
        for (size_t b = 0; b < p->n_bounds && st == ITP_OK; b++) {
            if (p->bounds[b].what.outcome != (int)k) continue;
            for (size_t i = 0; i < n; i++)
                view->log_feasible[i] += itp_log_within(column[i], var[i], view->gates[b].low,
                                                        view->gates[b].high, NULL, NULL);
        }
    }
    free(column);
    return st;
}

/* While nothing is desirable all desirabilities are tiny: what counts is their range. */
static void scale_utility(itp_view *view)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < view->n; i++) {
        double value = itp_view_utility(view, view->mean + i * view->m, NULL);
        low = fmin(low, value), high = fmax(high, value);
    }
    if (high > low) view->utility_scale = 0.25 * (high - low);
}

static void find_incumbent(itp_view *view)
{
    const itp_problem *p = view->problem;
    for (size_t g = 0; g < p->n_goals; g++) view->goal_scale[g] = range_of(view, &p->goals[g].what);
    for (size_t b = 0; b < p->n_bounds; b++)
        if (p->bounds[b].what.outcome < 0)
            view->bound_scale[b] = range_of(view, &p->bounds[b].what);
    if (view->desired) scale_utility(view);
    double best = -INFINITY;
    for (size_t i = 0; i < view->n; i++) {
        const double *z = view->mean + i * view->m;
        for (size_t g = 0; g < p->n_goals; g++)
            view->value[i * p->n_goals + g] = itp_view_goal(view, g, z, NULL);
        /* A formula's bound is judged by the posterior mean. */
        for (size_t b = 0; b < p->n_bounds; b++)
            if (p->bounds[b].what.outcome < 0 && itp_view_slack(view, b, z, NULL) < 0)
                view->log_feasible[i] = -INFINITY;
        double value = p->n_goals > 0 ? itp_view_utility(view, z, NULL) : 0;
        if (view->log_feasible[i] >= LOG_FEASIBLE_MIN && value > best) {
            best = value;
            view->incumbent = (long)i;
        }
    }
}

itp_status itp_view_init(itp_view *view, const itp_problem *problem)
{
    const itp_problem *p = problem;
    *view = (itp_view){.problem = p, .d = itp_space_d(p->space), .m = p->m, .n = p->n_measured};
    view->incumbent = -1;
    view->n_gates = p->n_bounds;
    sketch(view, p);
    size_t n = view->n, goals = p->n_goals;
    view->gates = calloc(p->n_bounds + 1, sizeof *view->gates);
    view->mean = calloc(n * p->m + 1, sizeof *view->mean);
    view->log_feasible = calloc(n + 1, sizeof *view->log_feasible);
    view->value = calloc(n * goals + 1, sizeof *view->value);
    view->goal_scale = calloc(goals + p->n_bounds + 1, sizeof *view->goal_scale);
    if (!view->gates || !view->mean || !view->log_feasible || !view->value || !view->goal_scale) {
        itp_view_deinit(view);
        return ITP_ENOMEM;
    }
    view->bound_scale = view->goal_scale + goals;
    if (!view->believed) return ITP_OK;
    for (size_t b = 0; b < p->n_bounds; b++) {
        const itp_bound *bound = &p->bounds[b];
        if (bound->what.outcome < 0) continue;
        const itp_surrogate *model = p->belief[bound->what.outcome];
        view->gates[b] = (itp_gate){(size_t)bound->what.outcome, threshold(model, bound->low, 1),
                                    threshold(model, bound->high, 0)};
    }
    if (p->m > 0) view->noise_share = itp_surrogate_noise_var(p->belief[view->goal_outcome], 0);
    itp_status st = believe_measured(view);
    if (st != ITP_OK) {
        itp_view_deinit(view);
        return st;
    }
    find_incumbent(view);
    return ITP_OK;
}

void itp_view_deinit(itp_view *view)
{
    free(view->gates);
    free(view->mean);
    free(view->log_feasible);
    free(view->value);
    free(view->goal_scale);
    *view = (itp_view){0};
}
