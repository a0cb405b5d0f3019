/* agent_state.h - what the agent process holds, shared by agent.c (its life) and inputs.c (its
 * senses). SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_AGENT_STATE_H
#define ITP_AGENT_STATE_H

#include "agent.h"
#include "codec.h"
#include "effects.h"
#include "locals.h"
#include "places.h"
#include "units.h"

/* A person's verb that waits for its commit, or (ask) for the decision it asked for. */
typedef struct reply {
    unsigned char route[ITP_ROUTE_MAX];
    size_t route_size;
    char *text;        /* NULL: waits for a decision */
    uint64_t decision; /* ask: the first decision that may answer it */
} reply;

typedef struct agent {
    itp_engine *engine;
    const itp_agent_options *options;
    void *zmq, *router, *control;
    int signals;
    itp_units *units;
    itp_thinker *thinker;
    itp_effects effects;
    itp_roster_table roster;
    itp_timers timers;
    itp_locals locals;
    itp_places places;
    itp_wire_arena arena;
    reply *replies;
    size_t n_replies;
    size_t fed;        /* events in the batch */
    uint64_t first;    /* the first of them */
    itp_status broken; /* why the batch cannot be committed; ITP_OK */
    itp_error why;
    int interrupted, recover;
    unsigned stalls;
    int64_t stalled_until_ms, next_tick_ms;
    char base[ITP_PLACE_MAX];
} agent;

/* agent.c */
itp_status agent_feed(agent *a, itp_event *event, itp_error *err);
itp_status agent_commit(agent *a, itp_error *err);

/* inputs.c: each reads what is there and feeds it */
itp_status agent_read_frames(agent *a, itp_error *err);
itp_status agent_read_decision(agent *a, itp_error *err);
itp_status agent_read_signals(agent *a, itp_error *err);
itp_status agent_read_clocks(agent *a, itp_error *err);

/* replies.c: people's verbs over the control socket */
itp_status agent_read_words(agent *a, itp_error *err);
itp_status agent_answer_asks(agent *a, const itp_decision *made, itp_id first);
void agent_send_replies(agent *a);
void agent_drop_replies(agent *a, const char *why);

#endif
