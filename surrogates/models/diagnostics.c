/* diagnostics.c - leave-one-out in closed form: what the model would have said of each row without
 * it. Intervals are exact after any transform, since quantiles go through it; densities take its
 * slope. A mixture's left-out density is the mean of the members'.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "normal.h"

void itp_surrogate_leave_out(const itp_surrogate *s, size_t member, size_t i, double *mean,
                             double *var)
{
    if (s->class->loo)
        s->class->loo(s, i, mean, var);
    else
        itp_posterior_loo(s->class->member(s, member), &s->rows, i, mean, var);
}

typedef struct {
    double mean, var;   /* latent, of the mixture */
    double log_density; /* latent */
    double below;       /* probability below what was measured */
} left_out;

static left_out leave_out(const itp_surrogate *s, size_t i)
{
    size_t members = itp_surrogate_members(s);
    left_out out = {0, 0, -INFINITY, 0};
    double square = 0, z = s->rows.z[i];
    for (size_t k = 0; k < members; k++) {
        double mean, var;
        itp_surrogate_leave_out(s, k, i, &mean, &var);
        double t = (z - mean) / sqrt(var), share = 1 / (double)members;
        out.mean += share * mean;
        square += share * (var + mean * mean);
        out.below += share * itp_ndtr(t);
        out.log_density =
            itp_log_add(out.log_density, log(share) + itp_log_npdf(t) - 0.5 * log(var));
    }
    out.var = fmax(square - out.mean * out.mean, 0);
    return out;
}

double itp_surrogate_loo_density(const itp_surrogate *s)
{
    enum { SAMPLED = 1000 }; /* where a row left out is a solve of its own */
    double sum = 0;
    size_t n = s->class->loo && s->rows.n > SAMPLED ? SAMPLED : s->rows.n, used = 0;
    const double *extra = s->class->member ? s->class->member(s, 0)->extra : NULL;
    for (size_t k = 0; k < n; k++) {
        size_t i = k * s->rows.n / n;
        if (extra && extra[i] > 0) continue; /* a declared outlier is not to be predicted */
        sum += leave_out(s, i).log_density;
        used++;
    }
    return used ? sum / (double)used : 0;
}

void itp_surrogate_loo_densities(const itp_surrogate *s, double *out)
{
    for (size_t i = 0; i < s->rows.n; i++) out[i] = leave_out(s, i).log_density;
}

/* The prior mean at row i, latent. */
static double level(const itp_surrogate *s, size_t i)
{
    double value;
    return itp_surrogate_level(s, s->rows.x + i * s->d, &value, NULL) == ITP_OK ? value : 0;
}

typedef struct {
    double value;
    size_t row;
} ranked;

static int by_value(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->value != b->value) return a->value < b->value ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Ranks with ties averaged, centred. */
static void rank(size_t n, const double *v, ranked *scratch, double *out)
{
    for (size_t i = 0; i < n; i++) scratch[i] = (ranked){v[i], i};
    qsort(scratch, n, sizeof *scratch, by_value);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && scratch[j].value == scratch[i].value;) j++;
        for (size_t k = i; k < j; k++)
            out[scratch[k].row] = 0.5 * (double)(i + j - 1) - 0.5 * (double)(n - 1);
    }
}

/* Spearman's coefficient; NaN where one side is constant. */
static itp_status rank_correlation(size_t n, const double *a, const double *b, double *out)
{
    ranked *scratch = malloc((n + 1) * sizeof *scratch);
    double *ra = malloc((2 * n + 1) * sizeof *ra), *rb = ra + n, aa = 0, bb = 0, ab = 0;
    itp_status st = scratch && ra ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) {
        rank(n, a, scratch, ra);
        rank(n, b, scratch, rb);
        for (size_t i = 0; i < n; i++)
            aa += ra[i] * ra[i], bb += rb[i] * rb[i], ab += ra[i] * rb[i];
        *out = aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
    }
    free(scratch);
    free(ra);
    return st;
}

itp_status itp_surrogate_loo(const itp_surrogate *s, double *mean, double *sd,
                             itp_diagnostics *summary)
{
    if (!s->class) return ITP_ENOTFIT;
    size_t n = s->rows.n;
    double *left = malloc((n + 1) * sizeof *left);
    if (!left) return ITP_ENOMEM;
    itp_diagnostics d = {.n = n, .rank_correlation = NAN};
    double square = 0, share = n ? 1 / (double)n : 0;
    for (size_t i = 0; i < n; i++) {
        const itp_transform *t = itp_surrogate_transform(s, s->rows.x + i * s->d);
        left_out out = leave_out(s, i);
        double var, tail = 2 * fmin(out.below, 1 - out.below);
        itp_transform_moments(t, out.mean + level(s, i), out.var, &left[i], &var);
        if (mean) mean[i] = left[i];
        if (sd) sd[i] = sqrt(var);
        d.coverage50 += share * (tail >= 0.5);
        d.coverage90 += share * (tail >= 0.1);
        d.coverage95 += share * (tail >= 0.05);
        d.log_density += share * (out.log_density - log(itp_transform_slope(t, s->rows.z[i])));
        square += share * (s->rows.y[i] - left[i]) * (s->rows.y[i] - left[i]);
    }
    d.rmse = sqrt(square);
    itp_status st = summary ? rank_correlation(n, left, s->rows.y, &d.rank_correlation) : ITP_OK;
    free(left);
    if (st == ITP_OK && summary) *summary = d;
    return st;
}
