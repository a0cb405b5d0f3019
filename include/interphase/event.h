/* event.h - what can happen to a campaign, and what the agent answers.
 *   The loop is a pure function of events; the journal stores them; live run, recovery, replay and
 *   simulation feed the same ones. A kind uses the fields named beside it and leaves the rest 0 or
 * NULL. Owner       everything is borrowed for the duration of a call; the loop copies what it
 * keeps SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_EVENT_H
#define ITP_EVENT_H

#include "interphase/acquisition.h"
#include "interphase/connector.h"

#ifdef __cplusplus
extern "C" {
#endif

/* kind, name in the journal, fields used */
#define ITP_EVENTS(X)                                                                              \
    X(DEFINED, "defined")                     /* text: definition; files */                        \
    X(REDEFINED, "redefined")                 /* text: edited definition; files */                 \
    X(OPENED, "opened")                       /* text: host, version, CPU, BLAS kernel as JSON */  \
    X(RECOVERED, "recovered")                 /* after a fold: emit what is owed */                \
    X(WORKER_REGISTERED, "worker_registered") /* worker, roster */                                 \
    X(WORKER_SLOTS, "worker_slots")           /* worker, number: slots from now on (0 drains) */   \
    X(WORKER_LOST, "worker_lost")             /* worker, text */                                   \
    X(WORKER_LEFT, "worker_left")             /* worker */                                         \
    X(ASKED, "asked")                         /* number: points wanted */                          \
    X(DECISION, "decision")                   /* decision, made */                                 \
    X(ACCEPTED, "accepted")                   /* request, epoch, worker: physical only */          \
    X(DECLINED, "declined")                   /* request, epoch, worker, text */                   \
    X(STARTED, "started")                     /* request, epoch, worker: physical only */          \
    X(RESULT, "result")   /* request, epoch, worker, index, cost, values, provenance */            \
    X(FAILURE, "failure") /* request, epoch, worker, index, cause, text, cost, provenance,         \
                             number: corrections whose pattern was found, a bit each */            \
    X(LEASE_EXPIRED, "lease_expired") /* request, epoch, worker */                                 \
    X(ANSWER, "answer")               /* request, epoch, worker, number: itp_answer_kind, text */  \
    X(TIMER, "timer")     /* request, epoch: back-off is over; request 0: time budget is over */   \
    X(TOLD, "told")       /* trial, task, values (or cause and text); trial 0: at `point` */       \
    X(PAUSED, "paused")   /* text: by whom, why */                                                 \
    X(RESUMED, "resumed") /* text */                                                               \
    X(CANCELLED, "cancelled") /* trial or request (else all), text */                              \
    X(RETRACTED, "retracted") /* trial, or request, or seq in number; text */                      \
    X(RESOLVED, "resolved")   /* request, epoch, number: itp_resolution, values, text */           \
    X(APPROVED, "approved")   /* request, text; number 1: rejected */                              \
    X(STOPPED, "stopped")     /* text: asked to stop; running work is finished first */            \
    X(FINISHED, "finished")   /* text: the reason */                                               \
    X(DRAINED, "drained")     /* text: by whom, why; what runs is finished, then the agent ends */ \
    X(SAFE_STOPPED, "safe_stopped") /* worker (NULL: every station), text: by whom, why */         \
    X(HALTED, "halted")             /* worker: it has stopped for safety, and says so */           \
    X(READY, "ready")               /* worker (NULL: every station stopped), text: by whom, why */
typedef enum itp_event_kind {
#define X(name, text) ITP_EVENT_##name,
    ITP_EVENTS(X)
#undef X
        ITP_EVENT_KINDS
} itp_event_kind;

/* A person's word on a request in doubt. */
typedef enum itp_resolution {
    ITP_RESOLVE_MEASURED, /* values are the measurement */
    ITP_RESOLVE_VOID,     /* the sample is lost; the trial is abandoned */
    ITP_RESOLVE_REQUEUE   /* a new request for the same trial */
} itp_resolution;

/* An attempt, by request and epoch. */
typedef struct itp_attempt {
    itp_id request;
    uint32_t epoch;
} itp_attempt;

/* A bound of a station's envelope: within it the station operates. */
typedef struct itp_margin {
    const char *task, *input; /* task NULL: whatever takes such an input */
    const char *unit;         /* UDUNITS-2; NULL: the campaign's */
    double low, high;         /* +-INFINITY: none on that side */
} itp_margin;

/* What a worker says of itself. */
typedef struct itp_roster {
    size_t n_tasks, n_holding;
    const char *const *tasks; /* names it performs; "*" performs any task of its connector */
    const char *connector;
    const itp_attempt *holding; /* attempts it runs or still owes the result of */
    uint32_t slots;
    itp_class cls;
    const char *ledger; /* generation id of a station's ledger; NULL for compute workers */
    const char *schema; /* JSON: inputs, outputs, units */
    const char *sample; /* loaded at a station; "(none)": none is; NULL: it does not say */
    size_t n_bounds;
    const itp_margin *bounds; /* a station's envelope */
} itp_roster;

/* One thing decided: a new trial (trial 0: the loop numbers it) or one more evaluation of an old
 * one. */
typedef struct itp_pick {
    itp_id trial;
    int task, source; /* index into the campaign's; -1: all that the trial needs, default sources */
    const double *point;     /* n_params, user's units */
    itp_parts parts;         /* of the acquisition; NaN in a design */
    const double *mean, *sd; /* n_outcomes, before measuring, NaN where there is no model yet */
} itp_pick;

/* The model of one outcome at a decision. `saved` only when it was fitted here: itp_surrogate_save.
 */
typedef struct itp_model_record {
    unsigned outcome;
    size_t n;          /* rows it knew */
    const char *saved; /* NULL: the last fit still holds */
    itp_fit_report report;
    itp_diagnostics loo;
} itp_model_record;

typedef struct itp_decision {
    uint64_t number, saw; /* decision number; last event seen */
    uint64_t generation;  /* of the data: a retraction starts a new one */
    size_t wanted;        /* points asked for */
    const char *method;   /* "sobol", "logei", ... */
    const char *why;      /* in words: choice of method and every fallback */
    const char *machine;  /* CPU, BLAS kernel and thread count: bits are promised on the same one */
    size_t n_params, n_outcomes; /* lengths of each pick's point, and of its mean and sd */
    size_t n_designed;           /* the first so many picks belong to the initial design */
    size_t n_picks, n_runners_up, n_models;
    const itp_pick *picks, *runners_up;
    const itp_model_record *models;
    itp_id incumbent; /* trial; 0: none yet */
    double incumbent_mean, incumbent_sd, incumbent_feasible;
    itp_regret regret; /* when the campaign asks for it, else probability NaN */
    const char *stop;  /* reason to stop, or NULL */
    double elapsed_ms; /* for people; never compared */
} itp_decision;

typedef struct itp_event_file {
    const char *path, *bytes;
    size_t size;
} itp_event_file;

typedef struct itp_event {
    itp_event_kind kind;
    uint64_t seq;  /* 1, 2, ...; given by the journal */
    int64_t at_ms; /* UTC */
    itp_id trial, request;
    uint64_t decision;
    uint32_t epoch;
    const char *worker, *task, *source, *text;
    int64_t index; /* of an indexed measurement; -1: the final one */
    int64_t number;
    double cost; /* NaN: not known */
    itp_cause cause;
    size_t n_values, n_point, n_files;
    const itp_value *values;
    const double *point; /* n_params, user's units */
    const itp_event_file *files;
    const itp_roster *roster;
    const itp_decision *made;
    const char *provenance; /* JSON object, kept as it is */
} itp_event;

/* kind, name in digests and logs, fields used */
#define ITP_ACTIONS(X)                                                                             \
    X(OFFER,                                                                                       \
      "offer") /* request, epoch, trial, worker, task, source, values (inputs), seed, index */     \
    X(START, "start")   /* request, epoch, worker */                                               \
    X(QUERY, "query")   /* request, epoch, worker */                                               \
    X(CANCEL, "cancel") /* request, epoch, worker, text */                                         \
    X(ACK,                                                                                         \
      "ack") /* request, epoch, worker, index, text: NULL accepted, else what was done with it */  \
    X(RELEASE, "release") /* request, epoch, worker: no lease is watched any more */               \
    X(TIMER, "timer")     /* request, epoch, at_ms */                                              \
    X(DECIDE, "decide")   /* decision, number: points wanted */                                    \
    X(PAUSE, "pause")     /* workers start nothing new */                                          \
    X(RESUME, "resume")                                                                            \
    X(REFUSE, "refuse")       /* the event was not possible in this state: text */                 \
    X(FINISH, "finish")       /* text: the reason */                                               \
    X(SAFE_STOP, "safe_stop") /* worker, text: on its own socket, until it is acknowledged */      \
    X(READY, "ready")         /* worker: a person has said so */                                   \
    X(CORRECT, "correct") /* request, epoch that failed, number: rule from 1, values, text: why */
typedef enum itp_action_kind {
#define X(name, text) ITP_ACTION_##name,
    ITP_ACTIONS(X)
#undef X
        ITP_ACTION_KINDS
} itp_action_kind;

typedef struct itp_action {
    itp_action_kind kind;
    itp_id trial, request;
    uint64_t decision, seed;
    uint32_t epoch, index;
    int64_t number, at_ms;
    double lease_s, time_limit_s;
    int task, source; /* index into the campaign's */
    const char *worker, *text;
    size_t n_values;
    const itp_value *values;
    size_t n_options;
    const itp_value *options; /* OFFER: the task's options as corrections changed them, by path */
    const char *sample;       /* OFFER: that it consumes; or NULL */
} itp_action;

/* Grows as needed; strings and values live until the next step. */
typedef struct itp_actions {
    size_t n, capacity;
    itp_action *items;
} itp_actions;

#ifdef __cplusplus
}
#endif
#endif
