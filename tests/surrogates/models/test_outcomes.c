/* test_outcomes.c - several outcomes in one model: loadings, gradients, and what one outcome tells
 * of another where that one was never measured. SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "kernel.h"
#include "problems.h"
#include "spectrum.h"

enum { D = 3, N = 40 }; /* two inputs, then the outcome */
static const itp_column COLUMNS[D] = {
    {ITP_COLUMN_REAL, 0, 0, 0}, {ITP_COLUMN_REAL, 0, 1, 0}, {ITP_COLUMN_OUTCOME, 3, 2, 0}};

static double at(const itp_kernel *k, const double *theta, const double *x, const double *y)
{
    itp_points a = {0}, b = {0};
    double out;
    itp_kernel_embed(k, theta, 1, x, &a);
    itp_kernel_embed(k, theta, 1, y, &b);
    itp_kernel_block(k, theta, &a, 0, 1, &b, 0, 1, &out, 1);
    itp_points_deinit(&a);
    itp_points_deinit(&b);
    return out;
}

static void loadings_multiply(void)
{
    itp_kernel *k = NULL;
    double theta[5] = {-1, -1, 0.5, -0.9, 1.2}, x[D] = {0.2, 0.3, 0}, y[D] = {0.2, 0.3, 1}, grad[5];
    CU_ASSERT_FATAL(itp_kernel_create(&k, "matern52", D, COLUMNS, NULL) == ITP_OK);
    CU_ASSERT(itp_kernel_n_params(k) == 5 && itp_kernel_dims(k) == 2);
    CU_ASSERT(at(k, theta, x, x) == 1);
    CU_ASSERT_DOUBLE_EQUAL(at(k, theta, x, y), tanh(0.5) * tanh(-0.9), 1e-15);
    itp_points a = {0}, b = {0};
    double one = 1;
    y[0] = 0.6;
    memset(grad, 0, sizeof grad);
    itp_kernel_embed(k, theta, 1, x, &a);
    itp_kernel_embed(k, theta, 1, y, &b);
    itp_kernel_backward(k, theta, &a, 0, &b, 0, 1, &one, grad);
    for (int p = 0; p < 5; p++) {
        double h = 1e-5, old = theta[p];
        theta[p] = old + h;
        double up = at(k, theta, x, y);
        theta[p] = old - h;
        double down = at(k, theta, x, y);
        theta[p] = old;
        CU_ASSERT_DOUBLE_EQUAL(grad[p], (up - down) / (2 * h), 1e-9);
    }
    enum { F = 40000 };
    static double px[F], py[F];
    itp_spectrum *spectrum = NULL;
    itp_stream s;
    double sum[2] = {0};
    itp_stream_init(&s, 1, 0, "spectrum");
    CU_ASSERT_FATAL(itp_spectrum_create(&spectrum, k, theta, F, &s) == ITP_OK);
    itp_spectrum_eval(spectrum, x, px, NULL);
    itp_spectrum_eval(spectrum, y, py, NULL);
    for (int f = 0; f < F; f++) sum[0] += px[f] * px[f] / F, sum[1] += px[f] * py[f] / F;
    CU_ASSERT_DOUBLE_EQUAL(sum[0], 1, 0.03);
    CU_ASSERT_DOUBLE_EQUAL(sum[1], at(k, theta, x, y), 0.03);
    itp_spectrum_destroy(spectrum);
    itp_points_deinit(&a);
    itp_points_deinit(&b);
    itp_kernel_destroy(k);
}

/* Outcome 1 is -100 times outcome 0 plus a little and was measured a fifth as often. Outcome 2 is
 * another function. */
static void one_outcome_tells_of_another(void)
{
    double x[3 * N * D], y[3 * N], mean, var, alone_var;
    size_t n = 0;
    itp_stream s;
    itp_stream_init(&s, 3, 0, "outcomes");
    for (int i = 0; i < 3 * N; i++) {
        double *p = x + n * D, u = itp_stream_uniform(&s), v = itp_stream_uniform(&s);
        int outcome = i % 3;
        if (outcome == 1 && i % 15 != 1) continue;
        p[0] = u, p[1] = v, p[2] = outcome;
        double f = sin(6 * u) + v;
        y[n++] = outcome == 0 ? f : outcome == 1 ? 500 - 100 * f : cos(9 * v) * u;
        y[n - 1] += (outcome == 1 ? 1 : 0.01) * itp_stream_normal(&s);
    }
    itp_surrogate *model = NULL, *alone = NULL;
    itp_surrogate_options options = {.kernel = "matern52", .transform = "standardise"};
    itp_data data = {n, D, x, y, NULL};
    itp_error err;
    CU_ASSERT_FATAL(itp_surrogate_create(&model, D, COLUMNS, &options, &err) == ITP_OK);
    CU_ASSERT_FATAL(itp_surrogate_fit(model, &data, 1, NULL) == ITP_OK);
    double far[D] = {0.9, 0.4, 1}, truth = 500 - 100 * (sin(6 * 0.9) + 0.4);
    CU_ASSERT(itp_surrogate_predict(model, 1, far, &mean, &var) == ITP_OK);
    double lx[N * D], ly[N]; /* the same outcome without the others */
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (x[i * D + 2] == 1) {
            memcpy(lx + m * 2, x + i * D, 2 * sizeof *x);
            ly[m++] = y[i];
        }
    itp_data own = {m, 2, lx, ly, NULL};
    itp_surrogate_create(&alone, 2, COLUMNS, &options, NULL);
    itp_surrogate_fit(alone, &own, 1, NULL);
    itp_surrogate_predict(alone, 1, far, &mean, &alone_var);
    CU_ASSERT(var < 0.5 * alone_var);
    double z = itp_surrogate_outcome_to_latent(model, 1, truth);
    CU_ASSERT_DOUBLE_EQUAL(itp_surrogate_outcome_from_latent(model, 1, z), truth, 1e-9);
    double joint_x[2 * D] = {0.3, 0.4, 0, 0.3, 0.4, 1}, jm[2], cov[4];
    CU_ASSERT(itp_latent_joint(model, 0, 2, joint_x, jm, cov) == ITP_OK);
    CU_ASSERT(cov[0] * cov[3] >= cov[1] * cov[1]);
    itp_surrogate_destroy(model);
    itp_surrogate_destroy(alone);
}

int main(void)
{
    CU_TestInfo tests[] = {{"loadings multiply", loadings_multiply},
                           {"one outcome tells of another", one_outcome_tells_of_another},
                           CU_TEST_INFO_NULL};
    return suite_run("models/outcomes", tests);
}
