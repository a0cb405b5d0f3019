/* pool.c - two places are one when their coordinates are equal as numbers; NaN (inactive) equals
 * NaN. SPDX-License-Identifier: GPL-3.0-or-later */
#include "pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"

void itp_pool_init(itp_pool *pool, size_t d)
{
    *pool = (itp_pool){.d = d};
}

void itp_pool_deinit(itp_pool *pool)
{
    free(pool->site);
    free(pool->count);
    free(pool->x);
    *pool = (itp_pool){.d = pool->d};
}

/* A total order of coordinates: numbers, then NaN. */
static int compare(const double *a, const double *b, size_t d)
{
    for (size_t c = 0; c < d; c++) {
        if (a[c] == b[c] || (isnan(a[c]) && isnan(b[c]))) continue;
        if (isnan(a[c])) return 1;
        if (isnan(b[c])) return -1;
        return a[c] < b[c] ? -1 : 1;
    }
    return 0;
}

static itp_status reserve(itp_pool *pool, size_t rows, size_t sites)
{
    if (rows > pool->rows_max) {
        size_t max = rows + rows / 4 + 8;
        size_t *site = realloc(pool->site, max * sizeof *site);
        if (!site) return ITP_ENOMEM;
        pool->site = site;
        pool->rows_max = max;
    }
    if (sites > pool->sites_max) {
        size_t max = sites + sites / 4 + 8;
        size_t *count = realloc(pool->count, max * sizeof *count);
        if (!count) return ITP_ENOMEM;
        pool->count = count;
        double *x = realloc(pool->x, (max * pool->d + 1) * sizeof *x);
        if (!x) return ITP_ENOMEM;
        pool->x = x;
        pool->sites_max = max;
    }
    return ITP_OK;
}

static void append(itp_pool *pool, const double *x, size_t site)
{
    if (site == pool->n_sites) {
        memcpy(pool->x + site * pool->d, x, pool->d * sizeof *x);
        pool->count[pool->n_sites++] = 0;
    }
    pool->count[site]++;
    pool->site[pool->n_rows++] = site;
}

itp_status itp_pool_add(itp_pool *pool, const double *x, int *is_new)
{
    itp_status st = reserve(pool, pool->n_rows + 1, pool->n_sites + 1);
    if (st != ITP_OK) return st;
    size_t site = 0;
    while (site < pool->n_sites && compare(pool->x + site * pool->d, x, pool->d) != 0) site++;
    *is_new = site == pool->n_sites;
    append(pool, x, site);
    return ITP_OK;
}

typedef struct {
    const double *x;
    size_t d, row;
} entry;

static int by_place_then_row(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    int order = compare(a->x, b->x, a->d);
    return order ? order : (a->row > b->row) - (a->row < b->row);
}

itp_status itp_pool_fill(itp_pool *pool, size_t n, const double *x)
{
    itp_status st = reserve(pool, n, n);
    entry *entries = malloc((n + 1) * sizeof *entries);
    size_t *leader = malloc((n + 1) * sizeof *leader); /* row: the first row at its place */
    if (st == ITP_OK && entries && leader) {
        for (size_t i = 0; i < n; i++) entries[i] = (entry){x + i * pool->d, pool->d, i};
        qsort(entries, n, sizeof *entries, by_place_then_row);
        for (size_t i = 0; i < n; i++) {
            int same = i > 0 && compare(entries[i].x, entries[i - 1].x, pool->d) == 0;
            leader[entries[i].row] = same ? leader[entries[i - 1].row] : entries[i].row;
        }
        for (size_t i = 0; i < n; i++)
            append(pool, x + i * pool->d, leader[i] == i ? pool->n_sites : pool->site[leader[i]]);
    } else {
        st = ITP_ENOMEM;
    }
    free(entries);
    free(leader);
    return st;
}

size_t itp_pool_remove(itp_pool *pool, size_t i, int *was_last)
{
    size_t site = pool->site[i], d = pool->d;
    memmove(pool->site + i, pool->site + i + 1, (pool->n_rows - i - 1) * sizeof *pool->site);
    pool->n_rows--;
    *was_last = --pool->count[site] == 0;
    if (!*was_last) return site;
    size_t after = pool->n_sites - site - 1;
    memmove(pool->count + site, pool->count + site + 1, after * sizeof *pool->count);
    memmove(pool->x + site * d, pool->x + (site + 1) * d, after * d * sizeof *pool->x);
    pool->n_sites--;
    for (size_t r = 0; r < pool->n_rows; r++) pool->site[r] -= pool->site[r] > site;
    return site;
}

double itp_pool_weigh(const itp_pool *pool, const double *z, const double *v, double *y_site,
                      double *v_site)
{
    double taken = 0;
    for (size_t s = 0; s < pool->n_sites; s++) y_site[s] = v_site[s] = 0;
    for (size_t i = 0; i < pool->n_rows; i++) {
        v_site[pool->site[i]] += 1 / v[i];
        y_site[pool->site[i]] += z[i] / v[i];
    }
    for (size_t s = 0; s < pool->n_sites; s++) {
        v_site[s] = 1 / v_site[s];
        y_site[s] *= v_site[s];
        if (pool->count[s] > 1) taken += 0.5 * (ITP_LOG_2PI + log(v_site[s]));
    }
    for (size_t i = 0; i < pool->n_rows; i++) {
        size_t s = pool->site[i];
        if (pool->count[s] == 1) {
            y_site[s] = z[i]; /* exactly, not z / v * v */
            v_site[s] = v[i];
            continue;
        }
        double gap = z[i] - y_site[s];
        taken -= 0.5 * (ITP_LOG_2PI + log(v[i]) + gap * gap / v[i]);
    }
    return taken;
}

void itp_pool_backward(const itp_pool *pool, const double *z, const double *v, const double *v_site,
                       const double *residual, double mean, const double *alpha,
                       const double *kinv_diag, double *grad_v)
{
    for (size_t i = 0; i < pool->n_rows; i++) {
        size_t s = pool->site[i];
        double a = alpha[s], k = kinv_diag[s];
        if (pool->count[s] > 1) { /* through the posterior of f at the site */
            double f = residual[s] - v_site[s] * a, var = v_site[s] - v_site[s] * v_site[s] * k;
            a = (z[i] - mean - f) / v[i];
            k = 1 / v[i] - var / (v[i] * v[i]);
        }
        grad_v[i] = 0.5 * (a * a - k);
    }
}
