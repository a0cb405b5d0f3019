/* crowd.c - many workers that do nothing but register and beat: what an idle pool costs the agent.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "bench.h"
#include "clock.h"
#include "codec.h"

struct crowd {
    void *context, **dealers;
    size_t n;
    itp_wire_arena arena;
    int64_t beat_ms;
};

static void say(crowd *c, size_t i, const itp_message *m)
{
    itp_buffer frame = {0};
    if (itp_wire_encode(m, &frame) == ITP_OK)
        zmq_send(c->dealers[i], frame.data, frame.size, ZMQ_DONTWAIT);
    itp_buffer_deinit(&frame);
}

static void enter(crowd *c, size_t i, uint32_t slots)
{
    static const char *const TASKS[] = {"*"};
    const itp_roster roster = {
        .n_tasks = 1, .tasks = TASKS, .connector = "function", .slots = slots, .schema = "{}"};
    char name[32];
    itp_message m;
    snprintf(name, sizeof name, "crowd-%zu", i);
    itp_message_init(&m, ITP_VERB_HELLO);
    m.worker = name;
    m.text = "bench";
    say(c, i, &m);
    itp_message_init(&m, ITP_VERB_REGISTER);
    m.worker = name;
    m.roster = &roster;
    say(c, i, &m);
}

crowd *crowd_start(const char *endpoint, size_t n, uint32_t slots)
{
    crowd *c = calloc(1, sizeof *c);
    c->context = zmq_ctx_new();
    zmq_ctx_set(c->context, ZMQ_MAX_SOCKETS, 2048);
    c->dealers = calloc(n, sizeof *c->dealers);
    const int retry = 2, linger = 0;
    for (c->n = 0; c->n < n; c->n++) {
        c->dealers[c->n] = zmq_socket(c->context, ZMQ_DEALER);
        zmq_setsockopt(c->dealers[c->n], ZMQ_RECONNECT_IVL, &retry, sizeof retry);
        zmq_setsockopt(c->dealers[c->n], ZMQ_LINGER, &linger, sizeof linger);
        zmq_connect(c->dealers[c->n], endpoint);
        enter(c, c->n, slots);
    }
    return c;
}

static int hear(crowd *c, size_t i)
{
    char bytes[65536];
    int size, offered = 0;
    while ((size = zmq_recv(c->dealers[i], bytes, sizeof bytes, ZMQ_DONTWAIT)) >= 0) {
        itp_message m;
        itp_wire_arena_reset(&c->arena);
        if (itp_wire_decode(bytes, (size_t)size, &c->arena, &m, NULL) == ITP_OK)
            offered |= m.verb == ITP_VERB_OFFER;
    }
    return offered;
}

int64_t crowd_live(crowd *c, int64_t ms, int until_offer)
{
    int64_t end = itp_clock_monotonic_ms() + ms, now;
    while ((now = itp_clock_monotonic_ms()) < end) {
        if (now >= c->beat_ms && !until_offer) {
            itp_message m;
            itp_message_init(&m, ITP_VERB_HEARTBEAT);
            for (size_t i = 0; i < c->n; i++) say(c, i, &m);
            c->beat_ms = now + ITP_HEARTBEAT_MS;
        }
        for (size_t i = 0; i < c->n; i++)
            if (hear(c, i) && until_offer) return itp_clock_monotonic_ms();
        zmq_poll(NULL, 0, until_offer ? 1 : 50);
    }
    return 0;
}

void crowd_stop(crowd *c)
{
    for (size_t i = 0; i < c->n; i++) zmq_close(c->dealers[i]);
    zmq_ctx_term(c->context);
    itp_wire_arena_deinit(&c->arena);
    free(c->dealers);
    free(c);
}
