/* test_cost.c - what trials cost: as the definition says, as they took, and what decisions make of
 * it. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "belief.h"
#include "decide.h"
#include "stage.h"

enum { TRIALS = 12 };

static itp_campaign *campaign_of(const char *text)
{
    itp_campaign *c = NULL;
    itp_findings findings = {0};
    if (itp_campaign_parse(&c, "c.yaml", text, 0, NULL, &findings, NULL) != ITP_OK)
        fprintf(stderr, "%s", findings.text ? findings.text : "");
    itp_findings_deinit(&findings);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    return c;
}

static void check_slope(const posed *p, const itp_space *space, double *x)
{
    double grad[16], side[2], h = 1e-6;
    (void)p->problem.log_cost(p->problem.log_cost_ctx, x, grad);
    for (size_t j = 0; j < itp_space_d(space); j++) {
        unsigned of = itp_space_columns(space)[j].parameter;
        double at = x[j];
        if (itp_space_param(space, of)->kind != ITP_REAL || isnan(at)) continue;
        for (int k = 0; k < 2; k++) {
            x[j] = at + (k ? h : -h);
            side[k] = p->problem.log_cost(p->problem.log_cost_ctx, x, NULL);
        }
        x[j] = at;
        CU_ASSERT_DOUBLE_EQUAL(grad[j], (side[1] - side[0]) / (2 * h), 1e-6 * (1 + fabs(grad[j])));
    }
}

static void tasks_add_up_at_their_sources(void)
{
    itp_campaign *c =
        campaign_of("campaign: c\nparameters:\n"
                    "  a: {real: [1, 100], scale: log}\n  n: {integer: [1, 9]}\n"
                    "  how: {categorical: [fast, slow]}\n  e: {real: [0, 5], when: how == slow}\n"
                    "tasks:\n"
                    "  mix: {cost: 2 + a/10 + e, outputs: {m: {unit: V}}}\n"
                    "  test: {source: how, cost: n^2, sources: {fast: {}, slow: {cost: 30}},\n"
                    "         outputs: {y: {unit: V}}}\n"
                    "objectives: [{maximise: y}]\nlimits: [m <= 1 V]\nbudget: {trials: 9}\n");
    itp_snapshot s = {.campaign = c};
    posed p = {0};
    double x[16];
    CU_ASSERT_EQUAL_FATAL(cost_pose(&p, &s), ITP_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p.problem.log_cost);
    const double points[][4] = {{50, 3, 0, NAN}, {20, 3, 1, 4}};
    const double want[] = {2 + 5 + 9, 2 + 2 + 4 + 30};
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL_FATAL(itp_space_encode(c->space, points[i], x, NULL), ITP_OK);
        CU_ASSERT_DOUBLE_EQUAL(p.problem.log_cost(p.problem.log_cost_ctx, x, NULL), log(want[i]),
                               1e-12);
        check_slope(&p, c->space, x);
    }
    problem_deinit(&p);
    itp_campaign_destroy(c);
}

/* --- Decisions -------------------------------------------------------------------------------- */

static double truth(double x)
{
    return sin(12 * x);
}

static double took(double x)
{
    return exp(2 + 3 * x);
}

typedef struct past {
    itp_snapshot s;
    double points[TRIALS], took[TRIALS];
    itp_trial_state states[TRIALS];
    itp_observation seen[TRIALS];
    itp_last_fit fits[1];
} past;

static void look_back(past *p, const itp_campaign *c, size_t n_costs)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i < TRIALS; i++) {
        p->points[i] = fmod(0.137 + 0.6180339887 * (double)i, 1);
        p->took[i] = i < n_costs ? took(p->points[i]) : NAN;
        p->states[i] = ITP_TRIAL_MEASURED;
        p->seen[i] = (itp_observation){i + 1, 0, truth(p->points[i]), NAN};
    }
    p->s = (itp_snapshot){.campaign = c,
                          .number = TRIALS,
                          .saw = TRIALS,
                          .wanted = 1,
                          .committed = TRIALS,
                          .designed = TRIALS,
                          .trial_cost = NAN,
                          .n_trials = TRIALS,
                          .points = p->points,
                          .states = p->states,
                          .took = p->took,
                          .n_observations = TRIALS,
                          .observations = p->seen,
                          .fits = p->fits};
}

/* A decision over sin(12 x), whose two highest hills are equal, at x = 0.13 and 0.65. */
static itp_decision *decide(const char *cost, size_t n_costs)
{
    char text[400];
    snprintf(text, sizeof text,
             "campaign: c\nparameters: {x: {real: [0, 1]}}\n"
             "tasks: {m: {outputs: {y: {unit: V}}, noise: none%s%s}}\n"
             "objectives: [{maximise: y}]\nbudget: {trials: 30}\n",
             *cost ? ", cost: " : "", cost);
    itp_campaign *c = campaign_of(text);
    itp_decider *decider = NULL;
    itp_decision *made = NULL;
    past p;
    look_back(&p, c, n_costs);
    CU_ASSERT_EQUAL_FATAL(itp_decider_create(&decider, "here", 1), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_decide(decider, &p.s, &made, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(made->n_picks, 1);
    itp_decider_destroy(decider);
    itp_campaign_destroy(c);
    return made;
}

static void the_cheaper_of_equals_is_chosen(void)
{
    itp_decision *left = decide("0.01 + x^4", 0), *right = decide("1.01 - x", 0);
    CU_ASSERT(left->picks[0].point[0] < 0.4);
    CU_ASSERT(right->picks[0].point[0] > 0.6);
    itp_parts parts = right->picks[0].parts;
    CU_ASSERT_DOUBLE_EQUAL(parts.cost, -log(1.01 - right->picks[0].point[0]), 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(parts.total, parts.gain + parts.cost, 1e-9);
    CU_ASSERT_PTR_NOT_NULL(strstr(right->why, "gain per cost"));
    itp_decision_destroy(left);
    itp_decision_destroy(right);
}

static void equal_costs_change_nothing(void)
{
    itp_decision *none = decide("", 0), *equal = decide("7", 0);
    CU_ASSERT(isnan(equal->picks[0].parts.cost));
    CU_ASSERT_PTR_NULL(itp_decision_differs(none, equal, 1));
    CU_ASSERT_PTR_NULL(strstr(equal->why, "cost"));
    itp_decision_destroy(none);
    itp_decision_destroy(equal);
}

static void what_trials_took_is_learned(void)
{
    itp_decision *few = decide("measured", 2), *many = decide("measured", TRIALS);
    CU_ASSERT_PTR_NOT_NULL(strstr(few->why, "2 measured costs are too few to weigh"));
    CU_ASSERT_PTR_NOT_NULL(strstr(many->why, "gain per cost, as 12 trials took"));
    CU_ASSERT(many->picks[0].point[0] < 0.4);
    double expected = exp(-many->picks[0].parts.cost), truly = took(many->picks[0].point[0]);
    CU_ASSERT(expected > 0.8 * truly && expected < 1.25 * truly);
    itp_decision_destroy(few);
    itp_decision_destroy(many);
}

static void a_learned_cost_has_its_slope(void)
{
    itp_campaign *c = campaign_of(
        "campaign: c\nparameters: {x: {real: [0, 1]}}\n"
        "tasks: {m: {cost: measured, outputs: {y: V}}, k: {cost: 5*x, outputs: {z: V}}}\n"
        "objectives: [{maximise: y}]\nbudget: {trials: 30}\n");
    past p;
    posed q = {0};
    look_back(&p, c, TRIALS);
    CU_ASSERT_EQUAL_FATAL(cost_pose(&q, &p.s), ITP_OK);
    for (double x = 0.05; x < 1; x += 0.3) {
        double value = exp(q.problem.log_cost(q.problem.log_cost_ctx, &x, NULL));
        CU_ASSERT(fabs(value - took(x) - 5 * x) < 0.2 * value);
        check_slope(&q, c->space, &x);
    }
    problem_deinit(&q);
    itp_campaign_destroy(c);
}

/* --- Budgets ---------------------------------------------------------------------------------- */

static void what_was_said_is_what_is_spent(void)
{
    bench b;
    set_up(&b, "cost: 2 + 10*x", "budget: {cost: 8}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 1, 0.3);
    feed_result(&b, "w", 1, 1, 0.5);
    CU_ASSERT_PTR_NULL(fixture_find(&b.out, ITP_ACTION_FINISH)); /* 5 of 8 */
    feed_decision(&b, 2, 1, 0.1);
    CU_ASSERT_PTR_NULL(fixture_find(&b.out, ITP_ACTION_DECIDE)); /* 3 more are on their way */
    feed_result(&b, "w", 2, 1, 0.5);
    const itp_action *finish = fixture_find(&b.out, ITP_ACTION_FINISH);
    CU_ASSERT_PTR_NOT_NULL_FATAL(finish);
    CU_ASSERT_STRING_EQUAL(finish->text, "budget: cost 8 of 8");
    tear_down(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {{"tasks add up at their sources", tasks_add_up_at_their_sources},
                           {"the cheaper of equals is chosen", the_cheaper_of_equals_is_chosen},
                           {"equal costs change nothing", equal_costs_change_nothing},
                           {"what trials took is learned", what_trials_took_is_learned},
                           {"a learned cost has its slope", a_learned_cost_has_its_slope},
                           {"what was said is what is spent", what_was_said_is_what_is_spent},
                           CU_TEST_INFO_NULL};
    return suite_run("loop/cost", tests);
}
