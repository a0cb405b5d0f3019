/* test_replay.c - the record against a loop: the same answers pass, the first other one is named.
 *   The loop here is a small one of the test's own: it answers as many timers as it has heard words
 * of, with numbers that depend on everything that came before.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "place.h"
#include "same.h"
#include "sample.h"
#include "suite.h"

#define EVENTS 60

typedef struct loop {
    uint64_t state, fed, visited, decided;
    uint64_t odd;      /* seq at which it answers otherwise; 0: never */
    uint64_t doubtful; /* decision event that it would decide otherwise; 0: none */
    uint64_t broken;   /* seq at which it fails; 0: never */
} loop;

static itp_status step(void *ctx, const itp_event *event, itp_actions *out)
{
    loop *l = ctx;
    l->fed++;
    if (event->seq == l->broken) return ITP_ESTATE;
    l->state = l->state * 31 + (uint64_t)event->kind + event->request + event->n_values;
    if (event->n_point > 0) l->state += (uint64_t)(event->point[0] * 1000);
    if (!out->items) out->items = malloc(4 * sizeof *out->items);
    out->n = l->state % 4;
    for (size_t i = 0; i < out->n; i++)
        out->items[i] = (itp_action){.kind = ITP_ACTION_TIMER, .request = i, .seed = l->state};
    if (event->seq == l->odd && out->n > 0) out->items[0].at_ms = 1;
    return ITP_OK;
}

static itp_status decide_again(void *ctx, const itp_event *event, itp_error *err)
{
    loop *l = ctx;
    CU_ASSERT_TRUE(same_decision(event->made, &SAMPLE_DECISION));
    CU_ASSERT_EQUAL(l->fed, event->seq - 1); /* Before it is fed. */
    l->decided++;
    if (event->seq == l->doubtful) return itp_fail(err, ITP_EDIVERGED, "point 0: 0.1, not 0.2");
    return ITP_OK;
}

static itp_status visit(void *ctx, const itp_journal_row *row, const itp_actions *actions)
{
    loop *l = ctx;
    CU_ASSERT_EQUAL(row->event.seq, ++l->visited);
    CU_ASSERT_TRUE(actions->n < 4);
    return ITP_OK;
}

static void record(void)
{
    loop l = {0};
    itp_actions actions = {0};
    itp_journal *journal = place_journal("replay", ITP_JOURNAL_CREATE);
    for (int i = 0; i < EVENTS; i++) {
        itp_event event = sample_event((itp_event_kind)(i * 7 % ITP_EVENT_KINDS));
        event.seq = itp_journal_next(journal);
        actions.n = 0;
        CU_ASSERT_EQUAL(step(&l, &event, &actions), ITP_OK);
        itp_journal_entry entry = {.event = &event, .actions = &actions};
        CU_ASSERT_EQUAL(itp_journal_add(journal, &entry, NULL), ITP_OK);
    }
    CU_ASSERT_EQUAL(itp_journal_commit(journal, NULL), ITP_OK);
    itp_journal_close(journal);
    free(actions.items);
}

static itp_status replay(loop *l, uint64_t until, itp_replay_report *report, itp_error *err)
{
    itp_replay how = {
        .ctx = l, .step = step, .verify = decide_again, .visit = visit, .until = until};
    itp_journal *journal = place_journal("replay", ITP_JOURNAL_READ);
    itp_status st = itp_journal_replay(journal, &how, report, err);
    itp_journal_close(journal);
    return st;
}

static void the_same_loop_answers_the_same(void)
{
    loop l = {0};
    itp_replay_report report;
    record();
    CU_ASSERT_EQUAL(replay(&l, 0, &report, NULL), ITP_OK);
    CU_ASSERT_EQUAL(report.events, EVENTS);
    CU_ASSERT_EQUAL(l.visited, EVENTS);
    CU_ASSERT_TRUE(l.decided > 1 && report.decisions == l.decided);
    CU_ASSERT_EQUAL(report.seq, 0);
}

static void another_answer_is_named(void)
{ /* At the event where the loop has something to answer otherwise. */
    itp_error err = {.text = ""};
    itp_replay_report report;
    for (uint64_t seq = 1; seq <= EVENTS; seq++) {
        loop l = {.odd = seq};
        itp_status st = replay(&l, 0, &report, &err);
        if (st == ITP_OK) continue; /* It answered nothing there. */
        char words[64];
        snprintf(words, sizeof words, "differs at event %d (", (int)seq);
        CU_ASSERT_EQUAL(st, ITP_EDIVERGED);
        CU_ASSERT_EQUAL(report.seq, seq);
        CU_ASSERT_EQUAL(report.events, seq - 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "now answers timer"));
        CU_ASSERT_NOT_EQUAL(memcmp(report.expected, report.actual, ITP_HASH_SIZE), 0);
        CU_ASSERT_EQUAL(l.visited, seq - 1);
    }
    loop other = {.state = 1};
    CU_ASSERT_EQUAL(replay(&other, 0, &report, &err), ITP_EDIVERGED);
}

static void another_decision_is_named(void)
{
    itp_error err = {.text = ""};
    itp_replay_report report;
    loop first = {0};
    CU_ASSERT_EQUAL(replay(&first, 0, NULL, NULL), ITP_OK);
    uint64_t seq = 1;
    while (seq * 7 % ITP_EVENT_KINDS != ITP_EVENT_DECISION) seq++;
    loop l = {.doubtful = ++seq};
    CU_ASSERT_EQUAL(replay(&l, 0, &report, &err), ITP_EDIVERGED);
    CU_ASSERT_EQUAL(report.seq, seq);
    CU_ASSERT_EQUAL((int)report.kind, ITP_EVENT_DECISION);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "decision 5"));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "point 0: 0.1, not 0.2"));
}

static void replay_stops_where_it_is_told(void)
{
    loop l = {0}, broken = {.broken = 12};
    itp_error err = {.text = ""};
    itp_replay_report report;
    CU_ASSERT_EQUAL(replay(&l, 20, &report, NULL), ITP_OK);
    CU_ASSERT_EQUAL(report.events, 20);
    CU_ASSERT_EQUAL(l.fed, 20);
    CU_ASSERT_EQUAL(replay(&broken, 0, &report, &err), ITP_ESTATE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "event 12"));
    CU_ASSERT_EQUAL(report.events, 11);
}

static void a_changed_event_ends_the_replay(void)
{
    loop l = {0};
    itp_error err = {.text = ""};
    CU_ASSERT_EQUAL(place_sql("replay",
                              "DROP TRIGGER event_update; UPDATE event SET "
                              "payload = replace(payload, '}', ' }') WHERE seq = 33",
                              NULL, 0),
                    SQLITE_OK);
    CU_ASSERT_EQUAL(replay(&l, 0, NULL, &err), ITP_ECORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "event 33 was changed"));
    CU_ASSERT_EQUAL(l.fed, 32);
}

int main(void)
{
    place_open();
    CU_TestInfo tests[] = {
        {"the same loop answers the same", the_same_loop_answers_the_same},
        {"another answer is named", another_answer_is_named},
        {"another decision is named", another_decision_is_named},
        {"replay stops where it is told", replay_stops_where_it_is_told},
        {"a changed event ends the replay", a_changed_event_ends_the_replay},
        CU_TEST_INFO_NULL,
    };
    int failed = suite_run("journal/replay", tests);
    place_close();
    return failed;
}
