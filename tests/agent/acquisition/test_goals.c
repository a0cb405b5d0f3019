/* test_goals.c - several goals: joined by random weights where they are kept apart and many.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front.h"
#include "hypervolume.h"
#include "probe.h"
#include "registry.h"

static void three_goals(bed *b)
{
    bed_init(b, bed_space(2), 14, 3, 0.2, ITP_NOISE_INFERRED, 31);
    b->goals[0].kind = b->goals[2].kind = ITP_MINIMISE;
    b->problem.n_goals = 3;
}

/* Expected growth of the hypervolume by x, in scaled goals, by plain Monte Carlo over joint draws
 * of three outcomes. */
static double brute_force(const bed *b, const itp_view *view, const double *reference,
                          const double *x, size_t draws, double *error)
{
    size_t q = b->n + 1, d = b->d;
    double sum = 0, squares = 0, all[(BED_MAX + 1) * 2], y[(BED_MAX + 1) * 3], z[3];
    double *mean = malloc(3 * q * (q + 2) * sizeof *mean), *factor = mean + 3 * q;
    double *draw = factor + 3 * q * q, e[BED_MAX + 1];
    memcpy(all, b->x, b->n * d * sizeof *all);
    memcpy(all + b->n * d, x, d * sizeof *x);
    for (size_t k = 0; k < 3; k++) bed_joint(b, k, q, all, mean + k * q, factor + k * q * q);
    itp_stream stream;
    itp_stream_init(&stream, 5, 0, "brute");
    for (size_t s = 0; s < draws; s++) {
        double volume[2];
        for (size_t k = 0; k < 3; k++)
            for (size_t i = 0; i < q; i++) {
                double f = mean[k * q + i];
                e[i] = itp_stream_normal(&stream);
                for (size_t j = 0; j <= i; j++) f += factor[k * q * q + i * q + j] * e[j];
                draw[k * q + i] = f;
            }
        for (int with = 0; with < 2; with++) {
            for (size_t i = 0; i < b->n + (size_t)with; i++) {
                for (size_t k = 0; k < 3; k++) z[k] = draw[k * q + i];
                for (size_t g = 0; g < 3; g++) y[3 * i + g] = itp_view_goal(view, g, z, NULL);
            }
            volume[with] = itp_hypervolume(b->n + (size_t)with, 3, y, reference);
        }
        double gain = volume[1] - volume[0];
        sum += gain, squares += gain * gain;
    }
    double value = sum / (double)draws;
    *error = sqrt((squares / (double)draws - value * value) / (double)draws);
    free(mean);
    return value;
}

/* The mean over all weights is the volume, up to pi/6 for three goals (Golovin & Zhang 2020). */
static void random_weights_are_the_hypervolume(void)
{
    bed b;
    itp_view view;
    itp_scorer scorer;
    itp_stream stream;
    double reference[3], unit = 1;
    three_goals(&b);
    itp_stream_init(&stream, 3, 0, "probes");
    CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b.problem), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_scorer_init(&scorer, &view, &itp_gain_parego, 1), ITP_OK);
    itp_front_reference(&view, reference);
    for (size_t g = 0; g < 3; g++) {
        double high = -INFINITY;
        for (size_t i = 0; i < b.n; i++) high = fmax(high, view.value[3 * i + g]);
        unit *= high - reference[g];
    }
    double *work = malloc((itp_scorer_work(&scorer) + 1) * sizeof *work);
    double probes[4][2], top[4] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < 4 * 40; i++) { /* each is the best of 40, so that there is something */
        double x[2] = {itp_stream_uniform(&stream), itp_stream_uniform(&stream)};
        double value = itp_scorer_eval(&scorer, x, NULL, NULL, work);
        if (value > top[i / 40]) top[i / 40] = value, memcpy(probes[i / 40], x, sizeof x);
    }
    for (size_t i = 0; i < 4; i++) {
        double error, want = brute_force(&b, &view, reference, probes[i], 3000, &error);
        double got = exp(top[i]) * unit * M_PI / 6;
        /* 512 draws with a ray each: their own error, by that of 3000 whole volumes. */
        CU_ASSERT_DOUBLE_EQUAL(got, want, 0.35 * want + 4 * error);
    }
    free(work);
    itp_scorer_deinit(&scorer);
    itp_view_deinit(&view);
    bed_deinit(&b);
}

/* Each point of a batch fills what the others leave of the front. */
static void a_batch_runs_along_the_front(void)
{
    bed b;
    double low[2] = {1, 1}, high[2] = {0, 0};
    bed_init(&b, bed_space(2), 16, 2, 0, ITP_NOISE_NONE, 33);
    b.problem.n_goals = 2;
    itp_propose_options options = {.acquisition = "parego", .q = 6, .threads = 2};
    itp_proposal p;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    CU_ASSERT_STRING_EQUAL(p.acquisition, "parego");
    CU_ASSERT_EQUAL_FATAL(p.n_chosen, 6);
    for (size_t i = 0; i < p.n_chosen; i++)
        for (size_t j = 0; j < 2; j++) {
            low[j] = fmin(low[j], p.chosen[i].x[j]);
            high[j] = fmax(high[j], p.chosen[i].x[j]);
        }
    CU_ASSERT(high[0] - low[0] > 0.2 || high[1] - low[1] > 0.2);
    itp_proposal_deinit(&p);
    bed_deinit(&b);
}

static void more_than_four_goals_are_parego_s(void)
{
    static const struct {
        size_t goals;
        const char *asked, *used, *said;
    } CASES[] = {
        {4, NULL, "qlognehvi", "hypervolume improvement"},
        {5, NULL, "parego", "more goals than a hypervolume"},
        {5, "qlognehvi", "parego", "qlognehvi was asked for, but there are more goals"},
        {5, "logei", "parego", "logei was asked for, but several goals are kept apart"},
        {3, "logei", "qlognehvi", "logei was asked for, but several goals are kept apart"},
        {2, "parego", "parego", "asked for"},
        {5, "imse", "parego", "imse was asked for, but several goals are kept apart"},
    };
    bed b;
    bed_init(&b, bed_space(2), 12, 5, 0, ITP_NOISE_NONE, 32);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        itp_view view;
        itp_selection selection;
        b.problem.n_goals = CASES[i].goals;
        CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b.problem), ITP_OK);
        CU_ASSERT_EQUAL(itp_select_gain(&selection, &view, CASES[i].asked, 1, NULL), ITP_OK);
        CU_ASSERT_STRING_EQUAL(selection.name, CASES[i].used);
        CU_ASSERT(strstr(selection.why, CASES[i].said) != NULL);
        itp_view_deinit(&view);
    }
    bed_deinit(&b);
}

static void only_collecting_averages_beliefs(void)
{
    CU_ASSERT(itp_acquisition_averages("collect") > 0);
    CU_ASSERT_EQUAL(itp_acquisition_averages("logei"), 0);
    CU_ASSERT_EQUAL(itp_acquisition_averages("auto"), 0);
    CU_ASSERT_EQUAL(itp_acquisition_averages(NULL), 0);
}

/* Utility and its slopes at a latent point against the definition, in the user's units. */
static void check_utility(bed *b, const double *z, double want, double scale)
{
    itp_view view;
    double dz[3], other[3];
    CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b->problem), ITP_OK);
    double value = itp_view_utility(&view, z, dz);
    if (scale == 0) scale = view.utility_scale;
    CU_ASSERT_DOUBLE_EQUAL(value * scale, want, 1e-9 * (1 + fabs(want)));
    for (size_t k = 0; k < 3; k++) {
        double up[3], down[3], h = 1e-6;
        memcpy(up, z, sizeof up), memcpy(down, z, sizeof down);
        up[k] += h, down[k] -= h;
        double slope = itp_view_utility(&view, up, other) - itp_view_utility(&view, down, other);
        CU_ASSERT_DOUBLE_EQUAL(dz[k], slope / (2 * h), 1e-5 * (1 + fabs(dz[k])));
    }
    itp_view_deinit(&view);
}

static void desirabilities_join_as_a_geometric_mean(void)
{
    bed b;
    three_goals(&b);
    b.goals[0].kind = ITP_MINIMISE, b.goals[0].unwanted = 6, b.goals[0].wanted = 2;
    b.goals[1].kind = ITP_MAXIMISE, b.goals[1].unwanted = 1, b.goals[1].wanted = 5;
    b.goals[2].kind = ITP_TARGET, b.goals[2].target = 3.5;
    b.goals[2].unwanted = 2, b.goals[2].wanted = 0.25;
    b.goals[1].weight = 2;
    const double points[][3] = {{4, 4, 3}, {2.5, 1.5, 5}, {5.9, 4.9, 3.4}, {1, 3, 3.5}, {7, 3, 3}};
    for (size_t i = 0; i < 5; i++) {
        const double *y = points[i];
        double z[3], t[3] = {(6 - y[0]) / 4, (y[1] - 1) / 4, (2 - fabs(y[2] - 3.5)) / 1.75}, d[3];
        for (size_t k = 0; k < 3; k++) {
            z[k] = itp_surrogate_to_latent(b.models[k], y[k]);
            d[k] = t[k] >= 1 ? 1 : t[k] > 1e-3 ? t[k] : 1e-6 / (2e-3 - t[k]);
        }
        check_utility(&b, z, pow(d[0] * d[1] * d[1] * d[2], 0.25), 0);
    }
    check_gradients(&b, "qlognei");
    bed_deinit(&b);
}

static void weights_with_units_add_up_in_units(void)
{
    bed b;
    three_goals(&b);
    const double y[3] = {4, 3, 2.5}, weight[3] = {2, 0.5, 0.01};
    double z[3], all = 0;
    itp_view view;
    for (size_t k = 0; k < 3; k++) {
        b.goals[k].weight = weight[k], b.goals[k].weight_per_unit = 1;
        z[k] = itp_surrogate_to_latent(b.models[k], y[k]);
    }
    CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b.problem), ITP_OK);
    CU_ASSERT(!view.pareto);
    for (size_t k = 0; k < 3; k++) all += weight[k] * view.goal_scale[k];
    itp_view_deinit(&view);
    check_utility(&b, z, -2 * y[0] + 0.5 * y[1] - 0.01 * y[2], all);
    bed_deinit(&b);
}

/* One goal wants a high, the other a low first outcome: the best compromise is found, and it is
 * neither of the two ends. */
static void the_incumbent_is_the_most_desirable(void)
{
    bed b;
    itp_incumbent best;
    double top = 0;
    long at = -1;
    bed_init(&b, bed_space(2), 30, 2, 0, ITP_NOISE_NONE, 35);
    b.problem.n_goals = 2;
    b.goals[0].unwanted = 1, b.goals[0].wanted = 5;
    b.goals[1].kind = ITP_MINIMISE, b.goals[1].unwanted = 5, b.goals[1].wanted = 1;
    for (size_t i = 0; i < b.n; i++) {
        double u = fmin(1, fmax(0, (b.y[2 * i] - 1) / 4));
        double v = fmin(1, fmax(0, (5 - b.y[2 * i + 1]) / 4));
        if (sqrt(u * v) > top) top = sqrt(u * v), at = (long)i;
    }
    CU_ASSERT_EQUAL_FATAL(itp_find_incumbent(&b.problem, 0.95, &best), ITP_OK);
    CU_ASSERT_EQUAL(best.index, at);
    CU_ASSERT_DOUBLE_EQUAL(best.desirability, top, 1e-3); /* the model's mean, not the reading */
    itp_propose_options options = {.q = 2, .threads = 2};
    itp_proposal p;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    CU_ASSERT_STRING_EQUAL(p.acquisition, "qlognei");
    CU_ASSERT(strstr(p.why, "desirab") != NULL);
    itp_proposal_deinit(&p);
    bed_deinit(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"desirabilities join as a geometric mean", desirabilities_join_as_a_geometric_mean},
        {"weights with units add up in units", weights_with_units_add_up_in_units},
        {"the incumbent is the most desirable", the_incumbent_is_the_most_desirable},
        {"random weights are the hypervolume", random_weights_are_the_hypervolume},
        {"a batch runs along the front", a_batch_runs_along_the_front},
        {"more than four goals are parego's", more_than_four_goals_are_parego_s},
        {"only collecting averages beliefs", only_collecting_averages_beliefs},
        CU_TEST_INFO_NULL,
    };
    return suite_run("acquisition/goals", tests);
}
