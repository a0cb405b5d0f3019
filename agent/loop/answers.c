/* answers.c - what comes back from an attempt: a result, a failure, silence, or a station's word.
 *   A valid result is never refused: of an old epoch it is accepted if none was accepted yet,
 * otherwise it stays in the journal as a duplicate. Causes of failure lead to different acts.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"

#include <stdlib.h>
#include <string.h>

static request *find(itp_loop *loop, const itp_event *event)
{
    itp_id id = event->request;
    return id > 0 && id <= loop->n_requests ? &loop->requests[id - 1] : NULL;
}

static itp_status ack(itp_loop *loop, const itp_event *event, const char *text)
{
    itp_action *action = loop_emit(loop, ITP_ACTION_ACK);
    if (!action) return ITP_ENOMEM;
    action->request = event->request;
    action->epoch = event->epoch;
    action->number = event->index;
    action->text = text;
    /* The answer goes to whoever asked; the name is copied, for the event is only borrowed. */
    snprintf(loop->note, sizeof loop->note, "%s", event->worker ? event->worker : "");
    action->worker = loop->note;
    return ITP_OK;
}

/* A late answer of an old epoch makes the attempt that replaced it pointless. */
static itp_status call_off(itp_loop *loop, itp_id id, uint32_t answered)
{
    const request *r = &loop->requests[id - 1];
    if (r->epoch == answered || r->worker == NO_WORKER || r->state < ITP_REQUEST_LEASED)
        return ITP_OK;
    itp_status st = emit_attempt(loop, ITP_ACTION_CANCEL, id);
    if (st == ITP_OK) loop->out->items[loop->out->n - 1].text = "answered by an earlier attempt";
    return st;
}

static void learn_duration(itp_loop *loop, const request *r)
{
    if (r->state != ITP_REQUEST_LEASED && r->state != ITP_REQUEST_STARTED) return;
    double took = (double)(loop->now_ms - r->since_ms);
    if (took < 0) return; /* The clock was set back meanwhile. */
    loop->work_ms = loop->work_ms > 0 ? 0.9 * loop->work_ms + 0.1 * took : took;
}

itp_status on_result(itp_loop *loop, const itp_event *event)
{
    request *r = find(loop, event);
    if (!r) return ack(loop, event, "unknown request");
    if (event->index >= 0)
        return ack(loop, event, NULL); /* One of several; the final one closes. */
    if (r->state == ITP_REQUEST_DONE) return ack(loop, event, "duplicate");
    const char *missing = trial_missing(loop, (size_t)r->task, event);
    if (missing) return ack(loop, event, "incomplete");
    learn_duration(loop, r);
    request_say(r, NULL);
    itp_status st = call_off(loop, event->request, event->epoch);
    if (st == ITP_OK) st = request_finish(loop, event->request, ITP_REQUEST_DONE);
    for (size_t i = 0; st == ITP_OK && i < loop->requests[event->request - 1].n_trials; i++) {
        itp_id trial_id = loop->requests[event->request - 1].trials[i];
        int task = loop->requests[event->request - 1].task;
        trial *t = &loop->trials[trial_id - 1];
        loop->cancelled -= t->cancelled != 0;
        t->cancelled = 0;
        t->took[task] = event->cost;
        if (t->state != ITP_TRIAL_PENDING && t->state != ITP_TRIAL_MEASURED)
            trial_set_state(loop, trial_id, ITP_TRIAL_PENDING);
        st = trial_observe(loop, trial_id, event->request, event, (size_t)task);
    }
    return st == ITP_OK ? ack(loop, event, NULL) : st;
}

itp_status request_close(itp_loop *loop, itp_id id, itp_request_state end, itp_trial_state state)
{
    itp_status st = request_finish(loop, id, end);
    const request *r = &loop->requests[id - 1];
    for (size_t i = 0; st == ITP_OK && i < r->n_trials; i++)
        if (loop->trials[r->trials[i] - 1].state == ITP_TRIAL_PENDING)
            trial_set_state(loop, r->trials[i], state);
    return st;
}

/* A failure that says nothing of the experiment itself. */
static int is_no_verdict(itp_cause cause)
{
    return cause != ITP_CAUSE_SCIENTIFIC && cause != ITP_CAUSE_UNSAFE && cause != ITP_CAUSE_REFUSED;
}

itp_status on_failure(itp_loop *loop, const itp_event *event)
{
    request *r = find(loop, event);
    if (!r) return ack(loop, event, "unknown request");
    int current = r->epoch == event->epoch && r->state >= ITP_REQUEST_LEASED &&
                  r->state <= ITP_REQUEST_IN_DOUBT;
    if (!current) return ack(loop, event, "an earlier attempt");
    itp_status st = request_say(r, event->text);
    if (st != ITP_OK) return st;
    if (r->cancelling && is_no_verdict(event->cause)) {
        st = request_cancel(loop, event->request);
        return st == ITP_OK ? ack(loop, event, NULL) : st;
    }
    correction_verdict verdict;
    st = request_correct(loop, event, &verdict);
    if (st != ITP_OK) return st;
    if (verdict == CORRECTION_MADE) return ack(loop, event, NULL);
    switch (event->cause) {
    case ITP_CAUSE_SCIENTIFIC:
        st = request_close(loop, event->request, ITP_REQUEST_FAILED, ITP_TRIAL_FAILED);
        break;
    case ITP_CAUSE_UNSAFE:
    case ITP_CAUSE_REFUSED:
        st = request_close(loop, event->request, ITP_REQUEST_FAILED, ITP_TRIAL_INFEASIBLE);
        break;
    case ITP_CAUSE_WORKER_LOST: st = request_lose(loop, event->request); break;
    case ITP_CAUSE_CANCELLED:
        if (!request_is_physical(loop, r) || r->state == ITP_REQUEST_LEASED) {
            st = request_requeue(loop, event->request, 0);
            break;
        }
        /* It had begun: a person says what is left of the sample. */
        loop->barren++;
        st = request_close(loop, event->request, ITP_REQUEST_DEAD, ITP_TRIAL_ABANDONED);
        break;
    case ITP_CAUSE_NONE:
    case ITP_CAUSE_TRANSPORT:
    case ITP_CAUSE_TIMEOUT:
    case ITP_CAUSE_RESOURCE:
    case ITP_CAUSE_INVALID:
        r->attempts++;
        /* What every correction has not helped is not tried once more as it is. */
        if (verdict == CORRECTION_NONE && r->attempts < loop->campaign->tasks[r->task].attempts &&
            loop->campaign->tasks[r->task].cls == ITP_REPEATABLE) {
            st = request_requeue(loop, event->request, 1);
            break;
        }
        loop->barren++;
        st = request_close(loop, event->request, ITP_REQUEST_DEAD, ITP_TRIAL_ABANDONED);
        break;
    }
    return st == ITP_OK ? ack(loop, event, NULL) : st;
}

static int is_attempt(const request *r, const itp_event *event)
{
    return r && r->epoch == event->epoch && r->worker != NO_WORKER &&
           r->state >= ITP_REQUEST_LEASED && r->state <= ITP_REQUEST_IN_DOUBT;
}

itp_status on_lease_expired(itp_loop *loop, const itp_event *event)
{
    request *r = find(loop, event);
    if (!is_attempt(r, event)) return ITP_OK;
    if (loop->campaign->tasks[r->task].cls == ITP_PHYSICAL && r->state >= ITP_REQUEST_ACCEPTED) {
        /* Matter may be moving: the station is asked, never called off by a clock. */
        itp_status st = request_lose(loop, event->request);
        return st == ITP_OK ? emit_attempt(loop, ITP_ACTION_QUERY, event->request) : st;
    }
    /* Whoever still runs it is told to stop; its result is welcome all the same. */
    itp_status st = emit_attempt(loop, ITP_ACTION_CANCEL, event->request);
    if (st != ITP_OK) return st;
    loop->out->items[loop->out->n - 1].text = "lease expired";
    return request_lose(loop, event->request);
}

itp_status on_declined(itp_loop *loop, const itp_event *event)
{
    request *r = find(loop, event);
    if (!is_attempt(r, event)) return ITP_OK;
    /* Once it has started, or may have, only the answer to a QUERY says otherwise. */
    if (request_is_physical(loop, r) && r->state >= ITP_REQUEST_STARTED) return ITP_OK;
    if (r->cancelling) return request_cancel(loop, event->request);
    itp_status st = request_say(r, event->text);
    if (st != ITP_OK) return st;
    r->attempts++;
    if (r->attempts >= ITP_LOSSES_MAX) {
        loop->barren++;
        return request_close(loop, event->request, ITP_REQUEST_DEAD, ITP_TRIAL_ABANDONED);
    }
    return request_requeue(loop, event->request, 1);
}

/* The station gives up the reservation; it has not begun, for only START begins. */
static itp_status let_go(itp_loop *loop, const itp_event *event, const char *text)
{
    itp_action *cancel = loop_emit(loop, ITP_ACTION_CANCEL);
    if (!cancel) return ITP_ENOMEM;
    snprintf(loop->note, sizeof loop->note, "%s", event->worker ? event->worker : "");
    cancel->request = event->request;
    cancel->epoch = event->epoch;
    cancel->worker = loop->note;
    cancel->text = text;
    return ITP_OK;
}

itp_status on_accepted(itp_loop *loop, const itp_event *event)
{
    request *r = find(loop, event);
    if (!r || !request_is_physical(loop, r)) return ITP_OK;
    if (!is_attempt(r, event)) return let_go(loop, event, "not wanted any more");
    /* Said twice: it still waits, so START was lost. The ledger starts it once all the same. */
    if (r->state == ITP_REQUEST_ACCEPTED)
        return emit_attempt(loop, ITP_ACTION_START, event->request);
    if (r->state != ITP_REQUEST_LEASED) return ITP_OK;
    if (r->sample && event->text && strcmp(r->sample, event->text) != 0) {
        char text[300];
        snprintf(text, sizeof text, "sample %.100s is wanted, %.100s is loaded at %.60s", r->sample,
                 event->text, loop->workers[r->worker].name);
        itp_status st = let_go(loop, event, "another sample is wanted");
        if (st == ITP_OK) st = request_say(r, text);
        return st == ITP_OK ? request_requeue(loop, event->request, 1) : st;
    }
    char why[300]; /* declared anew since it was offered */
    if (loop->counts.paused || loop->counts.draining || loop->workers[r->worker].halted ||
        envelope_refuses(loop, r, why, sizeof why)) {
        itp_status st = let_go(loop, event, "nothing is started now");
        return st == ITP_OK ? request_requeue(loop, event->request, 0) : st;
    }
    r->state = ITP_REQUEST_ACCEPTED;
    r->since_ms = loop->now_ms;
    return emit_attempt(loop, ITP_ACTION_START, event->request);
}

itp_status on_started(itp_loop *loop, const itp_event *event)
{
    request *r = find(loop, event);
    if (!is_attempt(r, event) || r->state != ITP_REQUEST_ACCEPTED) return ITP_OK;
    r->state = ITP_REQUEST_STARTED;
    r->since_ms = loop->now_ms;
    return ITP_OK;
}

/* Closed here, open there: whatever the station cannot say, a person has said. */
static itp_status settle(itp_loop *loop, const itp_event *event)
{
    itp_event settled = *event;
    settled.index = -1;
    return ack(loop, &settled, "settled by a person");
}

static itp_status doubt_word(itp_loop *loop, request *r, const itp_event *event)
{
    char text[400];
    const worker *w = &loop->workers[r->worker];
    if (event->number == ITP_ANSWER_NEVER_STARTED)
        snprintf(text, sizeof text,
                 "%.100s has another ledger than when it took this request, so "
                 "that it never started is not known",
                 w->name);
    else
        snprintf(text, sizeof text, "%.100s: %.200s", w->name,
                 event->text ? event->text : "started, outcome not known");
    return request_say(r, text);
}

itp_status on_answer(itp_loop *loop, const itp_event *event)
{
    request *r = find(loop, event);
    if (!r || !request_is_physical(loop, r)) return ITP_OK;
    if (!request_is_open(r))
        return event->number == ITP_ANSWER_STARTED_UNKNOWN ? settle(loop, event) : ITP_OK;
    if (!is_attempt(r, event) || r->state == ITP_REQUEST_LEASED) return ITP_OK;
    if (r->state != ITP_REQUEST_IN_DOUBT) {
        /* Not asked: a START that found nothing to start is answered so, and is in doubt. */
        if (event->number == ITP_ANSWER_RUNNING || event->number == ITP_ANSWER_DONE) return ITP_OK;
        itp_status st = request_lose(loop, event->request);
        if (st != ITP_OK) return st;
    }
    switch ((itp_answer_kind)event->number) {
    case ITP_ANSWER_NEVER_STARTED: /* The station has refused this epoch durably before it said so.
                                    */
        if (r->ledger != loop->workers[r->worker].ledgers) return doubt_word(loop, r, event);
        if (r->cancelling) return request_cancel(loop, event->request);
        request_say(r, NULL);
        return request_requeue(loop, event->request, 0);
    case ITP_ANSWER_RUNNING:
    case ITP_ANSWER_DONE: /* Its result is on the way. */
        r->state = ITP_REQUEST_STARTED;
        r->since_ms = loop->now_ms;
        loop->counts.held--;
        return request_say(r, NULL);
    case ITP_ANSWER_STARTED_UNKNOWN: /* Only a person can say: interphase resolve. */
        return doubt_word(loop, r, event);
    }
    return ITP_OK;
}
