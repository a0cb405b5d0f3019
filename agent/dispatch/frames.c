/* frames.c - what workers say: each frame passes the decoder's limits, then the gate, then becomes
 * an event. Whoever breaks the protocol is not heard for a while; the others never notice.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "agent_state.h"
#include "clock.h"
#include "gate.h"
#include "intake.h"

#define TOO_MUCH "too many frames at once; what was not heard is to be said again later"

/* One message as it came: [route][payload] of a worker, [route][][payload] of a person. */
typedef struct arrival {
    void *socket;
    zmq_msg_t route, payload;
    int parts, enveloped;
    char key[ITP_Z85_TEXT]; /* of who sent it, as the door has seen it; "" over ipc */
} arrival;

static itp_gate gate_of(const agent *a)
{
    return (itp_gate){itp_engine_loop(a->engine), a->campaign, &a->door.allowed};
}

static void answer(agent *a, const itp_peer *peer, itp_verb verb, const char *text)
{
    itp_message m;
    if (peer->is_person) return; /* hears answers to its verbs only: replies.c */
    itp_message_init(&m, verb);
    m.campaign = a->campaign;
    m.text = text;
    if (verb == ITP_VERB_WELCOME)
        m.text = peer->key[0] ? a->stops.remote_endpoint : a->places.stops;
    m.interval_ms = verb == ITP_VERB_WELCOME ? ITP_HEARTBEAT_MS : 0;
    itp_send(peer, &m);
}

/* Logged once a peer and reason, however often it is tried. */
static void log_refusal(agent *a, const itp_peer *peer, const char *why)
{
    char worker[ITP_GATE_NAME + 8];
    snprintf(worker, sizeof worker, "worker=%s", peer->name ? peer->name : "-");
    itp_door_refused(&a->door, peer->key[0] ? peer->key : "local", worker, why,
                     itp_clock_monotonic_ms());
}

itp_status agent_drop_peer(agent *a, itp_peer *peer, const char *why, const char *said,
                           itp_error *err)
{
    log_refusal(a, peer, why);
    answer(a, peer, ITP_VERB_ERROR, said);
    char *name = peer->name;
    peer->name = NULL;
    peer->shut_until_ms = itp_clock_monotonic_ms() + ITP_SHUT_MS;
    itp_status st = name ? agent_feed_lost(a, name, why, err) : ITP_OK;
    free(name);
    return st;
}

itp_status agent_drop_withdrawn(agent *a, itp_error *err)
{
    const itp_gate gate = gate_of(a);
    itp_status st = ITP_OK;
    const char *why;
    for (size_t i = 0; st == ITP_OK && i < a->roster.n_peers; i++) {
        itp_peer *peer = a->roster.peers[i];
        if (peer->key[0] && !peer->shut_until_ms && !itp_gate_stays(&gate, peer, &why))
            st = agent_drop_peer(a, peer, why, ITP_GATE_ANSWER, err);
    }
    return st;
}

/* --- One frame --------------------------------------------------------------------------------
 */

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

static void renew_leases(agent *a, const itp_peer *peer, const itp_message *m)
{
    int64_t now_ms = itp_clock_monotonic_ms();
    for (size_t i = 0; i < m->n_progress; i++)
        itp_lease_renew(&a->roster, m->progress[i].attempt, peer->name, now_ms);
    for (size_t i = 0; m->roster && i < m->roster->n_holding; i++)
        itp_lease_renew(&a->roster, m->roster->holding[i], peer->name, now_ms);
}

/* An attempt that turns out to run has had its lease expire: it gets another. */
static void hear_answer(agent *a, const itp_peer *peer, const itp_message *m)
{
    const itp_loop *loop = itp_engine_loop(a->engine);
    itp_attempt attempt = {m->request, m->epoch};
    itp_request_view r;
    itp_doubts_end(&a->doubts, attempt);
    if (m->number != ITP_ANSWER_RUNNING || itp_loop_request(loop, m->request, &r) != ITP_OK ||
        r.state != ITP_REQUEST_STARTED || r.epoch != m->epoch)
        return;
    double lease_s = itp_loop_campaign(loop)->tasks[r.task].lease_s;
    if (itp_lease_begin(&a->roster, attempt, peer->name, lease_s, itp_clock_monotonic_ms()))
        itp_log(a->options->log, ITP_ERROR, "lease_lost", "request=%" PRIu64 " why=memory",
                m->request);
}

/* A REGISTER and an OFFER may cross. Over the connection that the worker was known by, what was
 * given and not yet named is on its way, for nothing is lost or overtaken there: it counts as held.
 * A new connection has lost it. The arrays live as long as the message. */
static itp_status add_crossing(agent *a, const char *worker, itp_message *m)
{
    size_t n = m->roster->n_holding, most = a->roster.n_leases;
    itp_roster *roster = itp_wire_arena_take(&a->arena, sizeof *roster);
    itp_attempt *holding = itp_wire_arena_take(&a->arena, (n + most + 1) * sizeof *holding);
    if (!roster || !holding) return ITP_ENOMEM;
    if (n) memcpy(holding, m->roster->holding, n * sizeof *holding);
    *roster = *m->roster;
    roster->holding = holding;
    roster->n_holding = n + itp_lease_unheard(&a->roster, worker, most, holding + n);
    m->roster = roster;
    return ITP_OK;
}

static itp_status enlist(agent *a, itp_peer *peer, itp_message *m)
{
    char name[ITP_GATE_NAME];
    const itp_gate gate = gate_of(a);
    itp_gate_name(&gate, peer, m->worker, name);
    int known = peer->name && strcmp(peer->name, name) == 0;
    peer->cls = m->roster->cls;
    if (itp_roster_name(&a->roster, peer, name) != ITP_OK) return ITP_ENOMEM;
    itp_log(a->options->log, ITP_INFO, "registered", "worker=%s", name);
    renew_leases(a, peer, m);
    return known ? add_crossing(a, name, m) : ITP_OK;
}

static itp_status take_message(agent *a, itp_peer *peer, itp_message *m, itp_error *err)
{
    if (m->verb == ITP_VERB_HELLO) {
        answer(a, peer, ITP_VERB_WELCOME, NULL);
        return ITP_OK;
    }
    if (m->verb == ITP_VERB_REGISTER) {
        itp_status st = enlist(a, peer, m);
        if (st != ITP_OK) return st;
    } else if (!peer->name) {
        answer(a, peer, ITP_VERB_REREGISTER, NULL);
        return ITP_OK;
    }
    itp_allowance_charge(peer->allowance, itp_allowance_of_verb(m->verb));
    if (m->verb != ITP_VERB_REGISTER) renew_leases(a, peer, m);
    itp_status st = feed_message(a, peer, m, err);
    if (st == ITP_OK && m->verb == ITP_VERB_ANSWER) hear_answer(a, peer, m);
    if (st == ITP_OK && m->verb == ITP_VERB_SAFE_STOP) itp_stops_end(&a->stops, peer->name);
    if (m->verb == ITP_VERB_BYE) itp_roster_remove(&a->roster, peer);
    return st;
}

static itp_status judge(agent *a, itp_peer *peer, itp_message *m, itp_error *err)
{
    const char *why;
    const itp_gate gate = gate_of(a);
    switch (itp_gate_frame(&gate, peer, m, &why)) {
    case ITP_DROP: return agent_drop_peer(a, peer, why, ITP_GATE_ANSWER, err);
    case ITP_REFUSE:
        log_refusal(a, peer, why);
        answer(a, peer, ITP_VERB_ERROR, ITP_GATE_ANSWER);
        return ITP_OK;
    case ITP_PASS: break;
    }
    return take_message(a, peer, m, err);
}

/* --- Arriving ---------------------------------------------------------------------------------
 */

/* The next message, whatever it is; 0 when none waits. */
static int receive(arrival *in)
{
    in->parts = in->enveloped = 0;
    in->key[0] = '\0';
    if (zmq_msg_recv(&in->route, in->socket, ZMQ_DONTWAIT) < 0) return 0;
    while (zmq_msg_more(in->parts ? &in->payload : &in->route)) {
        if (zmq_msg_recv(&in->payload, in->socket, 0) < 0) return 0;
        in->enveloped |= in->parts == 0 && zmq_msg_size(&in->payload) == 0;
        in->parts++;
    }
    return 1;
}

/* Whoever comes by TCP is who its key says. */
static int read_key(agent *a, arrival *in)
{
    if (in->socket != a->remote) return 1;
    const char *key = zmq_msg_gets(in->parts ? &in->payload : &in->route, "User-Id");
    if (key && itp_allowed_find(&a->door.allowed, key)) {
        snprintf(in->key, sizeof in->key, "%s", key);
        return 1;
    }
    itp_door_refused(&a->door, key ? key : "nokey", "", ITP_GATE_WITHDRAWN,
                     itp_clock_monotonic_ms());
    return 0;
}

static itp_peer *find_peer(agent *a, const arrival *in, int64_t now_ms)
{
    const void *route = zmq_msg_data((zmq_msg_t *)&in->route);
    size_t size = zmq_msg_size(&in->route);
    itp_peer *peer = itp_roster_by_route(&a->roster, in->socket, route, size);
    if (peer && strcmp(peer->key, in->key) != 0) {
        itp_roster_remove(&a->roster, peer); /* another key has come with the same routing id */
        peer = NULL;
    }
    return peer ? peer : itp_roster_add(&a->roster, in->socket, route, size, in->key, now_ms);
}

/* --- Too much ---------------------------------------------------------------------------------
 */

/* What is well-formed and too much is not heard. Nothing is lost by that: what a worker owes it
 * keeps until it is acknowledged, and says again when it is asked to register anew. */
static itp_status pass_over(agent *a, itp_peer *peer, itp_error *err)
{
    if (itp_allowance_is_flooded(peer->allowance))
        return agent_drop_peer(a, peer, "it floods: far more frames than its work needs", TOO_MUCH,
                               err);
    if (!peer->missed) {
        log_refusal(a, peer, "more frames than its work needs: it is slowed down");
        answer(a, peer, ITP_VERB_ERROR, TOO_MUCH);
    }
    peer->missed = 1;
    return peer->is_person ? agent_refuse_word(a, peer, TOO_MUCH) : ITP_OK;
}

void agent_hear_again(agent *a, int64_t now_ms)
{
    for (size_t i = 0; i < a->roster.n_peers; i++) {
        itp_peer *peer = a->roster.peers[i];
        if (!peer->missed || !itp_allowance_is_rested(peer->allowance, now_ms)) continue;
        peer->missed = 0;
        if (peer->name) answer(a, peer, ITP_VERB_REREGISTER, NULL);
    }
}

static itp_status take_arrival(agent *a, arrival *in, itp_error *err)
{
    int64_t now_ms = itp_clock_monotonic_ms();
    if (!read_key(a, in)) return ITP_OK;
    itp_peer *peer = find_peer(a, in, now_ms);
    if (!peer) return ITP_OK;
    peer->heard_ms = now_ms;
    if (now_ms < peer->shut_until_ms) return ITP_OK;
    peer->shut_until_ms = 0;
    int word = peer->is_person = in->key[0] && in->enveloped && in->parts == 2;
    size_t bytes = in->parts ? zmq_msg_size(&in->payload) : 0;
    double cost = itp_allowance_of_size(bytes) + (word ? ITP_ALLOWANCE_WORD : 0);
    if (!itp_allowance_take(peer->allowance, cost, now_ms)) return pass_over(a, peer, err);
    if (word)
        return agent_take_word(a, in->socket, zmq_msg_data(&in->route), zmq_msg_size(&in->route),
                               in->key, zmq_msg_data(&in->payload), bytes, err);
    itp_message m;
    itp_error why = {0};
    itp_wire_arena_reset(&a->arena);
    if (in->parts != 1)
        snprintf(why.text, sizeof why.text, "a message is one frame");
    else if (itp_wire_decode(zmq_msg_data(&in->payload), zmq_msg_size(&in->payload), &a->arena, &m,
                             &why) == ITP_OK)
        return judge(a, peer, &m, err);
    return agent_drop_peer(a, peer, why.text, why.text, err);
}

itp_status agent_read_frames(agent *a, void *socket, itp_error *err)
{
    arrival in = {.socket = socket};
    itp_status st = ITP_OK;
    zmq_msg_init(&in.route);
    zmq_msg_init(&in.payload);
    for (int i = 0; st == ITP_OK && i < ITP_BATCH_MAX && receive(&in); i++)
        st = take_arrival(a, &in, err);
    zmq_msg_close(&in.route);
    zmq_msg_close(&in.payload);
    return st;
}
