/* loop.h - the policy of a campaign as a pure function: event in, actions out.
 *   State is a fold of the events; the same events give the same actions, so a live run, recovery,
 * replay and simulation are one call. Requests are attempted under leases fenced by an epoch;
 * results are accepted once; decisions are asked for when there is room and come back as events.
 * Life cycle  create -> step* -> destroy        Threads  one; snapshots may cross to others
 * Cost        O(1) a step but for assignment, O(workers) a request
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_LOOP_H
#define ITP_LOOP_H

#include "campaign.h"
#include "interphase/event.h"

#define ITP_LOSSES_MAX 20 /* times a request may lose its worker before it is held for a person */
#define ITP_BARREN_MAX                                                                             \
    5 /* requests in a row held for a person, nothing measured: the campaign stops */
#define ITP_BACKOFF_MAX 6   /* doublings of the back-off */
#define ITP_REASON_MAX  240 /* bytes of a failure's words that a correction keeps */

typedef struct itp_loop itp_loop;

/* The campaign is borrowed and must outlive the loop; a redefinition is parsed and owned by the
 * loop. */
itp_status itp_loop_create(itp_loop **out, const itp_campaign *campaign, itp_error *err);
void itp_loop_destroy(itp_loop *loop);

/* One event. `out` is emptied first; its strings and values live until the next step or destroy.
 * ITP_ENOMEM or ITP_EINVAL (a decision or definition that cannot be) leaves the loop unusable: fold
 * again. What a person or peer asked and cannot be done is no failure but an action REFUSE that
 * says why. */
itp_status itp_loop_step(itp_loop *loop, const itp_event *event, itp_actions *out);
void itp_actions_deinit(itp_actions *actions);

/* --- What the state says, for dispatch, status and summaries
 * ------------------------------------------ */
typedef enum itp_trial_state {
    ITP_TRIAL_PENDING,
    ITP_TRIAL_MEASURED,
    ITP_TRIAL_FAILED,     /* the experiment itself failed */
    ITP_TRIAL_INFEASIBLE, /* refused or unsafe */
    ITP_TRIAL_ABANDONED   /* cancelled, retracted, or held for a person */
} itp_trial_state;

typedef enum itp_request_state {
    ITP_REQUEST_QUEUED,
    ITP_REQUEST_BACKOFF,
    ITP_REQUEST_LEASED,   /* offered; for physical work: not yet accepted */
    ITP_REQUEST_ACCEPTED, /* physical: START has been sent or is owed */
    ITP_REQUEST_STARTED,  /* physical: matter moves */
    ITP_REQUEST_IN_DOUBT, /* physical: contact lost after START */
    ITP_REQUEST_PERSON,   /* a person measures it: tell */
    ITP_REQUEST_APPROVAL, /* waits for a person's approval */
    ITP_REQUEST_DONE,
    ITP_REQUEST_FAILED,
    ITP_REQUEST_DEAD, /* held for a person, with every attempt's reason in the journal */
    ITP_REQUEST_CANCELLED
} itp_request_state;
const char *itp_trial_state_name(itp_trial_state state);
const char *itp_request_state_name(itp_request_state state);

typedef struct itp_trial_view {
    itp_id id;
    uint64_t decision;
    itp_trial_state state;
    const double *point;  /* n_params */
    const double *values; /* n_outcomes, the last accepted; NaN where there is none */
} itp_trial_view;

/* A correction that was made: the attempts after `epoch` had it. */
typedef struct itp_corrected {
    uint32_t epoch; /* of the attempt that failed */
    size_t rule;    /* index into the task's corrections */
    unsigned times; /* the how manieth time by this rule, from 1 */
    itp_cause cause;
    char reason[ITP_REASON_MAX];
    size_t n; /* what was changed; names as the rule has them */
    const itp_value *from, *to;
} itp_corrected;

typedef struct itp_request_view {
    itp_id id, trial;
    uint32_t epoch, attempts, losses, replicate;
    itp_request_state state;
    int task, source;
    const char *worker; /* that holds or held it; NULL before any */
    int64_t since_ms;   /* of this state */
    size_t n_inputs;
    const itp_value *inputs;
    const char *sample; /* that it consumes; NULL: none */
    const char *why;    /* what was last said of it; NULL: nothing worth saying */
    size_t n_corrected;
    const itp_corrected *corrected; /* in their order */
} itp_request_view;

typedef struct itp_counts {
    size_t trials, pending, measured, failed, infeasible, abandoned;
    size_t requests, queued, running, held;
    size_t workers, slots, busy;
    uint64_t decisions, generation;
    int deciding, paused, stopping, finished;
    size_t approval; /* requests that wait for a person's approval */
    int draining;    /* 1: nothing is handed out; the session ends with what runs now */
} itp_counts;

typedef enum itp_halt {
    ITP_HALT_NONE,
    ITP_HALT_ASKED, /* stopped for safety; it has not acknowledged yet */
    ITP_HALT_DONE   /* it has; nothing is given to it until a person says that it is ready */
} itp_halt;

typedef struct itp_worker_view {
    const char *name;
    itp_class cls;
    int live;
    itp_halt halted;
    uint32_t slots, busy;
    const char *sample;    /* that is loaded; NULL: it does not say */
    const char *halt_text; /* who stopped it, and why; or NULL */
} itp_worker_view;

itp_counts itp_loop_counts(const itp_loop *loop);
const itp_campaign *itp_loop_campaign(const itp_loop *loop); /* as last defined */
const char *itp_loop_reason(const itp_loop *loop);           /* why it finishes; NULL before */
/* ITP_ENOTFOUND. Pointers are borrowed until the next step. */
itp_status itp_loop_trial(const itp_loop *loop, itp_id trial, itp_trial_view *out);
/* Workers by index from 0, in the order in which they came first. */
itp_status itp_loop_worker(const itp_loop *loop, size_t i, itp_worker_view *out);
itp_status itp_loop_request(const itp_loop *loop, itp_id request, itp_request_view *out);
/* 1 when a point lies outside the envelope of a task's stations, as declared or as all that are
 * there have said; text: which bound. */
int itp_loop_is_outside(const itp_loop *loop, size_t task, const double *point, char *text,
                        size_t size);
/* 1 when this attempt, the present one or an earlier, was offered to the worker of that name. */
int itp_loop_was_given(const itp_loop *loop, itp_attempt attempt, const char *worker);

#endif
