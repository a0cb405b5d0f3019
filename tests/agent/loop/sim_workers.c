/* sim_workers.c - a lossy network, and workers and stations that die, freeze and keep ledgers.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "simulation.h"

int sim_chance(sim *s, double p)
{
    return itp_stream_uniform(&s->rng) < p;
}

void *sim_grow(void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) return items;
    *cap = *cap ? 2 * *cap : 256;
    items = realloc(items, *cap * size);
    if (!items) abort();
    return items;
}

/* --- Network --- */

void sim_post(sim *s, letter l)
{
    for (int copy = 0; copy < (sim_chance(s, 0.03) ? 2 : 1); copy++) {
        if (sim_chance(s, 0.03)) continue;
        l.at_ms = s->now_ms + (int64_t)(itp_stream_uniform(&s->rng) * 200) +
                  (sim_chance(s, 0.02) ? 25000 : 0);
        s->net = sim_grow(s->net, s->n_net, &s->cap_net, sizeof *s->net);
        s->net[s->n_net++] = l;
    }
}

static void to_agent(sim *s, int worker, itp_verb verb, itp_attempt attempt, int64_t number)
{
    letter l = {
        .to_agent = 1, .worker = worker, .verb = verb, .attempt = attempt, .number = number};
    machine *m = &s->machines[worker];
    if (verb == ITP_VERB_REGISTER || verb == ITP_VERB_HEARTBEAT) {
        for (size_t i = 0; i < m->n_jobs && l.n_held < HELD_MAX; i++)
            l.held[l.n_held++] = m->jobs[i].attempt;
        for (size_t i = 0; i < m->n_outbox && l.n_held < HELD_MAX; i++)
            l.held[l.n_held++] = m->outbox[i];
    }
    sim_post(s, l);
}

/* --- Workers and stations --- */

static void begin_job(sim *s, machine *m, itp_attempt attempt, int started)
{
    job *j = &m->jobs[m->n_jobs++];
    *j = (job){attempt, s->now_ms + 500 + (int64_t)(itp_stream_uniform(&s->rng) * 4000), started};
    if (s->physical && !started) j->ends_ms = s->now_ms + 30000; /* A reservation. */
}

job *sim_find_job(machine *m, itp_id request)
{
    for (size_t i = 0; i < m->n_jobs; i++)
        if (m->jobs[i].attempt.request == request) return &m->jobs[i];
    return NULL;
}

static void take_offer(sim *s, int w, itp_attempt a)
{
    machine *m = &s->machines[w];
    if (sim_find_job(m, a.request) || m->n_jobs == SLOTS) return;
    for (size_t i = 0; i < m->n_outbox; i++)
        if (m->outbox[i].request == a.request) return;
    begin_job(s, m, a, 0);
    if (s->physical) to_agent(s, w, ITP_VERB_ACCEPT, a, 0);
}

static void take_query(sim *s, int w, itp_attempt a)
{
    machine *m = &s->machines[w];
    job *j = sim_find_job(m, a.request);
    int64_t answer = ITP_ANSWER_NEVER_STARTED;
    if (m->done[a.request])
        answer = ITP_ANSWER_DONE;
    else if (j && j->started)
        answer = ITP_ANSWER_RUNNING;
    else if (m->starts[a.request])
        answer = ITP_ANSWER_STARTED_UNKNOWN;
    else if (s->planted != FAULT_DENY_WITHOUT_REFUSING && m->refused[a.request] < a.epoch)
        m->refused[a.request] = a.epoch;
    if (answer == ITP_ANSWER_NEVER_STARTED && j) *j = m->jobs[--m->n_jobs];
    to_agent(s, w, ITP_VERB_ANSWER, a, answer);
    if (answer == ITP_ANSWER_DONE) to_agent(s, w, ITP_VERB_RESULT, a, 0);
}

static void take_start(sim *s, int w, itp_attempt a)
{
    machine *m = &s->machines[w];
    int may = !m->starts[a.request] && m->refused[a.request] < a.epoch;
    if (s->planted == FAULT_START_WITHOUT_LEDGER) may = 1;
    if (!may) { /* Not held here: answered as if asked, never declined. */
        if (s->planted == FAULT_DECLINE_STARTED && m->starts[a.request])
            to_agent(s, w, ITP_VERB_DECLINE, a, 0);
        else if (!sim_find_job(m, a.request))
            take_query(s, w, a);
        return;
    }
    m->starts[a.request] = 1; /* Before anything moves. */
    if (s->starts[a.request] < 255) s->starts[a.request]++;
    job *j = sim_find_job(m, a.request);
    if (!j && m->n_jobs < SLOTS) begin_job(s, m, a, 1);
    if (j) *j = (job){a, s->now_ms + 2000, 1};
    to_agent(s, w, ITP_VERB_STARTED, a, 0);
}

void sim_take_letter(sim *s, const letter *l)
{
    machine *m = &s->machines[l->worker];
    if (!m->up || m->frozen_ms > s->now_ms) return;
    switch (l->verb) {
    case ITP_VERB_OFFER: take_offer(s, l->worker, l->attempt); break;
    case ITP_VERB_START: take_start(s, l->worker, l->attempt); break;
    case ITP_VERB_QUERY: take_query(s, l->worker, l->attempt); break;
    case ITP_VERB_REREGISTER: to_agent(s, l->worker, ITP_VERB_REGISTER, (itp_attempt){0}, 0); break;
    case ITP_VERB_CANCEL: {
        job *j = sim_find_job(m, l->attempt.request);
        if (j && j->attempt.epoch == l->attempt.epoch && !j->started) *j = m->jobs[--m->n_jobs];
        break;
    }
    case ITP_VERB_RESULT_ACK:
        for (size_t i = 0; i < m->n_outbox; i++)
            if (m->outbox[i].request == l->attempt.request &&
                m->outbox[i].epoch == l->attempt.epoch) {
                m->outbox[i] = m->outbox[--m->n_outbox];
                s->acked[l->attempt.request] = 1;
            }
        break;
    default: break;
    }
}

static void end_jobs(sim *s, int w)
{
    machine *m = &s->machines[w];
    for (size_t i = 0; i < m->n_jobs;) {
        job j = m->jobs[i];
        if (j.ends_ms > s->now_ms) {
            i++;
            continue;
        }
        m->jobs[i] = m->jobs[--m->n_jobs];
        if (s->physical && !j.started) continue; /* The reservation is over. */
        if (!s->physical && sim_chance(s, 0.05)) {
            to_agent(s, w, ITP_VERB_FAILURE, j.attempt, ITP_CAUSE_TIMEOUT);
            continue;
        }
        if (s->physical) m->done[j.attempt.request] = 1;
        m->outbox[m->n_outbox++] = j.attempt;
        to_agent(s, w, ITP_VERB_RESULT, j.attempt, 0);
    }
}

void sim_live(sim *s, int w)
{
    machine *m = &s->machines[w];
    if (!m->up && sim_chance(s, 0.05)) {
        m->up = 1;
        if (s->planted == FAULT_FORGET_LEDGER) memset(m->starts, 0, REQUESTS_MAX);
    }
    if (!m->up || m->frozen_ms > s->now_ms) return;
    if (sim_chance(s, 0.0005)) { /* It dies: what runs is gone, outbox and ledger are on disk. */
        m->up = 0;
        m->n_jobs = 0;
        return;
    }
    if (sim_chance(s, 0.0005))
        m->frozen_ms = s->now_ms + (int64_t)(itp_stream_uniform(&s->rng) * 30000);
    end_jobs(s, w);
    if (s->now_ms >= m->beat_ms) {
        m->beat_ms = s->now_ms + 1000;
        to_agent(s, w, ITP_VERB_HEARTBEAT, (itp_attempt){0}, 0);
    }
    if (s->now_ms >= m->resend_ms) {
        m->resend_ms = s->now_ms + 3000;
        for (size_t i = 0; i < m->n_outbox; i++) to_agent(s, w, ITP_VERB_RESULT, m->outbox[i], 0);
    }
}
