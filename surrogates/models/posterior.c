/* posterior.c - a new row either opens a site (the factor grows) or changes one (a rank-one
 * change). SPDX-License-Identifier: GPL-3.0-or-later */
#include "posterior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void itp_posterior_init(itp_posterior *post, const itp_kernel *kernel, size_t d)
{
    *post = (itp_posterior){0};
    itp_pool_init(&post->pool, d);
    itp_gp_init(&post->gp, kernel, d);
}

void itp_posterior_deinit(itp_posterior *post)
{
    const itp_kernel *kernel = post->gp.kernel;
    size_t d = post->gp.d;
    itp_pool_deinit(&post->pool);
    itp_gp_deinit(&post->gp);
    itp_hyper_deinit(&post->hyper);
    free(post->v);
    free(post->extra);
    itp_posterior_init(post, kernel, d);
}

static itp_status reserve(itp_posterior *post, size_t n)
{
    if (n <= post->max && post->v) return ITP_OK;
    size_t max = n + n / 4 + 8;
    double *v = realloc(post->v, max * sizeof *v);
    if (!v) return ITP_ENOMEM;
    post->v = v;
    if (post->extra) {
        double *extra = realloc(post->extra, max * sizeof *extra);
        if (!extra) return ITP_ENOMEM;
        post->extra = extra;
    }
    post->max = max;
    return ITP_OK;
}

static double row_noise(const itp_posterior *post, const itp_rows *rows, size_t i)
{
    double extra = post->extra ? post->extra[i] : 0;
    return exp(post->hyper.ln_noise) + rows->known[i] + extra;
}

itp_status itp_posterior_build(itp_posterior *post, const itp_rows *rows, const itp_hyper *hyper,
                               const double *extra)
{
    size_t n = rows->n;
    itp_posterior_deinit(post);
    if (extra && !(post->extra = malloc((n + 1) * sizeof *extra))) return ITP_ENOMEM;
    if (extra) memcpy(post->extra, extra, n * sizeof *extra);
    itp_status st = reserve(post, n);
    if (st == ITP_OK)
        st = itp_hyper_copy(&post->hyper, hyper, itp_kernel_n_params(post->gp.kernel));
    if (st == ITP_OK) st = itp_pool_fill(&post->pool, n, rows->x);
    if (st != ITP_OK) return st;
    for (size_t i = 0; i < n; i++) post->v[i] = row_noise(post, rows, i);
    size_t sites = post->pool.n_sites;
    double *y = malloc((2 * sites + 1) * sizeof *y);
    if (!y) return ITP_ENOMEM;
    itp_pool_weigh(&post->pool, rows->z, post->v, y, y + sites);
    st = itp_gp_factor(&post->gp, post->hyper.theta, &post->hyper.warp, post->hyper.mean, sites,
                       post->pool.x, y, y + sites);
    free(y);
    return st;
}

/* Mean and variance of one site from its rows, in order; one row exactly as it is. */
static void weigh_site(const itp_posterior *post, const itp_rows *rows, size_t site, double *y,
                       double *v)
{
    double precision = 0, sum = 0;
    size_t count = 0, last = 0;
    for (size_t i = 0; i < post->pool.n_rows; i++) {
        if (post->pool.site[i] != site) continue;
        precision += 1 / post->v[i];
        sum += rows->z[i] / post->v[i];
        last = i;
        count++;
    }
    *y = count == 1 ? rows->z[last] : sum / precision;
    *v = count == 1 ? post->v[last] : 1 / precision;
}

itp_status itp_posterior_append(itp_posterior *post, const itp_rows *rows)
{
    size_t i = post->pool.n_rows;
    int is_new;
    itp_status st = reserve(post, i + 1);
    if (st == ITP_OK) st = itp_pool_add(&post->pool, rows->x + i * rows->d, &is_new);
    if (st != ITP_OK) return st;
    if (post->extra) post->extra[i] = 0;
    post->v[i] = row_noise(post, rows, i);
    if (is_new) return itp_gp_append(&post->gp, rows->x + i * rows->d, rows->z[i], post->v[i]);
    double y, v;
    weigh_site(post, rows, post->pool.site[i], &y, &v);
    return itp_gp_update(&post->gp, post->pool.site[i], y, v);
}

/* Rows behind the removed one, as they will be numbered. */
static void shift(double *vector, size_t n, size_t i)
{
    if (vector) memmove(vector + i, vector + i + 1, (n - i - 1) * sizeof *vector);
}

itp_status itp_posterior_remove(itp_posterior *post, const itp_rows *rows, size_t i)
{
    int was_last;
    size_t n = post->pool.n_rows, site = itp_pool_remove(&post->pool, i, &was_last);
    shift(post->v, n, i);
    shift(post->extra, n, i);
    if (was_last) return itp_gp_remove(&post->gp, site);
    double y, v;
    itp_rows after = *rows; /* z as it will be, without touching the caller's */
    double *z = malloc(n * sizeof *z);
    if (!z) return ITP_ENOMEM;
    memcpy(z, rows->z, n * sizeof *z);
    shift(z, n, i);
    after.z = z;
    weigh_site(post, &after, site, &y, &v);
    free(z);
    return itp_gp_update(&post->gp, site, y, v);
}

void itp_posterior_loo(const itp_posterior *post, const itp_rows *rows, size_t i, double *mean,
                       double *var)
{
    size_t s = post->pool.site[i];
    double extra = post->extra ? post->extra[i] : 0; /* is no noise of a new measurement */
    itp_gp_loo(&post->gp, s, mean, var);
    if (post->pool.count[s] == 1) {
        *var = fmax(*var - extra, post->v[i] - extra);
        return;
    }
    /* The site's other rows are put back into the cavity. */
    double cavity = fmax(*var - post->gp.v[s], 1e-300), v = post->v[i];
    double rest = 1 / post->gp.v[s] - 1 / v;
    double rest_sum = post->gp.y[s] / post->gp.v[s] - rows->z[i] / v;
    double latent = 1 / (1 / cavity + rest);
    *mean = latent * (*mean / cavity + rest_sum);
    *var = latent + v - extra;
}
