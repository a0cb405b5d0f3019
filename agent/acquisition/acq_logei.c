/* acq_logei.c - logarithm of the expected improvement (Ament et al. 2023): one point, no draws.
 *   EI(x) = s h(u), u = (mean - best)/s. `best` is the best posterior mean at a feasible measured
 * point, member by member, so that a lucky reading under noise does not set the mark.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "gain.h"
#include "improvement.h"

typedef struct {
    itp_gain base;
    double *best;  /* members; latent, upwards (of a target: minus the least distance) */
    double target; /* latent */
} logei;

static double improve(const itp_gain *gain, size_t member, double mean, double var, double *dmean,
                      double *dvar)
{
    return itp_log_ei(mean, var, ((const logei *)gain)->best[member], dmean, dvar);
}

static double approach(const itp_gain *gain, size_t member, double mean, double var, double *dmean,
                       double *dvar)
{
    const logei *self = (const logei *)gain;
    return itp_log_ei_target(mean, var, self->target, -self->best[member], dmean, dvar);
}

static void destroy(itp_gain *gain)
{
    if (gain) free(((logei *)gain)->best);
    free(gain);
}

/* The mark of one member: its own posterior means at the measured points that count. */
static itp_status find_best(logei *self, const itp_view *view, size_t member, double *mean)
{
    const itp_problem *p = view->problem;
    const itp_surrogate *model = p->belief[view->goal_outcome];
    itp_status st = itp_latent_predict(model, member, view->n, p->measured, mean, NULL);
    double least = view->log_feasible[view->incumbent], best = -INFINITY;
    for (size_t i = 0; i < view->n && st == ITP_OK; i++) {
        double value =
            p->goals[0].kind == ITP_TARGET ? -fabs(mean[i] - self->target) : view->sign * mean[i];
        if (view->log_feasible[i] >= fmin(least, -M_LN2)) best = fmax(best, value);
    }
    self->best[member] = p->goals[0].kind == ITP_TARGET ? fmin(best, -1e-9) : best;
    return st;
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    (void)threads;
    const itp_problem *p = view->problem;
    const itp_surrogate *model = p->belief[view->goal_outcome];
    size_t members = itp_surrogate_members(model);
    logei *self = calloc(1, sizeof *self);
    double *mean = malloc((view->n + 1) * sizeof *mean);
    itp_status st = self && mean ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) {
        self->base = (itp_gain){&itp_gain_logei, view, 0, improve, NULL, NULL, destroy, NULL};
        self->best = calloc(members, sizeof *self->best);
        if (!self->best) st = ITP_ENOMEM;
        if (p->goals[0].kind == ITP_TARGET) {
            self->base.closed = approach;
            self->target = itp_surrogate_to_latent(model, p->goals[0].target);
        }
    }
    for (size_t k = 0; k < members && st == ITP_OK; k++) st = find_best(self, view, k, mean);
    free(mean);
    if (st == ITP_OK)
        *out = &self->base;
    else
        destroy(&self->base);
    return st;
}

const itp_gain_kind itp_gain_logei = {"logei", "log expected improvement", 0, create};
