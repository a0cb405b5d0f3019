/* wild_space.h - random small spaces: every kind of parameter and known constraint.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TEST_WILD_SPACE_H
#define TEST_WILD_SPACE_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "interphase/acquisition.h"
#include "stream.h"

enum { WILD_PARAMS = 6 };

static const char *const WILD_NAMES[WILD_PARAMS] = {"a", "b", "c", "e", "f", "g"};
static const char *const WILD_LABELS[] = {"red", "green", "blue", "black"};
static const double WILD_LEVELS[] = {0, 0.5, 1, 3, 10};

static inline itp_param wild_param(itp_stream *s, size_t i)
{
    itp_param p = {.name = WILD_NAMES[i], .unit = "1", .kind = ITP_REAL, .low = 0, .high = 1};
    switch (itp_stream_below(s, 7)) {
    case 0: p.low = -5, p.high = 20; break;
    case 1: p.scale = ITP_LOG, p.low = 1e-3, p.high = 100; break;
    case 2: p.kind = ITP_INTEGER, p.low = 0, p.high = 1 + (double)itp_stream_below(s, 30); break;
    case 3:
        p.kind = ITP_DISCRETE, p.levels = WILD_LEVELS, p.n_levels = 2 + itp_stream_below(s, 4);
        break;
    case 4:
        p.kind = ITP_CATEGORICAL, p.labels = WILD_LABELS, p.n_levels = 2 + itp_stream_below(s, 3);
        break;
    case 5: p.period = 1; break;
    default: break;
    }
    if (i > 0 && itp_stream_below(s, 12) == 0) p.context = 0; /* chosen; context is given apart */
    return p;
}

/* Constraints are placed around a point that satisfies them, unless a sliver or none is drawn. */
static inline void wild_constraints(itp_stream *s, itp_space *space, size_t n, const double *at)
{
    char text[256];
    size_t wanted = itp_stream_below(s, 4);
    for (size_t k = 0; k < wanted; k++) {
        size_t i = itp_stream_below(s, n), j = itp_stream_below(s, n);
        const itp_param *p = itp_space_param(space, i), *q = itp_space_param(space, j);
        if (isnan(at[i]) || isnan(at[j])) continue;
        if (i == j || p->kind == ITP_CATEGORICAL || q->kind == ITP_CATEGORICAL) continue;
        double room = itp_stream_below(s, 3) == 0 ? 1e-6 : 0.2;
        switch (itp_stream_below(s, 4)) {
        case 0:
            snprintf(text, sizeof text, "%s + 2*%s <= %.17g", p->name, q->name,
                     at[i] + 2 * at[j] + room);
            break;
        case 1:
            if (p->kind != ITP_REAL || q->kind != ITP_REAL) continue;
            snprintf(text, sizeof text, "%s + %s == %.17g", p->name, q->name, at[i] + at[j]);
            break;
        case 2:
            snprintf(text, sizeof text, "%s * %s <= %.17g", p->name, q->name, at[i] * at[j] + room);
            break;
        default:
            if (!(at[i] <= at[j])) continue;
            snprintf(text, sizeof text, "%s <= %s", p->name, q->name);
        }
        (void)itp_space_add_constraint(space, text, NULL);
    }
    if (itp_stream_below(s, 8) == 0) { /* wherever it falls: it may leave nothing at all */
        size_t i = itp_stream_below(s, n), j = itp_stream_below(s, n);
        const itp_param *p = itp_space_param(space, i), *q = itp_space_param(space, j);
        double at_most = -2 + 6 * itp_stream_uniform(s);
        snprintf(text, sizeof text, "%s + %s <= %.17g", p->name, q->name, at_most);
        if (i != j && p->kind != ITP_CATEGORICAL && q->kind != ITP_CATEGORICAL)
            (void)itp_space_add_constraint(space, text, NULL);
    }
    if (n >= 3 && itp_stream_below(s, 5) == 0) {
        const char *names[WILD_PARAMS];
        size_t count = 0, nonzero = 0;
        for (size_t i = 0; i < n; i++) {
            const itp_param *p = itp_space_param(space, i);
            if (p->kind == ITP_CATEGORICAL || p->low > 0 || p->scale == ITP_LOG) continue;
            names[count++] = p->name, nonzero += at[i] != 0 && !isnan(at[i]);
        }
        if (count >= 2) (void)itp_space_add_cardinality(space, 0, nonzero, count, names, NULL);
    }
}

/* Half of the spaces with several parameters have some that are active only where another has a
 * value: a label, or a number above its least. */
static inline void wild_conditions(itp_stream *s, itp_param *params, size_t n,
                                   char text[WILD_PARAMS][32])
{
    if (itp_stream_below(s, 2) == 0) return;
    for (size_t i = 1; i < n; i++) {
        const itp_param *on = &params[itp_stream_below(s, i)];
        if (itp_stream_below(s, 3) > 0 || on->when) continue;
        if (on->kind == ITP_CATEGORICAL)
            snprintf(text[i], sizeof text[i], "%s == red", on->name);
        else if (on->kind == ITP_DISCRETE)
            snprintf(text[i], sizeof text[i], "%s >= 0.5", on->name);
        else if (on->period == 0)
            snprintf(text[i], sizeof text[i], "%s >= %g", on->name, 0.6 * on->low + 0.4 * on->high);
        else
            continue;
        params[i].when = text[i];
    }
}

static inline itp_status wild_space(itp_stream *s, itp_space **space, itp_error *err)
{
    itp_param params[WILD_PARAMS];
    size_t n = 1 + itp_stream_below(s, WILD_PARAMS);
    double at[WILD_PARAMS];
    for (size_t i = 0; i < n; i++) params[i] = wild_param(s, i);
    char conditions[WILD_PARAMS][32];
    wild_conditions(s, params, n, conditions);
    itp_status st = itp_space_create(space, n, params, err);
    if (st == ITP_OK) st = itp_space_sample(*space, 1, itp_stream_bits(s), at, err);
    if (st == ITP_OK && itp_stream_below(s, 3) > 0) wild_constraints(s, *space, n, at);
    if (st == ITP_OK && itp_stream_below(s, 6) == 0) st = itp_space_add_sources(*space, 2);
    if (st == ITP_OK && itp_stream_below(s, 5) == 0) { /* a table of feasible rows */
        enum { ROWS = 30 };
        double rows[ROWS * WILD_PARAMS];
        if (itp_space_sample(*space, ROWS, itp_stream_bits(s), rows, NULL) == ITP_OK)
            st = itp_space_set_candidates(*space, ROWS, rows, 0, NULL, NULL, NULL, err);
        if (st == ITP_EEXISTS) st = ITP_OK; /* two rows alike: then there is no table */
    }
    return st;
}

#endif
