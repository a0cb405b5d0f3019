/* decisions.c - when to ask for a decision, how many points, and what becomes of the answer.
 *   One decision is in flight at a time. Trials pending are held at `parallel`, or at the number of
 * slots plus as many as finish while a decision is being made, so that no worker waits for a
 * proposal. SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Below this share of a request's duration a decision costs its workers nothing worth a staler
 * proposal: a slot idles for decide/work of its time at most. */
static const double NEGLIGIBLE_WAIT = 0.005;

size_t trials_left(const itp_loop *loop)
{
    size_t budget = loop->campaign->budget.trials, used = loop->n_trials - loop->cancelled;
    if (budget == 0) return SIZE_MAX;
    return budget > used ? budget - used : 0;
}

static int is_automatic(const itp_loop *loop)
{
    for (size_t i = 0; i < loop->campaign->n_tasks; i++)
        if (loop->campaign->tasks[i].connector) return 1;
    return 0;
}

/* Room for trials: at most `parallel` pending, by default one a slot and those decided ahead. */
static size_t room(const itp_loop *loop)
{
    if (!is_automatic(loop)) return 0;
    size_t slots = workers_slots(loop), most = loop->campaign->agent.parallel;
    if (slots == 0) return 0;
    if (most == 0) {
        double wait = loop->work_ms > 0 ? loop->decide_ms / loop->work_ms : 0;
        double ahead = wait > NEGLIGIBLE_WAIT ? ceil((double)slots * wait) : 0;
        most = slots + (ahead < (double)slots ? (size_t)ahead : slots);
    }
    return most > loop->counts.pending ? most - loop->counts.pending : 0;
}

itp_status decisions_want(itp_loop *loop)
{
    if (loop->deciding || loop->counts.paused || loop->counts.draining || loop->counts.finished ||
        loop->reason)
        return ITP_OK;
    size_t wanted = room(loop) + loop->asked, left = trials_left(loop);
    if (wanted > left) wanted = left;
    if (wanted == 0 || loop->exhausted || cost_is_committed(loop)) return ITP_OK;
    itp_action *decide = loop_emit(loop, ITP_ACTION_DECIDE);
    if (!decide) return ITP_ENOMEM;
    loop->deciding = wanted;
    decide->decision = ++loop->decision;
    loop->decided_in = envelope_campaign(loop, loop->decision);
    decide->number = (int64_t)wanted;
    return ITP_OK;
}

itp_status on_asked(itp_loop *loop, const itp_event *event)
{
    if (event->number <= 0) return loop_refuse(loop, "ask for at least one point");
    if (loop->reason) return loop_refuse(loop, "the campaign is over: %s", loop->reason);
    if (trials_left(loop) == 0)
        return loop_refuse(loop, "the budget of %zu trials is committed",
                           loop->campaign->budget.trials);
    loop->asked += (size_t)event->number;
    return ITP_OK;
}

/* The context that a decision reckoned with is not what the trial will meet. */
static void blank_context(itp_loop *loop, itp_id id)
{
    const itp_space *space = loop->campaign->space;
    for (size_t i = 0; i < itp_space_n_params(space); i++)
        if (itp_space_param(space, i)->context) loop->trials[id - 1].point[i] = NAN;
}

static itp_status commit_pick(itp_loop *loop, const itp_decision *made, const itp_pick *pick)
{
    const itp_campaign *campaign = loop->campaign;
    if (pick->task >= (int)campaign->n_tasks) return ITP_EINVAL;
    if (pick->source >= (int)campaign->tasks[pick->task < 0 ? 0 : pick->task].n_sources)
        return ITP_EINVAL;
    itp_id id = pick->trial, request_id;
    if (id > loop->n_trials) return ITP_EINVAL;
    if (id == 0) {
        itp_status st = trial_add(loop, pick->point, made->number, &id);
        if (st != ITP_OK) return st;
        blank_context(loop, id);
        for (size_t task = 0; task < campaign->n_tasks; task++)
            if (pick->task < 0 || (size_t)pick->task == task)
                loop->trials[id - 1].task[task] = TASK_WANTED;
        if (pick->task >= 0 && pick->source >= 0)
            loop->trials[id - 1].source[pick->task] = (unsigned char)pick->source;
        return trial_advance(loop, id);
    }
    /* One more evaluation of an old trial: a replicate, or another source. */
    int task = pick->task < 0 ? 0 : pick->task;
    if (loop->trials[id - 1].state != ITP_TRIAL_PENDING)
        trial_set_state(loop, id, ITP_TRIAL_PENDING);
    loop->trials[id - 1].task[task] = TASK_REQUESTED;
    return request_create(loop, id, task, pick->source < 0 ? 0 : pick->source, 1, &request_id);
}

static itp_status keep_fits(itp_loop *loop, const itp_decision *made)
{
    for (size_t i = 0; i < made->n_models; i++) {
        const itp_model_record *model = &made->models[i];
        if (model->outcome >= loop->campaign->n_outcomes) return ITP_EINVAL;
        if (!model->saved) continue;
        char *saved = itp_copy_text(model->saved);
        if (!saved) return ITP_ENOMEM;
        free(loop->fits[model->outcome].saved);
        loop->fits[model->outcome] = (last_fit){saved, model->n};
    }
    return ITP_OK;
}

itp_status on_decision(itp_loop *loop, const itp_event *event)
{
    const itp_decision *made = event->made;
    if (!made) return ITP_EINVAL;
    if (!loop->deciding || made->number != loop->decision) return ITP_OK; /* Nobody waits for it. */
    size_t wanted = loop->deciding;
    loop->deciding = 0;
    if (made->generation != loop->generation) return ITP_OK; /* Stale: its data were retracted. */
    if (made->elapsed_ms >= 0)
        loop->decide_ms =
            loop->decide_ms > 0 ? 0.9 * loop->decide_ms + 0.1 * made->elapsed_ms : made->elapsed_ms;
    itp_status st = keep_fits(loop, made);
    if (st != ITP_OK) return st;
    loop->asked = loop->asked > made->n_picks ? loop->asked - made->n_picks : 0;
    if (made->stop) {
        loop->reason = itp_copy_text(made->stop);
        loop->asked = 0;
        return loop->reason ? ITP_OK : ITP_ENOMEM;
    }
    loop->designed += made->n_designed;
    loop->dry = made->n_picks == 0 && wanted > 0 ? loop->dry + 1 : 0;
    if (loop->dry >= envelope_round(loop)) { /* nothing within the envelope of any station */
        loop->exhausted = 1;
        loop->asked = 0;
    }
    for (size_t i = 0; st == ITP_OK && i < made->n_picks; i++)
        st = commit_pick(loop, made, &made->picks[i]);
    return st;
}
