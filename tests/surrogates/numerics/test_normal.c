/* test_normal.c - tails against 50-digit references, inverses by round trip.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "normal.h"

#include <float.h>
#include <math.h>

#include "golden_normal.h"
#include "suite.h"

enum { ROWS = sizeof GOLDEN_NORMAL / sizeof *GOLDEN_NORMAL };

static double relative(double value, double truth)
{
    return fabs(value - truth) < 1e-300 ? 0 : fabs(value - truth) / fabs(truth);
}

static void tails_match_fifty_digits(void)
{
    for (int i = 0; i < ROWS; i++) {
        const double *g = GOLDEN_NORMAL[i];
        CU_ASSERT(relative(itp_erfcx(g[0]), g[1]) < 2e-15);
        CU_ASSERT(relative(itp_log_ndtr(g[0]), g[2]) < 4e-15);
        CU_ASSERT(relative(itp_log_ndtr(-g[0]), g[3]) < 4e-15);
        CU_ASSERT(relative(itp_ndtr_slope(-g[0]), g[4]) < 4e-15);
    }
}

static void inverse_inverts(void)
{
    for (double x = -37; x < 8; x += 0.37) { /* above 8, Phi(x) has no digits of x left */
        double back = itp_ndtri(itp_ndtr(x));
        double lost = x > 0 ? DBL_EPSILON / itp_ndtr_slope(-x) / itp_ndtr(-x) : 0;
        CU_ASSERT_DOUBLE_EQUAL(back, x, 1e-14 * (1 + fabs(x)) + lost);
    }
    for (double x = -1e6; x < -1; x /= 3)
        CU_ASSERT(relative(itp_ndtri_log(itp_log_ndtr(x)), x) < 1e-13);
    CU_ASSERT(itp_ndtri(0) == -INFINITY && itp_ndtri(1) == INFINITY && isnan(itp_ndtri(2)));
    CU_ASSERT(itp_ndtri(0.5) == 0);
}

static void log_helpers_do_not_cancel(void)
{
    CU_ASSERT(relative(itp_log1mexp(-1e-20), log(1e-20)) < 1e-15);
    CU_ASSERT(relative(itp_log1mexp(-50), -exp(-50)) < 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(itp_log_add(-1000, -1000), -1000 + log(2), 1e-12);
    CU_ASSERT(itp_log_add(-INFINITY, 3) == 3);
    CU_ASSERT(itp_log_add(-INFINITY, -INFINITY) == -INFINITY);
}

int main(void)
{
    CU_TestInfo tests[] = {{"tails match 50 digits", tails_match_fifty_digits},
                           {"inverse inverts", inverse_inverts},
                           {"log helpers do not cancel", log_helpers_do_not_cancel},
                           CU_TEST_INFO_NULL};
    return suite_run("numerics/normal", tests);
}
