/* climb.c - one ascent: L-BFGS in a box, SLSQP (Kraft 1994, NLopt) under known constraints.
 *   Only continuous coordinates that have a value move; everything else stays. The end is decoded,
 * repaired and scored again: what counts is the value of the point that would be tried.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <nlopt.h>
#include <stdlib.h>
#include <string.h>

#include "lbfgs.h"
#include "search.h"

/* A climb ends when a step gains less than this in ln acquisition: far below what matters. */
static const double GAIN_MIN = 1e-6;
static const double STEP_MIN = 1e-9; /* or moves less than this, relative */
static const double CONSTRAINT_TOLERANCE = 1e-10;

typedef struct {
    const itp_search *search;
    size_t d, n_free, evaluations;
    size_t *free_columns;
    double *x, *grad, *work;      /* full encoded point, its gradient, the scorer's work */
    double *all_value, *all_grad; /* of nonlinear constraints */
    int *all_equality;
} ascent;

/* Columns that a climb may move: real parameters, chosen by us, with a value here. */
static size_t find_free(const itp_search *search, const double *x, size_t *columns)
{
    const itp_column *column = itp_space_columns(search->space);
    size_t n = 0;
    for (size_t j = 0; j < itp_space_d(search->space); j++) {
        if (column[j].kind != ITP_COLUMN_REAL && column[j].kind != ITP_COLUMN_PERIODIC) continue;
        const itp_param *param = itp_space_param(search->space, column[j].parameter);
        if (param->kind == ITP_REAL && !param->context && param->high > param->low && !isnan(x[j]))
            columns[n++] = j;
    }
    return n;
}

static void spread(ascent *a, const double *free_x)
{
    const itp_column *column = itp_space_columns(a->search->space);
    for (size_t i = 0; i < a->n_free; i++) {
        size_t j = a->free_columns[i];
        double v = free_x[i];
        a->x[j] = column[j].kind == ITP_COLUMN_PERIODIC ? v - floor(v) : v;
    }
}

static double descend(void *context, size_t n, const double *free_x, double *grad)
{
    ascent *a = context;
    spread(a, free_x);
    a->evaluations++;
    double value = itp_scorer_eval(a->search->scorer, a->x, grad ? a->grad : NULL, NULL, a->work);
    for (size_t i = 0; grad && i < n; i++) grad[i] = -a->grad[a->free_columns[i]];
    return -value;
}

static double descend_nlopt(unsigned n, const double *free_x, double *grad, void *context)
{
    double value = descend(context, n, free_x, grad);
    int finite = isfinite(value);
    for (unsigned i = 0; finite && grad && i < n; i++) finite = isfinite(grad[i]);
    if (finite) return value;
    if (grad) memset(grad, 0, n * sizeof *grad);
    return 1e100; /* a plateau: the line search turns back */
}

/* --- Known constraints ------------------------------------------------------------------------ */

/* Linear rows first .. first + m - 1 at the present point. */
static void linear_rows(ascent *a, size_t first, size_t m, double *value, double *grad)
{
    const itp_linear *linear = itp_space_linear(a->search->space);
    for (size_t r = 0; r < m; r++) {
        const double *row = linear->a + (first + r) * linear->d;
        double sum = -linear->b[first + r];
        for (size_t j = 0; j < linear->d; j++)
            if (row[j] != 0 && !isnan(a->x[j])) sum += row[j] * a->x[j];
        value[r] = sum;
        for (size_t i = 0; grad && i < a->n_free; i++)
            grad[r * a->n_free + i] = row[a->free_columns[i]];
    }
}

/* Nonlinear rows that are equalities (or are not), after `skip` linear ones. */
static void nonlinear_rows(ascent *a, int equality, double *value, double *grad)
{
    size_t n =
        itp_space_nonlinear(a->search->space, a->x, a->all_value, a->all_grad, a->all_equality);
    for (size_t r = 0, to = 0; r < n; r++) {
        if (a->all_equality[r] != equality) continue;
        value[to] = a->all_value[r];
        for (size_t i = 0; grad && i < a->n_free; i++)
            grad[to * a->n_free + i] = a->all_grad[r * a->d + a->free_columns[i]];
        to++;
    }
}

static void at_most(unsigned m, double *value, unsigned n, const double *free_x, double *grad,
                    void *context)
{
    ascent *a = context;
    const itp_linear *linear = itp_space_linear(a->search->space);
    (void)m;
    spread(a, free_x);
    linear_rows(a, 0, linear->n_le, value, grad);
    nonlinear_rows(a, 0, value + linear->n_le, grad ? grad + linear->n_le * n : NULL);
}

static void equal_to(unsigned m, double *value, unsigned n, const double *free_x, double *grad,
                     void *context)
{
    ascent *a = context;
    const itp_linear *linear = itp_space_linear(a->search->space);
    (void)m;
    spread(a, free_x);
    linear_rows(a, linear->n_le, linear->n_eq, value, grad);
    nonlinear_rows(a, 1, value + linear->n_eq, grad ? grad + linear->n_eq * n : NULL);
}

static void constrained(ascent *a, unsigned evaluations_max, const double *low, const double *high,
                        size_t n_le, size_t n_eq, double *free_x)
{
    size_t most = n_le > n_eq ? n_le : n_eq;
    double value, *tolerance = malloc((most + 1) * sizeof *tolerance);
    nlopt_opt opt = tolerance ? nlopt_create(NLOPT_LD_SLSQP, (unsigned)a->n_free) : NULL;
    if (opt) {
        for (size_t i = 0; i < most; i++) tolerance[i] = CONSTRAINT_TOLERANCE;
        nlopt_set_lower_bounds(opt, low);
        nlopt_set_upper_bounds(opt, high);
        nlopt_set_min_objective(opt, descend_nlopt, a);
        if (n_le) nlopt_add_inequality_mconstraint(opt, (unsigned)n_le, at_most, a, tolerance);
        if (n_eq) nlopt_add_equality_mconstraint(opt, (unsigned)n_eq, equal_to, a, tolerance);
        nlopt_set_maxeval(opt, (int)evaluations_max);
        nlopt_set_ftol_abs(opt, GAIN_MIN);
        nlopt_set_xtol_rel(opt, STEP_MIN);
        /* Whatever it says, its last point is judged by settle and by its value. */
        (void)nlopt_optimize(opt, free_x, &value);
        nlopt_destroy(opt);
    }
    free(tolerance);
}

/* --- The climb -------------------------------------------------------------------------------- */

static void ascend(ascent *a, unsigned evaluations_max, double *free_x, double *low, double *high)
{
    const itp_search *search = a->search;
    const itp_column *column = itp_space_columns(search->space);
    const itp_linear *linear = itp_space_linear(search->space);
    size_t nonlinear = itp_space_nonlinear(search->space, a->x, NULL, NULL, NULL);
    size_t n_eq = linear->n_eq, n_le = linear->n_le;
    for (size_t i = 0; i < a->n_free; i++) {
        size_t j = a->free_columns[i];
        int wraps = column[j].kind == ITP_COLUMN_PERIODIC;
        free_x[i] = a->x[j];
        low[i] = wraps ? a->x[j] - 0.5 : search->low ? search->low[j] : 0;
        high[i] = wraps ? a->x[j] + 0.5 : search->high ? search->high[j] : 1;
    }
    if (n_le + n_eq + nonlinear == 0) {
        itp_lbfgs_options options = {evaluations_max, 0, 0, GAIN_MIN, STEP_MIN};
        itp_lbfgs_result result;
        (void)itp_lbfgs_minimise(a->n_free, low, high, descend, a, &options, free_x, &result);
        return;
    }
    a->all_value = malloc((nonlinear + 1) * sizeof *a->all_value);
    a->all_grad = malloc((nonlinear * a->d + 1) * sizeof *a->all_grad);
    a->all_equality = calloc(nonlinear + 1, sizeof *a->all_equality);
    if (a->all_value && a->all_grad && a->all_equality) {
        if (nonlinear)
            itp_space_nonlinear(search->space, a->x, a->all_value, a->all_grad, a->all_equality);
        for (size_t r = 0; r < nonlinear; r++) *(a->all_equality[r] ? &n_eq : &n_le) += 1;
        constrained(a, evaluations_max, low, high, n_le, n_eq, free_x);
    }
    free(a->all_value);
    free(a->all_grad);
    free(a->all_equality);
}

/* work: 8 d + 4 n_params doubles, then the scorer's. */
double itp_search_climb(const itp_search *search, unsigned evaluations_max, double *x,
                        double *point, double value, double *work, size_t *evaluations)
{
    size_t d = itp_space_d(search->space), n_params = itp_space_n_params(search->space);
    double *free_x = work, *low = free_x + d, *high = low + d, *end = high + d;
    double *end_point = end + 2 * d;
    size_t *columns = malloc((d + 1) * sizeof *columns);
    if (!columns) return value;
    ascent a = {.search = search, .d = d, .free_columns = columns, .x = end, .grad = end + d};
    a.work = work + 8 * d + 4 * n_params;
    a.n_free = find_free(search, x, columns);
    memcpy(end, x, d * sizeof *x);
    if (a.n_free > 0) {
        ascend(&a, evaluations_max, free_x, low, high);
        spread(&a, free_x);
        if (itp_search_settle(search, end, end_point) &&
            !itp_is_taken(d, end, search->n_taken, search->taken)) {
            double reached = itp_scorer_eval(search->scorer, end, NULL, NULL, a.work);
            a.evaluations++;
            if (reached > value || !isfinite(value)) {
                memcpy(x, end, d * sizeof *x);
                memcpy(point, end_point, n_params * sizeof *point);
                value = reached;
            }
        }
    }
    *evaluations += a.evaluations;
    free(columns);
    return value;
}
