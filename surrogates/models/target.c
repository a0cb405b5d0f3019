/* target.c - puts evidence, priors, noise and warp together.
 *   v_i = sigma^2 + known_i + extra_i, so d/d ln sigma^2 = sigma^2 sum_i dL/dv_i.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "target.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

itp_status itp_hyper_init(itp_hyper *hyper, const itp_kernel *kernel)
{
    *hyper = (itp_hyper){.ln_noise = ITP_NOISE_LN_MODE};
    hyper->theta = calloc(itp_kernel_n_params(kernel) + 1, sizeof *hyper->theta);
    if (!hyper->theta) return ITP_ENOMEM;
    itp_kernel_default(kernel, hyper->theta);
    return ITP_OK;
}

itp_status itp_hyper_copy(itp_hyper *to, const itp_hyper *from, size_t n_params)
{
    double *theta = realloc(to->theta, (n_params + 1) * sizeof *theta);
    if (!theta) return ITP_ENOMEM;
    to->theta = theta;
    memcpy(theta, from->theta, n_params * sizeof *theta);
    to->ln_noise = from->ln_noise;
    to->mean = from->mean;
    return itp_warp_copy(&to->warp, &from->warp);
}

void itp_hyper_deinit(itp_hyper *hyper)
{
    free(hyper->theta);
    itp_warp_deinit(&hyper->warp);
    *hyper = (itp_hyper){0};
}

size_t itp_task_size(const itp_task_spec *spec)
{
    return itp_kernel_n_params(spec->kernel) + (spec->warp ? 2 * spec->warp->n : 0) +
           (size_t)spec->learns_noise;
}

itp_status itp_target_init(itp_target *target, const itp_task_spec *spec)
{
    const itp_pool *pool = spec->pool;
    *target = (itp_target){.spec = spec, .n = itp_task_size(spec)};
    target->n_params = itp_kernel_n_params(spec->kernel);
    target->problem =
        (itp_problem){spec->kernel, pool, pool->x, spec->z, spec->criterion, spec->zero_mean};
    itp_status st = itp_evidence_init(&target->evidence, &target->problem);
    target->v = malloc((pool->n_rows + 1) * sizeof *target->v);
    target->grad_v = malloc((pool->n_rows + 1) * sizeof *target->grad_v);
    if (!target->v || !target->grad_v) st = ITP_ENOMEM;
    if (st == ITP_OK && spec->warp && spec->warp->n) {
        target->n_warp = spec->warp->n;
        target->warped = malloc((pool->n_sites * pool->d + 1) * sizeof *target->warped);
        target->grad_x = malloc((pool->n_sites * pool->d + 1) * sizeof *target->grad_x);
        st = itp_warp_copy(&target->warp, spec->warp);
        if (!target->warped || !target->grad_x) st = ITP_ENOMEM;
        target->problem.x = target->warped;
        target->evidence.grad_x = target->grad_x;
    }
    if (st != ITP_OK) itp_target_deinit(target);
    return st;
}

void itp_target_deinit(itp_target *target)
{
    itp_evidence_deinit(&target->evidence);
    itp_warp_deinit(&target->warp);
    free(target->v);
    free(target->grad_v);
    free(target->warped);
    free(target->grad_x);
    *target = (itp_target){0};
}

void itp_task_noise(const itp_task_spec *spec, double ln_noise, double *v)
{
    double noise = exp(ln_noise);
    for (size_t i = 0; i < spec->pool->n_rows; i++)
        v[i] = noise + (spec->known ? spec->known[i] : 0) + (spec->extra ? spec->extra[i] : 0);
}

/* Adds the gradient in ln a and ln b: through the sites' coordinates, then the prior. */
static double warp_terms(itp_target *target, const double *u, double *grad)
{
    const itp_pool *pool = target->spec->pool;
    double sum = 0;
    for (size_t i = 0; i < 2 * target->n_warp; i++) {
        sum -= 0.5 * u[i] * u[i] / (ITP_WARP_SD * ITP_WARP_SD);
        if (grad) grad[i] = -u[i] / (ITP_WARP_SD * ITP_WARP_SD);
    }
    for (size_t i = 0; grad && i < target->n_warp; i++) {
        size_t c = target->warp.column[i];
        for (size_t s = 0; s < pool->n_sites; s++) {
            double by_a, by_b, g = target->grad_x[s * pool->d + c];
            itp_warp_by_params(&target->warp, i, pool->x[s * pool->d + c], &by_a, &by_b);
            grad[2 * i] += g * by_a;
            grad[2 * i + 1] += g * by_b;
        }
    }
    return sum;
}

double itp_target_eval(itp_target *target, const double *u, double *grad)
{
    const itp_task_spec *spec = target->spec;
    const double *u_warp = u + target->n_params, *u_noise = u_warp + 2 * target->n_warp;
    double *g_noise = grad ? grad + (u_noise - u) : NULL;
    double ln_noise = spec->learns_noise ? *u_noise : spec->ln_noise;
    target->evaluations++;
    itp_task_noise(spec, ln_noise, target->v);
    if (target->n_warp) {
        memcpy(target->warp.p, u_warp, 2 * target->n_warp * sizeof *u_warp);
        itp_warp_apply(&target->warp, spec->pool->n_sites, spec->pool->d, spec->pool->x,
                       target->warped);
    }
    double value =
        itp_evidence_eval(&target->evidence, u, target->v, grad,
                          grad && (spec->learns_noise || spec->extra) ? target->grad_v : NULL);
    target->noise_prior = 0;
    if (!isfinite(value)) return -INFINITY;
    if (target->n_warp) value += warp_terms(target, u_warp, grad ? grad + target->n_params : NULL);
    if (spec->learns_noise && grad) {
        *g_noise = 0;
        for (size_t i = 0; i < spec->pool->n_rows; i++) *g_noise += target->grad_v[i];
        *g_noise *= exp(ln_noise);
    }
    if (!spec->has_prior) return value;
    value += itp_prior_kernel(spec->kernel, spec->measure, u, grad);
    if (spec->learns_noise) target->noise_prior = itp_prior_noise(spec->measure, ln_noise, g_noise);
    return value + target->noise_prior;
}

void itp_target_decode(const itp_task_spec *spec, const double *u, itp_hyper *hyper)
{
    size_t n_params = itp_kernel_n_params(spec->kernel), n_warp = spec->warp ? spec->warp->n : 0;
    memcpy(hyper->theta, u, n_params * sizeof *u);
    if (n_warp) memcpy(hyper->warp.p, u + n_params, 2 * n_warp * sizeof *u);
    hyper->ln_noise = spec->learns_noise ? u[n_params + 2 * n_warp] : spec->ln_noise;
}

void itp_target_encode(const itp_task_spec *spec, const itp_hyper *hyper, double *u)
{
    size_t n_params = itp_kernel_n_params(spec->kernel), n_warp = spec->warp ? spec->warp->n : 0;
    memcpy(u, hyper->theta, n_params * sizeof *u);
    for (size_t i = 0; i < 2 * n_warp; i++)
        u[n_params + i] = hyper->warp.n == n_warp ? hyper->warp.p[i] : 0;
    if (spec->learns_noise) u[n_params + 2 * n_warp] = hyper->ln_noise;
}

void itp_target_box(const itp_task_spec *spec, double *lower, double *upper)
{
    size_t n_params = itp_kernel_n_params(spec->kernel), n_warp = spec->warp ? spec->warp->n : 0;
    itp_prior_box(spec->kernel, lower, upper);
    for (size_t i = n_params; i < n_params + 2 * n_warp; i++) {
        lower[i] = -ITP_WARP_MOST;
        upper[i] = ITP_WARP_MOST;
    }
    if (!spec->learns_noise) return;
    lower[n_params + 2 * n_warp] = spec->ln_noise_least;
    upper[n_params + 2 * n_warp] = ITP_NOISE_LN_MOST;
}
