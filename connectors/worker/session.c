/* session.c - see session.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "report.h"

enum { HELLO_MS = 1000 }; /* between greetings that get no answer */

void session_greet(session *s, int64_t now_ms)
{
    itp_message hello;
    itp_message_init(&hello, ITP_VERB_HELLO);
    hello.worker = s->name;
    hello.text = ITP_VERSION;
    s->state = SESSION_GREETING;
    s->hello_at_ms = now_ms + HELLO_MS;
    link_send(&s->link, &hello);
}

void session_lost(session *s)
{
    if (s->state == SESSION_REGISTERED)
        itp_log(s->log, ITP_WARN, "agent_lost", "campaign=%s jobs=%u owed=%zu", s->campaign,
                s->n_jobs, itp_outbox_size(s->outbox));
    s->state = SESSION_AWAY;
    s->credit_said = -1;
}

void session_send_attempt(session *s, itp_verb verb, const store_key *key, int64_t number,
                          const char *text)
{
    itp_message message;
    itp_message_init(&message, verb);
    message.campaign = key->campaign;
    message.request = key->request;
    message.epoch = key->epoch;
    message.number = number;
    message.text = text && *text ? text : NULL;
    link_send(&s->link, &message);
}

/* A station that does not know what it did, or was stopped for safety, takes nothing new. */
static int free_slots(const session *s)
{
    int not_ready = s->starts || (s->halted && s->cls == ITP_PHYSICAL);
    return s->stop != STOP_NONE || not_ready ? 0 : (int)s->options->slots;
}

void session_credit(session *s)
{
    int slots = free_slots(s);
    if (s->state != SESSION_REGISTERED || slots == s->credit_said) return;
    itp_message credit;
    itp_message_init(&credit, ITP_VERB_CREDIT);
    credit.number = slots;
    if (link_send(&s->link, &credit) == ITP_OK) s->credit_said = slots;
}

void session_flush(session *s)
{
    size_t size;
    const void *frame;
    if (s->state != SESSION_REGISTERED) return;
    while ((frame = itp_outbox_next(s->outbox, s->campaign, &size))) {
        if (link_send_frame(&s->link, frame, size) != ITP_OK) return;
        itp_outbox_sent(s->outbox);
    }
}

/* Everything of this campaign that we run, owe or have left open; *out is the caller's to free. */
static size_t list_held(session *s, itp_attempt **out)
{
    size_t n = 0, most = s->n_jobs + itp_outbox_size(s->outbox);
    for (const open_start *start = s->starts; start; start = start->next) most++;
    itp_attempt *held = calloc(most + 1, sizeof *held);
    *out = held;
    if (!held) return 0;
    for (const job *job = s->jobs; job; job = job->next)
        if (strcmp(job->offer.campaign, s->campaign) == 0)
            held[n++] = (itp_attempt){job->offer.request, job->offer.epoch};
    store_key key;
    for (size_t at = 0; n < most && itp_outbox_at(s->outbox, s->campaign, &at, &key);)
        if (n == 0 || held[n - 1].request != key.request || held[n - 1].epoch != key.epoch)
            held[n++] = (itp_attempt){key.request, key.epoch};
    for (const open_start *start = s->starts; start && n < most; start = start->next)
        if (strcmp(start->key.campaign, s->campaign) == 0)
            held[n++] = (itp_attempt){start->key.request, start->key.epoch};
    return n < ITP_WIRE_ITEMS ? n : ITP_WIRE_ITEMS;
}

static void enlist(session *s, int64_t now_ms)
{
    const itp_tasks *tasks = itp_plugin_tasks(s->plugin);
    const char **names = calloc(tasks->n_tasks + 1, sizeof *names);
    itp_roster roster = {.connector = s->options->connector,
                         .slots = (uint32_t)free_slots(s),
                         .cls = s->cls,
                         .schema = s->schema,
                         .ledger = s->ledger};
    itp_attempt *held = NULL;
    if (names) {
        for (size_t i = 0; i < tasks->n_tasks; i++) names[i] = tasks->tasks[i].name;
        roster.n_tasks = tasks->n_tasks;
        roster.tasks = names;
        roster.n_holding = list_held(s, &held);
        roster.holding = held;
        itp_message message;
        itp_message_init(&message, ITP_VERB_REGISTER);
        message.worker = s->name;
        message.campaign = s->campaign;
        message.roster = &roster;
        if (link_send(&s->link, &message) == ITP_OK) {
            s->state = SESSION_REGISTERED;
            s->beat_at_ms = now_ms + s->interval_ms;
            itp_outbox_rewind(s->outbox);
        }
    }
    free(held);
    free(names);
}

static void on_welcome(session *s, const itp_message *message, int64_t now_ms)
{
    snprintf(s->campaign, sizeof s->campaign, "%s", message->campaign);
    s->interval_ms = message->interval_ms ? message->interval_ms : ITP_HEARTBEAT_MS;
    link_listen_stop(&s->link, message->text);
    s->credit_said = -1;
    enlist(s, now_ms);
    session_credit(s);
    session_flush(s);
    itp_log(s->log, ITP_INFO, "registered", "campaign=%s jobs=%u owed=%zu", s->campaign, s->n_jobs,
            itp_outbox_size(s->outbox));
}

static void on_bye(session *s, const itp_message *message)
{
    itp_log(s->log, ITP_INFO, "agent_said_bye", "text=%s", message->text ? message->text : "");
    session_lost(s);
    if (s->options->die_with_parent) session_stop(s, STOP_NOW);
}

void session_hear(session *s, const itp_message *message, int64_t now_ms)
{
    switch (message->verb) {
    case ITP_VERB_WELCOME: on_welcome(s, message, now_ms); break;
    case ITP_VERB_REREGISTER: session_greet(s, now_ms); break;
    case ITP_VERB_OFFER: jobs_offer(s, message, now_ms); break;
    case ITP_VERB_START: jobs_start(s, message, now_ms); break;
    case ITP_VERB_CANCEL: jobs_cancel(s, message); break;
    case ITP_VERB_QUERY: jobs_query(s, message); break;
    case ITP_VERB_RESULT_ACK: jobs_acknowledge(s, message); break;
    case ITP_VERB_PAUSE: s->paused = 1; break;
    case ITP_VERB_RESUME:
        s->paused = 0;
        if (message->worker)
            s->halted = 0; /* A person has said so; a campaign that goes on has not. */
        session_credit(s);
        jobs_assign(s, now_ms);
        break;
    case ITP_VERB_SAFE_STOP: session_halt(s); break;
    case ITP_VERB_BYE: on_bye(s, message); break;
    case ITP_VERB_ERROR:
        itp_log(s->log, ITP_WARN, "agent_says_error", "text=%s",
                message->text ? message->text : "");
        break;
    case ITP_VERB_HEARTBEAT: break; /* the link is alive: ZeroMQ's own heartbeats act on that */
    default: itp_log(s->log, ITP_WARN, "unexpected_verb", "verb=%s", itp_verb_name(message->verb));
    }
}

/* One progress per attempt held. Attempts of other campaigns are not this agent's to know. */
static void beat(session *s, int64_t now_ms)
{
    itp_progress *progress = calloc(s->n_jobs + 1, sizeof *progress);
    char(*texts)[128] = calloc(s->n_jobs + 1, sizeof *texts);
    if (progress && texts) {
        size_t n = 0;
        for (const job *job = s->jobs; job; job = job->next) {
            if (strcmp(job->offer.campaign, s->campaign) != 0 || job_is_stuck(job, now_ms))
                continue;
            itp_crew_progress(s->crew, job, &progress[n].fraction, texts[n]);
            progress[n].attempt = (itp_attempt){job->offer.request, job->offer.epoch};
            progress[n].text = texts[n][0] ? texts[n] : NULL;
            n++;
        }
        itp_message message;
        itp_message_init(&message, ITP_VERB_HEARTBEAT);
        message.campaign = s->campaign;
        message.progress = progress;
        message.n_progress = n;
        link_send(&s->link, &message);
    }
    free(texts);
    free(progress);
}

void session_tick(session *s, int64_t now_ms)
{
    jobs_expire(s, now_ms);
    if (s->state == SESSION_GREETING && now_ms >= s->hello_at_ms) session_greet(s, now_ms);
    if (s->state != SESSION_REGISTERED) return;
    session_credit(s);
    session_flush(s);
    if (now_ms < s->beat_at_ms) return;
    /* Jobs are named each interval, since that renews their leases; a worker without any speaks
     * only when it has not spoken. */
    if (s->n_jobs > 0 || now_ms - s->link.sent_ms >= s->interval_ms) {
        beat(s, now_ms);
        s->beat_at_ms = now_ms + s->interval_ms;
    } else {
        s->beat_at_ms = s->link.sent_ms + s->interval_ms;
    }
}

int64_t session_next_ms(const session *s)
{
    int64_t next = s->link.again_ms;
    if (s->state == SESSION_GREETING) next = s->hello_at_ms;
    if (s->state == SESSION_REGISTERED) next = s->beat_at_ms;
    for (const job *job = s->jobs; job; job = job->next)
        if (!job->cancelled && job->deadline_ms < next) next = job->deadline_ms;
    return next;
}

void session_halt(session *s)
{
    itp_crew_safe_stop(s->crew); /* before anything that takes time */
    if (!s->halted) itp_log(s->log, ITP_WARN, "safe_stop", "jobs=%u", s->n_jobs);
    s->halted = 1;
    jobs_halt(s);
    itp_message done;
    itp_message_init(&done, ITP_VERB_SAFE_STOP);
    if (s->state == SESSION_REGISTERED) link_send(&s->link, &done);
    session_credit(s);
}

void session_stop(session *s, stop_phase phase)
{
    if (phase <= s->stop) return;
    itp_log(s->log, ITP_INFO, phase == STOP_NOW ? "stopping" : "draining", "jobs=%u", s->n_jobs);
    s->stop = phase;
    session_credit(s);
    jobs_end(s);
}

int session_idle(session *s)
{
    if (s->n_jobs > 0) return 0;
    int waits_for_ack = s->stop == STOP_DRAIN && s->state == SESSION_REGISTERED;
    size_t size, at = 0;
    store_key key;
    if (itp_outbox_next(s->outbox, s->campaign, &size) && s->state == SESSION_REGISTERED &&
        !s->link.blocked)
        return 0;
    return !(waits_for_ack && itp_outbox_at(s->outbox, s->campaign, &at, &key));
}

void session_bye(session *s, const char *text)
{
    if (s->state == SESSION_AWAY) return;
    itp_message bye;
    itp_message_init(&bye, ITP_VERB_BYE);
    bye.worker = s->name;
    bye.text = text;
    link_send(&s->link, &bye);
}
