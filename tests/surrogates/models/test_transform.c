/* test_transform.c - there and back, slopes, moments by brute force, and odd data.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "transform.h"

#include <math.h>

#include "normal.h"
#include "stream.h"
#include "suite.h"
#include "warp.h"

enum { N = 400 };
static double Y[N];

static void draw(double scale, double shift)
{
    itp_stream s;
    itp_stream_init(&s, 1, 0, "y");
    for (int i = 0; i < N; i++) Y[i] = shift + scale * exp(0.8 * itp_stream_normal(&s));
}

static void there_and_back(void)
{
    static const double SCALES[] = {1e-12, 1, 1e12};
    for (int kind = 0; kind < 3; kind++)
        for (int k = 0; k < 3; k++) {
            itp_transform t;
            draw(SCALES[k], 0);
            CU_ASSERT(itp_transform_fit(&t, (itp_transform_kind)kind, N, Y) == ITP_OK);
            CU_ASSERT(itp_transform_find(itp_transform_name(t.kind)) == kind);
            double mean = 0, square = 0;
            for (int i = 0; i < N; i++) {
                double z = itp_transform_to(&t, Y[i]), h = 1e-5;
                CU_ASSERT_DOUBLE_EQUAL(itp_transform_from(&t, z) / Y[i], 1, 1e-11);
                double slope =
                    (itp_transform_from(&t, z + h) - itp_transform_from(&t, z - h)) / (2 * h);
                CU_ASSERT_DOUBLE_EQUAL(itp_transform_slope(&t, z) / slope, 1, 1e-4);
                mean += z / N;
                square += z * z / (N - 1);
            }
            CU_ASSERT_DOUBLE_EQUAL(mean, 0, 1e-10);
            CU_ASSERT_DOUBLE_EQUAL(square, 1, 1e-9);
        }
}

static void yeo_johnson_straightens(void)
{ /* Skewness of a lognormal with sd 0.8 is 3.7; after the transform a third of it is left. */
    itp_transform t;
    double skew = 0;
    draw(1, 0);
    itp_transform_fit(&t, ITP_TRANSFORM_YEO_JOHNSON, N, Y);
    for (int i = 0; i < N; i++) skew += pow(itp_transform_to(&t, Y[i]), 3) / N;
    CU_ASSERT(fabs(skew) < 1.5 && t.lambda < 0.1);
}

static void moments_match_brute_force(void)
{
    for (int kind = 0; kind < 3; kind++) {
        itp_transform t;
        double mean, var, first = 0, second = 0, m = 0.4, v = 0.09;
        enum { STEPS = 20000 };
        draw(2, 3);
        itp_transform_fit(&t, (itp_transform_kind)kind, N, Y);
        itp_transform_moments(&t, m, v, &mean, &var);
        for (int i = 0; i < STEPS; i++) {
            double y = itp_transform_from(&t, m + sqrt(v) * itp_ndtri((i + 0.5) / STEPS));
            first += y / STEPS;
            second += (y - mean) * (y - mean) / STEPS;
        }
        CU_ASSERT_DOUBLE_EQUAL(mean, first, 1e-4 * fabs(first));
        CU_ASSERT_DOUBLE_EQUAL(var, second, 2e-3 * second);
    }
}

static void odd_data_give_finite_transforms(void)
{
    static const double ODD[][4] = {{5, 5, 5, 5},
                                    {0, 0, 0, 0},
                                    {-1e300, 1e300, 1e300, -1e300},
                                    {1e-300, 2e-300, 3e-300, 1e-300},
                                    {1, 1, 1, 1e15},
                                    {1e15, 1e15 + 1, 1e15, 1e15}};
    for (int kind = 0; kind < 3; kind++)
        for (int k = 0; k < 6; k++)
            for (size_t n = 0; n <= 4; n++) {
                itp_transform t;
                CU_ASSERT(itp_transform_fit(&t, (itp_transform_kind)kind, n, ODD[k]) == ITP_OK);
                for (size_t i = 0; i < n; i++) CU_ASSERT(isfinite(itp_transform_to(&t, ODD[k][i])));
                CU_ASSERT(t.s0 > 0 && t.s1 > 0 && isfinite(t.s0) && isfinite(t.s1));
            }
}

static void warp_derivatives_meet_differences(void)
{
    itp_column column = {ITP_COLUMN_REAL, 0, 0, 0};
    itp_warp w = {0};
    CU_ASSERT_FATAL(itp_warp_init(&w, 1, &column) == ITP_OK && w.n == 1);
    w.p[0] = 0.4, w.p[1] = -0.6;
    for (double x = 0.05; x < 1; x += 0.1) {
        double h = 1e-6, up, down, by[2], xu = x + h, xd = x - h;
        itp_warp_apply(&w, 1, 1, &xu, &up);
        itp_warp_apply(&w, 1, 1, &xd, &down);
        CU_ASSERT_DOUBLE_EQUAL(itp_warp_slope(&w, 0, x), (up - down) / (2 * h), 1e-7);
        itp_warp_by_params(&w, 0, x, &by[0], &by[1]);
        for (int p = 0; p < 2; p++) {
            double old = w.p[p];
            w.p[p] = old + h;
            itp_warp_apply(&w, 1, 1, &x, &up);
            w.p[p] = old - h;
            itp_warp_apply(&w, 1, 1, &x, &down);
            w.p[p] = old;
            CU_ASSERT_DOUBLE_EQUAL(by[p], (up - down) / (2 * h), 1e-7);
        }
    }
    itp_warp_deinit(&w);
}

int main(void)
{
    CU_TestInfo tests[] = {{"there and back", there_and_back},
                           {"yeo-johnson straightens", yeo_johnson_straightens},
                           {"moments match brute force", moments_match_brute_force},
                           {"odd data give finite transforms", odd_data_give_finite_transforms},
                           {"warp derivatives meet differences", warp_derivatives_meet_differences},
                           CU_TEST_INFO_NULL};
    return suite_run("models/transform", tests);
}
