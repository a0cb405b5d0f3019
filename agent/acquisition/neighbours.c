/* neighbours.c - discrete parameters: each is tried at other levels, the best change is taken and
 * the continuous ones are climbed again, until nothing helps.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"

enum {
    ROUNDS = 8,      /* changes taken at most */
    LEVELS_ALL = 24, /* up to so many levels all are tried; above, near and far ones */
    CLIMB_AGAIN = 30 /* evaluations of the climb after a change */
};

/* Number of levels of a discrete parameter. */
static size_t count_levels(const itp_param *p)
{
    return p->kind == ITP_INTEGER ? (size_t)(floor(p->high) - ceil(p->low)) + 1 : p->n_levels;
}

static double level_value(const itp_param *p, size_t level)
{
    if (p->kind == ITP_INTEGER) return ceil(p->low) + (double)level;
    return p->kind == ITP_DISCRETE ? p->levels[level] : (double)level;
}

static size_t level_of(const itp_param *p, double value)
{
    size_t n = count_levels(p), best = 0;
    if (isnan(value)) return n;
    if (p->kind != ITP_DISCRETE) return (size_t)(value - level_value(p, 0) + 0.5);
    for (size_t i = 1; i < n; i++)
        if (fabs(p->levels[i] - value) < fabs(p->levels[best] - value)) best = i;
    return best;
}

/* The k-th alternative to `level`: all of them when few, otherwise steps of 1, 2, 4, ... each way.
 * Returns count_levels when there is none. */
static size_t alternative(const itp_param *p, size_t level, size_t k)
{
    size_t n = count_levels(p);
    if (n <= LEVELS_ALL || level >= n) return k < n && k < LEVELS_ALL && k != level ? k : n;
    size_t step = (size_t)1 << (k / 2);
    if (k % 2) return level >= step ? level - step : n;
    return level + step < n ? level + step : n;
}

typedef struct {
    double value, *x, *point;
} best_change;

/* Scores `point` with parameter `i` at a level; parameters that become active take spare's value.
 */
static void try_level(const itp_search *search, const double *spare, size_t i, double level,
                      const double *point, double *x, double *changed, double *work,
                      best_change *best)
{
    const itp_space *space = search->space;
    size_t n_params = itp_space_n_params(space), d = itp_space_d(space);
    memcpy(changed, point, n_params * sizeof *changed);
    for (size_t j = 0; j < n_params; j++)
        if (isnan(changed[j]))
            changed[j] = isnan(spare[j]) ? itp_space_param(space, j)->low : spare[j];
    changed[i] = level;
    itp_space_snap(space, changed, changed); /* what the change made inactive loses its value */
    if (itp_space_encode(space, changed, x, NULL) != ITP_OK) return;
    if (!itp_search_settle(search, x, changed) ||
        itp_is_taken(d, x, search->n_taken, search->taken))
        return;
    double value = itp_scorer_eval(search->scorer, x, NULL, NULL, work);
    if (!(value > best->value)) return;
    best->value = value;
    memcpy(best->x, x, d * sizeof *x);
    memcpy(best->point, changed, n_params * sizeof *changed);
}

/* Best change of one discrete parameter; evaluations counts what was scored. */
static void best_neighbour(const itp_search *search, const double *spare, const double *point,
                           double *x, double *changed, double *work, best_change *best,
                           size_t *evaluations)
{
    for (size_t i = 0; i < itp_space_n_params(search->space); i++) {
        const itp_param *p = itp_space_param(search->space, i);
        if (p->kind == ITP_REAL || p->context || isnan(point[i])) continue;
        size_t n = count_levels(p), level = level_of(p, point[i]);
        for (size_t k = 0; k < 2 * LEVELS_ALL; k++) {
            size_t other = alternative(p, level, k);
            if (other >= n) continue;
            try_level(search, spare, i, level_value(p, other), point, x, changed, work, best);
            ++*evaluations;
        }
    }
}

/* Beside climb's work (8 d + 4 n_params and the scorer's) this needs 2 (d + n_params) of its own.
 */
double itp_search_neighbours(const itp_search *search, const double *spare, double *x,
                             double *point, double value, double *work, size_t *evaluations)
{
    size_t d = itp_space_d(search->space), n_params = itp_space_n_params(search->space);
    double *own = malloc(2 * (d + n_params + 1) * sizeof *own);
    if (!own) return value;
    double *try_x = own, *changed = own + d;
    best_change best = {value, changed + n_params, changed + n_params + d};
    for (int round = 0; round < ROUNDS; round++) {
        best.value = value;
        best_neighbour(search, spare, point, try_x, changed, work, &best, evaluations);
        if (!(best.value > value)) break;
        memcpy(x, best.x, d * sizeof *x);
        memcpy(point, best.point, n_params * sizeof *point);
        value = itp_search_climb(search, CLIMB_AGAIN, x, point, best.value, work, evaluations);
    }
    free(own);
    return value;
}

/* --- Few combinations: all of them ------------------------------------------------------------ */

/* Combination `index` of all levels; 1 when it is a point of the space. Of those that differ only
 * in inactive parameters the one with their first levels is. */
static int make_combination(const itp_search *search, size_t index, double *x, double *point)
{
    const itp_space *space = search->space;
    const double *context = search->scorer->view->problem->context;
    size_t n_params = itp_space_n_params(space), rest = index;
    for (size_t i = 0; i < n_params; i++) {
        const itp_param *p = itp_space_param(space, i);
        if (p->context) {
            point[i] = p->low;
        } else if (p->kind == ITP_REAL) { /* a constant */
            point[i] = p->low;
        } else {
            size_t n = count_levels(p);
            point[i] = level_value(p, rest % n);
            rest /= n;
        }
    }
    itp_space_snap(space, point, point);
    for (size_t i = 0; i < n_params; i++) {
        const itp_param *p = itp_space_param(space, i);
        size_t n = p->kind == ITP_REAL || p->context ? 1 : count_levels(p);
        if (isnan(point[i]) && index % n > 0) return 0;
        if (p->context) point[i] = context && !isnan(context[i]) ? context[i] : p->low;
        index /= n;
    }
    if (itp_space_encode(space, point, x, NULL) != ITP_OK) return 0;
    return itp_space_violation(space, point, NULL) <= ITP_VIOLATION_MAX;
}

itp_status itp_search_combinations(const itp_search *search, itp_spots *out, size_t *evaluations)
{
    const itp_space *space = search->space;
    size_t d = out->d, n_params = out->n_params, n = 0, all = 1;
    for (size_t i = 0; i < n_params; i++) {
        const itp_param *p = itp_space_param(space, i);
        if (p->kind != ITP_REAL && !p->context) all *= count_levels(p);
    }
    double *x = malloc(all * (d + n_params + 1) * sizeof *x);
    if (!x) return ITP_ENOMEM;
    double *points = x + all * d, *value = points + all * n_params;
    for (size_t i = 0; i < all; i++)
        n += (size_t)make_combination(search, i, x + n * d, points + n * n_params);
    itp_status st = itp_search_rank(search, n, x, value, evaluations);
    for (size_t i = 0; i < n && st == ITP_OK; i++)
        if (value[i] > -INFINITY)
            itp_spots_offer(out, value[i], i, x + i * d, points + i * n_params);
    free(x);
    return st;
}
