/* space.c - set-up: parameters are checked and copied, conditions compiled and put in order.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "space_inner.h"

#define INTEGER_MAX 9007199254740992.0 /* 2^53: every integer up to it is a double */

static itp_status check_range(const itp_param *p, itp_error *err)
{
    if (!isfinite(p->low) || !isfinite(p->high) || p->low > p->high)
        return itp_fail(err, ITP_EINVAL, "%s: bounds must be finite and in order, not %g .. %g",
                        p->name, p->low, p->high);
    if (p->kind == ITP_INTEGER && (p->low != round(p->low) || p->high != round(p->high) ||
                                   p->low < -INTEGER_MAX / 2 || p->high > INTEGER_MAX / 2))
        return itp_fail(err, ITP_EINVAL, "%s: bounds must be integers, not %g .. %g", p->name,
                        p->low, p->high);
    if (p->period != 0 &&
        !(p->period > 0 && isfinite(p->period) && p->high - p->low <= p->period * (1 + 1e-12)))
        return itp_fail(err, ITP_EINVAL, "%s: a period of %g is shorter than its range", p->name,
                        p->period);
    if (p->period != 0 && p->scale == ITP_LOG)
        return itp_fail(err, ITP_EINVAL, "%s: a periodic parameter has no log scale", p->name);
    if (p->scale == ITP_LOG && p->low <= 0)
        return itp_fail(err, ITP_EINVAL, "%s: a log scale needs a lower bound above 0, not %g",
                        p->name, p->low);
    return ITP_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static itp_status check_labels(const itp_param *p, itp_error *err)
{
    const char **sorted = malloc(p->n_levels * sizeof *sorted), *twice = NULL;
    if (!sorted) return itp_fail(err, ITP_ENOMEM, "%s", p->name);
    memcpy(sorted, p->labels, p->n_levels * sizeof *sorted);
    qsort(sorted, p->n_levels, sizeof *sorted, by_text);
    for (size_t i = 1; i < p->n_levels && !twice; i++)
        if (!strcmp(sorted[i - 1], sorted[i])) twice = sorted[i];
    free(sorted);
    if (!twice) return ITP_OK;
    return itp_fail(err, ITP_EINVAL, "%s: label \"%s\" stands twice", p->name, twice);
}

static itp_status check_levels(const itp_param *p, itp_error *err)
{
    if (p->n_levels == 0) return itp_fail(err, ITP_EINVAL, "%s: no values to choose from", p->name);
    for (size_t i = 0; i < p->n_levels; i++) {
        if (p->kind == ITP_CATEGORICAL) {
            for (size_t j = 0; j < p->n_descriptors; j++)
                if (!isfinite(p->descriptors[i * p->n_descriptors + j]))
                    return itp_fail(err, ITP_EINVAL, "%s: descriptor %s of \"%s\" is not a number",
                                    p->name, p->descriptor_names ? p->descriptor_names[j] : "",
                                    p->labels[i]);
        } else if (!isfinite(p->levels[i]) || (i && !(p->levels[i] > p->levels[i - 1]))) {
            return itp_fail(err, ITP_EINVAL, "%s: values must be finite and ascending", p->name);
        } else if (p->scale == ITP_LOG && p->levels[i] <= 0) {
            return itp_fail(err, ITP_EINVAL, "%s: a log scale needs values above 0", p->name);
        }
    }
    return p->kind == ITP_CATEGORICAL ? check_labels(p, err) : ITP_OK;
}

/* Deep copy into the space. NULL name when out of memory. */
static void copy_param(itp_arena *arena, param *to, const itp_param *from)
{
    itp_param *p = &to->is;
    size_t n = from->n_levels, m = from->n_descriptors;
    *p = *from;
    p->unit = itp_arena_string(arena, from->unit ? from->unit : "1");
    p->when = itp_arena_string(arena, from->when);
    p->levels = from->kind == ITP_DISCRETE
                    ? itp_arena_copy(arena, from->levels, n * sizeof *p->levels)
                    : NULL;
    p->descriptors = m ? itp_arena_copy(arena, from->descriptors, n * m * sizeof(double)) : NULL;
    const char **labels =
        from->kind == ITP_CATEGORICAL ? itp_arena_alloc(arena, n, sizeof *labels) : NULL;
    for (size_t i = 0; labels && i < n; i++) labels[i] = itp_arena_string(arena, from->labels[i]);
    const char **names =
        m && from->descriptor_names ? itp_arena_alloc(arena, m, sizeof *names) : NULL;
    for (size_t i = 0; names && i < m; i++)
        names[i] = itp_arena_string(arena, from->descriptor_names[i]);
    p->labels = labels;
    p->descriptor_names = names;
    p->name = itp_arena_string(arena, from->name);
    double low = p->kind == ITP_DISCRETE ? p->levels[0] : p->low;
    double high = p->kind == ITP_DISCRETE ? p->levels[n - 1] : p->high;
    to->zero_counts = itp_param_ordered(p) && low <= 0 && high >= 0;
}

static itp_status compile_when(itp_space *space, size_t i, itp_error *err)
{
    param *p = &space->params[i];
    itp_fault fault = {0};
    if (!p->is.when) return ITP_OK;
    itp_symbol *symbols = calloc(space->n, sizeof *symbols);
    if (!symbols) return itp_fail(err, ITP_ENOMEM, "space");
    for (size_t j = 0; j < space->n; j++) {
        symbols[j].name = space->params[j].is.name;
        if (space->params[j].is.kind != ITP_CATEGORICAL) continue;
        symbols[j].n_labels = space->params[j].is.n_levels;
        symbols[j].labels = space->params[j].is.labels;
    }
    itp_status st =
        itp_expression_compile_condition(&p->when, p->is.when, space->n, symbols, &fault);
    free(symbols);
    if (st == ITP_EPARSE)
        return itp_fail(err, ITP_EINVAL, "%s: when \"%s\": %s %s", p->is.name, p->is.when,
                        fault.message, fault.hint);
    if (st != ITP_OK) return itp_fail(err, st, "space");
    for (size_t j = 0; j < space->n; j++)
        if (itp_expression_uses(p->when, j)) space->params[j].controls = 1;
    space->n_conditional++;
    return ITP_OK;
}

/* Kahn's order; what is left over goes round in a circle. */
static itp_status order_conditions(itp_space *space, itp_error *err)
{
    size_t placed = 0;
    int *done = calloc(space->n + 1, sizeof *done);
    if (!done) return itp_fail(err, ITP_ENOMEM, "space");
    for (size_t before = 1; before;) {
        before = 0;
        for (size_t i = 0; i < space->n; i++) {
            int ready = !done[i];
            for (size_t j = 0; ready && space->params[i].when && j < space->n; j++)
                if (itp_expression_uses(space->params[i].when, j) && !done[j]) ready = 0;
            if (!ready) continue;
            done[i] = 1;
            space->order[placed++] = i;
            before++;
        }
    }
    size_t stuck = 0;
    while (stuck < space->n && done[stuck]) stuck++;
    free(done);
    if (placed == space->n) return ITP_OK;
    return itp_fail(err, ITP_EINVAL, "%s: its `when` depends on itself, directly or in a circle",
                    space->params[stuck].is.name);
}

itp_status itp_space_create(itp_space **out, size_t n, const itp_param *params, itp_error *err)
{
    itp_status st = ITP_OK;
    if (n == 0) return itp_fail(err, ITP_EINVAL, "a space needs a parameter");
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        if (!params[i].name || !*params[i].name)
            return itp_fail(err, ITP_EINVAL, "parameter %zu has no name", i + 1);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(params[i].name, params[j].name))
                return itp_fail(err, ITP_EINVAL, "%s: two parameters of one name", params[i].name);
        int range = params[i].kind == ITP_REAL || params[i].kind == ITP_INTEGER;
        st = range ? check_range(&params[i], err) : check_levels(&params[i], err);
    }
    if (st != ITP_OK) return st;
    itp_space *space = calloc(1, sizeof *space);
    if (!space) return itp_fail(err, ITP_ENOMEM, "space");
    space->n = n;
    space->params = itp_arena_alloc(&space->arena, n, sizeof *space->params);
    space->order = itp_arena_alloc(&space->arena, n, sizeof *space->order);
    if (!space->params || !space->order) st = itp_fail(err, ITP_ENOMEM, "space");
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        copy_param(&space->arena, &space->params[i], &params[i]);
        if (!space->params[i].is.name) st = itp_fail(err, ITP_ENOMEM, "space");
    }
    for (size_t i = 0; i < n && st == ITP_OK; i++) st = compile_when(space, i, err);
    if (st == ITP_OK) st = order_conditions(space, err);
    if (st == ITP_OK && (st = itp_space_refresh_columns(space)) != ITP_OK)
        itp_fail(err, st, "space");
    if (st == ITP_OK && (st = itp_space_refresh_linear(space)) != ITP_OK)
        itp_fail(err, st, "space");
    if (st != ITP_OK) {
        itp_space_destroy(space);
        return st;
    }
    *out = space;
    return ITP_OK;
}

void itp_space_destroy(itp_space *space)
{
    if (!space) return;
    for (size_t i = 0; space->params && i < space->n; i++)
        itp_expression_destroy(space->params[i].when);
    for (size_t i = 0; i < space->n_constraints; i++)
        itp_expression_destroy(space->constraints[i].what);
    free(space->constraints);
    free(space->linear_block);
    free(space->nonlinear);
    itp_arena_deinit(&space->arena);
    free(space);
}

size_t itp_space_n_params(const itp_space *space)
{
    return space->n;
}

const itp_param *itp_space_param(const itp_space *space, size_t i)
{
    return i < space->n ? &space->params[i].is : NULL;
}

int itp_space_find(const itp_space *space, const char *name)
{
    for (size_t i = 0; i < space->n; i++)
        if (!strcmp(space->params[i].is.name, name)) return (int)i;
    return -1;
}

void itp_space_active(const itp_space *space, const double *point, int *active)
{
    if (!space->n_conditional) {
        for (size_t i = 0; i < space->n; i++) active[i] = 1;
        return;
    }
    double seen[space->n];
    for (size_t i = 0; i < space->n; i++) seen[i] = point[i];
    for (size_t k = 0; k < space->n; k++) {
        size_t i = space->order[k];
        const param *p = &space->params[i];
        active[i] = !p->when || itp_expression_eval(p->when, seen) != 0;
        if (!active[i]) seen[i] = NAN;
    }
}

void itp_space_snap(const itp_space *space, double *point, const double *fallback)
{
    int active[space->n];
    for (size_t i = 0; i < space->n; i++) {
        if (isnan(point[i])) point[i] = fallback[i];
        if (space->params[i].is.context)
            point[i] = NAN;
        else if (!isnan(point[i]))
            point[i] = itp_param_snap(&space->params[i].is, point[i]);
    }
    itp_space_active(space, point, active);
    for (size_t i = 0; i < space->n; i++)
        if (!active[i]) point[i] = NAN;
}

size_t itp_space_combinations(const itp_space *space, int all, size_t bound)
{
    size_t product = 1;
    for (size_t i = 0; i < space->n; i++) {
        const itp_param *p = &space->params[i].is;
        size_t count = itp_param_count(p);
        if (p->context) continue;
        if (count == 0 && all) return 0;
        if (count == 0) continue;
        product = count > bound / product ? bound + 1 : product * count;
        if (product > bound) return bound + 1;
    }
    return product;
}
