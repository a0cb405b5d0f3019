/* bed.h - a small test bed: a space, data from a smooth function, fitted models, a problem.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TEST_BED_H
#define TEST_BED_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "interphase/acquisition.h"
#include "stream.h"
#include "suite.h"

enum { BED_MAX = 64, BED_OUTCOMES = 5, BED_PARAMS = 8 };

typedef struct bed {
    itp_space *space;
    size_t d, n, m;
    double *x, *y; /* n x d encoded, n x m */
    itp_surrogate *models[BED_OUTCOMES];
    const itp_surrogate *belief[BED_OUTCOMES];
    itp_goal goals[BED_OUTCOMES];
    itp_bound bounds[BED_OUTCOMES];
    itp_problem problem;
} bed;

/* Smooth, with several bumps; outcome k is another slice of the same kind. Categories count. */
static inline double bed_function(const itp_space *space, const double *point, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < itp_space_n_params(space); i++) {
        const itp_param *p = itp_space_param(space, i);
        double low = p->low, high = p->high;
        if (isnan(point[i])) continue;
        if (p->kind == ITP_DISCRETE) low = p->levels[0], high = p->levels[p->n_levels - 1];
        if (p->kind == ITP_CATEGORICAL) low = 0, high = (double)p->n_levels;
        double u = (point[i] - low) / (high > low ? high - low : 1);
        sum += sin(5 * u + (double)(i + 2 * k)) - (u - 0.3) * (u - 0.3);
    }
    return 3 + sum;
}

static inline itp_param bed_real(const char *name, double low, double high)
{
    return (itp_param){.name = name, .unit = "1", .kind = ITP_REAL, .low = low, .high = high};
}

/* A space of `params` real parameters on [0, 1], or the caller's own. */
static inline itp_space *bed_space(size_t params)
{
    static const char *const NAMES[BED_PARAMS] = {"a", "b", "c", "e", "f", "g", "h", "k"};
    itp_param list[BED_PARAMS];
    itp_space *space = NULL;
    for (size_t i = 0; i < params; i++) list[i] = bed_real(NAMES[i], 0, 1);
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, params, list, NULL), ITP_OK);
    return space;
}

/* n points of the space measured with this noise; m outcomes; outcome 0 is maximised. */
static inline void bed_init(bed *b, itp_space *space, size_t n, size_t m, double noise,
                            itp_noise declared, uint64_t seed)
{
    memset(b, 0, sizeof *b);
    b->space = space, b->d = itp_space_d(space), b->n = n, b->m = m;
    size_t n_params = itp_space_n_params(space);
    double *points = malloc(n * n_params * sizeof *points), column[BED_MAX];
    b->x = malloc((n * b->d + 1) * sizeof *b->x);
    b->y = malloc((n * m + 1) * sizeof *b->y);
    CU_ASSERT_EQUAL_FATAL(itp_space_sample(space, n, seed, points, NULL), ITP_OK);
    itp_stream stream;
    itp_stream_init(&stream, seed, 0, "bed");
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT_EQUAL_FATAL(itp_space_encode(space, points + i * n_params, b->x + i * b->d, NULL),
                              ITP_OK);
        for (size_t k = 0; k < m; k++)
            b->y[i * m + k] =
                bed_function(space, points + i * n_params, k) + noise * itp_stream_normal(&stream);
    }
    free(points);
    itp_surrogate_options options = {.noise = declared};
    for (size_t k = 0; k < m; k++) {
        for (size_t i = 0; i < n; i++) column[i] = b->y[i * m + k];
        itp_data data = {.n = n, .d = b->d, .x = b->x, .y = column};
        CU_ASSERT_EQUAL_FATAL(
            itp_surrogate_create(&b->models[k], b->d, itp_space_columns(space), &options, NULL),
            ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_surrogate_fit(b->models[k], &data, seed, NULL), ITP_OK);
        b->belief[k] = b->models[k];
        b->goals[k] = (itp_goal){.name = "goal",
                                 .what = {.outcome = (int)k},
                                 .kind = ITP_MAXIMISE,
                                 .target = NAN,
                                 .weight = NAN,
                                 .reference = NAN};
        b->bounds[k] = (itp_bound){
            .name = "bound", .what = {.outcome = (int)k}, .low = -INFINITY, .high = INFINITY};
    }
    b->problem = (itp_problem){.space = space,
                               .m = m,
                               .belief = b->belief,
                               .n_goals = 1,
                               .goals = b->goals,
                               .bounds = b->bounds,
                               .n_measured = n,
                               .measured = b->x,
                               .measured_y = b->y,
                               .seed = seed,
                               .number = n,
                               .exact = declared == ITP_NOISE_NONE};
}

/* Joint latent posterior of outcome k at q points: mean and a plain Cholesky factor (q x q, lower),
 * row by row. */
static inline void bed_joint(const bed *b, size_t k, size_t q, const double *x, double *mean,
                             double *factor)
{
    CU_ASSERT_EQUAL_FATAL(itp_latent_joint(b->models[k], 0, q, x, mean, factor), ITP_OK);
    for (size_t i = 0; i < q; i++) {
        for (size_t j = 0; j <= i; j++) {
            double s = factor[i * q + j] + (i == j ? 1e-10 : 0);
            for (size_t l = 0; l < j; l++) s -= factor[i * q + l] * factor[j * q + l];
            factor[i * q + j] = i == j ? sqrt(fmax(s, 1e-14)) : s / factor[j * q + j];
        }
    }
}

static inline void bed_deinit(bed *b)
{
    for (size_t k = 0; k < b->m; k++) itp_surrogate_destroy(b->models[k]);
    free(b->x);
    free(b->y);
    itp_space_destroy(b->space);
}

#endif
