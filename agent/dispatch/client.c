/* client.c - one request and its answer over the control socket.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "client.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define MONITOR_ENDPOINT "inproc://client.monitor"

enum { CONNECT_MS = 10000 };

/* What the monitor has seen: 1 when an agent that had been reached is gone. */
static int was_lost(void *monitor)
{
    uint16_t event = 0;
    zmq_msg_t message;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, monitor, ZMQ_DONTWAIT) >= (int)sizeof event)
        memcpy(&event, zmq_msg_data(&message), sizeof event);
    zmq_msg_close(&message);
    return event == ZMQ_EVENT_DISCONNECTED;
}

/* Waits for the answer; a handshake that fails ends it at once, and so does an agent that dies: it
 * may have taken the word in or not. */
static itp_status wait_answer(void *socket, void *monitor, const char *endpoint, itp_error *err)
{
    zmq_pollitem_t items[] = {{socket, 0, ZMQ_POLLIN, 0}, {monitor, 0, ZMQ_POLLIN, 0}};
    if (zmq_poll(items, 2, ITP_CLIENT_WAIT_MS) <= 0)
        return itp_fail(err, ITP_ETIMEOUT, "agent at %s: no answer within %d s", endpoint,
                        ITP_CLIENT_WAIT_MS / 1000);
    if (items[0].revents) return ITP_OK;
    if (was_lost(monitor))
        return itp_fail(err, ITP_EIO,
                        "agent at %s: ended before it answered; whether it has taken this in is "
                        "seen with interphase status",
                        endpoint);
    return itp_fail(err, ITP_EREFUSED,
                    "the agent at %s does not admit this key, or has another one than we were told",
                    endpoint);
}

static itp_status exchange(void *socket, void *monitor, const char *endpoint, const char *text,
                           char **answer, itp_error *err)
{
    const int linger = 0, connect_ms = CONNECT_MS, one = 1;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(socket, ZMQ_SNDTIMEO, &connect_ms, sizeof connect_ms);
    zmq_setsockopt(socket, ZMQ_IMMEDIATE, &one, sizeof one);
    if (zmq_connect(socket, endpoint) != 0)
        return itp_fail(err, ITP_EIO, "agent at %s: %s", endpoint, zmq_strerror(zmq_errno()));
    /* Before there is a connection nothing can be sent; a refused one never comes. */
    zmq_pollitem_t items[] = {{socket, 0, ZMQ_POLLOUT, 0}, {monitor, 0, ZMQ_POLLIN, 0}};
    zmq_poll(items, 2, CONNECT_MS);
    if (items[1].revents) return wait_answer(socket, monitor, endpoint, err);
    if (zmq_send(socket, text, strlen(text), 0) < 0)
        return itp_fail(err, ITP_ETIMEOUT, "agent at %s: nobody answers there", endpoint);
    itp_status st = wait_answer(socket, monitor, endpoint, err);
    if (st != ITP_OK) return st;
    zmq_msg_t message;
    zmq_msg_init(&message);
    zmq_msg_recv(&message, socket, 0);
    *answer = strndup(zmq_msg_data(&message), zmq_msg_size(&message));
    zmq_msg_close(&message);
    return *answer ? ITP_OK : itp_fail(err, ITP_ENOMEM, "answer");
}

static int lock(void *socket, const itp_credentials *agent)
{
    return zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, agent->server_key, ITP_Z85_TEXT) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, agent->keys.public_key, ITP_Z85_TEXT) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, agent->keys.secret_key, ITP_Z85_TEXT) == 0;
}

/* keys: NULL for a socket that only this user can reach. */
static itp_status say(const char *endpoint, const itp_credentials *keys, const char *text,
                      char **answer, itp_error *err)
{
    const int events = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                       ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    void *context = zmq_ctx_new();
    void *socket = context ? zmq_socket(context, ZMQ_REQ) : NULL;
    void *monitor = socket ? zmq_socket(context, ZMQ_PAIR) : NULL;
    itp_status st;
    if (monitor && (!keys || lock(socket, keys)) &&
        zmq_socket_monitor(socket, MONITOR_ENDPOINT, events) == 0 &&
        zmq_connect(monitor, MONITOR_ENDPOINT) == 0)
        st = exchange(socket, monitor, endpoint, text, answer, err);
    else
        st = itp_fail(err, ITP_ERESOURCE, "ZeroMQ: %s", zmq_strerror(zmq_errno()));
    if (socket) zmq_close(socket);
    if (monitor) zmq_close(monitor);
    if (context) zmq_ctx_term(context);
    return st;
}

itp_status itp_client_say(const itp_places *places, const char *text, char **answer, itp_error *err)
{
    return say(places->control, NULL, text, answer, err);
}

itp_status itp_client_say_to(const itp_credentials *agent, const char *text, char **answer,
                             itp_error *err)
{
    return say(agent->endpoint, agent, text, answer, err);
}
