/* inputs.c - what the agent hears: decisions, signals and clocks, each fed as events. Frames
 * are in frames.c. SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <zmq.h>

#include "agent_state.h"
#include "clock.h"

/* --- Decisions
 * ------------------------------------------------------------------------------------------ */

itp_status agent_read_decision(agent *a, itp_error *err)
{
    itp_decision *made;
    itp_error why = {0};
    itp_status st = itp_thinker_take(a->thinker, &made, &why);
    if (st == ITP_ENOTFOUND) return ITP_OK;
    if (st != ITP_OK)
        return itp_fail(err, st, "decision: %s", why.text[0] ? why.text : itp_status_text(st));
    itp_event event = {.kind = ITP_EVENT_DECISION, .decision = made->number, .made = made};
    itp_id first = itp_loop_counts(itp_engine_loop(a->engine)).trials + 1;
    st = agent_feed(a, &event, err);
    if (st == ITP_OK) st = agent_answer_asks(a, made, first);
    itp_decision_destroy(made);
    return st;
}

/* --- Signals and clocks
 * --------------------------------------------------------------------------------- */

itp_status agent_feed_lost(agent *a, const char *worker, const char *why, itp_error *err)
{
    itp_event lost = {.kind = ITP_EVENT_WORKER_LOST, .worker = worker, .text = why};
    itp_log(a->options->log, ITP_WARN, "worker_lost", "worker=%s why=\"%s\"", worker, why);
    return agent_feed(a, &lost, err);
}

itp_status agent_give_up(agent *a, int64_t now_ms, itp_error *err)
{
    itp_worker_view worker;
    itp_status st = ITP_OK;
    if (!a->awaited_until_ms) return ITP_OK;
    for (size_t i = 0; st == ITP_OK; i++) {
        if (itp_loop_worker(itp_engine_loop(a->engine), i, &worker) != ITP_OK) break;
        int awaited = now_ms < a->awaited_until_ms && itp_locals_may_come(&a->locals, worker.name);
        if (worker.live && !awaited && !itp_roster_by_name(&a->roster, worker.name))
            st = agent_feed_lost(a, worker.name, "it has not come back to this agent", err);
    }
    if (now_ms >= a->awaited_until_ms) a->awaited_until_ms = 0;
    return st;
}

itp_status agent_read_signals(agent *a, itp_error *err)
{
    struct signalfd_siginfo info;
    int children = 0;
    while (read(a->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        children |= info.ssi_signo == SIGCHLD;
        a->interrupted |= info.ssi_signo != SIGCHLD;
    }
    itp_status st = ITP_OK;
    const char *name;
    while (children && !a->interrupted && st == ITP_OK &&
           (name = itp_locals_reap(&a->locals, itp_clock_monotonic_ms(), &st, err))) {
        itp_peer *peer = itp_roster_by_name(&a->roster, name);
        itp_status fed = agent_feed_lost(a, name, "its process ended", err);
        if (peer) itp_roster_remove(&a->roster, peer);
        if (st == ITP_OK) st = fed;
    }
    return st;
}

/* A question commits nobody to anything: it needs no event. */
static void ask_again(agent *a, int64_t now_ms)
{
    const itp_doubt *doubt;
    while ((doubt = itp_doubts_due(&a->doubts, now_ms))) {
        const itp_peer *peer = itp_roster_by_name(&a->roster, doubt->worker);
        itp_message m;
        itp_message_init(&m, ITP_VERB_QUERY);
        m.campaign = a->campaign;
        m.request = doubt->attempt.request;
        m.epoch = doubt->attempt.epoch;
        if (peer) itp_send(peer, &m);
    }
}

itp_status agent_read_clocks(agent *a, itp_error *err)
{
    int64_t now_ms = itp_clock_monotonic_ms();
    itp_status st = ITP_OK;
    const itp_lease *lease;
    while (st == ITP_OK && (lease = itp_lease_over(&a->roster, now_ms))) {
        itp_event expired = {.kind = ITP_EVENT_LEASE_EXPIRED,
                             .request = lease->attempt.request,
                             .epoch = lease->attempt.epoch,
                             .worker = lease->worker};
        itp_attempt attempt = lease->attempt;
        st = agent_feed(a, &expired, err);
        itp_lease_end(&a->roster, attempt);
    }
    itp_timer due;
    while (st == ITP_OK && itp_timers_due(&a->timers, now_ms, &due)) {
        itp_event timer = {
            .kind = ITP_EVENT_TIMER, .request = due.attempt.request, .epoch = due.attempt.epoch};
        st = agent_feed(a, &timer, err);
    }
    ask_again(a, now_ms);
    if (now_ms < a->next_tick_ms) return st;
    a->next_tick_ms = now_ms + 1000;
    itp_peer *silent;
    while (st == ITP_OK && (silent = itp_roster_silent(&a->roster, now_ms))) {
        if (silent->name) st = agent_feed_lost(a, silent->name, "silent", err);
        itp_roster_remove(&a->roster, silent);
    }
    if (st == ITP_OK) st = agent_give_up(a, now_ms, err);
    agent_hear_again(a, now_ms);
    itp_door_refresh(&a->door);
    if (st == ITP_OK) st = agent_drop_withdrawn(a, err);
    if (a->options->tick) a->options->tick(a->options->ctx, a->engine);
    return st;
}
