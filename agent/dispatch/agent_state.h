/* agent_state.h - what the agent process holds, shared by agent.c (its life) and inputs.c (its
 * senses). SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_AGENT_STATE_H
#define ITP_AGENT_STATE_H

#include "agent.h"
#include "codec.h"
#include "door.h"
#include "effects.h"
#include "locals.h"
#include "lookups.h"
#include "places.h"
#include "units.h"

#define ITP_REPLIES_MAX 256        /* words that wait for their answers */
#define ITP_WORD_MAX    (1u << 20) /* bytes of one */

/* A person's verb that waits for its commit, or (ask) for the decision it asked for. */
typedef struct reply {
    void *socket;
    unsigned char route[ITP_ROUTE_MAX];
    size_t route_size;
    char *text;        /* NULL: waits for a decision */
    uint64_t decision; /* ask: the first decision that may answer it */
    uint64_t lookup;   /* status: the look-up that answers it; 0: none */
} reply;

typedef struct agent {
    itp_engine *engine;
    const itp_agent_options *options;
    void *zmq, *router, *control; /* ipc: workers, people */
    void *remote;                 /* TCP behind the door: both; NULL: none */
    itp_door door;
    int signals;
    itp_units *units;
    itp_thinker *thinker;
    itp_effects effects;
    itp_roster_table roster;
    itp_timers timers;
    itp_doubts doubts;
    itp_stops stops;
    itp_locals locals;
    itp_lookups lookups;
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
    int64_t awaited_until_ms; /* workers of an earlier life that are not back by then are lost; 0:
                                 they are judged */
    char base[ITP_PLACE_MAX];
    char campaign[ITP_IDENTITY_TEXT];        /* on the wire */
    char remote_endpoint[ITP_ENDPOINT_TEXT]; /* as bound */
} agent;

/* agent.c */
itp_status agent_feed(agent *a, itp_event *event, itp_error *err);
itp_status agent_commit(agent *a, itp_error *err);

/* frames.c: what workers say */
itp_status agent_read_frames(agent *a, void *socket, itp_error *err);
/* Not heard for a while, with the reason: `why` for the log and the journal, `said` to the peer. */
itp_status agent_drop_peer(agent *a, itp_peer *peer, const char *why, const char *said,
                           itp_error *err);
/* Asks those of whom something was not heard, and who are quiet now, to say what they owe. */
void agent_hear_again(agent *a, int64_t now_ms);
/* Drops those whose keys are not admitted any more. */
itp_status agent_drop_withdrawn(agent *a, itp_error *err);

/* inputs.c: each reads what is there and feeds it */
itp_status agent_feed_lost(agent *a, const char *worker, const char *why, itp_error *err);
/* Workers of an earlier life of this campaign that have not come back count as lost: local ones
 * that are not run any more at once, others after a while. */
itp_status agent_give_up(agent *a, int64_t now_ms, itp_error *err);
itp_status agent_read_decision(agent *a, itp_error *err);
itp_status agent_read_signals(agent *a, itp_error *err);
itp_status agent_read_clocks(agent *a, itp_error *err);

/* replies.c: people's verbs over the control socket */
itp_status agent_read_words(agent *a, itp_error *err);
/* One word that has come by `socket`; key: of who said it, "" over ipc. */
itp_status agent_take_word(agent *a, void *socket, const void *route, size_t route_size,
                           const char *key, const void *text, size_t size, itp_error *err);
itp_status agent_refuse_word(agent *a, const itp_peer *peer, const char *why);
/* Hands out what look-ups have found. */
void agent_answer_lookups(agent *a, int64_t now_ms);
itp_status agent_answer_asks(agent *a, const itp_decision *made, itp_id first);
void agent_send_replies(agent *a);
void agent_drop_replies(agent *a, const char *why);

#endif
