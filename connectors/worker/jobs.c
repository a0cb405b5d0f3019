/* jobs.c - the verbs that concern one attempt, and its way from OFFER to RESULT. See session.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crash.h"
#include "report.h"
#include "session.h"

enum { STUCK_AFTER_MS = 30000 }; /* past its deadline: the lease is no longer renewed */

static store_key key_of(const itp_message *message)
{
    return (store_key){message->campaign, message->request, message->epoch, -1};
}

static int is_same(const itp_message *a, const itp_message *b)
{
    return a->request == b->request && a->epoch == b->epoch &&
           strcmp(a->campaign, b->campaign) == 0;
}

static job *find_job(const session *s, const itp_message *message)
{
    for (job *job = s->jobs; job; job = job->next)
        if (is_same(&job->offer, message)) return job;
    return NULL;
}

static void free_job(job *job)
{
    itp_wire_arena_deinit(&job->arena);
    free(job);
}

static void remove_job(session *s, job *gone)
{
    job **at = &s->jobs;
    while (*at != gone) at = &(*at)->next;
    *at = gone->next;
    s->n_jobs--;
    itp_crew_idle(s->crew, gone);
    free_job(gone);
}

void jobs_free(session *s)
{
    while (s->jobs) {
        job *next = s->jobs->next;
        free_job(s->jobs);
        s->jobs = next;
    }
    while (s->starts) {
        open_start *next = s->starts->next;
        free((char *)s->starts->key.campaign);
        free(s->starts);
        s->starts = next;
    }
}

/* A failure said by the worker itself, kept and sent as any result is. */
static void fail_attempt(session *s, const itp_message *offer, itp_cause cause, const char *text)
{
    itp_buffer frame = {0};
    store_key key = key_of(offer);
    if (report_encode_failure(offer, cause, text, &frame) != ITP_OK ||
        itp_outbox_add(s->outbox, &key, frame.data, frame.size, 0, 0) != ITP_OK)
        itp_log(s->log, ITP_ERROR, "failure_not_kept", "request=%llu text=%s",
                (unsigned long long)offer->request, text);
    session_flush(s);
}

static void begin_clock(job *job, int64_t now_ms)
{
    double limit_ms = job->offer.time_limit_s * 1000;
    job->deadline_ms = limit_ms > 0 && limit_ms < 9e15 ? now_ms + (int64_t)limit_ms : INT64_MAX;
}

void jobs_assign(session *s, int64_t now_ms)
{
    if (s->stop != STOP_NONE) return;
    for (job *job; (job = share_choose(s));) {
        if (!itp_crew_give(s->crew, job)) return;
        patron *p = session_patron(s, job->offer.campaign);
        if (p) p->turn = ++s->turns;
        if (job->state == JOB_RUNNING) begin_clock(job, now_ms);
    }
}

/* Why a physical request cannot be taken: "" when it can. */
static void judge_physical(session *s, const itp_message *message, char text[256])
{
    ledger_state state;
    uint32_t epoch;
    itp_error err;
    text[0] = '\0';
    if (session_is_halted(s))
        snprintf(text, 256, "stopped for safety; resume first");
    else if (s->starts)
        snprintf(text, 256, "not ready: request %llu was started and its outcome is not known",
                 (unsigned long long)s->starts->key.request);
    else if (itp_store_look(s->store, message->campaign, message->request, &state, &epoch, &err) !=
             ITP_OK)
        snprintf(text, 256, "%.250s", err.text);
    else if (state == LEDGER_REFUSED && message->epoch <= epoch)
        snprintf(text, 256, "refused up to epoch %u, when asked about it", epoch);
    else if (state != LEDGER_UNKNOWN && state != LEDGER_REFUSED)
        snprintf(text, 256, "this station has started this request before (epoch %u)", epoch);
    else
        custody_judge(&s->custody, message->sample, message->n_values, message->values, text);
}

static void judge(session *s, const patron *p, const itp_message *message, char text[256])
{
    text[0] = '\0';
    if (s->stop != STOP_NONE)
        snprintf(text, 256, "this worker is stopping");
    else if (!itp_plugin_task(s->plugin, message->task))
        snprintf(text, 256, "this worker performs no task %.100s", message->task);
    else if (share_jobs(s, p) >= 2 * s->options->slots)
        snprintf(text, 256, "no free slot: %u are at work", s->n_jobs);
    else if (message->cls == ITP_PHYSICAL)
        judge_physical(s, message, text);
}

/* The message lives until the next one; a job needs its own copy. */
static job *keep(session *s, const itp_message *message)
{
    job *kept = calloc(1, sizeof *kept);
    itp_buffer frame = {0};
    itp_status st = kept ? itp_wire_encode(message, &frame) : ITP_ENOMEM;
    if (st == ITP_OK)
        st = itp_wire_decode(frame.data, frame.size, &kept->arena, &kept->offer, NULL);
    itp_buffer_deinit(&frame);
    if (st != ITP_OK) {
        if (kept) free_job(kept);
        return NULL;
    }
    kept->slot = -1;
    kept->fraction = NAN;
    kept->deadline_ms = INT64_MAX;
    job **last = &s->jobs;
    while (*last) last = &(*last)->next;
    *last = kept;
    s->n_jobs++;
    return kept;
}

void jobs_offer(session *s, patron *p, const itp_message *message, int64_t now_ms)
{
    p->wanted_ms = now_ms;
    store_key key = key_of(message);
    const job *known = find_job(s, message);
    if (known) { /* twice: the heartbeat says that it is here, and a lost ACCEPT is said again */
        if (known->state == JOB_READY && !known->cancelled) session_accept(s, &key);
        p->beat_at_ms = now_ms;
        return;
    }
    if (itp_outbox_owes(s->outbox, key.campaign, key.request, key.epoch)) {
        session_flush(s);
        return;
    }
    char text[256];
    judge(s, p, message, text);
    if (!text[0] && !keep(s, message)) snprintf(text, sizeof text, "out of memory");
    if (text[0])
        session_send_attempt(s, ITP_VERB_DECLINE, &key, 0, text);
    else
        jobs_assign(s, now_ms);
}

void jobs_start(session *s, const itp_message *message, int64_t now_ms)
{
    store_key key = key_of(message);
    job *job = find_job(s, message);
    char text[256] = "";
    if (job && job->state == JOB_READY && !job->cancelled)
        custody_judge(&s->custody, job->offer.sample, 0, NULL, text);
    if (text[0]) { /* another sample was put in meanwhile */
        itp_crew_cancel(s->crew, job, ITP_CAUSE_CANCELLED);
    } else if (job && job->state == JOB_READY && !job->cancelled) {
        itp_crew_start(s->crew, job);
        begin_clock(job, now_ms);
    } else if (!job && !itp_outbox_owes(s->outbox, key.campaign, key.request, key.epoch)) {
        /* Not held here, or not any more: an earlier life may have started it. So this is no
         * DECLINE, which would let another station begin, but the answer to a QUERY. */
        jobs_query(s, message);
    }
    session_flush(s);
}

void jobs_cancel(session *s, const itp_message *message)
{
    store_key key = key_of(message);
    job *job = find_job(s, message);
    if (job && job->state != JOB_QUEUED) {
        itp_crew_cancel(s->crew, job, ITP_CAUSE_CANCELLED);
        return;
    }
    if (!job && itp_outbox_owes(s->outbox, key.campaign, key.request, key.epoch)) {
        session_flush(s);
        return;
    }
    fail_attempt(s, message, ITP_CAUSE_CANCELLED,
                 job ? "cancelled before it began" : "not held here");
    if (job) remove_job(s, job);
}

/* The kept result of a request whose acknowledgement may not have been meant for this agent. */
static int send_kept(session *s, const store_key *key)
{
    void *frame = NULL;
    size_t size;
    if (itp_store_final(s->store, key->campaign, key->request, &frame, &size, NULL) != ITP_OK)
        return 0;
    patron *p = session_patron(s, key->campaign);
    if (p) link_send_frame(&p->link, frame, size);
    free(frame);
    return 1;
}

/* Nothing of it is running or owed here: the ledger, the connector and then a person must say. */
static itp_answer_kind answer_physical(session *s, const store_key *key, char text[256])
{
    ledger_state state;
    itp_error err = {.status = ITP_OK};
    itp_answer known;
    if (itp_store_look(s->store, key->campaign, key->request, &state, NULL, &err) != ITP_OK) {
        snprintf(text, 256, "%.250s", err.text);
        return ITP_ANSWER_STARTED_UNKNOWN;
    }
    if (state == LEDGER_DONE && send_kept(s, key)) return ITP_ANSWER_DONE;
    if (state == LEDGER_UNKNOWN || state == LEDGER_REFUSED) {
        /* Refused durably before it is said: a delayed START must find it so. */
        if (itp_store_refuse(s->store, key->campaign, key->request, key->epoch, &err) == ITP_OK)
            return ITP_ANSWER_NEVER_STARTED;
        snprintf(text, 256, "%.250s", err.text);
        return ITP_ANSWER_STARTED_UNKNOWN;
    }
    /* Started, says the ledger. The connector may know how it ended, but not that it never began.
     */
    if (itp_crew_query(s->crew, key->request, &known) == ITP_OK &&
        known.kind != ITP_ANSWER_NEVER_STARTED) {
        snprintf(text, 256, "%.255s", known.text);
        return known.kind;
    }
    snprintf(text, 256, "started, and this station was interrupted before it ended");
    return ITP_ANSWER_STARTED_UNKNOWN;
}

void jobs_query(session *s, const itp_message *message)
{
    store_key key = key_of(message);
    job *job = s->jobs;
    char text[256] = "";
    while (job && (job->offer.request != key.request || strcmp(job->offer.campaign, key.campaign)))
        job = job->next;
    int physical = s->cls == ITP_PHYSICAL || message->cls == ITP_PHYSICAL;
    itp_answer_kind kind;
    if (job && (job->state == JOB_RUNNING || job->offer.cls != ITP_PHYSICAL)) {
        kind = ITP_ANSWER_RUNNING;
    } else if (itp_outbox_owes(s->outbox, key.campaign, key.request, 0)) {
        kind = ITP_ANSWER_DONE;
    } else if (physical || (job && job->offer.cls == ITP_PHYSICAL)) {
        kind = answer_physical(s, &key, text);
        if (job && job->state == JOB_QUEUED)
            remove_job(s, job);
        else if (job)
            itp_crew_cancel(s->crew, job, ITP_CAUSE_CANCELLED);
    } else {
        kind = ITP_ANSWER_NEVER_STARTED;
    }
    report_clean(text);
    itp_crash_at(ITP_CRASH_STATION_BEFORE_ANSWER);
    session_send_attempt(s, ITP_VERB_ANSWER, &key, (int64_t)kind, text);
    itp_crash_at(ITP_CRASH_STATION_AFTER_ANSWER);
    session_flush(s);
}

/* An acknowledgement of what was started and never ended: a person has resolved it. */
static void close_start(session *s, const store_key *key)
{
    open_start **at = &s->starts;
    while (*at &&
           ((*at)->key.request != key->request || strcmp((*at)->key.campaign, key->campaign)))
        at = &(*at)->next;
    open_start *start = *at;
    if (!start) return;
    itp_error err;
    if (itp_store_shut(s->store, key->campaign, key->request, &err) != ITP_OK) {
        itp_log(s->log, ITP_ERROR, "ledger_not_closed", "text=%s", err.text);
        return;
    }
    *at = start->next;
    free((char *)start->key.campaign);
    free(start);
    session_credit(s);
}

void jobs_acknowledge(session *s, const itp_message *message)
{
    store_key key = key_of(message);
    key.index = message->index;
    if (message->text)
        itp_log(s->log, ITP_INFO, "result_not_used", "request=%llu epoch=%u text=%s",
                (unsigned long long)key.request, key.epoch, message->text);
    itp_crash_at(ITP_CRASH_WORKER_BEFORE_ACK);
    if (!itp_outbox_acknowledge(s->outbox, &key) && key.index < 0) close_start(s, &key);
    itp_crash_at(ITP_CRASH_WORKER_AFTER_ACK);
}

/* The result goes to the outbox, which takes the frame; unless we gave the attempt up ourselves,
 * then BYE is what the agent hears. */
static void take_final(session *s, notice *notice)
{
    const itp_message *offer = &notice->job->offer;
    int physical = offer->cls == ITP_PHYSICAL;
    int given_up = notice->cause == ITP_CAUSE_CANCELLED || notice->cause == ITP_CAUSE_WORKER_LOST;
    if (s->stop == STOP_NOW && given_up && !physical) return;
    if (itp_outbox_add(s->outbox, &notice->key, notice->frame.data, notice->frame.size, physical,
                       notice->took_ms) != ITP_OK)
        itp_log(s->log, ITP_ERROR, "result_not_kept", "request=%llu text=out of memory",
                (unsigned long long)offer->request);
    notice->frame = (itp_buffer){0};
}

void session_notice(session *s, notice *notice, int64_t now_ms)
{
    job *job = notice->job;
    switch (notice->kind) {
    case NOTICE_READY:
        job->state = JOB_READY;
        if (job->cancelled) break;
        itp_crash_at(ITP_CRASH_STATION_BEFORE_ACCEPT);
        session_accept(s, &notice->key);
        itp_crash_at(ITP_CRASH_STATION_AFTER_ACCEPT);
        break;
    case NOTICE_STARTED:
        itp_crash_at(ITP_CRASH_STATION_BEFORE_STARTED);
        session_send_attempt(s, ITP_VERB_STARTED, &notice->key, 0, NULL);
        itp_crash_at(ITP_CRASH_STATION_AFTER_STARTED);
        break;
    case NOTICE_EMIT: take_final(s, notice); break;
    case NOTICE_DECLINED:
        report_clean(notice->text);
        session_send_attempt(s, ITP_VERB_DECLINE, &notice->key, 0, notice->text);
        remove_job(s, job);
        break;
    case NOTICE_FINAL:
        take_final(s, notice);
        remove_job(s, job);
        break;
    }
    itp_notice_free(notice);
    jobs_assign(s, now_ms);
    session_flush(s);
}

void jobs_expire(session *s, int64_t now_ms)
{
    for (job *job = s->jobs; job; job = job->next)
        if (job->state == JOB_RUNNING && !job->cancelled && now_ms >= job->deadline_ms) {
            itp_log(s->log, ITP_WARN, "deadline", "request=%llu epoch=%u",
                    (unsigned long long)job->offer.request, job->offer.epoch);
            itp_crew_cancel(s->crew, job, ITP_CAUSE_TIMEOUT);
        }
}

int job_is_stuck(const job *job, int64_t now_ms)
{
    return job->cancelled && job->deadline_ms != INT64_MAX &&
           now_ms - job->deadline_ms > STUCK_AFTER_MS;
}

/* Queued jobs go at once (BYE or the lapse of their lease tells the agent); physical work that
 * moves is finished, whatever the hurry. */
void jobs_end(session *s)
{
    for (job *job = s->jobs, *next; job; job = next) {
        next = job->next;
        if (job->state == JOB_QUEUED)
            remove_job(s, job);
        else if (job->offer.cls == ITP_PHYSICAL ? job->state != JOB_RUNNING : s->stop == STOP_NOW)
            itp_crew_cancel(s->crew, job,
                            job->offer.cls == ITP_PHYSICAL ? ITP_CAUSE_CANCELLED
                                                           : ITP_CAUSE_WORKER_LOST);
    }
}

void jobs_halt(session *s)
{
    for (job *job = s->jobs, *next; job; job = next) {
        next = job->next;
        if (job->offer.cls != ITP_PHYSICAL || job->state == JOB_RUNNING) continue;
        if (job->state == JOB_QUEUED) {
            store_key key = key_of(&job->offer);
            session_send_attempt(s, ITP_VERB_DECLINE, &key, 0, "stopped for safety");
            remove_job(s, job);
        } else {
            itp_crew_cancel(s->crew, job, ITP_CAUSE_CANCELLED);
        }
    }
}
