/* evidence.c - factor, invert in place, push rows of weights back.
 *   Leave-one-out (R&W 5.10-5.13): L = sum_i 1/2 ln k_i - alpha_i^2 / (2 k_i) - 1/2 ln 2pi with
 * k_i = [K^-1]_ii. dL = tr(W dK) with W = -K^-1 C K^-1 + sym((K^-1 b) alpha'), C = diag(1/(2 k_i) +
 * alpha_i^2 / (2 k_i^2)), b = alpha / k: one product of matrices instead of one for each parameter.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "evidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"
#include "products.h"
#include "vector.h"

/* The vectors in `work`, each n_sites long. */
enum { Y, V, RESIDUAL, ALPHA, ONES, KINV, ROW, EXTRA, VECTORS };

static double *vector(const itp_evidence *evidence, int which)
{
    return evidence->work + (size_t)which * evidence->problem->pool->n_sites;
}

itp_status itp_evidence_init(itp_evidence *evidence, const itp_problem *problem)
{
    size_t n = problem->pool->n_sites;
    *evidence = (itp_evidence){.problem = problem};
    itp_chol_init(&evidence->chol);
    evidence->work = calloc(VECTORS * n + 1, sizeof *evidence->work);
    if (problem->criterion == ITP_CRITERION_LOO)
        evidence->square = malloc((n * n + 1) * sizeof *evidence->square);
    int lacks_square = problem->criterion == ITP_CRITERION_LOO && !evidence->square;
    if (evidence->work && !lacks_square) return ITP_OK;
    itp_evidence_deinit(evidence);
    return ITP_ENOMEM;
}

void itp_evidence_deinit(itp_evidence *evidence)
{
    itp_chol_deinit(&evidence->chol);
    itp_points_deinit(&evidence->points);
    free(evidence->work);
    free(evidence->square);
    *evidence = (itp_evidence){0};
}

typedef struct {
    itp_evidence *evidence;
    const double *theta;
    int wants_slopes, has_slopes; /* above the diagonal, itp_kernel_lower_slopes */
} fill_context;

static void fill(void *context, double *l, size_t stride)
{
    fill_context *f = context;
    size_t n = f->evidence->points.n;
    const double *v = vector(f->evidence, V);
    const itp_kernel *kernel = f->evidence->problem->kernel;
    if (f->wants_slopes)
        f->has_slopes = itp_kernel_lower_slopes(kernel, f->theta, &f->evidence->points, l, stride);
    else
        itp_kernel_lower(kernel, f->theta, &f->evidence->points, 0, n, l, stride);
    for (size_t i = 0; i < n; i++) l[i * stride + i] += v[i];
}

/* The constant mean that maximises the posterior under N(0, 1); residual and alpha follow. */
static void solve_mean(itp_evidence *evidence)
{
    size_t n = evidence->points.n;
    double *y = vector(evidence, Y), *residual = vector(evidence, RESIDUAL);
    double *alpha = vector(evidence, ALPHA), *ones = vector(evidence, ONES);
    double mean = 0;
    memcpy(alpha, y, n * sizeof *y);
    itp_chol_solve(&evidence->chol, 1, alpha, 1);
    int is_loo = evidence->problem->criterion == ITP_CRITERION_LOO;
    if (!evidence->problem->zero_mean && !is_loo) {
        double top = 0, bottom = 1;
        for (size_t i = 0; i < n; i++) ones[i] = 1;
        itp_chol_solve(&evidence->chol, 1, ones, 1);
        for (size_t i = 0; i < n; i++) top += ones[i] * y[i], bottom += ones[i];
        mean = bottom > 0 ? top / bottom : 0;
        for (size_t i = 0; i < n; i++) alpha[i] -= mean * ones[i];
    }
    for (size_t i = 0; i < n; i++) residual[i] = y[i] - mean;
    evidence->mean = mean;
}

/* W of the likelihood, row i, entries 0 .. i with the diagonal halved: tr(W dK) over the lower
 * triangle is the gradient. */
static void likelihood_row(const itp_evidence *evidence, size_t i, double *w)
{
    const double *alpha = vector(evidence, ALPHA);
    itp_times_minus(i + 1, alpha[i], alpha, evidence->chol.l + i * evidence->chol.stride, w);
    w[i] *= 0.5;
}

/* Gradient of the likelihood from the slopes that stand above the diagonal of K^-1: the distance of
 * a point to itself does not change, so the diagonal has no part in it. */
static void push_slopes(const itp_evidence *evidence, double *grad)
{
    size_t n = evidence->points.n, stride = evidence->chol.stride;
    double *w = vector(evidence, ROW);
    for (size_t i = 0; i < n; i++) {
        likelihood_row(evidence, i, w);
        itp_kernel_push(evidence->problem->kernel, &evidence->points, i,
                        evidence->chol.l + (n - 1 - i) * stride + n - i, w, grad);
    }
}

/* As above for leave-one-out; square holds K^-1 C K^-1, EXTRA K^-1 b. */
static void loo_row(const itp_evidence *evidence, size_t i, double *w)
{
    const double *alpha = vector(evidence, ALPHA), *e = vector(evidence, EXTRA);
    const double *square = evidence->square + i * evidence->points.n;
    for (size_t j = 0; j <= i; j++) w[j] = e[i] * alpha[j] + alpha[i] * e[j] - 2 * square[j];
    w[i] *= 0.5;
}

static void loo_prepare(itp_evidence *evidence)
{
    size_t n = evidence->points.n, stride = evidence->chol.stride;
    double *kinv = evidence->chol.l, *alpha = vector(evidence, ALPHA);
    double *b = vector(evidence, ROW), *diag = vector(evidence, KINV);
    for (size_t i = 0; i < n; i++) /* symmetric, to be scaled row by row */
        for (size_t j = 0; j < i; j++) kinv[j * stride + i] = kinv[i * stride + j];
    for (size_t i = 0; i < n; i++) b[i] = alpha[i] / diag[i];
    itp_times(n, n, 1, kinv, stride, b, 0, vector(evidence, EXTRA));
    for (size_t i = 0; i < n; i++) {
        double t = alpha[i] / diag[i], root = sqrt(0.5 / diag[i] + 0.5 * t * t);
        for (size_t j = 0; j < n; j++) kinv[i * stride + j] *= root;
    }
    itp_gram(n, n, 1, kinv, stride, 0, evidence->square);
}

static double loo_value(const itp_evidence *evidence)
{
    const double *alpha = vector(evidence, ALPHA), *diag = vector(evidence, KINV);
    double sum = 0;
    for (size_t i = 0; i < evidence->points.n; i++)
        sum += 0.5 * (log(diag[i]) - alpha[i] * alpha[i] / diag[i] - ITP_LOG_2PI);
    return sum;
}

/* One row of W in full, entries 0 .. n-1, diagonal included. */
static void full_row(const itp_evidence *evidence, size_t i, double *w)
{
    size_t n = evidence->points.n, stride = evidence->chol.stride;
    const double *alpha = vector(evidence, ALPHA), *e = vector(evidence, EXTRA);
    int is_loo = evidence->problem->criterion == ITP_CRITERION_LOO;
    for (size_t j = 0; j < n; j++) {
        size_t low = i > j ? i : j, high = i > j ? j : i;
        w[j] = is_loo ? e[i] * alpha[j] + alpha[i] * e[j] - 2 * evidence->square[low * n + high]
                      : alpha[i] * alpha[j] - evidence->chol.l[low * stride + high];
    }
}

/* Moving x_i moves row and column i of K: dL/dx_i = sum_j W_ij dk(x_i, x_j)/dx_i. */
static itp_status push_back_x(itp_evidence *evidence, const double *theta)
{
    const itp_problem *problem = evidence->problem;
    size_t n = evidence->points.n, d = problem->pool->d;
    double *w = vector(evidence, ROW), *dk = malloc((n * d + 1) * sizeof *dk);
    itp_status st = dk ? ITP_OK : ITP_ENOMEM;
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        full_row(evidence, i, w);
        st = itp_kernel_grad_x(problem->kernel, theta, problem->x + i * d, &evidence->points, NULL,
                               dk);
        for (size_t c = 0; c < d && st == ITP_OK; c++)
            evidence->grad_x[i * d + c] = itp_dot(n, dk + c * n, w);
    }
    free(dk);
    return st;
}

static void push_back(itp_evidence *evidence, const double *theta, const double *v, int has_slopes,
                      double *grad, double *grad_v)
{
    const itp_problem *problem = evidence->problem;
    size_t n = evidence->points.n;
    int is_loo = problem->criterion == ITP_CRITERION_LOO;
    double *w = vector(evidence, ROW), *diag = vector(evidence, KINV);
    for (size_t p = 0; p < itp_kernel_n_params(problem->kernel); p++) grad[p] = 0;
    if (is_loo) loo_prepare(evidence);
    if (has_slopes) push_slopes(evidence, grad);
    for (size_t i = 0; i < n && !has_slopes; i++) {
        if (is_loo)
            loo_row(evidence, i, w);
        else
            likelihood_row(evidence, i, w);
        if (is_loo && grad_v) vector(evidence, ONES)[i] = w[i];
        itp_kernel_backward(problem->kernel, theta, &evidence->points, i, &evidence->points, 0,
                            i + 1, w, grad);
    }
    if (!grad_v) return;
    if (!is_loo) {
        itp_pool_backward(problem->pool, problem->z, v, vector(evidence, V),
                          vector(evidence, RESIDUAL), evidence->mean, vector(evidence, ALPHA), diag,
                          grad_v);
        return;
    }
    for (size_t r = 0; r < problem->pool->n_rows; r++) {
        /* dv_s/dv_r = (v_s/v_r)^2, dy_s/dv_r = -(v_s/v_r^2) (z_r - y_s), dL/dy = -K^-1 b. */
        size_t s = problem->pool->site[r];
        double share = vector(evidence, V)[s] / v[r], gap = problem->z[r] - vector(evidence, Y)[s];
        grad_v[r] = vector(evidence, ONES)[s] * share * share +
                    vector(evidence, EXTRA)[s] * share / v[r] * gap;
    }
}

double itp_evidence_eval(itp_evidence *evidence, const double *theta, const double *v, double *grad,
                         double *grad_v)
{
    const itp_problem *problem = evidence->problem;
    size_t n = problem->pool->n_sites;
    itp_chol_info info;
    int is_loo = problem->criterion == ITP_CRITERION_LOO;
    fill_context context = {evidence, theta, grad && !is_loo, 0};
    double taken =
        itp_pool_weigh(problem->pool, problem->z, v, vector(evidence, Y), vector(evidence, V));
    if (itp_kernel_embed(problem->kernel, theta, n, problem->x, &evidence->points) != ITP_OK ||
        itp_chol_ladder(&evidence->chol, n, fill, &context, &info) != ITP_OK)
        return -INFINITY;
    evidence->jitter = info.jitter;
    solve_mean(evidence);
    double logdet = itp_chol_logdet(&evidence->chol), *diag = vector(evidence, KINV);
    if (grad || is_loo) {
        if (itp_chol_invert(&evidence->chol) != ITP_OK) return -INFINITY;
        for (size_t i = 0; i < n; i++) diag[i] = evidence->chol.l[i * evidence->chol.stride + i];
    }
    double value = taken, quadratic = 0;
    for (size_t i = 0; i < n; i++)
        quadratic += vector(evidence, RESIDUAL)[i] * vector(evidence, ALPHA)[i];
    evidence->log_likelihood = value - 0.5 * (quadratic + logdet + (double)n * ITP_LOG_2PI);
    value = is_loo ? loo_value(evidence)
                   : evidence->log_likelihood - 0.5 * evidence->mean * evidence->mean;
    if (grad) push_back(evidence, theta, v, context.has_slopes, grad, grad_v);
    if (grad && evidence->grad_x && push_back_x(evidence, theta) != ITP_OK) return -INFINITY;
    return isfinite(value) ? value : -INFINITY;
}
