/* test_calibration.c - intervals of new measurements: held as often as they say where the plain
 * ones are not, in any unit, the same bits again.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "problems.h"

enum { TESTS = 100 };
static problem P;

/* Student's t with 2 degrees of freedom: no variance at all. */
static double student2(itp_stream *s)
{
    double z = itp_stream_normal(s);
    return z / sqrt(itp_stream_exponential(s)); /* chi-square with 2, halved */
}

typedef struct {
    double plain, calibrated, half; /* shares of new measurements inside 95, 95 and 50 % */
    double gain;                    /* nats a measurement over the plain density */
} tally;

/* Few rows of a function with noise of heavy tails, larger where x0 is small. */
static void count(uint64_t seed, tally *out)
{
    static const double LEVEL[4] = {0.025, 0.975, 0.25, 0.75};
    double x[TESTS * 3], q[4][TESTS], y[TESTS], density[TESTS];
    itp_stream s;
    problem_make(&P, seed, 30, 3, 0);
    itp_stream_init(&s, seed, 1, "noise");
    for (size_t i = 0; i < P.n; i++) P.y[i] += (1 - 0.9 * P.x[3 * i]) * student2(&s);
    itp_surrogate *model = problem_fit(&P, NULL, NULL);
    for (int i = 0; i < TESTS; i++) {
        for (int c = 0; c < 3; c++) x[3 * i + c] = itp_stream_uniform(&s);
        y[i] = problem_truth(x + 3 * i, 3) + (1 - 0.9 * x[3 * i]) * student2(&s);
    }
    for (int l = 0; l < 4; l++)
        CU_ASSERT(itp_surrogate_quantile(model, TESTS, x, LEVEL[l], q[l]) == ITP_OK);
    CU_ASSERT(itp_surrogate_log_density(model, TESTS, x, y, density) == ITP_OK);
    for (int i = 0; i < TESTS; i++) {
        double mean, var, z = itp_surrogate_to_latent(model, y[i]);
        itp_latent_predict(model, 0, 1, x + 3 * i, &mean, &var);
        double sd = sqrt(var + itp_surrogate_noise_var(model, 0)), r = (z - mean) / sd;
        out->plain += fabs(r) <= 1.96;
        out->calibrated += y[i] >= q[0][i] && y[i] <= q[1][i];
        out->half += y[i] >= q[2][i] && y[i] <= q[3][i];
        if (!isfinite(density[i])) continue; /* a logarithm rules it out, under both */
        out->gain += density[i] + 0.5 * r * r + 0.9189385 +
                     log(sd * itp_surrogate_from_latent_slope(model, z));
    }
    itp_surrogate_destroy(model);
}

static void heavy_tails_are_held(void)
{
    enum { PROBLEMS = 30 };
    tally sum = {0};
    for (uint64_t seed = 0; seed < PROBLEMS; seed++) count(seed, &sum);
    double all = PROBLEMS * TESTS;
    printf(" (95 %%: plain %.3f, calibrated %.3f; 50 %%: %.3f; %.2f nats) ", sum.plain / all,
           sum.calibrated / all, sum.half / all, sum.gain / all);
    CU_ASSERT(sum.plain / all < 0.92); /* or this problem shows nothing */
    /* Rows of a problem share a fit and a calibration from 30 rows: the shares scatter by about
     * 0.01 and 0.02 between sets of problems. */
    CU_ASSERT(sum.calibrated / all > 0.91 && sum.calibrated / all < 0.98);
    CU_ASSERT(sum.half / all > 0.42 && sum.half / all < 0.58);
    CU_ASSERT(sum.gain / all > 0.1);
}

static void right_models_stay_as_they_are(void)
{
    itp_calibration c;
    problem_make(&P, 3, 200, 2, 0.5);
    itp_surrogate *s = problem_fit(&P, NULL, NULL);
    CU_ASSERT(itp_surrogate_calibrate(s, &c) == ITP_OK);
    CU_ASSERT(c.n == 200 && c.folds == 10);
    CU_ASSERT(c.coverage95 > 0.9 && c.coverage95 < 0.99);
    CU_ASSERT(c.widening50 > 0.85 && c.widening50 < 1.15);
    CU_ASSERT(c.widening95 > 0.9 && c.widening95 < 1.15);
    itp_surrogate_destroy(s);
}

static void ask(itp_surrogate *s, double *q)
{
    double x[3] = {0.3, 0.8, 0.4}, y = 11;
    CU_ASSERT(itp_surrogate_quantile(s, 1, x, 0.025, &q[0]) == ITP_OK);
    CU_ASSERT(itp_surrogate_quantile(s, 1, x, 0.9, &q[1]) == ITP_OK);
    CU_ASSERT(itp_surrogate_log_density(s, 1, x, &y, &q[2]) == ITP_OK);
}

static void threads_calls_and_restores_change_no_bit(void)
{
    itp_surrogate_options one = {.threads = 1}, two = {.threads = 2};
    double q[4][3];
    char *saved = NULL;
    problem_make(&P, 5, 130, 3, 0.8);
    itp_surrogate *a = problem_fit(&P, &one, NULL), *b = problem_fit(&P, &two, NULL), *c = NULL;
    ask(a, q[0]);
    ask(b, q[1]);
    ask(a, q[2]);
    CU_ASSERT(itp_surrogate_save(a, &saved) == ITP_OK);
    CU_ASSERT(itp_surrogate_create(&c, 3, P.columns, &one, NULL) == ITP_OK);
    CU_ASSERT(itp_surrogate_restore(c, saved, &P.data, NULL) == ITP_OK);
    ask(c, q[3]);
    for (int k = 1; k < 4; k++) CU_ASSERT(memcmp(q[0], q[k], sizeof q[0]) == 0);
    free(saved);
    itp_surrogate_destroy(a);
    itp_surrogate_destroy(b);
    itp_surrogate_destroy(c);
}

static void units_do_not_matter(void)
{
    double q[2][3];
    problem_make(&P, 6, 40, 3, 1);
    itp_surrogate_options options = {.transform = "standardise"};
    itp_surrogate *s = problem_fit(&P, &options, NULL);
    ask(s, q[0]);
    itp_surrogate_destroy(s);
    for (size_t i = 0; i < P.n; i++) P.y[i] *= 1024; /* exact, so that the fit takes the same way */
    s = problem_fit(&P, &options, NULL);
    double x[3] = {0.3, 0.8, 0.4}, y = 11 * 1024;
    itp_surrogate_quantile(s, 1, x, 0.025, &q[1][0]);
    itp_surrogate_quantile(s, 1, x, 0.9, &q[1][1]);
    itp_surrogate_log_density(s, 1, x, &y, &q[1][2]);
    CU_ASSERT(q[1][0] == 1024 * q[0][0] && q[1][1] == 1024 * q[0][1]);
    CU_ASSERT_DOUBLE_EQUAL(q[1][2], q[0][2] - log(1024), 1e-12);
    itp_surrogate_destroy(s);
}

static void every_change_calibrates_again(void)
{
    double q[3][3], x[3] = {0.5, 0.5, 0.5}, far = 300;
    itp_data row = {1, 3, x, &far, NULL};
    problem_make(&P, 7, 40, 3, 0.3);
    itp_surrogate *s = problem_fit(&P, NULL, NULL);
    ask(s, q[0]);
    CU_ASSERT(itp_surrogate_append(s, &row) == ITP_OK);
    ask(s, q[1]);
    CU_ASSERT(q[1][1] - q[1][0] > 1.02 * (q[0][1] - q[0][0])); /* one in 41 was far off */
    CU_ASSERT(itp_surrogate_remove(s, 40) == ITP_OK);
    ask(s, q[2]);
    for (int k = 0; k < 3; k++) CU_ASSERT_DOUBLE_EQUAL(q[2][k], q[0][k], 1e-6);
    itp_surrogate_destroy(s);
}

/* Every kind of model, and hardly any rows. */
static void every_model_answers(void)
{
    static const char *const MODELS[] = {"exact", "robust", "vecchia", "bayes", "saas"};
    static const size_t ROWS[] = {0, 1, 2, 3, 25};
    for (int m = 0; m < 5; m++)
        for (int k = 0; k < 5; k++) {
            itp_surrogate_options options = {.model = MODELS[m], .threads = 1};
            double q[3];
            itp_calibration c;
            problem_make(&P, 8, ROWS[k], 3, 0.3);
            itp_surrogate *s = problem_fit(&P, &options, NULL);
            ask(s, q);
            CU_ASSERT(isfinite(q[0]) && isfinite(q[1]) && q[0] < q[1] && isfinite(q[2]));
            CU_ASSERT(itp_surrogate_calibrate(s, &c) == ITP_OK && c.n == ROWS[k]);
            CU_ASSERT((c.folds > 0) == (m < 2 && k > 1));
            CU_ASSERT(isfinite(c.coverage95) && c.widening50 > 0 && c.widening95 > 0);
            itp_surrogate_destroy(s);
        }
}

static void wrong_questions_are_refused(void)
{
    double x[3] = {0.5, 0.5, 0.5}, q = 7, nan = NAN, zero = 0;
    itp_surrogate *s = NULL;
    problem_make(&P, 9, 20, 3, 0.1);
    CU_ASSERT(itp_surrogate_create(&s, 3, P.columns, NULL, NULL) == ITP_OK);
    CU_ASSERT(itp_surrogate_calibrate(s, NULL) == ITP_ENOTFIT);
    CU_ASSERT(itp_surrogate_quantile(s, 1, x, 0.5, &q) == ITP_ENOTFIT);
    CU_ASSERT(itp_surrogate_log_density(s, 1, x, &q, &q) == ITP_ENOTFIT);
    itp_surrogate_destroy(s);
    itp_surrogate_options log_scale = {.transform = "log"};
    s = problem_fit(&P, &log_scale, NULL);
    CU_ASSERT(itp_surrogate_quantile(s, 1, x, 1, &q) == ITP_EINVAL);
    CU_ASSERT(itp_surrogate_log_density(s, 1, x, &nan, &q) == ITP_ENONFINITE && q == 7);
    CU_ASSERT(itp_surrogate_log_density(s, 1, x, &zero, &q) == ITP_OK && q == -INFINITY);
    itp_surrogate_destroy(s);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"heavy tails are held", heavy_tails_are_held},
        {"right models stay as they are", right_models_stay_as_they_are},
        {"threads, calls and restores change no bit", threads_calls_and_restores_change_no_bit},
        {"units do not matter", units_do_not_matter},
        {"every change calibrates again", every_change_calibrates_again},
        {"every model answers", every_model_answers},
        {"wrong questions are refused", wrong_questions_are_refused},
        CU_TEST_INFO_NULL};
    return suite_run("models/calibration", tests);
}
