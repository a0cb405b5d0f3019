/* effects.c - actions to effects, and effects to the world.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "effects.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "clock.h"
#include "codec.h"
#include "corrected.h"
#include "crash.h"
#include "values.h"

struct itp_effect {
    itp_action_kind kind;
    itp_attempt attempt;
    char *worker; /* a frame goes to it; NULL: to every worker */
    itp_buffer frame;
    double lease_s;         /* OFFER */
    int64_t wait_ms;        /* TIMER: from now on, for the wall clock may jump */
    itp_snapshot *snapshot; /* DECIDE */
    char *text;             /* FINISH */
};

static void clear(itp_effect *effect)
{
    free(effect->worker);
    free(effect->text);
    itp_buffer_deinit(&effect->frame);
    itp_snapshot_destroy(effect->snapshot);
}

void itp_effects_drop(itp_effects *e)
{
    for (size_t i = 0; i < e->n; i++) clear(&e->items[i]);
    e->n = 0;
}

void itp_effects_deinit(itp_effects *e)
{
    itp_effects_drop(e);
    free(e->items);
    free(e->finish);
    *e = (itp_effects){.campaign = e->campaign};
}

/* --- From actions
 * ------------------------------------------------------------------------------------- */

static itp_status encode_offer(const itp_loop *loop, const char *campaign, const itp_action *a,
                               itp_buffer *frame)
{
    const itp_campaign *c = itp_loop_campaign(loop);
    const itp_campaign_task *task = &c->tasks[a->task];
    const itp_source *source = &task->sources[a->source < 0 ? 0 : a->source];
    itp_port *wanted = calloc(task->n_outputs ? task->n_outputs : 1, sizeof *wanted);
    if (!wanted) return ITP_ENOMEM;
    for (size_t i = 0; i < task->n_outputs; i++) {
        const itp_outcome *o = &c->outcomes[task->first_outcome + i];
        wanted[i] = (itp_port){
            .name = o->name, .unit = o->unit, .low = NAN, .high = NAN, .optional = !o->needed};
    }
    itp_message m;
    itp_message_init(&m, ITP_VERB_OFFER);
    m.campaign = campaign;
    m.request = a->request;
    m.trial = a->trial;
    m.epoch = a->epoch;
    m.replicate = a->index;
    m.task = task->name;
    m.source = source->name;
    char *options = NULL;
    itp_status st = itp_corrected_options(source->options, a->n_options, a->options, &options);
    m.options = options;
    m.sample = a->sample;
    m.cls = task->cls;
    m.time_limit_s = a->time_limit_s;
    m.lease_s = a->lease_s;
    m.seed = a->seed;
    m.values = a->values;
    m.n_values = a->n_values;
    m.wanted = wanted;
    m.n_wanted = task->n_outputs;
    if (st == ITP_OK) st = itp_wire_encode(&m, frame);
    free(options);
    free(wanted);
    return st;
}

static itp_status encode_short(const char *campaign, const itp_action *a, itp_verb verb,
                               itp_buffer *frame)
{
    itp_message m;
    itp_message_init(&m, verb);
    m.campaign = campaign;
    m.request = a->request;
    m.epoch = a->epoch;
    m.text = a->text;
    if (a->kind == ITP_ACTION_READY) m.worker = a->worker;
    if (verb == ITP_VERB_RESULT_ACK) m.index = a->number;
    return itp_wire_encode(&m, frame);
}

/* The verb that an action sends; ITP_VERB_COUNT when it sends none. */
static itp_verb verb_of(itp_action_kind kind)
{
    switch (kind) {
    case ITP_ACTION_OFFER: return ITP_VERB_OFFER;
    case ITP_ACTION_START: return ITP_VERB_START;
    case ITP_ACTION_QUERY: return ITP_VERB_QUERY;
    case ITP_ACTION_CANCEL: return ITP_VERB_CANCEL;
    case ITP_ACTION_ACK: return ITP_VERB_RESULT_ACK;
    case ITP_ACTION_PAUSE: return ITP_VERB_PAUSE;
    case ITP_ACTION_READY:
    case ITP_ACTION_RESUME: return ITP_VERB_RESUME;
    default: return ITP_VERB_COUNT;
    }
}

static itp_status fill(itp_effect *effect, const itp_loop *loop, const char *campaign,
                       const itp_action *a)
{
    itp_verb verb = verb_of(a->kind);
    itp_status st = itp_text_copy(a->worker, &effect->worker);
    if (st == ITP_OK && verb == ITP_VERB_OFFER)
        st = encode_offer(loop, campaign, a, &effect->frame);
    else if (st == ITP_OK && verb != ITP_VERB_COUNT)
        st = encode_short(campaign, a, verb, &effect->frame);
    if (st == ITP_OK && a->kind == ITP_ACTION_DECIDE)
        st = itp_snapshot_take(&effect->snapshot, loop, a->decision, (size_t)a->number);
    if (st == ITP_OK && (a->kind == ITP_ACTION_FINISH || a->kind == ITP_ACTION_SAFE_STOP))
        st = itp_text_copy(a->text, &effect->text);
    return st;
}

itp_status itp_effects_add(itp_effects *e, const itp_loop *loop, const itp_actions *actions)
{
    e->refused[0] = '\0';
    for (size_t i = 0; i < actions->n; i++) {
        const itp_action *a = &actions->items[i];
        if (a->kind == ITP_ACTION_REFUSE) {
            snprintf(e->refused, sizeof e->refused, "%s", a->text);
            continue;
        }
        if (e->n == e->capacity) {
            size_t wanted = e->capacity ? 2 * e->capacity : 64;
            itp_effect *items = realloc(e->items, wanted * sizeof *items);
            if (!items) return ITP_ENOMEM;
            e->items = items;
            e->capacity = wanted;
        }
        itp_effect *effect = &e->items[e->n++];
        *effect = (itp_effect){.kind = a->kind,
                               .attempt = {a->request, a->epoch},
                               .lease_s = a->lease_s,
                               .wait_ms =
                                   a->kind == ITP_ACTION_TIMER ? a->at_ms - itp_clock_utc_ms() : 0};
        itp_status st = fill(effect, loop, e->campaign, a);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

/* --- To the world
 * --------------------------------------------------------------------------------------- */

static int send_frame(const itp_peer *peer, const void *bytes, size_t size)
{
    if (zmq_send(peer->socket, peer->route, peer->route_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0)
        return 0;
    return zmq_send(peer->socket, bytes, size, ZMQ_DONTWAIT) >= 0;
}

itp_status itp_send(const itp_peer *peer, const itp_message *message)
{
    itp_buffer frame = {0};
    itp_status st = itp_wire_encode(message, &frame);
    if (st == ITP_OK && !send_frame(peer, frame.data, frame.size)) st = ITP_EIO;
    itp_buffer_deinit(&frame);
    return st;
}

/* What cannot be delivered is not retried here: a lease that runs out, or the worker's own repeated
 * result, brings the matter up again. */
static void deliver(const itp_effect *effect, const itp_hands *h)
{
    for (size_t i = 0; !effect->worker && i < h->roster->n_peers; i++)
        if (h->roster->peers[i]->name)
            send_frame(h->roster->peers[i], effect->frame.data, effect->frame.size);
    if (!effect->worker) return;
    const itp_peer *peer = itp_roster_by_name(h->roster, effect->worker);
    if (peer && effect->kind == ITP_ACTION_OFFER)
        itp_allowance_earn(peer->allowance, ITP_ALLOWANCE_OFFER);
    if (!peer || !send_frame(peer, effect->frame.data, effect->frame.size))
        itp_log(h->log, ITP_WARN, "undelivered", "worker=%s request=%" PRIu64 " epoch=%" PRIu32,
                effect->worker, effect->attempt.request, effect->attempt.epoch);
}

/* The crash point before an effect's frame leaves; the one after it is the next. */
static itp_crash crash_before(itp_action_kind kind)
{
    switch (kind) {
    case ITP_ACTION_OFFER: return ITP_CRASH_AGENT_BEFORE_OFFER;
    case ITP_ACTION_START: return ITP_CRASH_AGENT_BEFORE_START;
    case ITP_ACTION_ACK: return ITP_CRASH_AGENT_BEFORE_ACK;
    case ITP_ACTION_QUERY: return ITP_CRASH_AGENT_BEFORE_QUERY;
    case ITP_ACTION_CANCEL: return ITP_CRASH_AGENT_BEFORE_CANCEL;
    default: return ITP_CRASH_NONE;
    }
}

static void send_effect(const itp_effect *effect, const itp_hands *h)
{
    itp_crash before = crash_before(effect->kind);
    itp_crash_at(before);
    deliver(effect, h);
    if (before != ITP_CRASH_NONE) itp_crash_at(before + 1);
}

void itp_effects_run(itp_effects *e, const itp_hands *h, int64_t now_ms)
{
    for (size_t i = 0; i < e->n; i++) {
        itp_effect *effect = &e->items[i];
        if (effect->frame.size) send_effect(effect, h);
        switch (effect->kind) {
        case ITP_ACTION_OFFER:
            if (itp_lease_begin(h->roster, effect->attempt, effect->worker, effect->lease_s,
                                now_ms))
                itp_log(h->log, ITP_ERROR, "lease_lost", "request=%" PRIu64 " why=memory",
                        effect->attempt.request);
            break;
        case ITP_ACTION_RELEASE:
            itp_lease_end(h->roster, effect->attempt);
            itp_doubts_end(h->doubts, effect->attempt);
            break;
        case ITP_ACTION_QUERY:
            if (effect->worker &&
                itp_doubts_ask(h->doubts, effect->attempt, effect->worker, now_ms))
                itp_log(h->log, ITP_ERROR, "query_lost", "request=%" PRIu64 " why=memory",
                        effect->attempt.request);
            break;
        case ITP_ACTION_SAFE_STOP:
            if (itp_stops_begin(h->stops, effect->worker, effect->text, now_ms))
                itp_log(h->log, ITP_ERROR, "stop_not_kept", "worker=%s why=memory", effect->worker);
            break;
        case ITP_ACTION_READY: itp_stops_end(h->stops, effect->worker); break;
        case ITP_ACTION_TIMER:
            if (itp_timers_add(h->timers, (itp_timer){now_ms + effect->wait_ms, effect->attempt}))
                itp_log(h->log, ITP_ERROR, "timer_lost", "request=%" PRIu64 " why=memory",
                        effect->attempt.request);
            break;
        case ITP_ACTION_DECIDE:
            itp_thinker_think(h->thinker, effect->snapshot);
            effect->snapshot = NULL;
            break;
        case ITP_ACTION_FINISH:
            free(e->finish);
            e->finish = effect->text;
            effect->text = NULL;
            break;
        default: break;
        }
        clear(effect);
    }
    e->n = 0;
}
