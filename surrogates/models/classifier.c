/* classifier.c - P(works) at x: Phi(mean / sqrt(1 + var)) of the latent posterior (R&W 3.82 with
 * the probit's closed form), kept in logarithms so that certain failure still has a slope.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "interphase/surrogate.h"
#include "laplace.h"
#include "lbfgs.h"
#include "normal.h"
#include "prior.h"
#include "products.h"
#include "rows.h"

struct itp_classifier {
    size_t d;
    itp_column *columns;
    itp_kernel *kernel;
    size_t n;
    double *x, *u;
    int *labels;
    itp_laplace laplace; /* at u; n = 0: no data */
    int is_fitted;
};

static const double VARIANCE_LN_MEAN = 2,
                    VARIANCE_LN_SD = 1; /* of s^2: failures are mostly sharp */

itp_status itp_classifier_create(itp_classifier **out, size_t d, const itp_column *columns)
{
    itp_classifier *c = calloc(1, sizeof *c);
    if (!c) return ITP_ENOMEM;
    c->d = d;
    itp_status st = itp_kernel_create(&c->kernel, "matern52", d, columns, NULL);
    if (st == ITP_OK) {
        c->columns = malloc((d + 1) * sizeof *columns);
        c->u = calloc(itp_kernel_n_params(c->kernel) + 1, sizeof *c->u);
        if (!c->columns || !c->u) st = ITP_ENOMEM;
    }
    if (st != ITP_OK) {
        itp_classifier_destroy(c);
        return st;
    }
    memcpy(c->columns, columns, d * sizeof *columns);
    *out = c;
    return ITP_OK;
}

static void forget(itp_classifier *c)
{
    itp_laplace_deinit(&c->laplace);
    free(c->x);
    free(c->labels);
    c->x = NULL;
    c->labels = NULL;
    c->n = 0;
    c->is_fitted = 0;
}

void itp_classifier_destroy(itp_classifier *c)
{
    if (!c) return;
    forget(c);
    itp_kernel_destroy(c->kernel);
    free(c->columns);
    free(c->u);
    free(c);
}

static double objective(void *context, size_t n, const double *u, double *grad)
{
    itp_laplace *laplace = context;
    size_t last = n - 1;
    double value = itp_laplace_eval(laplace, u, grad), t;
    value += itp_prior_kernel(laplace->kernel, ITP_MEASURE_NATURAL, u, grad);
    t = (u[last] - VARIANCE_LN_MEAN) / VARIANCE_LN_SD;
    value -= 0.5 * t * t;
    if (grad) grad[last] -= t / VARIANCE_LN_SD;
    for (size_t p = 0; grad && p < n; p++) grad[p] = -grad[p];
    return -value;
}

/* From the mode of the priors and from one draw; the better wins. */
static itp_status choose(itp_classifier *c, uint64_t seed)
{
    enum { STARTS = 2 };
    size_t n = itp_kernel_n_params(c->kernel) + 1;
    double *memory = malloc(3 * n * sizeof *memory), best = INFINITY;
    if (!memory) return ITP_ENOMEM;
    double *u = memory, *lower = u + n, *upper = lower + n;
    itp_stream stream;
    itp_status st = ITP_OK;
    itp_stream_init(&stream, seed, 0, "classifier.starts");
    itp_prior_box(c->kernel, lower, upper);
    lower[n - 1] = -6;
    upper[n - 1] = 6;
    for (int s = 0; s < STARTS && st == ITP_OK; s++) {
        itp_lbfgs_options options = {.evaluations_max = 100, .f_tol_abs = 1e-4};
        itp_lbfgs_result result;
        itp_kernel_default(c->kernel, u);
        if (s > 0) itp_prior_draw(c->kernel, &stream, u);
        u[n - 1] = VARIANCE_LN_MEAN;
        if (s == 0) memcpy(c->u, u, n * sizeof *u); /* stands if nothing is finite */
        st = itp_lbfgs_minimise(n, lower, upper, objective, &c->laplace, &options, u, &result);
        if (st == ITP_OK && result.value < best) {
            best = result.value;
            memcpy(c->u, u, n * sizeof *u);
        }
    }
    free(memory);
    return st;
}

itp_status itp_classifier_fit(itp_classifier *c, size_t n, const double *x, const int *labels,
                              uint64_t seed)
{
    double *zeros = calloc(n + 1, sizeof *zeros);
    if (!zeros) return ITP_ENOMEM;
    itp_data data = {n, c->d, x, zeros, NULL};
    itp_status st = itp_rows_check(&data, c->d, c->columns);
    free(zeros);
    if (st != ITP_OK) return st;
    forget(c);
    c->x = malloc((n * c->d + 1) * sizeof *c->x);
    c->labels = malloc((n + 1) * sizeof *c->labels);
    if (!c->x || !c->labels) return ITP_ENOMEM;
    if (n) memcpy(c->x, x, n * c->d * sizeof *x);
    if (n) memcpy(c->labels, labels, n * sizeof *labels);
    c->n = n;
    st = itp_laplace_init(&c->laplace, c->kernel, n, c->d, c->x, c->labels);
    if (st == ITP_OK && n > 0) st = choose(c, seed);
    if (st == ITP_OK && n > 0 && !isfinite(itp_laplace_eval(&c->laplace, c->u, NULL)))
        st = ITP_ENOTPD;
    c->is_fitted = st == ITP_OK;
    return st;
}

itp_status itp_classifier_log_prob(const itp_classifier *c, const double *x, double *log_prob,
                                   double *grad)
{
    if (!c->is_fitted) return ITP_ENOTFIT;
    const itp_laplace *l = &c->laplace;
    size_t n = c->n, d = c->d;
    double variance = n ? exp(c->u[itp_kernel_n_params(c->kernel)]) : 1;
    double *k = malloc((2 * n + n * d + 1) * sizeof *k), *q = k + n, *dk = q + n;
    if (!k) return ITP_ENOMEM;
    itp_status st = ITP_OK;
    double mean = l->mean, var = variance;
    if (n > 0) st = itp_kernel_grad_x(c->kernel, c->u, x, &l->points, k, dk);
    if (st == ITP_OK && n > 0) {
        for (size_t i = 0; i < n; i++) k[i] *= variance;
        mean += itp_dot(n, k, l->slope);
        for (size_t i = 0; i < n; i++) q[i] = sqrt(l->w[i]) * k[i];
        itp_chol_solve_l(&l->chol, 1, q, 1);
        var = fmax(var - itp_dot(n, q, q), 0);
        itp_chol_solve_lt(&l->chol, 1, q, 1);
        for (size_t i = 0; i < n; i++) q[i] *= sqrt(l->w[i]); /* R k */
    }
    if (st == ITP_OK) {
        double scale = 1 / sqrt(1 + var), t = mean * scale, slope = itp_ndtr_slope(t);
        *log_prob = itp_log_ndtr(t);
        for (size_t e = 0; grad && e < d; e++) {
            double by_mean = n ? variance * itp_dot(n, dk + e * n, l->slope) : 0;
            double by_var = n ? -2 * variance * itp_dot(n, dk + e * n, q) : 0;
            grad[e] = slope * (by_mean * scale - 0.5 * t * scale * scale * by_var);
        }
    }
    free(k);
    return st;
}
