/* ask.c - answers in the outcome's unit: means and variances of the mixture of members.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "parallel.h"

/* Latent means and variances of all members: members x n each. */
static itp_status all_members(const itp_surrogate *s, size_t n, const double *x, double *mean,
                              double *var)
{
    size_t members = itp_surrogate_members(s);
    itp_status st = members ? ITP_OK : ITP_ENOTFIT;
    for (size_t k = 0; k < members && st == ITP_OK; k++)
        st = itp_latent_predict(s, k, n, x, mean + k * n, var ? var + k * n : NULL);
    return st;
}

enum { BLOCK = 1024 }; /* points whose moments are taken at once: some tenths of a millisecond */

/* Latent moments of all members at n points, and where the mixture's own go. */
typedef struct {
    const itp_surrogate *s;
    size_t n, members;
    const double *x, *m, *v; /* n x d; members x n; NULL: latent variances are of no consequence */
    double *mean, *var;      /* n; var may be NULL */
} mixture;

static void mix(void *context, size_t index, unsigned worker)
{
    const mixture *j = context;
    size_t n = j->n, to = (index + 1) * BLOCK < n ? (index + 1) * BLOCK : n;
    double share = 1 / (double)j->members;
    (void)worker;
    for (size_t i = index * BLOCK; i < to; i++) {
        const itp_transform *t = itp_surrogate_transform(j->s, j->x + i * j->s->d);
        double first = 0, second = 0, within = 0, at = 0;
        for (size_t k = 0; k < j->members; k++) {
            double my, vy = 0;
            itp_transform_moments(t, j->m[k * n + i], j->v ? j->v[k * n + i] : 0, &my,
                                  j->var ? &vy : NULL);
            if (k == 0) at = my; /* differences from the first member do not cancel */
            first += (my - at) * share;
            second += (my - at) * (my - at) * share;
            within += vy * share;
        }
        j->mean[i] = at + first;
        if (j->var) j->var[i] = within + fmax(second - first * first, 0);
    }
}

itp_status itp_surrogate_predict(const itp_surrogate *s, size_t n, const double *x, double *mean,
                                 double *var)
{
    size_t members = itp_surrogate_members(s);
    if (!members) return ITP_ENOTFIT;
    int plain = s->transform[0].kind == ITP_TRANSFORM_STANDARDISE;
    double *m = malloc((2 * members * n + 1) * sizeof *m);
    double *v = m && (var || !plain) ? m + members * n : NULL;
    itp_status st = m ? all_members(s, n, x, m, v) : ITP_ENOMEM;
    mixture j = {s, n, members, x, m, v, mean, var};
    if (st == ITP_OK)
        itp_parallel_for((n + BLOCK - 1) / BLOCK, plain ? 1 : s->options.threads, mix, &j);
    free(m);
    return st;
}

itp_status itp_surrogate_relevance(const itp_surrogate *s, double *relevance)
{
    size_t members = itp_surrogate_members(s);
    if (!members) return ITP_ENOTFIT;
    const itp_param *params = itp_kernel_params(s->kernel);
    memset(relevance, 0, s->d * sizeof *relevance);
    for (size_t k = 0; k < members; k++) {
        const itp_hyper *hyper = s->class->hyper(s, k);
        for (size_t p = 0; p < itp_kernel_n_params(s->kernel); p++)
            if (params[p].kind == ITP_PARAM_LENGTH || params[p].kind == ITP_PARAM_MISMATCH)
                relevance[params[p].column] += exp(-hyper->theta[p]) / (double)members;
    }
    return ITP_OK;
}

/* Encoded coordinates that differ by no more are of one place: they were decoded and encoded. */
static int is_here(size_t d, const double *a, const double *b)
{
    for (size_t j = 0; j < d; j++)
        if (!(fabs(a[j] - b[j]) <= 1e-9) && !(isnan(a[j]) && isnan(b[j]))) return 0;
    return 1;
}

size_t itp_surrogate_doubted(const itp_surrogate *s, const double *x)
{
    size_t count = 0;
    if (!itp_surrogate_outliers(s, NULL, 0)) return 0;
    const double *extra = s->class->member(s, 0)->extra;
    for (size_t i = 0; i < s->rows.n; i++) {
        if (!is_here(s->d, s->rows.x + i * s->d, x)) continue;
        if (!(extra[i] > 0)) return 0;
        count++;
    }
    return count;
}

size_t itp_surrogate_outliers(const itp_surrogate *s, size_t *rows, size_t max)
{
    return s->class && s->class->outliers ? s->class->outliers(s, rows, max) : 0;
}
