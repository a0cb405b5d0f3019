/* stops.c - see stops.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stops.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "codec.h"
#include "values.h"

enum { FEW = 1000 }; /* messages kept for a slow subscriber */

static itp_status open_socket(void **out, void *zmq, itp_error *err)
{
    const int few = FEW, linger = 500;
    *out = zmq_socket(zmq, ZMQ_PUB);
    if (!*out) return itp_fail(err, ITP_ERESOURCE, "socket: %s", zmq_strerror(zmq_errno()));
    zmq_setsockopt(*out, ZMQ_SNDHWM, &few, sizeof few);
    zmq_setsockopt(*out, ZMQ_LINGER, &linger, sizeof linger);
    return ITP_OK;
}

itp_status itp_stops_open(itp_stops *s, void *zmq, const char *endpoint, itp_error *err)
{
    itp_status st = open_socket(&s->local, zmq, err);
    if (st == ITP_OK && zmq_bind(s->local, endpoint) != 0)
        st = itp_fail(err, ITP_EIO, "cannot listen at %s: %s", endpoint, zmq_strerror(zmq_errno()));
    return st;
}

itp_status itp_stops_open_remote(itp_stops *s, void *zmq, const itp_door *door,
                                 const char *endpoint, itp_error *err)
{
    char at[ITP_STOP_PLACE];
    const char *colon = strrchr(endpoint, ':');
    int host = colon ? (int)(colon - endpoint) : 0;
    itp_status st = open_socket(&s->remote, zmq, err);
    if (st == ITP_OK) st = itp_door_guard(door, s->remote, err);
    if (st != ITP_OK) return st;
    snprintf(at, sizeof at, "%.*s:%ld", host, endpoint,
             colon ? strtol(colon + 1, NULL, 10) + 1 : 0);
    if (zmq_bind(s->remote, at) != 0) {
        snprintf(at, sizeof at, "%.*s:*", host, endpoint);
        if (zmq_bind(s->remote, at) != 0)
            return itp_fail(err, ITP_EIO, "cannot listen at %s: %s", at, zmq_strerror(zmq_errno()));
    }
    size_t size = sizeof s->remote_endpoint;
    zmq_getsockopt(s->remote, ZMQ_LAST_ENDPOINT, s->remote_endpoint, &size);
    return ITP_OK;
}

static void forget(itp_stop_call *stop)
{
    free(stop->worker);
    free(stop->text);
}

void itp_stops_close(itp_stops *s)
{
    for (size_t i = 0; i < s->n; i++) forget(&s->items[i]);
    free(s->items);
    if (s->local) zmq_close(s->local);
    if (s->remote) zmq_close(s->remote);
    *s = (itp_stops){0};
}

void itp_stops_say(const itp_stops *s, const char *worker, const char *text)
{
    itp_buffer frame = {0};
    itp_message m;
    itp_message_init(&m, ITP_VERB_SAFE_STOP);
    m.worker = worker;
    m.text = text;
    if (itp_wire_encode(&m, &frame) == ITP_OK) {
        if (s->local) zmq_send(s->local, frame.data, frame.size, ZMQ_DONTWAIT);
        if (s->remote) zmq_send(s->remote, frame.data, frame.size, ZMQ_DONTWAIT);
    }
    itp_buffer_deinit(&frame);
}

itp_status itp_stops_begin(itp_stops *s, const char *worker, const char *text, int64_t now_ms)
{
    itp_stop_call stop = {.wait_ms = ITP_STOP_MS, .due_ms = now_ms + ITP_STOP_MS};
    itp_stops_say(s, worker, text);
    itp_stops_end(s, worker);
    if (s->n == s->capacity) {
        size_t wanted = s->capacity ? 2 * s->capacity : 16;
        itp_stop_call *items = realloc(s->items, wanted * sizeof *items);
        if (!items) return ITP_ENOMEM;
        s->items = items;
        s->capacity = wanted;
    }
    itp_status st = itp_text_copy(worker, &stop.worker);
    if (st == ITP_OK) st = itp_text_copy(text, &stop.text);
    if (st == ITP_OK)
        s->items[s->n++] = stop;
    else
        forget(&stop);
    return st;
}

void itp_stops_end(itp_stops *s, const char *worker)
{
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->items[i].worker, worker) != 0) continue;
        forget(&s->items[i]);
        s->items[i] = s->items[--s->n];
        return;
    }
}

void itp_stops_repeat(itp_stops *s, int64_t now_ms)
{
    for (size_t i = 0; i < s->n; i++) {
        itp_stop_call *stop = &s->items[i];
        if (stop->due_ms > now_ms) continue;
        itp_stops_say(s, stop->worker, stop->text);
        stop->wait_ms = 2 * stop->wait_ms < ITP_STOP_MS_MAX ? 2 * stop->wait_ms : ITP_STOP_MS_MAX;
        stop->due_ms = now_ms + stop->wait_ms;
    }
}

int64_t itp_stops_next(const itp_stops *s)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].due_ms < next) next = s->items[i].due_ms;
    return next;
}
