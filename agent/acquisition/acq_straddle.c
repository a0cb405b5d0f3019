/* acq_straddle.c - straddle: 1.96 sd - |mean - level|, to find where an outcome crosses a level
 * (Bryan et al. 2005). The level is the target of a `target` goal, otherwise the first limit's.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "simple_gain.h"

static const double WIDTH = 1.96; /* half of a 95 % interval (Bryan et al. 2005) */

static double straddle(const itp_gain *gain, size_t member, double mean, double var, double *dmean,
                       double *dvar)
{
    double sd = sqrt(fmax(var, 1e-18)), level = ((const itp_marked_gain *)gain)->mark, slope;
    (void)member;
    double value = itp_log_score(WIDTH * sd - fabs(mean - level), &slope);
    *dmean = mean > level ? -slope : slope;
    *dvar = slope * WIDTH / (2 * sd);
    return value;
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    const itp_problem *p = view->problem;
    (void)threads;
    itp_status st = itp_marked_gain_create(out, view, &itp_gain_straddle, straddle);
    if (st != ITP_OK) return st;
    double *level = &((itp_marked_gain *)*out)->mark;
    if (p->n_goals > 0 && p->goals[0].kind == ITP_TARGET)
        *level = itp_surrogate_to_latent(p->belief[view->goal_outcome], p->goals[0].target);
    for (size_t b = 0; b < p->n_bounds; b++) {
        if (p->goals[0].kind == ITP_TARGET || view->gates[b].outcome != view->goal_outcome)
            continue;
        double z = isfinite(view->gates[b].high) ? view->gates[b].high : view->gates[b].low;
        *level = view->sign * z;
        break;
    }
    return ITP_OK;
}

const itp_gain_kind itp_gain_straddle = {
    "straddle", "straddle: finds where an outcome crosses a level", ITP_TRAIT_NO_GOAL, create};
