/* test_paths.c - random features have the kernel's covariance, and paths the posterior's moments.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "problems.h"
#include "spectrum.h"

static problem P;

/* Tolerance: products of features are bounded by a few, so 40 000 of them give the mean to 0.02. */
static void features_have_the_kernels_covariance(void)
{
    enum { D = 4, F = 40000 };
    static const char *const KERNELS[] = {"matern12",
                                          "matern32",
                                          "matern52",
                                          "rbf",
                                          "rq",
                                          "linear",
                                          "hamming",
                                          "matern52*rbf",
                                          "matern52+linear+hamming",
                                          "periodic*matern32"};
    itp_column columns[D] = {{ITP_COLUMN_REAL, 0, 0, 0},
                             {ITP_COLUMN_PERIODIC, 0, 1, 0},
                             {ITP_COLUMN_CATEGORY, 4, 2, 0},
                             {ITP_COLUMN_REAL, 0, 3, 1}};
    double x[2][D] = {{0.2, 0.9, 1, NAN}, {0.5, 0.1, 3, 0.4}};
    static double phi[2][F];
    for (size_t e = 0; e < sizeof KERNELS / sizeof *KERNELS; e++) {
        itp_kernel *k = NULL;
        itp_spectrum *spectrum = NULL;
        itp_stream s;
        itp_points points = {0};
        double theta[20], truth[4], sum[3] = {0};
        itp_stream_init(&s, e, 0, "features");
        CU_ASSERT_FATAL(itp_kernel_create(&k, KERNELS[e], D, columns, NULL) == ITP_OK);
        itp_kernel_default(k, theta);
        CU_ASSERT_FATAL(itp_spectrum_create(&spectrum, k, theta, F, &s) == ITP_OK);
        for (int i = 0; i < 2; i++) itp_spectrum_eval(spectrum, x[i], phi[i], NULL);
        itp_kernel_embed(k, theta, 2, x[0], &points);
        itp_kernel_block(k, theta, &points, 0, 2, &points, 0, 2, truth, 2);
        for (int f = 0; f < F; f++) {
            sum[0] += phi[0][f] * phi[0][f] / F;
            sum[1] += phi[0][f] * phi[1][f] / F;
            sum[2] += phi[1][f] * phi[1][f] / F;
        }
        CU_ASSERT_DOUBLE_EQUAL(sum[0], truth[0], 0.03);
        CU_ASSERT_DOUBLE_EQUAL(sum[1], truth[1], 0.03);
        CU_ASSERT_DOUBLE_EQUAL(sum[2], truth[3], 0.03);
        itp_points_deinit(&points);
        itp_spectrum_destroy(spectrum);
        itp_kernel_destroy(k);
    }
}

static void paths_have_the_posteriors_moments(void)
{ /* 800 paths: standard error of a mean sd/28, of a variance var/20; five of them, and 3 %
     features. */
    enum { PATHS = 800, Q = 5 };
    double x[Q * 2], mean[Q], var[Q], value[Q];
    problem_make(&P, 1, 25, 2, 0.4);
    itp_surrogate *s = problem_fit(&P, NULL, NULL);
    itp_stream stream;
    itp_paths *paths = NULL;
    itp_stream_init(&stream, 3, 0, "x");
    for (int i = 0; i < Q * 2; i++) x[i] = itp_stream_uniform(&stream);
    CU_ASSERT_FATAL(itp_paths_create(&paths, s, PATHS, 256, 5) == ITP_OK);
    for (int more = 0; more < 2; more++) {
        double first[Q] = {0}, second[Q] = {0};
        itp_latent_predict(s, 0, Q, x, mean, var);
        for (size_t p = 0; p < PATHS; p++) {
            CU_ASSERT(itp_paths_eval(paths, p, Q, x, value, NULL) == ITP_OK);
            for (int i = 0; i < Q; i++) {
                first[i] += (value[i] - mean[i]) / PATHS;
                second[i] += (value[i] - mean[i]) * (value[i] - mean[i]) / PATHS;
            }
        }
        for (int i = 0; i < Q; i++) {
            CU_ASSERT_DOUBLE_EQUAL(first[i], 0, 5 * sqrt(var[i] / PATHS));
            CU_ASSERT_DOUBLE_EQUAL(second[i], var[i], var[i] * (5 * sqrt(2.0 / PATHS) + 0.15));
        }
        double y = 11;
        itp_data row = {1, 2, x, &y, NULL};
        itp_surrogate_append(s, &row);
        CU_ASSERT(itp_paths_eval(paths, 0, 1, x, value, NULL) == ITP_EINVAL); /* not yet told */
        CU_ASSERT(itp_paths_update(paths) == ITP_OK);
    }
    itp_paths_destroy(paths);
    itp_surrogate_destroy(s);
}

static void path_gradients_meet_differences(void)
{
    static const char *const KERNELS[] = {"matern52", "rbf*linear", "matern52+linear"};
    for (int k = 0; k < 3; k++) {
        itp_surrogate_options options = {
            .kernel = KERNELS[k], .starts = 1, .warp = k == 0 ? "kumaraswamy" : NULL};
        problem_make(&P, 2, 20, 3, 0.1);
        itp_surrogate *s = problem_fit(&P, &options, NULL);
        itp_paths *paths = NULL;
        double x[3] = {0.3, 0.7, 0.2}, grad[3], value, up, down;
        CU_ASSERT_FATAL(itp_paths_create(&paths, s, 2, 0, 5) == ITP_OK);
        CU_ASSERT(itp_paths_eval(paths, 1, 1, x, &value, grad) == ITP_OK);
        for (int c = 0; c < 3; c++) {
            double old = x[c], h = 1e-5;
            x[c] = old + h;
            itp_paths_eval(paths, 1, 1, x, &up, NULL);
            x[c] = old - h;
            itp_paths_eval(paths, 1, 1, x, &down, NULL);
            x[c] = old;
            CU_ASSERT_DOUBLE_EQUAL(grad[c], (up - down) / (2 * h), 1e-6 * (1 + fabs(grad[c])));
        }
        itp_paths_destroy(paths);
        itp_surrogate_destroy(s);
    }
}

/* All paths at once are the paths one by one, whether one member stands behind them or several. */
static void all_paths_are_each_path(void)
{
    enum { PATHS = 7, Q = 5 };
    for (int several = 0; several < 2; several++) {
        itp_surrogate_options options = {.model = several ? "bayes" : NULL, .starts = 1};
        problem_make(&P, 2, 15, 3, 0.2);
        itp_surrogate *s = problem_fit(&P, &options, NULL);
        itp_paths *paths = NULL;
        double x[Q * 3], all[PATHS * Q], one[Q];
        itp_stream stream;
        itp_stream_init(&stream, 4, 0, "x");
        for (int i = 0; i < Q * 3; i++) x[i] = itp_stream_uniform(&stream);
        CU_ASSERT_FATAL(itp_paths_create(&paths, s, PATHS, 128, 5) == ITP_OK);
        CU_ASSERT(itp_paths_eval_all(paths, Q, x, all) == ITP_OK);
        for (size_t p = 0; p < PATHS; p++) {
            CU_ASSERT(itp_paths_eval(paths, p, Q, x, one, NULL) == ITP_OK);
            for (int i = 0; i < Q; i++)
                CU_ASSERT_DOUBLE_EQUAL(all[p * Q + (size_t)i], one[i], 1e-12 * (1 + fabs(one[i])));
        }
        itp_paths_destroy(paths);
        itp_surrogate_destroy(s);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"features have the kernel's covariance", features_have_the_kernels_covariance},
        {"paths have the posterior's moments", paths_have_the_posteriors_moments},
        {"path gradients meet differences", path_gradients_meet_differences},
        {"all paths are each path", all_paths_are_each_path},
        CU_TEST_INFO_NULL};
    return suite_run("models/paths", tests);
}
