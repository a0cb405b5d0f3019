/* search.c - scatter, select, climb, compare.
 *   Starts are chosen by Boltzmann's weights on standardised values (Ament et al. 2023 follow
 * Wilson et al. 2018), the best always kept. All are climbed a little; only those that still can
 * win are climbed to the end.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parallel.h"
#include "stream.h"

enum {
    RAW = 1024,    /* scattered points (numerics.md 2) */
    RESTARTS = 20, /* climbs */
    BASES = 8,     /* best trials whose neighbourhood is sampled */
    NEAR = 24,     /* neighbours of each */
    SCOUT = 12,    /* evaluations of every climb's first leg */
    FINISH = 120,  /* evaluations of a climb to the end */
    FINISHERS = 5, /* climbs that go to the end */
    MOVED_MAX = 20 /* coordinates that a neighbour changes at most (in expectation) */
};
/* Widths of the neighbourhoods, in unit-cube coordinates, used in turn. */
static const double WIDTHS[] = {0.1, 0.03, 0.01, 0.003};

int itp_search_settle(const itp_search *search, double *x, double *point)
{
    const itp_space *space = search->space;
    const double *context = search->scorer->view->problem->context;
    if (itp_space_decode(space, x, point) != ITP_OK) return 0;
    for (size_t i = 0; context && i < itp_space_n_params(space); i++)
        if (itp_space_param(space, i)->context && !isnan(context[i])) point[i] = context[i];
    if (itp_space_violation(space, point, NULL) > ITP_VIOLATION_MAX &&
        (itp_space_repair(space, point) != ITP_OK ||
         itp_space_violation(space, point, NULL) > ITP_VIOLATION_MAX))
        return 0;
    return itp_space_encode(space, point, x, NULL) == ITP_OK;
}

/* --- Where to look first ---------------------------------------------------------------------- */

/* Indices of the best trials by posterior mean: those that are likely feasible first. */
static size_t best_trials(const itp_view *view, size_t max, size_t *index)
{
    const itp_problem *p = view->problem;
    size_t n = 0;
    double *value = malloc((view->n + 1) * sizeof *value);
    for (size_t i = 0; value && i < view->n; i++) {
        value[i] = p->n_goals > 0 && view->believed
                       ? itp_view_utility(view, view->mean + i * view->m, NULL)
                       : 0;
        if (view->log_feasible[i] < -1) value[i] += 10 * fmax(view->log_feasible[i], -1e6);
        size_t at = n < max ? n++ : max;
        if (at == max && value[i] <= value[index[max - 1]]) continue;
        if (at == max) at--;
        for (; at > 0 && value[i] > value[index[at - 1]]; at--) index[at] = index[at - 1];
        index[at] = i;
    }
    free(value);
    return n;
}

/* A neighbour of x: some coordinates moved by a normal step, some discrete parameters taken from
 * another point. */
static void disturb(const itp_search *search, itp_stream *stream, double width, const double *other,
                    double *x)
{
    const itp_column *columns = itp_space_columns(search->space);
    size_t d = itp_space_d(search->space);
    double share = d > MOVED_MAX ? (double)MOVED_MAX / (double)d : 1;
    for (size_t j = 0; j < d; j++) {
        double u = itp_stream_uniform(stream), z = itp_stream_normal(stream);
        if (columns[j].kind == ITP_COLUMN_REAL || columns[j].kind == ITP_COLUMN_FIDELITY) {
            if (u < share && !isnan(x[j])) x[j] = fmin(1, fmax(0, x[j] + width * z));
        } else if (columns[j].kind == ITP_COLUMN_PERIODIC) {
            if (u < share && !isnan(x[j])) x[j] += width * z, x[j] -= floor(x[j]);
        } else if (u < fmin(0.5, 1.0 / (double)d + width)) {
            /* Columns of one parameter change together, or the point would be no point. */
            for (size_t k = 0; k < d; k++)
                if (columns[k].parameter == columns[j].parameter) x[k] = other[k];
        }
    }
}

static void clip_to_region(const itp_search *search, double *x)
{
    const itp_column *columns = itp_space_columns(search->space);
    for (size_t j = 0; search->low && j < itp_space_d(search->space); j++)
        if (columns[j].kind == ITP_COLUMN_REAL && !isnan(x[j]))
            x[j] = fmin(search->high[j], fmax(search->low[j], x[j]));
}

static void into_region(const itp_search *search, double *x)
{
    const itp_column *columns = itp_space_columns(search->space);
    for (size_t j = 0; search->low && j < itp_space_d(search->space); j++)
        if (columns[j].kind == ITP_COLUMN_REAL && !isnan(x[j]))
            x[j] = search->low[j] + x[j] * (search->high[j] - search->low[j]);
}

/* A scrambled Sobol design over a free box; uniform samples where constraints bind or all is
 * discrete (a design there never repeats a point, and may run out). */
static itp_status scatter(const itp_space *space, uint64_t seed, size_t n, double *points,
                          itp_error *err)
{
    const itp_linear *linear = itp_space_linear(space);
    int bound = linear->n_le + linear->n_eq > 0 ||
                itp_space_nonlinear(space, NULL, NULL, NULL, NULL) > 0 ||
                itp_space_combinations(space, 1, ITP_COMBINATIONS_MAX) > 0;
    return bound ? itp_space_sample(space, n, seed, points, err)
                 : itp_space_design(space, ITP_DESIGN_SOBOL, seed, 0, n, points, err);
}

itp_status itp_search_starts(const itp_search *search, size_t *n, double **points, double **x,
                             itp_error *err)
{
    const itp_space *space = search->space;
    const itp_view *view = search->scorer->view;
    size_t raw = search->raw ? search->raw : RAW, base[BASES], d = view->d;
    size_t n_params = itp_space_n_params(space), bases = best_trials(view, BASES, base);
    size_t max = raw + bases * NEAR;
    *points = malloc((max * n_params + 1) * sizeof **points);
    *x = malloc((max * d + 1) * sizeof **x);
    itp_status st = *points && *x ? ITP_OK : ITP_ENOMEM;
    itp_stream stream;
    itp_stream_init(&stream, search->seed, search->number, "search.starts");
    uint64_t seed = itp_stream_bits(&stream) + search->round;
    if (st == ITP_OK) st = scatter(space, seed, raw, *points, err);
    *n = 0;
    for (size_t i = 0; i < raw && st == ITP_OK; i++) {
        double *to = *x + *n * d, *point = *points + *n * n_params;
        memmove(point, *points + i * n_params, n_params * sizeof *point);
        if (itp_space_encode(space, point, to, NULL) != ITP_OK) continue;
        into_region(search, to);
        if ((view->problem->context || search->low) && !itp_search_settle(search, to, point))
            continue;
        ++*n;
    }
    size_t scattered = *n;
    for (size_t i = 0; i < bases * NEAR && st == ITP_OK && scattered > 0; i++) {
        double *to = *x + *n * d, width = WIDTHS[i % 4];
        memcpy(to, view->problem->measured + base[i / NEAR] * d, d * sizeof *to);
        disturb(search, &stream, width, *x + itp_stream_below(&stream, scattered) * d, to);
        clip_to_region(search, to);
        *n += (size_t)itp_search_settle(search, to, *points + *n * n_params);
    }
    if (st != ITP_OK || *n == 0) {
        free(*points);
        free(*x);
        if (st == ITP_OK) st = itp_fail(err, ITP_ENONE, "no feasible start could be made");
    }
    return st;
}

/* --- Selection and climbs --------------------------------------------------------------------- */

/* Merge sort, so that equal values keep their order. */
static void merge(const double *value, size_t *a, size_t n, size_t *spare)
{
    if (n < 2) return;
    size_t half = n / 2, i = 0, j = half, k = 0;
    merge(value, a, half, spare);
    merge(value, a + half, n - half, spare);
    while (i < half && j < n) spare[k++] = value[a[i]] >= value[a[j]] ? a[i++] : a[j++];
    while (i < half) spare[k++] = a[i++];
    while (j < n) spare[k++] = a[j++];
    memcpy(a, spare, n * sizeof *a);
}

/* Picks `want` of n: the best, half by rank among points that differ, half by Boltzmann's weights.
 */
static size_t select_starts(const itp_search *search, size_t n, const double *value, size_t want,
                            size_t *chosen, size_t *order, double *key)
{
    size_t finite = 0, picked = 0;
    double mean = 0, var = 0, top = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(value[i])) order[finite++] = i;
    for (size_t i = 0; i < finite; i++) mean += value[order[i]] / (double)finite;
    for (size_t i = 0; i < finite; i++)
        var += (value[order[i]] - mean) * (value[order[i]] - mean) / (double)finite;
    merge(value, order, finite, order + n);
    if (want > finite) want = finite;
    for (; picked < (want + 1) / 2; picked++) chosen[picked] = order[picked];
    double sd = sqrt(var) > 0 ? sqrt(var) : 1;
    itp_stream stream;
    itp_stream_init(&stream, search->seed, search->number, "search.select");
    for (uint64_t skip = 0; skip < search->round; skip++) itp_stream_bits(&stream);
    if (finite > 0) top = (value[order[0]] - mean) / sd;
    for (size_t i = picked; i < finite; i++) { /* Gumbel's trick: weights without replacement. */
        double u = itp_stream_uniform(&stream), z = (value[order[i]] - mean) / sd - top;
        key[i] = z - log(-log(u));
    }
    for (; picked < want; picked++) {
        size_t best = picked;
        for (size_t i = picked; i < finite; i++)
            if (key[i] > key[best]) best = i;
        size_t swap = order[picked];
        chosen[picked] = order[best];
        order[best] = swap, order[picked] = chosen[picked];
        key[best] = key[picked];
    }
    return picked;
}

typedef struct {
    const itp_search *search;
    size_t n_params, d, work_size, legs;
    double *x, *point, *value, *work; /* one row a climb; work: one row a worker */
    const double *spare;              /* a scattered point: values for newly active parameters */
    size_t *order, *evaluations;
    unsigned evaluations_max;
    int neighbours;
} climbs;

static void climb_one(void *context, size_t index, unsigned worker)
{
    climbs *c = context;
    size_t i = c->order[index];
    double *x = c->x + i * c->d, *point = c->point + i * c->n_params;
    double *work = c->work + worker * c->work_size;
    c->value[i] = itp_search_climb(c->search, c->evaluations_max, x, point, c->value[i], work,
                                   &c->evaluations[i]);
    if (c->neighbours)
        c->value[i] = itp_search_neighbours(c->search, c->spare, x, point, c->value[i], work,
                                            &c->evaluations[i]);
}

static int has_discrete(const itp_space *space)
{
    for (size_t i = 0; i < itp_space_n_params(space); i++)
        if (itp_space_param(space, i)->kind != ITP_REAL && !itp_space_param(space, i)->context)
            return 1;
    return 0;
}

static void run_climbs(climbs *c, size_t n)
{
    const itp_search *search = c->search;
    size_t spare[64];
    for (size_t i = 0; i < n; i++) c->order[i] = i;
    c->evaluations_max = SCOUT;
    itp_parallel_for(n, search->threads, climb_one, c);
    if (n <= 64) merge(c->value, c->order, n, spare);
    c->evaluations_max = FINISH;
    c->neighbours = has_discrete(search->space);
    itp_parallel_for(n < FINISHERS ? n : FINISHERS, search->threads, climb_one, c);
}

/* Climbs from the chosen starts and offers where they end. */
static itp_status climb_all(const itp_search *search, size_t n, const size_t *chosen,
                            const double *points, const double *x, const double *value,
                            itp_spots *out, size_t *evaluations)
{
    size_t d = out->d, n_params = out->n_params;
    size_t workers = itp_parallel_workers(n, search->threads);
    climbs c = {.search = search, .n_params = n_params, .d = d, .spare = points};
    c.work_size = itp_scorer_work(search->scorer) + 8 * d + 4 * n_params;
    c.x = malloc(n * (d + n_params + 1) * sizeof *c.x + 1);
    c.work = malloc(workers * c.work_size * sizeof *c.work + 1);
    c.order = calloc(2 * n + 1, sizeof *c.order);
    itp_status st = c.x && c.work && c.order ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) {
        c.point = c.x + n * d, c.value = c.point + n * n_params, c.evaluations = c.order + n;
        for (size_t i = 0; i < n; i++) {
            memcpy(c.x + i * d, x + chosen[i] * d, d * sizeof *x);
            memcpy(c.point + i * n_params, points + chosen[i] * n_params, n_params * sizeof *x);
            c.value[i] = value[chosen[i]];
        }
        run_climbs(&c, n);
        for (size_t i = 0; i < n; i++) {
            *evaluations += c.evaluations[i];
            if (!isfinite(c.value[i]) ||
                itp_is_taken(d, c.x + i * d, search->n_taken, search->taken))
                continue;
            itp_spots_offer(out, c.value[i], i, c.x + i * d, c.point + i * n_params);
        }
    }
    free(c.x);
    free(c.work);
    free(c.order);
    return st;
}

static itp_status search_box(const itp_search *search, itp_spots *out, size_t *evaluations,
                             itp_error *err)
{
    size_t n, want = search->restarts ? search->restarts : RESTARTS;
    double *points, *x;
    itp_status st = itp_search_starts(search, &n, &points, &x, err);
    if (st != ITP_OK) return st;
    double *value = malloc(2 * n * sizeof *value);
    size_t *order = malloc((2 * n + want) * sizeof *order), *chosen = order ? order + 2 * n : NULL;
    st = value && order ? itp_search_rank(search, n, x, value, evaluations) : ITP_ENOMEM;
    if (st == ITP_OK) {
        size_t picked = select_starts(search, n, value, want, chosen, order, value + n);
        /* Scattered points themselves, should every climb end on one that is taken. */
        for (size_t i = 0; i < picked; i++)
            itp_spots_offer(out, value[chosen[i]], want + i, x + chosen[i] * out->d,
                            points + chosen[i] * out->n_params);
        st = climb_all(search, picked, chosen, points, x, value, out, evaluations);
    }
    free(points);
    free(x);
    free(value);
    free(order);
    return st;
}

itp_status itp_search_run(const itp_search *search, itp_spots *out, size_t *evaluations,
                          itp_error *err)
{
    const itp_space *space = search->space;
    if (itp_space_n_candidates(space) > 0) return itp_search_table(search, out, evaluations);
    size_t combinations = itp_space_combinations(space, 1, ITP_COMBINATIONS_MAX);
    if (combinations > 0 && combinations <= ITP_COMBINATIONS_MAX)
        return itp_search_combinations(search, out, evaluations);
    return search_box(search, out, evaluations, err);
}
