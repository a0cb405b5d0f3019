/* test_gains.c - every acquisition: its gradient against differences, its value against brute
 * force, and the joint draws against the joint posterior.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "bed.h"
#include "draws.h"
#include "probe.h"

static void gradients_match_differences(void)
{
    bed b;
    bed_init(&b, bed_space(3), 20, 2, 0.1, ITP_NOISE_INFERRED, 3);
    b.bounds[0] = b.bounds[1];
    b.bounds[0].low = 2, b.bounds[0].high = 4.5;
    b.problem.n_bounds = 1;
    double pending[] = {0.4, 0.5, 0.6, 0.1, 0.9, 0.2};
    for (int round = 0; round < 2; round++) {
        for (const itp_gain_kind *const *k = itp_gain_kinds; *k; k++) {
            if ((*k)->traits & ITP_TRAIT_PARETO) continue;
            check_gradients(&b, (*k)->name);
        }
        check_gradients(&b, NULL);
        b.problem.pending = pending, b.problem.n_pending = 2;
    }
    b.problem.n_goals = 2;
    check_gradients(&b, "qlognehvi");
    check_gradients(&b, "parego");
    bed_deinit(&b);
}

/* Two goals of different direction from one formula of two outcomes, with its gradient. */
static double product(const void *ctx, const double *y, double *grad)
{
    (void)ctx;
    if (grad) grad[0] = y[1], grad[1] = y[0];
    return y[0] * y[1];
}

static void formulas_have_gradients_too(void)
{
    bed b;
    bed_init(&b, bed_space(2), 15, 2, 0.05, ITP_NOISE_INFERRED, 4);
    b.goals[0].what = (itp_formula){product, NULL, -1};
    b.goals[0].kind = ITP_MINIMISE;
    check_gradients(&b, "qlognei");
    b.bounds[0].what = (itp_formula){product, NULL, -1};
    b.bounds[0].low = 5;
    b.problem.n_bounds = 1;
    check_gradients(&b, "qlognei");
    b.goals[0].kind = ITP_TARGET, b.goals[0].target = 8;
    check_gradients(&b, "qlognei");
    bed_deinit(&b);
}

/* Joint normal draws by plain Monte Carlo from itp_latent_joint: an independent route. */
static double brute_force_nei(const bed *b, const double *x, size_t pending, size_t draws,
                              double *error)
{
    size_t q = b->n + pending + 1, d = b->d;
    double *all = malloc(q * d * sizeof *all), *mean = malloc(q * sizeof *mean);
    double *cov = malloc(q * q * sizeof *cov), *z = malloc(q * sizeof *z), sum = 0, squares = 0;
    memcpy(all, b->x, b->n * d * sizeof *all);
    if (pending) memcpy(all + b->n * d, b->problem.pending, pending * d * sizeof *all);
    memcpy(all + (q - 1) * d, x, d * sizeof *x);
    bed_joint(b, 0, q, all, mean, cov);
    itp_stream stream;
    itp_stream_init(&stream, 99, 0, "brute");
    for (size_t s = 0; s < draws; s++) {
        double best = -INFINITY, f = 0;
        for (size_t i = 0; i < q; i++) z[i] = itp_stream_normal(&stream);
        for (size_t i = 0; i < q; i++) {
            f = mean[i];
            for (size_t j = 0; j <= i; j++) f += cov[i * q + j] * z[j];
            if (i + 1 < q) best = fmax(best, f);
        }
        double gain = fmax(0, f - best);
        sum += gain, squares += gain * gain;
    }
    double value = sum / (double)draws;
    *error = sqrt((squares / (double)draws - value * value) / (double)draws);
    free(all);
    free(mean);
    free(cov);
    free(z);
    return value;
}

static void noisy_ei_is_the_joint_expectation(void)
{
    bed b;
    bed_init(&b, bed_space(2), 14, 1, 0.3, ITP_NOISE_INFERRED, 5);
    double pending[] = {0.35, 0.2, 0.8, 0.75, 0.1, 0.9};
    const double probes[][2] = {{0.3, 0.3}, {0.9, 0.1}, {0.5, 0.6}};
    for (size_t n_pending = 0; n_pending <= 3; n_pending += 3) {
        itp_view view;
        itp_scorer scorer;
        b.problem.pending = pending, b.problem.n_pending = n_pending;
        CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b.problem), ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_scorer_init(&scorer, &view, &itp_gain_qlognei, 1), ITP_OK);
        double *work = malloc((itp_scorer_work(&scorer) + 1) * sizeof *work);
        for (size_t i = 0; i < 3; i++) {
            double error, want = brute_force_nei(&b, probes[i], n_pending, 40000, &error);
            double got = exp(itp_scorer_eval(&scorer, probes[i], NULL, NULL, work));
            /* 512 quasi-random draws err less than 512 random ones: 4 standard errors of both. */
            double both = error * sqrt(1 + 40000.0 / 512);
            CU_ASSERT(fabs(got - want) < 4 * both + 1e-6);
        }
        free(work);
        itp_scorer_deinit(&scorer);
        itp_view_deinit(&view);
    }
    bed_deinit(&b);
}

static void draws_have_the_joint_moments(void)
{
    bed b;
    bed_init(&b, bed_space(2), 12, 2, 0.2, ITP_NOISE_INFERRED, 6);
    enum { B = 5, DRAWS = 4096 };
    itp_view view;
    itp_draws *draws;
    double x[B * 2], mean[B], cov[B * B], z[2];
    itp_stream stream;
    itp_stream_init(&stream, 1, 0, "anchors");
    for (int i = 0; i < B * 2; i++) x[i] = itp_stream_uniform(&stream);
    CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b.problem), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_draws_create(&draws, &view, DRAWS, 3, x, 2, "test"), ITP_OK);
    for (int i = 3; i < B; i++) CU_ASSERT_EQUAL(itp_draws_extend(draws, x + 2 * i), ITP_OK);
    for (size_t k = 0; k < 2; k++) {
        CU_ASSERT_EQUAL_FATAL(itp_latent_joint(b.models[k], 0, B, x, mean, cov), ITP_OK);
        for (size_t i = 0; i < B; i++) {
            for (size_t j = 0; j <= i; j++) {
                double sum = 0, both = 0;
                for (size_t s = 0; s < DRAWS; s++) {
                    itp_draws_anchor(draws, i, s, z);
                    double zi = z[k];
                    itp_draws_anchor(draws, j, s, z);
                    sum += zi / DRAWS;
                    both += (zi - mean[i]) * (z[k] - mean[j]) / DRAWS;
                }
                /* Quasi-random: well below the random error 1/64 of a unit-scale moment. */
                CU_ASSERT_DOUBLE_EQUAL(sum, mean[i], 2e-3);
                CU_ASSERT_DOUBLE_EQUAL(both, cov[i * B + j], 8e-3);
            }
        }
    }
    itp_draws_destroy(draws);
    itp_view_deinit(&view);
    bed_deinit(&b);
}

/* E max_i (a_i + b_i Z) by quadrature over the same reference points is what kg states; here: its
 * value is positive, and measuring where all is known gains less than measuring far away. */
static void knowledge_is_worth_more_where_less_is_known(void)
{
    bed b;
    bed_init(&b, bed_space(1), 6, 1, 0, ITP_NOISE_NONE, 8);
    itp_view view;
    const char *names[] = {"kg", "variance", "imse", "mes"};
    CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b.problem), ITP_OK);
    for (size_t i = 0; i < 4; i++) {
        itp_scorer scorer;
        CU_ASSERT_EQUAL_FATAL(itp_scorer_init(&scorer, &view, itp_gain_find(names[i]), 1), ITP_OK);
        double *work = malloc((itp_scorer_work(&scorer) + 1) * sizeof *work), best = -INFINITY;
        double known = itp_scorer_eval(&scorer, b.x, NULL, NULL, work);
        for (double x = 0; x <= 1; x += 0.01)
            best = fmax(best, itp_scorer_eval(&scorer, &x, NULL, NULL, work));
        CU_ASSERT(best > known + 1);
        free(work);
        itp_scorer_deinit(&scorer);
    }
    itp_view_deinit(&view);
    bed_deinit(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"gradients match differences", gradients_match_differences},
        {"formulas have gradients too", formulas_have_gradients_too},
        {"noisy EI is the joint expectation", noisy_ei_is_the_joint_expectation},
        {"draws have the joint moments", draws_have_the_joint_moments},
        {"knowledge is worth more where less is known",
         knowledge_is_worth_more_where_less_is_known},
        CU_TEST_INFO_NULL,
    };
    return suite_run("acquisition/gains", tests);
}
