/* test_reserved.c - what the design reserves and only some campaigns use: indexed measurements,
 * chains of tasks, several sources of a task, context that is measured beside the outcome.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "stage.h"

#include "belief.h"
#include "snapshot.h"

static void set_up_text(bench *b, const char *text)
{
    itp_error err = {0};
    *b = (bench){.now_ms = 1000000};
    CU_ASSERT_EQUAL_FATAL(itp_campaign_parse(&b->campaign, "c.yaml", text, 0, NULL, NULL, &err),
                          ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_loop_create(&b->loop, b->campaign, NULL), ITP_OK);
}

/* Answers the decision asked for with one pick. */
static void feed_pick(bench *b, uint64_t number, itp_id trial, int task, int source,
                      const double *point)
{
    const double nothing[2] = {NAN, NAN};
    const itp_pick pick = {.trial = trial,
                           .task = task,
                           .source = source,
                           .point = point,
                           .mean = nothing,
                           .sd = nothing};
    const itp_decision made = {.number = number,
                               .method = "",
                               .why = "",
                               .machine = "",
                               .n_params = itp_space_n_params(b->campaign->space),
                               .n_outcomes = b->campaign->n_outcomes,
                               .n_picks = 1,
                               .picks = &pick};
    feed(b, (itp_event){.kind = ITP_EVENT_DECISION, .decision = number, .made = &made});
}

static void feed_values(bench *b, itp_id request, size_t n, const itp_value *values)
{
    feed(b, (itp_event){.kind = ITP_EVENT_RESULT,
                        .worker = "w",
                        .request = request,
                        .epoch = 1,
                        .index = -1,
                        .values = values,
                        .n_values = n});
}

static void an_indexed_measurement_does_not_close_its_request(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 5}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    const itp_value value = {.name = "y", .number = 1, .sd = NAN, .unit = "1"};
    feed(&b, (itp_event){.kind = ITP_EVENT_RESULT,
                         .worker = "w",
                         .request = 1,
                         .epoch = 1,
                         .index = 4,
                         .values = &value,
                         .n_values = 1});
    const itp_action *ack = fixture_find(&b.out, ITP_ACTION_ACK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ack);
    CU_ASSERT_EQUAL(ack->number, 4);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_LEASED);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_PENDING);
    tear_down(&b);
}

/* How: b takes what a gives. */
static void a_task_waits_for_the_output_that_it_takes(void)
{
    bench b;
    set_up_text(&b, "campaign: chain\nparameters:\n  x: {real: [0, 1]}\n"
                    "tasks:\n  a: {connector: function, inputs: [x], outputs: {u: {unit: '1'}}}\n"
                    "  b: {connector: function, inputs: {v: a.u}, outputs: {w: {unit: '1'}}}\n"
                    "objectives: [{maximise: w}]\nbudget: {trials: 1}\n");
    feed_worker(&b, "w", 4, ITP_REPEATABLE, 0, NULL);
    feed_pick(&b, 1, 0, -1, -1, (double[]){0.5});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
    feed_values(&b, 1, 1, &(itp_value){.name = "u", .number = 7.25, .sd = NAN, .unit = "1"});
    const itp_action *offer = fixture_find(&b.out, ITP_ACTION_OFFER);
    CU_ASSERT_PTR_NOT_NULL_FATAL(offer);
    CU_ASSERT_EQUAL(offer->task, 1);
    CU_ASSERT_EQUAL(offer->n_values, 1);
    CU_ASSERT_STRING_EQUAL(offer->values[0].name, "v");
    CU_ASSERT_EQUAL(offer->values[0].number, 7.25);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_PENDING);
    feed_values(&b, 2, 1, &(itp_value){.name = "w", .number = 3, .sd = NAN, .unit = "1"});
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_MEASURED);
    tear_down(&b);
}

static void a_decision_names_the_source_that_answers(void)
{
    bench b;
    set_up_text(&b, "campaign: sources\nparameters:\n  x: {real: [0, 1]}\n"
                    "tasks:\n  t: {connector: function, outputs: {y: {unit: '1'}},\n"
                    "      sources: {fast: {cost: 1}, slow: {cost: 9, fidelity: 1}}}\n"
                    "objectives: [{maximise: y}]\nbudget: {trials: 5}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_pick(&b, 1, 0, 0, 1, (double[]){0.5});
    const itp_action *offer = fixture_find(&b.out, ITP_ACTION_OFFER);
    CU_ASSERT_PTR_NOT_NULL_FATAL(offer);
    CU_ASSERT_EQUAL(offer->task, 0);
    CU_ASSERT_EQUAL(offer->source, 1);
    feed_values(&b, 1, 1, &(itp_value){.name = "y", .number = 2, .sd = NAN, .unit = "1"});
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_MEASURED);
    /* The same trial once more, at the other source: a request of its own, the trial open again. */
    feed_pick(&b, 2, 1, 0, 0, (double[]){0.5});
    offer = fixture_find(&b.out, ITP_ACTION_OFFER);
    CU_ASSERT_PTR_NOT_NULL_FATAL(offer);
    CU_ASSERT_EQUAL(offer->trial, 1);
    CU_ASSERT_EQUAL(offer->request, 2);
    CU_ASSERT_EQUAL(offer->source, 0);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_PENDING);
    feed_values(&b, 2, 1, &(itp_value){.name = "y", .number = 1.5, .sd = NAN, .unit = "1"});
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_MEASURED);
    itp_snapshot *s;
    CU_ASSERT_EQUAL_FATAL(itp_snapshot_take(&s, b.loop, 9, 1), ITP_OK);
    CU_ASSERT_EQUAL(s->n_observations, 2);
    CU_ASSERT_EQUAL(s->n_trials, 1);
    itp_snapshot_destroy(s);
    tear_down(&b);
}

/* Each source has a connector of its own, and a trial goes to the one that its label names; what no
 * worker can do yet does not hold up the rest of the queue. */
static void a_parameter_names_the_source_and_its_connector(void)
{
    bench b;
    set_up_text(&b, "campaign: codes\nparameters:\n  x: {real: [0, 1]}\n"
                    "  code: {categorical: [slow, fast]}\n"
                    "tasks:\n  t: {source: code, outputs: {y: {unit: V}},\n"
                    "      sources: {fast: {connector: function}, slow: {connector: table}}}\n"
                    "objectives: [{minimise: y}]\nbudget: {trials: 5}\nagent: {parallel: 2}\n");
    feed_worker(&b, "w", 2, ITP_REPEATABLE, 0, NULL); /* of connector function */
    feed_pick(&b, 1, 0, -1, -1, (double[]){0.5, 0});  /* slow: nobody here */
    CU_ASSERT_PTR_NULL(fixture_find(&b.out, ITP_ACTION_OFFER));
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_QUEUED);
    feed_pick(&b, 2, 0, -1, -1, (double[]){0.5, 1}); /* fast */
    const itp_action *offer = fixture_find(&b.out, ITP_ACTION_OFFER);
    CU_ASSERT_PTR_NOT_NULL_FATAL(offer);
    CU_ASSERT_EQUAL(offer->request, 2);
    CU_ASSERT_EQUAL(offer->source, 0);
    CU_ASSERT_EQUAL(offer->n_values, 1); /* x: what names the source is no input */
    static const char *const ANY[] = {"*"};
    const itp_roster table = {.n_tasks = 1, .tasks = ANY, .connector = "table", .slots = 1};
    feed(&b, (itp_event){.kind = ITP_EVENT_WORKER_REGISTERED, .worker = "v", .roster = &table});
    offer = fixture_find(&b.out, ITP_ACTION_OFFER);
    CU_ASSERT_PTR_NOT_NULL_FATAL(offer);
    CU_ASSERT_EQUAL(offer->request, 1);
    CU_ASSERT_EQUAL(offer->source, 1);
    CU_ASSERT_STRING_EQUAL(offer->worker, "v");
    tear_down(&b);
}

static void no_decision_names_a_source_that_is_not_there(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 5}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    const double half = 0.5, nothing = NAN;
    const itp_pick pick = {
        .task = 0, .source = 1, .point = &half, .mean = &nothing, .sd = &nothing};
    const itp_decision made = {.number = 1,
                               .method = "",
                               .why = "",
                               .machine = "",
                               .n_params = 1,
                               .n_outcomes = 1,
                               .n_picks = 1,
                               .picks = &pick};
    const itp_event event = {.kind = ITP_EVENT_DECISION,
                             .seq = ++b.seq,
                             .at_ms = b.now_ms,
                             .decision = 1,
                             .made = &made};
    CU_ASSERT_EQUAL(itp_loop_step(b.loop, &event, &b.out), ITP_EINVAL);
    tear_down(&b);
}

static const char ROOM[] = "campaign: room\nparameters:\n  x: {real: [0, 1]}\n"
                           "context:\n  room: {real: [15, 30], unit: degC}\n"
                           "tasks:\n  t: {connector: function, outputs: {y: {unit: '1'}, room: }}\n"
                           "objectives: [{maximise: y}]\nbudget: {trials: 9}\n";

/* What the context was becomes part of the point; the next decision reckons with the last reading,
 * and a reading outside its bounds counts as at the nearest. */
static void context_is_learned_with_the_measurement(void)
{
    bench b;
    set_up_text(&b, ROOM);
    CU_ASSERT_STRING_EQUAL(b.campaign->outcomes[1].unit, "degC");
    CU_ASSERT_EQUAL(b.campaign->outcomes[1].context, 1);
    CU_ASSERT_EQUAL(b.campaign->tasks[0].n_inputs, 1); /* Nobody knows the room before. */
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_pick(&b, 1, 0, -1, -1, (double[]){0.5, 22});
    CU_ASSERT_EQUAL(fixture_find(&b.out, ITP_ACTION_OFFER)->n_values, 1);
    itp_snapshot *s;
    CU_ASSERT_EQUAL_FATAL(itp_snapshot_take(&s, b.loop, 9, 1), ITP_OK);
    CU_ASSERT(isnan(s->points[1])); /* What the decision reckoned with is not what was met. */
    itp_snapshot_destroy(s);
    const itp_value first[] = {{.name = "y", .number = 2, .sd = NAN, .unit = "1"},
                               {.name = "room", .number = 18.5, .sd = NAN, .unit = "degC"}};
    feed_values(&b, 1, 2, first);
    feed_pick(&b, 2, 0, -1, -1, (double[]){0.7, NAN});
    const itp_value second[] = {{.name = "y", .number = 3, .sd = NAN, .unit = "1"},
                                {.name = "room", .number = 41, .sd = NAN, .unit = "degC"}};
    feed_values(&b, 2, 2, second);
    CU_ASSERT_EQUAL_FATAL(itp_snapshot_take(&s, b.loop, 9, 1), ITP_OK);
    CU_ASSERT_EQUAL(s->points[1], 18.5);
    CU_ASSERT_EQUAL(s->points[3], 41);
    beliefs believed;
    posed p;
    beliefs_init(&believed, b.campaign, 1);
    CU_ASSERT_EQUAL_FATAL(problem_pose(&p, &believed, s), ITP_OK);
    CU_ASSERT_EQUAL(p.problem.n_measured, 2);
    CU_ASSERT_DOUBLE_EQUAL(p.problem.measured[1], 3.5 / 15, 1e-15);
    CU_ASSERT_EQUAL(p.problem.measured[3], 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p.problem.context);
    CU_ASSERT(isnan(p.problem.context[0]));
    CU_ASSERT_EQUAL(p.problem.context[1], 41);
    problem_deinit(&p);
    beliefs_deinit(&believed);
    itp_snapshot_destroy(s);
    tear_down(&b);
}

/* A reading that corrects an earlier one voids the models that took the row as it was. */
static void a_corrected_context_voids_the_models(void)
{
    bench b;
    set_up_text(&b, ROOM);
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_pick(&b, 1, 0, -1, -1, (double[]){0.5, NAN});
    const itp_value cold[] = {{.name = "y", .number = 2, .sd = NAN, .unit = "1"},
                              {.name = "room", .number = 18.5, .sd = NAN, .unit = "degC"}};
    feed_values(&b, 1, 2, cold);
    itp_snapshot *before, *after;
    CU_ASSERT_EQUAL_FATAL(itp_snapshot_take(&before, b.loop, 9, 1), ITP_OK);
    itp_value warm[] = {cold[0], cold[1]};
    warm[1].number = 25;
    feed(&b, (itp_event){.kind = ITP_EVENT_TOLD,
                         .trial = 1,
                         .index = -1,
                         .task = "t",
                         .values = warm,
                         .n_values = 2});
    CU_ASSERT_EQUAL_FATAL(itp_snapshot_take(&after, b.loop, 9, 1), ITP_OK);
    CU_ASSERT_EQUAL(after->points[1], 25);
    CU_ASSERT_EQUAL(after->generation, before->generation + 1);
    itp_snapshot_destroy(before);
    itp_snapshot_destroy(after);
    tear_down(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"an indexed measurement does not close its request",
         an_indexed_measurement_does_not_close_its_request},
        {"a task waits for the output that it takes", a_task_waits_for_the_output_that_it_takes},
        {"a decision names the source that answers", a_decision_names_the_source_that_answers},
        {"a parameter names the source and its connector",
         a_parameter_names_the_source_and_its_connector},
        {"no decision names a source that is not there",
         no_decision_names_a_source_that_is_not_there},
        {"context is learned with the measurement", context_is_learned_with_the_measurement},
        {"a corrected context voids the models", a_corrected_context_voids_the_models},
        CU_TEST_INFO_NULL,
    };
    return suite_run("loop/reserved", tests);
}
