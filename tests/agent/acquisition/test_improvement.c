/* test_improvement.c - the scalar functions of acquisitions against 60-digit references, quadrature
 * and differences. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "golden_improvement.h"
#include "improvement.h"
#include "suite.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static double relative(double got, double want)
{
    return fabs(got - want) / fmax(fabs(want), 1e-300);
}

static void log_h_and_slope_match_60_digits(void)
{
    for (size_t i = 0; i < COUNT(IMPROVEMENT); i++) {
        double slope, value = itp_log_improvement(IMPROVEMENT[i][0], &slope);
        /* Where ln h crosses zero (u = 0.9) only its absolute error means something. */
        CU_ASSERT(fabs(value - IMPROVEMENT[i][1]) < 1e-11 * fmax(1, fabs(IMPROVEMENT[i][1])));
        CU_ASSERT(relative(slope, IMPROVEMENT[i][2]) < 1e-11);
    }
}

/* Integral of f(z) times the normal density by Simpson's rule over +-12 sd. */
static double expectation(double (*f)(double z, const double *p), const double *p, double mean,
                          double sd)
{
    enum { STEPS = 200000 };
    double low = mean - 12 * sd, step = 24 * sd / STEPS, sum = 0;
    for (int i = 0; i <= STEPS; i++) {
        double z = low + i * step, u = (z - mean) / sd;
        double weight = i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2;
        sum += weight * f(z, p) * exp(-0.5 * u * u);
    }
    return sum * step / 3 / sd / sqrt(2 * M_PI);
}

static double tent(double z, const double *p)
{
    return fmax(0, p[1] - fabs(z - p[0]));
}

static double rise(double z, const double *p)
{
    return fmax(0, z - p[0]);
}

static void expected_improvement_is_the_integral(void)
{
    const double cases[][3] = {{0.3, 0.5, 0.1}, {-1, 0.7, 0.4}, {2, 1.5, 1.9}}; /* mean sd best */
    for (size_t i = 0; i < COUNT(cases); i++) {
        double want = log(expectation(rise, &cases[i][2], cases[i][0], cases[i][1]));
        double sd = cases[i][1];
        /* The kink costs Simpson's rule its order: error about step^2. */
        CU_ASSERT_DOUBLE_EQUAL(itp_log_ei(cases[i][0], sd * sd, cases[i][2], NULL, NULL), want,
                               1e-7);
    }
}

static void target_improvement_is_the_integral(void)
{
    const double cases[][4] = {
        {0.3, 0.5, 0.1, 0.4}, {-1, 0.7, 0.4, 0.2}, {2, 1.5, 1.9, 3}, {0.1, 1, 0.5, 0.01}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        double want = log(expectation(tent, &cases[i][2], cases[i][0], cases[i][1]));
        double sd = cases[i][1];
        double got = itp_log_ei_target(cases[i][0], sd * sd, cases[i][2], cases[i][3], NULL, NULL);
        CU_ASSERT_DOUBLE_EQUAL(got, want, 2e-5); /* the narrow tent: 3e-3 sd on a grid of 1e-4 */
    }
    /* Far off, and with no width: finite, and the gradient points to the target. */
    double dmean, value = itp_log_ei_target(-50, 1e-4, 0, 1e-6, &dmean, NULL);
    CU_ASSERT(isfinite(value) && dmean > 0);
}

static void within_is_the_probability(void)
{
    const double cases[][4] = {
        {0, 1, -1, 1}, {0.2, 0.5, -INFINITY, 0.1}, {3, 0.2, 1, INFINITY}, {-2, 1, 4, 4.5}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        double sd = cases[i][1], a = (cases[i][2] - cases[i][0]) / sd;
        double b = (cases[i][3] - cases[i][0]) / sd;
        double want = a > 0 ? 0.5 * (erfc(a / sqrt(2)) - erfc(b / sqrt(2)))
                            : 0.5 * (erfc(-b / sqrt(2)) - erfc(-a / sqrt(2)));
        double got = itp_log_within(cases[i][0], sd * sd, cases[i][2], cases[i][3], NULL, NULL);
        CU_ASSERT_DOUBLE_EQUAL(got, log(want), 1e-12);
    }
    /* A sliver far in the tail: density times width. */
    double got = itp_log_ndtr_between(-50, -50 + 0x1p-30, NULL, NULL);
    CU_ASSERT_DOUBLE_EQUAL(got, -1250 - 0.5 * log(2 * M_PI) + log(0x1p-30), 1e-6);
    double da, db;
    (void)itp_log_ndtr_between(-1e9, -1e8, &da, &db);
    CU_ASSERT(isfinite(da) && relative(db, 1e8) < 1e-9);
}

typedef double (*of_two)(double mean, double var, double *dmean, double *dvar);

static double ei(double mean, double var, double *dmean, double *dvar)
{
    return itp_log_ei(mean, var, 0.3, dmean, dvar);
}

static double aim(double mean, double var, double *dmean, double *dvar)
{
    return itp_log_ei_target(mean, var, 0.3, 0.8, dmean, dvar);
}

static double inside(double mean, double var, double *dmean, double *dvar)
{
    return itp_log_within(mean, var, -0.4, 0.9, dmean, dvar);
}

static double above(double mean, double var, double *dmean, double *dvar)
{
    return itp_log_within(mean, var, 0.2, INFINITY, dmean, dvar);
}

static void gradients_match_differences(void)
{
    const of_two functions[] = {ei, aim, inside, above};
    const double points[][2] = {{0.1, 0.5}, {-3, 0.2}, {2.5, 0.04}, {0.31, 1e-3}, {-6, 0.3}};
    for (size_t f = 0; f < COUNT(functions); f++) {
        for (size_t i = 0; i < COUNT(points); i++) {
            double m = points[i][0], v = points[i][1], dm, dv, step = 1e-5;
            (void)functions[f](m, v, &dm, &dv);
            double hm = step * sqrt(v), hv = step * v;
            double want_m =
                (functions[f](m + hm, v, NULL, NULL) - functions[f](m - hm, v, NULL, NULL)) / 2 /
                hm;
            double want_v =
                (functions[f](m, v + hv, NULL, NULL) - functions[f](m, v - hv, NULL, NULL)) / 2 /
                hv;
            /* Central differences: step^2 truncation, 1e-16/step rounding of values up to 1e3. */
            CU_ASSERT(fabs(dm - want_m) < 1e-6 * (fabs(want_m) + 1 / sqrt(v)));
            CU_ASSERT(fabs(dv - want_v) < 1e-6 * (fabs(want_v) + 1 / v));
        }
    }
}

static void fat_relu_is_smooth_and_never_flat(void)
{
    for (double x = -3; x <= 3; x += 0.37) {
        double slope, h = 1e-6, tau = 1e-2;
        (void)itp_log_fat_relu(x, tau, &slope);
        double want =
            (itp_log_fat_relu(x + h, tau, NULL) - itp_log_fat_relu(x - h, tau, NULL)) / 2 / h;
        CU_ASSERT(fabs(slope - want) < 1e-4 * fmax(1, fabs(want)));
        CU_ASSERT(slope > 0);
    }
    double at = itp_log_fat_relu(5, 1e-6, NULL);
    CU_ASSERT_DOUBLE_EQUAL(at, log(5), 1e-9); /* the positive part, where it is positive */
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"log h and its slope match 60 digits", log_h_and_slope_match_60_digits},
        {"log EI is the integral", expected_improvement_is_the_integral},
        {"target improvement is the integral", target_improvement_is_the_integral},
        {"within is the probability", within_is_the_probability},
        {"gradients match differences", gradients_match_differences},
        {"fat relu is smooth and never flat", fat_relu_is_smooth_and_never_flat},
        CU_TEST_INFO_NULL,
    };
    return suite_run("acquisition/improvement", tests);
}
