/* afresh.c - SPDX-License-Identifier: GPL-3.0-or-later */
#include "afresh.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    AGREE = 4,          /* trials that find the same top, */
    AMONG = 8,          /* of the last */
    DESIGN_MOST = 20,   /* and two a parameter and two: as at a campaign's beginning */
    CLIMB = 3,          /* trials a parameter that a start needs beside its design to be worth it */
    OFF_HILL_LEAST = 3, /* rows off the hills, below which nothing is flattened */
    STEPS = 20          /* points between two rows where the mean is asked for a valley */
};
/* Trials agree when they are nearer to the best than this share of its lead over the median: the
 * median, not the sd, because outcomes may span decades. */
static const double SAME_VALUE = 3e-4;
static const double CLOSE = 0.1; /* and no coordinate differs by more */
/* A dip of the mean that is no valley, latent units: between few rows it wavers. */
static const double WAVER = 1e-2;

static size_t design_size(size_t d)
{
    return 2 * d + 2 < DESIGN_MOST ? 2 * d + 2 : DESIGN_MOST;
}

static int is_close(size_t d, const double *a, const double *b)
{
    for (size_t j = 0; j < d; j++)
        if (!(fabs(a[j] - b[j]) <= CLOSE)) return 0;
    return 1;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(size_t n, const double *value, double *sorted)
{
    memcpy(sorted, value, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    return sorted[n / 2];
}

/* Whether most of the last of n rows agree with the one that is best: had the acquisition seen a
 * better use for them, they would have been elsewhere. */
static int is_over(size_t n, size_t d, const double *x, const double *up, size_t best,
                   double *sorted)
{
    if (n < design_size(d) + AGREE || !is_close(d, x + (n - 1) * d, x + best * d)) return 0;
    double least = up[best] - SAME_VALUE * (up[best] - median(n, up, sorted));
    size_t agree = 0;
    for (size_t i = n - (n < AMONG ? n : AMONG); i < n; i++)
        agree += up[i] >= least && is_close(d, x + i * d, x + best * d);
    return agree >= AGREE;
}

itp_status itp_afresh_fold(itp_afresh *out, size_t n, size_t d, const double *x, const double *up,
                           size_t budget)
{
    double *sorted = malloc((n + 1) * sizeof *sorted);
    *out = (itp_afresh){.tops = malloc((n + 1) * sizeof *out->tops)};
    if (!sorted || !out->tops) {
        free(sorted);
        itp_afresh_deinit(out);
        return ITP_ENOMEM;
    }
    for (size_t i = 0, best = 0; i < n; i++) {
        size_t first = out->first;
        if (i == first || up[i] > up[best]) best = i;
        if (!is_over(i + 1 - first, d, x + first * d, up + first, best - first, sorted)) continue;
        if (budget > 0 && i + 1 + design_size(d) + CLIMB * (d + 1) > budget) {
            out->first = 0;
            break;
        }
        out->tops[out->starts++] = best;
        out->first = i + 1;
    }
    free(sorted);
    return ITP_OK;
}

int itp_afresh_suits(const itp_view *view)
{
    const itp_problem *p = view->problem;
    const itp_column *columns = itp_space_columns(p->space);
    if (view->incumbent < 0 || !view->goal_direct || p->n_goals != 1 || p->n_bounds > 0 ||
        p->goals[0].kind == ITP_TARGET || p->n_pending > 0 || p->context || p->log_prior ||
        p->log_prior_at || itp_space_n_candidates(p->space) > 0)
        return 0;
    for (size_t j = 0; j < view->d; j++)
        if (columns[j].kind != ITP_COLUMN_REAL || columns[j].inactive) return 0;
    return itp_surrogate_members(p->belief[view->goal_outcome]) == 1;
}

/* --- The present start ------------------------------------------------------------------------ */

/* Whether no valley lies between row i and that top. */
static itp_status stands_on(const itp_view *view, size_t i, size_t top, double *room, int *answer)
{
    size_t d = view->d, k = view->goal_outcome;
    const double *a = view->problem->measured + i * d, *b = view->problem->measured + top * d;
    double own = view->sign * view->mean[i * view->m + k], *mean = room + STEPS * d;
    for (size_t s = 0; s < STEPS; s++)
        for (size_t j = 0; j < d; j++)
            room[s * d + j] = a[j] + (b[j] - a[j]) * (double)(s + 1) / (STEPS + 1);
    itp_status st = itp_view_predict(view, k, STEPS, room, mean, NULL);
    *answer = own <= view->sign * view->mean[top * view->m + k];
    for (size_t s = 0; s < STEPS && st == ITP_OK; s++)
        if (view->sign * mean[s] < own - WAVER) *answer = 0;
    return st;
}

/* Outcomes of the present start: what stands on an earlier hill is no better than the median of
 * what does not. */
static itp_status flatten(itp_afresh *a, const itp_view *view, size_t n)
{
    size_t d = view->d, off = 0;
    double *room = malloc((STEPS * (d + 1) + 2 * n + 1) * sizeof *room);
    int *on = calloc(n + 1, sizeof *on);
    itp_status st = room && on ? ITP_OK : ITP_ENOMEM;
    double *rest = room + STEPS * (d + 1);
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        for (size_t t = 0; t < a->starts && st == ITP_OK && !on[i]; t++)
            st = stands_on(view, a->first + i, a->tops[t], room, &on[i]);
        if (!on[i]) rest[off++] = view->sign * a->y[i];
    }
    if (st == ITP_OK && off >= OFF_HILL_LEAST) {
        double level = median(off, rest, rest + n);
        for (size_t i = 0; i < n; i++) {
            if (!on[i] || view->sign * a->y[i] <= level) continue;
            a->y[i] = view->sign * level;
            a->flat++;
        }
    }
    free(room);
    free(on);
    return st;
}

static itp_status pose(itp_afresh *a, const itp_view *view, size_t n)
{
    const itp_problem *p = view->problem;
    size_t d = view->d, m = view->m, k = view->goal_outcome, avoid = p->n_avoid * d;
    a->y = malloc((n + 1) * sizeof *a->y);
    a->belief = malloc(m * sizeof *a->belief);
    a->avoid = malloc((avoid + a->first * d + 1) * sizeof *a->avoid);
    if (!a->y || !a->belief || !a->avoid) return ITP_ENOMEM;
    for (size_t i = 0; i < n; i++) a->y[i] = p->measured_y[(a->first + i) * m + k];
    if (avoid) memcpy(a->avoid, p->avoid, avoid * sizeof *a->avoid);
    memcpy(a->avoid + avoid, p->measured, a->first * d * sizeof *a->avoid);
    itp_data data = {.n = n, .d = d, .x = p->measured + a->first * d, .y = a->y};
    itp_status st = flatten(a, view, n);
    if (st == ITP_OK) st = itp_surrogate_create_like(&a->model, p->belief[k], NULL);
    if (st == ITP_OK) st = itp_surrogate_fit(a->model, &data, p->seed + p->n_measured, NULL);
    memcpy(a->belief, p->belief, m * sizeof *a->belief);
    a->belief[k] = a->model;
    a->problem = *p;
    a->problem.belief = a->belief;
    a->problem.n_measured = n;
    a->problem.measured = data.x;
    a->problem.measured_y = p->measured_y + a->first * m;
    a->problem.n_avoid = p->n_avoid + a->first;
    a->problem.avoid = a->avoid;
    return st;
}

itp_status itp_afresh_init(itp_afresh *out, const itp_view *view)
{
    const itp_problem *p = view->problem;
    double *up = malloc((view->n + 1) * sizeof *up);
    if (!up) return ITP_ENOMEM;
    for (size_t i = 0; i < view->n; i++)
        up[i] = view->sign * p->measured_y[i * view->m + view->goal_outcome];
    itp_status st = itp_afresh_fold(out, view->n, view->d, p->measured, up, p->budget);
    free(up);
    if (st != ITP_OK || out->first == 0) return st;
    size_t n = view->n - out->first;
    out->covers = n < design_size(view->d);
    if (!out->covers) st = pose(out, view, n);
    if (st != ITP_OK) itp_afresh_deinit(out);
    return st;
}

void itp_afresh_deinit(itp_afresh *afresh)
{
    itp_surrogate_destroy(afresh->model);
    free(afresh->belief);
    free(afresh->avoid);
    free(afresh->y);
    free(afresh->tops);
    *afresh = (itp_afresh){0};
}
