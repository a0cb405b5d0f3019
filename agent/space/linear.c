/* linear.c - known constraints as optimisers see them, in encoded coordinates: rows of a matrix
 * where they are linear there, values with gradients where they are not.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "space_inner.h"

/* value = low + slope * x of a column, for parameters on a linear scale. */
static double column_slope(const param *p)
{
    if (p->is.period > 0) return p->is.period;
    return itp_param_from_unit(&p->is, 1) - itp_param_from_unit(&p->is, 0);
}

/* A constraint is a row when each parameter it names is always active and on a linear scale, or
 * when it names only one, whose bound may be on any scale. */
static int is_row(const itp_space *space, const constraint *c, size_t *only)
{
    size_t names = 0;
    int straight = 1;
    if (c->kind != LINEAR) return 0;
    for (size_t i = 0; i < space->n; i++) {
        const param *p = &space->params[i];
        if (c->a[i] == 0) continue;
        names++;
        *only = i;
        if (p->when || p->n_columns != 1) return 0;
        if (p->is.scale == ITP_LOG) straight = 0;
    }
    if (names == 1 && !straight) { /* the bound must lie on the scale */
        double bound = -c->b / c->a[*only];
        return bound > 0 && bound >= itp_param_from_unit(&space->params[*only].is, 0) &&
               bound <= itp_param_from_unit(&space->params[*only].is, 1);
    }
    return names > 0 && straight;
}

static void fill_row(const itp_space *space, const constraint *c, size_t only, double *a, double *b)
{
    const param *p = &space->params[only];
    if (p->is.scale == ITP_LOG) {
        a[p->column] = c->a[only] > 0 ? 1 : -1;
        *b = a[p->column] * itp_param_to_unit(&p->is, -c->b / c->a[only]);
        return;
    }
    *b = -c->b;
    for (size_t i = 0; i < space->n; i++) {
        if (c->a[i] == 0) continue;
        p = &space->params[i];
        a[p->column] = c->a[i] * column_slope(p);
        *b -= c->a[i] * itp_param_from_unit(&p->is, 0);
    }
}

itp_status itp_space_refresh_linear(itp_space *space)
{
    size_t rows = 0, d = space->d, only = 0;
    size_t m = space->n_constraints;
    double *a = calloc((m + 1) * (d + 1), sizeof *a), *b = a ? a + m * d : NULL;
    size_t *nonlinear = calloc(m + 1, sizeof *nonlinear);
    if (!a || !nonlinear) {
        free(a);
        free(nonlinear);
        return ITP_ENOMEM;
    }
    free(space->linear_block);
    free(space->nonlinear);
    space->linear_block = a;
    space->linear = (itp_linear){.d = d, .a = a, .b = b};
    space->n_nonlinear = 0;
    space->nonlinear = nonlinear;
    for (int equality = 0; equality < 2; equality++)
        for (size_t i = 0; i < space->n_constraints; i++) {
            const constraint *c = &space->constraints[i];
            if (c->kind == CARDINALITY || c->equality != equality) continue;
            if (!is_row(space, c, &only)) {
                nonlinear[space->n_nonlinear++] = i;
                continue;
            }
            fill_row(space, c, only, a + rows * d, b + rows);
            rows++;
            *(equality ? &space->linear.n_eq : &space->linear.n_le) += 1;
        }
    return ITP_OK;
}

const itp_linear *itp_space_linear(const itp_space *space)
{
    return &space->linear;
}

/* The point behind x without rounding, and d value / d column of each parameter. */
static void relax(const itp_space *space, const double *x, double *point, double *slope)
{
    for (size_t i = 0; i < space->n; i++) {
        const param *p = &space->params[i];
        double u = p->n_columns ? x[p->column] : NAN;
        slope[i] = 0;
        point[i] = NAN;
        if (isnan(u)) continue;
        if (!itp_param_ordered(&p->is)) {
            double code[space->n];
            itp_space_decode(space, x, code);
            point[i] = code[i];
        } else if (p->is.scale == ITP_LOG) {
            double low = itp_param_from_unit(&p->is, 0), high = itp_param_from_unit(&p->is, 1);
            point[i] = low * exp(u * log(high / low));
            slope[i] = point[i] * log(high / low);
        } else {
            slope[i] = column_slope(p);
            point[i] = itp_param_from_unit(&p->is, 0) + slope[i] * u;
        }
    }
}

static double value_with_gradient(const itp_space *space, const constraint *c, const double *point,
                                  const double *slope, double *grad)
{
    double values[space->n], inner[space->n];
    if (grad) memset(grad, 0, space->d * sizeof *grad);
    if (!itp_constraint_values(space, c, point, values)) return c->equality ? 0 : -1;
    double value = itp_expression_gradient(c->what, values, inner);
    for (size_t i = 0; grad && i < space->n; i++)
        if (slope[i] != 0 && inner[i] != 0)
            grad[space->params[i].column] = inner[i] * slope[i] / c->scale;
    return value / c->scale;
}

size_t itp_space_nonlinear(const itp_space *space, const double *x, double *value, double *grad,
                           int *equality)
{
    for (size_t k = 0; equality && k < space->n_nonlinear; k++)
        equality[k] = space->constraints[space->nonlinear[k]].equality;
    if (!x || (!value && !grad)) return space->n_nonlinear;
    double point[space->n], slope[space->n];
    int active[space->n];
    relax(space, x, point, slope);
    itp_space_active(space, point, active);
    for (size_t i = 0; i < space->n; i++)
        if (!active[i]) point[i] = NAN;
    for (size_t k = 0; k < space->n_nonlinear; k++) {
        const constraint *c = &space->constraints[space->nonlinear[k]];
        double v = value_with_gradient(space, c, point, slope, grad ? grad + k * space->d : NULL);
        if (value) value[k] = v;
    }
    return space->n_nonlinear;
}
