/* outliers.c - bar 6: gross outliers injected into measured sets, and none where there is none.
 *   Every fifth row is the test; of the others a share gets y +- (5 .. 10) sd of the set. Rows that
 * are declared before anything is planted are the set's own outliers: they count neither way.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chol.h"
#include "dataset.h"
#include "kernel.h"
#include "report.h"
#include "stream.h"

static const char *const SETS[] = {"attia_fastcharge_sim", "clio_aem",   "li_metal_ce_kim2023",
                                   "olympus_suzuki",       "pvlab_agnp", "pvlab_p3ht"};
enum { ROWS_MOST = 250 };

typedef struct {
    double rmse;
    size_t declared, right;
} outcome;

static outcome run(const settings *s, const dataset *set, const size_t *order, const int *planted,
                   const double *y, int *own)
{
    size_t n = 0, m = 0, d = set->d, *row = malloc(2 * set->n * sizeof *row);
    double *x = malloc(set->n * d * sizeof *x), *z = malloc(set->n * sizeof *z), square = 0;
    itp_column columns[64];
    itp_surrogate *model = NULL;
    itp_surrogate_options options = {.threads = s->threads, .model = s->model};
    real_columns(d, columns);
    for (size_t k = 0; k < set->n; k++) {
        if (k % 5 == 0) continue;
        row[n] = order[k];
        memcpy(x + n * d, set->x + order[k] * d, d * sizeof *x);
        z[n++] = y[order[k]];
    }
    itp_surrogate_create(&model, d, columns, &options, NULL);
    itp_data data = {n, d, x, z, NULL};
    itp_surrogate_fit(model, &data, 1, NULL);
    for (size_t k = 0; k < set->n; k += 5, m++) {
        double mean;
        itp_surrogate_predict(model, 1, set->x + order[k] * d, &mean, NULL);
        square += (mean - set->y[order[k]]) * (mean - set->y[order[k]]);
    }
    outcome out = {.rmse = sqrt(square / (double)m)};
    size_t *found = row + set->n;
    size_t count = itp_surrogate_outliers(model, found, set->n);
    for (size_t k = 0; k < count; k++) {
        size_t i = row[found[k]];
        if (!planted) own[i] = 1;
        if (!planted || (own[i] && !planted[i])) continue;
        out.declared++;
        out.right += (size_t)planted[i];
    }
    itp_surrogate_destroy(model);
    free(x);
    free(z);
    free(row);
    return out;
}

typedef struct {
    double ratio_log;
    size_t cases, planted, declared, right;
} totals;

static void inject(const settings *s, const dataset *set, uint64_t seed, double share, totals *t)
{
    size_t *order = malloc(set->n * sizeof *order), count = 0;
    int *planted = calloc(2 * set->n, sizeof *planted), *own = planted + set->n;
    double *y = malloc(set->n * sizeof *y), mean = 0, sd = 0;
    itp_stream stream;
    itp_stream_init(&stream, seed, 0, "outliers");
    itp_stream_shuffle(&stream, set->n, order);
    memcpy(y, set->y, set->n * sizeof *y);
    for (size_t i = 0; i < set->n; i++) mean += y[i] / (double)set->n;
    for (size_t i = 0; i < set->n; i++) sd += (y[i] - mean) * (y[i] - mean) / (double)set->n;
    sd = sqrt(sd);
    outcome clean = run(s, set, order, NULL, y, own);
    size_t wanted = (size_t)lround(share * 0.8 * (double)set->n);
    for (size_t k = 0; k < set->n && count < wanted; k++) {
        if (k % 5 == 0) continue;
        double size = (5 + 5 * itp_stream_uniform(&stream)) * sd;
        y[order[k]] += itp_stream_bits(&stream) >> 63 ? size : -size;
        planted[order[k]] = 1;
        count++;
    }
    outcome dirty = run(s, set, order, planted, y, own);
    t->ratio_log += log(dirty.rmse / clean.rmse);
    t->cases++;
    t->planted += count;
    t->declared += dirty.declared;
    t->right += dirty.right;
    free(order);
    free(planted);
    free(y);
}

/* Clean data from the model itself: a draw of the prior plus noise. */
static int declares_on_clean(const settings *s, uint64_t seed)
{
    enum { N = 80, D = 3 };
    double x[N * D], y[N], z[N], theta[D];
    itp_column columns[D];
    itp_kernel *kernel;
    itp_points points = {0};
    itp_chol chol;
    itp_stream stream;
    itp_surrogate *model = NULL;
    itp_surrogate_options options = {.threads = s->threads, .model = s->model};
    itp_stream_init(&stream, seed, 1, "outliers.clean");
    real_columns(D, columns);
    itp_kernel_create(&kernel, "matern52", D, columns, NULL);
    for (int c = 0; c < D; c++) theta[c] = -0.7 + 0.5 * itp_stream_normal(&stream);
    for (int i = 0; i < N * D; i++) x[i] = itp_stream_uniform(&stream);
    itp_kernel_embed(kernel, theta, N, x, &points);
    itp_chol_init(&chol);
    itp_chol_resize(&chol, N);
    itp_kernel_lower(kernel, theta, &points, 0, N, chol.l, chol.stride);
    for (size_t i = 0; i < N; i++) chol.l[i * chol.stride + i] += 0.02;
    itp_chol_factor(&chol);
    for (int i = 0; i < N; i++) z[i] = itp_stream_normal(&stream);
    for (size_t i = 0; i < N; i++) {
        y[i] = 0;
        for (size_t j = 0; j <= i; j++) y[i] += chol.l[i * chol.stride + j] * z[j];
    }
    itp_surrogate_create(&model, D, columns, &options, NULL);
    itp_data data = {N, D, x, y, NULL};
    itp_surrogate_fit(model, &data, seed, NULL);
    int declared = itp_surrogate_outliers(model, NULL, 0) > 0;
    itp_surrogate_destroy(model);
    itp_chol_deinit(&chol);
    itp_points_deinit(&points);
    itp_kernel_destroy(kernel);
    return declared;
}

void bar_outliers(const settings *s)
{
    static const double SHARES[] = {0.05, 0.1, 0.2};
    uint64_t seeds = s->quick ? 1 : 8, cases = s->quick ? 20 : 200, declared = 0;
    for (int k = s->quick; k < (s->quick ? 2 : 3) && s->data; k++) {
        totals all = {0};
        for (int b = 0; b < 6; b++) {
            dataset set;
            totals t = {0};
            if (!dataset_load(&set, s->data, SETS[b], ROWS_MOST)) continue;
            for (uint64_t seed = 0; seed < seeds; seed++) inject(s, &set, seed, SHARES[k], &t);
            say(s, "  %2.0f %% %-24s rmse x %.3f, planted %zu, declared %zu, right %zu\n",
                100 * SHARES[k], set.name, exp(t.ratio_log / (double)t.cases), t.planted,
                t.declared, t.right);
            all.ratio_log += t.ratio_log;
            all.cases += t.cases;
            all.planted += t.planted;
            all.declared += t.declared;
            all.right += t.right;
            dataset_free(&set);
        }
        double ratio = exp(all.ratio_log / (double)all.cases);
        double precision = (double)all.right / fmax((double)all.declared, 1);
        double recall = (double)all.right / (double)all.planted;
        char bar[64];
        snprintf(bar, sizeof bar, "6 rmse over clean at %.0f %%", 100 * SHARES[k]);
        report(s, bar, ratio, 1.3, k != 1 || ratio <= 1.3);
        snprintf(bar, sizeof bar, "6 precision at %.0f %%", 100 * SHARES[k]);
        report(s, bar, precision, 0.8, precision > 0.8);
        snprintf(bar, sizeof bar, "6 recall at %.0f %%", 100 * SHARES[k]);
        report(s, bar, recall, 0.8, recall > 0.8);
    }
    for (uint64_t seed = 0; seed < cases; seed++) declared += (uint64_t)declares_on_clean(s, seed);
    double quiet = 1 - (double)declared / (double)cases;
    report(s, "6 clean data without a declared outlier", quiet, 0.95, quiet >= 0.95);
}
