/* test_approval.c - what waits for a person's word, and what the word does.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "stage.h"

/* n trials at x, x + 0.01, ... under a rule. */
static void begin(bench *b, const char *rule, size_t n, double x)
{
    char task[200];
    snprintf(task, sizeof task, "class: physical, approve: %s", rule);
    set_up(b, task, "budget: {trials: 9}\nagent: {parallel: 3}\n");
    feed_worker(b, "s", 3, ITP_PHYSICAL, 0, NULL);
    feed_decision(b, 1, n, x);
}

static void feed_word(bench *b, itp_id request, int64_t rejected)
{
    feed(b, (itp_event){.kind = ITP_EVENT_APPROVED,
                        .request = request,
                        .number = rejected,
                        .text = "ada: too hot"});
}

static size_t waiting(const bench *b)
{
    return itp_loop_counts(b->loop).approval;
}

static void none_and_nothing_wait_for_nobody(void)
{
    bench b;
    begin(&b, "none", 2, 0.5);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 2);
    CU_ASSERT_EQUAL(waiting(&b), 0);
    tear_down(&b);
}

static void with_the_first_of_its_kind_the_others_are_free(void)
{
    bench b;
    begin(&b, "first", 3, 0.5);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 0);
    CU_ASSERT_EQUAL(waiting(&b), 3);
    feed_word(&b, 2, 0);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 3);
    CU_ASSERT_EQUAL(waiting(&b), 0);
    feed_word(&b, 2, 0);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_REFUSE), 1);
    tear_down(&b);
}

static void all_wait_one_by_one_and_a_rejected_one_is_infeasible(void)
{
    bench b;
    begin(&b, "all", 3, 0.5);
    feed_word(&b, 1, 0);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
    CU_ASSERT_EQUAL(waiting(&b), 2);
    feed_word(&b, 2, 1);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 0);
    CU_ASSERT_EQUAL(state_of(&b, 2), ITP_REQUEST_FAILED);
    CU_ASSERT_EQUAL(trial_state_of(&b, 2), ITP_TRIAL_INFEASIBLE);
    CU_ASSERT_EQUAL(waiting(&b), 1);
    feed(&b, (itp_event){.kind = ITP_EVENT_CANCELLED, .request = 3, .text = "ada"});
    CU_ASSERT_EQUAL(state_of(&b, 3), ITP_REQUEST_CANCELLED);
    CU_ASSERT_EQUAL(waiting(&b), 0);
    tear_down(&b);
}

static void only_what_is_hazardous_or_dear_waits(void)
{
    bench b;
    begin(&b, "{hazard: x > 0.505}", 2, 0.5);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
    CU_ASSERT_EQUAL(state_of(&b, 2), ITP_REQUEST_APPROVAL);
    itp_request_view view;
    CU_ASSERT_EQUAL_FATAL(itp_loop_request(b.loop, 2, &view), ITP_OK);
    CU_ASSERT_STRING_EQUAL(view.why, "waits for approval: hazard: x > 0.505");
    tear_down(&b);
    begin(&b, "{above_cost: 5}, sources: {dear: {cost: 6}}", 1, 0.5);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_APPROVAL);
    tear_down(&b);
    begin(&b, "{above_cost: 5}, sources: {cheap: {cost: 5}}", 1, 0.5);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_LEASED);
    tear_down(&b);
}

static void approved_once_it_is_not_asked_about_again(void)
{
    bench b;
    begin(&b, "all", 1, 0.5);
    feed_word(&b, 1, 0);
    feed(&b, (itp_event){.kind = ITP_EVENT_LEASE_EXPIRED, .request = 1, .epoch = 1, .worker = "s"});
    CU_ASSERT_EQUAL(waiting(&b), 0);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
    tear_down(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"none and nothing wait for nobody", none_and_nothing_wait_for_nobody},
        {"with the first of its kind the others are free",
         with_the_first_of_its_kind_the_others_are_free},
        {"all wait one by one, and a rejected one is infeasible",
         all_wait_one_by_one_and_a_rejected_one_is_infeasible},
        {"only what is hazardous or dear waits", only_what_is_hazardous_or_dear_waits},
        {"approved once, it is not asked about again", approved_once_it_is_not_asked_about_again},
        CU_TEST_INFO_NULL,
    };
    return suite_run("loop/approval", tests);
}
