/* test_regret.c - the regret bound, the Pareto set and the incumbent.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "bed.h"
#include "ceiling.h"
#include "normal.h"

static void a_finished_search_is_called_finished(void)
{
    /* A smooth curve measured at 24 points without noise: nothing hides between them. */
    bed b;
    bed_init(&b, bed_space(1), 24, 1, 0, ITP_NOISE_NONE, 31);
    itp_regret regret;
    CU_ASSERT_EQUAL_FATAL(itp_regret_bound(&b.problem, 0.1, 0.95, &regret), ITP_OK);
    CU_ASSERT(regret.low >= 0.8 && regret.probability <= 1 && regret.draws >= 64);
    double wide = regret.probability;
    CU_ASSERT_EQUAL_FATAL(itp_regret_bound(&b.problem, 1e-9, 0.95, &regret), ITP_OK);
    CU_ASSERT(regret.probability < 0.5 && regret.probability <= wide);
    bed_deinit(&b);
}

static void an_unfinished_search_is_not(void)
{
    bed b;
    bed_init(&b, bed_space(3), 5, 1, 0, ITP_NOISE_NONE, 32);
    b.goals[0].kind = ITP_MINIMISE;
    itp_regret regret;
    CU_ASSERT_EQUAL_FATAL(itp_regret_bound(&b.problem, 0.05, 0.95, &regret), ITP_OK);
    CU_ASSERT(regret.high < 0.95);
    CU_ASSERT_EQUAL(regret.draws, 0); /* one place is enough to see that */
    CU_ASSERT(regret.probability == regret.high && regret.low == 0);
    bed_deinit(&b);
}

static double drawn_low(const bed *b, double epsilon, double confidence, double *probability)
{
    itp_regret regret;
    CU_ASSERT_EQUAL(itp_regret_bound(&b->problem, epsilon, confidence, &regret), ITP_OK);
    *probability = regret.draws ? NAN : regret.probability;
    return regret.draws ? regret.low : 0;
}

static void no_draws_contradict_the_ceiling(void)
{
    /* A confidence that the ceiling cannot spare the draws from, and one that it can: the interval
     * of the former may not lie above the latter. */
    int drawn = 0;
    for (uint64_t seed = 70; seed < 76; seed++) {
        double ceiling, none, low;
        bed b;
        bed_init(&b, bed_space(2), 12, 1, seed % 2 ? 0.2 : 0,
                 seed % 2 ? ITP_NOISE_INFERRED : ITP_NOISE_NONE, seed);
        if (seed % 3 == 0) b.goals[0].kind = ITP_MINIMISE;
        CU_ASSERT_EQUAL(drawn_low(&b, 0.02, 1, &ceiling), 0);
        if (!isnan(ceiling)) {
            low = drawn_low(&b, 0.02, 0.6 * ceiling, &none);
            CU_ASSERT(low <= ceiling);
            drawn += isnan(none);
        }
        bed_deinit(&b);
    }
    CU_ASSERT(drawn > 0);
}

static void a_measured_table_has_nothing_left(void)
{
    /* Every row is measured, without noise: the best of them is the best. With noise it need not
     * be, and the draws say so. */
    for (int noisy = 0; noisy < 2; noisy++) {
        itp_space *space = bed_space(2);
        double rows[2 * 6] = {0, 0, 0.5, 0, 1, 0, 0, 1, 0.5, 1, 1, 1};
        CU_ASSERT_EQUAL_FATAL(itp_space_set_candidates(space, 6, rows, 0, NULL, NULL, NULL, NULL),
                              ITP_OK);
        bed b;
        itp_regret regret;
        bed_init(&b, space, 40, 1, noisy ? 3 : 0, noisy ? ITP_NOISE_INFERRED : ITP_NOISE_NONE, 78);
        CU_ASSERT_EQUAL_FATAL(itp_regret_bound(&b.problem, 1e-3, 0.95, &regret), ITP_OK);
        if (noisy) CU_ASSERT(regret.high < 0.95);
        if (!noisy) CU_ASSERT(regret.low >= 0.95 && regret.draws >= 192);
        bed_deinit(&b);
    }
}

static void the_ceiling_is_that_of_its_two_points(void)
{
    bed b;
    itp_view view;
    itp_ceiling *c = NULL;
    bed_init(&b, bed_space(2), 12, 1, 0.3, ITP_NOISE_INFERRED, 77);
    CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b.problem), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_ceiling_create(&c, &view, 0.2), ITP_OK);
    itp_stream stream;
    itp_stream_init(&stream, 5, 0, "ceilings");
    for (int i = 0; i < 20; i++) {
        double x[4], mean[2], cov[4], most, least, all, again, grad[2];
        x[0] = itp_stream_uniform(&stream), x[1] = itp_stream_uniform(&stream);
        memcpy(x + 2, b.x + 2 * view.incumbent, 2 * sizeof *x);
        CU_ASSERT_EQUAL(itp_latent_joint(b.models[0], 0, 2, x, mean, cov), ITP_OK);
        double z = itp_surrogate_to_latent(b.models[0],
                                           itp_surrogate_from_latent(b.models[0], mean[1]) + 0.2);
        double sd = sqrt(cov[0] + cov[3] - 2 * cov[1]), truth = itp_ndtr((z - mean[0]) / sd);
        CU_ASSERT_EQUAL(itp_ceiling_at(c, 1, x, &most, &least, &all), ITP_OK);
        CU_ASSERT(least <= truth + 1e-9 && truth <= most + 1e-9 && all == most);
        CU_ASSERT_EQUAL(itp_ceiling_slope(c, x, &again, grad), ITP_OK);
        CU_ASSERT_DOUBLE_EQUAL(again, most, 1e-9);
        for (int j = 0; j < 2; j++) { /* central differences: step^2 and rounding / step */
            double up, down, at[2] = {x[0], x[1]};
            at[j] = x[j] + 1e-5, itp_ceiling_at(c, 1, at, &up, &least, &all);
            at[j] = x[j] - 1e-5, itp_ceiling_at(c, 1, at, &down, &least, &all);
            CU_ASSERT_DOUBLE_EQUAL(grad[j], (up - down) / 2e-5, 1e-5 * (1 + fabs(grad[j])));
        }
    }
    itp_ceiling_destroy(c);
    itp_view_deinit(&view);
    bed_deinit(&b);
}

/* True value of the incumbent less that of the highest reading, one campaign. */
static double recommended_over_lucky(uint64_t seed)
{
    bed b;
    bed_init(&b, bed_space(1), 30, 1, 0.6, ITP_NOISE_INFERRED, seed);
    itp_incumbent best;
    CU_ASSERT_EQUAL_FATAL(itp_find_incumbent(&b.problem, 0.95, &best), ITP_OK);
    CU_ASSERT_FATAL(best.index >= 0);
    size_t lucky = 0;
    for (size_t i = 0; i < b.n; i++) {
        double mean;
        CU_ASSERT_EQUAL(itp_surrogate_predict(b.models[0], 1, b.x + i, &mean, NULL), ITP_OK);
        CU_ASSERT(mean <= best.mean + 1e-9);
        if (b.y[i] > b.y[lucky]) lucky = i;
    }
    CU_ASSERT(best.sd > 0 && best.mean < b.y[lucky]);
    double gain =
        bed_function(b.space, b.x + best.index, 0) - bed_function(b.space, b.x + lucky, 0);
    bed_deinit(&b);
    return gain;
}

static void a_lucky_reading_is_not_recommended(void)
{
    /* Noise of half the signal: on average the best posterior mean is truly better than the
     * highest reading, whose noise is part of why it is high. */
    double sum_of_gains = 0;
    for (uint64_t seed = 50; seed < 62; seed++) sum_of_gains += recommended_over_lucky(seed);
    CU_ASSERT(sum_of_gains > 0);
}

static void the_pareto_set_is_not_dominated(void)
{
    bed b;
    bed_init(&b, bed_space(2), 30, 2, 0, ITP_NOISE_NONE, 34);
    b.problem.n_goals = 2;
    b.goals[1].kind = ITP_MINIMISE;
    size_t index[30], n = itp_find_pareto(&b.problem, 0.5, index, 30), count = 0;
    for (size_t i = 0; i < b.n; i++) {
        int beaten = 0, listed = 0;
        for (size_t j = 0; j < b.n; j++)
            beaten |= b.y[2 * j] >= b.y[2 * i] && b.y[2 * j + 1] <= b.y[2 * i + 1] && j != i;
        for (size_t k = 0; k < n; k++) listed |= index[k] == i;
        CU_ASSERT_EQUAL(listed, !beaten);
        count += !beaten;
    }
    CU_ASSERT_EQUAL(n, count);
    CU_ASSERT_EQUAL(itp_find_pareto(&b.problem, 0.5, index, 1), n);
    bed_deinit(&b);
}

static double sum(const void *ctx, const double *y, double *grad)
{
    (void)ctx;
    if (grad) grad[0] = grad[1] = 1;
    return y[0] + y[1];
}

static void a_formula_s_incumbent_has_its_own_moments(void)
{
    bed b;
    bed_init(&b, bed_space(2), 20, 2, 0.3, ITP_NOISE_INFERRED, 35);
    b.goals[0].what = (itp_formula){sum, NULL, -1};
    itp_incumbent best;
    CU_ASSERT_EQUAL_FATAL(itp_find_incumbent(&b.problem, 0.5, &best), ITP_OK);
    CU_ASSERT_FATAL(best.index >= 0);
    double mean[2], var[2];
    for (size_t k = 0; k < 2; k++)
        CU_ASSERT_EQUAL(
            itp_surrogate_predict(b.models[k], 1, b.x + 2 * (size_t)best.index, &mean[k], &var[k]),
            ITP_OK);
    /* A sum of independent normals, by 512 quasi-random draws. */
    CU_ASSERT_DOUBLE_EQUAL(best.mean, mean[0] + mean[1], 0.01);
    CU_ASSERT_DOUBLE_EQUAL(best.sd, sqrt(var[0] + var[1]), 0.02 * best.sd);
    bed_deinit(&b);
}

/* E max(0, a + s e) for a standard normal e. */
static double positive_part(double a, double s)
{
    double u = a / s;
    return a * itp_ndtr(u) + s * exp(itp_log_npdf(u));
}

/* Without noise: expected improvement. With noise: the closed form of the two-point knowledge
 * gradient. Both in the user's unit, whichever way the goal points. */
static void a_promise_is_the_gain_of_knowing(void)
{
    enum { N = 60 };
    double xs[2 * N];
    itp_stream stream;
    itp_stream_init(&stream, 3, 0, "probes");
    for (size_t i = 0; i < 2 * N; i++) xs[i] = itp_stream_uniform(&stream);
    for (int noisy = 0; noisy < 2; noisy++) {
        bed b;
        itp_incumbent best;
        bed_init(&b, bed_space(2), 10, 1, noisy ? 0.4 : 0,
                 noisy ? ITP_NOISE_INFERRED : ITP_NOISE_NONE, 61);
        if (noisy) b.goals[0].kind = ITP_MINIMISE;
        CU_ASSERT_EQUAL_FATAL(itp_find_incumbent(&b.problem, 0.95, &best), ITP_OK);
        CU_ASSERT_FATAL(best.index >= 0);
        double most = 0, sure = 0;
        /* Latent to user's unit is affine here. */
        double scale = fabs(itp_surrogate_from_latent_slope(b.models[0], 0));
        for (size_t i = 0; i < N; i++) {
            double pair[4] = {xs[2 * i], xs[2 * i + 1], b.x[2 * best.index],
                              b.x[2 * best.index + 1]};
            double mean[2], cov[4];
            CU_ASSERT_EQUAL_FATAL(itp_latent_joint(b.models[0], 0, 2, pair, mean, cov), ITP_OK);
            double width = sqrt(cov[0] + itp_surrogate_noise_var(b.models[0], 0));
            double ahead = (noisy ? -1 : 1) * (mean[0] - mean[1]) * scale;
            double step = fabs(cov[0] - cov[1]) / width * scale;
            most = fmax(most, positive_part(ahead, step));
            sure = fmax(sure, itp_ndtr((ahead - 0.2) / step));
        }
        itp_promise promise;
        CU_ASSERT_EQUAL_FATAL(
            itp_find_promise(&b.problem, (size_t)best.index, N, xs, 0.2, &promise), ITP_OK);
        /* 2048 quasi-random draws: far below the random error of sd/45. */
        CU_ASSERT_DOUBLE_EQUAL(promise.expected, most, 2e-3 * (1 + most));
        CU_ASSERT_DOUBLE_EQUAL(promise.probability, sure, 2e-3);
        CU_ASSERT(most > 1e-3);
        bed_deinit(&b);
    }
}

static void goals_kept_apart_promise_nothing_in_common(void)
{
    bed b;
    itp_promise promise;
    bed_init(&b, bed_space(2), 10, 2, 0, ITP_NOISE_NONE, 62);
    b.problem.n_goals = 2;
    const double x[2] = {0.4, 0.4};
    CU_ASSERT_EQUAL(itp_find_promise(&b.problem, 0, 1, x, 1, &promise), ITP_OK);
    CU_ASSERT(isnan(promise.expected) && isnan(promise.probability));
    for (size_t g = 0; g < 2; g++) b.goals[g].unwanted = 1, b.goals[g].wanted = 6;
    CU_ASSERT_EQUAL(itp_find_promise(&b.problem, 0, 1, x, 1, &promise), ITP_OK);
    CU_ASSERT(promise.expected >= 0 && promise.expected < 1);
    CU_ASSERT_EQUAL(promise.probability, 0); /* a desirability cannot grow by more than 1 */
    bed_deinit(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a finished search is called finished", a_finished_search_is_called_finished},
        {"an unfinished search is not", an_unfinished_search_is_not},
        {"no draws contradict the ceiling", no_draws_contradict_the_ceiling},
        {"a measured table has nothing left", a_measured_table_has_nothing_left},
        {"the ceiling is that of its two points", the_ceiling_is_that_of_its_two_points},
        {"a lucky reading is not recommended", a_lucky_reading_is_not_recommended},
        {"the Pareto set is not dominated", the_pareto_set_is_not_dominated},
        {"a formula's incumbent has its own moments", a_formula_s_incumbent_has_its_own_moments},
        {"a promise is the gain of knowing", a_promise_is_the_gain_of_knowing},
        {"goals kept apart promise nothing in common", goals_kept_apart_promise_nothing_in_common},
        CU_TEST_INFO_NULL,
    };
    return suite_run("acquisition/regret", tests);
}
