/* stop.c - reasons to stop that need the model (numerics.md 4). Each states the number behind it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"
#include "record.h"

/* P(the incumbent's true value is as wanted), by its posterior. */
static double sure_of_target(const itp_objective *goal, const itp_stop *stop, double mean,
                             double sd)
{
    double ahead = goal->sense == ITP_GOAL_MAXIMISE ? mean - stop->target : stop->target - mean;
    if (goal->sense == ITP_GOAL_TARGET) {
        double low = goal->target - stop->target - mean, high = goal->target + stop->target - mean;
        return sd > 0 ? itp_ndtr(high / sd) - itp_ndtr(low / sd) : low <= 0 && high >= 0;
    }
    return sd > 0 ? itp_ndtr(ahead / sd) : ahead >= 0;
}

static itp_status consider_target(record *r, const itp_snapshot *s)
{
    const itp_stop *stop = &s->campaign->stop;
    const itp_objective *goal = &s->campaign->objectives[0];
    const itp_decision *made = &r->made;
    double sure = sure_of_target(goal, stop, made->incumbent_mean, made->incumbent_sd);
    if (!(sure >= stop->confidence)) return ITP_OK;
    if (goal->sense == ITP_GOAL_TARGET)
        return record_stop(r, "target: within %g of %g with probability %.3f", stop->target,
                           goal->target, sure);
    return record_stop(r, "target: %g reached with probability %.3f", stop->target, sure);
}

static itp_status consider_regret(record *r, const posed *p, const itp_stop *stop)
{
    itp_regret *regret = &r->made.regret;
    itp_status st = itp_regret_bound(&p->problem, stop->regret, stop->confidence, regret);
    /* The lower end of the draws' interval is what counts. */
    if (st != ITP_OK || !(regret->low >= stop->confidence)) return st;
    return record_stop(r, "regret: within %g of the optimum with probability %.3f", stop->regret,
                       regret->probability);
}

itp_status stop_before(record *r, const posed *p, const itp_snapshot *s)
{
    const itp_stop *stop = &s->campaign->stop;
    itp_status st = ITP_OK;
    if (!r->made.incumbent) return ITP_OK;
    if (isfinite(stop->target)) st = consider_target(r, s);
    if (st == ITP_OK && !r->made.stop && isfinite(stop->regret)) st = consider_regret(r, p, stop);
    return st;
}

/* Encoded chosen points and runners-up; how many. The caller's to free. */
static double *promising(const itp_space *space, const itp_proposal *proposal, size_t *n)
{
    size_t d = itp_space_d(space);
    double *x = malloc((proposal->n_chosen + proposal->n_runners_up + 1) * d * sizeof *x);
    *n = 0;
    for (size_t i = 0; x && i < proposal->n_chosen; i++)
        memcpy(x + (*n)++ * d, proposal->chosen[i].x, d * sizeof *x);
    for (size_t i = 0; x && i < proposal->n_runners_up; i++)
        memcpy(x + (*n)++ * d, proposal->runners_up[i].x, d * sizeof *x);
    return x;
}

static size_t row_of(const posed *p, itp_id trial)
{
    size_t i = 0;
    while (i < p->problem.n_measured && p->measured_id[i] != trial) i++;
    return i;
}

/* No progress: neither on average nor, as surely as was asked, by luck does any point that was
 * considered promise the least gain that a trial is worth. */
itp_status stop_after(record *r, const posed *p, const itp_snapshot *s,
                      const itp_proposal *proposal)
{
    const itp_stop *stop = &s->campaign->stop;
    double per = stop->gain_per_cost ? s->trial_cost : 1, least = stop->gain * per;
    if (!isfinite(least) || !r->made.incumbent) return ITP_OK;
    itp_promise promise;
    size_t n, best = row_of(p, r->made.incumbent);
    double *x = promising(s->campaign->space, proposal, &n);
    if (!x) return ITP_ENOMEM;
    itp_status st = itp_find_promise(&p->problem, best, n, x, least, &promise);
    free(x);
    if (st != ITP_OK) return st;
    if (!(promise.expected < least) || !(promise.probability <= 1 - stop->confidence)) return st;
    r->made.n_picks = 0;
    if (stop->gain_per_cost)
        return record_stop(r,
                           "gain: a further trial promises %.3g for a cost of %.3g, less than %g "
                           "for each unit, and that much with probability %.3f",
                           promise.expected, per, stop->gain, promise.probability);
    return record_stop(r,
                       "gain: a further trial promises %.3g, less than %g, and that much with "
                       "probability %.3f",
                       promise.expected, least, promise.probability);
}
