/* region.c - SPDX-License-Identifier: GPL-3.0-or-later */
#include "region.h"

#include <math.h>
#include <stdlib.h>

enum {
    SUCCESSES = 3,    /* in a row double the side (Eriksson et al. 2019) */
    FAILURES_MIN = 4, /* in a row halve it: as many as there are coordinates, within these */
    FAILURES_MAX = 20
};
static const double SIDE_FIRST = 0.8, SIDE_MOST = 1.6, SIDE_LEAST = 1.0 / 128; /* the same */
/* An improvement, in scaled units. */
static const double IMPROVES = 1e-3;
/* Stretch of a side by its lengthscale, so that irrelevant coordinates do not make the others thin.
 */
static const double STRETCH_MOST = 2;

void itp_region_fold(itp_region *region, size_t n, const double *utility, size_t start,
                     size_t failures)
{
    double best = -INFINITY;
    size_t good = 0, bad = 0;
    region->side = SIDE_FIRST;
    region->restarts = 0;
    for (size_t i = 0; i < n; i++) {
        int better = utility[i] > best + IMPROVES;
        if (utility[i] > best) best = utility[i];
        if (i < start) continue;
        good = better ? good + 1 : 0;
        bad = better ? 0 : bad + 1;
        if (good == SUCCESSES) region->side = fmin(2 * region->side, SIDE_MOST), good = 0;
        if (bad < failures) continue;
        bad = 0;
        region->side /= 2;
        if (region->side >= SIDE_LEAST) continue;
        region->side = SIDE_FIRST;
        region->restarts++;
    }
}

/* Relative lengths of the sides, geometric mean 1 over real coordinates before they are limited. */
static itp_status find_stretch(const itp_view *view, double *stretch)
{
    const itp_column *columns = itp_space_columns(view->problem->space);
    itp_status st = itp_surrogate_relevance(view->problem->belief[view->goal_outcome], stretch);
    double sum = 0;
    size_t n = 0;
    for (size_t j = 0; j < view->d && st == ITP_OK; j++) {
        if (columns[j].kind != ITP_COLUMN_REAL) continue;
        stretch[j] = -log(fmax(stretch[j], 1e-6));
        sum += stretch[j];
        n++;
    }
    for (size_t j = 0; j < view->d && st == ITP_OK; j++) {
        double most = log(STRETCH_MOST), by = stretch[j] - (n ? sum / (double)n : 0);
        if (columns[j].kind == ITP_COLUMN_REAL) stretch[j] = exp(fmax(-most, fmin(most, by)));
    }
    return st;
}

itp_status itp_region_init(itp_region *region, const itp_view *view)
{
    size_t d = view->d, n_params = itp_space_n_params(view->problem->space);
    *region = (itp_region){0};
    if (view->incumbent < 0) return ITP_ENOTFOUND;
    double *stretch = malloc((d + view->n + 1) * sizeof *stretch), *utility = stretch + d;
    region->low = malloc(2 * d * sizeof *region->low);
    itp_status st = stretch && region->low ? find_stretch(view, stretch) : ITP_ENOMEM;
    if (st == ITP_OK) {
        size_t start = 2 * n_params + 2 < 20 ? 2 * n_params + 2 : 20;
        size_t failures = d < FAILURES_MIN ? FAILURES_MIN : d > FAILURES_MAX ? FAILURES_MAX : d;
        for (size_t i = 0; i < view->n; i++)
            utility[i] = view->log_feasible[i] < -0.7
                             ? NAN
                             : itp_view_utility(view, view->mean + i * view->m, NULL);
        itp_region_fold(region, view->n, utility, start, failures);
        const double *centre = view->problem->measured + (size_t)view->incumbent * d;
        region->high = region->low + d;
        for (size_t j = 0; j < d; j++) {
            double half = 0.5 * region->side * stretch[j];
            region->low[j] = fmax(0, centre[j] - half); /* NaN, inactive: the whole side */
            region->high[j] = fmin(1, centre[j] + half);
        }
    }
    free(stretch);
    if (st != ITP_OK) itp_region_deinit(region);
    return st;
}

void itp_region_deinit(itp_region *region)
{
    free(region->low);
    *region = (itp_region){0};
}
