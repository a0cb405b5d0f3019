/* branch.c - see branch.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "branch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FINISH_STARTS 6  /* starts that a decided assignment gets */
#define FINISH_COST   20 /* projections that deciding one is counted for */

static double draw_value(const itp_param *p, itp_stream *stream)
{
    size_t count = itp_param_count(p);
    if (count == 0) return itp_param_from_unit(p, itp_stream_uniform(stream));
    return itp_param_value(p, itp_stream_below(stream, count));
}

/* Zero is one of the values the parameter may take. */
static int may_be_zero(const param *p)
{
    return p->zero_counts && itp_param_snap(&p->is, 0) == 0;
}

/* Members that are inactive as things stand are nobody's nonzero. */
static void draw_zeros(const itp_space *space, const constraint *c, itp_stream *stream,
                       double *point, int *zeroed)
{
    size_t n = c->n_members, order[n], keep = 0, kept = 0;
    int active[space->n];
    if (c->at_most >= n && c->at_least == 0) return;
    itp_space_active(space, point, active);
    itp_stream_shuffle(stream, n, order);
    /* Half the draws use all that is allowed: fewer is a corner of it. */
    keep = itp_stream_below(stream, 2)
               ? c->at_most
               : c->at_least + itp_stream_below(stream, c->at_most - c->at_least + 1);
    for (int forced = 1; forced >= 0; forced--) /* those that cannot be zero come first */
        for (size_t i = 0; i < n; i++) {
            size_t m = c->members[order[i]];
            if (may_be_zero(&space->params[m]) == forced || zeroed[m]) continue;
            if (forced || kept < keep) {
                kept += active[m] != 0;
                continue;
            }
            point[m] = 0;
            zeroed[m] = 1;
        }
}

void itp_branch_draw(const itp_space *space, itp_stream *stream, double *point, int *zeroed)
{
    int active[space->n];
    for (size_t i = 0; i < space->n; i++) {
        const itp_param *p = &space->params[i].is;
        point[i] = p->context ? NAN : draw_value(p, stream);
        zeroed[i] = 0;
    }
    for (size_t i = 0; i < space->n_constraints; i++)
        if (space->constraints[i].kind == CARDINALITY)
            draw_zeros(space, &space->constraints[i], stream, point, zeroed);
    itp_space_active(space, point, active);
    for (size_t i = 0; i < space->n; i++)
        if (!active[i]) point[i] = NAN;
}

static double share_of(const itp_space *space, size_t i, double value)
{
    double zero = itp_param_to_unit(&space->params[i].is, 0);
    return fabs(itp_param_to_unit(&space->params[i].is, value) - zero);
}

/* The smallest step away from zero that is worth being called one. */
static double lifted(const itp_param *p)
{
    double high = itp_param_from_unit(p, 1), low = itp_param_from_unit(p, 0);
    if (p->kind == ITP_REAL) return high > 0 ? 0.01 * high : 0.01 * low;
    for (double step = 1; step <= high - low; step++) {
        if (p->kind == ITP_DISCRETE) break;
        return high >= 1 ? 1 : -1;
    }
    double best = 0;
    for (size_t i = 0; p->kind == ITP_DISCRETE && i < p->n_levels; i++)
        if (p->levels[i] != 0 && (best == 0 || fabs(p->levels[i]) < fabs(best)))
            best = p->levels[i];
    return best;
}

static void mend_cardinality(const itp_space *space, const constraint *c, double *point,
                             int *zeroed)
{
    for (size_t round = 0; round < 2 * c->n_members; round++) {
        size_t nonzero = 0, small = space->n, empty = space->n;
        for (size_t i = 0; i < c->n_members; i++) {
            size_t m = c->members[i];
            if (isnan(point[m])) continue;
            if (point[m] == 0) {
                empty = m;
                continue;
            }
            nonzero++;
            if (may_be_zero(&space->params[m]) &&
                (small == space->n ||
                 share_of(space, m, point[m]) < share_of(space, small, point[small])))
                small = m;
        }
        if (nonzero > c->at_most && small < space->n)
            point[small] = 0;
        else if (nonzero < c->at_least && empty < space->n)
            point[empty] = lifted(&space->params[empty].is);
        else
            break;
    }
    for (size_t i = 0; i < c->n_members; i++) {
        size_t m = c->members[i];
        if (c->at_most < c->n_members && point[m] == 0) zeroed[m] = 1;
    }
}

void itp_branch_cardinality(const itp_space *space, double *point, int *zeroed)
{
    memset(zeroed, 0, space->n * sizeof *zeroed);
    for (size_t i = 0; i < space->n_constraints; i++)
        if (space->constraints[i].kind == CARDINALITY)
            mend_cardinality(space, &space->constraints[i], point, zeroed);
}

static itp_status start(slice *s, int starts, itp_stream *stream, double *u)
{
    itp_status st = itp_slice_centre(s);
    if (st != ITP_OK) return st;
    memcpy(u, s->centre, s->k * sizeof *u);
    for (int attempt = 0; attempt < starts; attempt++) {
        if (itp_slice_violation(s, u) <= ITP_FEASIBLE || itp_slice_repair(s, u) == ITP_OK)
            return ITP_OK;
        if (s->k == 0) break;
        memcpy(u, s->centre, s->k * sizeof *u);
        size_t curved = s->n_curved;
        s->n_curved = 0; /* a random place inside the rows, to mend from there */
        itp_slice_walk(s, stream, 2 * s->k + 4, u);
        s->n_curved = curved;
    }
    return ITP_ENONE;
}

itp_status itp_branch_start(slice *s, const slice_options *options, int starts, itp_stream *stream,
                            double *u)
{
    itp_status st = start(s, starts, stream, u), centred = itp_slice_centre(s);
    int has_log = 0;
    for (size_t j = 0; j < s->k; j++) has_log |= itp_slice_is_log(s, j);
    if (st != ITP_ENONE || centred != ITP_OK || !has_log) return st;
    /* On linear scales more of the constraints are rows, which are met exactly. */
    slice flat;
    slice_options o = options ? *options : (slice_options){0};
    double point[s->space->n];
    o.flat = 1;
    if (itp_slice_init(&flat, s->space, s->base, &o) != ITP_OK) return ITP_ENOMEM;
    if ((st = start(&flat, starts, stream, u)) == ITP_OK) {
        itp_slice_point(&flat, u, point);
        itp_slice_shares(s, point, u);
        if (itp_slice_violation(s, u) > ITP_FEASIBLE) st = itp_slice_repair(s, u);
    }
    itp_slice_deinit(&flat);
    return st;
}

typedef struct search {
    const itp_space *space;
    itp_stream *stream;
    const int *zeroed;
    const double *target;  /* the point to stay near */
    double *found, *tried; /* tried: the last assignment decided */
    size_t *budget;
} search;

/* Everything discrete is decided: does the rest have a solution? */
static itp_status finish(search *f, const double *point)
{
    slice s;
    size_t n = f->space->n;
    double u[n + 1];
    slice_options o = {.zeroed = f->zeroed};
    itp_status st = itp_slice_init(&s, f->space, point, &o);
    if (st != ITP_OK) return st;
    itp_slice_shares(&s, point, u);
    st = itp_slice_repair(&s, u) == ITP_OK ? ITP_OK
                                           : itp_branch_start(&s, &o, FINISH_STARTS, f->stream, u);
    if (st == ITP_OK) itp_slice_point(&s, u, f->found);
    itp_slice_deinit(&s);
    if (st == ITP_OK && itp_space_violation(f->space, f->found, NULL) > ITP_FEASIBLE)
        st = ITP_ENONE;
    return st;
}

/* Largest value not above, smallest value not below. */
static void neighbours(const itp_param *p, double value, double *below, double *above)
{
    *below = floor(value);
    *above = ceil(value);
    if (p->kind != ITP_DISCRETE) return;
    *below = p->levels[0];
    *above = p->levels[p->n_levels - 1];
    for (size_t i = 0; i < p->n_levels; i++)
        if (p->levels[i] <= value) *below = p->levels[i];
    for (size_t i = p->n_levels; i-- > 0;)
        if (p->levels[i] >= value) *above = p->levels[i];
}

static itp_status search_box(search *f, double *low, double *high);

/* Both sides of a split; the bounds are as before on return. */
static itp_status split(search *f, size_t i, double below, double above, int upper_first,
                        double *low, double *high)
{
    itp_status st = ITP_ENONE;
    double was_low = low[i], was_high = high[i];
    for (int side = 0; side < 2 && st == ITP_ENONE; side++) {
        if ((side == 0) == upper_first)
            low[i] = above;
        else
            high[i] = below;
        if (low[i] <= high[i]) st = search_box(f, low, high);
        low[i] = was_low;
        high[i] = was_high;
    }
    return st;
}

/* Whether everything discrete is as in the last one tried. */
static int same_assignment(const search *f, const double *point)
{
    for (size_t i = 0; i < f->space->n; i++)
        if (f->space->params[i].is.kind != ITP_REAL && f->tried[i] != point[i] &&
            !(isnan(f->tried[i]) && isnan(point[i])))
            return 0;
    return !isnan(f->tried[f->space->n]);
}

/* Curved constraints (or none at all) refuse `point`, which is whole: tries it, then everything
 * else in the box. */
static itp_status settle(search *f, double *point, double *low, double *high)
{
    itp_status st = ITP_ENONE;
    if (!same_assignment(f, point)) {
        *f->budget -= *f->budget < FINISH_COST ? *f->budget : FINISH_COST;
        memcpy(f->tried, point, f->space->n * sizeof *point);
        f->tried[f->space->n] = 0;
        st = finish(f, point);
    }
    for (size_t i = 0; st == ITP_ENONE && i < f->space->n; i++) {
        if (!(low[i] < high[i])) continue;
        double v = point[i], below, above, keep_low = low[i], keep_high = high[i];
        const itp_param *p = &f->space->params[i].is;
        low[i] = high[i] = v;
        st = search_box(f, low, high);
        low[i] = keep_low;
        high[i] = keep_high;
        if (st != ITP_ENONE) return st;
        for (int side = 0; side < 2 && st == ITP_ENONE; side++) {
            neighbours(p, side ? v + 1e-9 * (fabs(v) + 1) : v - 1e-9 * (fabs(v) + 1), &below,
                       &above);
            if (side)
                low[i] = above;
            else
                high[i] = below;
            if (low[i] <= high[i] && (side ? above > v : below < v)) st = search_box(f, low, high);
            low[i] = keep_low;
            high[i] = keep_high;
        }
        return st;
    }
    return st;
}

static itp_status search_box(search *f, double *low, double *high)
{
    slice s;
    size_t n = f->space->n, widest = n;
    double u[n + 1], point[n], gap = 1e-7, below, above;
    if (*f->budget == 0) return ITP_ECANCELLED;
    --*f->budget;
    slice_options o = {.zeroed = f->zeroed, .relaxed = 1, .flat = 1, .low = low, .high = high};
    itp_status st = itp_slice_init(&s, f->space, f->target, &o);
    if (st != ITP_OK) return st;
    itp_slice_shares(&s, f->target, u);
    st = itp_project(&s.rows, u, u, NULL);
    itp_slice_point(&s, u, point);
    itp_slice_deinit(&s);
    if (st != ITP_OK) return st;
    for (size_t i = 0; i < n; i++) {
        const itp_param *p = &f->space->params[i].is;
        if (p->kind == ITP_REAL || p->kind == ITP_CATEGORICAL || isnan(point[i])) continue;
        double off = fabs(itp_param_to_unit(p, point[i]) -
                          itp_param_to_unit(p, itp_param_snap(p, point[i])));
        if (off > gap) gap = off, widest = i;
    }
    if (widest < n) {
        neighbours(&f->space->params[widest].is, point[widest], &below, &above);
        int upper = itp_param_snap(&f->space->params[widest].is, point[widest]) == above;
        return split(f, widest, below, above, upper, low, high);
    }
    for (size_t i = 0; i < n; i++)
        if (!isnan(point[i]) && f->space->params[i].is.kind != ITP_REAL)
            point[i] = itp_param_snap(&f->space->params[i].is, point[i]);
    return settle(f, point, low, high);
}

itp_status itp_branch_find(const itp_space *space, itp_stream *stream, const int *zeroed,
                           size_t *budget, double *point)
{
    size_t n = space->n;
    double low[n], high[n], found[n], tried[n + 1];
    int active[n];
    search f = {space, stream, zeroed, point, found, tried, budget};
    tried[n] = NAN; /* nothing yet */
    itp_space_active(space, point, active);
    for (size_t i = 0; i < n; i++) {
        const param *p = &space->params[i];
        int open = active[i] && !zeroed[i] && !p->is.context &&
                   (p->is.kind == ITP_INTEGER || p->is.kind == ITP_DISCRETE);
        low[i] = open ? itp_param_from_unit(&p->is, 0) : point[i];
        high[i] = open ? itp_param_from_unit(&p->is, 1) : point[i];
    }
    itp_status st = search_box(&f, low, high);
    if (st == ITP_OK) memcpy(point, found, n * sizeof *point);
    return st == ITP_ECANCELLED ? ITP_ENONE : st;
}
