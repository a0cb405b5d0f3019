/* session.h - what a worker and its agents say to each other: the verbs, on top of link and crew.
 *   A worker has one patron, or several: agents, each with a campaign of its own, that share its
 * slots (share.c). What a patron says concerns its own campaign and nothing else.
 *   AWAY -> (connected) HELLO -> GREETING -> WELCOME -> REGISTER, CREDIT -> REGISTERED. Jobs and
 * outbox outlive a session; each REGISTER says what is held, and offers owed results again.
 * Threads     the main thread          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SESSION_H
#define ITP_SESSION_H

#include "crew.h"
#include "custody.h"
#include "link.h"
#include "outbox.h"
#include "worker.h"

typedef enum session_state { SESSION_AWAY, SESSION_GREETING, SESSION_REGISTERED } session_state;
typedef enum stop_phase { STOP_NONE, STOP_DRAIN, STOP_NOW } stop_phase;

/* A request that an earlier life started and never finished: a person has to say what became of
 * it, and until then this station takes no new work. */
typedef struct open_start {
    struct open_start *next;
    store_key key; /* campaign owned */
} open_start;

/* One agent that this worker serves. */
typedef struct patron {
    agent_link link;
    session_state state;
    int paused, halted; /* halted: its SAFE_STOP came; nothing physical until a RESUME for us */
    int credit_said;    /* -1: nothing yet */
    char campaign[ITP_WIRE_NAME + 1]; /* "" before its first WELCOME */
    int64_t interval_ms, hello_at_ms, beat_at_ms;
    int64_t wanted_ms; /* monotonic: when it last had work here */
    uint64_t turn;     /* of the slots given away: when it last got one */
} patron;

typedef struct session {
    const itp_worker_options *options;
    const itp_log_to *log;
    const char *name;
    itp_plugin *plugin;
    itp_store *store;
    itp_outbox *outbox;
    itp_crew *crew;
    patron *patrons; /* n_patrons, one an endpoint */
    unsigned n_patrons;
    uint64_t turns; /* slots given away so far */
    char *schema;
    const char *ledger; /* generation of a station's; NULL for compute workers */
    itp_class cls;
    stop_phase stop;
    custody custody; /* sample and envelope of a station */
    int64_t look_at_ms;
    job *jobs; /* in order of arrival */
    unsigned n_jobs;
    open_start *starts;
} session;

/* Connection events. */
void session_greet(session *s, patron *patron, int64_t now_ms);
void session_lost(session *s, patron *patron);

/* Handles one message of an agent. */
void session_hear(session *s, patron *patron, const itp_message *message, int64_t now_ms);
/* Handles one notice of the crew, and frees it. */
void session_notice(session *s, notice *notice, int64_t now_ms);

/* Sends owed results, heartbeats and greetings that are due; ends attempts past their deadline. */
void session_tick(session *s, int64_t now_ms);
/* SAFE_STOP: tells every instance at once, and lets nothing physical begin until this patron's
 * RESUME. */
void session_halt(session *s, patron *patron);
/* When tick has something to do next, monotonic. */
int64_t session_next_ms(const session *s, int64_t now_ms);

/* No new work from now on; STOP_NOW also ends what may be ended. */
void session_stop(session *s, stop_phase phase);
/* 1 when nothing is left to wait for. */
int session_idle(session *s);
void session_bye(session *s, const char *text);

/* What session.c, share.c and jobs.c share. */
patron *session_patron(session *s, const char *campaign); /* whose it is, or NULL */
int session_is_halted(const session *s);
/* To the patron whose campaign the key names, if it is there. */
void session_send_attempt(session *s, itp_verb verb, const store_key *key, int64_t number,
                          const char *text);
/* ACCEPT, with the sample that is loaded. */
void session_accept(session *s, const store_key *key);
void session_credit(session *s);
void session_flush(session *s);

/* share.c: which part of the slots a patron may use now. Those that have work here get equal parts
 * of all; one that has had none for SHARE_IDLE_MS keeps one to come back by. */
#define SHARE_IDLE_MS 3000
unsigned share_of(const session *s, const patron *patron, int64_t now_ms);
/* When a share changes by itself; INT64_MAX: never. */
int64_t share_next_ms(const session *s, int64_t now_ms);
unsigned share_jobs(const session *s, const patron *patron); /* held for it */
/* The queued job that is next to get a slot, of the patron with the fewest at work; or NULL. */
job *share_choose(session *s);

/* jobs.c: the verbs that concern one attempt. */
void jobs_offer(session *s, patron *patron, const itp_message *message, int64_t now_ms);
void jobs_start(session *s, const itp_message *message, int64_t now_ms);
void jobs_cancel(session *s, const itp_message *message);
void jobs_query(session *s, const itp_message *message);
void jobs_acknowledge(session *s, const itp_message *message);
/* Gives queued jobs to idle slots. */
void jobs_assign(session *s, int64_t now_ms);
void jobs_expire(session *s, int64_t now_ms);
void jobs_end(session *s);
/* Lets go of physical jobs that have not begun. */
void jobs_halt(session *s);
/* 1 when the job is past its deadline for so long that its lease should not be renewed. */
int job_is_stuck(const job *job, int64_t now_ms);
void jobs_free(session *s);

#endif
