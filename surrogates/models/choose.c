/* choose.c - "auto": which transform of the outcome and which kernel, by leave-one-out log density.
 *   First the transform with the default kernel, then the kernel with that transform. A sum of n
 * left-out densities is itself noisy: another one than the default must be better by MARGIN nats
 * over all rows, and above ROWS_SURE rows by SURE standard errors of that difference, which its
 * rows tell (with fewer, campaigns lost more by a late choice than by a wrong one). Chosen on at
 * most ROWS_USED rows, evenly spread over the order of arrival, when there are enough of them, and
 * again when they are half as many more.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static const char *const KERNELS[] = {"matern52", "rbf", "matern32", "matern52+linear"};
static const itp_transform_kind TRANSFORMS[] = {ITP_TRANSFORM_STANDARDISE, ITP_TRANSFORM_LOG,
                                                ITP_TRANSFORM_YEO_JOHNSON};
static const double MARGIN = 3;
static const double SURE = 2;
static const double GROWN = 1.5;
/* Share of the outcomes' spread that no transform earns anything by telling apart: one value of
 * 1e-16 among others of about 1 would otherwise be worth 36 nats to the logarithm, which then
 * squeezes all others together. */
static const double RESOLUTION = 1e-3;
enum { ROWS_LEAST = 15, ROWS_SURE = 50, ROWS_USED = 200 };

int itp_surrogate_should_choose(const itp_surrogate *s)
{
    int is_auto = strcmp(s->kernel_name, "auto") == 0 || strcmp(s->transform_name, "auto") == 0;
    if (!is_auto || s->rows.n < ROWS_LEAST) return 0;
    return (double)s->rows.n >= GROWN * (double)s->n_choice;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What is told apart at the finest, in units of y: from the quartiles of n >= 4 outcomes. */
static itp_status find_resolution(const itp_rows *rows, double *out)
{
    size_t n = rows->n;
    double *y = malloc(n * sizeof *y);
    if (!y) return ITP_ENOMEM;
    memcpy(y, rows->y, n * sizeof *y);
    qsort(y, n, sizeof *y, ascending);
    *out = RESOLUTION * (y[3 * n / 4] - y[n / 4]) / 1.349; /* of a normal, by its quartiles */
    free(y);
    return ITP_OK;
}

/* Left-out log density of each row, in units of y, with the transform and kernel in force. */
static itp_status density(itp_surrogate *s, uint64_t seed, double *out)
{
    itp_fit_report report;
    double resolution;
    itp_status st = find_resolution(&s->rows, &resolution);
    if (st != ITP_OK) return st;
    for (size_t i = 0; i < s->rows.n; i++) itp_surrogate_to_latent_row(s, i);
    s->class = &ITP_MODEL_EXACT;
    st = s->class->fit(s, seed, &report);
    if (st != ITP_OK) return st;
    itp_surrogate_loo_densities(s, out);
    for (size_t i = 0; i < s->rows.n; i++) {
        const itp_transform *t = itp_surrogate_transform(s, s->rows.x + i * s->d);
        out[i] -= log(fmax(itp_transform_slope(t, s->rows.z[i]), resolution));
    }
    return ITP_OK;
}

/* Whether the candidate takes the place of the best so far (densities of n rows). */
static int is_better(size_t n, const double *candidate, const double *best)
{
    double sum = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        double gain = candidate[i] - best[i];
        sum += gain;
        square += gain * gain;
    }
    double error = n > ROWS_SURE ? sqrt(fmax(square - sum * sum / (double)n, 0)) : 0;
    return sum > MARGIN && sum > SURE * error;
}

/* Densities of the rows under what was chosen so far, and under the one in question. */
typedef struct {
    size_t n;
    double *best, *value;
} contest;

/* The one in question is in force; `rival` (n) is what it must surely beat. 1: it is now the best.
 */
static int wins(contest *c, const double *rival)
{
    double before = 0, now = 0;
    for (size_t i = 0; i < c->n; i++) before += c->best[i], now += c->value[i];
    if (!(now > before) || !is_better(c->n, c->value, rival)) return 0;
    memcpy(c->best, c->value, c->n * sizeof *c->best);
    return 1;
}

static itp_status choose_transform(itp_surrogate *s, uint64_t seed, contest *c)
{
    itp_transform_kind chosen = TRANSFORMS[0];
    itp_status st = itp_surrogate_fit_transforms(s, chosen);
    if (st == ITP_OK) st = density(s, seed, c->best);
    for (size_t k = 1; k < sizeof TRANSFORMS / sizeof *TRANSFORMS && st == ITP_OK; k++) {
        st = itp_surrogate_fit_transforms(s, TRANSFORMS[k]);
        if (st == ITP_OK && s->transform[0].kind != TRANSFORMS[k]) continue; /* no logarithm */
        if (st == ITP_OK) st = density(s, seed, c->value);
        if (st == ITP_OK && wins(c, c->best)) chosen = TRANSFORMS[k];
    }
    return st == ITP_OK ? itp_surrogate_fit_transforms(s, chosen) : st;
}

/* rival: densities with the default kernel. */
static itp_status choose_kernel(itp_surrogate *s, uint64_t seed, contest *c, const double *rival)
{
    const char *chosen = KERNELS[0];
    itp_status st = ITP_OK;
    for (size_t k = 1; k < sizeof KERNELS / sizeof *KERNELS && st == ITP_OK; k++) {
        if ((st = itp_surrogate_use_kernel(s, KERNELS[k])) == ITP_EINVAL) {
            st = ITP_OK; /* no column that it reads */
            continue;
        }
        if (st == ITP_OK) st = density(s, seed, c->value);
        if (st == ITP_OK && wins(c, rival)) chosen = KERNELS[k];
    }
    return st == ITP_OK ? itp_surrogate_use_kernel(s, chosen) : st;
}

static itp_status choose(itp_surrogate *s, uint64_t seed)
{
    size_t n = s->rows.n;
    double *memory = malloc((3 * n + 1) * sizeof *memory), *rival = memory + 2 * n;
    if (!memory) return ITP_ENOMEM;
    contest c = {n, memory, memory + n};
    itp_status st;
    if (strcmp(s->transform_name, "auto") == 0) {
        st = choose_transform(s, seed, &c);
    } else {
        st = itp_surrogate_fit_transforms(
            s, (itp_transform_kind)itp_transform_find(s->transform_name));
        if (st == ITP_OK) st = density(s, seed, c.best);
    }
    if (st == ITP_OK && strcmp(s->kernel_name, "auto") == 0) {
        memcpy(rival, c.best, n * sizeof *rival);
        st = choose_kernel(s, seed, &c, rival);
    }
    free(memory);
    return st;
}

/* The rows to choose by. */
static itp_status thin(const itp_rows *all, const unsigned char *apart, itp_rows *some)
{
    itp_status st = ITP_OK;
    size_t n = all->n < ROWS_USED ? all->n : ROWS_USED;
    itp_rows_init(some, all->d);
    for (size_t k = 0; k < n && st == ITP_OK; k++) {
        size_t i = k * all->n / n;
        if (apart && apart[i] == ITP_APART) continue;
        itp_data row = {1, all->d, all->x + i * all->d, all->y + i, all->sd + i};
        st = itp_rows_add(some, &row);
    }
    return st;
}

itp_status itp_surrogate_choose(itp_surrogate *s, uint64_t seed)
{
    itp_rows all = s->rows, some;
    unsigned char *apart = s->apart;
    itp_status st = itp_surrogate_use_kernel(
        s, strcmp(s->kernel_name, "auto") == 0 ? KERNELS[0] : s->kernel_name);
    if (st != ITP_OK) return st;
    if ((st = thin(&all, apart, &some)) == ITP_OK) {
        s->rows = some;
        s->is_choosing = 1;
        s->apart = NULL;
        st = choose(s, seed);
        if (s->class) s->class->clear(s);
        s->class = NULL;
        s->is_choosing = 0;
        s->apart = apart;
        some = s->rows;
        s->rows = all;
    }
    itp_rows_deinit(&some);
    s->n_choice = all.n;
    return st == ITP_OK ? itp_surrogate_fit_transforms(s, s->transform[0].kind) : st;
}
