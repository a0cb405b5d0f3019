/* session.c - see session.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crash.h"
#include "report.h"

enum {
    LOOK_MS = 500,      /* between looks for the sample that is loaded */
    HELLO_MS = 1000,    /* between greetings that get no answer */
    STRANGER_MS = 10000 /* and to an agent whose campaign is another's */
};

patron *session_patron(session *s, const char *campaign)
{
    for (unsigned i = 0; i < s->n_patrons; i++)
        if (campaign && strcmp(s->patrons[i].campaign, campaign) == 0) return &s->patrons[i];
    return NULL;
}

int session_is_halted(const session *s)
{
    for (unsigned i = 0; i < s->n_patrons; i++)
        if (s->patrons[i].halted) return 1;
    return 0;
}

void session_greet(session *s, patron *p, int64_t now_ms)
{
    itp_message hello;
    itp_message_init(&hello, ITP_VERB_HELLO);
    hello.worker = s->name;
    hello.text = ITP_VERSION;
    p->state = SESSION_GREETING;
    p->hello_at_ms = now_ms + HELLO_MS;
    link_send(&p->link, &hello);
}

void session_lost(session *s, patron *p)
{
    if (p->state == SESSION_REGISTERED)
        itp_log(s->log, ITP_WARN, "agent_lost", "campaign=%s jobs=%u owed=%zu", p->campaign,
                share_jobs(s, p), itp_outbox_size(s->outbox));
    p->state = SESSION_AWAY;
    p->credit_said = -1;
}

static itp_message about(itp_verb verb, const store_key *key)
{
    itp_message message;
    itp_message_init(&message, verb);
    message.campaign = key->campaign;
    message.request = key->request;
    message.epoch = key->epoch;
    return message;
}

void session_send_attempt(session *s, itp_verb verb, const store_key *key, int64_t number,
                          const char *text)
{
    patron *p = session_patron(s, key->campaign);
    itp_message message = about(verb, key);
    message.number = number;
    message.text = text && *text ? text : NULL;
    if (p) link_send(&p->link, &message);
}

void session_accept(session *s, const store_key *key)
{
    patron *p = session_patron(s, key->campaign);
    itp_message message = about(ITP_VERB_ACCEPT, key);
    message.sample = custody_sample(&s->custody);
    if (p) link_send(&p->link, &message);
}

/* A station that does not know what it did, or was stopped for safety, takes nothing new. */
static int free_slots(const session *s, const patron *p, int64_t now_ms)
{
    int not_ready = s->starts || (session_is_halted(s) && s->cls == ITP_PHYSICAL);
    return s->stop != STOP_NONE || not_ready ? 0 : (int)share_of(s, p, now_ms);
}

void session_credit(session *s)
{
    int64_t now_ms = itp_clock_monotonic_ms();
    for (unsigned i = 0; i < s->n_patrons; i++) {
        patron *p = &s->patrons[i];
        int slots = free_slots(s, p, now_ms);
        if (p->state != SESSION_REGISTERED || slots == p->credit_said) continue;
        itp_message credit;
        itp_message_init(&credit, ITP_VERB_CREDIT);
        credit.campaign = p->campaign;
        credit.number = slots;
        if (link_send(&p->link, &credit) == ITP_OK) p->credit_said = slots;
    }
}

static void flush(session *s, patron *p)
{
    size_t size;
    const void *frame;
    if (p->state != SESSION_REGISTERED) return;
    while ((frame = itp_outbox_next(s->outbox, p->campaign, &size))) {
        itp_crash_at(ITP_CRASH_WORKER_BEFORE_RESULT);
        if (link_send_frame(&p->link, frame, size) != ITP_OK) return;
        itp_crash_at(ITP_CRASH_WORKER_AFTER_RESULT);
        itp_outbox_sent(s->outbox);
    }
}

void session_flush(session *s)
{
    for (unsigned i = 0; i < s->n_patrons; i++) flush(s, &s->patrons[i]);
}

/* Everything of this campaign that we run, owe or have left open; *out is the caller's to free. */
static size_t list_held(session *s, const patron *p, itp_attempt **out)
{
    size_t n = 0, most = s->n_jobs + itp_outbox_size(s->outbox);
    for (const open_start *start = s->starts; start; start = start->next) most++;
    itp_attempt *held = calloc(most + 1, sizeof *held);
    *out = held;
    if (!held) return 0;
    for (const job *job = s->jobs; job; job = job->next)
        if (strcmp(job->offer.campaign, p->campaign) == 0)
            held[n++] = (itp_attempt){job->offer.request, job->offer.epoch};
    store_key key;
    for (size_t at = 0; n < most && itp_outbox_at(s->outbox, p->campaign, &at, &key);)
        if (n == 0 || held[n - 1].request != key.request || held[n - 1].epoch != key.epoch)
            held[n++] = (itp_attempt){key.request, key.epoch};
    for (const open_start *start = s->starts; start && n < most; start = start->next)
        if (strcmp(start->key.campaign, p->campaign) == 0)
            held[n++] = (itp_attempt){start->key.request, start->key.epoch};
    return n < ITP_WIRE_ITEMS ? n : ITP_WIRE_ITEMS;
}

static void enlist(session *s, patron *p, int64_t now_ms)
{
    const itp_tasks *tasks = itp_plugin_tasks(s->plugin);
    const char **names = calloc(tasks->n_tasks + 1, sizeof *names);
    itp_roster roster = {.connector = s->options->connector,
                         .slots = (uint32_t)free_slots(s, p, now_ms),
                         .cls = s->cls,
                         .schema = s->schema,
                         .ledger = s->ledger,
                         .sample = custody_sample(&s->custody),
                         .n_bounds = s->cls == ITP_PHYSICAL ? s->custody.n_bounds : 0,
                         .bounds = s->custody.bounds};
    itp_attempt *held = NULL;
    if (names) {
        for (size_t i = 0; i < tasks->n_tasks; i++) names[i] = tasks->tasks[i].name;
        roster.n_tasks = tasks->n_tasks;
        roster.tasks = names;
        roster.n_holding = list_held(s, p, &held);
        roster.holding = held;
        itp_message message;
        itp_message_init(&message, ITP_VERB_REGISTER);
        message.worker = s->name;
        message.campaign = p->campaign;
        message.roster = &roster;
        if (link_send(&p->link, &message) == ITP_OK) {
            p->state = SESSION_REGISTERED;
            p->beat_at_ms = now_ms + p->interval_ms;
            itp_outbox_rewind(s->outbox, p->campaign);
        }
    }
    free(held);
    free(names);
}

/* A campaign belongs to the agent that came with it: another one, or one with another key, might be
 * after the results that we keep for the first. */
static int is_of_another(const session *s, const patron *p, const char *campaign)
{
    for (unsigned i = 0; i < s->n_patrons; i++) {
        const patron *other = &s->patrons[i];
        if (other == p || strcmp(other->campaign, campaign) != 0) continue;
        if (other->state == SESSION_REGISTERED ||
            strcmp(other->link.who.server_key, p->link.who.server_key) != 0)
            return 1;
    }
    return 0;
}

static void on_welcome(session *s, patron *p, const itp_message *message, int64_t now_ms)
{
    if (is_of_another(s, p, message->campaign)) {
        itp_log(s->log, ITP_ERROR, "campaign_of_another", "campaign=%s endpoint=%s",
                message->campaign, p->link.who.endpoint);
        p->hello_at_ms = now_ms + STRANGER_MS;
        return;
    }
    patron *before = session_patron(s, message->campaign);
    if (before && before != p) before->campaign[0] = '\0'; /* it listens elsewhere now */
    snprintf(p->campaign, sizeof p->campaign, "%s", message->campaign);
    p->interval_ms = message->interval_ms ? message->interval_ms : ITP_HEARTBEAT_MS;
    p->wanted_ms = now_ms;
    link_listen_stop(&p->link, message->text);
    p->credit_said = -1;
    enlist(s, p, now_ms);
    session_credit(s);
    flush(s, p);
    itp_log(s->log, ITP_INFO, "registered", "campaign=%s jobs=%u owed=%zu", p->campaign,
            share_jobs(s, p), itp_outbox_size(s->outbox));
}

static void on_bye(session *s, patron *p, const itp_message *message)
{
    itp_log(s->log, ITP_INFO, "agent_said_bye", "text=%s", message->text ? message->text : "");
    session_lost(s, p);
    if (s->options->die_with_parent) session_stop(s, STOP_NOW);
}

/* What concerns an attempt may come only from the agent whose campaign it is of. */
static int is_foreign(const session *s, const patron *p, const itp_message *m)
{
    int attempt = m->verb == ITP_VERB_OFFER || m->verb == ITP_VERB_START ||
                  m->verb == ITP_VERB_CANCEL || m->verb == ITP_VERB_QUERY ||
                  m->verb == ITP_VERB_RESULT_ACK;
    if (!attempt || (p->campaign[0] && strcmp(m->campaign, p->campaign) == 0)) return 0;
    itp_log(s->log, ITP_ERROR, "not_its_campaign", "verb=%s campaign=%s endpoint=%s",
            itp_verb_name(m->verb), m->campaign, p->link.who.endpoint);
    return 1;
}

void session_hear(session *s, patron *p, const itp_message *message, int64_t now_ms)
{
    if (is_foreign(s, p, message)) return;
    switch (message->verb) {
    case ITP_VERB_WELCOME: on_welcome(s, p, message, now_ms); break;
    case ITP_VERB_REREGISTER:
        /* Said of frames from before the greeting that is under way: to register twice would have
         * the agent take for lost what it offers in between. Meant still, it comes again. */
        if (now_ms >= p->hello_at_ms) session_greet(s, p, now_ms);
        break;
    case ITP_VERB_OFFER: jobs_offer(s, p, message, now_ms); break;
    case ITP_VERB_START: jobs_start(s, message, now_ms); break;
    case ITP_VERB_CANCEL: jobs_cancel(s, message); break;
    case ITP_VERB_QUERY: jobs_query(s, message); break;
    case ITP_VERB_RESULT_ACK: jobs_acknowledge(s, message); break;
    case ITP_VERB_PAUSE: p->paused = 1; break;
    case ITP_VERB_RESUME:
        p->paused = 0;
        if (message->worker)
            p->halted = 0; /* A person has said so; a campaign that goes on has not. */
        session_credit(s);
        jobs_assign(s, now_ms);
        break;
    case ITP_VERB_SAFE_STOP: session_halt(s, p); break;
    case ITP_VERB_BYE: on_bye(s, p, message); break;
    case ITP_VERB_ERROR:
        itp_log(s->log, ITP_WARN, "agent_says_error", "text=%s",
                message->text ? message->text : "");
        break;
    case ITP_VERB_HEARTBEAT: break; /* the link is alive: ZeroMQ's own heartbeats act on that */
    default: itp_log(s->log, ITP_WARN, "unexpected_verb", "verb=%s", itp_verb_name(message->verb));
    }
}

/* One progress per attempt held. Attempts of other campaigns are not this agent's to know. */
static void beat(session *s, patron *p, int64_t now_ms)
{
    itp_progress *progress = calloc(s->n_jobs + 1, sizeof *progress);
    char(*texts)[128] = calloc(s->n_jobs + 1, sizeof *texts);
    if (progress && texts) {
        size_t n = 0;
        for (const job *job = s->jobs; job; job = job->next) {
            if (strcmp(job->offer.campaign, p->campaign) != 0 || job_is_stuck(job, now_ms))
                continue;
            itp_crew_progress(s->crew, job, &progress[n].fraction, texts[n]);
            progress[n].attempt = (itp_attempt){job->offer.request, job->offer.epoch};
            progress[n].text = texts[n][0] ? texts[n] : NULL;
            n++;
        }
        itp_message message;
        itp_message_init(&message, ITP_VERB_HEARTBEAT);
        message.campaign = p->campaign;
        message.progress = progress;
        message.n_progress = n;
        link_send(&p->link, &message);
    }
    free(texts);
    free(progress);
}

static void tick_patron(session *s, patron *p, int64_t now_ms)
{
    if (share_jobs(s, p) > 0) p->wanted_ms = now_ms;
    if (p->state == SESSION_GREETING && now_ms >= p->hello_at_ms) session_greet(s, p, now_ms);
    if (p->state != SESSION_REGISTERED || now_ms < p->beat_at_ms) return;
    /* Jobs are named each interval, since that renews their leases; a worker without any speaks
     * only when it has not spoken. */
    if (share_jobs(s, p) > 0 || now_ms - p->link.sent_ms >= p->interval_ms) {
        beat(s, p, now_ms);
        p->beat_at_ms = now_ms + p->interval_ms;
    } else {
        p->beat_at_ms = p->link.sent_ms + p->interval_ms;
    }
}

/* Another sample has been loaded: every agent hears of it by a new registration. */
static void watch_sample(session *s, int64_t now_ms)
{
    if (!s->custody.file || now_ms < s->look_at_ms) return;
    s->look_at_ms = now_ms + LOOK_MS;
    if (!custody_look(&s->custody)) return;
    itp_log(s->log, ITP_INFO, "sample_loaded", "sample=%s", s->custody.sample);
    for (unsigned i = 0; i < s->n_patrons; i++)
        if (s->patrons[i].state == SESSION_REGISTERED) enlist(s, &s->patrons[i], now_ms);
}

void session_tick(session *s, int64_t now_ms)
{
    watch_sample(s, now_ms);
    jobs_expire(s, now_ms);
    session_credit(s);
    session_flush(s);
    for (unsigned i = 0; i < s->n_patrons; i++) tick_patron(s, &s->patrons[i], now_ms);
}

int64_t session_next_ms(const session *s, int64_t now_ms)
{
    int64_t next = share_next_ms(s, now_ms);
    if (s->custody.file && s->look_at_ms < next) next = s->look_at_ms;
    for (unsigned i = 0; i < s->n_patrons; i++) {
        const patron *p = &s->patrons[i];
        int64_t due = p->link.again_ms;
        if (p->state == SESSION_GREETING) due = p->hello_at_ms;
        if (p->state == SESSION_REGISTERED) due = p->beat_at_ms;
        if (due < next) next = due;
    }
    for (const job *job = s->jobs; job; job = job->next)
        if (!job->cancelled && job->deadline_ms < next) next = job->deadline_ms;
    return next;
}

void session_halt(session *s, patron *p)
{
    itp_crew_safe_stop(s->crew); /* before anything that takes time */
    if (!p->halted) itp_log(s->log, ITP_WARN, "safe_stop", "jobs=%u", s->n_jobs);
    p->halted = 1;
    jobs_halt(s);
    itp_message done;
    itp_message_init(&done, ITP_VERB_SAFE_STOP);
    if (p->state == SESSION_REGISTERED) link_send(&p->link, &done);
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

/* Whether nothing is left to say to this agent. */
static int is_settled(session *s, const patron *p)
{
    size_t size, at = 0;
    store_key key;
    if (p->state != SESSION_REGISTERED) return 1;
    if (!p->link.blocked && itp_outbox_next(s->outbox, p->campaign, &size)) return 0;
    return s->stop != STOP_DRAIN || !itp_outbox_at(s->outbox, p->campaign, &at, &key);
}

int session_idle(session *s)
{
    if (s->n_jobs > 0) return 0;
    for (unsigned i = 0; i < s->n_patrons; i++)
        if (!is_settled(s, &s->patrons[i])) return 0;
    return 1;
}

void session_bye(session *s, const char *text)
{
    for (unsigned i = 0; i < s->n_patrons; i++) {
        patron *p = &s->patrons[i];
        if (p->state == SESSION_AWAY) continue;
        itp_message bye;
        itp_message_init(&bye, ITP_VERB_BYE);
        bye.campaign = p->campaign[0] ? p->campaign : NULL;
        bye.worker = s->name;
        bye.text = text;
        link_send(&p->link, &bye);
    }
}
