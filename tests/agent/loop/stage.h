/* stage.h - a loop under test with its clock and the actions of its last step, and one-line events.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_STAGE_H
#define ITP_STAGE_H

#include "suite.h"

#include "fixture.h"

/* A loop under test with its clock, and the actions of the last step. */
typedef struct bench {
    itp_campaign *campaign;
    itp_loop *loop;
    itp_actions out;
    uint64_t seq;
    int64_t now_ms;
} bench;

static inline void set_up(bench *b, const char *task, const char *more)
{
    *b = (bench){.now_ms = 1000000};
    b->campaign = fixture_campaign(task, more);
    CU_ASSERT_PTR_NOT_NULL_FATAL(b->campaign);
    CU_ASSERT_EQUAL_FATAL(itp_loop_create(&b->loop, b->campaign, NULL), ITP_OK);
}

static inline void tear_down(bench *b)
{
    itp_loop_destroy(b->loop);
    itp_actions_deinit(&b->out);
    itp_campaign_destroy(b->campaign);
}

static inline void feed(bench *b, itp_event event)
{
    event.seq = ++b->seq;
    event.at_ms = b->now_ms += 10;
    CU_ASSERT_EQUAL_FATAL(itp_loop_step(b->loop, &event, &b->out), ITP_OK);
}

static inline void feed_worker(bench *b, const char *name, uint32_t slots, itp_class cls,
                               size_t n_holding, const itp_attempt *holding)
{
    static const char *const TASKS[] = {"*"};
    const itp_roster roster = {.n_tasks = 1,
                               .tasks = TASKS,
                               .connector = "function",
                               .slots = slots,
                               .cls = cls,
                               .ledger = cls == ITP_PHYSICAL ? "first" : NULL,
                               .n_holding = n_holding,
                               .holding = holding};
    feed(b, (itp_event){.kind = ITP_EVENT_WORKER_REGISTERED, .worker = name, .roster = &roster});
}

/* Answers the decision asked for last with n points from x on. */
static inline void feed_decision(bench *b, uint64_t number, size_t n, double x)
{
    double points[16], nothing = NAN;
    itp_pick picks[16];
    for (size_t i = 0; i < n; i++) {
        points[i] = x + 0.01 * (double)i;
        picks[i] = (itp_pick){
            .task = -1, .source = -1, .point = &points[i], .mean = &nothing, .sd = &nothing};
    }
    const itp_decision made = {.number = number,
                               .method = "test",
                               .why = "",
                               .machine = "",
                               .n_params = 1,
                               .n_outcomes = 1,
                               .n_picks = n,
                               .picks = picks};
    feed(b, (itp_event){.kind = ITP_EVENT_DECISION, .decision = number, .made = &made});
}

static inline void feed_result(bench *b, const char *worker, itp_id request, uint32_t epoch,
                               double y)
{
    const itp_value value = {.name = "y", .number = y, .sd = NAN, .unit = "1"};
    feed(b, (itp_event){.kind = ITP_EVENT_RESULT,
                        .worker = worker,
                        .request = request,
                        .epoch = epoch,
                        .index = -1,
                        .values = &value,
                        .n_values = 1});
}

static inline void feed_failure(bench *b, itp_id request, uint32_t epoch, itp_cause cause)
{
    feed(b, (itp_event){.kind = ITP_EVENT_FAILURE,
                        .worker = "w",
                        .request = request,
                        .epoch = epoch,
                        .index = -1,
                        .cause = cause,
                        .text = "why"});
}

static inline itp_request_state state_of(const bench *b, itp_id request)
{
    itp_request_view view;
    CU_ASSERT_EQUAL_FATAL(itp_loop_request(b->loop, request, &view), ITP_OK);
    return view.state;
}

static inline itp_trial_state trial_state_of(const bench *b, itp_id trial)
{
    itp_trial_view view;
    CU_ASSERT_EQUAL_FATAL(itp_loop_trial(b->loop, trial, &view), ITP_OK);
    return view.state;
}

#endif
