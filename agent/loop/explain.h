/* explain.h - what stood behind a decision: what its model held important, and which measured
 * trials were nearest. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_EXPLAIN_H
#define ITP_EXPLAIN_H

#include "snapshot.h"

#define ITP_NEIGHBOURS_MAX 3

/* A parameter or descriptor: its share of the variance of the model's mean over the space (Sobol
 * indices; over candidates: over their descriptors, each drawn on its own), alone and with all its
 * interactions; and 1/lengthscale in the encoded unit. */
typedef struct itp_influence {
    const char *name; /* borrowed from the campaign */
    double first, total, relevance;
} itp_influence;

typedef struct itp_explanation {
    unsigned outcome; /* explained: the first that the first objective is made of */
    double low, high; /* hold a new measurement of it there with 95 %, calibrated (surrogate.h) */
    itp_calibration calibration;
    size_t n_influences, n_neighbours;
    itp_influence *influences; /* the largest total first */
    struct {
        itp_id trial;
        double distance;              /* in lengthscales */
    } neighbours[ITP_NEIGHBOURS_MAX]; /* nearest first */
} itp_explanation;

/* Of the decision made from this snapshot, for a point of the space. ITP_ENOTFIT when no model
 * stood behind it. The explanation is the caller's to deinit. Cost as a decision. */
itp_status itp_explain(const itp_snapshot *snapshot, const double *point, itp_explanation *out);
void itp_explanation_deinit(itp_explanation *explanation);

#endif
