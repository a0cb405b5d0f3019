/* test_loop.c - the policy, event by event.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "suite.h"

#include "stage.h"

static void a_free_slot_asks_for_a_decision_and_gets_its_point(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 2}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    const itp_action *decide = fixture_find(&b.out, ITP_ACTION_DECIDE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decide);
    CU_ASSERT_EQUAL(decide->number, 1);
    feed_decision(&b, 1, 1, 0.25);
    const itp_action *offer = fixture_find(&b.out, ITP_ACTION_OFFER);
    CU_ASSERT_PTR_NOT_NULL_FATAL(offer);
    CU_ASSERT_STRING_EQUAL(offer->worker, "w");
    CU_ASSERT_EQUAL(offer->epoch, 1);
    CU_ASSERT_EQUAL(offer->values[0].number, 0.25);
    feed_result(&b, "w", 1, 1, 3.5);
    CU_ASSERT_PTR_NOT_NULL(fixture_find(&b.out, ITP_ACTION_ACK));
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_MEASURED);
    decide = fixture_find(&b.out, ITP_ACTION_DECIDE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decide);
    feed_decision(&b, 2, 1, 0.5);
    feed_result(&b, "w", 2, 1, 4.5);
    const itp_action *finish = fixture_find(&b.out, ITP_ACTION_FINISH);
    CU_ASSERT_PTR_NOT_NULL_FATAL(finish);
    CU_ASSERT_STRING_EQUAL(finish->text, "budget: 2 trials");
    tear_down(&b);
}

static void an_expired_lease_moves_the_request_on_and_its_late_result_is_accepted(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 1}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    feed_worker(&b, "v", 1, ITP_REPEATABLE, 0, NULL);
    feed(&b, (itp_event){.kind = ITP_EVENT_LEASE_EXPIRED, .request = 1, .epoch = 1, .worker = "w"});
    const itp_action *offer = fixture_find(&b.out, ITP_ACTION_OFFER);
    CU_ASSERT_PTR_NOT_NULL_FATAL(offer);
    CU_ASSERT_EQUAL(offer->epoch, 2);
    feed_result(&b, "w", 1, 1, 1.0); /* late, of epoch 1 */
    const itp_action *ack = fixture_find(&b.out, ITP_ACTION_ACK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ack);
    CU_ASSERT_PTR_NULL(ack->text);
    const itp_action *cancel = fixture_find(&b.out, ITP_ACTION_CANCEL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cancel);
    CU_ASSERT_EQUAL(cancel->epoch, 2);
    feed_result(&b, "v", 1, 2, 2.0);
    ack = fixture_find(&b.out, ITP_ACTION_ACK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ack);
    CU_ASSERT_STRING_EQUAL(ack->text, "duplicate");
    itp_trial_view view;
    CU_ASSERT_EQUAL(itp_loop_trial(b.loop, 1, &view), ITP_OK);
    CU_ASSERT_EQUAL(view.values[0], 1.0);
    tear_down(&b);
}

static void failures_back_off_and_then_wait_for_a_person(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 2}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    int64_t wait[2];
    for (uint32_t epoch = 1; epoch <= 2; epoch++) {
        feed_failure(&b, 1, epoch, ITP_CAUSE_TIMEOUT);
        const itp_action *timer = fixture_find(&b.out, ITP_ACTION_TIMER);
        CU_ASSERT_PTR_NOT_NULL_FATAL(timer);
        wait[epoch - 1] = timer->at_ms - b.now_ms;
        feed(&b, (itp_event){.kind = ITP_EVENT_TIMER, .request = 1, .epoch = epoch});
        CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
    }
    CU_ASSERT_EQUAL(wait[0], 1000);
    CU_ASSERT_EQUAL(wait[1], 2000);
    feed_failure(&b, 1, 3, ITP_CAUSE_TIMEOUT);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_DEAD);
    CU_ASSERT_EQUAL(itp_loop_counts(b.loop).held, 1);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_ABANDONED);
    const itp_value value = {.name = "y", .number = 7, .sd = NAN, .unit = "1"};
    feed(&b, (itp_event){.kind = ITP_EVENT_RESOLVED,
                         .request = 1,
                         .number = ITP_RESOLVE_MEASURED,
                         .values = &value,
                         .n_values = 1});
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_MEASURED);
    CU_ASSERT_EQUAL(itp_loop_counts(b.loop).held, 0);
    tear_down(&b);
}

static void a_scientific_failure_ends_the_trial_at_once(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 2}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    feed_failure(&b, 1, 1, ITP_CAUSE_SCIENTIFIC);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_FAILED);
    CU_ASSERT_PTR_NULL(fixture_find(&b.out, ITP_ACTION_TIMER));
    tear_down(&b);
}

static void a_campaign_in_which_everything_fails_stops(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 50}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    for (itp_id r = 1; r <= ITP_BARREN_MAX; r++) {
        feed_decision(&b, r, 1, 0.1 * (double)r);
        for (uint32_t epoch = 1; epoch <= 3; epoch++) {
            feed_failure(&b, r, epoch, ITP_CAUSE_RESOURCE);
            if (epoch < 3)
                feed(&b, (itp_event){.kind = ITP_EVENT_TIMER, .request = r, .epoch = epoch});
        }
    }
    const itp_action *finish = fixture_find(&b.out, ITP_ACTION_FINISH);
    CU_ASSERT_PTR_NOT_NULL_FATAL(finish);
    CU_ASSERT_EQUAL(strncmp(finish->text, "failure: ", 9), 0);
    tear_down(&b);
}

static void a_worker_that_returns_keeps_what_it_holds_and_loses_the_rest(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 4}\n");
    feed_worker(&b, "w", 2, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 2, 0.5);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 2);
    const itp_attempt holding = {1, 1};
    feed_worker(&b, "w", 2, ITP_REPEATABLE, 1, &holding);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_LEASED);
    const itp_action *offer = fixture_find(&b.out, ITP_ACTION_OFFER);
    CU_ASSERT_PTR_NOT_NULL_FATAL(offer);
    CU_ASSERT_EQUAL(offer->request, 2);
    CU_ASSERT_EQUAL(offer->epoch, 2);
    tear_down(&b);
}

static void recovery_offers_again_what_was_leased_under_the_same_epoch(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 4}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    feed(&b, (itp_event){.kind = ITP_EVENT_RECOVERED});
    const itp_action *offer = fixture_find(&b.out, ITP_ACTION_OFFER);
    CU_ASSERT_PTR_NOT_NULL_FATAL(offer);
    CU_ASSERT_EQUAL(offer->epoch, 1);
    tear_down(&b);
}

static void physical_work_is_never_redispatched_before_the_station_denies_it(void)
{
    bench b;
    set_up(&b, "class: physical", "budget: {trials: 1}\n");
    feed_worker(&b, "s", 1, ITP_PHYSICAL, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
    feed(&b, (itp_event){.kind = ITP_EVENT_ACCEPTED, .request = 1, .epoch = 1, .worker = "s"});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_START), 1);
    feed(&b, (itp_event){.kind = ITP_EVENT_WORKER_LOST, .worker = "s", .text = "silent"});
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_IN_DOUBT);
    CU_ASSERT_EQUAL(b.out.n, 0);
    feed_worker(&b, "s", 1, ITP_PHYSICAL, 0, NULL);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_QUERY), 1);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 0);
    feed(&b, (itp_event){.kind = ITP_EVENT_ANSWER,
                         .request = 1,
                         .epoch = 1,
                         .worker = "s",
                         .number = ITP_ANSWER_STARTED_UNKNOWN});
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_IN_DOUBT);
    feed(&b, (itp_event){.kind = ITP_EVENT_ANSWER,
                         .request = 1,
                         .epoch = 1,
                         .worker = "s",
                         .number = ITP_ANSWER_NEVER_STARTED});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
    tear_down(&b);
}

static void a_retracted_measurement_voids_models_and_a_decision_made_with_it(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 5}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    feed_result(&b, "w", 1, 1, 3.0);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_DECIDE), 1); /* number 2, generation 0 */
    feed(&b, (itp_event){.kind = ITP_EVENT_RETRACTED, .trial = 1, .text = "wrong cell"});
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_ABANDONED);
    CU_ASSERT_EQUAL(itp_loop_counts(b.loop).generation, 1);
    feed_decision(&b, 2, 1, 0.7); /* of generation 0: dropped, and asked for again */
    CU_ASSERT_EQUAL(itp_loop_counts(b.loop).trials, 1);
    const itp_action *decide = fixture_find(&b.out, ITP_ACTION_DECIDE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decide);
    CU_ASSERT_EQUAL(decide->decision, 3);
    tear_down(&b);
}

static void a_pause_starts_nothing_and_a_resume_goes_on(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 5}\n");
    feed(&b, (itp_event){.kind = ITP_EVENT_PAUSED, .text = "me"});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_PAUSE), 1);
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    CU_ASSERT_EQUAL(b.out.n, 0);
    feed(&b, (itp_event){.kind = ITP_EVENT_PAUSED, .text = "me"});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_REFUSE), 1);
    feed(&b, (itp_event){.kind = ITP_EVENT_RESUMED, .text = "me"});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_DECIDE), 1);
    tear_down(&b);
}

static void cancelling_everything_ends_trials_without_using_the_budget(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 2}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    feed(&b, (itp_event){.kind = ITP_EVENT_CANCELLED, .text = "me"});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_CANCEL), 1);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_ABANDONED);
    CU_ASSERT_PTR_NULL(fixture_find(&b.out, ITP_ACTION_FINISH));
    const itp_action *decide = fixture_find(&b.out, ITP_ACTION_DECIDE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(decide);
    CU_ASSERT_EQUAL(decide->number, 1);
    tear_down(&b);
}

static void a_person_tells_a_point_of_their_own(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 5}\n");
    const double point = 0.125;
    const itp_value value = {.name = "y", .number = 2, .sd = 0.5, .unit = "1"};
    feed(&b, (itp_event){.kind = ITP_EVENT_TOLD,
                         .point = &point,
                         .n_point = 1,
                         .values = &value,
                         .n_values = 1});
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_MEASURED);
    itp_trial_view view;
    CU_ASSERT_EQUAL(itp_loop_trial(b.loop, 1, &view), ITP_OK);
    CU_ASSERT_EQUAL(view.point[0], point);
    CU_ASSERT_EQUAL(view.values[0], 2);
    tear_down(&b);
}

static void the_time_budget_gives_up_what_has_not_begun(void)
{
    bench b;
    set_up(&b, "", "budget: {trials: 50, time: 1 min}\nagent: {parallel: 3}\n");
    feed(&b, (itp_event){.kind = ITP_EVENT_OPENED, .text = "{}"});
    const itp_action *timer = fixture_find(&b.out, ITP_ACTION_TIMER);
    CU_ASSERT_PTR_NOT_NULL_FATAL(timer);
    CU_ASSERT_EQUAL(timer->at_ms, b.now_ms + 60000);
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 3, 0.5);
    feed(&b, (itp_event){.kind = ITP_EVENT_TIMER});
    CU_ASSERT_EQUAL(itp_loop_counts(b.loop).pending, 1);
    CU_ASSERT_PTR_NULL(fixture_find(&b.out, ITP_ACTION_FINISH));
    feed_result(&b, "w", 1, 1, 1);
    CU_ASSERT_PTR_NOT_NULL(fixture_find(&b.out, ITP_ACTION_FINISH));
    tear_down(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a free slot asks for a decision and gets its point",
         a_free_slot_asks_for_a_decision_and_gets_its_point},
        {"an expired lease moves the request on; its late result is accepted",
         an_expired_lease_moves_the_request_on_and_its_late_result_is_accepted},
        {"failures back off and then wait for a person",
         failures_back_off_and_then_wait_for_a_person},
        {"a scientific failure ends the trial at once",
         a_scientific_failure_ends_the_trial_at_once},
        {"a campaign in which everything fails stops", a_campaign_in_which_everything_fails_stops},
        {"a worker that returns keeps what it holds",
         a_worker_that_returns_keeps_what_it_holds_and_loses_the_rest},
        {"recovery offers again under the same epoch",
         recovery_offers_again_what_was_leased_under_the_same_epoch},
        {"physical work is never redispatched before the station denies it",
         physical_work_is_never_redispatched_before_the_station_denies_it},
        {"a retraction voids models and stale decisions",
         a_retracted_measurement_voids_models_and_a_decision_made_with_it},
        {"a pause starts nothing, a resume goes on", a_pause_starts_nothing_and_a_resume_goes_on},
        {"cancelling does not use the budget",
         cancelling_everything_ends_trials_without_using_the_budget},
        {"a person tells a point of their own", a_person_tells_a_point_of_their_own},
        {"the time budget gives up what has not begun",
         the_time_budget_gives_up_what_has_not_begun},
        CU_TEST_INFO_NULL,
    };
    return suite_run("loop/loop", tests);
}
