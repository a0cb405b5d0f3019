/* nasty.h - one random nasty problem by its seed, used by test_nasty.c and by bench_surrogates.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TEST_NASTY_H
#define ITP_TEST_NASTY_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "interphase/surrogate.h"
#include "stream.h"

enum { NASTY_N = 40, NASTY_D = 8, NASTY_FORMS = 12 };

typedef struct {
    size_t n, d;
    double x[NASTY_N * NASTY_D], y[NASTY_N], sd[NASTY_N];
    itp_column columns[NASTY_D];
} nasty;

static inline void nasty_make(nasty *p, uint64_t seed)
{
    itp_stream s;
    itp_stream_init(&s, seed, 0, "nasty");
    int form = (int)(seed % NASTY_FORMS);
    p->n = 1 + itp_stream_below(&s, NASTY_N);
    p->d = 1 + itp_stream_below(&s, NASTY_D);
    double scale = pow(10, 24 * itp_stream_uniform(&s) - 12), shift = 0;
    if (form == 2) p->n = 1;
    if (form == 3) p->n = 1 + p->d / 3;
    if (form == 4) shift = 1e6 * scale;
    for (size_t c = 0; c < p->d; c++) {
        int code = form == 8 && c % 2;
        p->columns[c] = (itp_column){code ? ITP_COLUMN_CATEGORY : ITP_COLUMN_REAL, code ? 3 : 0,
                                     (unsigned)c, form == 9 && c == 0};
    }
    for (size_t i = 0; i < p->n; i++) {
        double sum = 0, *x = p->x + i * p->d;
        for (size_t c = 0; c < p->d; c++) {
            x[c] = itp_stream_uniform(&s);
            if (form == 6) x[c] = p->x[0] + 1e-9 * (double)i; /* near-collinear, nearly one point */
            if (p->columns[c].levels) x[c] = floor(3 * x[c]);
            if (p->columns[c].inactive && itp_stream_uniform(&s) < 0.5) x[c] = NAN;
            sum += isnan(x[c]) ? 1 : sin(4 * x[c]);
        }
        p->y[i] = shift + scale * (sum + 0.1 * itp_stream_normal(&s));
        if (form == 1) p->y[i] = scale;                              /* constant */
        if (form == 10) p->y[i] = (double)(itp_stream_bits(&s) & 1); /* two values */
        p->sd[i] = form == 11 ? scale * itp_stream_exponential(&s) : NAN;
    }
    for (size_t i = 1; i < p->n && (form == 0 || form == 7); i++) /* duplicates that disagree */
        if (itp_stream_uniform(&s) < 0.7) memcpy(p->x + i * p->d, p->x, p->d * sizeof *p->x);
    if (form == 5) p->y[p->n / 2] = 1e9 * (scale + fabs(p->y[0])); /* one enormous outlier */
}

static inline const char *nasty_ask(itp_surrogate *s, const nasty *p)
{
    double mean[NASTY_N], var[NASTY_N], grad[NASTY_D], slope[NASTY_D], q, m, v;
    itp_diagnostics d;
    itp_calibration c;
    if (itp_surrogate_predict(s, p->n, p->x, mean, var) != ITP_OK) return "predict failed";
    for (size_t i = 0; i < p->n; i++)
        if (!isfinite(mean[i]) || !isfinite(var[i]) || var[i] < 0) return "mean or variance";
    if (itp_surrogate_quantile(s, 1, p->x, 0.9, &q) != ITP_OK || !isfinite(q)) return "quantile";
    if (itp_surrogate_log_density(s, 1, p->x, p->y, &q) != ITP_OK || isnan(q) || q == INFINITY)
        return "density";
    if (itp_surrogate_calibrate(s, &c) != ITP_OK || !(c.widening95 > 0) || isinf(c.widening95))
        return "calibration";
    if (itp_latent_predict_grad(s, 0, p->x, &m, &v, grad, slope) != ITP_OK)
        return "gradient failed";
    for (size_t c = 0; c < p->d; c++)
        if (!isfinite(grad[c]) || !isfinite(slope[c])) return "gradient";
    if (itp_surrogate_loo(s, mean, var, &d) != ITP_OK) return "leave-one-out failed";
    for (size_t i = 0; i < p->n; i++)
        if (!isfinite(mean[i]) || !(var[i] >= 0) || isinf(var[i])) return "leave-one-out";
    return isfinite(d.log_density) && isfinite(d.rmse) ? NULL : "diagnostics";
}

/* Fit, ask, append, ask. NULL, or what went wrong. */
static inline const char *nasty_try(uint64_t seed)
{
    nasty p;
    itp_surrogate *s = NULL;
    itp_fit_report report;
    nasty_make(&p, seed);
    itp_surrogate_options options = {.noise = (itp_noise)(seed / NASTY_FORMS % 3), .threads = 1};
    if (itp_surrogate_create(&s, p.d, p.columns, &options, NULL) != ITP_OK) return "create failed";
    memset(&report, 0xff, sizeof report);
    itp_data data = {p.n, p.d, p.x, p.y, p.sd};
    const char *complaint = NULL;
    if (itp_surrogate_fit(s, &data, seed, &report) != ITP_OK)
        complaint = "fit failed";
    else if ((int)report.step < 0 || report.step > ITP_FIT_PRIOR || !(report.jitter >= 0))
        complaint = "the report does not say which step";
    else
        complaint = nasty_ask(s, &p);
    if (!complaint) {
        p.y[0] *= 1.5;
        itp_data row = {1, p.d, p.x + (p.n - 1) * p.d, p.y, p.sd};
        if (itp_surrogate_append(s, &row) != ITP_OK || itp_surrogate_remove(s, 0) != ITP_OK)
            complaint = "append or remove failed";
        else
            complaint = nasty_ask(s, &p);
    }
    itp_surrogate_destroy(s);
    return complaint;
}

#endif
