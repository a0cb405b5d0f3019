/* acq_ucb.c - upper confidence bound: mean + KAPPA sd, above the incumbent (Srinivas et al. 2010).
 *   KAPPA = 2 is the constant of Liang et al. 2021 for materials; the theory's growing one explores
 * far more than tens of trials can pay for. With pending points this is GP-BUCB (Desautels et al.
 * 2014): the scorer shrinks the variance there and leaves the mean.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "simple_gain.h"

static const double KAPPA = 2;

static double bound(const itp_gain *gain, size_t member, double mean, double var, double *dmean,
                    double *dvar)
{
    double sd = sqrt(fmax(var, 1e-18)), slope;
    (void)member;
    double value = itp_log_score(mean + KAPPA * sd - ((const itp_marked_gain *)gain)->mark, &slope);
    *dmean = slope;
    *dvar = slope * KAPPA / (2 * sd);
    return value;
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    (void)threads;
    return itp_marked_gain_create(out, view, &itp_gain_ucb, bound);
}

const itp_gain_kind itp_gain_ucb = {"ucb", "upper confidence bound", 0, create};
