/* requests.c - a request is one execution of a task at a source on resolved inputs, serving one
 * trial or more. Its life: queued -> leased -> done, with losses and back-off between; an epoch
 * fences each attempt. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"
#include "stream.h"

/* FNV-1a, 64 bits (Fowler, Noll, Vo): a table index, not a promise; equal hashes are compared in
 * full. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < size; i++) hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

static uint64_t hash_inputs(const request *r)
{
    uint64_t hash = 0xcbf29ce484222325u;
    hash = hash_bytes(hash, &r->task, sizeof r->task);
    hash = hash_bytes(hash, &r->source, sizeof r->source);
    for (size_t i = 0; i < r->n_inputs; i++) {
        const itp_value *v = &r->inputs[i];
        if (v->label)
            hash = hash_bytes(hash, v->label, strlen(v->label) + 1);
        else
            hash = hash_bytes(hash, &v->number, sizeof v->number);
    }
    return hash;
}

static int same_inputs(const request *a, const request *b)
{
    if (a->task != b->task || a->source != b->source || a->n_inputs != b->n_inputs) return 0;
    for (size_t i = 0; i < a->n_inputs; i++) {
        const itp_value *u = &a->inputs[i], *v = &b->inputs[i];
        if (strcmp(u->name, v->name) != 0 || !u->label != !v->label) return 0;
        if (u->label ? strcmp(u->label, v->label) != 0 : u->number != v->number) return 0;
    }
    return 1;
}

/* Keeps load at most one half; the newest of a hash stands in its bucket, older ones behind `same`.
 */
static itp_status index_request(itp_loop *loop, itp_id id)
{
    if (2 * loop->n_requests > loop->n_buckets) {
        size_t n = loop->n_buckets ? loop->n_buckets * 4 : 64;
        itp_id *buckets = calloc(n, sizeof *buckets);
        if (!buckets) return ITP_ENOMEM;
        for (size_t i = 0; i < loop->n_buckets; i++) {
            if (!loop->buckets[i]) continue;
            size_t at = loop->requests[loop->buckets[i] - 1].hash & (n - 1);
            while (buckets[at]) at = (at + 1) & (n - 1);
            buckets[at] = loop->buckets[i];
        }
        free(loop->buckets);
        loop->buckets = buckets;
        loop->n_buckets = n;
    }
    request *r = &loop->requests[id - 1];
    size_t at = r->hash & (loop->n_buckets - 1);
    while (loop->buckets[at] && !same_inputs(&loop->requests[loop->buckets[at] - 1], r))
        at = (at + 1) & (loop->n_buckets - 1);
    r->same = loop->buckets[at];
    if (r->same) r->replicate = loop->requests[r->same - 1].replicate + 1;
    loop->buckets[at] = id;
    return ITP_OK;
}

static itp_id find_same(const itp_loop *loop, const request *r)
{
    if (!loop->n_buckets) return 0;
    for (size_t at = r->hash & (loop->n_buckets - 1); loop->buckets[at];
         at = (at + 1) & (loop->n_buckets - 1))
        if (same_inputs(&loop->requests[loop->buckets[at] - 1], r)) return loop->buckets[at];
    return 0;
}

static itp_status resolve_input(const itp_loop *loop, const trial *t, const itp_input *input,
                                itp_value *out, int *absent)
{
    const itp_space *space = loop->campaign->space;
    *out = (itp_value){.name = input->name, .number = NAN, .sd = NAN, .unit = input->unit};
    *absent = 0;
    if (input->param >= 0) {
        const itp_param *param = itp_space_param(space, (size_t)input->param);
        double value = t->point[input->param];
        *absent = isnan(value); /* Inactive here: the task is not told of it. */
        if (*absent) return ITP_OK;
        if (param->kind == ITP_CATEGORICAL) {
            if (value < 0 || value >= (double)param->n_levels) return ITP_EINVAL;
            out->label = param->labels[(size_t)value];
            out->unit = NULL;
        } else {
            out->number = value;
        }
        return ITP_OK;
    }
    if (input->outcome >= 0) {
        out->number = t->values[input->outcome];
        return ITP_OK;
    }
    long row = itp_space_find_candidate(space, t->point);
    if (row < 0) return ITP_EINVAL;
    const char *name = out->name;
    itp_status st = itp_campaign_column(loop->campaign, (size_t)row, input->column, out);
    out->name = name;
    return st;
}

static itp_status resolve_inputs(const itp_loop *loop, const trial *t, request *r)
{
    const itp_campaign_task *def = &loop->campaign->tasks[r->task];
    r->inputs = calloc(def->n_inputs ? def->n_inputs : 1, sizeof *r->inputs);
    if (!r->inputs) return ITP_ENOMEM;
    for (size_t i = 0; i < def->n_inputs; i++) {
        int absent;
        itp_status st = resolve_input(loop, t, &def->inputs[i], &r->inputs[r->n_inputs], &absent);
        if (st != ITP_OK) return st;
        r->n_inputs += !absent;
    }
    return ITP_OK;
}

/* Which sample it consumes: one for all, or the point's own. */
static itp_status resolve_sample(const itp_loop *loop, const trial *t, request *r)
{
    const itp_campaign_task *def = &loop->campaign->tasks[r->task];
    itp_value value = {.label = NULL};
    int absent = 1;
    r->sample = def->sample;
    if (!def->has_sample_from) return ITP_OK;
    itp_status st = resolve_input(loop, t, &def->sample_from, &value, &absent);
    if (st == ITP_OK && !absent) r->sample = value.label;
    return st;
}

/* Only answers that cannot differ are shared: repeatable work, every output declared exact. */
static int is_exact(const itp_loop *loop, int task)
{
    const itp_campaign_task *def = &loop->campaign->tasks[task];
    int exact = def->cls == ITP_REPEATABLE && def->connector != NULL;
    for (size_t i = 0; i < def->n_outputs; i++)
        exact &= loop->campaign->outcomes[def->first_outcome + i].noise == ITP_TASK_NOISE_NONE;
    return exact;
}

int request_is_open(const request *r)
{
    return r->state <= ITP_REQUEST_APPROVAL;
}

int request_is_physical(const itp_loop *loop, const request *r)
{
    return loop->campaign->tasks[r->task].cls == ITP_PHYSICAL;
}

itp_status request_say(request *r, const char *why)
{
    char *copy = itp_copy_text(why);
    if (why && !copy) return ITP_ENOMEM;
    free(r->why);
    r->why = copy;
    return ITP_OK;
}

/* Lets an open request of equal inputs serve this trial too. 1 when it does. */
static int join_same(itp_loop *loop, itp_id trial_id, const request *fresh, itp_id *out)
{
    itp_id same = find_same(loop, fresh);
    if (!same || !request_is_open(&loop->requests[same - 1])) return 0;
    request *r = &loop->requests[same - 1];
    itp_id *trials = realloc(r->trials, (r->n_trials + 1) * sizeof *trials);
    if (!trials) return 0;
    r->trials = trials;
    trials[r->n_trials++] = trial_id;
    *out = same;
    return 1;
}

itp_status request_create(itp_loop *loop, itp_id trial_id, int task, int source, int again,
                          itp_id *out)
{
    request fresh = {.task = task, .source = source, .worker = NO_WORKER, .since_ms = loop->now_ms};
    itp_status st = resolve_inputs(loop, &loop->trials[trial_id - 1], &fresh);
    if (st == ITP_OK) st = resolve_sample(loop, &loop->trials[trial_id - 1], &fresh);
    if (st != ITP_OK) {
        free(fresh.inputs);
        return st;
    }
    fresh.hash = hash_inputs(&fresh);
    if (!again && is_exact(loop, task) && join_same(loop, trial_id, &fresh, out)) {
        free(fresh.inputs);
        return ITP_OK;
    }
    request *requests =
        itp_grow(loop->requests, &loop->cap_requests, loop->n_requests + 1, sizeof *requests);
    if (requests) loop->requests = requests;
    fresh.trials = malloc(sizeof *fresh.trials);
    if (!requests || !fresh.trials) {
        free(fresh.inputs);
        free(fresh.trials);
        return ITP_ENOMEM;
    }
    fresh.trials[0] = trial_id;
    fresh.n_trials = 1;
    requests[loop->n_requests++] = fresh;
    *out = loop->n_requests;
    if ((st = index_request(loop, *out)) != ITP_OK) return st;
    if (loop->campaign->tasks[task].connector) return request_release(loop, *out);
    loop->requests[*out - 1].state = ITP_REQUEST_PERSON;
    return ITP_OK;
}

void queue_push(itp_loop *loop, itp_id id)
{
    request *r = &loop->requests[id - 1];
    r->state = ITP_REQUEST_QUEUED;
    r->since_ms = loop->now_ms;
    r->next = 0;
    r->prev = loop->queue_last;
    if (r->prev)
        loop->requests[r->prev - 1].next = id;
    else
        loop->queue_first = id;
    loop->queue_last = id;
    loop->counts.queued++;
}

void queue_remove(itp_loop *loop, itp_id id)
{
    request *r = &loop->requests[id - 1];
    if (r->prev)
        loop->requests[r->prev - 1].next = r->next;
    else
        loop->queue_first = r->next;
    if (r->next)
        loop->requests[r->next - 1].prev = r->prev;
    else
        loop->queue_last = r->prev;
    r->next = r->prev = 0;
    loop->counts.queued--;
}

/* Leaves whatever state it is in: the queue, a worker's slot, or the list of those held. */
static itp_status leave_state(itp_loop *loop, itp_id id)
{
    request *r = &loop->requests[id - 1];
    int attempted = r->state >= ITP_REQUEST_LEASED && r->state <= ITP_REQUEST_IN_DOUBT;
    if (attempted && r->worker != NO_WORKER) {
        itp_status st = emit_attempt(loop, ITP_ACTION_RELEASE, id);
        if (st != ITP_OK) return st;
    }
    if (r->state == ITP_REQUEST_QUEUED) queue_remove(loop, id);
    if (r->state == ITP_REQUEST_APPROVAL) loop->counts.approval--;
    if (r->state == ITP_REQUEST_DEAD || r->state == ITP_REQUEST_IN_DOUBT) loop->counts.held--;
    worker_release(loop, id);
    r->since_ms = loop->now_ms;
    return ITP_OK;
}

itp_status request_finish(itp_loop *loop, itp_id id, itp_request_state state)
{
    itp_status st = leave_state(loop, id);
    if (st != ITP_OK) return st;
    loop->requests[id - 1].state = state;
    loop->counts.held += state == ITP_REQUEST_DEAD;
    return ITP_OK;
}

itp_status request_requeue(itp_loop *loop, itp_id id, int delayed)
{
    itp_status st = leave_state(loop, id);
    if (st != ITP_OK) return st;
    request *r = &loop->requests[id - 1];
    if (!delayed) {
        queue_push(loop, id);
        return ITP_OK;
    }
    uint32_t tries = r->attempts + r->losses;
    int doublings = tries > 1 ? (int)tries - 1 : 0;
    if (doublings > ITP_BACKOFF_MAX) doublings = ITP_BACKOFF_MAX;
    double wait_s = loop->campaign->tasks[r->task].backoff_s * ldexp(1, doublings);
    r->state = ITP_REQUEST_BACKOFF;
    r->due_ms = loop->now_ms + (int64_t)(wait_s * 1e3);
    itp_action *timer = loop_emit(loop, ITP_ACTION_TIMER);
    if (!timer) return ITP_ENOMEM;
    timer->request = id;
    timer->epoch = r->epoch;
    timer->at_ms = r->due_ms;
    return ITP_OK;
}

itp_status request_lose(itp_loop *loop, itp_id id)
{
    request *r = &loop->requests[id - 1];
    if (request_is_physical(loop, r) && r->state >= ITP_REQUEST_ACCEPTED) {
        /* It may have started: never guessed, never redispatched; QUERY follows when contact is
         * back. */
        if (r->state == ITP_REQUEST_IN_DOUBT) return ITP_OK;
        loop->counts.held++;
        r->state = ITP_REQUEST_IN_DOUBT;
        r->since_ms = loop->now_ms;
        return request_say(r, "contact lost; its station is asked as soon as it is back");
    }
    r->losses++;
    if (r->losses >= ITP_LOSSES_MAX) {
        itp_status st = request_finish(loop, id, ITP_REQUEST_DEAD);
        loop->barren++;
        for (size_t i = 0; i < loop->requests[id - 1].n_trials; i++)
            trial_set_state(loop, loop->requests[id - 1].trials[i], ITP_TRIAL_ABANDONED);
        return st;
    }
    return request_requeue(loop, id, r->losses > 1);
}

itp_status emit_attempt(itp_loop *loop, itp_action_kind kind, itp_id id)
{
    const request *r = &loop->requests[id - 1];
    itp_action *action = loop_emit(loop, kind);
    if (!action) return ITP_ENOMEM;
    action->request = id;
    action->trial = r->trials[0];
    action->epoch = r->epoch;
    action->worker = r->worker == NO_WORKER ? NULL : loop->workers[r->worker].name;
    return ITP_OK;
}

/* One seed for each (campaign seed, request, epoch). */
static uint64_t attempt_seed(uint64_t seed, itp_id id, uint32_t epoch)
{
    return itp_mix64(itp_mix64(seed + id) + epoch);
}

itp_status emit_offer(itp_loop *loop, itp_id id)
{
    const request *r = &loop->requests[id - 1];
    const itp_campaign_task *def = &loop->campaign->tasks[r->task];
    itp_status st = emit_attempt(loop, ITP_ACTION_OFFER, id);
    if (st != ITP_OK) return st;
    itp_action *offer = &loop->out->items[loop->out->n - 1];
    offer->task = r->task;
    offer->source = r->source;
    offer->index = r->replicate;
    offer->seed = attempt_seed(loop->campaign->seed, id, r->epoch);
    offer->lease_s = def->lease_s;
    offer->time_limit_s = def->timeout_s;
    offer->sample = r->sample;
    offer->values = r->mended ? r->mended->inputs : r->inputs;
    offer->n_values = r->n_inputs;
    offer->options = r->mended ? r->mended->options : NULL;
    offer->n_options = r->mended ? r->mended->n_options : 0;
    return ITP_OK;
}

itp_status on_timer(itp_loop *loop, const itp_event *event)
{
    if (event->request == 0) {
        loop->time_over = 1;
        return ITP_OK;
    }
    if (event->request > loop->n_requests) return ITP_OK;
    request *r = &loop->requests[event->request - 1];
    if (r->state == ITP_REQUEST_BACKOFF && r->epoch == event->epoch)
        queue_push(loop, event->request);
    return ITP_OK;
}
