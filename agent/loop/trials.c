/* trials.c - a trial is a point that the agent has committed to; its tasks run as their inputs
 * become known. SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t *count_of(itp_loop *loop, itp_trial_state state)
{
    switch (state) {
    case ITP_TRIAL_PENDING: return &loop->counts.pending;
    case ITP_TRIAL_MEASURED: return &loop->counts.measured;
    case ITP_TRIAL_FAILED: return &loop->counts.failed;
    case ITP_TRIAL_INFEASIBLE: return &loop->counts.infeasible;
    case ITP_TRIAL_ABANDONED: break;
    }
    return &loop->counts.abandoned;
}

void trial_set_state(itp_loop *loop, itp_id id, itp_trial_state state)
{
    trial *t = &loop->trials[id - 1];
    --*count_of(loop, t->state);
    t->state = state;
    ++*count_of(loop, state);
}

itp_status trial_add(itp_loop *loop, const double *point, uint64_t decision, itp_id *out)
{
    size_t p = itp_space_n_params(loop->campaign->space), m = loop->campaign->n_outcomes;
    trial *trials = itp_grow(loop->trials, &loop->cap_trials, loop->n_trials + 1, sizeof *trials);
    if (!trials) return ITP_ENOMEM;
    loop->trials = trials;
    size_t tasks = loop->campaign->n_tasks;
    /* One block: p coordinates, m values, a cost and two bytes a task. */
    double *block = malloc((p + m + tasks) * sizeof *block + 2 * tasks);
    if (!block) return ITP_ENOMEM;
    trial *t = &trials[loop->n_trials++];
    *t = (trial){
        .decision = decision, .state = ITP_TRIAL_PENDING, .point = block, .values = block + p};
    t->took = t->values + m;
    t->task = (unsigned char *)(t->took + tasks);
    t->source = t->task + tasks;
    memcpy(t->point, point, p * sizeof *point);
    for (size_t i = 0; i < m; i++) t->values[i] = NAN;
    memset(t->task, TASK_UNWANTED, tasks);
    for (size_t i = 0; i < tasks; i++) {
        t->took[i] = NAN;
        t->source[i] = (unsigned char)itp_campaign_source(loop->campaign, i, t->point);
    }
    loop->counts.pending++;
    *out = loop->n_trials;
    return ITP_OK;
}

/* A task can run when every outcome among its inputs is known. */
static int inputs_known(const itp_loop *loop, const trial *t, size_t task)
{
    const itp_campaign_task *def = &loop->campaign->tasks[task];
    for (size_t i = 0; i < def->n_inputs; i++)
        if (def->inputs[i].outcome >= 0 && isnan(t->values[def->inputs[i].outcome])) return 0;
    return 1;
}

itp_status trial_advance(itp_loop *loop, itp_id id)
{
    size_t open = 0;
    for (size_t task = 0; task < loop->campaign->n_tasks; task++) {
        trial *t = &loop->trials[id - 1];
        if (t->task[task] == TASK_WANTED && inputs_known(loop, t, task)) {
            itp_id request_id;
            t->task[task] = TASK_REQUESTED;
            itp_status st = request_create(loop, id, (int)task, t->source[task], 0, &request_id);
            if (st != ITP_OK) return st;
        }
        open += loop->trials[id - 1].task[task] == TASK_WANTED ||
                loop->trials[id - 1].task[task] == TASK_REQUESTED;
    }
    if (open == 0 && loop->trials[id - 1].state != ITP_TRIAL_MEASURED)
        trial_set_state(loop, id, ITP_TRIAL_MEASURED);
    return ITP_OK;
}

/* Models of the old data are void: the next decision fits anew. */
static void forget_models(itp_loop *loop)
{
    loop->generation++;
    for (size_t i = 0; i < loop->campaign->n_outcomes; i++) {
        free(loop->fits[i].saved);
        loop->fits[i] = (last_fit){NULL, 0};
    }
}

static const itp_value *find_value(const itp_event *event, const char *name)
{
    for (size_t i = 0; i < event->n_values; i++)
        if (strcmp(event->values[i].name, name) == 0) return &event->values[i];
    return NULL;
}

const char *trial_missing(const itp_loop *loop, size_t task, const itp_event *event)
{
    const itp_campaign_task *def = &loop->campaign->tasks[task];
    for (size_t i = 0; i < def->n_outputs; i++) {
        const itp_outcome *outcome = &loop->campaign->outcomes[def->first_outcome + i];
        const itp_value *value = find_value(event, outcome->name);
        if (outcome->needed && !outcome->label && (!value || !isfinite(value->number)))
            return outcome->name;
    }
    return NULL;
}

/* What was measured of the context becomes part of the point. Models that took a row of this trial
 * without it, or with another value, are void. */
static void learn_context(itp_loop *loop, itp_id id, size_t param, double value)
{
    trial *t = &loop->trials[id - 1];
    if (t->point[param] == value) return;
    t->point[param] = value;
    for (size_t i = loop->n_observations; i > 0; i--)
        if (loop->observations[i - 1].seen.trial == id) {
            forget_models(loop);
            return;
        }
}

static void learn_contexts(itp_loop *loop, itp_id id, const itp_event *event, size_t task)
{
    const itp_campaign_task *def = &loop->campaign->tasks[task];
    for (size_t i = 0; i < def->n_outputs; i++) {
        const itp_outcome *o = &loop->campaign->outcomes[def->first_outcome + i];
        const itp_value *value = o->context >= 0 ? find_value(event, o->name) : NULL;
        if (value && isfinite(value->number))
            learn_context(loop, id, (size_t)o->context, value->number);
    }
}

itp_status trial_observe(itp_loop *loop, itp_id id, itp_id by, const itp_event *event, size_t task)
{
    trial *t = &loop->trials[id - 1];
    const itp_campaign_task *def = &loop->campaign->tasks[task];
    learn_contexts(loop, id, event, task);
    for (size_t i = 0; i < def->n_outputs; i++) {
        size_t o = def->first_outcome + i;
        const itp_value *value = find_value(event, loop->campaign->outcomes[o].name);
        if (!value || !isfinite(value->number)) continue;
        observation *items = itp_grow(loop->observations, &loop->cap_observations,
                                      loop->n_observations + 1, sizeof *items);
        if (!items) return ITP_ENOMEM;
        loop->observations = items;
        items[loop->n_observations++] =
            (observation){{id, (unsigned)o, value->number, value->sd}, by, loop->seq, 0};
        t->values[o] = value->number;
    }
    t->task[task] = TASK_DONE;
    loop->barren = 0;
    return trial_advance(loop, id);
}

/* A person's measurement of an open task, or of a point the agent never asked for. */
static itp_status tell_task(itp_loop *loop, itp_id id, size_t task, const itp_event *event)
{
    const char *missing = trial_missing(loop, task, event);
    if (missing)
        return loop_refuse(loop, "trial %llu: task %s needs a value of %s", (unsigned long long)id,
                           loop->campaign->tasks[task].name, missing);
    for (itp_id r = 1; r <= loop->n_requests; r++) {
        request *req = &loop->requests[r - 1];
        if (req->state == ITP_REQUEST_PERSON && req->trials[0] == id && req->task == (int)task) {
            itp_status st = request_finish(loop, r, ITP_REQUEST_DONE);
            if (st != ITP_OK) return st;
            spend_told(loop, id, task);
            return trial_observe(loop, id, r, event, task);
        }
    }
    return trial_observe(loop, id, 0, event, task);
}

static itp_status tell_failure(itp_loop *loop, itp_id id)
{
    if (loop->trials[id - 1].state != ITP_TRIAL_PENDING)
        return loop_refuse(loop, "trial %llu is %s, not pending", (unsigned long long)id,
                           itp_trial_state_name(loop->trials[id - 1].state));
    for (itp_id r = 1; r <= loop->n_requests; r++) {
        request *req = &loop->requests[r - 1];
        if (req->state != ITP_REQUEST_PERSON || req->trials[0] != id) continue;
        itp_status st = request_finish(loop, r, ITP_REQUEST_FAILED);
        if (st != ITP_OK) return st;
    }
    trial_set_state(loop, id, ITP_TRIAL_FAILED);
    return ITP_OK;
}

itp_status on_told(itp_loop *loop, const itp_event *event)
{
    itp_id id = event->trial;
    if (id > loop->n_trials)
        return loop_refuse(loop, "there is no trial %llu", (unsigned long long)id);
    size_t first = 0, last = loop->campaign->n_tasks;
    if (event->task) {
        while (first < last && strcmp(loop->campaign->tasks[first].name, event->task) != 0) first++;
        if (first == last) return loop_refuse(loop, "there is no task %s", event->task);
        last = first + 1;
    }
    if (id == 0) {
        if (event->n_point != itp_space_n_params(loop->campaign->space))
            return loop_refuse(loop, "a new trial needs a value of every parameter");
        itp_status st = trial_add(loop, event->point, 0, &id);
        if (st != ITP_OK) return st;
    }
    if (event->cause != ITP_CAUSE_NONE) return tell_failure(loop, id);
    for (size_t task = first; task < last; task++) {
        int any = 0;
        const itp_campaign_task *def = &loop->campaign->tasks[task];
        for (size_t i = 0; i < def->n_outputs; i++)
            any |= find_value(event, loop->campaign->outcomes[def->first_outcome + i].name) != NULL;
        if (!any && !event->task) continue;
        itp_status st = tell_task(loop, id, task, event);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

itp_status on_retracted(itp_loop *loop, const itp_event *event)
{
    size_t hit = 0;
    for (size_t i = 0; i < loop->n_observations; i++) {
        observation *o = &loop->observations[i];
        int match = event->request ? o->request == event->request
                    : event->trial ? o->seen.trial == event->trial
                                   : o->seq == (uint64_t)event->number;
        if (!match || o->retracted) continue;
        o->retracted = 1;
        hit++;
        trial *t = &loop->trials[o->seen.trial - 1];
        t->values[o->seen.outcome] = NAN;
        for (size_t k = 0; k < i; k++) { /* An earlier replicate may still stand. */
            const observation *earlier = &loop->observations[k];
            if (!earlier->retracted && earlier->seen.trial == o->seen.trial &&
                earlier->seen.outcome == o->seen.outcome)
                t->values[o->seen.outcome] = earlier->seen.value;
        }
        if (isnan(t->values[o->seen.outcome]) && t->state == ITP_TRIAL_MEASURED)
            trial_set_state(loop, o->seen.trial, ITP_TRIAL_ABANDONED);
    }
    if (hit == 0)
        return loop_refuse(loop, "no accepted measurement matches what is to be retracted");
    forget_models(loop);
    return ITP_OK;
}
