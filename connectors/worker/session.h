/* session.h - what a worker and its agent say to each other: the verbs, on top of link and crew.
 *   AWAY -> (connected) HELLO -> GREETING -> WELCOME -> REGISTER, CREDIT -> REGISTERED. Jobs and
 * outbox outlive a session; each REGISTER says what is held, and offers owed results again.
 * Threads     the main thread          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SESSION_H
#define ITP_SESSION_H

#include "crew.h"
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

typedef struct session {
    const itp_worker_options *options;
    const itp_log_to *log;
    const char *name;
    itp_plugin *plugin;
    itp_store *store;
    itp_outbox *outbox;
    itp_crew *crew;
    agent_link link;
    char *schema;
    const char *ledger; /* generation of a station's; NULL for compute workers */
    itp_class cls;
    session_state state;
    stop_phase stop;
    int paused, halted,
        credit_said; /* halted: SAFE_STOP came; nothing physical until a RESUME for us */
    char campaign[ITP_WIRE_NAME + 1];
    int64_t interval_ms, hello_at_ms, beat_at_ms;
    job *jobs; /* in order of arrival */
    unsigned n_jobs;
    open_start *starts;
} session;

/* Connection events. */
void session_greet(session *s, int64_t now_ms);
void session_lost(session *s);

/* Handles one message of the agent. */
void session_hear(session *s, const itp_message *message, int64_t now_ms);
/* Handles one notice of the crew, and frees it. */
void session_notice(session *s, notice *notice, int64_t now_ms);

/* Sends owed results, heartbeats and greetings that are due; ends attempts past their deadline. */
void session_tick(session *s, int64_t now_ms);
/* SAFE_STOP: tells every instance at once, and lets nothing physical begin until RESUME. */
void session_halt(session *s);
/* When tick has something to do next, monotonic. */
int64_t session_next_ms(const session *s);

/* No new work from now on; STOP_NOW also ends what may be ended. */
void session_stop(session *s, stop_phase phase);
/* 1 when nothing is left to wait for. */
int session_idle(session *s);
void session_bye(session *s, const char *text);

/* What session.c and jobs.c share. */
void session_send_attempt(session *s, itp_verb verb, const store_key *key, int64_t number,
                          const char *text);
void session_credit(session *s);
void session_flush(session *s);

/* jobs.c: the verbs that concern one attempt. */
void jobs_offer(session *s, const itp_message *message, int64_t now_ms);
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
