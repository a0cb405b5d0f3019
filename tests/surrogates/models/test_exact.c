/* test_exact.c - the exact model through its public face: what grows or shrinks equals what is
 * built at once, gradients meet differences, joints and anchors agree, saved text brings the same
 * bits back. SPDX-License-Identifier: GPL-3.0-or-later */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "problems.h"

enum { Q = 7 };
static problem P;
static double X[300 * PROBLEM_D];

static void questions(size_t n, size_t d)
{
    itp_stream s;
    itp_stream_init(&s, 77, 0, "questions");
    for (size_t i = 0; i < n * d; i++) X[i] = itp_stream_uniform(&s);
}

static double difference(size_t n, const double *a, const double *b)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) worst = fmax(worst, fabs(a[i] - b[i]));
    return worst;
}

static void fit_learns_the_function(void)
{
    itp_fit_report report;
    double mean[Q], var[Q], low[Q], high[Q];
    problem_make(&P, 1, 80, 3, 0.05);
    itp_surrogate *s = problem_fit(&P, NULL, &report);
    questions(Q, 3);
    CU_ASSERT(itp_surrogate_predict(s, Q, X, mean, var) == ITP_OK);
    CU_ASSERT(itp_surrogate_quantile(s, Q, X, 0.025, low) == ITP_OK);
    CU_ASSERT(itp_surrogate_quantile(s, Q, X, 0.975, high) == ITP_OK);
    for (int i = 0; i < Q; i++) {
        double truth = problem_truth(X + 3 * i, 3);
        CU_ASSERT(fabs(mean[i] - truth) < 0.3 && sqrt(var[i]) < 0.3);
        CU_ASSERT(low[i] < mean[i] && mean[i] < high[i] && high[i] - low[i] > 4 * 0.05 * 0.7);
    }
    CU_ASSERT(report.starts >= 2 && report.evaluations > 10 && isnan(report.r_hat));
    CU_ASSERT_STRING_EQUAL(report.model, "exact");
    CU_ASSERT(report.kernel[0] && report.transform[0]);
    double noise_sd = sqrt(itp_surrogate_noise_var(s, 0)) * itp_surrogate_from_latent_slope(s, 0);
    CU_ASSERT(noise_sd > 0.02 && noise_sd < 0.12);
    itp_surrogate_destroy(s);
}

/* Builds at the hyperparameters of `fitted` over `data`. */
static itp_surrogate *rebuild(const itp_surrogate *fitted, const problem *p, const itp_data *data,
                              const itp_surrogate_options *options)
{
    char *saved = NULL;
    itp_surrogate *s = NULL;
    itp_error err;
    CU_ASSERT_FATAL(itp_surrogate_save(fitted, &saved) == ITP_OK);
    CU_ASSERT_FATAL(itp_surrogate_create(&s, p->d, p->columns, options, NULL) == ITP_OK);
    CU_ASSERT_FATAL(itp_surrogate_restore(s, saved, data, &err) == ITP_OK);
    free(saved);
    return s;
}

static void same_answers(const itp_surrogate *a, const itp_surrogate *b, size_t d, double tolerance)
{
    double ma[Q], mb[Q], va[Q], vb[Q], la[PROBLEM_N], lb[PROBLEM_N], sa[PROBLEM_N], sb[PROBLEM_N];
    questions(Q, d);
    CU_ASSERT(itp_surrogate_predict(a, Q, X, ma, va) == ITP_OK);
    CU_ASSERT(itp_surrogate_predict(b, Q, X, mb, vb) == ITP_OK);
    CU_ASSERT(itp_surrogate_loo(a, la, sa, NULL) == ITP_OK);
    CU_ASSERT(itp_surrogate_loo(b, lb, sb, NULL) == ITP_OK);
    size_t n = itp_surrogate_n(a);
    CU_ASSERT(n == itp_surrogate_n(b));
    CU_ASSERT_DOUBLE_EQUAL(difference(Q, ma, mb), 0, tolerance);
    CU_ASSERT_DOUBLE_EQUAL(difference(Q, va, vb), 0, tolerance);
    CU_ASSERT_DOUBLE_EQUAL(difference(n, la, lb), 0, tolerance);
    CU_ASSERT_DOUBLE_EQUAL(difference(n, sa, sb), 0, tolerance);
}

static void append_and_remove_equal_refactor(void)
{ /* Noise 1e-3 of the variance keeps the condition number below 1e5: 1e3 n eps 1e5 = 1e-6. */
    problem_make(&P, 2, 60, 2, 0.3);
    for (size_t i = 40; i < 60; i += 2) memcpy(P.x + 2 * i, P.x + 2 * (i - 30), 2 * sizeof *P.x);
    itp_data all = P.data, first = {40, 2, P.x, P.y, NULL},
             rest = {20, 2, P.x + 80, P.y + 40, NULL};
    P.data = first;
    itp_surrogate *grown = problem_fit(&P, NULL, NULL);
    CU_ASSERT(itp_surrogate_append(grown, &rest) == ITP_OK);
    itp_surrogate *whole = rebuild(grown, &P, &all, NULL);
    same_answers(grown, whole, 2, 1e-8);
    static const size_t GONE[] = {12, 47, 0,
                                  56}; /* a site with replicates twice, then single ones */
    for (int g = 0; g < 4; g++) {
        size_t i = GONE[g], after = all.n - i - 1;
        CU_ASSERT(itp_surrogate_remove(grown, i) == ITP_OK);
        memmove(P.x + 2 * i, P.x + 2 * (i + 1), 2 * after * sizeof *P.x);
        memmove(P.y + i, P.y + i + 1, after * sizeof *P.y);
        all.n--;
    }
    CU_ASSERT(itp_surrogate_remove(grown, 56) == ITP_EINVAL);
    itp_surrogate *less = rebuild(grown, &P, &all, NULL);
    same_answers(grown, less, 2, 1e-8);
    itp_surrogate_destroy(grown);
    itp_surrogate_destroy(whole);
    itp_surrogate_destroy(less);
}

static void restore_brings_the_same_bits(void)
{
    char *again = NULL, *saved = NULL;
    itp_surrogate_options options = {
        .transform = "yeo-johnson", .warp = "kumaraswamy", .starts = 2};
    problem_make(&P, 3, 50, 3, 0.1);
    itp_surrogate *s = problem_fit(&P, &options, NULL);
    itp_surrogate *t = rebuild(s, &P, &P.data, &options);
    same_answers(s, t, 3, 0);
    itp_surrogate_save(s, &saved);
    itp_surrogate_save(t, &again);
    CU_ASSERT_STRING_EQUAL(saved, again);
    itp_error err;
    for (size_t length = 0; length < strlen(saved); length += 37) { /* truncated: refused */
        again[length] = '\0';
        CU_ASSERT(itp_surrogate_restore(t, again, &P.data, &err) == ITP_EPARSE);
        again[length] = saved[length];
    }
    double mean;
    CU_ASSERT(itp_surrogate_predict(t, 1, X, &mean, NULL) == ITP_OK); /* as it was */
    free(saved);
    free(again);
    itp_surrogate_destroy(s);
    itp_surrogate_destroy(t);
}

static void threads_change_no_bit(void)
{
    double mean[2][300], var[2][300];
    char *saved[2];
    problem_make(&P, 4, 90, 4, 0.1);
    questions(300, 4);
    for (unsigned k = 0; k < 2; k++) {
        itp_surrogate_options options = {.threads = k ? 3 : 1};
        itp_surrogate *s = problem_fit(&P, &options, NULL);
        itp_surrogate_save(s, &saved[k]);
        itp_surrogate_predict(s, 300, X, mean[k], var[k]);
        itp_surrogate_destroy(s);
    }
    CU_ASSERT_STRING_EQUAL(saved[0], saved[1]);
    CU_ASSERT(difference(300, mean[0], mean[1]) == 0 && difference(300, var[0], var[1]) == 0);
    free(saved[0]);
    free(saved[1]);
}

static void prediction_gradients_meet_differences(void)
{
    static const char *const KERNELS[] = {"matern52", "rbf+linear", "rq"};
    for (int k = 0; k < 3; k++) {
        size_t d = 3;
        itp_surrogate_options options = {
            .kernel = KERNELS[k], .starts = 1, .warp = k == 0 ? "kumaraswamy" : NULL};
        problem_make(&P, 5, 40, d, 0.1);
        itp_surrogate *s = problem_fit(&P, &options, NULL);
        questions(Q, d);
        for (int i = 0; i < Q; i++) {
            double *x = X + (size_t)i * d, mean, var, dmean[3], dvar[3], m[2], v[2];
            CU_ASSERT(itp_latent_predict_grad(s, 0, x, &mean, &var, dmean, dvar) == ITP_OK);
            for (size_t c = 0; c < d; c++) {
                double h = 1e-5, old = x[c];
                for (int side = 0; side < 2; side++) {
                    x[c] = old + (side ? h : -h);
                    itp_latent_predict(s, 0, 1, x, &m[side], &v[side]);
                }
                x[c] = old;
                CU_ASSERT_DOUBLE_EQUAL(dmean[c], (m[1] - m[0]) / (2 * h), 1e-6);
                CU_ASSERT_DOUBLE_EQUAL(dvar[c], (v[1] - v[0]) / (2 * h), 1e-6);
            }
        }
        itp_surrogate_destroy(s);
    }
}

static void joint_and_anchors_agree(void)
{
    enum { D = 2 };
    double mean[Q], cov[Q * Q], am[Q], ac[Q * Q], one[Q], var[Q];
    problem_make(&P, 6, 30, D, 0.2);
    itp_surrogate *s = problem_fit(&P, NULL, NULL);
    questions(Q, D);
    CU_ASSERT(itp_latent_joint(s, 0, Q, X, mean, cov) == ITP_OK);
    CU_ASSERT(itp_latent_predict(s, 0, Q, X, one, var) == ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(difference(Q, mean, one), 0, 1e-12);
    for (int i = 0; i < Q; i++) CU_ASSERT_DOUBLE_EQUAL(cov[i * Q + i], var[i], 1e-12);
    itp_anchors *a = NULL;
    CU_ASSERT_FATAL(itp_anchors_create(&a, s, 0, 2, X) == ITP_OK);
    for (int i = 2; i < Q - 1; i++) CU_ASSERT(itp_anchors_add(a, X + i * D) == ITP_OK);
    CU_ASSERT(itp_anchors_count(a) == Q - 1 && itp_anchors_joint(a, am, ac) == ITP_OK);
    for (int i = 0; i < Q - 1; i++)
        for (int j = 0; j < Q - 1; j++)
            CU_ASSERT_DOUBLE_EQUAL(ac[i * (Q - 1) + j], cov[i * Q + j], 1e-12);
    double *x = X + (Q - 1) * D, m, v, c[Q], dm[D], dv[D], dc[Q * D];
    CU_ASSERT(itp_anchors_cross(a, x, &m, &v, c, dm, dv, dc) == ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(m, mean[Q - 1], 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(v, var[Q - 1], 1e-12);
    for (int j = 0; j < Q - 1; j++) CU_ASSERT_DOUBLE_EQUAL(c[j], cov[(Q - 1) * Q + j], 1e-12);
    for (int k = 0; k < D; k++) {
        double h = 1e-5, old = x[k], um, uv, uc[Q], lm, lv, lc[Q];
        x[k] = old + h;
        itp_anchors_cross(a, x, &um, &uv, uc, NULL, NULL, NULL);
        x[k] = old - h;
        itp_anchors_cross(a, x, &lm, &lv, lc, NULL, NULL, NULL);
        x[k] = old;
        CU_ASSERT_DOUBLE_EQUAL(dm[k], (um - lm) / (2 * h), 1e-7);
        CU_ASSERT_DOUBLE_EQUAL(dv[k], (uv - lv) / (2 * h), 1e-7);
        for (int j = 0; j < Q - 1; j++)
            CU_ASSERT_DOUBLE_EQUAL(dc[j * D + k], (uc[j] - lc[j]) / (2 * h), 1e-7);
    }
    itp_anchors_destroy(a);
    itp_surrogate_destroy(s);
}

/* How: leave each row out for real, at the same hyperparameters and transform. */
static void loo_equals_leaving_out(void)
{
    double mean[30], sd[30];
    itp_diagnostics d;
    problem_make(&P, 7, 30, 2, 0.3);
    memcpy(P.x + 2 * 29, P.x + 2 * 3, 2 * sizeof *P.x); /* a replicate */
    itp_surrogate *s = problem_fit(&P, NULL, NULL);
    CU_ASSERT(itp_surrogate_loo(s, mean, sd, &d) == ITP_OK);
    double noise = itp_surrogate_noise_var(s, 0) * pow(itp_surrogate_from_latent_slope(s, 0), 2);
    double square = 0;
    for (size_t i = 0; i < 30; i++) {
        itp_surrogate *less = rebuild(s, &P, &P.data, NULL);
        double m, v;
        itp_surrogate_remove(less, i);
        itp_surrogate_predict(less, 1, P.x + 2 * i, &m, &v);
        CU_ASSERT_DOUBLE_EQUAL(mean[i], m, 1e-9);
        CU_ASSERT_DOUBLE_EQUAL(sd[i], sqrt(v + noise), 1e-9);
        square += (P.y[i] - m) * (P.y[i] - m) / 30;
        itp_surrogate_destroy(less);
    }
    CU_ASSERT(d.n == 30);
    CU_ASSERT_DOUBLE_EQUAL(d.rmse, sqrt(square), 1e-9);
    CU_ASSERT(d.rank_correlation > 0.5 && d.coverage50 <= d.coverage90);
    itp_surrogate_destroy(s);
}

static void noise_none_interpolates(void)
{
    itp_surrogate_options options = {.noise = ITP_NOISE_NONE};
    double mean[60], var[60];
    problem_make(&P, 8, 60, 2, 0);
    itp_surrogate *s = problem_fit(&P, &options, NULL);
    CU_ASSERT(itp_surrogate_predict(s, 60, P.x, mean, var) == ITP_OK);
    CU_ASSERT(difference(60, mean, P.y) < 1e-4);
    CU_ASSERT(itp_surrogate_noise_var(s, 0) < 1e-8);
    itp_surrogate_destroy(s);
    options = (itp_surrogate_options){.kernel = "matern52"};
    s = problem_fit(&P, &options,
                    NULL); /* inferred: the evidence says exact, so sigma^2 goes to its floor */
    CU_ASSERT_DOUBLE_EQUAL(itp_surrogate_noise_var(s, 0), 1e-8, 1e-14);
    itp_surrogate_destroy(s);
}

static void known_noise_is_believed(void)
{
    itp_surrogate_options options = {.noise = ITP_NOISE_KNOWN, .transform = "standardise"};
    problem_make(&P, 9, 40, 1, 0.5);
    for (int i = 0; i < 40; i++) P.sd[i] = 0.5;
    P.data.noise_sd = P.sd;
    itp_surrogate *s = problem_fit(&P, &options, NULL);
    double mean, var, x = P.x[0], z = itp_surrogate_to_latent(s, P.y[0]);
    double sd = 0.5 / itp_surrogate_from_latent_slope(s, z); /* the same everywhere: a line */
    CU_ASSERT_DOUBLE_EQUAL(itp_surrogate_noise_var(s, 0), sd * sd, 1e-6);
    itp_surrogate_predict(s, 1, &x, &mean, &var);
    CU_ASSERT(fabs(mean - P.y[0]) > 1e-3 && var < 0.25);
    itp_surrogate_destroy(s);
}

static void bad_input_is_refused_at_the_door(void)
{
    itp_surrogate *s = NULL;
    itp_error err;
    itp_surrogate_options bad = {.model = "oracle"};
    problem_make(&P, 10, 10, 2, 0.1);
    CU_ASSERT(itp_surrogate_create(&s, 2, P.columns, &bad, &err) == ITP_EINVAL);
    bad = (itp_surrogate_options){.kernel = "matern53"};
    CU_ASSERT(itp_surrogate_create(&s, 2, P.columns, &bad, &err) == ITP_EINVAL);
    CU_ASSERT(itp_surrogate_create(&s, 0, P.columns, NULL, &err) == ITP_EINVAL && s == NULL);
    CU_ASSERT_FATAL(itp_surrogate_create(&s, 2, P.columns, NULL, &err) == ITP_OK);
    double mean = -1;
    CU_ASSERT(itp_surrogate_predict(s, 1, P.x, &mean, NULL) == ITP_ENOTFIT && mean == -1);
    CU_ASSERT(itp_surrogate_wants_fit(s) == 1 && itp_surrogate_append(s, &P.data) == ITP_ENOTFIT);
    P.y[3] = NAN;
    CU_ASSERT(itp_surrogate_fit(s, &P.data, 1, NULL) == ITP_ENONFINITE);
    P.y[3] = 1;
    P.x[3] = INFINITY;
    CU_ASSERT(itp_surrogate_fit(s, &P.data, 1, NULL) == ITP_ENONFINITE);
    P.x[3] = 0.5;
    P.data.d = 3;
    CU_ASSERT(itp_surrogate_fit(s, &P.data, 1, NULL) == ITP_EINVAL);
    P.data.d = 2;
    CU_ASSERT(itp_surrogate_fit(s, &P.data, 1, NULL) == ITP_OK);
    CU_ASSERT(itp_surrogate_wants_fit(s) == 0);
    CU_ASSERT(itp_surrogate_append(s, &P.data) == ITP_OK && itp_surrogate_wants_fit(s) == 1);
    itp_surrogate_destroy(s);
}

/* One outcome of 1e-16 among others of about 10 is no reason to think in decades. */
static void a_stray_zero_does_not_bring_the_logarithm(void)
{
    itp_fit_report report;
    problem_make(&P, 21, 30, 2, 0);
    P.y[4] = 1e-16, P.y[17] = 3e-16;
    itp_surrogate_destroy(problem_fit(&P, NULL, &report));
    CU_ASSERT_STRING_NOT_EQUAL(report.transform, "log");
    for (size_t i = 0; i < P.n; i++) P.y[i] = exp(problem_truth(P.x + i * P.d, P.d) - 10);
    itp_surrogate_destroy(problem_fit(&P, NULL, &report));
    CU_ASSERT_STRING_EQUAL(report.transform, "log");
}

static void few_rows_are_fitted_one_by_one(void)
{
    problem_make(&P, 22, 103, 2, 0.1);
    itp_data first = P.data, next = {1, 2, P.x + 2 * 99, P.y + 99, NULL};
    first.n = 99;
    itp_surrogate *s = problem_fit(&P, &(itp_surrogate_options){.model = "exact"}, NULL);
    CU_ASSERT_FATAL(itp_surrogate_fit(s, &first, 1, NULL) == ITP_OK);
    CU_ASSERT(itp_surrogate_append(s, &next) == ITP_OK && itp_surrogate_wants_fit(s) == 1);
    next.x += 2, next.y += 1;
    CU_ASSERT(itp_surrogate_append(s, &next) == ITP_OK && itp_surrogate_wants_fit(s) == 0);
    itp_surrogate_destroy(s);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"fit learns the function", fit_learns_the_function},
        {"append and remove equal refactor", append_and_remove_equal_refactor},
        {"restore brings the same bits", restore_brings_the_same_bits},
        {"threads change no bit", threads_change_no_bit},
        {"prediction gradients meet differences", prediction_gradients_meet_differences},
        {"joint and anchors agree", joint_and_anchors_agree},
        {"leave-one-out equals leaving out", loo_equals_leaving_out},
        {"noise none interpolates", noise_none_interpolates},
        {"known noise is believed", known_noise_is_believed},
        {"a stray zero does not bring the logarithm", a_stray_zero_does_not_bring_the_logarithm},
        {"few rows are fitted one by one", few_rows_are_fitted_one_by_one},
        {"bad input is refused at the door", bad_input_is_refused_at_the_door},
        CU_TEST_INFO_NULL};
    return suite_run("models/exact", tests);
}
