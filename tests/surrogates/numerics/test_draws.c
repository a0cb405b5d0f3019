/* test_draws.c - streams, Sobol points, the optimiser and the cores.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "lbfgs.h"
#include "parallel.h"
#include "sobol.h"
#include "stream.h"
#include "suite.h"

static void streams_are_keyed(void)
{
    itp_stream a, b, c, d;
    itp_stream_init(&a, 7, 3, "fit");
    itp_stream_init(&b, 7, 3, "fit");
    itp_stream_init(&c, 7, 4, "fit");
    itp_stream_init(&d, 7, 3, "fig");
    uint64_t first = itp_stream_bits(&a);
    CU_ASSERT(first == itp_stream_bits(&b));
    CU_ASSERT(first != itp_stream_bits(&c) && first != itp_stream_bits(&d));
}

static void draws_have_their_moments(void)
{ /* Tolerance: five standard errors of each mean. */
    enum { N = 40000 };
    itp_stream s;
    double mean = 0, square = 0, gamma = 0, small = 0, expo = 0;
    itp_stream_init(&s, 1, 0, "moments");
    for (int i = 0; i < N; i++) {
        double z = itp_stream_normal(&s);
        mean += z / N;
        square += z * z / N;
        gamma += itp_stream_gamma(&s, 2.5) / N;
        small += itp_stream_gamma(&s, 0.5) / N;
        expo += itp_stream_exponential(&s) / N;
    }
    CU_ASSERT_DOUBLE_EQUAL(mean, 0, 5 / sqrt(N));
    CU_ASSERT_DOUBLE_EQUAL(square, 1, 5 * sqrt(2.0 / N));
    CU_ASSERT_DOUBLE_EQUAL(gamma, 2.5, 5 * sqrt(2.5 / N));
    CU_ASSERT_DOUBLE_EQUAL(small, 0.5, 5 * sqrt(0.5 / N));
    CU_ASSERT_DOUBLE_EQUAL(expo, 1, 5 / sqrt(N));
}

static void shuffle_is_a_permutation(void)
{
    size_t order[100];
    int seen[100] = {0};
    itp_stream s;
    itp_stream_init(&s, 1, 0, "shuffle");
    itp_stream_shuffle(&s, 100, order);
    for (int i = 0; i < 100; i++) seen[order[i]]++;
    for (int i = 0; i < 100; i++) CU_ASSERT(seen[i] == 1);
}

/* How: each of 2^k points falls into its own interval of 2^-k, in every dimension (also beyond the
 * table), and no pair of dimensions of one block or of two shows correlation. */
static void sobol_stratifies_every_dimension(void)
{
    enum { K = 8, N = 1 << K, D = 2 * ITP_SOBOL_TABLE + 5 };
    static double x[N][D];
    itp_sobol *sobol;
    CU_ASSERT_FATAL(itp_sobol_create(&sobol, D, 11) == ITP_OK);
    for (int i = 0; i < N; i++) itp_sobol_next(sobol, x[i]);
    for (int d = 0; d < D; d++) {
        char seen[N] = {0};
        int missed = 0;
        for (int i = 0; i < N; i++) seen[(int)(x[i][d] * N)]++;
        for (int i = 0; i < N; i++) missed += seen[i] != 1;
        CU_ASSERT(missed == 0);
    }
    for (int d = ITP_SOBOL_TABLE; d < D; d++) { /* standard error of a correlation: 1/16 */
        double sum = 0;
        for (int i = 0; i < N; i++) sum += 12.0 / N * (x[i][d] - 0.5) * (x[i][d % 481] - 0.5);
        CU_ASSERT(fabs(sum) < 6.0 / 16);
    }
    itp_sobol_destroy(sobol);
}

/* How: the integral of prod(1 + (x_i - 1/2)) over 20 dimensions is 1; plain draws of this size miss
 * it by about 0.03 (sd sqrt((13/12)^20 - 1)/sqrt(4096)). The first 2 dimensions form a (0, m, 2)
 * net. */
static void sobol_integrates_and_nets(void)
{
    enum { N = 4096, D = 20 };
    static double x[D];
    static char box[64][64];
    double sum = 0;
    itp_sobol *sobol;
    CU_ASSERT_FATAL(itp_sobol_create(&sobol, D, 5) == ITP_OK);
    for (int i = 0; i < N; i++) {
        double product = 1;
        itp_sobol_next(sobol, x);
        box[(int)(64 * x[0])][(int)(64 * x[1])]++;
        for (int d = 0; d < D; d++) product *= 0.5 + x[d];
        sum += product / N;
    }
    CU_ASSERT_DOUBLE_EQUAL(sum, 1, 0.01);
    int uneven = 0;
    for (int i = 0; i < 64 * 64; i++) uneven += (&box[0][0])[i] != 1;
    CU_ASSERT(uneven == 0);
    itp_sobol_destroy(sobol);
}

static double rosenbrock(void *context, size_t n, const double *x, double *grad)
{
    (void)n;
    ++*(int *)context;
    double a = 1 - x[0], b = x[1] - x[0] * x[0];
    if (x[0] < -1.5) return NAN;
    if (grad) {
        grad[0] = -2 * a - 400 * x[0] * b;
        grad[1] = 200 * b;
    }
    return a * a + 100 * b * b;
}

static void lbfgs_finds_the_valley(void)
{
    int calls = 0;
    double x[2] = {-1.2, 1};
    itp_lbfgs_options options = {.f_tol_rel = 1e-15, .evaluations_max = 500};
    itp_lbfgs_result result;
    CU_ASSERT(itp_lbfgs_minimise(2, NULL, NULL, rosenbrock, &calls, &options, x, &result) == 0);
    CU_ASSERT_DOUBLE_EQUAL(x[0], 1, 1e-6);
    CU_ASSERT(result.value < 1e-12 && (unsigned)calls == result.evaluations);
    double lower[2] = {-1, -1}, upper[2] = {0.5, 2}, y[2] = {-3, 5}; /* start outside: clamped */
    CU_ASSERT(itp_lbfgs_minimise(2, lower, upper, rosenbrock, &calls, &options, y, &result) == 0);
    CU_ASSERT_DOUBLE_EQUAL(y[0], 0.5, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(y[1], 0.25, 1e-6);
}

static double nowhere(void *context, size_t n, const double *x, double *grad)
{
    (void)context, (void)n, (void)x, (void)grad;
    return NAN;
}

static void lbfgs_survives_nan(void)
{
    double x[2] = {1, 2};
    itp_lbfgs_options options = {0};
    itp_lbfgs_result result;
    CU_ASSERT(itp_lbfgs_minimise(2, NULL, NULL, nowhere, NULL, &options, x, &result) == ITP_OK);
    CU_ASSERT(isinf(result.value) && x[0] == 1 && x[1] == 2);
}

static void square_index(void *context, size_t index, unsigned worker)
{
    (void)worker;
    ((double *)context)[index] = (double)(index * index);
}

static void every_piece_runs_once(void)
{
    for (unsigned threads = 0; threads < 5; threads++) {
        double out[333] = {0};
        itp_parallel_for(333, threads, square_index, out);
        for (int i = 0; i < 333; i++) CU_ASSERT(out[i] == (double)(i * i));
    }
    itp_parallel_for(0, 4, square_index, NULL);
    CU_ASSERT(itp_cores() >= 1 && itp_parallel_workers(3, 100) == 3);
}

int main(void)
{
    CU_TestInfo tests[] = {{"streams are keyed", streams_are_keyed},
                           {"draws have their moments", draws_have_their_moments},
                           {"shuffle is a permutation", shuffle_is_a_permutation},
                           {"sobol stratifies every dimension", sobol_stratifies_every_dimension},
                           {"sobol integrates and nets", sobol_integrates_and_nets},
                           {"lbfgs finds the valley", lbfgs_finds_the_valley},
                           {"lbfgs survives NaN", lbfgs_survives_nan},
                           {"every piece runs once", every_piece_runs_once},
                           CU_TEST_INFO_NULL};
    return suite_run("numerics/draws", tests);
}
