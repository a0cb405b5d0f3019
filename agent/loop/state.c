/* state.c - what all tables share: growth, actions, and the views that others read.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void *itp_grow(void *items, size_t *capacity, size_t need, size_t size)
{
    if (need <= *capacity) return items;
    size_t wanted = *capacity ? *capacity * 2 : 16;
    if (wanted < need) wanted = need;
    void *grown = realloc(items, wanted * size);
    if (grown) *capacity = wanted;
    return grown;
}

char *itp_copy_text(const char *text)
{
    if (!text) return NULL;
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

itp_action *loop_emit(itp_loop *loop, itp_action_kind kind)
{
    itp_actions *out = loop->out;
    itp_action *items = itp_grow(out->items, &out->capacity, out->n + 1, sizeof *items);
    if (!items) return NULL;
    out->items = items;
    itp_action *action = &items[out->n++];
    memset(action, 0, sizeof *action);
    action->kind = kind;
    action->task = action->source = -1;
    return action;
}

itp_status loop_refuse(itp_loop *loop, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(loop->note, sizeof loop->note, format, args);
    va_end(args);
    itp_action *action = loop_emit(loop, ITP_ACTION_REFUSE);
    if (!action) return ITP_ENOMEM;
    action->text = loop->note;
    return ITP_OK;
}

void itp_actions_deinit(itp_actions *actions)
{
    if (!actions) return;
    free(actions->items);
    memset(actions, 0, sizeof *actions);
}

const char *itp_trial_state_name(itp_trial_state state)
{
    static const char *const NAMES[] = {"pending", "measured", "failed", "infeasible", "abandoned"};
    return (size_t)state < sizeof NAMES / sizeof *NAMES ? NAMES[state] : "unknown";
}

const char *itp_request_state_name(itp_request_state state)
{
    static const char *const NAMES[] = {"queued",
                                        "backing off",
                                        "running",
                                        "accepted",
                                        "started",
                                        "in doubt",
                                        "waiting for a person",
                                        "waiting for approval",
                                        "measured",
                                        "failed",
                                        "held",
                                        "cancelled"};
    return (size_t)state < sizeof NAMES / sizeof *NAMES ? NAMES[state] : "unknown";
}

itp_counts itp_loop_counts(const itp_loop *loop)
{
    itp_counts counts = loop->counts;
    counts.trials = loop->n_trials;
    counts.requests = loop->n_requests;
    counts.decisions = loop->decision;
    counts.generation = loop->generation;
    counts.deciding = loop->deciding > 0;
    counts.workers = counts.slots = counts.busy = 0;
    for (size_t i = 0; i < loop->n_workers; i++) {
        if (!loop->workers[i].live) continue;
        counts.workers++;
        counts.slots += loop->workers[i].slots;
        counts.busy += loop->workers[i].busy;
    }
    return counts;
}

const itp_campaign *itp_loop_campaign(const itp_loop *loop)
{
    return loop->campaign;
}

const char *itp_loop_reason(const itp_loop *loop)
{
    return loop->reason;
}

itp_status itp_loop_trial(const itp_loop *loop, itp_id id, itp_trial_view *out)
{
    if (id == 0 || id > loop->n_trials) return ITP_ENOTFOUND;
    const trial *t = &loop->trials[id - 1];
    *out = (itp_trial_view){id, t->decision, t->state, t->point, t->values};
    return ITP_OK;
}

int itp_loop_was_given(const itp_loop *loop, itp_attempt attempt, const char *worker)
{
    if (attempt.request == 0 || attempt.request > loop->n_requests || !worker) return 0;
    const request *r = &loop->requests[attempt.request - 1];
    if (attempt.epoch == 0 || attempt.epoch > r->n_given) return 0;
    return strcmp(loop->workers[r->given[attempt.epoch - 1]].name, worker) == 0;
}

itp_status itp_loop_request(const itp_loop *loop, itp_id id, itp_request_view *out)
{
    if (id == 0 || id > loop->n_requests) return ITP_ENOTFOUND;
    const request *r = &loop->requests[id - 1];
    *out = (itp_request_view){
        .id = id,
        .trial = r->trials[0],
        .epoch = r->epoch,
        .attempts = r->attempts,
        .losses = r->losses,
        .replicate = r->replicate,
        .state = r->state,
        .task = r->task,
        .source = r->source,
        .worker = r->worker == NO_WORKER ? NULL : loop->workers[r->worker].name,
        .since_ms = r->since_ms,
        .n_inputs = r->n_inputs,
        .sample = r->sample,
        .why = r->why,
        .inputs = r->mended ? r->mended->inputs : r->inputs,
        .n_corrected = r->mended ? r->mended->n_done : 0,
        .corrected = r->mended ? r->mended->done : NULL,
    };
    return ITP_OK;
}
