/* sim_agent.c - the agent: events into a journal in memory, commits that may fail, effects after
 * them. SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "simulation.h"

/* --- The journal: compact events, replayed through the loop --- */

static uint64_t digest(const itp_actions *out)
{
    uint64_t h = out->n;
    for (size_t i = 0; i < out->n; i++) {
        const itp_action *a = &out->items[i];
        h = itp_mix64(h ^ ((uint64_t)a->kind << 56) ^ (a->request << 24) ^ (a->epoch << 8) ^
                      (uint64_t)a->number);
        h = itp_mix64(h ^ (uint64_t)a->at_ms ^ a->seed ^ (a->worker ? (uint64_t)a->worker[1] : 0));
    }
    return h;
}

static itp_status step(itp_loop *loop, const noted *n, uint64_t seq, const sim *s, itp_actions *out)
{
    static const char *const NAMES[WORKERS] = {"w0", "w1", "w2", "w3"}, *const ALL[] = {"*"};
    itp_value value = {.name = "y", .number = n->value, .sd = NAN, .unit = "1"};
    const itp_roster roster = {.n_tasks = 1,
                               .tasks = ALL,
                               .connector = "function",
                               .slots = SLOTS,
                               .cls = s->physical ? ITP_PHYSICAL : ITP_REPEATABLE,
                               .ledger = s->physical ? NAMES[n->worker >= 0 ? n->worker : 0] : NULL,
                               .n_holding = n->n_held,
                               .holding = n->held};
    double points[64], nothing = NAN;
    itp_pick picks[64];
    itp_decision made = {.number = n->decision,
                         .method = "",
                         .why = "",
                         .machine = "",
                         .n_params = 1,
                         .n_outcomes = 1,
                         .picks = picks,
                         .elapsed_ms = 300};
    itp_event e = {.kind = n->kind,
                   .seq = seq,
                   .at_ms = n->at_ms,
                   .request = n->attempt.request,
                   .epoch = n->attempt.epoch,
                   .worker = n->worker >= 0 ? NAMES[n->worker] : NULL,
                   .index = -1,
                   .cost = NAN,
                   .number = n->number,
                   .cause = n->cause,
                   .text = "sim"};
    if (n->kind == ITP_EVENT_RESULT || n->kind == ITP_EVENT_RESOLVED)
        e.values = &value, e.n_values = 1;
    if (n->kind == ITP_EVENT_WORKER_REGISTERED) e.roster = &roster;
    if (n->kind == ITP_EVENT_DECISION) {
        made.n_picks = (size_t)n->number < 64 ? (size_t)n->number : 64;
        for (size_t i = 0; i < made.n_picks; i++) {
            points[i] = (double)(itp_mix64(n->decision * 64 + i) >> 11) * 0x1p-53;
            picks[i] = (itp_pick){
                .task = -1, .source = -1, .point = &points[i], .mean = &nothing, .sd = &nothing};
        }
        e.decision = n->decision;
        e.made = &made;
    }
    return itp_loop_step(loop, &e, out);
}

void sim_feed(sim *s, noted n)
{
    n.at_ms = s->clock_ms;
    s->journal = sim_grow(s->journal, s->n_journal, &s->cap_journal, sizeof *s->journal);
    if (step(s->loop, &n, s->n_journal + 1, s, &s->out) != ITP_OK)
        snprintf(s->verdict, 200, "step failed");
    n.digest = digest(&s->out);
    if (s->planted == FAULT_LATE_STAMP && sim_chance(s, 0.01)) n.at_ms += 7;
    s->journal[s->n_journal++] = n;
    for (size_t i = 0; i < s->out.n && s->n_effects < 4096; i++) {
        const itp_action *a = &s->out.items[i];
        letter effect = {.attempt = {a->request, a->epoch},
                         .worker = a->worker ? a->worker[1] - '0' : -1,
                         .number = a->kind == ITP_ACTION_TIMER ? a->at_ms - s->clock_ms
                                                               : (int64_t)a->decision,
                         .verb = (itp_verb)a->kind};
        if (a->kind == ITP_ACTION_DECIDE) effect.n_held = (size_t)a->number;
        s->effects[s->n_effects++] = effect;
    }
}

itp_loop *sim_fold(sim *s, const char **why)
{
    itp_loop *loop;
    itp_actions out = {0};
    if (itp_loop_create(&loop, s->campaign, NULL) != ITP_OK) abort();
    for (size_t i = 0; i < s->n_durable; i++) {
        if (s->planted == FAULT_LOSE_EVENT && i == 20 && why) continue;
        itp_status st = step(loop, &s->journal[i], i + 1, s, &out);
        if (why && !*why && (st != ITP_OK || digest(&out) != s->journal[i].digest))
            *why = "replay differs";
    }
    itp_actions_deinit(&out);
    return loop;
}

/* --- The agent --- */

static void hear(sim *s, const letter *l)
{
    machine *m = &s->machines[l->worker];
    noted n = {.worker = l->worker, .attempt = l->attempt, .number = l->number};
    if (l->verb == ITP_VERB_REGISTER) {
        m->registered = 1;
        n.kind = ITP_EVENT_WORKER_REGISTERED;
        n.n_held = l->n_held;
        memcpy(n.held, l->held, sizeof n.held);
    } else if (!m->registered) {
        sim_post(s, (letter){.worker = l->worker, .verb = ITP_VERB_REREGISTER});
        return;
    }
    m->heard_ms = s->now_ms;
    for (size_t i = 0; i < l->n_held; i++)
        for (size_t k = 0; k < s->n_leases; k++)
            if (s->leases[k].attempt.request == l->held[i].request &&
                s->leases[k].attempt.epoch == l->held[i].epoch)
                s->leases[k].due_ms = s->now_ms + LEASE_MS;
    switch (l->verb) {
    case ITP_VERB_REGISTER: break;
    case ITP_VERB_ACCEPT: n.kind = ITP_EVENT_ACCEPTED; break;
    case ITP_VERB_STARTED: n.kind = ITP_EVENT_STARTED; break;
    case ITP_VERB_ANSWER: n.kind = ITP_EVENT_ANSWER; break;
    case ITP_VERB_DECLINE: n.kind = ITP_EVENT_DECLINED; break;
    case ITP_VERB_FAILURE:
        n.kind = ITP_EVENT_FAILURE;
        n.cause = (itp_cause)l->number;
        break;
    case ITP_VERB_RESULT:
        n.kind = ITP_EVENT_RESULT;
        n.value = (double)l->attempt.request;
        if (s->planted == FAULT_ACCEPT_TWICE && l->attempt.request > 1 && sim_chance(s, 0.02))
            n.attempt.request--, n.value = (double)l->attempt.request;
        break;
    default: return;
    }
    sim_feed(s, n);
}

static void drop_lease(sim *s, itp_attempt a)
{
    for (size_t k = 0; k < s->n_leases; k++)
        if (s->leases[k].attempt.request == a.request && s->leases[k].attempt.epoch == a.epoch)
            s->leases[k] = s->leases[--s->n_leases];
}

static void run_effect(sim *s, const letter *e, int back)
{
    static const itp_verb VERBS[ITP_ACTION_KINDS] = {[ITP_ACTION_OFFER] = ITP_VERB_OFFER,
                                                     [ITP_ACTION_START] = ITP_VERB_START,
                                                     [ITP_ACTION_QUERY] = ITP_VERB_QUERY,
                                                     [ITP_ACTION_CANCEL] = ITP_VERB_CANCEL,
                                                     [ITP_ACTION_ACK] = ITP_VERB_RESULT_ACK};
    itp_action_kind kind = (itp_action_kind)e->verb;
    if (VERBS[kind] && e->worker >= 0)
        sim_post(s, (letter){.worker = e->worker, .verb = VERBS[kind], .attempt = e->attempt});
    if (kind == ITP_ACTION_OFFER && s->n_leases < 256) {
        drop_lease(s, e->attempt);
        s->leases[s->n_leases].attempt = e->attempt;
        s->leases[s->n_leases++].due_ms = s->now_ms + LEASE_MS;
    }
    if (kind == ITP_ACTION_RELEASE || kind == ITP_ACTION_CANCEL) drop_lease(s, e->attempt);
    if (kind == ITP_ACTION_TIMER && s->n_timers < 256 &&
        !(back && s->planted == FAULT_FORGET_TIMERS)) {
        s->timers[s->n_timers].attempt = e->attempt;
        s->timers[s->n_timers++].due_ms = s->now_ms + e->number;
    }
    if (kind == ITP_ACTION_DECIDE) {
        s->deciding = (uint64_t)e->number;
        s->wanted = (int64_t)e->n_held;
        s->decide_ms = s->now_ms + 300;
    }
    if (kind == ITP_ACTION_FINISH) s->finished = 1;
}

static void restart(sim *s)
{
    itp_loop_destroy(s->loop);
    s->n_journal = s->n_durable;
    s->loop = sim_fold(s, NULL);
    s->n_leases = s->n_timers = s->n_effects = 0;
    s->deciding = 0;
    for (int w = 0; w < WORKERS; w++) s->machines[w].registered = 0;
    s->up = 1;
    if (s->planted != FAULT_NO_RECOVERY)
        sim_feed(s, (noted){.kind = ITP_EVENT_RECOVERED, .worker = -1});
}

static void commit(sim *s, int back)
{
    if (s->planted == FAULT_ACT_BEFORE_COMMIT)
        for (size_t i = 0; i < s->n_effects; i++) run_effect(s, &s->effects[i], back);
    int dies = sim_chance(s, 0.002), fails = sim_chance(s, 0.002), after = sim_chance(s, 0.5);
    if ((dies && !after) || fails) { /* Nothing of the batch is durable, nothing of it has left. */
        s->up = 0;
        s->down_until_ms = s->now_ms + (fails ? 0 : (int64_t)(itp_stream_uniform(&s->rng) * 20000));
        return;
    }
    s->n_durable = s->n_journal;
    if (dies) { /* Durable, but nothing of it has left. */
        s->up = 0;
        s->down_until_ms = s->now_ms + (int64_t)(itp_stream_uniform(&s->rng) * 20000);
        return;
    }
    for (size_t i = 0; i < s->n_effects && s->planted != FAULT_ACT_BEFORE_COMMIT; i++)
        run_effect(s, &s->effects[i], back);
    s->n_effects = 0;
}

/* A person looks at what a station could not answer; the agent asks again about what is in doubt.
 */
static void ask_again(sim *s)
{
    static const itp_resolution WAYS[] = {ITP_RESOLVE_MEASURED, ITP_RESOLVE_VOID,
                                          ITP_RESOLVE_REQUEUE};
    itp_counts n = itp_loop_counts(s->loop);
    for (itp_id id = 1; id <= n.requests && id < REQUESTS_MAX; id++) {
        itp_request_view r;
        if (itp_loop_request(s->loop, id, &r) != ITP_OK || r.state != ITP_REQUEST_IN_DOUBT)
            continue;
        int w = r.worker[1] - '0';
        sim_post(s, (letter){.worker = w, .verb = ITP_VERB_QUERY, .attempt = {id, r.epoch}});
        machine *m = &s->machines[w];
        if (m->up && m->starts[id] && !m->done[id] && !sim_find_job(m, id) && sim_chance(s, 0.3))
            sim_feed(s, (noted){.kind = ITP_EVENT_RESOLVED,
                                .worker = -1,
                                .attempt = {id, r.epoch},
                                .value = 1,
                                .number = WAYS[itp_stream_below(&s->rng, 3)]});
    }
}

void sim_think(sim *s)
{
    int back = 0;
    if (!s->up) {
        if (s->now_ms < s->down_until_ms) return;
        restart(s);
        back = 1;
    }
    for (size_t i = 0; i < s->n_net;) {
        letter l = s->net[i];
        if (!l.to_agent || l.at_ms > s->now_ms) {
            i++;
            continue;
        }
        s->net[i] = s->net[--s->n_net];
        hear(s, &l);
    }
    for (size_t i = 0; i < s->n_leases; i++)
        if (s->leases[i].due_ms <= s->now_ms) {
            itp_attempt a = s->leases[i].attempt;
            s->leases[i--] = s->leases[--s->n_leases];
            sim_feed(s, (noted){.kind = ITP_EVENT_LEASE_EXPIRED, .worker = 0, .attempt = a});
        }
    for (size_t i = 0; i < s->n_timers; i++)
        if (s->timers[i].due_ms <= s->now_ms) {
            itp_attempt a = s->timers[i].attempt;
            s->timers[i--] = s->timers[--s->n_timers];
            sim_feed(s, (noted){.kind = ITP_EVENT_TIMER, .worker = -1, .attempt = a});
        }
    for (int w = 0; w < WORKERS; w++)
        if (s->machines[w].registered && s->now_ms - s->machines[w].heard_ms > 15000) {
            s->machines[w].registered = 0;
            sim_feed(s, (noted){.kind = ITP_EVENT_WORKER_LOST, .worker = w});
        }
    if (s->deciding && s->now_ms >= s->decide_ms) {
        noted n = {
            .kind = ITP_EVENT_DECISION, .worker = -1, .decision = s->deciding, .number = s->wanted};
        s->deciding = 0;
        sim_feed(s, n);
    }
    if (s->now_ms >= s->ask_ms) {
        s->ask_ms = s->now_ms + 10000;
        ask_again(s);
    }
    commit(s, back);
}
