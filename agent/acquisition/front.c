/* front.c - SPDX-License-Identifier: GPL-3.0-or-later */
#include "front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Reference where none is given: this share of the range below the nadir (numerics.md 2). */
static const double REFERENCE_BELOW = 0.1;

void itp_front_reference(const itp_view *view, double *reference)
{
    size_t goals = view->problem->n_goals;
    for (size_t g = 0; g < goals; g++) {
        double low = INFINITY, high = -INFINITY, given = itp_view_reference(view, g);
        for (size_t i = 0; i < view->n; i++) {
            double v = view->value[i * goals + g];
            low = fmin(low, v), high = fmax(high, v);
        }
        reference[g] = isfinite(given) ? given
                       : high >= low   ? low - REFERENCE_BELOW * (high - low)
                                       : -1;
    }
}

/* Is measured point i so far behind another in every goal that no draw would bring it to the
 * front? The margin is in scaled units, about one standard deviation each. */
static int far_behind(const itp_view *view, size_t i, double margin)
{
    size_t goals = view->problem->n_goals;
    for (size_t j = 0; j < view->n; j++) {
        size_t worse = 0;
        for (size_t g = 0; g < goals; g++)
            worse += view->value[i * goals + g] + margin < view->value[j * goals + g];
        if (worse == goals && view->log_feasible[j] > -0.1) return 1;
    }
    return 0;
}

itp_status itp_front_anchors(const itp_view *view, size_t max, double **x, size_t *measured,
                             size_t *n)
{
    const itp_problem *p = view->problem;
    size_t d = view->d, kept = 0;
    double noise = 0;
    *x = malloc((view->n + p->n_pending + 1) * d * sizeof **x);
    if (!*x) return ITP_ENOMEM;
    for (size_t k = 0; k < view->m; k++)
        if (p->belief[k]) noise = fmax(noise, itp_surrogate_noise_var(p->belief[k], 0));
    for (double margin = 4 * sqrt(noise) + 0.02;; margin *= 0.5) {
        kept = 0;
        for (size_t i = 0; i < view->n; i++)
            if (view->log_feasible[i] > -8 && !far_behind(view, i, margin))
                memcpy(*x + kept++ * d, p->measured + i * d, d * sizeof **x);
        if (kept <= max || margin < 1e-6) break;
    }
    *measured = kept;
    *n = kept + p->n_pending;
    if (p->n_pending) memcpy(*x + kept * d, p->pending, p->n_pending * d * sizeof **x);
    return ITP_OK;
}
