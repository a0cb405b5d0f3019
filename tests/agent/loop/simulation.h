/* simulation.h - the loop among simulated workers, stations, network, disk and clock, under a seed.
 *   Messages are dropped, doubled, delayed and reordered; workers freeze past their lease and come
 * back; the agent dies before and after commits; commits fail; the wall clock jumps by a day. After
 * each run: every acknowledged result is in the journal, each physical request started at most once
 * by the station's own ledger, one accepted measurement a measured request, nothing open without an
 * owner, and a fold of the journal gives the same actions.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SIMULATION_H
#define ITP_SIMULATION_H

#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"
#include "interphase/wire.h"
#include "stream.h"

enum {
    WORKERS = 4,
    SLOTS = 3,
    HELD_MAX = 16,
    TICK_MS = 100,
    END_MS = 3600 * 1000,
    LEASE_MS = 10000
};

typedef enum fault {
    FAULT_NONE,
    FAULT_ACT_BEFORE_COMMIT,     /* acks leave before their batch is durable */
    FAULT_START_WITHOUT_LEDGER,  /* a station starts whatever START says */
    FAULT_DENY_WITHOUT_REFUSING, /* NEVER_STARTED, but a delayed START still fires */
    FAULT_FORGET_LEDGER,         /* a station that restarts has forgotten what it started */
    FAULT_LATE_STAMP,            /* an event is journalled with another time than the loop saw */
    FAULT_FORGET_TIMERS,         /* the agent sets no back-off again after it is back */
    FAULT_LOSE_EVENT,            /* a committed event is missing from the journal */
    FAULT_NO_RECOVERY,           /* nothing is emitted again after a restart */
    FAULT_ACCEPT_TWICE,          /* a doubled result is journalled as that of another request */
    FAULT_DECLINE_STARTED,       /* a station declines a START of what an earlier life began */
    FAULTS
} fault;

typedef struct noted { /* one journalled event, as compact as it can be */
    itp_event_kind kind;
    int64_t at_ms;
    int worker;
    itp_attempt attempt;
    uint64_t decision;
    int64_t number;
    double value;
    itp_cause cause;
    size_t n_held;
    itp_attempt held[HELD_MAX];
    uint64_t digest;
} noted;

typedef struct letter {
    int64_t at_ms;
    int to_agent, worker;
    itp_verb verb;
    itp_attempt attempt;
    int64_t number;
    size_t n_held;
    itp_attempt held[HELD_MAX];
} letter;

typedef struct job {
    itp_attempt attempt;
    int64_t ends_ms;
    int started;
} job;

typedef struct machine {
    int up, registered;
    int64_t frozen_ms, beat_ms, resend_ms, heard_ms;
    job jobs[SLOTS];
    size_t n_jobs;
    itp_attempt outbox[HELD_MAX * 4];
    size_t n_outbox;
    unsigned char *starts; /* station: by request, its ledger */
    unsigned char *done;   /* station: by request */
    uint32_t *refused;     /* station: by request, epochs up to this one never start */
} machine;

enum { REQUESTS_MAX = 4096 };

typedef struct sim {
    itp_stream rng;
    fault planted;
    int physical;
    itp_campaign *campaign;
    itp_loop *loop;
    itp_actions out;
    noted *journal;
    size_t n_journal, n_durable, cap_journal;
    letter *net;
    size_t n_net, cap_net;
    letter effects[4096];
    size_t n_effects;
    struct {
        itp_attempt attempt;
        int64_t due_ms;
    } leases[256], timers[256];
    size_t n_leases, n_timers;
    machine machines[WORKERS];
    int64_t now_ms, clock_ms, down_until_ms, decide_ms, ask_ms;
    uint64_t deciding;
    int64_t wanted;
    int up, finished;
    unsigned char acked[REQUESTS_MAX];
    unsigned char starts[REQUESTS_MAX]; /* truth, beside the stations' own ledgers */
    char verdict[200];
} sim;

/* simulation.c: one run; s->verdict says what was violated, "" when nothing was. */
void simulate(sim *s, uint64_t seed, fault planted, int physical);

/* sim_agent.c: the journal in memory, and the agent's turn of each tick. */
void sim_feed(sim *s, noted n);
itp_loop *sim_fold(sim *s, const char **why); /* why: NULL, or set when the actions differ */
void sim_think(sim *s);

/* sim_workers.c: the network, and the workers' turn. */
int sim_chance(sim *s, double p);
void *sim_grow(void *items, size_t n, size_t *cap, size_t size);
void sim_post(sim *s, letter l);
void sim_take_letter(sim *s, const letter *l);
void sim_live(sim *s, int w);
job *sim_find_job(machine *m, itp_id request);

#endif
