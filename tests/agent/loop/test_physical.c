/* test_physical.c - physical work event by event: what may be sent again, what waits for a person.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "stage.h"

static void feed_attempt(bench *b, itp_event_kind kind, uint32_t epoch, int64_t number)
{
    feed(b,
         (itp_event){.kind = kind, .request = 1, .epoch = epoch, .worker = "s", .number = number});
}

/* One request, offered to station s; as far as `last` goes. */
static void begin(bench *b, itp_event_kind last)
{
    set_up(b, "class: physical", "budget: {trials: 2}\nagent: {parallel: 1}\n");
    feed_worker(b, "s", 1, ITP_PHYSICAL, 0, NULL);
    feed_decision(b, 1, 1, 0.5);
    if (last == ITP_EVENT_DECISION) return;
    feed_attempt(b, ITP_EVENT_ACCEPTED, 1, 0);
    if (last == ITP_EVENT_STARTED) feed_attempt(b, ITP_EVENT_STARTED, 1, 0);
}

static const char *why_of(const bench *b, itp_id request)
{
    itp_request_view view;
    CU_ASSERT_EQUAL_FATAL(itp_loop_request(b->loop, request, &view), ITP_OK);
    return view.why ? view.why : "";
}

static void feed_resolved(bench *b, itp_resolution how)
{
    const itp_value value = {.name = "y", .number = 5, .sd = NAN, .unit = "1"};
    feed(b, (itp_event){.kind = ITP_EVENT_RESOLVED,
                        .request = 1,
                        .epoch = 1,
                        .number = how,
                        .values = &value,
                        .n_values = 1,
                        .text = "ada"});
}

static void a_reservation_held_over_a_reconnect_is_told_again(void)
{
    bench b;
    const itp_attempt held = {1, 1};
    begin(&b, ITP_EVENT_DECISION);
    feed_worker(&b, "s", 1, ITP_PHYSICAL, 1, &held); /* its ACCEPT may have been lost */
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
    CU_ASSERT_EQUAL(fixture_find(&b.out, ITP_ACTION_OFFER)->epoch, 1);
    feed_attempt(&b, ITP_EVENT_ACCEPTED, 1, 0);
    feed_worker(&b, "s", 1, ITP_PHYSICAL, 1, &held); /* START may have been lost */
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_START), 1);
    feed_attempt(&b, ITP_EVENT_ACCEPTED, 1, 0); /* it says so itself */
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_START), 1);
    feed_attempt(&b, ITP_EVENT_STARTED, 1, 0);
    feed_worker(&b, "s", 1, ITP_PHYSICAL, 1, &held);
    CU_ASSERT_EQUAL(b.out.n, 0);
    tear_down(&b);
}

static void a_reservation_nobody_wants_is_given_back(void)
{
    bench b;
    begin(&b, ITP_EVENT_DECISION);
    feed_attempt(&b, ITP_EVENT_DECLINED, 1, 0);
    feed_attempt(&b, ITP_EVENT_TIMER, 1, 0);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
    feed_attempt(&b, ITP_EVENT_ACCEPTED, 1, 0); /* an old epoch, heard late */
    const itp_action *cancel = fixture_find(&b.out, ITP_ACTION_CANCEL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(cancel);
    CU_ASSERT_EQUAL(cancel->epoch, 1);
    CU_ASSERT_STRING_EQUAL(cancel->worker, "s");
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_START), 0);
    tear_down(&b);
}

static void nothing_starts_while_paused_or_drained(void)
{
    for (int drained = 0; drained < 2; drained++) {
        bench b;
        begin(&b, ITP_EVENT_DECISION);
        feed(&b, (itp_event){.kind = drained ? ITP_EVENT_DRAINED : ITP_EVENT_PAUSED});
        CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_FINISH), 0);
        feed_attempt(&b, ITP_EVENT_ACCEPTED, 1, 0);
        CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_START), 0);
        CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_CANCEL), 1);
        CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_QUEUED);
        CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_FINISH), (size_t)drained);
        feed(&b, (itp_event){.kind = ITP_EVENT_RESUMED});
        CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
        CU_ASSERT_EQUAL(fixture_find(&b.out, ITP_ACTION_OFFER)->epoch, 2);
        tear_down(&b);
    }
}

/* A station that was restarted is told START again: what it answers is believed, a DECLINE of what
 * has begun is not, for then another station would begin. */
static void a_start_that_finds_nothing_is_in_doubt(void)
{
    bench b;
    begin(&b, ITP_EVENT_ACCEPTED);
    feed_attempt(&b, ITP_EVENT_ANSWER, 1, ITP_ANSWER_STARTED_UNKNOWN);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_IN_DOUBT);
    feed_attempt(&b, ITP_EVENT_DECLINED, 1, 0);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_IN_DOUBT);
    tear_down(&b);
    begin(&b, ITP_EVENT_STARTED);
    feed_attempt(&b, ITP_EVENT_DECLINED, 1, 0);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_STARTED);
    tear_down(&b);
    begin(&b, ITP_EVENT_ACCEPTED);
    feed_attempt(&b, ITP_EVENT_ANSWER, 1, ITP_ANSWER_NEVER_STARTED);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
    CU_ASSERT_EQUAL(fixture_find(&b.out, ITP_ACTION_OFFER)->epoch, 2);
    tear_down(&b);
}

static void what_is_in_doubt_does_not_hold_up_a_drain(void)
{
    bench b;
    begin(&b, ITP_EVENT_STARTED);
    feed(&b, (itp_event){.kind = ITP_EVENT_DRAINED, .text = "ada"});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_FINISH), 0);
    feed(&b, (itp_event){.kind = ITP_EVENT_WORKER_LOST, .worker = "s", .text = "silent"});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_FINISH), 1);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_IN_DOUBT);
    feed(&b, (itp_event){.kind = ITP_EVENT_OPENED, .text = "{}"});
    CU_ASSERT_EQUAL(itp_loop_counts(b.loop).draining, 0);
    tear_down(&b);
}

static void another_ledger_cannot_say_that_it_never_started(void)
{
    bench b;
    static const char *const TASKS[] = {"*"};
    itp_roster roster = {
        .n_tasks = 1, .tasks = TASKS, .connector = "function", .slots = 1, .cls = ITP_PHYSICAL};
    static const char *const LEDGERS[] = {"second", NULL};
    for (int i = 0; i < 2; i++) {
        begin(&b, ITP_EVENT_STARTED);
        roster.ledger = LEDGERS[i];
        feed(&b,
             (itp_event){.kind = ITP_EVENT_WORKER_REGISTERED, .worker = "s", .roster = &roster});
        CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_QUERY), 1);
        feed_attempt(&b, ITP_EVENT_ANSWER, 1, ITP_ANSWER_NEVER_STARTED);
        CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_IN_DOUBT);
        CU_ASSERT_EQUAL(b.out.n, 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(why_of(&b, 1), "another ledger"));
        tear_down(&b);
    }
}

static void a_started_formation_that_is_called_off_is_held_not_repeated(void)
{
    bench b;
    begin(&b, ITP_EVENT_STARTED);
    feed(&b, (itp_event){.kind = ITP_EVENT_FAILURE,
                         .request = 1,
                         .epoch = 1,
                         .worker = "s",
                         .index = -1,
                         .cause = ITP_CAUSE_CANCELLED,
                         .text = "stopped at the station"});
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_DEAD);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 0);
    CU_ASSERT_STRING_EQUAL(why_of(&b, 1), "stopped at the station");
    tear_down(&b);
}

static void a_cancelled_formation_is_open_until_the_station_says(void)
{
    bench b;
    begin(&b, ITP_EVENT_STARTED);
    feed(&b, (itp_event){.kind = ITP_EVENT_CANCELLED, .request = 1, .text = "ada"});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_CANCEL), 1);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_RELEASE), 0);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_STARTED);
    feed(&b, (itp_event){.kind = ITP_EVENT_WORKER_LOST, .worker = "s", .text = "silent"});
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_IN_DOUBT);
    feed(&b, (itp_event){.kind = ITP_EVENT_CANCELLED, .request = 1, .text = "ada"});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_REFUSE), 1);
    feed_worker(&b, "s", 1, ITP_PHYSICAL, 0, NULL);
    feed_attempt(&b, ITP_EVENT_ANSWER, 1, ITP_ANSWER_NEVER_STARTED);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_CANCELLED);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_ABANDONED);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 0);
    tear_down(&b);
}

static void a_result_of_a_cancelled_formation_is_a_result(void)
{
    bench b;
    begin(&b, ITP_EVENT_STARTED);
    feed(&b, (itp_event){.kind = ITP_EVENT_CANCELLED, .request = 1, .text = "ada"});
    feed_result(&b, "s", 1, 1, 3.0);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_DONE);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_MEASURED);
    tear_down(&b);
}

/* How: the station's word on a request that a person has resolved is acknowledged, which is what
 * makes it ready again; whether it was there when the person spoke, or comes back later. */
static void a_resolved_station_is_told_so(void)
{
    const itp_attempt held = {1, 1};
    for (int there = 0; there < 2; there++) {
        bench b;
        begin(&b, ITP_EVENT_STARTED);
        feed(&b, (itp_event){.kind = ITP_EVENT_WORKER_LOST, .worker = "s", .text = "silent"});
        if (there) feed_worker(&b, "s", 0, ITP_PHYSICAL, 1, &held);
        feed_resolved(&b, ITP_RESOLVE_VOID);
        CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_QUERY), (size_t)there);
        if (!there) feed_worker(&b, "s", 0, ITP_PHYSICAL, 1, &held);
        CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_QUERY), 1);
        feed_attempt(&b, ITP_EVENT_ANSWER, 1, ITP_ANSWER_STARTED_UNKNOWN);
        const itp_action *ack = fixture_find(&b.out, ITP_ACTION_ACK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(ack);
        CU_ASSERT_EQUAL(ack->request, 1);
        CU_ASSERT_EQUAL(ack->number, -1);
        CU_ASSERT_STRING_EQUAL(ack->worker, "s");
        CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_CANCELLED);
        tear_down(&b);
    }
}

static void resolved_as_measured_requeued_or_void(void)
{
    bench b;
    begin(&b, ITP_EVENT_STARTED);
    feed(&b, (itp_event){.kind = ITP_EVENT_WORKER_LOST, .worker = "s", .text = "silent"});
    feed_resolved(&b, ITP_RESOLVE_MEASURED);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_MEASURED);
    feed_resolved(&b, ITP_RESOLVE_VOID);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_REFUSE), 1); /* once is enough */
    tear_down(&b);
    begin(&b, ITP_EVENT_STARTED);
    feed(&b, (itp_event){.kind = ITP_EVENT_WORKER_LOST, .worker = "s", .text = "silent"});
    feed_resolved(&b, ITP_RESOLVE_REQUEUE);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_CANCELLED);
    CU_ASSERT_EQUAL(state_of(&b, 2), ITP_REQUEST_QUEUED);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_PENDING);
    tear_down(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a reservation held over a reconnect is told again",
         a_reservation_held_over_a_reconnect_is_told_again},
        {"a reservation nobody wants is given back", a_reservation_nobody_wants_is_given_back},
        {"nothing starts while paused or drained", nothing_starts_while_paused_or_drained},
        {"a START that finds nothing is in doubt", a_start_that_finds_nothing_is_in_doubt},
        {"what is in doubt does not hold up a drain", what_is_in_doubt_does_not_hold_up_a_drain},
        {"another ledger cannot say that it never started",
         another_ledger_cannot_say_that_it_never_started},
        {"a started formation that is called off is held, not repeated",
         a_started_formation_that_is_called_off_is_held_not_repeated},
        {"a cancelled formation is open until the station says",
         a_cancelled_formation_is_open_until_the_station_says},
        {"a result of a cancelled formation is a result",
         a_result_of_a_cancelled_formation_is_a_result},
        {"a resolved station is told so", a_resolved_station_is_told_so},
        {"resolved as measured, requeued or void", resolved_as_measured_requeued_or_void},
        CU_TEST_INFO_NULL,
    };
    return suite_run("loop/physical", tests);
}
