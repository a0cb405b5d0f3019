/* inputs.c - what the agent hears: workers' frames, decisions, signals and clocks, each fed as
 * events. SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#include "agent_state.h"
#include "clock.h"
#include "intake.h"

/* --- Frames
 * --------------------------------------------------------------------------------------------- */

static void answer(agent *a, const itp_peer *peer, itp_verb verb, const char *text)
{
    itp_message m;
    itp_message_init(&m, verb);
    m.campaign = itp_engine_campaign(a->engine)->name;
    m.text = text;
    m.interval_ms = verb == ITP_VERB_WELCOME ? ITP_HEARTBEAT_MS : 0;
    itp_send(a->router, peer, &m);
}

static itp_status feed_message(agent *a, const itp_peer *peer, const itp_message *m, itp_error *err)
{
    itp_intake in;
    itp_status st = itp_intake_read(&in, itp_engine_loop(a->engine), a->units, peer->name, m);
    if (st == ITP_ENOTFOUND)
        st = ITP_OK;
    else if (st == ITP_OK)
        st = agent_feed(a, &in.event, err);
    itp_intake_deinit(&in);
    return st;
}

static void renew_leases(agent *a, const itp_message *m)
{
    int64_t now_ms = itp_clock_monotonic_ms();
    for (size_t i = 0; i < m->n_progress; i++)
        itp_lease_renew(&a->roster, m->progress[i].attempt, now_ms);
    for (size_t i = 0; m->roster && i < m->roster->n_holding; i++)
        itp_lease_renew(&a->roster, m->roster->holding[i], now_ms);
}

static itp_status take_message(agent *a, itp_peer *peer, const itp_message *m, itp_error *err)
{
    itp_status st = ITP_OK;
    if (m->verb == ITP_VERB_HELLO) {
        answer(a, peer, ITP_VERB_WELCOME, NULL);
        return ITP_OK;
    }
    if (m->verb == ITP_VERB_REGISTER) {
        if (!m->worker || !*m->worker) {
            answer(a, peer, ITP_VERB_ERROR, "REGISTER without a worker's name");
            return ITP_OK;
        }
        if (itp_roster_name(&a->roster, peer, m->worker) != ITP_OK) return ITP_ENOMEM;
        itp_log(a->options->log, ITP_INFO, "registered", "worker=%s", m->worker);
    } else if (!peer->name) {
        answer(a, peer, ITP_VERB_REREGISTER, NULL);
        return ITP_OK;
    }
    renew_leases(a, m);
    st = feed_message(a, peer, m, err);
    if (m->verb == ITP_VERB_BYE) itp_roster_remove(&a->roster, peer);
    return st;
}

/* Route and payload of one message; 0 when none waits. More parts than two are no message of ours.
 */
static int receive(void *socket, zmq_msg_t *route, zmq_msg_t *payload)
{
    if (zmq_msg_recv(route, socket, ZMQ_DONTWAIT) < 0) return 0;
    int parts = 0;
    while (zmq_msg_more(parts ? payload : route)) {
        if (zmq_msg_recv(payload, socket, 0) < 0) return 0;
        parts++;
    }
    return parts;
}

itp_status agent_read_frames(agent *a, itp_error *err)
{
    zmq_msg_t route, payload;
    zmq_msg_init(&route);
    zmq_msg_init(&payload);
    itp_status st = ITP_OK;
    for (int i = 0; st == ITP_OK && i < ITP_BATCH_MAX; i++) {
        int parts = receive(a->router, &route, &payload);
        if (parts == 0) break;
        int64_t now_ms = itp_clock_monotonic_ms();
        itp_peer *peer =
            itp_roster_by_route(&a->roster, zmq_msg_data(&route), zmq_msg_size(&route));
        if (!peer)
            peer = itp_roster_add(&a->roster, zmq_msg_data(&route), zmq_msg_size(&route), now_ms);
        if (!peer) continue;
        peer->heard_ms = now_ms;
        itp_message m;
        itp_error why = {0};
        itp_wire_arena_reset(&a->arena);
        if (parts != 1 || itp_wire_decode(zmq_msg_data(&payload), zmq_msg_size(&payload), &a->arena,
                                          &m, &why) != ITP_OK) {
            const char *text = parts != 1 ? "a message is one frame" : why.text;
            itp_log(a->options->log, ITP_WARN, "bad_frame", "worker=%s why=\"%s\"",
                    peer->name ? peer->name : "-", text);
            answer(a, peer, ITP_VERB_ERROR, text);
            continue;
        }
        st = take_message(a, peer, &m, err);
    }
    zmq_msg_close(&route);
    zmq_msg_close(&payload);
    return st;
}

/* --- Decisions
 * ------------------------------------------------------------------------------------------ */

itp_status agent_read_decision(agent *a, itp_error *err)
{
    itp_decision *made;
    itp_error why = {0};
    itp_status st = itp_thinker_take(a->thinker, &made, &why);
    if (st == ITP_ENOTFOUND) return ITP_OK;
    if (st != ITP_OK)
        return itp_fail(err, st, "decision: %s", why.text[0] ? why.text : itp_status_text(st));
    itp_event event = {.kind = ITP_EVENT_DECISION, .decision = made->number, .made = made};
    itp_id first = itp_loop_counts(itp_engine_loop(a->engine)).trials + 1;
    st = agent_feed(a, &event, err);
    if (st == ITP_OK) st = agent_answer_asks(a, made, first);
    itp_decision_destroy(made);
    return st;
}

/* --- Signals and clocks
 * --------------------------------------------------------------------------------- */

static itp_status feed_lost(agent *a, const char *worker, const char *why, itp_error *err)
{
    itp_event lost = {.kind = ITP_EVENT_WORKER_LOST, .worker = worker, .text = why};
    itp_log(a->options->log, ITP_WARN, "worker_lost", "worker=%s why=\"%s\"", worker, why);
    return agent_feed(a, &lost, err);
}

itp_status agent_read_signals(agent *a, itp_error *err)
{
    struct signalfd_siginfo info;
    int children = 0;
    while (read(a->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        children |= info.ssi_signo == SIGCHLD;
        a->interrupted |= info.ssi_signo != SIGCHLD;
    }
    itp_status st = ITP_OK;
    const char *name;
    while (children && !a->interrupted && st == ITP_OK &&
           (name = itp_locals_reap(&a->locals, itp_clock_monotonic_ms(), &st, err))) {
        itp_peer *peer = itp_roster_by_name(&a->roster, name);
        itp_status fed = feed_lost(a, name, "its process ended", err);
        if (peer) itp_roster_remove(&a->roster, peer);
        if (st == ITP_OK) st = fed;
    }
    return st;
}

itp_status agent_read_clocks(agent *a, itp_error *err)
{
    int64_t now_ms = itp_clock_monotonic_ms();
    itp_status st = ITP_OK;
    const itp_lease *lease;
    while (st == ITP_OK && (lease = itp_lease_over(&a->roster, now_ms))) {
        itp_event expired = {.kind = ITP_EVENT_LEASE_EXPIRED,
                             .request = lease->attempt.request,
                             .epoch = lease->attempt.epoch,
                             .worker = lease->worker};
        itp_attempt attempt = lease->attempt;
        st = agent_feed(a, &expired, err);
        itp_lease_end(&a->roster, attempt);
    }
    itp_timer due;
    while (st == ITP_OK && itp_timers_due(&a->timers, now_ms, &due)) {
        itp_event timer = {
            .kind = ITP_EVENT_TIMER, .request = due.attempt.request, .epoch = due.attempt.epoch};
        st = agent_feed(a, &timer, err);
    }
    if (now_ms < a->next_tick_ms) return st;
    a->next_tick_ms = now_ms + 1000;
    itp_peer *silent;
    while (st == ITP_OK && (silent = itp_roster_silent(&a->roster, now_ms))) {
        if (silent->name) st = feed_lost(a, silent->name, "silent", err);
        itp_roster_remove(&a->roster, silent);
    }
    if (a->options->tick) a->options->tick(a->options->ctx, a->engine);
    return st;
}
