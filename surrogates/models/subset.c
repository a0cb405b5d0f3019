/* subset.c - copies rows k n / m and pools them again.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "subset.h"

#include <stdlib.h>
#include <string.h>

/* The sample's part of a vector over all rows; NULL stays NULL. */
static const double *pick(const double *from, size_t n, size_t m, double *to)
{
    for (size_t k = 0; from && k < m; k++) to[k] = from[k * n / m];
    return from ? to : NULL;
}

itp_status itp_subset_take(itp_subset *sample, const itp_task_spec *whole, size_t m)
{
    const itp_pool *pool = whole->pool;
    size_t n = pool->n_rows, d = pool->d;
    if (m > n) m = n;
    *sample = (itp_subset){.spec = *whole, .rows = malloc((m * (3 + d) + 1) * sizeof(double))};
    itp_pool_init(&sample->pool, d);
    if (!sample->rows) return ITP_ENOMEM;
    double *x = sample->rows + 3 * m;
    for (size_t k = 0; k < m; k++)
        memcpy(x + k * d, pool->x + pool->site[k * n / m] * d, d * sizeof *x);
    sample->spec.pool = &sample->pool;
    sample->spec.z = pick(whole->z, n, m, sample->rows);
    sample->spec.known = pick(whole->known, n, m, sample->rows + m);
    sample->spec.extra = pick(whole->extra, n, m, sample->rows + 2 * m);
    itp_status st = itp_pool_fill(&sample->pool, m, x);
    if (st != ITP_OK) itp_subset_free(sample);
    return st;
}

void itp_subset_free(itp_subset *sample)
{
    itp_pool_deinit(&sample->pool);
    free(sample->rows);
    *sample = (itp_subset){0};
}
