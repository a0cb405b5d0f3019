/* acq_variance.c - ln of the posterior variance: where the map is least known (MacKay 1992).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "simple_gain.h"

static double log_variance(const itp_gain *gain, size_t member, double mean, double var,
                           double *dmean, double *dvar)
{
    double v = fmax(var, 1e-18);
    (void)gain, (void)member, (void)mean;
    *dmean = 0;
    *dvar = 1 / v;
    return log(v);
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    (void)threads;
    return itp_marked_gain_create(out, view, &itp_gain_variance, log_variance);
}

const itp_gain_kind itp_gain_variance = {"variance", "posterior variance: learns the map",
                                         ITP_TRAIT_NO_GOAL, create};
