/* loop.c - one step: the event goes to its handler; then free slots get queued requests, room for
 * trials asks for a decision, and a reason to finish is looked for. Nothing else ever emits an
 * action. SPDX-License-Identifier: GPL-3.0-or-later */
#include "loop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

itp_status itp_loop_create(itp_loop **out, const itp_campaign *campaign, itp_error *err)
{
    itp_loop *loop = calloc(1, sizeof *loop);
    if (!loop) return itp_fail(err, ITP_ENOMEM, "campaign %s", campaign->name);
    loop->campaign = campaign;
    loop->fits = calloc(campaign->n_outcomes ? campaign->n_outcomes : 1, sizeof *loop->fits);
    if (!loop->fits) {
        itp_loop_destroy(loop);
        return itp_fail(err, ITP_ENOMEM, "campaign %s", campaign->name);
    }
    *out = loop;
    return ITP_OK;
}

void itp_loop_destroy(itp_loop *loop)
{
    if (!loop) return;
    for (size_t i = 0; i < loop->n_trials; i++) free(loop->trials[i].point);
    for (size_t i = 0; i < loop->n_requests; i++) {
        free(loop->requests[i].trials);
        free(loop->requests[i].inputs);
        free(loop->requests[i].given);
        free(loop->requests[i].why);
        mending_destroy(loop->requests[i].mended);
    }
    for (size_t i = 0; i < loop->n_workers; i++) {
        worker *w = &loop->workers[i];
        for (size_t k = 0; k < w->n_tasks; k++) free(w->tasks[k]);
        free(w->tasks);
        free(w->name);
        free(w->connector);
        free(w->ledger);
        free(w->halt_text);
        envelope_forget(w);
    }
    for (size_t i = 0; loop->fits && i < loop->campaign->n_outcomes; i++) free(loop->fits[i].saved);
    for (size_t i = 0; i < loop->n_redefined; i++) itp_campaign_destroy(loop->redefined[i]);
    free(loop->redefined);
    for (size_t i = 0; i < loop->n_narrowed; i++) itp_campaign_destroy(loop->narrowed[i].campaign);
    free(loop->narrowed);
    free(loop->trials);
    free(loop->requests);
    free(loop->buckets);
    free(loop->workers);
    free(loop->observations);
    free(loop->fits);
    free(loop->reason);
    free(loop);
}

static itp_status on_nothing(itp_loop *loop, const itp_event *event)
{
    (void)loop, (void)event;
    return ITP_OK;
}

static itp_status on_paused(itp_loop *loop, const itp_event *event)
{
    (void)event;
    if (loop->counts.paused) return loop_refuse(loop, "the campaign is paused already");
    loop->counts.paused = 1;
    return loop_emit(loop, ITP_ACTION_PAUSE) ? ITP_OK : ITP_ENOMEM;
}

static itp_status on_resumed(itp_loop *loop, const itp_event *event)
{
    (void)event;
    if (loop->counts.draining) {
        loop->counts.draining = loop->finishing = 0; /* thought better of it */
        if (!loop->counts.paused) return ITP_OK;
    }
    if (!loop->counts.paused) return loop_refuse(loop, "the campaign is not paused");
    loop->counts.paused = 0;
    return loop_emit(loop, ITP_ACTION_RESUME) ? ITP_OK : ITP_ENOMEM;
}

static itp_status on_finished(itp_loop *loop, const itp_event *event)
{
    (void)event;
    loop->counts.finished = 1;
    return ITP_OK;
}

static itp_status on_back(itp_loop *loop, const itp_event *event)
{
    loop->finishing = 0;
    return on_recovered(loop, event);
}

typedef itp_status (*handler)(itp_loop *loop, const itp_event *event);

static const handler HANDLERS[ITP_EVENT_KINDS] = {
    [ITP_EVENT_DEFINED] = on_nothing,
    [ITP_EVENT_REDEFINED] = on_redefined,
    [ITP_EVENT_OPENED] = on_opened,
    [ITP_EVENT_RECOVERED] = on_back,
    [ITP_EVENT_WORKER_REGISTERED] = on_worker_registered,
    [ITP_EVENT_WORKER_SLOTS] = on_worker_slots,
    [ITP_EVENT_WORKER_LOST] = on_worker_gone,
    [ITP_EVENT_WORKER_LEFT] = on_worker_gone,
    [ITP_EVENT_ASKED] = on_asked,
    [ITP_EVENT_DECISION] = on_decision,
    [ITP_EVENT_ACCEPTED] = on_accepted,
    [ITP_EVENT_DECLINED] = on_declined,
    [ITP_EVENT_STARTED] = on_started,
    [ITP_EVENT_RESULT] = on_result,
    [ITP_EVENT_FAILURE] = on_failure,
    [ITP_EVENT_LEASE_EXPIRED] = on_lease_expired,
    [ITP_EVENT_ANSWER] = on_answer,
    [ITP_EVENT_TIMER] = on_timer,
    [ITP_EVENT_TOLD] = on_told,
    [ITP_EVENT_PAUSED] = on_paused,
    [ITP_EVENT_RESUMED] = on_resumed,
    [ITP_EVENT_CANCELLED] = on_cancelled,
    [ITP_EVENT_RETRACTED] = on_retracted,
    [ITP_EVENT_RESOLVED] = on_resolved,
    [ITP_EVENT_APPROVED] = on_approved,
    [ITP_EVENT_STOPPED] = on_stopped,
    [ITP_EVENT_FINISHED] = on_finished,
    [ITP_EVENT_DRAINED] = on_drained,
    [ITP_EVENT_SAFE_STOPPED] = on_safe_stopped,
    [ITP_EVENT_HALTED] = on_halted,
    [ITP_EVENT_READY] = on_ready,
};

/* Time as the loop knows it: an earlier session's last event closes what that session took. */
static void keep_time(itp_loop *loop, const itp_event *event)
{
    if (event->kind == ITP_EVENT_OPENED && loop->opened_ms && loop->now_ms > loop->opened_ms)
        loop->spent_ms += loop->now_ms - loop->opened_ms;
    loop->now_ms = event->at_ms;
    loop->seq = event->seq;
    spend(loop, event);
}

itp_status itp_loop_step(itp_loop *loop, const itp_event *event, itp_actions *out)
{
    if ((unsigned)event->kind >= ITP_EVENT_KINDS) return ITP_EINVAL;
    out->n = 0;
    loop->out = out;
    keep_time(loop, event);
    itp_status st = HANDLERS[event->kind](loop, event);
    if (st == ITP_OK) st = finish_check(loop);
    if (st == ITP_OK) st = workers_assign(loop);
    if (st == ITP_OK) st = decisions_want(loop);
    loop->out = NULL;
    return st;
}
