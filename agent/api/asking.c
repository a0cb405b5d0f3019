/* asking.c - the loop's DECIDE answered on the spot.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "asking.h"

#include "clock.h"

static const itp_action *find_action(const itp_actions *actions, itp_action_kind kind)
{
    for (size_t i = 0; i < actions->n; i++)
        if (actions->items[i].kind == kind) return &actions->items[i];
    return NULL;
}

/* A batch that failed leaves the engine as the journal has it. */
static itp_status settle(itp_engine *engine, itp_status st, itp_error *err)
{
    if (st == ITP_OK) st = itp_engine_commit(engine, err);
    if (st == ITP_OK) return ITP_OK;
    itp_error again;
    itp_status folded = itp_engine_refold(engine, &again);
    if (folded == ITP_OK) return st;
    if (err) *err = again;
    return folded;
}

static int is_refused(const itp_actions *actions, itp_error *err)
{
    const itp_action *refusal = find_action(actions, ITP_ACTION_REFUSE);
    if (refusal) itp_fail(err, ITP_EREFUSED, "%s", refusal->text);
    return refusal != NULL;
}

/* What was refused need not be kept. */
static itp_status take_back(itp_engine *engine, itp_error *err)
{
    itp_error again;
    itp_status st = itp_engine_refold(engine, &again);
    if (st != ITP_OK && err) *err = again;
    return st == ITP_OK ? ITP_EREFUSED : st;
}

itp_status itp_feed_now(itp_engine *engine, itp_event *event, itp_error *err)
{
    const itp_actions *actions;
    itp_status st = itp_engine_feed(engine, event, &actions, err);
    if (st == ITP_OK && is_refused(actions, err)) return take_back(engine, err);
    return settle(engine, st, err);
}

static itp_status decide_and_feed(itp_engine *engine, itp_decider *decider,
                                  const itp_action *decide, itp_asked *out, itp_error *err)
{
    const itp_loop *loop = itp_engine_loop(engine);
    const itp_actions *actions;
    itp_snapshot *snapshot;
    itp_status st = itp_snapshot_take(&snapshot, loop, decide->decision, (size_t)decide->number);
    if (st != ITP_OK) return itp_fail(err, st, "decision");
    int64_t begin = itp_clock_monotonic_ns();
    st = itp_decide(decider, snapshot, &out->made, err);
    itp_snapshot_destroy(snapshot);
    if (st != ITP_OK) return st;
    out->made->elapsed_ms = (double)(itp_clock_monotonic_ns() - begin) * 1e-6;
    out->first = itp_loop_counts(loop).trials + 1;
    itp_event event = {
        .kind = ITP_EVENT_DECISION, .decision = out->made->number, .made = out->made};
    return itp_engine_feed(engine, &event, &actions, err);
}

itp_status itp_ask_now(itp_engine *engine, itp_decider *decider, size_t n, itp_asked *out,
                       itp_error *err)
{
    itp_event asked = {.kind = ITP_EVENT_ASKED, .number = (int64_t)n};
    itp_event back = {.kind = ITP_EVENT_RECOVERED};
    const itp_actions *actions;
    *out = (itp_asked){0};
    itp_status st = itp_engine_feed(engine, &asked, &actions, err);
    if (st == ITP_OK && is_refused(actions, err)) return take_back(engine, err);
    const itp_action *decide = st == ITP_OK ? find_action(actions, ITP_ACTION_DECIDE) : NULL;
    if (st == ITP_OK && !decide) {
        /* An earlier decision was asked for and never made: the loop asks for it again. */
        st = itp_engine_feed(engine, &back, &actions, err);
        decide = st == ITP_OK ? find_action(actions, ITP_ACTION_DECIDE) : NULL;
        if (st == ITP_OK && !decide)
            st = itp_fail(err, ITP_EREFUSED,
                          "the campaign is paused, over, or has no candidate left");
    }
    if (st == ITP_OK) st = decide_and_feed(engine, decider, decide, out, err);
    st = settle(engine, st, err);
    if (st == ITP_OK && out->made->n_picks == 0)
        st = itp_fail(err, out->made->stop ? ITP_EREFUSED : ITP_ENONE, "%s",
                      out->made->stop ? out->made->stop : out->made->why);
    if (st != ITP_OK) {
        itp_decision_destroy(out->made);
        out->made = NULL;
    }
    return st;
}
