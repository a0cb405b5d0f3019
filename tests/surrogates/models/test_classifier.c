/* test_classifier.c - Laplace's evidence and the probability of success: gradients, and what it
 * learns. SPDX-License-Identifier: GPL-3.0-or-later */
#include "laplace.h"

#include <string.h>

#include "problems.h"

static problem P;
static int LABELS[PROBLEM_N];

/* Works inside a disc around (0.3, 0.6). */
static void disc(size_t n, uint64_t seed)
{
    problem_make(&P, seed, n, 2, 0);
    for (size_t i = 0; i < n; i++) LABELS[i] = hypot(P.x[2 * i] - 0.3, P.x[2 * i + 1] - 0.6) < 0.35;
}

static void evidence_gradient_meets_differences(void)
{
    itp_laplace l;
    itp_kernel *kernel = NULL;
    double u[3] = {-1.1, -0.4, 0.8}, grad[3];
    disc(35, 1);
    LABELS[4] = 1 - LABELS[4]; /* one that contradicts its neighbours */
    itp_kernel_create(&kernel, "matern52", 2, P.columns, NULL);
    CU_ASSERT_FATAL(itp_laplace_init(&l, kernel, 35, 2, P.x, LABELS) == ITP_OK);
    itp_laplace_eval(&l, u, grad);
    for (int p = 0; p < 3; p++) {
        double h = 1e-4, old = u[p];
        u[p] = old + h;
        double up = itp_laplace_eval(&l, u, NULL);
        u[p] = old - h;
        double down = itp_laplace_eval(&l, u, NULL);
        u[p] = old;
        CU_ASSERT_DOUBLE_EQUAL(grad[p], (up - down) / (2 * h), 1e-5);
    }
    itp_laplace_deinit(&l);
    itp_kernel_destroy(kernel);
}

static void mode_is_where_its_equation_holds(void)
{
    itp_laplace l;
    itp_kernel *kernel = NULL;
    double u[3] = {-1, -1, 1};
    disc(30, 2);
    itp_kernel_create(&kernel, "rbf", 2, P.columns, NULL);
    itp_laplace_init(&l, kernel, 30, 2, P.x, LABELS);
    itp_laplace_eval(&l, u, NULL);
    for (int i = 0; i < 30; i++) { /* f = K grad log p: R&W 3.17 */
        double sum = 0;
        for (int j = 0; j < 30; j++)
            sum += (i >= j ? l.k[i * 30 + j] : l.k[j * 30 + i]) * l.slope[j];
        CU_ASSERT_DOUBLE_EQUAL(l.f[i], sum, 1e-4);
    }
    itp_laplace_deinit(&l);
    itp_kernel_destroy(kernel);
}

static void probability_follows_the_disc(void)
{
    itp_classifier *c = NULL;
    double inside[2] = {0.3, 0.6}, outside[2] = {0.8, 0.25}, p, q, grad[2];
    disc(120, 3);
    CU_ASSERT_FATAL(itp_classifier_create(&c, 2, P.columns) == ITP_OK);
    CU_ASSERT(itp_classifier_log_prob(c, inside, &p, NULL) == ITP_ENOTFIT);
    CU_ASSERT(itp_classifier_fit(c, 120, P.x, LABELS, 1) == ITP_OK);
    itp_classifier_log_prob(c, inside, &p, NULL);
    itp_classifier_log_prob(c, outside, &q, NULL);
    CU_ASSERT(exp(p) > 0.9 && exp(q) < 0.2);
    int right = 0;
    for (int i = 0; i < 120; i++) {
        itp_classifier_log_prob(c, P.x + 2 * i, &p, NULL);
        right += (exp(p) > 0.5) == LABELS[i];
    }
    CU_ASSERT(right > 115);
    for (int i = 0; i < 20; i++) {
        double *x = P.x + 2 * i, up, down, h = 1e-5;
        itp_classifier_log_prob(c, x, &p, grad);
        for (int e = 0; e < 2; e++) {
            double old = x[e];
            x[e] = old + h;
            itp_classifier_log_prob(c, x, &up, NULL);
            x[e] = old - h;
            itp_classifier_log_prob(c, x, &down, NULL);
            x[e] = old;
            CU_ASSERT_DOUBLE_EQUAL(grad[e], (up - down) / (2 * h), 1e-6 * (1 + fabs(grad[e])));
        }
    }
    itp_classifier_destroy(c);
}

static void one_class_and_no_data_are_answered(void)
{
    itp_classifier *c = NULL;
    double x[2] = {0.5, 0.5}, p, grad[2];
    itp_classifier_create(&c, 2, P.columns);
    CU_ASSERT(itp_classifier_fit(c, 0, NULL, NULL, 1) == ITP_OK);
    CU_ASSERT(itp_classifier_log_prob(c, x, &p, grad) == ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(p, log(0.5), 1e-12);
    CU_ASSERT(grad[0] == 0);
    disc(20, 4);
    for (int all = 0; all < 2; all++) {
        for (int i = 0; i < 20; i++) LABELS[i] = all;
        CU_ASSERT(itp_classifier_fit(c, 20, P.x, LABELS, 1) == ITP_OK);
        itp_classifier_log_prob(c, x, &p, NULL);
        CU_ASSERT(isfinite(p) && (all ? exp(p) > 0.8 : exp(p) < 0.2));
    }
    memcpy(P.x + 2, P.x, 2 * sizeof *P.x); /* a contradiction at one place */
    LABELS[0] = 1, LABELS[1] = 0;
    CU_ASSERT(itp_classifier_fit(c, 20, P.x, LABELS, 1) == ITP_OK);
    itp_classifier_destroy(c);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"evidence gradient meets differences", evidence_gradient_meets_differences},
        {"mode is where its equation holds", mode_is_where_its_equation_holds},
        {"probability follows the disc", probability_follows_the_disc},
        {"one class and no data are answered", one_class_and_no_data_are_answered},
        CU_TEST_INFO_NULL};
    return suite_run("models/classifier", tests);
}
