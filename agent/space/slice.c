/* slice.c - see slice.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "slice.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int is_free(const itp_space *space, size_t i, const int *active, const slice_options *o)
{
    const param *p = &space->params[i];
    int continuous = p->is.kind == ITP_REAL || (o && o->relaxed && itp_param_ordered(&p->is));
    if (p->is.context || !active[i]) return 0;
    return continuous && itp_param_count(&p->is) != 1 && !(o && o->zeroed && o->zeroed[i]);
}

int itp_slice_is_log(const slice *s, size_t j)
{
    return !s->flat && s->space->params[s->free[j]].is.scale == ITP_LOG;
}

/* Whether a constraint is a row here, and the one free parameter if it names only one. */
static int is_straight(const slice *s, const constraint *c, size_t *names, size_t *only)
{
    int straight = c->kind == LINEAR;
    *names = 0;
    for (size_t j = 0; j < s->k; j++) {
        size_t i = s->free[j];
        if (!itp_constraint_uses(c, i)) continue;
        ++*names;
        *only = j;
        if (itp_slice_is_log(s, j)) straight = 0;
    }
    return straight;
}

static double range_low(const slice *s, size_t j)
{
    return itp_param_from_unit(&s->space->params[s->free[j]].is, 0);
}

static double range_width(const slice *s, size_t j)
{
    return itp_param_from_unit(&s->space->params[s->free[j]].is, 1) - range_low(s, j);
}

/* One linear constraint as a row a . u <= b (or ==); values: what it sees, free ones ignored. */
static void set_row(const slice *s, const constraint *c, const double *values, size_t names,
                    size_t only, double *a, double *b)
{
    double constant = c->b;
    memset(a, 0, s->k * sizeof *a);
    for (size_t i = 0; i < s->space->n; i++) {
        int free = 0;
        for (size_t j = 0; j < s->k; j++) free |= s->free[j] == i;
        if (!free && c->a[i] != 0) constant += c->a[i] * values[i]; /* 0 times NaN is no 0 */
    }
    if (names == 1 &&
        itp_slice_is_log(s, only)) { /* a bound: monotone, so it may be moved to the log scale */
        double bound = -constant / c->a[s->free[only]], low = range_low(s, only);
        double sign = c->a[s->free[only]] > 0 ? 1 : -1;
        a[only] = sign;
        *b = sign * (bound <= 0 ? -1 : log(bound / low) / log((low + range_width(s, only)) / low));
        return;
    }
    for (size_t j = 0; j < s->k; j++) {
        a[j] = c->a[s->free[j]] * range_width(s, j);
        constant += c->a[s->free[j]] * range_low(s, j);
    }
    *b = -constant;
}

/* Appends a linear constraint, unless it is curved here. */
static int add_row(slice *s, const constraint *c, const double *values)
{
    polytope *p = &s->rows;
    size_t names, only = 0, row = p->n_eq + p->n_le;
    int straight = is_straight(s, c, &names, &only);
    if (c->kind != LINEAR || (!straight && names > 1)) return 0;
    set_row(s, c, values, names, only, p->a + row * s->k, p->b + row);
    *(c->equality ? &p->n_eq : &p->n_le) += 1;
    return 1;
}

/* Rows that keep every comparison of every `when` as it is, so that what is active stays so. */
static itp_status freeze_conditions(slice *s, const double *point, int equality)
{
    const itp_space *space = s->space;
    for (size_t i = 0; i < space->n; i++) {
        const itp_expression *when = space->params[i].when;
        size_t count = when ? itp_expression_comparisons(when) : 0;
        if (count == 0) continue;
        itp_frozen *frozen = calloc(count, sizeof *frozen);
        double *a = calloc(count * space->n, sizeof *a);
        size_t known = frozen && a ? itp_expression_freeze(when, point, frozen, a) : 0;
        for (size_t k = 0; k < known; k++) {
            constraint c = {.kind = LINEAR, .a = a + k * space->n, .b = frozen[k].constant};
            c.equality = frozen[k].kind == ITP_FROZEN_EQ;
            int moves = 0, usable = frozen[k].kind != ITP_FROZEN_NONE && c.equality == equality;
            for (size_t j = 0; j < s->k; j++) moves |= c.a[s->free[j]] != 0;
            for (size_t j = 0; j < space->n; j++) usable &= c.a[j] == 0 || !isnan(point[j]);
            if (moves && usable) add_row(s, &c, point);
        }
        free(a);
        free(frozen);
        if (known != count) return ITP_ENOMEM;
    }
    return ITP_OK;
}

static itp_status collect(slice *s, const slice_options *o, const double *values_of_point)
{
    const itp_space *space = s->space;
    double values[space->n];
    polytope *p = &s->rows;
    for (int equality = 1; equality >= 0; equality--) {
        for (size_t i = 0; i < space->n_constraints; i++) {
            const constraint *c = &space->constraints[i];
            if (c->kind == CARDINALITY || c->equality != equality) continue;
            if (!itp_constraint_values(space, c, values_of_point, values)) continue;
            if (add_row(s, c, values)) continue;
            s->curved[s->n_curved++] = i;
            s->curved_equality |= equality;
        }
        if (freeze_conditions(s, values_of_point, equality) != ITP_OK) return ITP_ENOMEM;
    }
    for (size_t j = 0; j < s->k; j++)
        for (int side = 0; side < 2; side++) {
            size_t row = p->n_eq + p->n_le++;
            double bound = side ? 1 : 0;
            const itp_param *is = &space->params[s->free[j]].is;
            if (o && o->relaxed && o->low && is->kind != ITP_REAL)
                bound =
                    ((side ? o->high : o->low)[s->free[j]] - range_low(s, j)) / range_width(s, j);
            memset(p->a + row * s->k, 0, s->k * sizeof *p->a);
            p->a[row * s->k + j] = side ? 1 : -1;
            p->b[row] = side ? bound : -bound;
        }
    return ITP_OK;
}

itp_status itp_slice_init(slice *s, const itp_space *space, const double *point,
                          const slice_options *options)
{
    size_t n = space->n, m = space->n_constraints, rows = m + 2 * n;
    int active[n];
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < n; i++)
        if (space->params[i].when) rows += itp_expression_comparisons(space->params[i].when);
    s->space = space;
    s->flat = options && options->flat;
    s->memory = calloc(rows * n + rows + n + n + n * n + 1, sizeof *s->memory);
    s->free = calloc(n + m + rows + 1, sizeof *s->free);
    if (!s->memory || !s->free) {
        itp_slice_deinit(s);
        return ITP_ENOMEM;
    }
    s->curved = s->free + n;
    s->only = s->curved + m;
    s->rows.a = s->memory;
    s->rows.b = s->rows.a + rows * n;
    s->base = s->rows.b + rows;
    s->centre = s->base + n;
    s->q = s->centre + n;
    memcpy(s->base, point, n * sizeof *point);
    itp_space_active(space, point, active);
    for (size_t i = 0; i < n; i++)
        if (is_free(space, i, active, options)) s->free[s->k++] = i;
    s->rows.d = s->k;
    double values[n]; /* free parameters are there, whatever value they will take */
    memcpy(values, point, sizeof values);
    for (size_t j = 0; j < s->k; j++)
        if (isnan(values[s->free[j]])) values[s->free[j]] = range_low(s, j);
    itp_status st = collect(s, options, values);
    if (st != ITP_OK) itp_slice_deinit(s);
    return st;
}

void itp_slice_deinit(slice *s)
{
    free(s->memory);
    free(s->shape);
    free(s->free);
    memset(s, 0, sizeof *s);
}

void itp_slice_point(const slice *s, const double *u, double *point)
{
    memcpy(point, s->base, s->space->n * sizeof *point);
    for (size_t j = 0; j < s->k; j++) {
        const itp_param *p = &s->space->params[s->free[j]].is;
        double low = range_low(s, j), high = low + range_width(s, j);
        double value = low + u[j] * (high - low);
        point[s->free[j]] = !s->flat ? itp_param_from_unit(p, u[j]) : fmin(high, fmax(low, value));
    }
}

void itp_slice_shares(const slice *s, const double *point, double *u)
{
    for (size_t j = 0; j < s->k; j++) {
        double value = point[s->free[j]];
        u[j] = !s->flat ? itp_param_to_unit(&s->space->params[s->free[j]].is, value)
                        : fmin(1, fmax(0, (value - range_low(s, j)) / range_width(s, j)));
    }
}

/* Curved conditions are not among the rows. */
static int same_activity(const slice *s, const double *point)
{
    int active[s->space->n];
    if (!s->space->n_conditional) return 1;
    itp_space_active(s->space, point, active);
    for (size_t i = 0; i < s->space->n; i++)
        if (active[i] == (isnan(point[i]) && !s->space->params[i].is.context)) return 0;
    return 1;
}

double itp_slice_violation(const slice *s, const double *u)
{
    double point[s->space->n], worst = 0;
    itp_slice_point(s, u, point);
    if (!same_activity(s, point)) return 1;
    for (size_t i = 0; i < s->space->n_constraints; i++)
        worst = fmax(worst, itp_constraint_violation(s->space, &s->space->constraints[i], point));
    return worst;
}

/* Orthonormal basis of the equality normals. */
static void forbid(slice *s)
{
    s->n_q = 0;
    for (size_t i = 0; i < s->rows.n_eq && s->n_q < s->k; i++) {
        double *v = s->q + s->n_q * s->k, before = 0, after = 0;
        memcpy(v, s->rows.a + i * s->k, s->k * sizeof *v);
        for (size_t j = 0; j < s->k; j++) before += v[j] * v[j];
        for (int pass = 0; pass < 2; pass++)
            for (size_t l = 0; l < s->n_q; l++) {
                double share = 0;
                for (size_t j = 0; j < s->k; j++) share += v[j] * s->q[l * s->k + j];
                for (size_t j = 0; j < s->k; j++) v[j] -= share * s->q[l * s->k + j];
            }
        for (size_t j = 0; j < s->k; j++) after += v[j] * v[j];
        if (after <= 1e-20 * before) continue;
        for (size_t j = 0; j < s->k; j++) v[j] /= sqrt(after);
        s->n_q++;
    }
}

/* Length of a row's normal inside the subspace of the equalities. */
static double loose_length(const slice *s, const double *a)
{
    double total = 0;
    for (size_t j = 0; j < s->k; j++) total += a[j] * a[j];
    double whole = total;
    for (size_t l = 0; l < s->n_q; l++) {
        double share = 0;
        for (size_t j = 0; j < s->k; j++) share += a[j] * s->q[l * s->k + j];
        total -= share * share;
    }
    return total > 1e-14 * whole ? sqrt(total) : 0;
}

/* Row `i` of the inequalities becomes the next equality. */
static void make_equality(slice *s, size_t i)
{
    polytope *p = &s->rows;
    for (size_t j = 0; j < s->k; j++) {
        double keep = p->a[i * s->k + j];
        p->a[i * s->k + j] = p->a[p->n_eq * s->k + j];
        p->a[p->n_eq * s->k + j] = keep;
    }
    double keep = p->b[i];
    p->b[i] = p->b[p->n_eq];
    p->b[p->n_eq] = keep;
    p->n_eq++;
    p->n_le--;
}

/* The polytope with a further coordinate r, the radius of a ball that must fit: a . u + |a| r <= b.
 * Projecting a far away r onto it gives nearly the largest ball (a Chebyshev centre). */
static itp_status lift(const slice *s, double *u, double *radius, double *multiplier)
{
    const polytope *p = &s->rows;
    size_t rows = p->n_eq + p->n_le, d = s->k + 1;
    double far = 1e3;
    polytope lifted = {.d = d, .n_eq = p->n_eq, .n_le = p->n_le + 1};
    lifted.a = calloc((rows + 1) * d + rows + 1 + d, sizeof *lifted.a);
    if (!lifted.a) return ITP_ENOMEM;
    lifted.b = lifted.a + (rows + 1) * d;
    double *x = lifted.b + rows + 1;
    for (size_t i = 0; i < rows; i++) {
        memcpy(lifted.a + i * d, p->a + i * s->k, s->k * sizeof *p->a);
        lifted.a[i * d + s->k] = i < p->n_eq ? 0 : loose_length(s, p->a + i * s->k);
        lifted.b[i] = p->b[i];
    }
    lifted.a[rows * d + s->k] = 1; /* a ball larger than the box is nobody's gain */
    lifted.b[rows] = 1;
    for (size_t j = 0; j < s->k; j++) x[j] = 0.5;
    x[s->k] = far;
    itp_status st = itp_project(&lifted, x, x, multiplier);
    if (st == ITP_OK) {
        memcpy(u, x, s->k * sizeof *u);
        *radius = x[s->k];
    }
    free(lifted.a);
    return st;
}

/* Most rows are the box's: knowing that makes a chord cheap. */
static void mark_single(slice *s)
{
    for (size_t i = 0; i < s->rows.n_eq + s->rows.n_le; i++) {
        size_t named = 0;
        for (size_t j = 0; j < s->k; j++)
            if (s->rows.a[i * s->k + j] != 0) named++, s->only[i] = j;
        if (named != 1) s->only[i] = s->k;
    }
}

itp_status itp_slice_centre(slice *s)
{
    const double flat =
        1e-10; /* a ball this small is rounding: the rows around it are equalities */
    size_t rows = s->rows.n_eq + s->rows.n_le;
    double *multiplier = calloc(rows + 1, sizeof *multiplier);
    itp_status st = multiplier ? ITP_OK : ITP_ENOMEM;
    s->radius = 0;
    for (size_t round = 0; st == ITP_OK && round <= s->k; round++) {
        forbid(s);
        if ((st = lift(s, s->centre, &s->radius, multiplier)) != ITP_OK) break;
        if (s->radius > flat || s->n_q == s->k) break;
        if (s->radius < -flat) st = ITP_ENONE;
        double most = 0;
        for (size_t i = s->rows.n_eq; i < rows; i++) most = fmax(most, multiplier[i]);
        size_t before = s->rows.n_eq;
        for (size_t i = before; st == ITP_OK && i < rows; i++) {
            if (!(multiplier[i] > 1e-7 * most)) continue;
            multiplier[i] = multiplier[s->rows.n_eq];
            make_equality(s, i);
        }
        if (s->rows.n_eq == before) break;
    }
    if (st == ITP_OK) st = itp_project(&s->rows, s->centre, s->centre, NULL);
    mark_single(s);
    free(multiplier);
    return st;
}
