/* test_hypervolume.c - volumes and boxes against counting and inclusion-exclusion.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "expected_volume.h"
#include "stream.h"
#include "suite.h"

enum { POINTS = 9, GOALS = 4 };

static void draw(itp_stream *stream, size_t n, size_t m, double *y)
{
    for (size_t i = 0; i < n * m; i++) y[i] = itp_stream_uniform(stream);
}

/* Volume of a union of boxes by inclusion-exclusion over all subsets: an independent route. */
static double by_inclusion(size_t n, size_t m, const double *y, const double *reference)
{
    double volume = 0;
    for (size_t subset = 1; subset < (size_t)1 << n; subset++) {
        double part = 1;
        int members = 0;
        for (size_t j = 0; j < m; j++) {
            double low = INFINITY;
            for (size_t i = 0; i < n; i++)
                if (subset >> i & 1) low = fmin(low, y[i * m + j]);
            part *= fmax(0, low - reference[j]);
        }
        for (size_t i = 0; i < n; i++) members += (int)(subset >> i & 1);
        volume += members % 2 ? part : -part;
    }
    return volume;
}

static void volume_equals_inclusion_exclusion(void)
{
    itp_stream stream;
    itp_stream_init(&stream, 1, 0, "volume");
    for (int round = 0; round < 40; round++) {
        size_t m = 1 + (size_t)round % GOALS;
        double y[POINTS * GOALS], copy[POINTS * GOALS], reference[GOALS];
        draw(&stream, POINTS, m, y);
        for (size_t j = 0; j < m; j++) reference[j] = 0.3 * itp_stream_uniform(&stream) - 0.1;
        if (round % 3 == 0) memcpy(y, y + m, m * sizeof *y); /* a repeated point */
        memcpy(copy, y, sizeof copy);
        /* 512 terms of size one: rounding far below 1e-12. */
        CU_ASSERT_DOUBLE_EQUAL(itp_hypervolume(POINTS, m, copy, reference),
                               by_inclusion(POINTS, m, y, reference), 1e-12);
    }
    double one[] = {2, 3}, zero[] = {0, 0}, below[] = {-1, 5};
    CU_ASSERT_DOUBLE_EQUAL(itp_hypervolume(1, 2, one, zero), 6, 1e-15);
    CU_ASSERT_EQUAL(itp_hypervolume(1, 2, below, zero), 0);
    CU_ASSERT_EQUAL(itp_hypervolume(0, 2, one, zero), 0);
}

static void boxes_are_what_is_not_dominated(void)
{
    itp_stream stream;
    itp_stream_init(&stream, 2, 0, "boxes");
    for (int round = 0; round < 12; round++) {
        size_t m = 2 + (size_t)round % 3;
        double y[POINTS * GOALS], reference[GOALS] = {0.1, 0.1, 0.1, 0.1};
        draw(&stream, POINTS, m, y);
        size_t n = itp_front(POINTS, m, y, reference);
        itp_boxes boxes = {.m = m};
        CU_ASSERT_EQUAL_FATAL(itp_boxes_add(&boxes, n, y, reference), ITP_OK);
        for (int probe = 0; probe < 300; probe++) {
            double p[GOALS];
            draw(&stream, 1, m, p);
            int dominated = 0, above = 1, inside = 0;
            for (size_t j = 0; j < m; j++) above &= p[j] > reference[j];
            for (size_t i = 0; i < n; i++) {
                size_t covers = 0;
                for (size_t j = 0; j < m; j++) covers += y[i * m + j] >= p[j];
                dominated |= covers == m;
            }
            for (size_t b = 0; b < boxes.n; b++) {
                size_t within = 0;
                for (size_t j = 0; j < m; j++)
                    within += p[j] > boxes.low[b * m + j] && p[j] <= boxes.high[b * m + j];
                inside += within == m;
            }
            CU_ASSERT_EQUAL(inside, above && !dominated); /* in exactly one box, or in none */
        }
        itp_boxes_deinit(&boxes);
    }
}

static void the_front_is_what_nothing_dominates(void)
{
    double y[] = {1, 1, 2, 0.5, 1, 1, 0.5, 2, 0.4, 0.4}, reference[] = {0, 0};
    CU_ASSERT_EQUAL(itp_front(5, 2, y, reference), 3); /* (1,1) once, (2,.5), (.5,2) */
    double far[] = {5, 6};
    double z[] = {1, 1, 2, 2};
    CU_ASSERT_EQUAL(itp_front(2, 2, z, far), 0);
}

/* How: the gain in volume of normal draws, by adding each to the front. */
static void expected_volume_is_the_mean_gain(void)
{
    enum { DRAWS = 20000 };
    static const double MEANS[][3] = {{0.5, 0.5, 0.5}, {0.9, 0.2, 0.4}, {0.1, 0.1, 0.2}};
    itp_stream stream;
    itp_stream_init(&stream, 3, 0, "expected");
    for (size_t m = 2; m <= 3; m++) {
        double y[POINTS * GOALS], copy[POINTS * GOALS], reference[GOALS] = {0.1, 0.05, 0.1, 0.1};
        double sd[] = {0.2, 0.1, 0.3}, work[4 * POINTS * POINTS * GOALS];
        draw(&stream, POINTS - 1, m, y);
        memcpy(copy, y, sizeof copy);
        double before = itp_hypervolume(POINTS - 1, m, copy, reference);
        itp_expected_volume volume;
        memcpy(copy, y, sizeof copy);
        CU_ASSERT_EQUAL_FATAL(itp_expected_volume_init(&volume, POINTS - 1, m, copy, reference),
                              ITP_OK);
        CU_ASSERT_FATAL(volume.edges <= sizeof work / sizeof *work);
        for (size_t k = 0; k < sizeof MEANS / sizeof *MEANS; k++) {
            double sum = 0, squares = 0;
            for (int i = 0; i < DRAWS; i++) {
                memcpy(copy, y, sizeof copy);
                for (size_t j = 0; j < m; j++)
                    copy[(POINTS - 1) * m + j] = MEANS[k][j] + sd[j] * itp_stream_normal(&stream);
                double gain = itp_hypervolume(POINTS, m, copy, reference) - before;
                sum += gain, squares += gain * gain;
            }
            double mean = sum / DRAWS, error = sqrt(squares / DRAWS - mean * mean) / sqrt(DRAWS);
            /* Four standard errors. */
            CU_ASSERT_DOUBLE_EQUAL(exp(itp_log_expected_volume(&volume, MEANS[k], sd, work)), mean,
                                   4 * error);
        }
        double far[] = {-50, -50, -50};
        CU_ASSERT(isfinite(itp_log_expected_volume(&volume, far, sd, work)));
        itp_expected_volume_deinit(&volume);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"volume equals inclusion-exclusion", volume_equals_inclusion_exclusion},
        {"boxes are what is not dominated", boxes_are_what_is_not_dominated},
        {"the front is what nothing dominates", the_front_is_what_nothing_dominates},
        {"expected volume is the mean gain", expected_volume_is_the_mean_gain},
        CU_TEST_INFO_NULL,
    };
    return suite_run("acquisition/hypervolume", tests);
}
