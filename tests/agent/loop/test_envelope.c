/* test_envelope.c - stations' bounds, as they say them and as the campaign declares them: what is
 * proposed, what is given to whom, what is refused, what a person may tell.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "decide.h"
#include "snapshot.h"
#include "stage.h"

static const char BUDGET[] = "budget: {trials: 40}\nagent: {parallel: 1, design: {sobol: 2}}\n";

/* A station of task t that takes x from low to high. */
static void feed_station(bench *b, const char *name, double low, double high)
{
    static const char *const TASKS[] = {"*"};
    const itp_margin bound = {.task = "t", .input = "x", .low = low, .high = high};
    const itp_roster roster = {.n_tasks = 1,
                               .tasks = TASKS,
                               .connector = "function",
                               .slots = 1,
                               .cls = ITP_PHYSICAL,
                               .ledger = "first",
                               .n_bounds = 1,
                               .bounds = &bound};
    feed(b, (itp_event){.kind = ITP_EVENT_WORKER_REGISTERED, .worker = name, .roster = &roster});
}

/* Two that differ, both there before anything is decided. */
static void feed_stations(bench *b, double a_low, double a_high, double b_low, double b_high)
{
    feed(b, (itp_event){.kind = ITP_EVENT_PAUSED, .text = "ada"});
    feed_station(b, "a", a_low, a_high);
    feed_station(b, "b", b_low, b_high);
    feed(b, (itp_event){.kind = ITP_EVENT_RESUMED, .text = "ada"});
}

static void set_up_table(bench *b, const char *task)
{
    static const char TABLE[] = "x,z\n0.0,9\n0.1,8\n0.2,7\n0.3,6\n0.4,5\n0.5,4\n0.6,3\n0.7,2\n"
                                "0.8,1\n0.9,0\n";
    const itp_campaign_file file = {"rows.csv", TABLE, sizeof TABLE - 1};
    char text[600];
    *b = (bench){.now_ms = 1000000};
    snprintf(text, sizeof text,
             "campaign: rows\nparameters: {x: {real: [0, 1]}}\ncandidates: rows.csv\ntasks:\n"
             "  t: {connector: function, with: {name: branin}, inputs: [x, z], outputs: {y: {}}, "
             "class: physical%s}\nobjectives: [{maximise: y}]\n%s",
             task, BUDGET);
    CU_ASSERT_EQUAL_FATAL(itp_campaign_parse(&b->campaign, "rows.yaml", text, 1, &file, NULL, NULL),
                          ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_loop_create(&b->loop, b->campaign, NULL), ITP_OK);
}

/* Makes the decision that the last step asked for, in earnest; its point, or NaN when there is
 * none. */
static double decide(bench *b)
{
    const itp_action *asked = fixture_find(&b->out, ITP_ACTION_DECIDE);
    itp_snapshot *snapshot;
    itp_decider *decider;
    itp_decision *made;
    itp_error err = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(asked);
    itp_status st = itp_snapshot_take(&snapshot, b->loop, asked->decision, (size_t)asked->number);
    CU_ASSERT_EQUAL_FATAL(st, ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_decider_create(&decider, "", 1), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_decide(decider, snapshot, &made, &err), ITP_OK);
    double x = made->n_picks ? made->picks[0].point[0] : NAN;
    feed(b, (itp_event){.kind = ITP_EVENT_DECISION, .decision = made->number, .made = made});
    itp_decision_destroy(made);
    itp_decider_destroy(decider);
    itp_snapshot_destroy(snapshot);
    return x;
}

/* Does what was offered last, and reports y; who had it. */
static const char *perform(bench *b, double y)
{
    static char worker[32];
    const itp_action *offer = fixture_find(&b->out, ITP_ACTION_OFFER);
    CU_ASSERT_PTR_NOT_NULL_FATAL(offer);
    itp_id request = offer->request;
    snprintf(worker, sizeof worker, "%s", offer->worker);
    const itp_event_kind kinds[] = {ITP_EVENT_ACCEPTED, ITP_EVENT_STARTED};
    for (int i = 0; i < 2; i++)
        feed(b, (itp_event){.kind = kinds[i], .request = request, .epoch = 1, .worker = worker});
    feed_result(b, worker, request, 1, y);
    return worker;
}

static void proposals_stay_within_what_is_declared(void)
{
    bench b;
    set_up(&b, "class: physical, envelope: {x: [0.3, 0.45]}", BUDGET);
    feed_worker(&b, "s", 1, ITP_PHYSICAL, 0, NULL);
    for (int i = 0; i < 8; i++) { /* two by the design, the others by the model, which wants more */
        double x = decide(&b);
        CU_ASSERT_TRUE(x >= 0.3 && x <= 0.45);
        perform(&b, x);
    }
    tear_down(&b);
}

static void what_is_declared_and_what_is_said_both_hold(void)
{
    bench b;
    set_up(&b, "class: physical, envelope: {x: [none, 0.45]}", BUDGET);
    feed_station(&b, "s", 0.4, 1);
    for (int i = 0; i < 5; i++) {
        double x = decide(&b);
        CU_ASSERT_TRUE(x >= 0.4 && x <= 0.45);
        perform(&b, x);
    }
    tear_down(&b);
}

static void each_decision_is_inside_one_of_stations_that_differ(void)
{
    bench b;
    int by_a = 0, by_b = 0;
    set_up(&b, "class: physical", BUDGET);
    feed_stations(&b, 0, 0.2, 0.7, 0.9);
    for (int i = 0; i < 8; i++) {
        double x = decide(&b);
        const char *who = perform(&b, x);
        by_a += who[0] == 'a' && x <= 0.2;
        by_b += who[0] == 'b' && x >= 0.7 && x <= 0.9;
    }
    CU_ASSERT_EQUAL(by_a + by_b, 8);
    CU_ASSERT_TRUE(by_a > 0 && by_b > 0);
    tear_down(&b);
}

/* Measures whatever is proposed, until nothing is; how often each row of the table. */
static size_t measure_all(bench *b, int seen[10])
{
    size_t n = 0;
    for (double x; n < 30 && fixture_find(&b->out, ITP_ACTION_DECIDE);) {
        if (isnan(x = decide(b))) continue;
        seen[(int)(10 * x + 0.5)]++;
        perform(b, x * (1 - x));
        n++;
    }
    CU_ASSERT_PTR_NOT_NULL(itp_loop_reason(b->loop));
    return n;
}

static void a_table_is_narrowed_to_what_is_declared(void)
{
    bench b;
    int seen[10] = {0};
    set_up_table(&b, ", envelope: {x: [0.15, 0.65], z: [none, 6]}"); /* z is a further column */
    feed_worker(&b, "s", 1, ITP_PHYSICAL, 0, NULL);
    CU_ASSERT_EQUAL(measure_all(&b, seen), 4);
    for (int i = 0; i < 10; i++) CU_ASSERT_EQUAL(seen[i], i >= 3 && i <= 6);
    CU_ASSERT_PTR_NOT_NULL(strstr(itp_loop_reason(b.loop), "no candidate is left"));
    tear_down(&b);
}

/* One station's rows are used up long before the other's: that ends nothing. */
static void a_table_is_narrowed_to_one_station_after_the_other(void)
{
    bench b;
    int seen[10] = {0};
    set_up_table(&b, "");
    feed_stations(&b, 0, 0.15, 0.35, 0.95);
    CU_ASSERT_EQUAL(measure_all(&b, seen), 8);
    for (int i = 0; i < 10; i++) CU_ASSERT_EQUAL(seen[i], i <= 1 || i >= 4);
    tear_down(&b);
}

static const char *why_of(const bench *b, itp_id request)
{
    itp_request_view view;
    CU_ASSERT_EQUAL_FATAL(itp_loop_request(b->loop, request, &view), ITP_OK);
    return view.why ? view.why : "";
}

static void what_lies_outside_is_refused_not_offered(void)
{
    bench b;
    set_up(&b, "class: physical, envelope: {x: [0.3, 0.45]}", BUDGET);
    feed_worker(&b, "s", 1, ITP_PHYSICAL, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 0);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_FAILED);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_INFEASIBLE);
    CU_ASSERT_PTR_NOT_NULL(strstr(why_of(&b, 1), "x from 0.3 to 0.45 only"));
    tear_down(&b);
}

static void redefine(bench *b, const char *task)
{
    itp_campaign *edited = fixture_campaign(task, BUDGET);
    CU_ASSERT_PTR_NOT_NULL_FATAL(edited);
    itp_error err = {0};
    CU_ASSERT_EQUAL(itp_campaign_accepts(b->campaign, edited, &err), ITP_OK);
    feed(b, (itp_event){.kind = ITP_EVENT_REDEFINED, .text = edited->text});
    itp_campaign_destroy(edited);
}

static void a_narrower_envelope_holds_for_what_was_proposed_before(void)
{
    bench b;
    set_up(&b, "class: physical, envelope: {x: [0, 1]}", BUDGET);
    feed_station(&b, "s", 0, 0.4); /* so that the request waits */
    feed_decision(&b, 1, 1, 0.5);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_QUEUED);
    CU_ASSERT_PTR_NOT_NULL(strstr(why_of(&b, 1), "s takes x from 0 to 0.4 only"));
    redefine(&b, "class: physical, envelope: {x: [0, 0.45]}");
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_FAILED);
    /* One that was offered already, and is accepted now, is let go and then refused. */
    feed_decision(&b, 2, 1, 0.35);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_OFFER), 1);
    redefine(&b, "class: physical, envelope: {x: [0, 0.3]}");
    feed(&b, (itp_event){.kind = ITP_EVENT_ACCEPTED, .request = 2, .epoch = 1, .worker = "s"});
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_START), 0);
    CU_ASSERT_EQUAL(fixture_count(&b.out, ITP_ACTION_CANCEL), 1);
    CU_ASSERT_EQUAL(trial_state_of(&b, 2), ITP_TRIAL_INFEASIBLE);
    tear_down(&b);
}

static void what_a_person_tells_is_taken_with_a_note(void)
{
    bench b;
    char note[300] = "";
    const double inside = 0.35, between = 0.42, outside = 0.9;
    set_up(&b, "class: physical, envelope: {x: [0.3, 0.45]}", BUDGET);
    CU_ASSERT_FALSE(itp_loop_is_outside(b.loop, 0, &inside, note, sizeof note));
    CU_ASSERT_TRUE(itp_loop_is_outside(b.loop, 0, &outside, note, sizeof note));
    CU_ASSERT_PTR_NOT_NULL(strstr(note, "declares: x from 0.3 to 0.45 only"));
    feed_station(&b, "a", 0, 0.4);
    CU_ASSERT_TRUE(itp_loop_is_outside(b.loop, 0, &between, note, sizeof note));
    CU_ASSERT_PTR_NOT_NULL(strstr(note, "no station of t takes this: a takes x from 0 to 0.4"));
    feed_station(&b, "b", 0.41, 0.5); /* somebody would */
    CU_ASSERT_FALSE(itp_loop_is_outside(b.loop, 0, &between, note, sizeof note));
    const itp_value value = {.name = "y", .number = 5, .sd = NAN, .unit = "1"};
    feed(&b, (itp_event){.kind = ITP_EVENT_TOLD,
                         .point = &outside,
                         .n_point = 1,
                         .values = &value,
                         .n_values = 1});
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_MEASURED);
    tear_down(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"proposals stay within what is declared", proposals_stay_within_what_is_declared},
        {"what is declared and what is said both hold",
         what_is_declared_and_what_is_said_both_hold},
        {"each decision is inside one of stations that differ",
         each_decision_is_inside_one_of_stations_that_differ},
        {"a table is narrowed to what is declared", a_table_is_narrowed_to_what_is_declared},
        {"a table is narrowed to one station after the other",
         a_table_is_narrowed_to_one_station_after_the_other},
        {"what lies outside is refused, not offered", what_lies_outside_is_refused_not_offered},
        {"a narrower envelope holds for what was proposed before",
         a_narrower_envelope_holds_for_what_was_proposed_before},
        {"what a person tells is taken with a note", what_a_person_tells_is_taken_with_a_note},
        CU_TEST_INFO_NULL,
    };
    return suite_run("loop/envelope", tests);
}
