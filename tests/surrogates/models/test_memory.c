/* test_memory.c - the n-th allocation fails while a model is made, fitted, asked, given rows and
 * saved: no crash, no leak; the answer is that memory ran out, or what it always is.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "allocations.h"
#include "problems.h"

static problem P;

/* A whole life; the first thing that fails ends it. */
static itp_status live(const char *model, size_t rows, double out[2])
{
    const itp_surrogate_options options = {.model = model,
                                           .kernel = "matern52",
                                           .transform = "standardise",
                                           .threads = 1,
                                           .starts = 2};
    const double x[2] = {0.3, 0.6};
    double mean = NAN, var = NAN;
    itp_surrogate *s = NULL;
    itp_paths *paths = NULL;
    char *saved = NULL;
    itp_data most = P.data, last = P.data;
    most.n = rows - 1;
    last.n = 1;
    last.x += (rows - 1) * P.d;
    last.y += rows - 1;
    itp_status st = itp_surrogate_create(&s, P.d, P.columns, &options, NULL);
    if (st == ITP_OK) st = itp_surrogate_fit(s, &most, 1, NULL);
    if (st == ITP_OK) st = itp_surrogate_predict(s, 1, x, &mean, &var);
    if (st == ITP_OK) {
        st = itp_surrogate_append(s, &last);
        if (st != ITP_OK) CU_ASSERT_EQUAL(itp_surrogate_n(s), rows - 1);
    }
    if (st == ITP_OK) st = itp_surrogate_predict(s, 1, x, &out[0], &out[1]);
    if (st == ITP_OK) st = itp_paths_create(&paths, s, 2, 16, 1);
    if (st == ITP_OK) st = itp_surrogate_loo(s, NULL, NULL, NULL);
    if (st == ITP_OK) st = itp_surrogate_save(s, &saved);
    free(saved);
    itp_paths_destroy(paths);
    itp_surrogate_destroy(s);
    return st;
}

/* The first hundred allocations one by one, later ones here and there. */
static void survive(const char *model, size_t rows)
{
    double right[2] = {0}, got[2];
    problem_make(&P, 5, rows, 2, 0.05);
    CU_ASSERT_EQUAL_FATAL(live(model, rows, right), ITP_OK);
    long n = 1, failed = 0;
    for (int spent = 1; spent && n < 1000000; n += n < 100 ? 1 : n / 12) {
        got[0] = got[1] = NAN;
        allocations_break(n);
        itp_status st = live(model, rows, got);
        spent = allocations_mend();
        failed += st == ITP_ENOMEM;
        CU_ASSERT_TRUE(st == ITP_OK || (spent && st == ITP_ENOMEM));
        if (st != ITP_OK && st != ITP_ENOMEM)
            printf("\n  %s, n=%ld: %s\n", model, n, itp_status_name(st));
        if (!spent) { /* nothing failed: the answer is the same */
            CU_ASSERT_EQUAL(got[0], right[0]);
            CU_ASSERT_EQUAL(got[1], right[1]);
        }
    }
    CU_ASSERT_TRUE(failed > 5);
}

static void exact_models_survive_want_of_memory(void)
{
    survive("exact", 12);
}

static void robust_models_survive_want_of_memory(void)
{
    survive("robust", 12);
}

static void vecchias_survives_want_of_memory(void)
{
    survive("vecchia", 40);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"exact models survive want of memory", exact_models_survive_want_of_memory},
        {"robust models survive want of memory", robust_models_survive_want_of_memory},
        {"Vecchia's survives want of memory", vecchias_survives_want_of_memory},
        CU_TEST_INFO_NULL,
    };
    return suite_run("surrogates/models/memory", tests);
}
