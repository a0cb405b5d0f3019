/* crew.h - the slots of a worker: one thread and one instance of the connector each.
 *   The main thread gives a job to an idle slot and hears back through notices, which it takes when
 * the crew's descriptor is readable. A job is one attempt: an OFFER with its own memory.
 *   repeatable  give -> measure -> FINAL
 *   physical    give -> prepare -> READY -> crew_start -> measure (STARTED on the way) -> FINAL
 * Life cycle  open -> ... -> stop -> close       Threads  all calls from the main thread
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CREW_H
#define ITP_CREW_H

#include "codec.h"
#include "slot.h"
#include "store.h"

typedef enum job_state { JOB_QUEUED, JOB_GIVEN, JOB_READY, JOB_RUNNING } job_state;

typedef struct job {
    struct job *next;
    itp_wire_arena arena;
    itp_message offer;   /* borrows from arena */
    job_state state;     /* as the main thread knows it */
    int slot;            /* -1: none yet */
    int64_t deadline_ms; /* monotonic; INT64_MAX: none */
    int cancelled;       /* 1: told to end */
    double fraction;     /* under the crew's lock, with text */
    char text[128];
} job;

typedef enum notice_kind {
    NOTICE_READY,
    NOTICE_DECLINED,
    NOTICE_STARTED,
    NOTICE_EMIT,
    NOTICE_FINAL
} notice_kind;

/* What a slot has to say; taken in order. */
typedef struct notice {
    struct notice *next;
    notice_kind kind;
    job *job;
    store_key key;    /* of EMIT and FINAL; campaign borrowed from the job */
    itp_buffer frame; /* RESULT or FAILURE, encoded; the taker's to free */
    itp_cause cause;
    int64_t took_ms;
    char text[1024];
} notice;

typedef struct itp_crew itp_crew;

typedef struct crew_setting {
    const itp_plugin *plugin;
    const char *config, *folder, *worker;
    itp_units *units;
    const itp_log_to *log;
    itp_store *store;
    unsigned slots;
} crew_setting;

/* Opens every instance; the first that fails ends it. */
itp_status itp_crew_open(itp_crew **out, const crew_setting *setting, itp_error *err);
/* Ends the threads; every job must have come to its FINAL or DECLINED notice, or never been given.
 */
void itp_crew_close(itp_crew *crew);

/* Readable when there are notices. */
int itp_crew_descriptor(const itp_crew *crew);
/* The next notice, or NULL; the caller's to release with crew_release. */
notice *itp_crew_take(itp_crew *crew);
void itp_notice_free(notice *notice);

/* 1 when a slot was idle and has the job now. */
int itp_crew_give(itp_crew *crew, job *job);
/* The agent's START: a READY job may begin. */
void itp_crew_start(itp_crew *crew, job *job);
/* Ends a given job: one that waits for START is DECLINED, a running one is asked to stop. */
void itp_crew_cancel(itp_crew *crew, job *job, itp_cause why);
/* A job that has come to its end gives its slot back. */
void itp_crew_idle(itp_crew *crew, job *job);
void itp_crew_safe_stop(itp_crew *crew);

/* Progress as last told; text is copied. */
void itp_crew_progress(itp_crew *crew, const job *job, double *fraction, char text[128]);
/* The connector's memory of a request, asked on an instance that is idle; else ITP_ENOTSUP. */
itp_status itp_crew_query(itp_crew *crew, itp_id request, itp_answer *out);

#endif
