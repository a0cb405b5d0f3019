/* test_level.c - a prior mean: what another model expects is added to every answer, by value and
 * slope, and what is left is learned. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "interphase/surrogate.h"
#include "stream.h"
#include "suite.h"

enum { D = 2, EARLIER = 40, OWN = 12, Q = 4 };

static const itp_column COLUMNS[D] = {{.kind = ITP_COLUMN_REAL},
                                      {.kind = ITP_COLUMN_REAL, .parameter = 1}};

static double earlier(const double *x)
{
    return 100 * (sin(5 * x[0]) + x[1] * x[1]);
}

/* The same shape elsewhere, and a slight trend of its own. */
static double own(const double *x)
{
    return earlier(x) + 300 + 4 * x[0];
}

typedef struct {
    double x[EARLIER * D], y[EARLIER];
    itp_surrogate *model;
} fitted;

static void fit(fitted *f, size_t n, uint64_t seed, double (*truth)(const double *),
                const itp_surrogate *mean, const char *transform)
{
    itp_stream stream;
    itp_surrogate_options options = {.transform = transform, .noise = ITP_NOISE_NONE};
    itp_stream_init(&stream, seed, 0, "test");
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < D; j++) f->x[i * D + j] = itp_stream_uniform(&stream);
        f->y[i] = truth(f->x + i * D);
    }
    itp_data data = {.n = n, .d = D, .x = f->x, .y = f->y};
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_create(&f->model, D, COLUMNS, &options, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_set_mean(f->model, mean), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_fit(f->model, &data, seed, NULL), ITP_OK);
}

static const double AT[Q * D] = {0.2, 0.7, 0.9, 0.1, 0.5, 0.5, 0.05, 0.95};

static void little_data_go_far(void)
{
    fitted base, with, without;
    double a[Q], b[Q], va[Q], vb[Q];
    fit(&base, EARLIER, 1, earlier, NULL, NULL);
    fit(&with, OWN, 2, own, base.model, NULL);
    fit(&without, OWN, 2, own, NULL, NULL);
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_predict(with.model, Q, AT, a, va), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_predict(without.model, Q, AT, b, vb), ITP_OK);
    for (size_t i = 0; i < Q; i++) {
        double off = fabs(a[i] - own(AT + i * D));
        CU_ASSERT(off < 1 && off < fabs(b[i] - own(AT + i * D)));
        CU_ASSERT(va[i] < vb[i]); /* only the rest is uncertain */
    }
    /* What was measured is met. */
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_predict(with.model, 3, with.x, a, va), ITP_OK);
    for (size_t i = 0; i < 3; i++) CU_ASSERT_DOUBLE_EQUAL(a[i], with.y[i], 1e-2);
    itp_surrogate_destroy(without.model);
    itp_surrogate_destroy(with.model);
    itp_surrogate_destroy(base.model);
}

/* Every way to ask gives the same latent mean, and slopes are those of the values. */
static void every_answer_has_it(void)
{
    fitted base, with;
    double mean[Q], cov[Q * Q], one, var, dmean[D], dvar[D], cross[Q], h = 1e-5, side[2];
    fit(&base, EARLIER, 3, earlier, NULL, "yeo-johnson");
    fit(&with, OWN, 4, own, base.model, NULL);
    itp_anchors *anchors;
    itp_paths *paths;
    CU_ASSERT_EQUAL_FATAL(itp_latent_joint(with.model, 0, Q, AT, mean, cov), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_anchors_create(&anchors, with.model, 0, Q, AT), ITP_OK);
    double kept[Q], unused[Q * Q];
    CU_ASSERT_EQUAL_FATAL(itp_anchors_joint(anchors, kept, unused), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_paths_create(&paths, with.model, 400, 0, 1), ITP_OK);
    double *all = malloc(400 * Q * sizeof *all), value, slope[D];
    CU_ASSERT_EQUAL_FATAL(itp_paths_eval_all(paths, Q, AT, all), ITP_OK);
    for (size_t i = 0; i < Q; i++) {
        const double *x = AT + i * D;
        CU_ASSERT_EQUAL(itp_latent_predict(with.model, 0, 1, x, &one, &var), ITP_OK);
        CU_ASSERT_DOUBLE_EQUAL(one, mean[i], 1e-9 * fabs(one));
        CU_ASSERT_DOUBLE_EQUAL(kept[i], mean[i], 1e-9 * fabs(one));
        CU_ASSERT_EQUAL(itp_anchors_cross(anchors, x, &one, &var, cross, dmean, dvar, NULL),
                        ITP_OK);
        CU_ASSERT_DOUBLE_EQUAL(one, mean[i], 1e-9 * fabs(one));
        double grad[D], sum = 0;
        CU_ASSERT_EQUAL(itp_latent_predict_grad(with.model, 0, x, &one, &var, grad, dvar), ITP_OK);
        CU_ASSERT_EQUAL(itp_paths_eval(paths, 7, 1, x, &value, slope), ITP_OK);
        CU_ASSERT_DOUBLE_EQUAL(value, all[7 * Q + i], 1e-9 * fabs(value));
        for (size_t p = 0; p < 400; p++) sum += all[p * Q + i] / 400;
        CU_ASSERT_DOUBLE_EQUAL(sum, mean[i], 5 * sqrt(cov[i * Q + i] / 400) + 1e-6);
        for (size_t j = 0; j < D; j++) {
            double at[D] = {x[0], x[1]}, path[2];
            for (int k = 0; k < 2; k++) {
                at[j] = x[j] + (k ? h : -h);
                CU_ASSERT_EQUAL(itp_latent_predict(with.model, 0, 1, at, &side[k], NULL), ITP_OK);
                CU_ASSERT_EQUAL(itp_paths_eval(paths, 7, 1, at, &path[k], NULL), ITP_OK);
            }
            double want = (side[1] - side[0]) / (2 * h);
            CU_ASSERT_DOUBLE_EQUAL(grad[j], want, 1e-4 * (1 + fabs(want)));
            CU_ASSERT_DOUBLE_EQUAL(dmean[j], want, 1e-4 * (1 + fabs(want)));
            want = (path[1] - path[0]) / (2 * h);
            CU_ASSERT_DOUBLE_EQUAL(slope[j], want, 1e-4 * (1 + fabs(want)));
        }
    }
    free(all);
    itp_paths_destroy(paths);
    itp_anchors_destroy(anchors);
    itp_surrogate_destroy(with.model);
    itp_surrogate_destroy(base.model);
}

/* Each row left out by hand, the model restored from what was saved over the others. */
static void left_out_is_left_out(void)
{
    fitted base, with;
    double mean[OWN], sd[OWN], x[OWN * D], y[OWN], one, var;
    char *saved;
    fit(&base, EARLIER, 5, earlier, NULL, NULL);
    fit(&with, OWN, 6, own, base.model, NULL);
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_loo(with.model, mean, sd, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_save(with.model, &saved), ITP_OK);
    for (size_t out = 0; out < OWN; out += 4) {
        itp_surrogate *rest;
        size_t n = 0;
        for (size_t i = 0; i < OWN; i++) {
            if (i == out) continue;
            memcpy(x + n * D, with.x + i * D, D * sizeof *x);
            y[n++] = with.y[i];
        }
        itp_data data = {.n = n, .d = D, .x = x, .y = y};
        itp_surrogate_options options = {.noise = ITP_NOISE_NONE};
        CU_ASSERT_EQUAL_FATAL(itp_surrogate_create(&rest, D, COLUMNS, &options, NULL), ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_surrogate_set_mean(rest, base.model), ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_surrogate_restore(rest, saved, &data, NULL), ITP_OK);
        CU_ASSERT_EQUAL(itp_surrogate_predict(rest, 1, with.x + out * D, &one, &var), ITP_OK);
        CU_ASSERT_DOUBLE_EQUAL(one, mean[out], 1e-4 * sd[out] + 1e-6 * fabs(one));
        itp_surrogate_destroy(rest);
    }
    free(saved);
    itp_surrogate_destroy(with.model);
    itp_surrogate_destroy(base.model);
}

/* A like model has the columns, options and prior mean: the same fit gives the same bits. */
static void a_like_model_is_the_same_once_fitted(void)
{
    fitted base, with;
    itp_surrogate *like;
    double a[Q], b[Q], va[Q], vb[Q];
    fit(&base, EARLIER, 7, earlier, NULL, NULL);
    fit(&with, OWN, 8, own, base.model, NULL);
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_create_like(&like, with.model, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_surrogate_n(like), 0);
    itp_data data = {.n = OWN, .d = D, .x = with.x, .y = with.y};
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_fit(like, &data, 8, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_predict(with.model, Q, AT, a, va), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_predict(like, Q, AT, b, vb), ITP_OK);
    CU_ASSERT_EQUAL(memcmp(a, b, sizeof a), 0);
    CU_ASSERT_EQUAL(memcmp(va, vb, sizeof va), 0);
    itp_surrogate_destroy(like);
    itp_surrogate_destroy(with.model);
    itp_surrogate_destroy(base.model);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"little data go far", little_data_go_far},
        {"every answer has it", every_answer_has_it},
        {"left out is left out", left_out_is_left_out},
        {"a like model is the same once fitted", a_like_model_is_the_same_once_fitted},
        CU_TEST_INFO_NULL};
    return suite_run("models/level", tests);
}
