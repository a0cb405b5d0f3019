/* constraint.c - known constraints: how they are stored, valued and how far a point breaks them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "space_inner.h"

/* Room for one more. */
static constraint *add_slot(itp_space *space)
{
    if (space->n_constraints == space->constraints_room) {
        size_t room = space->constraints_room ? 2 * space->constraints_room : 8;
        constraint *grown = realloc(space->constraints, room * sizeof *grown);
        if (!grown) return NULL;
        space->constraints = grown;
        space->constraints_room = room;
    }
    return &space->constraints[space->n_constraints];
}

/* Size of the constraint's terms in the middle of the box: brings values near 1. */
static double typical_size(const itp_space *space, const constraint *c)
{
    double middle[space->n], size;
    for (size_t i = 0; i < space->n; i++)
        middle[i] = itp_param_from_unit(&space->params[i].is, 0.5);
    double value = itp_constraint_value(space, c, middle, &size);
    return isfinite(value) && isfinite(size) && size > 0 ? size : 1;
}

/* Adds left - right of one comparison; >= and > are turned round. */
static itp_status add_relation(itp_space *space, const char *text, const char *left,
                               const char *right, itp_relation_op op, itp_error *err)
{
    int turn = op == ITP_RELATION_GE || op == ITP_RELATION_GT;
    itp_arena *arena = &space->arena;
    char *difference =
        itp_arena_print(arena, "(%s)-(%s)", turn ? right : left, turn ? left : right);
    const char **names = itp_arena_alloc(arena, space->n, sizeof *names);
    constraint *c = add_slot(space);
    itp_fault fault = {0};
    if (!difference || !names || !c) return itp_fail(err, ITP_ENOMEM, "constraint");
    for (size_t i = 0; i < space->n; i++) names[i] = space->params[i].is.name;
    *c = (constraint){.text = text, .kind = NONLINEAR};
    c->equality = op == ITP_RELATION_EQ;
    c->strict = op == ITP_RELATION_LT || op == ITP_RELATION_GT;
    c->a = itp_arena_alloc(arena, space->n, sizeof *c->a);
    if (!c->a) return itp_fail(err, ITP_ENOMEM, "constraint");
    itp_status st = itp_expression_compile(&c->what, difference, space->n, names, &fault);
    if (st != ITP_OK)
        return itp_fail(err, st == ITP_EPARSE ? ITP_EINVAL : st, "constraint \"%s\": %s %s", text,
                        fault.message, fault.hint);
    if (itp_expression_linear(c->what, c->a, &c->b)) c->kind = LINEAR;
    c->scale = typical_size(space, c);
    space->n_constraints++;
    return ITP_OK;
}

static itp_status refuse_labels(const itp_space *space, const constraint *c, itp_error *err)
{
    for (size_t i = 0; i < space->n; i++) {
        const itp_param *p = &space->params[i].is;
        if (!itp_expression_uses(c->what, i)) continue;
        if (!itp_param_ordered(p))
            return itp_fail(err, ITP_EINVAL,
                            "constraint \"%s\": %s has labels; those stand only in `when`", c->text,
                            p->name);
        if (p->context)
            return itp_fail(err, ITP_EINVAL, "constraint \"%s\": %s is measured, not chosen",
                            c->text, p->name);
    }
    return ITP_OK;
}

itp_status itp_space_add_constraint(itp_space *space, const char *expression, itp_error *err)
{
    itp_chain chain;
    itp_fault fault = {0};
    size_t before = space->n_constraints;
    if (space->n_rows) return itp_fail(err, ITP_ESTATE, "constraints come before candidates");
    itp_status st = itp_chain_cut(&chain, expression, &fault);
    if (st != ITP_OK)
        return itp_fail(err, ITP_EINVAL, "constraint \"%.200s\": %s %s", expression, fault.message,
                        fault.hint);
    if (chain.n_parts < 2)
        return itp_fail(err, ITP_EINVAL, "constraint \"%s\": a comparison is missing", expression);
    char *text = itp_arena_string(&space->arena, expression);
    if (!text) return itp_fail(err, ITP_ENOMEM, "constraint");
    for (size_t i = 0; st == ITP_OK && i + 1 < chain.n_parts; i++) {
        char *left = itp_arena_span(&space->arena, text + chain.at[i], chain.length[i]);
        char *right = itp_arena_span(&space->arena, text + chain.at[i + 1], chain.length[i + 1]);
        if (!left || !right) st = itp_fail(err, ITP_ENOMEM, "constraint");
        if (st == ITP_OK) st = add_relation(space, text, left, right, chain.op[i], err);
        if (st == ITP_OK)
            st = refuse_labels(space, &space->constraints[space->n_constraints - 1], err);
    }
    if (st == ITP_OK && (st = itp_space_refresh_linear(space)) != ITP_OK)
        itp_fail(err, st, "constraint");
    if (st == ITP_OK) return ITP_OK;
    while (space->n_constraints > before)
        itp_expression_destroy(space->constraints[--space->n_constraints].what);
    return st;
}

itp_status itp_space_add_cardinality(itp_space *space, size_t at_least, size_t at_most, size_t n,
                                     const char *const *names, itp_error *err)
{
    if (space->n_rows) return itp_fail(err, ITP_ESTATE, "constraints come before candidates");
    if (at_most > n) at_most = n;
    if (n == 0 || at_least > at_most)
        return itp_fail(err, ITP_EINVAL, "cardinality: at least %zu and at most %zu of %zu",
                        at_least, at_most, n);
    constraint *c = add_slot(space);
    size_t *members = itp_arena_alloc(&space->arena, n, sizeof *members);
    if (!c || !members) return itp_fail(err, ITP_ENOMEM, "cardinality");
    for (size_t i = 0; i < n; i++) {
        int found = itp_space_find(space, names[i]);
        if (found < 0)
            return itp_fail(err, ITP_EINVAL, "cardinality: unknown parameter \"%s\"", names[i]);
        if (!itp_param_ordered(&space->params[found].is))
            return itp_fail(err, ITP_EINVAL, "cardinality: %s has labels, no number", names[i]);
        for (size_t j = 0; j < i; j++)
            if (members[j] == (size_t)found)
                return itp_fail(err, ITP_EINVAL, "cardinality: %s stands twice", names[i]);
        members[i] = (size_t)found;
    }
    *c = (constraint){.kind = CARDINALITY, .at_least = at_least, .at_most = at_most};
    c->n_members = n;
    c->members = members;
    c->scale = 1;
    c->text =
        itp_arena_print(&space->arena, "at least %zu and at most %zu of %zu nonzero (%s, ...)",
                        at_least, at_most, n, names[0]);
    if (!c->text) return itp_fail(err, ITP_ENOMEM, "cardinality");
    space->n_constraints++;
    return ITP_OK;
}

int itp_constraint_uses(const constraint *c, size_t param)
{
    if (c->kind == LINEAR) return c->a[param] != 0;
    if (c->kind == NONLINEAR) return itp_expression_uses(c->what, param);
    for (size_t i = 0; i < c->n_members; i++)
        if (c->members[i] == param) return 1;
    return 0;
}

int itp_constraint_values(const itp_space *space, const constraint *c, const double *point,
                          double *values)
{
    for (size_t i = 0; i < space->n; i++) {
        values[i] = point[i];
        if (!isnan(point[i])) continue;
        if (itp_constraint_uses(c, i) && !space->params[i].zero_counts) return 0;
        values[i] = 0;
    }
    return 1;
}

double itp_constraint_value(const itp_space *space, const constraint *c, const double *point,
                            double *size)
{
    double values[space->n];
    *size = 1;
    if (!itp_constraint_values(space, c, point, values)) return 0;
    if (c->kind == NONLINEAR) {
        *size = itp_expression_size(c->what, values);
        return itp_expression_eval(c->what, values);
    }
    double value = c->b;
    *size = fabs(c->b);
    for (size_t i = 0; i < space->n; i++) {
        double term = c->a[i] * values[i];
        value += term;
        *size += fabs(term);
    }
    return value;
}

static double cardinality_violation(const constraint *c, const double *point)
{
    size_t nonzero = 0;
    for (size_t i = 0; i < c->n_members; i++)
        nonzero += !isnan(point[c->members[i]]) && point[c->members[i]] != 0;
    if (nonzero < c->at_least) return (double)(c->at_least - nonzero);
    return nonzero > c->at_most ? (double)(nonzero - c->at_most) : 0;
}

double itp_constraint_violation(const itp_space *space, const constraint *c, const double *point)
{
    double size, values[space->n];
    if (c->kind == CARDINALITY) return cardinality_violation(c, point);
    if (!itp_constraint_values(space, c, point, values)) return 0;
    double value = itp_constraint_value(space, c, point, &size);
    if (isnan(value) || isnan(size)) return INFINITY;
    if (c->strict && value >= 0) return value > size ? value / size : 1; /* strict means strict */
    if (!c->equality && value <= 0) return 0;
    return value == 0 ? 0 : fabs(value) / size;
}

/* How far a value is from being one of the parameter's. */
static double value_violation(const itp_param *p, double value)
{
    if (!isfinite(value)) return INFINITY;
    if (p->kind == ITP_DISCRETE || p->kind == ITP_CATEGORICAL || p->kind == ITP_INTEGER)
        return itp_param_snap(p, value) == value ? 0 : 1;
    double over = value < p->low ? p->low - value : value > p->high ? value - p->high : 0;
    return over > 0 ? over / (fabs(value) + fabs(value < p->low ? p->low : p->high)) : 0;
}

double itp_space_violation(const itp_space *space, const double *point, const char **which)
{
    double worst = 0;
    const char *text = NULL;
    int active[space->n];
    itp_space_active(space, point, active);
    for (size_t i = 0; i < space->n; i++) {
        const itp_param *p = &space->params[i].is;
        if (p->context && isnan(point[i])) continue;
        double v = active[i] ? value_violation(p, point[i]) : isnan(point[i]) ? 0 : 1;
        if (v > worst) worst = v, text = p->name;
    }
    for (size_t i = 0; i < space->n_constraints; i++) {
        double v = itp_constraint_violation(space, &space->constraints[i], point);
        if (v > worst) worst = v, text = space->constraints[i].text;
    }
    if (worst == 0 && space->n_rows && itp_space_find_candidate(space, point) < 0) {
        worst = 1;
        text = "the candidate table";
    }
    if (which) *which = text;
    return worst;
}
