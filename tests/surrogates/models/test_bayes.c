/* test_bayes.c - the sampler against a long slice sampler on three posteriors, and the mixture it
 * makes. SPDX-License-Identifier: GPL-3.0-or-later */
#include "nuts.h"

#include <stdlib.h>
#include <string.h>

#include "problems.h"
#include "target.h"

static problem P;

/* A correlated normal with sds 1 and 10 and a twisted third coordinate. */
static double banana(void *context, size_t n, const double *q, double *grad)
{
    (void)context, (void)n;
    double a = q[0], b = q[1] / 10 - 0.7 * a, c = q[2] - 0.5 * a * a;
    if (grad) {
        grad[0] = -a + 0.7 * b + c * a;
        grad[1] = -b / 10;
        grad[2] = -c;
    }
    return -0.5 * (a * a + b * b + c * c);
}

/* A heavy tail: Student's t with 5 degrees in each coordinate. */
static double heavy(void *context, size_t n, const double *q, double *grad)
{
    (void)context;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum -= 3 * log1p(q[i] * q[i] / 5);
        if (grad) grad[i] = -6 * q[i] / (5 + q[i] * q[i]);
    }
    return sum;
}

static double hyperparameters(void *context, size_t n, const double *q, double *grad)
{
    (void)n;
    return itp_target_eval(context, q, grad);
}

/* Slice sampling coordinate by coordinate with stepping out (Neal 2003). */
static void slice_sample(size_t n, itp_log_density density, void *context, double *q, size_t draws,
                         double *out)
{
    itp_stream s;
    itp_stream_init(&s, 99, 0, "slice");
    double value = density(context, n, q, NULL);
    for (size_t k = 0; k < draws; k++) {
        for (size_t i = 0; i < n; i++) {
            double level = value - itp_stream_exponential(&s), at = q[i], width = 2;
            double low = at - width * itp_stream_uniform(&s), high = low + width;
            for (q[i] = low; density(context, n, q, NULL) > level; q[i] = low) low -= width;
            for (q[i] = high; density(context, n, q, NULL) > level; q[i] = high) high += width;
            for (;;) {
                q[i] = low + (high - low) * itp_stream_uniform(&s);
                value = density(context, n, q, NULL);
                if (value > level) break;
                *(q[i] < at ? &low : &high) = q[i];
            }
        }
        memcpy(out + k * n, q, n * sizeof *q);
    }
}

/* Means and sds of every coordinate agree within five of their standard errors, which come from
 * each sampler's own effective size; an sd's relative error is about sqrt((kurtosis - 1) / (4
 * ess)). */
static void agree(size_t n, itp_log_density density, void *context, double *start, size_t slices)
{
    enum { DRAWS = 3000 };
    double *nuts = malloc(DRAWS * n * sizeof *nuts), *slow = malloc(slices * n * sizeof *slow);
    double *one = malloc((slices + DRAWS) * sizeof *one), q[8];
    itp_stream s;
    itp_nuts_report report;
    itp_nuts_options options = {500, DRAWS, 8};
    itp_stream_init(&s, 1, 0, "nuts");
    memcpy(q, start, n * sizeof *q);
    CU_ASSERT_FATAL(itp_nuts_run(n, density, context, q, &options, &s, nuts, &report) == ITP_OK);
    CU_ASSERT(report.accept > 0.6 && report.divergences < DRAWS / 50);
    slice_sample(n, density, context, q, slices, slow);
    for (size_t i = 0; i < n; i++) {
        double mean[2], sd[2], ess[2];
        for (int k = 0; k < 2; k++) {
            size_t count = k ? slices : DRAWS;
            double sum = 0, square = 0;
            for (size_t r = 0; r < count; r++) one[r] = (k ? slow : nuts)[r * n + i];
            for (size_t r = 0; r < count; r++) sum += one[r];
            mean[k] = sum / (double)count;
            for (size_t r = 0; r < count; r++) square += (one[r] - mean[k]) * (one[r] - mean[k]);
            sd[k] = sqrt(square / (double)count);
            ess[k] = itp_effective_size(1, count, one);
        }
        double error = sd[1] * sqrt(1 / ess[0] + 1 / ess[1]);
        if (fabs(mean[0] - mean[1]) > 5 * error)
            printf("\n %zu %g %g %g", i, mean[0], mean[1], error);
        CU_ASSERT(fabs(mean[0] - mean[1]) < 5 * error);
        CU_ASSERT(fabs(log(sd[0] / sd[1])) < 5 * sqrt(2) * error / sd[1]);
    }
    free(nuts);
    free(slow);
    free(one);
}

static void draws_agree_with_a_slice_sampler(void)
{
    double q[3] = {0, 0, 0}, t[2] = {0, 0}, z[12], u[3] = {-0.5, -0.5, -3};
    agree(3, banana, NULL, q, 20000);
    agree(2, heavy, NULL, t, 20000);
    itp_kernel *kernel = NULL;
    itp_pool pool;
    itp_target target;
    problem_make(&P, 1, 12, 2, 0.3);
    for (int i = 0; i < 12; i++) z[i] = (P.y[i] - 10) / 4;
    itp_kernel_create(&kernel, "matern52", 2, P.columns, NULL);
    itp_pool_init(&pool, 2);
    itp_pool_fill(&pool, 12, P.x);
    itp_task_spec spec = {.kernel = kernel,
                          .pool = &pool,
                          .z = z,
                          .has_prior = 1,
                          .measure = ITP_MEASURE_LOG,
                          .learns_noise = 1};
    CU_ASSERT_FATAL(itp_target_init(&target, &spec) == ITP_OK);
    agree(3, hyperparameters, &target, u, 4000);
    itp_target_deinit(&target);
    itp_pool_deinit(&pool);
    itp_kernel_destroy(kernel);
}

static void chains_are_judged(void)
{
    enum { N = 500 };
    double same[2 * N], apart[2 * N];
    itp_stream s;
    itp_stream_init(&s, 1, 0, "chains");
    for (int i = 0; i < 2 * N; i++) {
        same[i] = itp_stream_normal(&s);
        apart[i] = same[i] + (i < N ? 0 : 3);
    }
    CU_ASSERT(itp_split_r_hat(2, N, same) < 1.02 && itp_split_r_hat(2, N, apart) > 1.5);
    CU_ASSERT(itp_effective_size(2, N, same) > 600);
    for (int i = 1; i < N; i++)
        same[i] = 0.95 * same[i - 1] + 0.3 * same[i]; /* 1/39 of the draws */
    CU_ASSERT(itp_effective_size(1, N, same) < 80);
}

static void mixture_answers(void)
{
    static const char *const MODELS[] = {"bayes", "saas"};
    for (int m = 0; m < 2; m++) {
        itp_surrogate_options options = {.model = MODELS[m], .kernel = "matern52", .threads = 1};
        itp_fit_report report;
        char *saved = NULL;
        double x[3] = {0.4, 0.6, 0.5}, mean[2], var[2], q[3], relevance[3];
        problem_make(&P, 2, 25, 3, 0.2);
        itp_surrogate *s = problem_fit(&P, &options, &report), *t = NULL;
        CU_ASSERT(itp_surrogate_members(s) > 8);
        CU_ASSERT(report.r_hat >= 1 && report.r_hat < 2 && report.ess > 3);
        itp_surrogate_predict(s, 1, x, &mean[0], &var[0]);
        CU_ASSERT(fabs(mean[0] - problem_truth(x, 3)) < 4 * sqrt(var[0]) + 0.3);
        for (int k = 0; k < 3; k++) itp_surrogate_quantile(s, 1, x, 0.1 + 0.4 * k, &q[k]);
        CU_ASSERT(q[0] < q[1] && q[1] < q[2]);
        itp_surrogate_relevance(s, relevance);
        CU_ASSERT(relevance[0] > relevance[2]); /* the first column matters three times as much */
        itp_surrogate_save(s, &saved);
        itp_surrogate_create(&t, 3, P.columns, &options, NULL);
        CU_ASSERT(itp_surrogate_restore(t, saved, &P.data, NULL) == ITP_OK);
        itp_surrogate_predict(t, 1, x, &mean[1], &var[1]);
        CU_ASSERT(mean[0] == mean[1] && var[0] == var[1]);
        itp_data row = {1, 3, x, mean, NULL};
        CU_ASSERT(itp_surrogate_append(s, &row) == ITP_OK);
        itp_surrogate_predict(s, 1, x, &mean[1], &var[1]);
        CU_ASSERT(var[1] < var[0]);
        CU_ASSERT(itp_surrogate_remove(s, 25) == ITP_OK);
        free(saved);
        itp_surrogate_destroy(s);
        itp_surrogate_destroy(t);
    }
}

static void few_rows_are_averaged_where_that_is_asked(void)
{ /* How: the same options over more rows, and over rows with gross errors. */
    static const struct {
        size_t n, errors;
        const char *model;
    } CASES[] = {{25, 0, "bayes"}, {40, 0, "bayes"}, {41, 0, "exact"}, {40, 2, "robust"}};
    itp_surrogate_options options = {.averaged = 40, .kernel = "matern52", .threads = 1};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        itp_fit_report report;
        problem_make(&P, 5, CASES[i].n, 2, 0.2);
        for (size_t k = 0; k < CASES[i].errors; k++) P.y[7 + 11 * k] += k ? -40 : 40;
        itp_surrogate *s = problem_fit(&P, &options, &report);
        CU_ASSERT_STRING_EQUAL(report.model, CASES[i].model);
        CU_ASSERT_EQUAL(report.outliers, CASES[i].errors);
        CU_ASSERT_EQUAL(itp_surrogate_members(s) > 1, strcmp(CASES[i].model, "bayes") == 0);
        problem_make(&P, 5, 60, 2, 0.2); /* the same model grows out of it */
        CU_ASSERT_EQUAL(itp_surrogate_fit(s, &P.data, 1, &report), ITP_OK);
        CU_ASSERT_STRING_EQUAL(report.model, "exact");
        itp_surrogate_destroy(s);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"draws agree with a slice sampler", draws_agree_with_a_slice_sampler},
        {"chains are judged", chains_are_judged},
        {"mixture answers", mixture_answers},
        {"few rows are averaged where that is asked", few_rows_are_averaged_where_that_is_asked},
        CU_TEST_INFO_NULL};
    return suite_run("models/bayes", tests);
}
