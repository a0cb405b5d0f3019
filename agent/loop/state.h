/* state.h - the loop's tables: trials, requests, workers, observations. Ids are index + 1, never
 * reused. One file handles each table: trials.c, requests.c, workers.c; decisions.c admits
 * decisions; loop.c sends each event to its handler and closes every step. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#ifndef ITP_LOOP_STATE_H
#define ITP_LOOP_STATE_H

#include "narrow.h"
#include "snapshot.h"

typedef enum task_state { TASK_UNWANTED, TASK_WANTED, TASK_REQUESTED, TASK_DONE } task_state;

typedef struct trial {
    uint64_t decision;
    itp_trial_state state;
    double *point;         /* n_params */
    double *values;        /* n_outcomes */
    double *took;          /* n_tasks: cost of the last result, as measured; NaN: none */
    unsigned char *task;   /* n_tasks of task_state */
    unsigned char *source; /* n_tasks: which source the decision asked, of the campaign's */
    int cancelled;         /* by a person: does not count against the budget */
} trial;

/* What corrections have made of a request: its knobs as the next attempt has them. */
typedef struct mending {
    itp_value *inputs;  /* n_inputs of the request */
    itp_value *options; /* n_options: those of the task's options that are changed, by path */
    size_t n_options;
    unsigned *times; /* n_corrections of the task */
    itp_corrected *done;
    size_t n_done;
} mending;

typedef struct request {
    itp_id *trials; /* that it serves; the first asked for it */
    size_t n_trials;
    itp_request_state state;
    int task, source;
    uint32_t epoch, attempts, losses, replicate;
    size_t worker;     /* index, or NO_WORKER */
    itp_value *inputs; /* names and labels borrowed from the campaign */
    size_t n_inputs;
    uint64_t hash;
    itp_id same;       /* an earlier request of equal hash, or 0 */
    itp_id next, prev; /* in the queue */
    int64_t since_ms, due_ms;
    uint32_t *given; /* worker of each epoch, n_given of them */
    uint32_t n_given;
    size_t ledger;       /* the worker's `ledgers` when it was leased */
    const char *sample;  /* that it consumes, borrowed from the campaign; NULL: none */
    int holds, approved; /* why a person is asked first (approvals.c); that one has said yes */
    int cancelling;      /* physical: a person has cancelled it, the station has not said yet */
    char *why;           /* what was last said of it, for people; or NULL */
    mending *mended;     /* NULL: never corrected */
} request;

#define NO_WORKER ((size_t)-1)

typedef struct worker {
    char *name, *connector, *ledger;
    char **tasks;
    size_t n_tasks;
    uint32_t slots, busy;
    itp_class cls;
    int live;
    char *sample; /* that is loaded; NULL: it does not say */
    size_t n_bounds;
    itp_margin *bounds; /* its envelope, in the campaign's units */
    itp_halt halted;
    char *halt_text;
    size_t ledgers; /* how many ledgers it has come with: a new one has forgotten what it did */
} worker;

/* The campaign within an envelope: what decisions are made from. */
typedef struct narrowed {
    const itp_campaign *base;
    itp_extra extra;
    itp_campaign *campaign;
} narrowed;

typedef struct last_fit {
    char *saved;
    size_t n_fitted;
} last_fit;

typedef struct observation {
    itp_observation seen;
    itp_id request;
    uint64_t seq;
    int retracted;
} observation;

struct itp_loop {
    const itp_campaign *campaign;
    itp_campaign **redefined; /* owned; the last is current */
    size_t n_redefined;
    const itp_campaign *decided_in; /* of the decision in flight: within an envelope */
    narrowed *narrowed;             /* kept until the end: decisions under way look at them */
    size_t n_narrowed;
    trial *trials;
    size_t n_trials, cap_trials;
    request *requests;
    size_t n_requests, cap_requests;
    itp_id *buckets; /* hash of inputs -> newest request of that hash; a power of two of them */
    size_t n_buckets;
    itp_id queue_first, queue_last;
    worker *workers;
    size_t n_workers, cap_workers;
    observation *observations;
    size_t n_observations, cap_observations;
    last_fit *fits; /* n_outcomes */
    itp_counts counts;
    size_t cancelled; /* trials that do not count against the budget */
    size_t designed;
    uint64_t decision, seq, generation;
    size_t deciding, asked; /* points asked of the decision in flight; owed to a person */
    size_t dry;             /* decisions in a row that found no point */
    size_t barren;          /* requests held for a person since the last measurement */
    int exhausted, time_over, stopping, finishing;
    int64_t opened_ms, spent_ms; /* this session's start; what earlier sessions took */
    double spent_cost;
    double decide_ms, work_ms; /* running means of what a decision and a request take */
    char *reason;              /* why it finishes; NULL before */
    char note[512];            /* text of the last REFUSE or ACK */
    itp_actions *out;          /* of the step under way */
    int64_t now_ms;
};

/* state.c: growth and actions */
void *itp_grow(void *items, size_t *capacity, size_t need,
               size_t size);                                 /* NULL: no memory, items kept */
itp_action *loop_emit(itp_loop *loop, itp_action_kind kind); /* NULL: no memory */
itp_status loop_refuse(itp_loop *loop, const char *format, ...);
char *itp_copy_text(const char *text);

/* trials.c */
itp_status trial_add(itp_loop *loop, const double *point, uint64_t decision, itp_id *out);
void trial_set_state(itp_loop *loop, itp_id id, itp_trial_state state);
itp_status trial_advance(itp_loop *loop, itp_id id); /* requests whatever has become possible */
itp_status trial_observe(itp_loop *loop, itp_id id, itp_id by, const itp_event *event, size_t task);
/* Whether the values hold every numeric output that the task must give; else names the first
 * missing. */
const char *trial_missing(const itp_loop *loop, size_t task, const itp_event *event);
itp_status on_told(itp_loop *loop, const itp_event *event);
itp_status on_retracted(itp_loop *loop, const itp_event *event);

/* requests.c */
itp_status request_create(itp_loop *loop, itp_id trial_id, int task, int source, int again,
                          itp_id *out);
itp_status request_finish(itp_loop *loop, itp_id id, itp_request_state state);
itp_status request_requeue(itp_loop *loop, itp_id id, int delayed);
itp_status request_lose(itp_loop *loop, itp_id id); /* its worker or lease is gone */
int request_is_open(const request *r);
int request_is_physical(const itp_loop *loop, const request *r);
itp_status request_say(request *r, const char *why); /* keeps a copy for people; NULL: nothing */
void queue_push(itp_loop *loop, itp_id id);
void queue_remove(itp_loop *loop, itp_id id);
itp_status emit_attempt(itp_loop *loop, itp_action_kind kind, itp_id id);
itp_status emit_offer(itp_loop *loop, itp_id id);
itp_status on_timer(itp_loop *loop, const itp_event *event);

/* people.c */
itp_status request_cancel(itp_loop *loop, itp_id id); /* as a person wants it: off the budget */
itp_status on_cancelled(itp_loop *loop, const itp_event *event);
itp_status on_resolved(itp_loop *loop, const itp_event *event);

/* answers.c: what comes back from an attempt */
itp_status request_close(itp_loop *loop, itp_id id, itp_request_state end, itp_trial_state state);
itp_status on_result(itp_loop *loop, const itp_event *event);
itp_status on_failure(itp_loop *loop, const itp_event *event);
itp_status on_lease_expired(itp_loop *loop, const itp_event *event);
itp_status on_declined(itp_loop *loop, const itp_event *event);
itp_status on_accepted(itp_loop *loop, const itp_event *event);
itp_status on_started(itp_loop *loop, const itp_event *event);
itp_status on_answer(itp_loop *loop, const itp_event *event);

/* corrections.c */
typedef enum correction_verdict {
    CORRECTION_NONE,   /* no rule is meant */
    CORRECTION_MADE,   /* the request waits in the queue with what was changed */
    CORRECTION_IN_VAIN /* every rule that is meant has been tried as often as it may */
} correction_verdict;
itp_status request_correct(itp_loop *loop, const itp_event *event, correction_verdict *out);
void mending_destroy(mending *mended);

/* workers.c */
int worker_can(const itp_loop *loop, const worker *w, int task, int source);
itp_status workers_assign(itp_loop *loop); /* offers queued requests to free slots */
size_t workers_slots(const itp_loop *loop);
void worker_release(itp_loop *loop, itp_id id);
itp_status on_worker_registered(itp_loop *loop, const itp_event *event);
itp_status on_worker_slots(itp_loop *loop, const itp_event *event);
itp_status on_worker_gone(itp_loop *loop, const itp_event *event);
itp_status on_recovered(itp_loop *loop, const itp_event *event);

/* envelope.c */
itp_status envelope_keep(worker *w, const itp_roster *roster);
void envelope_forget(worker *w);
int worker_admits(const itp_loop *loop, const worker *w, const request *r);
itp_status envelope_explain(itp_loop *loop, itp_id id); /* why nobody is given it, for people */
/* 1 when it lies outside the envelope that the campaign declares: nobody may be given it. */
int envelope_refuses(const itp_loop *loop, const request *r, char *why, size_t size);
/* Stations that differ are decided for in turn; how many decisions until the turn comes round. */
size_t envelope_round(const itp_loop *loop);
/* The campaign that a decision is made from: the same, or narrower. */
const itp_campaign *envelope_campaign(itp_loop *loop, uint64_t decision);

/* approvals.c */
itp_status request_release(itp_loop *loop, itp_id id); /* to the queue, or to a person first */
itp_status on_approved(itp_loop *loop, const itp_event *event);

/* halts.c */
itp_status emit_halt(itp_loop *loop, size_t index); /* stopped, and not acknowledged yet */
itp_status on_safe_stopped(itp_loop *loop, const itp_event *event);
itp_status on_halted(itp_loop *loop, const itp_event *event);
itp_status on_ready(itp_loop *loop, const itp_event *event);

/* cost.c */
void spend(itp_loop *loop, const itp_event *event);         /* what an attempt has cost */
void spend_told(itp_loop *loop, itp_id trial, size_t task); /* what a person measured */
/* 1 when what is spent and what open requests are said to cost reach the budget. */
int cost_is_committed(const itp_loop *loop);

/* decisions.c */
itp_status decisions_want(itp_loop *loop); /* asks for a decision when there is room for trials */
itp_status on_decision(itp_loop *loop, const itp_event *event);
itp_status on_asked(itp_loop *loop, const itp_event *event);
size_t trials_left(const itp_loop *loop); /* by the budget; SIZE_MAX without one */

/* finish.c */
itp_status finish_check(
    itp_loop *loop); /* closes every step: is there a reason to finish, and is all done? */
void finish_reopen(itp_loop *loop); /* there is more to do: the reason is looked for again */
itp_status on_drained(itp_loop *loop, const itp_event *event);
itp_status on_opened(itp_loop *loop, const itp_event *event);
itp_status on_stopped(itp_loop *loop, const itp_event *event);
itp_status on_redefined(itp_loop *loop, const itp_event *event);

#endif
