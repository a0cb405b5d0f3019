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

/* Exact readings of a smooth function, four of them gross errors, and what a new error does. */
enum { EXACT_N = 50, LATE = 44 };
static const size_t EARLY[] = {4, 17, 23, 30};

static void plant_in_exact(size_t n)
{
    problem_make(&P, 5, EXACT_N, 3, 0);
    for (int k = 0; k < 4; k++) P.y[EARLY[k]] += k % 2 ? 30 : -40;
    P.y[LATE] += 25;
    P.data.n = n;
}

static double error_at(const itp_surrogate *s)
{
    double x[3] = {0.4, 0.6, 0.5}, mean;
    itp_surrogate_predict(s, 1, x, &mean, NULL);
    return fabs(mean - problem_truth(x, 3));
}

static void errors_do_not_blur_exact_readings(void)
{ /* Row by row across a new error: named when it comes, and the noise stays at its floor. */
    plant_in_exact(LATE - 4);
    itp_surrogate *s = problem_fit(&P, NULL, NULL);
    for (size_t n = LATE - 4; n <= EXACT_N; n++) {
        itp_data more = {1, 3, P.x + (n - 1) * 3, P.y + n - 1, NULL};
        size_t rows[EXACT_N];
        P.data.n = n;
        if (n > LATE - 4) CU_ASSERT(itp_surrogate_append(s, &more) == ITP_OK);
        CU_ASSERT_FATAL(itp_surrogate_fit(s, &P.data, n, NULL) == ITP_OK);
        CU_ASSERT(itp_surrogate_outliers(s, rows, EXACT_N) == (n > LATE ? 5u : 4u));
        CU_ASSERT(memcmp(rows, EARLY, sizeof EARLY) == 0);
        if (n > LATE) CU_ASSERT(rows[4] == LATE);
        CU_ASSERT(itp_surrogate_noise_var(s, 0) < 1e-5 && error_at(s) < 0.02);
    }
    itp_surrogate_destroy(s);
}

static void what_is_repeated_is_no_error(void)
{
    plant_in_exact(40);
    memcpy(P.x + 40 * 3, P.x + EARLY[1] * 3, 3 * sizeof *P.x);
    P.y[40] = P.y[EARLY[1]];
    itp_surrogate *s = problem_fit(&P, NULL, NULL);
    CU_ASSERT(itp_surrogate_outliers(s, NULL, 0) == 4);
    P.data.n = 41;
    CU_ASSERT(itp_surrogate_fit(s, &P.data, 2, NULL) == ITP_OK);
    size_t rows[EXACT_N];
    CU_ASSERT(itp_surrogate_outliers(s, rows, EXACT_N) == 3);
    CU_ASSERT(rows[0] == EARLY[0] && rows[1] == EARLY[2] && rows[2] == EARLY[3]);
    itp_surrogate_destroy(s);
}

static void a_restored_model_goes_on_as_the_kept_one(void)
{ /* What was set apart is part of the record, so that a replay fits the same. */
    itp_surrogate *t = NULL;
    char *saved = NULL, *kept = NULL, *again = NULL;
    plant_in_exact(LATE);
    itp_surrogate *s = problem_fit(&P, NULL, NULL);
    CU_ASSERT_FATAL(itp_surrogate_save(s, &saved) == ITP_OK);
    itp_surrogate_create(&t, 3, P.columns, NULL, NULL);
    CU_ASSERT_FATAL(itp_surrogate_restore(t, saved, &P.data, NULL) == ITP_OK);
    itp_data more = {1, 3, P.x + LATE * 3, P.y + LATE, NULL};
    itp_surrogate *both[] = {s, t};
    P.data.n = LATE + 1;
    for (int k = 0; k < 2; k++) {
        CU_ASSERT(itp_surrogate_append(both[k], &more) == ITP_OK);
        CU_ASSERT(itp_surrogate_fit(both[k], &P.data, 7, NULL) == ITP_OK);
    }
    CU_ASSERT(itp_surrogate_save(s, &kept) == ITP_OK && itp_surrogate_save(t, &again) == ITP_OK);
    CU_ASSERT_STRING_EQUAL(kept, again);
    free(saved);
    free(kept);
    free(again);
    itp_surrogate_destroy(s);
    itp_surrogate_destroy(t);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"planted outliers are named", planted_outliers_are_named},
        {"clean data have none", clean_data_have_none},
        {"exact data keep their discoveries", exact_data_keep_their_discoveries},
        {"saved outliers come back", saved_outliers_come_back},
        {"errors do not blur exact readings", errors_do_not_blur_exact_readings},
        {"what is repeated is no error", what_is_repeated_is_no_error},
        {"a restored model goes on as the kept one", a_restored_model_goes_on_as_the_kept_one},
        CU_TEST_INFO_NULL};
    return suite_run("models/robust", tests);
}
