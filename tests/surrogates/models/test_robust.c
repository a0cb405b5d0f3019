/* test_robust.c - planted outliers are named, clean data have none, and saved text brings them
 * back. SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "problems.h"

static problem P;
static const size_t PLANTED[] = {4, 17, 30, 41, 55};

static void plant(void)
{
    problem_make(&P, 1, 60, 2, 0.2);
    for (int k = 0; k < 5; k++) P.y[PLANTED[k]] += k % 2 ? 25 : -30;
}

static void planted_outliers_are_named(void)
{
    static const char *const MODELS[] = {"robust", "auto"};
    size_t rows[60];
    for (int m = 0; m < 2; m++) {
        itp_surrogate_options options = {.model = MODELS[m]};
        itp_fit_report report;
        double x[2] = {0.4, 0.6}, mean, var;
        plant();
        itp_surrogate *s = problem_fit(&P, &options, &report);
        CU_ASSERT_STRING_EQUAL(report.model, "robust");
        CU_ASSERT(report.outliers == 5 && itp_surrogate_outliers(s, rows, 60) == 5);
        CU_ASSERT(memcmp(rows, PLANTED, sizeof PLANTED) == 0);
        CU_ASSERT(itp_surrogate_outliers(s, NULL, 0) == 5);
        itp_surrogate_predict(s, 1, x, &mean, &var);
        CU_ASSERT(fabs(mean - problem_truth(x, 2)) < 0.4 && var < 0.2);
        double noise = sqrt(itp_surrogate_noise_var(s, 0)) * itp_surrogate_from_latent_slope(s, 0);
        CU_ASSERT(noise > 0.1 && noise < 0.4); /* rho widens nothing */
        itp_surrogate_destroy(s);
    }
}

static void clean_data_have_none(void)
{
    itp_surrogate_options options = {.model = "robust"};
    itp_fit_report report;
    for (uint64_t seed = 2; seed < 8; seed++) {
        problem_make(&P, seed, 50, 2, 0.5);
        itp_surrogate *s = problem_fit(&P, &options, &report);
        CU_ASSERT(report.outliers == 0 && itp_surrogate_outliers(s, NULL, 0) == 0);
        itp_surrogate_destroy(s);
    }
}

static void exact_data_keep_their_discoveries(void)
{ /* A needle in noiseless data is a discovery. */
    itp_fit_report report;
    itp_surrogate_options options = {.noise = ITP_NOISE_NONE};
    problem_make(&P, 9, 60, 2, 0);
    P.y[20] += 30;
    itp_surrogate *s = problem_fit(&P, &options, &report);
    CU_ASSERT(report.outliers == 0);
    itp_surrogate_destroy(s);
}

static void saved_outliers_come_back(void)
{
    itp_surrogate_options options = {.model = "robust"};
    itp_surrogate *t = NULL;
    char *saved = NULL;
    size_t rows[60];
    double x[2] = {0.1, 0.2}, mean[2], var[2];
    plant();
    itp_surrogate *s = problem_fit(&P, &options, NULL);
    CU_ASSERT_FATAL(itp_surrogate_save(s, &saved) == ITP_OK);
    itp_surrogate_create(&t, 2, P.columns, NULL, NULL);
    CU_ASSERT(itp_surrogate_restore(t, saved, &P.data, NULL) == ITP_OK);
    CU_ASSERT(itp_surrogate_outliers(t, rows, 60) == 5 && rows[4] == 55);
    itp_surrogate_predict(s, 1, x, &mean[0], &var[0]);
    itp_surrogate_predict(t, 1, x, &mean[1], &var[1]);
    CU_ASSERT(mean[0] == mean[1] && var[0] == var[1]);
    CU_ASSERT(itp_surrogate_remove(t, 10) == ITP_OK); /* rows behind move up */
    CU_ASSERT(itp_surrogate_outliers(t, rows, 60) == 5 && rows[0] == 4 && rows[1] == 16);
    free(saved);
    itp_surrogate_destroy(s);
    itp_surrogate_destroy(t);
}

int main(void)
{
    CU_TestInfo tests[] = {{"planted outliers are named", planted_outliers_are_named},
                           {"clean data have none", clean_data_have_none},
                           {"exact data keep their discoveries", exact_data_keep_their_discoveries},
                           {"saved outliers come back", saved_outliers_come_back},
                           CU_TEST_INFO_NULL};
    return suite_run("models/robust", tests);
}
