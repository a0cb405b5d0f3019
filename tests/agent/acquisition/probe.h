/* probe.h - gradients of an acquisition against central differences at random points.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TEST_PROBE_H
#define TEST_PROBE_H

#include "bed.h"
#include "scorer.h"

enum { PROBES = 6 };

/* Largest disagreement of gradient and central differences, relative to the gradient's norm. */
static inline double gradient_error(const itp_scorer *scorer, size_t d, const double *x, double h)
{
    double grad[BED_PARAMS], moved[BED_PARAMS], norm = 0, worst = 0;
    double *work = malloc((itp_scorer_work(scorer) + 1) * sizeof *work);
    (void)itp_scorer_eval(scorer, x, grad, NULL, work);
    for (size_t j = 0; j < d; j++) norm += grad[j] * grad[j];
    for (size_t j = 0; j < d; j++) {
        memcpy(moved, x, d * sizeof *x);
        moved[j] = x[j] + h;
        double up = itp_scorer_eval(scorer, moved, NULL, NULL, work);
        moved[j] = x[j] - h;
        double down = itp_scorer_eval(scorer, moved, NULL, NULL, work);
        worst = fmax(worst, fabs((up - down) / (2 * h) - grad[j]));
    }
    free(work);
    return worst / (sqrt(norm) + 1);
}

static inline void check_gradients(bed *b, const char *name)
{
    itp_view view;
    itp_scorer scorer;
    CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b->problem), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_scorer_init(&scorer, &view, name ? itp_gain_find(name) : NULL, 1),
                          ITP_OK);
    /* Differences err by h^2 f''' and by rounding/h; the positive part of noisy EI bends within
     * 1e-6, so there h is far below that and rounding (1e-13/h) sets the tolerance. */
    int sharp = name && (strcmp(name, "qlognei") == 0 || strcmp(name, "parego") == 0);
    double h = sharp ? 2e-8 : 1e-5, tolerance = sharp ? 5e-4 : 2e-5;
    itp_stream stream;
    itp_stream_init(&stream, 7, 0, "probes");
    for (int i = 0; i < PROBES; i++) {
        double x[BED_PARAMS];
        for (size_t j = 0; j < b->d; j++) x[j] = 0.05 + 0.9 * itp_stream_uniform(&stream);
        double error = gradient_error(&scorer, b->d, x, h);
        if (!(error < tolerance)) printf("\n  %s: %.2e at probe %d ", name ? name : "-", error, i);
        CU_ASSERT(error < tolerance);
        if (i == PROBES / 2) CU_ASSERT_EQUAL(itp_scorer_add_pending(&scorer, x), ITP_OK);
    }
    itp_scorer_deinit(&scorer);
    itp_view_deinit(&view);
}

#endif
