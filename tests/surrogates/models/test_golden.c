/* test_golden.c - likelihood, mean and covariance against scikit-learn for each kernel both have,
 * and against 50 digits where the matrix is ill-conditioned.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "golden_exact.h"

#include <float.h>
#include <math.h>

#include "evidence.h"
#include "gp.h"
#include "normal.h"
#include "suite.h"

static const itp_column COLUMNS[2] = {{ITP_COLUMN_REAL, 0, 0, 0}, {ITP_COLUMN_REAL, 0, 1, 0}};

/* theta of the golden scripts' hyperparameters. */
static void hyperparameters(const char *kernel, double theta[3])
{
    theta[0] = log(0.4);
    theta[1] = log(0.9);
    theta[2] = 0;
    if (kernel[0] == 'r' && kernel[1] == 'q') theta[1] = theta[0], theta[2] = log(0.7);
    if (kernel[0] == 'l') theta[0] = theta[1] = 0;            /* unit variances */
    if (kernel[0] == 'p') theta[0] = log(0.8 / (2 * ITP_PI)); /* ours is per circumference 1 */
}

static void check(const char *name, size_t d, const double *theta, double noise, const double *x,
                  const double *xq, const double *y, double log_likelihood, const double *mean,
                  const double *cov, double tolerance)
{
    itp_kernel *kernel = NULL;
    itp_pool pool;
    itp_evidence evidence;
    itp_gp gp;
    double v[GOLDEN_N], m[GOLDEN_Q], c[GOLDEN_Q * GOLDEN_Q];
    CU_ASSERT_FATAL(itp_kernel_create(&kernel, name, d, COLUMNS, NULL) == ITP_OK);
    for (int i = 0; i < GOLDEN_N; i++) v[i] = noise;
    itp_pool_init(&pool, d);
    itp_pool_fill(&pool, GOLDEN_N, x);
    itp_problem problem = {kernel, &pool, pool.x, y, ITP_CRITERION_LIKELIHOOD, 1};
    CU_ASSERT_FATAL(itp_evidence_init(&evidence, &problem) == ITP_OK);
    double value = itp_evidence_eval(&evidence, theta, v, NULL, NULL);
    CU_ASSERT_DOUBLE_EQUAL(value, log_likelihood, tolerance * (1 + fabs(log_likelihood)));
    itp_gp_init(&gp, kernel, d);
    CU_ASSERT(itp_gp_factor(&gp, theta, NULL, 0, GOLDEN_N, x, y, v) == ITP_OK);
    CU_ASSERT(gp.info.jitter == 0);
    CU_ASSERT(itp_gp_joint(&gp, GOLDEN_Q, xq, m, c) == ITP_OK);
    for (int i = 0; i < GOLDEN_Q; i++) CU_ASSERT_DOUBLE_EQUAL(m[i], mean[i], tolerance);
    for (int i = 0; i < GOLDEN_Q * GOLDEN_Q; i++) CU_ASSERT_DOUBLE_EQUAL(c[i], cov[i], tolerance);
    itp_gp_deinit(&gp);
    itp_evidence_deinit(&evidence);
    itp_pool_deinit(&pool);
    itp_kernel_destroy(kernel);
}

static void scikit_learn_agrees(void)
{
    for (size_t k = 0; k < sizeof GOLDEN_CASES / sizeof *GOLDEN_CASES; k++) {
        const golden_case *g = &GOLDEN_CASES[k];
        double theta[3], x[GOLDEN_N * 2], xq[GOLDEN_Q * 2];
        size_t d = (size_t)g->d;
        for (size_t i = 0; i < GOLDEN_N; i++)
            for (size_t c = 0; c < d; c++) x[i * d + c] = GOLDEN_X[i * 2 + c];
        for (size_t i = 0; i < GOLDEN_Q; i++)
            for (size_t c = 0; c < d; c++) xq[i * d + c] = GOLDEN_XQ[i * 2 + c];
        hyperparameters(g->kernel, theta);
        check(g->kernel, d, theta, 0.01, x, xq, GOLDEN_Y, g->log_likelihood, g->mean, g->cov, 1e-9);
    }
}

/* Tolerance: n eps times the condition number for what passes through K^-1 against smooth data,
 * with the growth that numerical analysts expect of it in practice, a tenth; at 1e14 that is 0.03.
 */
static void fifty_digits_agree(void)
{
    for (size_t k = 0; k < sizeof GOLDEN_HARD / sizeof *GOLDEN_HARD; k++) {
        const golden_hard *g = &GOLDEN_HARD[k];
        double theta[3], x[GOLDEN_N * 2], xq[GOLDEN_Q * 2];
        for (int i = 0; i < GOLDEN_N * 2; i++) x[i] = GOLDEN_X[i] * g->spread;
        for (int i = 0; i < GOLDEN_Q * 2; i++) xq[i] = GOLDEN_XQ[i] * g->spread;
        hyperparameters("rbf", theta);
        double tolerance = 1e-12 + 0.1 * GOLDEN_N * DBL_EPSILON * g->condition;
        check("rbf", 2, theta, g->noise, x, xq, g->y, g->log_likelihood, g->mean, g->cov,
              tolerance);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {{"scikit-learn agrees", scikit_learn_agrees},
                           {"fifty digits agree", fifty_digits_agree},
                           CU_TEST_INFO_NULL};
    return suite_run("models/golden", tests);
}
