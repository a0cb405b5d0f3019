/* finish.c - is there a reason to finish, and is everything that runs done? Also what starts a
 * session. SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static itp_status set_reason(itp_loop *loop, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    loop->reason = itp_copy_text(text);
    return loop->reason ? ITP_OK : ITP_ENOMEM;
}

/* Work that has not begun is given up; what runs is finished first. */
static itp_status give_up_queued(itp_loop *loop)
{
    for (itp_id id = 1; id <= loop->n_requests; id++) {
        const request *r = &loop->requests[id - 1];
        if (r->state != ITP_REQUEST_QUEUED && r->state != ITP_REQUEST_BACKOFF &&
            r->state != ITP_REQUEST_APPROVAL)
            continue;
        itp_status st = request_finish(loop, id, ITP_REQUEST_CANCELLED);
        if (st != ITP_OK) return st;
        for (size_t i = 0; i < loop->requests[id - 1].n_trials; i++) {
            itp_id trial_id = loop->requests[id - 1].trials[i];
            if (loop->trials[trial_id - 1].state == ITP_TRIAL_PENDING)
                trial_set_state(loop, trial_id, ITP_TRIAL_ABANDONED);
        }
    }
    return ITP_OK;
}

static itp_status find_reason(itp_loop *loop)
{
    const itp_budget *budget = &loop->campaign->budget;
    if (loop->barren >= ITP_BARREN_MAX && loop->counts.measured == 0)
        return set_reason(loop, "failure: %zu requests in a row failed and none was measured",
                          loop->barren);
    if (loop->time_over) return set_reason(loop, "budget: %g s of running", budget->time_s);
    if (loop->spent_cost >= budget->cost)
        return set_reason(loop, "budget: cost %g of %g", loop->spent_cost, budget->cost);
    if (loop->n_trials > 0 && trials_left(loop) == 0)
        return set_reason(loop, "budget: %zu trials", budget->trials);
    if (loop->exhausted) return set_reason(loop, "exhausted: no candidate is left to try");
    return ITP_OK;
}

/* What runs is all that a drained session waits for; what is in doubt waits for the next one. */
static itp_status end_drained(itp_loop *loop)
{
    for (itp_id id = 1; id <= loop->n_requests; id++) {
        itp_request_state state = loop->requests[id - 1].state;
        if (state >= ITP_REQUEST_LEASED && state <= ITP_REQUEST_STARTED) return ITP_OK;
    }
    itp_action *finish = loop_emit(loop, ITP_ACTION_FINISH);
    if (!finish) return ITP_ENOMEM;
    finish->text = "drained: nothing runs any more; the same command resumes";
    loop->finishing = 1;
    return ITP_OK;
}

itp_status finish_check(itp_loop *loop)
{
    if (loop->counts.finished) return ITP_OK;
    itp_status st = ITP_OK;
    if (loop->counts.draining) return loop->finishing ? ITP_OK : end_drained(loop);
    if (!loop->reason && (st = find_reason(loop)) != ITP_OK) return st;
    if (!loop->reason) return ITP_OK;
    int complete =
        trials_left(loop) == 0 || loop->exhausted; /* All that was decided is to be measured. */
    if (!complete && (st = give_up_queued(loop)) != ITP_OK) return st;
    if (loop->counts.pending > 0 || loop->finishing) return ITP_OK;
    itp_action *finish = loop_emit(loop, ITP_ACTION_FINISH);
    if (!finish) return ITP_ENOMEM;
    finish->text = loop->reason;
    loop->finishing = 1;
    return ITP_OK;
}

void finish_reopen(itp_loop *loop)
{
    free(loop->reason);
    loop->reason = NULL;
    loop->finishing = loop->counts.finished = 0;
}

itp_status on_drained(itp_loop *loop, const itp_event *event)
{
    (void)event;
    if (loop->counts.draining) return loop_refuse(loop, "the campaign is being drained already");
    if (loop->counts.finished) return loop_refuse(loop, "the campaign has finished");
    loop->counts.draining = 1;
    loop->finishing = 0;
    return ITP_OK;
}

itp_status on_opened(itp_loop *loop, const itp_event *event)
{
    (void)event;
    loop->counts.draining = loop->finishing = 0; /* a new session */
    loop->opened_ms = loop->now_ms;
    double left_ms = loop->campaign->budget.time_s * 1e3 - (double)loop->spent_ms;
    if (!isfinite(left_ms)) return ITP_OK;
    itp_action *timer = loop_emit(loop, ITP_ACTION_TIMER);
    if (!timer) return ITP_ENOMEM;
    timer->at_ms = loop->now_ms + (int64_t)(left_ms > 0 ? left_ms : 0);
    return ITP_OK;
}

itp_status on_stopped(itp_loop *loop, const itp_event *event)
{
    if (loop->reason) return loop_refuse(loop, "the campaign is ending already: %s", loop->reason);
    return set_reason(loop, "stopped%s%s", event->text ? ": " : "", event->text ? event->text : "");
}

/* The new definition was checked against the old one before it was journalled. What it loosens may
 * give a finished campaign more to do. */
itp_status on_redefined(itp_loop *loop, const itp_event *event)
{
    itp_campaign **kept = realloc(loop->redefined, (loop->n_redefined + 1) * sizeof *kept);
    if (!kept) return ITP_ENOMEM;
    loop->redefined = kept;
    itp_campaign_file *files = calloc(event->n_files ? event->n_files : 1, sizeof *files);
    if (!files) return ITP_ENOMEM;
    for (size_t i = 0; i < event->n_files; i++)
        files[i] =
            (itp_campaign_file){event->files[i].path, event->files[i].bytes, event->files[i].size};
    itp_campaign *edited;
    itp_status st = itp_campaign_parse(&edited, loop->campaign->path, event->text, event->n_files,
                                       files, NULL, NULL);
    free(files);
    if (st != ITP_OK) return st;
    kept[loop->n_redefined++] = edited;
    loop->campaign = edited;
    loop->exhausted = loop->time_over = 0;
    loop->dry = 0;
    finish_reopen(loop);
    return ITP_OK;
}
