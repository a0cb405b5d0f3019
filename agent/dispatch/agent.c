/* agent.c - set-up, the poll loop, and the end. What each input means stands in inputs.c.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zmq.h>

#include "agent_state.h"
#include "clock.h"
#include "machine.h"
#include "private.h"

/* --- Set-up
 * --------------------------------------------------------------------------------------------- */

/* Threads that were there before the mask (those of BLAS begin as it is loaded) may be given a
 * signal meant for the process: it is passed on to the main thread, whose descriptor it is read
 * from. */
static void pass_on(int number)
{
    syscall(SYS_tgkill, getpid(), getpid(), number);
}

static itp_status open_signals(agent *a, itp_error *err)
{
    static const int OURS[] = {SIGINT, SIGTERM, SIGCHLD};
    const struct sigaction action = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &mask, NULL);
    for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++) sigaction(OURS[i], &action, NULL);
    a->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    return a->signals >= 0 ? ITP_OK : itp_fail(err, ITP_EIO, "signals: %s", strerror(errno));
}

static itp_status open_router(agent *a, void **out, itp_error *err)
{
    const int hwm = ITP_ROUTER_HWM, one = 1, linger = 500;
    const int64_t most = ITP_WIRE_MAX;
    void *socket = zmq_socket(a->zmq, ZMQ_ROUTER);
    if (!socket) return itp_fail(err, ITP_ERESOURCE, "socket: %s", zmq_strerror(zmq_errno()));
    *out = socket;
    zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof hwm);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &hwm, sizeof hwm);
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most);
    zmq_setsockopt(socket, ZMQ_ROUTER_MANDATORY, &one, sizeof one);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    return ITP_OK;
}

static itp_status bind_at(void *socket, const char *endpoint, itp_error *err)
{
    if (zmq_bind(socket, endpoint) == 0) return ITP_OK;
    return itp_fail(err, ITP_EIO, "cannot listen at %s: %s", endpoint, zmq_strerror(zmq_errno()));
}

/* Without keys: the folder of the socket must be one that only this user can enter. */
static itp_status bind_private(agent *a, void **out, const char *endpoint, itp_error *err)
{
    const int one = 1;
    if (strncmp(endpoint, "ipc://", 6) != 0)
        return itp_fail(err, ITP_ENOTSUP, "endpoint %s: expected ipc://PATH or tcp://ADDRESS:PORT",
                        endpoint);
    itp_status st = itp_private_ipc(endpoint, err);
    if (st == ITP_OK) st = open_router(a, out, err);
    if (st != ITP_OK) return st;
    zmq_setsockopt(*out, ZMQ_ROUTER_HANDOVER, &one, sizeof one);
    return bind_at(*out, endpoint, err);
}

/* No HANDOVER here: a routing id belongs to whoever came with it first, or a peer could take over
 * the connection of another. */
static itp_status bind_remote(agent *a, const char *endpoint, itp_error *err)
{
    if (strncmp(endpoint, "tcp://", 6) != 0)
        return itp_fail(err, ITP_ENOTSUP, "endpoint %s: expected tcp://ADDRESS:PORT", endpoint);
    itp_status st = itp_door_open(&a->door, a->zmq, a->options->keys, a->options->log, err);
    if (st == ITP_OK) st = open_router(a, &a->remote, err);
    if (st == ITP_OK) st = itp_door_guard(&a->door, a->remote, err);
    if (st == ITP_OK) st = itp_door_watch(&a->door, a->zmq, a->remote, err);
    if (st == ITP_OK) st = bind_at(a->remote, endpoint, err);
    if (st != ITP_OK) return st;
    size_t size = sizeof a->remote_endpoint;
    zmq_getsockopt(a->remote, ZMQ_LAST_ENDPOINT, a->remote_endpoint, &size);
    st = itp_stops_open_remote(&a->stops, a->zmq, &a->door, a->remote_endpoint, err);
    if (st != ITP_OK) return st;
    if (a->options->listening)
        a->options->listening(a->options->ctx, a->remote_endpoint, a->door.keys.public_key);
    return ITP_OK;
}

/* The first events of this life. A new journal has its identity once the first of all is stored. */
static itp_status begin_life(agent *a, itp_error *err)
{
    char text[512];
    itp_event opened = {.kind = ITP_EVENT_OPENED, .text = itp_opened_text(text, sizeof text)};
    itp_event recovered = {.kind = ITP_EVENT_RECOVERED};
    int is_new = itp_engine_is_new(a->engine);
    itp_status st = is_new ? ITP_OK : itp_engine_identity(a->engine, a->campaign, err);
    a->effects.campaign = a->campaign;
    if (st == ITP_OK) st = agent_feed(a, &opened, err);
    if (st == ITP_OK && !is_new) st = agent_feed(a, &recovered, err);
    if (st == ITP_OK) st = agent_commit(a, err);
    if (st == ITP_OK && is_new) st = itp_engine_identity(a->engine, a->campaign, err);
    return st;
}

static itp_status start(agent *a, itp_error *err)
{
    const itp_agent_options *o = a->options;
    itp_journal *journal = itp_engine_journal(a->engine);
    a->door.log = o->log;
    itp_status st = itp_places_find(&a->places, itp_journal_path(journal), 1, err);
    if (st == ITP_OK) st = open_signals(a, err);
    if (st == ITP_OK) st = itp_units_create(&a->units, err);
    if (st == ITP_OK) st = itp_thinker_create(&a->thinker, o->threads, err);
    if (st != ITP_OK) return st;
    a->zmq = zmq_ctx_new();
    if (!a->zmq) return itp_fail(err, ITP_ERESOURCE, "ZeroMQ context");
    st = bind_private(a, &a->router, o->endpoint ? o->endpoint : a->places.workers, err);
    if (st == ITP_OK) st = bind_private(a, &a->control, a->places.control, err);
    if (st == ITP_OK) st = itp_stops_open(&a->stops, a->zmq, a->places.stops, err);
    if (st == ITP_OK && o->remote) st = bind_remote(a, o->remote, err);
    if (st != ITP_OK) return st;
    const itp_campaign *c = itp_engine_campaign(a->engine);
    snprintf(a->base, sizeof a->base, "%s", c->path);
    char *folder = dirname(a->base);
    memmove(a->base, folder, strlen(folder) + 1);
    a->locals = (itp_locals){.slots = o->slots ? o->slots : 1,
                             .endpoint = o->endpoint ? o->endpoint : a->places.workers,
                             .state = a->places.state,
                             .base = a->base,
                             .campaign = c};
    int64_t now_ms = itp_clock_monotonic_ms();
    a->awaited_until_ms = now_ms + ITP_SILENCE_MS;
    st = begin_life(a, err);
    if (st != ITP_OK || a->effects.finish) return st;
    st = itp_locals_start(&a->locals, o->workers, now_ms, err);
    return st == ITP_OK ? agent_give_up(a, now_ms, err) : st;
}

/* --- Feeding and committing
 * -------------------------------------------------------------------------------- */

itp_status agent_feed(agent *a, itp_event *event, itp_error *err)
{
    const itp_actions *actions;
    uint64_t next = itp_journal_next(itp_engine_journal(a->engine));
    if (!a->fed) a->first = next;
    itp_status st = itp_engine_feed(a->engine, event, &actions, &a->why);
    if (st == ITP_OK) {
        st = itp_effects_add(&a->effects, itp_engine_loop(a->engine), actions);
        if (st != ITP_OK) itp_fail(&a->why, st, "event %" PRIu64 ": %s", next, itp_status_text(st));
    }
    if (st != ITP_OK) {
        a->broken = st;
        if (err) *err = a->why;
    }
    a->fed += st == ITP_OK;
    return st;
}

/* Nothing of a batch that failed has left this process: drop it, fold again, wait, go on. */
static itp_status recover_batch(agent *a, itp_status why, itp_error *err)
{
    itp_log(a->options->log, ITP_ERROR, "commit_failed", "stalls=%u why=\"%s\"", a->stalls + 1,
            err->text);
    itp_effects_drop(&a->effects);
    agent_drop_replies(a, err->text);
    a->fed = 0;
    a->broken = ITP_OK;
    if (++a->stalls > ITP_STALLS_MAX || why == ITP_EIO || why == ITP_ESTATE) return why;
    itp_error again;
    itp_status st = itp_engine_refold(a->engine, &again);
    if (st != ITP_OK) {
        *err = again;
        return st;
    }
    a->stalled_until_ms = itp_clock_monotonic_ms() + ITP_STALL_MS;
    a->recover = 1;
    return ITP_OK;
}

itp_status agent_commit(agent *a, itp_error *err)
{
    if (!a->fed && !a->broken) {
        agent_send_replies(a); /* refusals and accounts wait for nothing */
        return ITP_OK;
    }
    itp_error why = a->why;
    itp_status st = a->broken ? a->broken : itp_engine_commit(a->engine, &why);
    if (st != ITP_OK) {
        st = recover_batch(a, st, &why);
        if (st != ITP_OK && err) *err = why;
        return st;
    }
    a->stalls = 0;
    a->fed = 0;
    const itp_hands hands = {.roster = &a->roster,
                             .timers = &a->timers,
                             .doubts = &a->doubts,
                             .stops = &a->stops,
                             .thinker = a->thinker,
                             .log = a->options->log};
    itp_effects_run(&a->effects, &hands, itp_clock_monotonic_ms());
    agent_send_replies(a);
    if (a->options->committed) a->options->committed(a->options->ctx, a->engine, a->first);
    return ITP_OK;
}

/* --- The poll loop
 * ------------------------------------------------------------------------------------------ */

static long wait_ms(const agent *a)
{
    int64_t mono = itp_clock_monotonic_ms(), wait = a->next_tick_ms - mono;
    int64_t lease = itp_lease_next(&a->roster), timer = itp_timers_next(&a->timers);
    if (lease != INT64_MAX && lease - mono < wait) wait = lease - mono;
    if (timer != INT64_MAX && timer - mono < wait) wait = timer - mono;
    int64_t doubt = itp_doubts_next(&a->doubts), stop = itp_stops_next(&a->stops);
    if (stop != INT64_MAX && stop - mono < wait) wait = stop - mono;
    if (doubt != INT64_MAX && doubt - mono < wait) wait = doubt - mono;
    return wait > 0 ? (long)wait : 0;
}

static itp_status turn(agent *a, itp_error *err)
{
    enum { PERHAPS = 7, MOST = PERHAPS + ITP_LOOKUPS_MAX };
    zmq_pollitem_t items[MOST] = {{a->router, 0, ZMQ_POLLIN, 0},
                                  {a->control, 0, ZMQ_POLLIN, 0},
                                  {NULL, itp_thinker_fd(a->thinker), ZMQ_POLLIN, 0},
                                  {NULL, a->signals, ZMQ_POLLIN, 0},
                                  {a->remote, 0, ZMQ_POLLIN, 0},
                                  {a->door.zap, 0, ZMQ_POLLIN, 0},
                                  {a->door.monitor, 0, ZMQ_POLLIN, 0}};
    int n = a->remote ? PERHAPS : PERHAPS - 3;
    for (size_t i = 0; i < ITP_LOOKUPS_MAX; i++)
        if (a->lookups.items[i].pid)
            items[n++] = (zmq_pollitem_t){NULL, a->lookups.items[i].ended, ZMQ_POLLIN, 0};
    if (zmq_poll(items, n, wait_ms(a)) < 0 && zmq_errno() != EINTR)
        return itp_fail(err, ITP_EIO, "poll: %s", zmq_strerror(zmq_errno()));
    itp_status st = ITP_OK;
    itp_stops_repeat(&a->stops, itp_clock_monotonic_ms());
    agent_answer_lookups(a, itp_clock_monotonic_ms());
    if (!a->remote) memset(items + PERHAPS - 3, 0, 3 * sizeof *items); /* a look-up's, or none */
    if (items[5].revents | items[6].revents) itp_door_answer(&a->door, itp_clock_monotonic_ms());
    if (items[3].revents) st = agent_read_signals(a, err);
    if (st == ITP_OK && items[1].revents) st = agent_read_words(a, err);
    if (st != ITP_OK || itp_clock_monotonic_ms() < a->stalled_until_ms) return st;
    if (a->recover) {
        itp_event recovered = {.kind = ITP_EVENT_RECOVERED};
        a->recover = 0;
        st = agent_feed(a, &recovered, err);
    }
    if (st == ITP_OK && items[2].revents) st = agent_read_decision(a, err);
    if (st == ITP_OK && items[0].revents) st = agent_read_frames(a, a->router, err);
    if (st == ITP_OK && items[4].revents) st = agent_read_frames(a, a->remote, err);
    if (st == ITP_OK) st = agent_read_clocks(a, err);
    if (a->broken) st = ITP_OK; /* The commit below drops the batch and folds again. */
    return st == ITP_OK ? agent_commit(a, err) : st;
}

static itp_status finish(agent *a, itp_agent_report *report, itp_error *err)
{
    snprintf(report->reason, sizeof report->reason, "%s", a->effects.finish);
    itp_counts counts = itp_loop_counts(itp_engine_loop(a->engine));
    if (counts.finished || counts.draining) return ITP_OK; /* Drained: over for today. */
    itp_event finished = {.kind = ITP_EVENT_FINISHED, .text = report->reason};
    itp_status st = agent_feed(a, &finished, err);
    return st == ITP_OK ? agent_commit(a, err) : st;
}

static void say_goodbye(agent *a)
{
    itp_message bye;
    itp_message_init(&bye, ITP_VERB_BYE);
    bye.campaign = a->campaign;
    bye.text = a->interrupted ? "the agent was interrupted" : "the campaign is over";
    for (size_t i = 0; i < a->roster.n_peers; i++)
        if (!a->roster.peers[i]->is_person) itp_send(a->roster.peers[i], &bye);
}

static void stop(agent *a)
{
    if (a->router) say_goodbye(a);
    if (a->control) agent_drop_replies(a, "the agent has stopped");
    itp_locals_stop(&a->locals);
    itp_thinker_destroy(a->thinker);
    if (a->router) zmq_close(a->router);
    if (a->control) zmq_close(a->control);
    itp_stops_close(&a->stops);
    if (a->remote) zmq_close(a->remote);
    itp_door_close(&a->door); /* after what it guards */
    if (a->zmq) zmq_ctx_term(a->zmq);
    if (a->signals >= 0) close(a->signals);
    itp_effects_deinit(&a->effects);
    itp_roster_deinit(&a->roster);
    itp_timers_deinit(&a->timers);
    itp_doubts_deinit(&a->doubts);
    itp_lookups_deinit(&a->lookups);
    itp_wire_arena_deinit(&a->arena);
    itp_units_destroy(a->units);
    free(a->replies);
}

static itp_status summarise(agent *a, itp_agent_report *report)
{
    itp_snapshot *snapshot;
    itp_status st = itp_snapshot_take(&snapshot, itp_engine_loop(a->engine), 0, 0);
    if (st != ITP_OK) return st;
    st = itp_thinker_summarise(a->thinker, snapshot, &report->summary);
    itp_snapshot_destroy(snapshot);
    return st;
}

itp_status itp_agent_run(itp_engine *engine, const itp_agent_options *options,
                         itp_agent_report *report, itp_error *err)
{
    agent a = {.engine = engine, .options = options, .signals = -1};
    *report = (itp_agent_report){0};
    itp_status st = start(&a, err);
    while (st == ITP_OK && !a.interrupted && !a.effects.finish) st = turn(&a, err);
    if (st == ITP_OK && a.effects.finish) st = finish(&a, report, err);
    if (st == ITP_OK) st = summarise(&a, report);
    stop(&a);
    int drained = itp_loop_counts(itp_engine_loop(engine)).draining && report->reason[0];
    int interrupted = a.interrupted && !report->reason[0];
    return st == ITP_OK && (interrupted || drained) ? ITP_EINTERRUPTED : st;
}
