/* ageing.c - see ageing.h for the extrapolation; here the book-keeping and the choice of n.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ageing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct life {
    itp_cell_runner *r;
    itp_cell_cycle_fn *cycle;
    void *ctx;
    const itp_cell_life_options *o;
    itp_cell_life *out;
    itp_error *err;
    size_t n;                        /* unknowns */
    double *y, *g, *g_before, *back; /* state now, step, step before, state before the jump */
    size_t number;                   /* cycles lived */
    double first;                    /* capacity of cycle 1 */
    double loss;                     /* mol lost by the last simulated cycle */
    double loss_before;              /* the same of the step before */
    size_t apart;                    /* cycles between the two steps; 0: only one step is known */
    int ended;
} life;

static double lost(const itp_cell_inventory *li)
{
    return li->sei + li->dead + li->plated;
}

static void keep(itp_cell_life *out, const itp_cell_cycle *c)
{
    if (out->n_kept == ITP_CELL_CYCLES_KEPT) { /* thin: every other one of the older */
        size_t kept = 0;
        for (size_t i = 0; i < out->n_kept; i += 2) out->kept[kept++] = out->kept[i];
        out->n_kept = kept;
    }
    out->kept[out->n_kept++] = *c;
}

/* The end of life lies between the last two simulated cycles; capacity is linear there. */
static void end_between(life *l, const itp_cell_cycle *c)
{
    double limit = l->o->end_capacity * l->first;
    const itp_cell_cycle *a = l->out->n_kept ? &l->out->kept[l->out->n_kept - 1] : c;
    double fraction =
        a->capacity > c->capacity ? (a->capacity - limit) / (a->capacity - c->capacity) : 1;
    l->out->cycles = (double)a->number + fraction * (double)(c->number - a->number);
    l->out->reached = 1;
    l->ended = 1;
}

/* One simulated cycle: state, step and loss per cycle are updated. */
static itp_status simulate(life *l)
{
    itp_cell_cycle c = {.number = l->number + 1};
    l->r->cycle = c.number;
    itp_status st = l->cycle(l->ctx, l->r, &c.capacity, l->err);
    if (st == ITP_ESCIENTIFIC && l->number > 0) { /* it cannot do the cycle any more: it is dead */
        c.capacity = 0;
    } else if (st != ITP_OK) {
        return st;
    }
    const double *now = itp_cell_runner_state(l->r);
    itp_cell_inventory before;
    itp_cell_lithium(l->r->model, l->y, &before);
    itp_cell_lithium(l->r->model, now, &c.lithium);
    c.active_neg = itp_cell_active_left(l->r->model, 0, now);
    c.active_pos = itp_cell_active_left(l->r->model, 1, now);
    l->loss = lost(&c.lithium) - lost(&before);
    for (size_t i = 0; i < l->n; i++) l->g[i] = now[i] - l->y[i];
    memcpy(l->y, now, l->n * sizeof *now);
    l->number++;
    l->out->simulated++;
    if (l->number == 1) l->first = c.capacity;
    if (!(c.capacity > l->o->end_capacity * l->first) || !(c.capacity > 0)) end_between(l, &c);
    keep(l->out, &c);
    return ITP_OK;
}

/* Extrapolates by n cycles from the present state and step. */
static void leap(life *l, size_t n)
{
    double curve = l->apart ? 0.5 * (double)n * ((double)n + 1) / (double)l->apart : 0;
    memcpy(l->back, l->y, l->n * sizeof *l->y);
    for (size_t i = 0; i < l->n; i++)
        l->y[i] += (double)n * l->g[i] + curve * (l->g[i] - l->g_before[i]);
    itp_cell_solver_set(l->r->solver, l->y);
    l->number += n;
    l->out->jumps++;
}

/* A jump of *n cycles, the two cycles that judge it, and the next n. */
static itp_status jump(life *l, size_t *n)
{
    size_t start = l->number, kept = l->out->n_kept;
    double *step = l->g_before, loss = l->loss;
    double foreseen = loss, tol = l->o->tolerance * l->first * 3600 / ITP_CELL_F;
    if (l->apart) foreseen += (double)(*n + 1) * (loss - l->loss_before) / (double)l->apart;
    leap(l, *n);
    memcpy(step, l->g, l->n * sizeof *step); /* the present step becomes the one before */
    itp_status st = simulate(l); /* the first cycle lets fast transients of the jump die out */
    if (st == ITP_OK && !l->ended) st = simulate(l);
    if (st != ITP_OK && st != ITP_ESCIENTIFIC) return st;
    double error = 0.5 * (double)*n * fabs(l->loss - foreseen);
    int lived = st == ITP_OK && !l->ended;
    if ((error > 4 * tol || !lived) && *n > 1) { /* too far, or past the end: go back, go slower */
        memcpy(l->y, l->back, l->n * sizeof *l->y);
        memcpy(l->g, step, l->n * sizeof *step);
        itp_cell_solver_set(l->r->solver, l->y);
        l->number = start, l->loss = loss, l->ended = 0, l->apart = 0, l->out->reached = 0;
        l->out->n_kept = kept < l->out->n_kept ? kept : l->out->n_kept;
        l->out->rejected++;
        *n = *n > 8 ? *n / 4 : 1;
        return ITP_OK;
    }
    if (st != ITP_OK) return st;
    l->loss_before = loss;
    l->apart = l->number - start;
    double grow = error > 0 ? 0.9 * sqrt(tol / error) : 3;
    double next = fmin(fmax(grow, 0.3), 3) * (double)*n;
    *n = (size_t)fmin(fmax(next, 1), (double)l->o->jump_max);
    return ITP_OK;
}

static itp_status live(life *l)
{
    size_t n = 4;
    itp_status st = ITP_OK;
    for (int i = 0; i < 3 && st == ITP_OK && !l->ended && l->number < l->o->cycles_max; i++)
        st = simulate(l); /* the first cycles are not yet alike */
    while (st == ITP_OK && !l->ended && l->number < l->o->cycles_max) {
        size_t left = l->o->cycles_max - l->number;
        if (l->o->tolerance > 0 && left > 2 && l->o->jump_max > 0) {
            size_t asked = n < left - 2 ? n : left - 2, limit = asked;
            st = jump(l, &asked);
            if (limit == n || asked < limit) n = asked;
        } else {
            st = simulate(l);
        }
        if (st == ITP_OK && l->r->hooks.progress)
            l->r->hooks.progress(l->r->hooks.ctx, (double)l->number / (double)l->o->cycles_max,
                                 "cycling");
    }
    return st;
}

itp_status itp_cell_live(itp_cell_runner *r, itp_cell_cycle_fn *cycle, void *ctx,
                         const itp_cell_life_options *options, itp_cell_life *out, itp_error *err)
{
    memset(out, 0, sizeof *out);
    life l = {.r = r, .cycle = cycle, .ctx = ctx, .o = options, .out = out, .err = err};
    l.n = r->model->n;
    l.y = calloc(4 * l.n, sizeof *l.y);
    if (!l.y) return itp_fail(err, ITP_ENOMEM, "ageing");
    l.g = l.y + l.n, l.g_before = l.g + l.n, l.back = l.g_before + l.n;
    memcpy(l.y, itp_cell_runner_state(r), l.n * sizeof *l.y);
    itp_status st = live(&l);
    if (st == ITP_OK && !out->reached) out->cycles = (double)l.number;
    free(l.y);
    return st;
}
