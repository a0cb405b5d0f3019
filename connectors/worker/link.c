/* link.c - see link.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "link.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

#include "clock.h"

#define MONITOR_ENDPOINT "inproc://monitor"
#define FAILED                                                                                     \
    (ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |                  \
     ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

enum {
    HIGH_WATER = 4096,
    RECONNECT_MS = 20, /* first pause; doubles up to */
    RECONNECT_MS_MAX = 1000,
    LINK_BEAT_MS = 5000, /* ZMTP's own heartbeat finds a half-open connection */
    LINK_TIMEOUT_MS = 15000,
    HANDSHAKE_MS = 10000,
    REFUSED_MS = 5000, /* pause before a refused key knocks again */
    LINGER_MS = 1000
};

static int set(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static int set_up(void *socket)
{
    int64_t largest = ITP_WIRE_MAX;
    return set(socket, ZMQ_SNDHWM, HIGH_WATER) && set(socket, ZMQ_RCVHWM, HIGH_WATER) &&
           set(socket, ZMQ_LINGER, LINGER_MS) && set(socket, ZMQ_RECONNECT_IVL, RECONNECT_MS) &&
           set(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MS_MAX) &&
           set(socket, ZMQ_HEARTBEAT_IVL, LINK_BEAT_MS) &&
           set(socket, ZMQ_HEARTBEAT_TIMEOUT, LINK_TIMEOUT_MS) &&
           set(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_MS) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest) == 0;
}

static itp_status zmq_fail(const char *what, itp_error *err)
{
    return itp_fail(err, ITP_EIO, "%s: %s", what, zmq_strerror(zmq_errno()));
}

/* TCP without CURVE does not exist here: what is missing was refused when it was looked for. */
static int lock(void *socket, const itp_credentials *who)
{
    if (!who->server_key[0]) return 1;
    return zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, who->server_key, ITP_Z85_TEXT) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, who->keys.public_key, ITP_Z85_TEXT) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, who->keys.secret_key, ITP_Z85_TEXT) == 0;
}

itp_status link_open(agent_link *link, const itp_credentials *who, const itp_log_to *log,
                     itp_error *err)
{
    *link = (agent_link){
        .log = log, .sent_ms = itp_clock_monotonic_ms(), .who = *who, .again_ms = INT64_MAX};
    if (strncmp(who->endpoint, "ipc://", 6) != 0 && !who->server_key[0])
        return itp_fail(err, ITP_EREFUSED, "%s: TCP needs keys", who->endpoint);
    link->zmq = zmq_ctx_new();
    if (!link->zmq) return zmq_fail("ZeroMQ", err);
    link->dealer = zmq_socket(link->zmq, ZMQ_DEALER);
    /* IMMEDIATE: nothing is queued for a connection that does not exist; the outbox is our queue.
     */
    if (!link->dealer || !set_up(link->dealer) || !lock(link->dealer, who) ||
        !set(link->dealer, ZMQ_IMMEDIATE, 1))
        return zmq_fail("socket", err);
    if (zmq_socket_monitor(link->dealer, MONITOR_ENDPOINT,
                           ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | FAILED) != 0)
        return zmq_fail("socket monitor", err);
    link->monitor = zmq_socket(link->zmq, ZMQ_PAIR);
    if (!link->monitor || zmq_connect(link->monitor, MONITOR_ENDPOINT) != 0)
        return zmq_fail("socket monitor", err);
    link->stop = zmq_socket(link->zmq, ZMQ_SUB);
    if (!link->stop || !set_up(link->stop) || !lock(link->stop, who) ||
        zmq_setsockopt(link->stop, ZMQ_SUBSCRIBE, "", 0) != 0)
        return zmq_fail("safe-stop socket", err);
    if (zmq_connect(link->dealer, who->endpoint) != 0) return zmq_fail(who->endpoint, err);
    return ITP_OK;
}

void link_close(agent_link *link)
{
    if (link->dealer) {
        zmq_socket_monitor(link->dealer, NULL, 0);
        zmq_close(link->dealer);
    }
    if (link->monitor) zmq_close(link->monitor);
    if (link->stop) zmq_close(link->stop);
    if (link->zmq) zmq_ctx_term(link->zmq);
    itp_keys_wipe(&link->who.keys);
    itp_buffer_deinit(&link->out);
    itp_wire_arena_deinit(&link->arena);
}

itp_status link_send_frame(agent_link *link, const void *frame, size_t size)
{
    if (zmq_send(link->dealer, frame, size, ZMQ_DONTWAIT) < 0) {
        link->blocked = zmq_errno() == EAGAIN;
        return ITP_ERESOURCE;
    }
    link->blocked = 0;
    link->sent_ms = itp_clock_monotonic_ms();
    return ITP_OK;
}

itp_status link_send(agent_link *link, const itp_message *message)
{
    itp_status st = itp_wire_encode(message, &link->out);
    if (st != ITP_OK) {
        itp_log(link->log, ITP_ERROR, "not_encodable", "verb=%s", itp_verb_name(message->verb));
        return st;
    }
    return link_send_frame(link, link->out.data, link->out.size);
}

/* One whole message into `frame`; 1 when it is a single frame. */
static int receive_frame(void *socket, zmq_msg_t *frame, int *single)
{
    if (zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) < 0) return 0;
    *single = !zmq_msg_more(frame);
    while (zmq_msg_more(frame) && zmq_msg_recv(frame, socket, ZMQ_DONTWAIT) >= 0) {
    }
    return 1;
}

itp_status link_receive(agent_link *link, itp_message *out)
{
    itp_status st = ITP_ENOTFOUND;
    zmq_msg_t frame;
    int single;
    zmq_msg_init(&frame);
    while (st != ITP_OK && receive_frame(link->dealer, &frame, &single)) {
        itp_error err = {.status = ITP_OK};
        itp_wire_arena_reset(&link->arena);
        st = single ? itp_wire_decode(zmq_msg_data(&frame), zmq_msg_size(&frame), &link->arena, out,
                                      &err)
                    : itp_fail(&err, ITP_EPROTO, "a message of several frames");
        if (st == ITP_OK) break;
        itp_log(link->log, ITP_WARN, "bad_frame", "text=%s", err.text);
        itp_message error;
        itp_message_init(&error, ITP_VERB_ERROR);
        error.text = err.text;
        link_send(link, &error);
        st = ITP_ENOTFOUND;
    }
    zmq_msg_close(&frame);
    return st;
}

static void say_refused(agent_link *link, const char *text)
{
    if (!link->refused)
        itp_log(link->log, ITP_ERROR, "refused_by_agent",
                "endpoint=%s text=%s; on its machine run: interphase enrol %s --public '%s'",
                link->who.endpoint, text, link->who.keys.name, link->who.keys.public_key);
    link->refused = 1;
}

/* libzmq gives up after a key was refused; we come back, for it may be admitted. */
static void knock_later(agent_link *link, int64_t now_ms)
{
    say_refused(link, "the agent does not admit this key");
    if (link->again_ms == INT64_MAX) zmq_disconnect(link->dealer, link->who.endpoint);
    link->again_ms = now_ms + REFUSED_MS;
}

link_change link_watch(agent_link *link, int64_t now_ms)
{
    link_change change = LINK_SAME;
    if (now_ms >= link->again_ms) {
        link->again_ms = INT64_MAX;
        zmq_connect(link->dealer, link->who.endpoint);
    }
    zmq_msg_t event;
    int single;
    zmq_msg_init(&event);
    for (;;) {
        /* First frame: 16 bits of event, 32 of value; second: the endpoint. */
        if (zmq_msg_recv(&event, link->monitor, ZMQ_DONTWAIT) < 0) break;
        uint16_t kind = 0;
        if (zmq_msg_size(&event) >= sizeof kind) memcpy(&kind, zmq_msg_data(&event), sizeof kind);
        if (zmq_msg_more(&event)) receive_frame(link->monitor, &event, &single);
        if (kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) change = LINK_UP;
        if (!(kind & FAILED) || !link->who.server_key[0]) continue;
        if (kind == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
            say_refused(link,
                        "the agent ended the handshake: it has another key than we were told");
        else
            knock_later(link, now_ms);
        if (kind == ZMQ_EVENT_DISCONNECTED) change = LINK_DOWN;
    }
    zmq_msg_close(&event);
    if (change == LINK_UP) link->refused = 0;
    return change;
}

/* The agent listens at every address it has: its host is the one that we have reached it at. */
static void place_stop(const agent_link *link, const char *announced,
                       char endpoint[ITP_WIRE_NAME + 1])
{
    const char *ours = strrchr(link->who.endpoint, ':'), *theirs = strrchr(announced, ':');
    if (link->who.server_key[0] && ours && theirs)
        snprintf(endpoint, ITP_WIRE_NAME + 1, "%.*s%s", (int)(ours - link->who.endpoint),
                 link->who.endpoint, theirs);
    else
        snprintf(endpoint, ITP_WIRE_NAME + 1, "%s", announced);
}

void link_listen_stop(agent_link *link, const char *announced)
{
    char endpoint[ITP_WIRE_NAME + 1];
    place_stop(link, announced ? announced : "", endpoint);
    if (strcmp(endpoint, link->stop_endpoint) == 0) return;
    if (link->stop_endpoint[0]) zmq_disconnect(link->stop, link->stop_endpoint);
    link->stop_endpoint[0] = '\0';
    if (!*endpoint) return;
    int as_safe = link->who.server_key[0] ? strncmp(endpoint, "tcp://", 6) == 0
                                          : strncmp(endpoint, "ipc://", 6) == 0;
    if (!as_safe || zmq_connect(link->stop, endpoint) != 0) {
        itp_log(link->log, ITP_ERROR, "safe_stop_unreachable", "endpoint=%s", endpoint);
        return;
    }
    snprintf(link->stop_endpoint, sizeof link->stop_endpoint, "%s", endpoint);
}

/* Whatever comes on this socket means stop: a stop is not refused for a bad frame. Only one that
 * names another worker is not ours; the agent may know us as KEY/NAME. */
static int is_for(zmq_msg_t *frame, int single, const char *name)
{
    itp_wire_arena arena = {0};
    itp_message m;
    size_t ours = strlen(name);
    int meant = 1;
    if (single &&
        itp_wire_decode(zmq_msg_data(frame), zmq_msg_size(frame), &arena, &m, NULL) == ITP_OK &&
        m.verb == ITP_VERB_SAFE_STOP && m.worker) {
        size_t theirs = strlen(m.worker);
        meant = theirs >= ours && strcmp(m.worker + theirs - ours, name) == 0 &&
                (theirs == ours || m.worker[theirs - ours - 1] == '/');
    }
    itp_wire_arena_deinit(&arena);
    return meant;
}

int link_stopped(agent_link *link, const char *name)
{
    int stopped = 0, single;
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    while (receive_frame(link->stop, &frame, &single)) stopped |= is_for(&frame, single, name);
    zmq_msg_close(&frame);
    return stopped;
}
