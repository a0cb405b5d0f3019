/* simple_gain.c - SPDX-License-Identifier: GPL-3.0-or-later */
#include "simple_gain.h"

#include <math.h>
#include <stdlib.h>

#include "improvement.h"

static void destroy(itp_gain *gain)
{
    free(gain);
}

itp_status itp_marked_gain_create(itp_gain **out, const itp_view *view, const itp_gain_kind *kind,
                                  itp_closed_gain closed)
{
    itp_marked_gain *self = calloc(1, sizeof *self);
    if (!self) return ITP_ENOMEM;
    self->base = (itp_gain){kind, view, 0, closed, NULL, NULL, destroy, NULL};
    if (view->incumbent >= 0 && view->problem->n_goals > 0)
        self->mark =
            view->sign * view->mean[(size_t)view->incumbent * view->m + view->goal_outcome];
    *out = &self->base;
    return ITP_OK;
}

double itp_log_score(double v, double *slope)
{
    double ds, value;
    if (v < -30) { /* ln(exp v (1 - ...)) = v to all digits */
        if (slope) *slope = 1;
        return v;
    }
    value = itp_softplus(v, &ds);
    if (slope) *slope = ds / value;
    return log(value);
}
