/* test_scales.c - the mixture of scales against distributions that are known.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "scales.h"

#include <math.h>

#include "normal.h"
#include "stream.h"
#include "suite.h"

enum { N = 4000 };
static double R[N];

/* Student's t with 3 degrees of freedom. */
static double student3(itp_stream *s)
{
    double square = 0, z = itp_stream_normal(s);
    for (int k = 0; k < 3; k++) square += pow(itp_stream_normal(s), 2);
    return z / sqrt(square / 3);
}

static void normal_residuals_stay_normal(void)
{
    itp_scales g;
    itp_stream s;
    itp_stream_init(&s, 1, 0, "scales");
    for (int i = 0; i < N; i++) R[i] = 1.5 * itp_stream_normal(&s);
    CU_ASSERT(itp_scales_fit(&g, N, R) == ITP_OK);
    /* An empirical quantile of 4000 has a standard error of 2 to 3 % there. */
    CU_ASSERT_DOUBLE_EQUAL(itp_scales_quantile(&g, 0.75) / (1.5 * 0.6745), 1, 0.06);
    CU_ASSERT_DOUBLE_EQUAL(itp_scales_quantile(&g, 0.975) / (1.5 * 1.96), 1, 0.06);
}

static void tails_are_found(void)
{
    itp_scales g;
    itp_stream s;
    itp_stream_init(&s, 2, 0, "scales");
    for (int i = 0; i < N; i++) R[i] = student3(&s);
    CU_ASSERT(itp_scales_fit(&g, N, R) == ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(itp_scales_quantile(&g, 0.75) / 0.7649, 1, 0.06);
    CU_ASSERT_DOUBLE_EQUAL(itp_scales_quantile(&g, 0.975) / 3.1824, 1, 0.1);
    CU_ASSERT_DOUBLE_EQUAL(itp_scales_quantile(&g, 0.995) / 5.8409, 1, 0.2);
}

static void a_spike_with_a_slab_is_found(void)
{
    itp_scales g;
    itp_stream s;
    itp_stream_init(&s, 3, 0, "scales");
    for (int i = 0; i < N; i++) R[i] = (i % 5 ? 0.05 : 2) * itp_stream_normal(&s);
    CU_ASSERT(itp_scales_fit(&g, N, R) == ITP_OK);
    double half50 = itp_scales_quantile(&g, 0.75), half95 = itp_scales_quantile(&g, 0.975);
    CU_ASSERT(half50 > 0.03 && half50 < 0.06);
    CU_ASSERT(half95 > 1.9 && half95 < 2.7); /* 2.30: where a normal of sd 2 leaves 25 % outside */
}

static void few_residuals_move_little(void)
{
    itp_scales none, one;
    double r = 0.4;
    CU_ASSERT(itp_scales_fit(&none, 0, NULL) == ITP_OK && itp_scales_fit(&one, 1, &r) == ITP_OK);
    double before = itp_scales_quantile(&none, 0.975), after = itp_scales_quantile(&one, 0.975);
    CU_ASSERT(before > 1.96 && before < 4 && after < before && after > 0.6 * before);
}

static void quantiles_density_and_extremes_agree(void)
{
    itp_scales g;
    double sum = 0, below = 0, limit, step = 1e-3;
    for (int i = 0; i < 60; i++) R[i] = i == 7 ? 1e6 : sin(i);
    CU_ASSERT(itp_scales_fit(&g, 60, R) == ITP_OK);
    for (size_t k = 0; k < ITP_SCALES; k++) {
        CU_ASSERT(g.weight[k] > 0);
        sum += g.weight[k];
    }
    CU_ASSERT_DOUBLE_EQUAL(sum, 1, 1e-12);
    limit = itp_scales_quantile(&g, 0.9);
    CU_ASSERT_DOUBLE_EQUAL(itp_scales_quantile(&g, 0.1), -limit, 1e-12);
    CU_ASSERT(itp_scales_quantile(&g, 0.25) == -itp_scales_quantile(&g, 0.75));
    CU_ASSERT(itp_scales_quantile(&g, 0.5) == 0);
    for (double r = 0.5 * step; r < limit; r += step) /* by the midpoint rule */
        below += step * exp(itp_scales_log_density(&g, r));
    CU_ASSERT_DOUBLE_EQUAL(below, 0.4, 2e-3);
    CU_ASSERT(isfinite(itp_scales_log_density(&g, 1e12)));
    CU_ASSERT(isfinite(itp_scales_quantile(&g, 1e-300)));
}

static void score_of_a_mixture(void)
{
    double t[2] = {-1, 3}, far[2] = {40, 60}, share[2] = {log(0.25), log(0.75)};
    double p = 0.25 * itp_ndtr(-1) + 0.75 * itp_ndtr(3);
    CU_ASSERT(itp_mixture_score(1, t, NULL) == -1);
    CU_ASSERT_DOUBLE_EQUAL(itp_mixture_score(2, t, share), itp_ndtri(p), 1e-13);
    /* Far out the nearer member decides: 1 - P = Phi(-40) / 2. */
    CU_ASSERT_DOUBLE_EQUAL(itp_log_ndtr(-itp_mixture_score(2, far, NULL)),
                           itp_log_ndtr(-40) - log(2), 1e-9);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"normal residuals stay normal", normal_residuals_stay_normal},
        {"tails are found", tails_are_found},
        {"a spike with a slab is found", a_spike_with_a_slab_is_found},
        {"few residuals move little", few_residuals_move_little},
        {"quantiles, density and extremes agree", quantiles_density_and_extremes_agree},
        {"score of a mixture", score_of_a_mixture},
        CU_TEST_INFO_NULL};
    return suite_run("numerics/scales", tests);
}
