/* test_goals.c - several goals: joined by random weights where they are kept apart and many.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "bed.h"
#include "registry.h"
#include "scorer.h"

/* A goal in the user's units by latent values; goals 0 and 2 are minimised, 1 is maximised. */
static double goal_of(const bed *b, size_t g, double z)
{
    return (g == 1 ? 1 : -1) * itp_surrogate_from_latent(b->models[g], z);
}

static void three_goals(bed *b)
{
    bed_init(b, bed_space(2), 14, 3, 0.2, ITP_NOISE_INFERRED, 31);
    b->goals[0].kind = b->goals[2].kind = ITP_MINIMISE;
    b->problem.n_goals = 3;
}

/* Ideal and extent of the front of posterior means, by definition. */
static void front_of(const bed *b, double *ideal, double *span)
{
    double y[BED_MAX][3];
    for (size_t g = 0; g < 3; g++) {
        double mean[BED_MAX], low = INFINITY;
        ideal[g] = -INFINITY;
        CU_ASSERT_EQUAL_FATAL(itp_latent_predict(b->models[g], 0, b->n, b->x, mean, NULL), ITP_OK);
        for (size_t i = 0; i < b->n; i++) y[i][g] = goal_of(b, g, mean[i]);
        span[g] = low;
    }
    for (size_t i = 0; i < b->n; i++) {
        int beaten = 0;
        for (size_t j = 0; j < b->n; j++)
            beaten |= j != i && y[j][0] >= y[i][0] && y[j][1] >= y[i][1] && y[j][2] >= y[i][2];
        for (size_t g = 0; g < 3 && !beaten; g++)
            ideal[g] = fmax(ideal[g], y[i][g]), span[g] = fmin(span[g], y[i][g]);
    }
    for (size_t g = 0; g < 3; g++) span[g] = ideal[g] - span[g];
}

/* E max(0, u(x) - max u(measured)) by plain Monte Carlo over joint draws of three outcomes. */
static double brute_force(const bed *b, const double *x, const double *weight, size_t draws,
                          double *error)
{
    size_t q = b->n + 1, d = b->d;
    double ideal[3], span[3], sum = 0, squares = 0, all[(BED_MAX + 1) * 2];
    double *mean = malloc(3 * q * (q + 1) * sizeof *mean), *factor = mean + 3 * q, e[BED_MAX + 1];
    double *u = malloc(3 * q * sizeof *u);
    memcpy(all, b->x, b->n * d * sizeof *all);
    memcpy(all + b->n * d, x, d * sizeof *x);
    for (size_t g = 0; g < 3; g++) bed_joint(b, g, q, all, mean + g * q, factor + g * q * q);
    front_of(b, ideal, span);
    itp_stream stream;
    itp_stream_init(&stream, 5, 0, "brute");
    for (size_t s = 0; s < draws; s++) {
        for (size_t g = 0; g < 3; g++) {
            for (size_t i = 0; i < q; i++) {
                double f = mean[g * q + i];
                e[i] = itp_stream_normal(&stream);
                for (size_t j = 0; j <= i; j++) f += factor[g * q * q + i * q + j] * e[j];
                u[g * q + i] = weight[g] * (goal_of(b, g, f) - ideal[g]) / span[g];
            }
        }
        double best = -INFINITY, last = 0;
        for (size_t i = 0; i < q; i++) {
            double least = fmin(u[i], fmin(u[q + i], u[2 * q + i]));
            last = least + 0.05 * (u[i] + u[q + i] + u[2 * q + i]);
            if (i + 1 < q) best = fmax(best, last);
        }
        double gain = fmax(0, last - best);
        sum += gain, squares += gain * gain;
    }
    double value = sum / (double)draws;
    *error = sqrt((squares / (double)draws - value * value) / (double)draws);
    free(mean);
    free(u);
    return value;
}

static void parego_is_the_expectation_under_its_weights(void)
{
    bed b;
    itp_view view;
    itp_scorer scorer;
    itp_stream stream;
    double weight[3], sum = 0;
    three_goals(&b);
    itp_stream_init(&stream, b.problem.seed, b.problem.number, "parego");
    for (size_t g = 0; g < 3; g++) sum += weight[g] = itp_stream_exponential(&stream);
    for (size_t g = 0; g < 3; g++) weight[g] /= sum;
    CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b.problem), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_scorer_init(&scorer, &view, &itp_gain_parego, 1), ITP_OK);
    double *work = malloc((itp_scorer_work(&scorer) + 1) * sizeof *work);
    double probes[4][2], top[4] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < 4 * 40; i++) { /* each is the best of 40, so that there is something */
        double x[2] = {itp_stream_uniform(&stream), itp_stream_uniform(&stream)};
        double value = itp_scorer_eval(&scorer, x, NULL, NULL, work);
        if (value > top[i / 40]) top[i / 40] = value, memcpy(probes[i / 40], x, sizeof x);
    }
    for (size_t i = 0; i < 4; i++) {
        double error, want = brute_force(&b, probes[i], weight, 20000, &error);
        /* 512 quasi-random draws err less than 512 random ones: 4 standard errors of both. */
        CU_ASSERT(fabs(exp(top[i]) - want) < 4 * error * sqrt(1 + 20000.0 / 512));
        CU_ASSERT(want > 10 * error);
    }
    free(work);
    itp_scorer_deinit(&scorer);
    itp_view_deinit(&view);
    bed_deinit(&b);
}

/* Where all weight lies on one goal the best point is that goal's: over many decisions the weights
 * send the choice to different ends of the front. */
static void weights_run_along_the_front(void)
{
    bed b;
    double low[2] = {1, 1}, high[2] = {0, 0};
    bed_init(&b, bed_space(2), 16, 2, 0, ITP_NOISE_NONE, 33);
    b.problem.n_goals = 2;
    for (uint64_t number = 0; number < 6; number++) {
        itp_propose_options options = {.acquisition = "parego", .q = 2, .threads = 2};
        itp_proposal p;
        b.problem.number = number;
        CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
        CU_ASSERT_STRING_EQUAL(p.acquisition, "parego");
        CU_ASSERT_EQUAL(p.n_chosen, 2);
        for (size_t j = 0; j < 2; j++) {
            low[j] = fmin(low[j], p.chosen[0].x[j]);
            high[j] = fmax(high[j], p.chosen[0].x[j]);
        }
        itp_proposal_deinit(&p);
    }
    CU_ASSERT(high[0] - low[0] > 0.2 || high[1] - low[1] > 0.2);
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

int main(void)
{
    CU_TestInfo tests[] = {
        {"parego is the expectation under its weights",
         parego_is_the_expectation_under_its_weights},
        {"weights run along the front", weights_run_along_the_front},
        {"more than four goals are parego's", more_than_four_goals_are_parego_s},
        CU_TEST_INFO_NULL,
    };
    return suite_run("acquisition/goals", tests);
}
