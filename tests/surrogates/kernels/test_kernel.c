/* test_kernel.c - every family and combination: values by hand, each derivative against
 * differences. SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel.h"

#include <math.h>
#include <string.h>

#include "stream.h"
#include "suite.h"

enum { D = 7, N = 23 };
static const itp_column COLUMNS[D] = {
    {ITP_COLUMN_REAL, 0, 0, 0},       {ITP_COLUMN_REAL, 0, 1, 1},
    {ITP_COLUMN_PERIODIC, 0, 2, 0},   {ITP_COLUMN_CATEGORY, 4, 3, 0},
    {ITP_COLUMN_DESCRIPTOR, 0, 4, 0}, {ITP_COLUMN_FIDELITY, 0, 5, 0},
    {ITP_COLUMN_SOURCE, 3, 6, 0}};
static const char *const EXPRESSIONS[] = {"matern12",
                                          "matern32",
                                          "matern52",
                                          "rbf",
                                          "rq",
                                          "linear",
                                          "periodic",
                                          "hamming",
                                          "descriptor",
                                          "matern52+linear",
                                          "matern52*hamming",
                                          "rbf * periodic + hamming",
                                          "rq*linear*matern32"};
enum { N_EXPRESSIONS = sizeof EXPRESSIONS / sizeof *EXPRESSIONS };

static void random_points(itp_stream *s, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < D; c++) {
            double u = itp_stream_uniform(s), *v = &x[i * D + c];
            *v = COLUMNS[c].levels ? floor(u * COLUMNS[c].levels) : u;
            if (COLUMNS[c].inactive && itp_stream_uniform(s) < 0.3) *v = NAN;
            if (COLUMNS[c].kind == ITP_COLUMN_DESCRIPTOR) *v = itp_stream_normal(s);
        }
}

/* k(x, y) on its own. */
static double pair(const itp_kernel *k, const double *theta, const double *x, const double *y)
{
    itp_points a = {0}, b = {0};
    double out = NAN;
    itp_kernel_embed(k, theta, 1, x, &a);
    itp_kernel_embed(k, theta, 1, y, &b);
    itp_kernel_block(k, theta, &a, 0, 1, &b, 0, 1, &out, 1);
    itp_points_deinit(&a);
    itp_points_deinit(&b);
    return out;
}

static itp_kernel *make(const char *expression, double *theta, itp_stream *s)
{
    itp_kernel *k = NULL;
    CU_ASSERT_FATAL(itp_kernel_create(&k, expression, D, COLUMNS, NULL) == ITP_OK);
    itp_kernel_default(k, theta);
    for (size_t p = 0; p < itp_kernel_n_params(k); p++) theta[p] += 0.5 * itp_stream_normal(s);
    return k;
}

static void theta_gradient_meets_differences(void)
{
    itp_stream s;
    itp_stream_init(&s, 1, 0, "theta");
    for (int e = 0; e < N_EXPRESSIONS; e++) {
        double theta[40], x[N * D], w[N], grad[40] = {0}, norm = 0, error = 0;
        itp_kernel *k = make(EXPRESSIONS[e], theta, &s);
        itp_points a = {0};
        random_points(&s, N, x);
        for (int j = 0; j < N; j++) w[j] = itp_stream_normal(&s);
        itp_kernel_embed(k, theta, N, x, &a);
        itp_kernel_backward(k, theta, &a, 0, &a, 0, N, w, grad);
        for (size_t p = 0; p < itp_kernel_n_params(k); p++) {
            double h = 1e-5, old = theta[p], slope = 0;
            for (int sign = -1; sign <= 1; sign += 2) {
                theta[p] = old + sign * h;
                for (int j = 0; j < N; j++) slope += sign * w[j] * pair(k, theta, x, x + j * D);
            }
            theta[p] = old;
            error = fmax(error, fabs(slope / (2 * h) - grad[p]));
            norm += grad[p] * grad[p];
        }
        CU_ASSERT(norm > 0 && error < 1e-7 * (1 + sqrt(norm)));
        itp_points_deinit(&a);
        itp_kernel_destroy(k);
    }
}

static void x_gradient_meets_differences(void)
{
    itp_stream s;
    itp_stream_init(&s, 2, 0, "x");
    for (int e = 0; e < N_EXPRESSIONS; e++) {
        double theta[40], x[N * D], value[N], dk[D * N], dd[D];
        itp_kernel *k = make(EXPRESSIONS[e], theta, &s);
        itp_points b = {0};
        random_points(&s, N, x);
        itp_kernel_embed(k, theta, N - 1, x + D, &b);
        CU_ASSERT(itp_kernel_grad_x(k, theta, x, &b, value, dk) == ITP_OK);
        CU_ASSERT(itp_kernel_grad_diag(k, theta, x, dd) == ITP_OK);
        for (int c = 0; c < D; c++) {
            double up[D], down[D], h = 1e-5;
            memcpy(up, x, sizeof up);
            memcpy(down, x, sizeof down);
            up[c] += h;
            down[c] -= h;
            int flat = COLUMNS[c].levels || isnan(x[c]);
            for (int j = 0; j < N - 1; j++) {
                const double *y = x + (j + 1) * D;
                double slope = (pair(k, theta, up, y) - pair(k, theta, down, y)) / (2 * h);
                CU_ASSERT_DOUBLE_EQUAL(value[j], pair(k, theta, x, y), 1e-14);
                CU_ASSERT_DOUBLE_EQUAL(dk[c * (N - 1) + j], flat ? 0 : slope, 2e-8);
            }
            double slope = (pair(k, theta, up, up) - pair(k, theta, down, down)) / (2 * h);
            CU_ASSERT_DOUBLE_EQUAL(dd[c], flat ? 0 : slope, 2e-8);
        }
        itp_points_deinit(&b);
        itp_kernel_destroy(k);
    }
}

static void mixed_second_meets_differences(void)
{
    itp_stream s;
    itp_stream_init(&s, 3, 0, "mixed");
    for (int e = 1; e < N_EXPRESSIONS; e++) {
        double theta[40], x[2 * D], second[D * D], up[D], down[D];
        itp_kernel *k = make(EXPRESSIONS[e], theta, &s);
        random_points(&s, 2, x);
        x[1] = 0.4, x[D + 1] = 0.6;
        CU_ASSERT(itp_kernel_mixed_second(k, theta, x, x + D, second) == ITP_OK);
        for (int c = 0; c < D; c++) {
            double h = 1e-5, gu[D], gd[D];
            itp_points one = {0};
            memcpy(up, x + D, sizeof up);
            memcpy(down, x + D, sizeof down);
            up[c] += h;
            down[c] -= h;
            itp_kernel_embed(k, theta, 1, up, &one);
            itp_kernel_grad_x(k, theta, x, &one, NULL, gu);
            itp_kernel_embed(k, theta, 1, down, &one);
            itp_kernel_grad_x(k, theta, x, &one, NULL, gd);
            for (int r = 0; r < D && !COLUMNS[c].levels; r++)
                CU_ASSERT_DOUBLE_EQUAL(second[r * D + c], (gu[r] - gd[r]) / (2 * h), 1e-7);
            itp_points_deinit(&one);
        }
        itp_kernel_destroy(k);
    }
    itp_kernel *rough;
    double theta[40], x[D] = {0}, out[D * D];
    rough = make("matern12", theta, &s);
    CU_ASSERT(itp_kernel_mixed_second(rough, theta, x, x, out) == ITP_ENOTSUP);
    itp_kernel_destroy(rough);
}

static void values_follow_their_formulas(void)
{
    itp_column column = {ITP_COLUMN_REAL, 0, 0, 0};
    double theta[2] = {log(0.5), log(0.7)}, x = 0.2, y = 0.55, r = 0.7, a = 0.7;
    double want[] = {exp(-r),
                     (1 + sqrt(3) * r) * exp(-sqrt(3) * r),
                     (1 + sqrt(5) * r + 5 * r * r / 3) * exp(-sqrt(5) * r),
                     exp(-r * r / 2),
                     pow(1 + r * r / (2 * a), -a),
                     0.5 * -0.3 * 0.05,
                     exp(-2 * pow(sin(M_PI * 0.35) / (2 * M_PI * 0.5), 2))};
    for (int e = 0; e < 7; e++) {
        itp_kernel *k;
        CU_ASSERT_FATAL(itp_kernel_create(&k, EXPRESSIONS[e], 1, &column, NULL) == ITP_OK);
        CU_ASSERT_DOUBLE_EQUAL(pair(k, theta, &x, &y), want[e], 1e-15);
        itp_kernel_destroy(k);
    }
}

static void circles_close_and_codes_only_differ(void)
{
    itp_column ring = {ITP_COLUMN_PERIODIC, 0, 0, 0}, code = {ITP_COLUMN_CATEGORY, 5, 0, 0};
    itp_kernel *k;
    double theta[1] = {-1}, p = 0.01, q = 0.99, r = 0.03, zero = 0, one = 1, four = 4;
    itp_kernel_create(&k, "matern52", 1, &ring, NULL);
    CU_ASSERT_DOUBLE_EQUAL(pair(k, theta, &p, &q), pair(k, theta, &p, &r), 1e-15);
    itp_kernel_destroy(k);
    itp_kernel_create(&k, "matern52", 1, &code, NULL); /* becomes hamming: there is nothing else */
    CU_ASSERT(pair(k, theta, &zero, &one) == pair(k, theta, &zero, &four));
    CU_ASSERT(pair(k, theta, &four, &four) == 1);
    CU_ASSERT_DOUBLE_EQUAL(pair(k, theta, &zero, &one), exp(-exp(2) / 12), 1e-15);
    itp_kernel_destroy(k);
}

/* How: long rows cross tile boundaries; points appended or removed equal points embedded at once.
 */
static void blocks_tiles_and_embedding_agree(void)
{
    enum { MANY = 600 };
    static double x[MANY * D], lower[MANY * MANY], block[MANY * MANY], diag[MANY];
    itp_stream s;
    double theta[40];
    itp_stream_init(&s, 4, 0, "blocks");
    itp_kernel *k = make("matern52+linear", theta, &s);
    itp_points all = {0}, grown = {0};
    random_points(&s, MANY, x);
    itp_kernel_embed(k, theta, MANY, x, &all);
    itp_kernel_embed(k, theta, 5, x, &grown);
    for (int i = 5; i < MANY; i++) itp_kernel_embed_more(k, theta, 1, x + i * D, &grown);
    itp_kernel_lower(k, theta, &all, 0, MANY, lower, MANY);
    itp_kernel_block(k, theta, &grown, 0, MANY, &all, 0, MANY, block, MANY);
    itp_kernel_diag(k, theta, &all, diag);
    double worst = 0;
    for (int i = 0; i < MANY; i++)
        for (int j = 0; j <= i; j++) {
            worst = fmax(worst, fabs(lower[i * MANY + j] - block[i * MANY + j]));
            worst = fmax(worst, fabs(block[j * MANY + i] - block[i * MANY + j]));
        }
    for (int i = 0; i < MANY; i++) worst = fmax(worst, fabs(diag[i] - lower[i * MANY + i]));
    CU_ASSERT_DOUBLE_EQUAL(worst, 0, 1e-14);
    itp_points_remove(&grown, 300);
    itp_kernel_block(k, theta, &grown, 300, 1, &all, 0, MANY, block, MANY);
    CU_ASSERT(grown.n == MANY - 1 && fabs(block[301] - diag[301]) < 1e-14);
    itp_points_deinit(&all);
    itp_points_deinit(&grown);
    itp_kernel_destroy(k);
}

static void nonsense_is_refused(void)
{
    static const char *const BAD[] = {"", "matern", "matern52+", "matern52 rbf", "*rbf", "rbf)"};
    itp_column real = {ITP_COLUMN_REAL, 0, 0, 0};
    itp_kernel *k = NULL;
    itp_error err;
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        CU_ASSERT(itp_kernel_create(&k, BAD[i], 1, &real, &err) == ITP_EINVAL);
    CU_ASSERT(itp_kernel_create(&k, "hamming", 1, &real, &err) == ITP_EINVAL);
    CU_ASSERT(k == NULL);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"theta gradient meets differences", theta_gradient_meets_differences},
        {"x gradient meets differences", x_gradient_meets_differences},
        {"mixed second meets differences", mixed_second_meets_differences},
        {"values follow their formulas", values_follow_their_formulas},
        {"circles close and codes only differ", circles_close_and_codes_only_differ},
        {"blocks, tiles and embedding agree", blocks_tiles_and_embedding_agree},
        {"nonsense is refused", nonsense_is_refused},
        CU_TEST_INFO_NULL};
    return suite_run("kernels/kernel", tests);
}
