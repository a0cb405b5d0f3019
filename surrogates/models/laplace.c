/* laplace.c - the mode by Newton steps that are halved while they do not climb.
 *   Gradient (R&W 5.23 and around): with R = W^1/2 B^-1 W^1/2, g = d log p/df, s2 = half the
 * posterior variance times the third derivative, and v = (I - R K) s2, the explicit and the
 * implicit part together are sum_ij dK_ij [ (a_i a_j - R_ij)/2 + (v_i g_j + g_i v_j)/2 ].
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "laplace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"
#include "products.h"

itp_status itp_laplace_init(itp_laplace *self, const itp_kernel *kernel, size_t n, size_t d,
                            const double *x, const int *labels)
{
    *self = (itp_laplace){.kernel = kernel, .n = n, .d = d, .x = x, .labels = labels};
    itp_chol_init(&self->chol);
    size_t worked = 0;
    for (size_t i = 0; i < n; i++) worked += labels[i] != 0;
    /* The base rate, smoothed by one success and one failure, under s^2 = 1. */
    self->mean = ITP_SQRT_2 * itp_ndtri(((double)worked + 1) / ((double)n + 2));
    self->k = malloc((n * n + 1) * sizeof *self->k);
    self->f = calloc(8 * n + 1, sizeof *self->f);
    if (!self->k || !self->f || itp_chol_resize(&self->chol, n) != ITP_OK) {
        itp_laplace_deinit(self);
        return ITP_ENOMEM;
    }
    self->a = self->f + n;
    self->w = self->f + 2 * n;
    self->slope = self->f + 3 * n;
    self->third = self->f + 4 * n;
    self->work = self->f + 5 * n;
    return ITP_OK;
}

void itp_laplace_deinit(itp_laplace *self)
{
    itp_points_deinit(&self->points);
    itp_chol_deinit(&self->chol);
    free(self->k);
    free(self->f);
    *self = (itp_laplace){0};
}

/* log p(labels | f) and its derivatives at f. */
static double likelihood(itp_laplace *self)
{
    double sum = 0;
    for (size_t i = 0; i < self->n; i++) {
        double y = self->labels[i] ? 1 : -1, z = y * (self->mean + self->f[i]);
        double r = itp_ndtr_slope(z);
        sum += itp_log_ndtr(z);
        self->slope[i] = y * r;
        self->w[i] = fmax(r * (z + r), 1e-12);
        self->third[i] = y * r * (z * (z + r) - 1 + 2 * r * (z + r));
    }
    return sum;
}

static itp_status factor_b(itp_laplace *self)
{
    size_t n = self->n;
    for (size_t i = 0; i < n; i++) {
        double *row = self->chol.l + i * self->chol.stride;
        for (size_t j = 0; j <= i; j++) row[j] = sqrt(self->w[i] * self->w[j]) * self->k[i * n + j];
        row[i] += 1;
    }
    return itp_chol_factor(&self->chol);
}

static void times_k(const itp_laplace *self, const double *v, double *out)
{
    itp_times_sym(self->n, 1, self->k, self->n, v, 0, out);
}

static double fit_of(const itp_laplace *self, double log_likelihood)
{
    return log_likelihood - 0.5 * itp_dot(self->n, self->a, self->f);
}

/* To the mode; afterwards w, slope, third and the factor of B belong to it. */
static double find_mode(itp_laplace *self)
{
    enum { STEPS = 60 };
    size_t n = self->n;
    double *b = self->work, *t = b + n, *old = b + 2 * n;
    memset(self->a, 0, n * sizeof *self->a);
    memset(self->f, 0, n * sizeof *self->f);
    double objective = fit_of(self, likelihood(self));
    for (int step = 0; step < STEPS; step++) {
        if (factor_b(self) != ITP_OK) return -INFINITY;
        for (size_t i = 0; i < n; i++) b[i] = self->w[i] * self->f[i] + self->slope[i];
        times_k(self, b, t);
        for (size_t i = 0; i < n; i++) t[i] *= sqrt(self->w[i]);
        itp_chol_solve(&self->chol, 1, t, 1);
        memcpy(old, self->a, n * sizeof *old);
        for (size_t i = 0; i < n; i++) b[i] -= sqrt(self->w[i]) * t[i]; /* the full step's a */
        double scale = 1, next = -INFINITY;
        for (int halving = 0; halving < 20; halving++, scale *= 0.5) {
            for (size_t i = 0; i < n; i++) self->a[i] = old[i] + scale * (b[i] - old[i]);
            times_k(self, self->a, self->f);
            next = fit_of(self, likelihood(self));
            if (next >= objective - 1e-12) break;
        }
        double gain = next - objective;
        objective = next;
        if (fabs(gain) < 1e-10) break;
    }
    return factor_b(self) == ITP_OK ? objective : -INFINITY;
}

static void gradient(itp_laplace *self, const double *u, double *grad)
{
    size_t n = self->n, stride = self->chol.stride, n_params = itp_kernel_n_params(self->kernel);
    double variance = exp(u[n_params]), *v = self->work, *t = v + n, *row = v + 2 * n;
    /* Posterior variance K_ii - |L^-1 W^1/2 K_i|^2, row by row. */
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            double k = i >= j ? self->k[i * n + j] : self->k[j * n + i];
            row[j] = sqrt(self->w[j]) * k;
        }
        itp_chol_solve_l(&self->chol, 1, row, 1);
        double var = self->k[i * n + i] - itp_dot(n, row, row);
        v[i] = 0.5 * fmax(var, 0) * self->third[i];
    }
    itp_chol_invert(&self->chol);
    for (size_t i = 0; i < n; i++) /* R in place of B^-1 */
        for (size_t j = 0; j <= i; j++)
            self->chol.l[i * stride + j] *= sqrt(self->w[i] * self->w[j]);
    times_k(self, v, t);
    itp_times_sym(n, -1, self->chol.l, stride, t, 1, v);
    memset(grad, 0, (n_params + 1) * sizeof *grad);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double both = i == j ? 0.5 : 1; /* the lower triangle stands for both */
            row[j] = both * (self->a[i] * self->a[j] - self->chol.l[i * stride + j] +
                             v[i] * self->slope[j] + self->slope[i] * v[j]);
            grad[n_params] += row[j] * self->k[i * n + j];
            row[j] *= variance;
        }
        itp_kernel_backward(self->kernel, u, &self->points, i, &self->points, 0, i + 1, row, grad);
    }
}

double itp_laplace_eval(itp_laplace *self, const double *u, double *grad)
{
    size_t n = self->n;
    double variance = exp(u[itp_kernel_n_params(self->kernel)]), log_det = 0;
    if (itp_kernel_embed(self->kernel, u, n, self->x, &self->points) != ITP_OK) return -INFINITY;
    itp_kernel_lower(self->kernel, u, &self->points, 0, n, self->k, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) self->k[i * n + j] *= variance;
        self->k[i * n + i] *= 1 + 1e-10;
    }
    double value = find_mode(self);
    if (!isfinite(value)) return -INFINITY;
    log_det = itp_chol_logdet(&self->chol);
    if (grad) gradient(self, u, grad);
    return value - 0.5 * log_det;
}
