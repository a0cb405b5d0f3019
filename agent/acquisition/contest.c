/* contest.c - pruning and the mark to beat, draw by draw.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "contest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "improvement.h"

enum {
    PRUNE_DRAWS = 2048,   /* numerics.md 2 */
    CONTESTANTS_MAX = 128 /* points near the top that are drawn jointly */
};
/* Sharpness of the smooth indicator of a limit, in scaled units (numerics.md 2). */
static const double HOLDS_ETA = 1e-3;
/* A point this many standard deviations of the difference below the incumbent is not drawn:
 * 2048 draws would show it the best with probability 0.07. */
static const double OUT_OF_REACH = 4;

double itp_contest_log_holds(const itp_view *view, const double *z, double weight, double *dz)
{
    const itp_problem *p = view->problem;
    double stack[64], sum = 0;
    double *part = view->m > 64 ? malloc(view->m * sizeof *part) : stack;
    if (!part) return -INFINITY;
    for (size_t b = 0; b < p->n_bounds; b++) {
        double slope, slack = itp_view_slack(view, b, z, dz ? part : NULL);
        sum += itp_log_sigmoid(slack / HOLDS_ETA, &slope);
        for (size_t k = 0; dz && k < view->m; k++) dz[k] += weight * slope / HOLDS_ETA * part[k];
    }
    if (part != stack) free(part);
    return sum;
}

static int holds(const itp_view *view, const double *z)
{
    for (size_t b = 0; b < view->problem->n_bounds; b++)
        if (!(itp_view_slack(view, b, z, NULL) >= 0)) return 0;
    return 1;
}

void itp_contest_best(const itp_view *view, const itp_draws *draws, double poor, double *best,
                      int *some)
{
    double stack[64], *z = view->m > 64 ? malloc(view->m * sizeof *z) : stack;
    for (size_t s = 0; s < itp_draws_count(draws); s++) {
        best[s] = -INFINITY;
        for (size_t j = 0; z && j < itp_draws_anchors(draws); j++) {
            itp_draws_anchor(draws, j, s, z);
            if (holds(view, z)) best[s] = fmax(best[s], itp_view_utility(view, z, NULL));
        }
        if (some) some[s] = best[s] > -INFINITY;
        if (best[s] == -INFINITY) best[s] = poor;
    }
    if (z != stack) free(z);
}

/* Rows by posterior-mean utility, best first: those that could still win. */
static itp_status find_contestants(const itp_view *view, size_t *rows, size_t *n)
{
    const itp_problem *p = view->problem;
    size_t d = view->d, kept = 0;
    double *value = malloc((view->n + 1) * sizeof *value);
    if (!value) return ITP_ENOMEM;
    *n = 0;
    for (size_t i = 0; i < view->n; i++) {
        value[i] = itp_view_utility(view, view->mean + i * view->m, NULL);
        if (view->log_feasible[i] < -8) continue; /* feasible less than once in 3000 */
        size_t at = *n < CONTESTANTS_MAX ? (*n)++ : CONTESTANTS_MAX;
        if (at == CONTESTANTS_MAX && !(value[i] > value[rows[at - 1]])) continue;
        if (at == CONTESTANTS_MAX) at--;
        for (; at > 0 && value[i] > value[rows[at - 1]]; at--) rows[at] = rows[at - 1];
        rows[at] = i;
    }
    itp_status st = ITP_OK;
    double top_var = 0;
    for (size_t i = 0; i < *n && view->goal_direct && st == ITP_OK && view->incumbent >= 0; i++) {
        double mean, var, top = value[view->incumbent];
        if (i == 0)
            st = itp_view_predict(view, view->goal_outcome, 1,
                                  p->measured + (size_t)view->incumbent * d, &mean, &top_var);
        if (st == ITP_OK)
            st = itp_view_predict(view, view->goal_outcome, 1, p->measured + rows[i] * d, &mean,
                                  &var);
        int target = p->goals[0].kind == ITP_TARGET;
        if (target || value[rows[i]] + OUT_OF_REACH * sqrt(var + top_var) >= top)
            rows[kept++] = rows[i];
    }
    if (view->goal_direct && view->incumbent >= 0) *n = kept;
    free(value);
    return st;
}

static itp_status play(const itp_view *view, size_t n, const size_t *rows, size_t *wins)
{
    size_t d = view->d;
    itp_draws *draws = NULL;
    double *x = malloc((n * d + view->m + 1) * sizeof *x), *z = x + n * d;
    if (!x) return ITP_ENOMEM;
    for (size_t i = 0; i < n; i++)
        memcpy(x + i * d, view->problem->measured + rows[i] * d, d * sizeof *x);
    itp_status st = itp_draws_create(&draws, view, PRUNE_DRAWS, n, x, n, "contest.prune");
    for (size_t s = 0; s < PRUNE_DRAWS && st == ITP_OK; s++) {
        double best = -INFINITY;
        size_t winner = n;
        for (size_t j = 0; j < n; j++) {
            itp_draws_anchor(draws, j, s, z);
            double value = holds(view, z) ? itp_view_utility(view, z, NULL) : -INFINITY;
            if (value > best) best = value, winner = j;
        }
        if (winner < n) wins[winner]++;
    }
    itp_draws_destroy(draws);
    free(x);
    return st;
}

itp_status itp_contest_prune(const itp_view *view, size_t max, size_t *rows, size_t *n)
{
    size_t contestants[CONTESTANTS_MAX + 1], wins[CONTESTANTS_MAX + 1] = {0}, count;
    itp_status st = find_contestants(view, contestants, &count);
    *n = 0;
    if (st == ITP_OK && count > 1) st = play(view, count, contestants, wins);
    if (st == ITP_OK && count == 1) wins[0] = 1;
    for (size_t least = 1; st == ITP_OK && least > 0;) {
        /* Too many: those that win least often go first. */
        *n = 0;
        for (size_t i = 0; i < count; i++)
            if (wins[i] >= least) ++*n;
        if (*n <= max) {
            *n = 0;
            for (size_t i = 0; i < count; i++)
                if (wins[i] >= least) rows[(*n)++] = contestants[i];
            break;
        }
        least++;
    }
    return st;
}
