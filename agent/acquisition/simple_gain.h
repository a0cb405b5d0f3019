/* simple_gain.h - what gains of mean and variance alone share: making and freeing.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SIMPLE_GAIN_H
#define ITP_SIMPLE_GAIN_H

#include "gain.h"

typedef double (*itp_closed_gain)(const itp_gain *gain, size_t member, double mean, double var,
                                  double *dmean, double *dvar);

/* A gain with a mark (latent, upwards): the incumbent's posterior mean, 0 without one. */
typedef struct itp_marked_gain {
    itp_gain base;
    double mark;
} itp_marked_gain;

itp_status itp_marked_gain_create(itp_gain **out, const itp_view *view, const itp_gain_kind *kind,
                                  itp_closed_gain closed);

/* ln(1 + exp v): the logarithm's argument for scores that may be negative, so that feasibility and
 * cost, which are added as logs, never turn a worse score into a better one. */
double itp_log_score(double v, double *slope);

#endif
