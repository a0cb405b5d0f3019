/* people.c - a person's word on requests: cancel, and resolve what is held or in doubt.
 *   What a station may be moving is asked to stop and stays open until the station says what came
 * of it; what is in doubt only a person can close. SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"

itp_status request_cancel(itp_loop *loop, itp_id id)
{
    itp_status st = request_finish(loop, id, ITP_REQUEST_CANCELLED);
    for (size_t i = 0; st == ITP_OK && i < loop->requests[id - 1].n_trials; i++) {
        itp_id trial_id = loop->requests[id - 1].trials[i];
        if (loop->trials[trial_id - 1].state != ITP_TRIAL_PENDING) continue;
        trial_set_state(loop, trial_id, ITP_TRIAL_ABANDONED);
        loop->trials[trial_id - 1].cancelled = 1;
        loop->cancelled++;
    }
    return st;
}

static itp_status cancel_one(itp_loop *loop, itp_id id, const char *text)
{
    request *r = &loop->requests[id - 1];
    int moving = request_is_physical(loop, r) &&
                 (r->state == ITP_REQUEST_ACCEPTED || r->state == ITP_REQUEST_STARTED);
    if (r->worker != NO_WORKER && r->state >= ITP_REQUEST_LEASED) {
        itp_status st = emit_attempt(loop, ITP_ACTION_CANCEL, id);
        if (st != ITP_OK) return st;
        loop->out->items[loop->out->n - 1].text = text;
    }
    if (!moving) return request_cancel(loop, id);
    r->cancelling = 1;
    return request_say(r, "asked to stop; the station has not said yet what came of it");
}

itp_status on_cancelled(itp_loop *loop, const itp_event *event)
{
    size_t hit = 0;
    itp_id doubtful = 0;
    for (itp_id id = 1; id <= loop->n_requests; id++) {
        const request *r = &loop->requests[id - 1];
        int match = event->request ? id == event->request : !event->trial;
        for (size_t i = 0; event->trial && i < r->n_trials; i++)
            match |= r->trials[i] == event->trial;
        if (!match || !request_is_open(r)) continue;
        if (r->state == ITP_REQUEST_IN_DOUBT) {
            doubtful = id;
            continue;
        }
        itp_status st = cancel_one(loop, id, event->text);
        if (st != ITP_OK) return st;
        hit++;
    }
    if (hit) return ITP_OK;
    if (doubtful)
        return loop_refuse(loop,
                           "request %llu is in doubt: it may have started, so only resolve can "
                           "close it",
                           (unsigned long long)doubtful);
    return loop_refuse(loop, "nothing open to cancel there");
}

/* A station that still counts the request as open hears that it is settled: asked once more, it
 * answers, and the answer is acknowledged (answers.c). So nothing that it does know is lost. */
static itp_status tell_station(itp_loop *loop, itp_id id, size_t index)
{
    if (index == NO_WORKER || !loop->workers[index].live) return ITP_OK;
    itp_status st = emit_attempt(loop, ITP_ACTION_QUERY, id);
    if (st == ITP_OK) loop->out->items[loop->out->n - 1].worker = loop->workers[index].name;
    return st;
}

static itp_status resolve_measured(itp_loop *loop, itp_id id, const itp_event *event)
{
    itp_id trial_id = loop->requests[id - 1].trials[0];
    size_t task = (size_t)loop->requests[id - 1].task;
    itp_status st = request_finish(loop, id, ITP_REQUEST_DONE);
    trial_set_state(loop, trial_id, ITP_TRIAL_PENDING);
    return st == ITP_OK ? trial_observe(loop, trial_id, id, event, task) : st;
}

static itp_status resolve_requeue(itp_loop *loop, itp_id id)
{
    itp_id fresh, trial_id = loop->requests[id - 1].trials[0];
    int task = loop->requests[id - 1].task, source = loop->requests[id - 1].source;
    itp_status st = request_finish(loop, id, ITP_REQUEST_CANCELLED);
    trial_set_state(loop, trial_id, ITP_TRIAL_PENDING);
    return st == ITP_OK ? request_create(loop, trial_id, task, source, 1, &fresh) : st;
}

itp_status on_resolved(itp_loop *loop, const itp_event *event)
{
    itp_id id = event->request;
    if (id == 0 || id > loop->n_requests)
        return loop_refuse(loop, "there is no request %llu", (unsigned long long)id);
    request *r = &loop->requests[id - 1];
    if (r->state != ITP_REQUEST_IN_DOUBT && r->state != ITP_REQUEST_DEAD)
        return loop_refuse(loop,
                           "request %llu is %s: only what is in doubt or held can be resolved",
                           (unsigned long long)id, itp_request_state_name(r->state));
    size_t index = r->worker;
    itp_status st;
    switch ((itp_resolution)event->number) {
    case ITP_RESOLVE_MEASURED: {
        const char *missing = trial_missing(loop, (size_t)r->task, event);
        if (missing) return loop_refuse(loop, "a measurement needs a value of %s", missing);
        request_say(r, NULL);
        st = resolve_measured(loop, id, event);
        break;
    }
    case ITP_RESOLVE_VOID: {
        itp_id trial_id = r->trials[0];
        request_say(r, NULL);
        st = request_finish(loop, id, ITP_REQUEST_CANCELLED);
        trial_set_state(loop, trial_id, ITP_TRIAL_ABANDONED);
        break;
    }
    case ITP_RESOLVE_REQUEUE:
        request_say(r, NULL);
        st = resolve_requeue(loop, id);
        break;
    default: return ITP_EINVAL;
    }
    if (loop->counts.finished && loop->counts.pending > 0) finish_reopen(loop);
    return st == ITP_OK ? tell_station(loop, id, index) : st;
}
