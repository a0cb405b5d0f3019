/* test_stop.c - where a campaign begins, and reasons to stop that need the model: each in time,
 * none too soon, with its number. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "suite.h"

enum { TRIALS_MAX = 40 };

/* A decision after n trials of y = -(x - 0.3)^2, x running over a grid, with these wishes. */
static char *reason_after(size_t n, double cost, const char *wishes)
{
    char text[600], *reason = NULL;
    itp_campaign *c = NULL;
    itp_findings findings = {0};
    itp_error err = {0};
    double points[TRIALS_MAX];
    itp_trial_state states[TRIALS_MAX];
    itp_observation seen[TRIALS_MAX];
    itp_last_fit fits[1] = {{NULL, 0}};
    snprintf(text, sizeof text,
             "campaign: s\nparameters: {x: {real: [0, 1]}}\n"
             "tasks: {m: {outputs: {y: {unit: V}}, noise: none}}\nbudget: {trials: 99}\n%s",
             wishes);
    if (itp_campaign_parse(&c, "s.yaml", text, 0, NULL, &findings, NULL) != ITP_OK)
        fprintf(stderr, "%s", findings.text ? findings.text : "");
    itp_findings_deinit(&findings);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    for (size_t i = 0; i < n; i++) {
        double x = n > 1 ? (double)i / (double)(n - 1) : 0.5;
        points[i] = x, states[i] = ITP_TRIAL_MEASURED;
        seen[i] = (itp_observation){i + 1, 0, -(x - 0.3) * (x - 0.3), NAN};
    }
    itp_snapshot s = {.campaign = c,
                      .number = 20,
                      .saw = 50,
                      .wanted = 1,
                      .committed = n,
                      .designed = 30,
                      .trial_cost = cost,
                      .n_trials = n,
                      .points = points,
                      .states = states,
                      .n_observations = n,
                      .observations = seen,
                      .fits = fits};
    itp_decider *decider = NULL;
    itp_decision *made = NULL;
    CU_ASSERT_EQUAL_FATAL(itp_decider_create(&decider, "here", 1), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_decide(decider, &s, &made, &err), ITP_OK);
    if (made->stop) {
        size_t size = strlen(made->stop) + 1;
        reason = memcpy(malloc(size), made->stop, size);
        CU_ASSERT_EQUAL(made->n_picks, 0);
    } else {
        CU_ASSERT_EQUAL(made->n_picks, 1);
    }
    itp_decision_destroy(made);
    itp_decider_destroy(decider);
    itp_campaign_destroy(c);
    return reason;
}

static void check_reason(size_t n, double cost, const char *wishes, const char *begins)
{
    char *reason = reason_after(n, cost, wishes);
    if (!begins) CU_ASSERT_PTR_NULL(reason);
    if (begins) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(reason);
        CU_ASSERT_EQUAL(strncmp(reason, begins, strlen(begins)), 0);
        if (strncmp(reason, begins, strlen(begins)) != 0) printf("\n  %s\n", reason);
    }
    free(reason);
}

static void no_progress_stops(void)
{
    /* Four points leave room for a gain; fourteen of a parabola leave nothing worth a volt. */
    check_reason(4, NAN, "objectives: [{maximise: y}]\nstop: {gain: 1e-9 V}\n", NULL);
    check_reason(14, NAN, "objectives: [{maximise: y}]\nstop: {gain: 10 mV}\n",
                 "gain: a further trial promises ");
    check_reason(14, NAN, "objectives: [{minimise: y}]\nstop: {gain: 10 mV}\n",
                 "gain: a further trial promises ");
    check_reason(14, NAN, "objectives: [{target: y, value: -0.1 V}]\nstop: {gain: 10 mV}\n",
                 "gain: a further trial promises ");
}

static void gain_is_weighed_against_cost(void)
{
    static const char WISHES[] =
        "objectives: [{maximise: y}]\nstop: {gain: {least: 10 mV, per: cost}}\n";
    check_reason(14, 5, WISHES, "gain: a further trial promises ");
    check_reason(14, 1e-12, WISHES, NULL); /* nearly free: any gain is worth it */
    check_reason(14, NAN, WISHES, NULL);   /* no cost is known: nothing to weigh */
}

static void targets_are_reached_with_confidence(void)
{
    check_reason(11, NAN, "objectives: [{maximise: y}]\nstop: {target: -1 mV}\n",
                 "target: -0.001 reached with probability 1.000");
    check_reason(11, NAN, "objectives: [{maximise: y}]\nstop: {target: 0.2 V}\n", NULL);
    check_reason(11, NAN, "objectives: [{minimise: y}]\nstop: {target: -0.4 V}\n",
                 "target: -0.4 reached with probability");
    check_reason(11, NAN, "objectives: [{minimise: y}]\nstop: {target: -0.6 V}\n", NULL);
    /* Of a target it is how far off: x = 0 and 0.6 give exactly -0.09. */
    check_reason(11, NAN, "objectives: [{target: y, value: -0.085 V}]\nstop: {target: 10 mV}\n",
                 "target: within 0.01 of -0.085 with probability");
    check_reason(11, NAN, "objectives: [{target: y, value: -0.2 V}]\nstop: {target: 1 mV}\n", NULL);
}

static size_t design_of(const char *text)
{
    static const char TABLE[] = "x\n1\n3\n8\n";
    const itp_campaign_file file = {"rows.csv", TABLE, sizeof TABLE - 1};
    itp_campaign *c = NULL;
    CU_ASSERT_EQUAL_FATAL(itp_campaign_parse(&c, "d.yaml", text, 1, &file, NULL, NULL), ITP_OK);
    size_t n = itp_design_size(c);
    itp_campaign_destroy(c);
    return n;
}

#define MEASURED "tasks: {m: {outputs: {y: {unit: V}}}}\nobjectives: [{maximise: y}]\n"

static void the_design_suits_the_space_and_the_budget(void)
{
    CU_ASSERT_EQUAL(design_of("campaign: d\nparameters: {x: {real: [0, 9]}}\n" MEASURED), 4);
    CU_ASSERT_EQUAL(design_of("campaign: d\ncandidates: rows.csv\n" MEASURED), 3);
    CU_ASSERT_EQUAL(
        design_of("campaign: d\ncandidates: rows.csv\n" MEASURED "budget: {trials: 6}\n"), 2);
    CU_ASSERT_EQUAL(
        design_of("campaign: d\ncandidates: rows.csv\n" MEASURED "agent: {design: {sobol: 9}}\n"),
        9);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"the design suits the space and the budget", the_design_suits_the_space_and_the_budget},

        {"no progress stops", no_progress_stops},
        {"gain is weighed against cost", gain_is_weighed_against_cost},
        {"targets are reached with confidence", targets_are_reached_with_confidence},
        CU_TEST_INFO_NULL};
    return suite_run("loop/stop", tests);
}
