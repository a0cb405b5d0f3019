/* worker.c - opens everything, then waits for whatever comes first: a message, a notice of a slot,
 * a signal, the death of the parent, or the time of the next heartbeat. See worker.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zmq.h>

#include "clock.h"
#include "session.h"

/* How long a connector may take to give up a repeatable attempt when the worker stops. */
enum { GIVE_UP_MS = 10000, POLL_MS_MAX = 60000 };

typedef struct worker {
    session session;
    itp_units *units;
    char *config;
    char name[256], state[PATH_MAX], folder[PATH_MAX];
    int signals, parent; /* descriptors; -1: none */
    sigset_t old_mask;
} worker;

/* name and state folder: what the options leave open. */
static itp_status settle_names(worker *w, const itp_worker_options *options, itp_error *err)
{
    char host[128] = "worker";
    gethostname(host, sizeof host - 1);
    if (options->name)
        snprintf(w->name, sizeof w->name, "%s", options->name);
    else
        snprintf(w->name, sizeof w->name, "%s-%s", host,
                 itp_plugin_connector(w->session.plugin)->id);
    const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int used;
    if (options->state)
        used = snprintf(w->state, sizeof w->state, "%s", options->state);
    else if (base && *base)
        used = snprintf(w->state, sizeof w->state, "%s/interphase/%s", base, w->name);
    else if (home && *home)
        used = snprintf(w->state, sizeof w->state, "%s/.local/state/interphase/%s", home, w->name);
    else
        return itp_fail(err, ITP_EINVAL, "no home folder for the outbox: give --state FOLDER");
    if (used < 0 || used >= (int)sizeof w->state - 8)
        return itp_fail(err, ITP_EINVAL, "state folder: path is too long");
    used = snprintf(w->folder, sizeof w->folder, "%s/work", w->state);
    return used < (int)sizeof w->folder ? ITP_OK : itp_fail(err, ITP_EINVAL, "path is too long");
}

/* The connector's config with what the worker adds to it: base and allow. */
static itp_status settle_config(worker *w, const itp_worker_options *options, itp_error *err)
{
    json_error_t why;
    json_t *config = json_loads(options->config ? options->config : "{}", 0, &why);
    if (!json_is_object(config)) {
        json_decref(config);
        return itp_fail(err, ITP_EPARSE, "--config: %s", config ? "not a JSON object" : why.text);
    }
    char base[PATH_MAX];
    if (!realpath(options->base ? options->base : ".", base)) {
        json_decref(config);
        return itp_fail(err, ITP_EIO, "%s: %s", options->base ? options->base : ".",
                        strerror(errno));
    }
    json_object_set_new(config, "base", json_string(base));
    json_t *allow = json_array();
    for (unsigned i = 0; i < options->n_allow; i++)
        json_array_append_new(allow, json_string(options->allow[i]));
    json_object_set_new(config, "allow", allow);
    w->config = json_dumps(config, JSON_COMPACT);
    json_decref(config);
    return w->config ? ITP_OK : itp_fail(err, ITP_ENOMEM, "config");
}

static itp_status remember_start(void *ctx, const store_key *key)
{
    session *s = ctx;
    open_start *start = calloc(1, sizeof *start);
    char *campaign = strdup(key->campaign);
    if (!start || !campaign) {
        free(start);
        free(campaign);
        return ITP_ENOMEM;
    }
    start->key = *key;
    start->key.campaign = campaign;
    start->next = s->starts;
    s->starts = start;
    return ITP_OK;
}

/* Signals come as a descriptor; threads made later inherit the mask. */
static itp_status take_signals(worker *w, const itp_worker_options *options, itp_error *err)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGHUP);
    signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more is no reason to stop */
    /* Ctrl-C reaches the whole foreground group: a local worker leaves it to its agent, which lets
     * running work finish. */
    if (options->die_with_parent)
        signal(SIGINT, SIG_IGN);
    else
        sigaddset(&mask, SIGINT);
    if (pthread_sigmask(SIG_BLOCK, &mask, &w->old_mask) != 0)
        return itp_fail(err, ITP_EIO, "signal mask");
    w->signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    if (w->signals < 0) return itp_fail(err, ITP_EIO, "signalfd: %s", strerror(errno));
    return ITP_OK;
}

/* A pidfd is readable once the process is dead; unlike PDEATHSIG it does not mind which thread of
 * the parent has started us. */
static itp_status watch_parent(worker *w, itp_error *err)
{
    pid_t parent = getppid();
    w->parent = (int)syscall(SYS_pidfd_open, parent, 0);
    if (w->parent < 0 || getppid() != parent || parent == 1)
        return itp_fail(err, ITP_ESTATE, "the process that started this worker is gone");
    return ITP_OK;
}

/* What it takes to speak to each agent, before anything else is opened. */
static itp_status settle_agents(worker *w, const itp_worker_options *o, itp_error *err)
{
    unsigned n = o->n_endpoints > 0 ? o->n_endpoints : 1;
    session *s = &w->session;
    s->patrons = calloc(n, sizeof *s->patrons);
    if (!s->patrons) return itp_fail(err, ITP_ENOMEM, "agents");
    for (unsigned i = 0; i < n; i++) {
        const char *server_key = NULL;
        if (o->n_server_keys > 0)
            server_key = o->server_keys[i < o->n_server_keys ? i : o->n_server_keys - 1];
        patron *p = &s->patrons[s->n_patrons++];
        p->credit_said = -1;
        itp_status st = itp_credentials_find(
            &p->link.who, o->n_endpoints > 0 ? o->endpoints[i] : NULL, o->key, server_key, err);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

static itp_status open_patrons(session *s, itp_error *err)
{
    itp_status st = ITP_OK;
    for (unsigned i = 0; st == ITP_OK && i < s->n_patrons; i++) {
        itp_credentials who = s->patrons[i].link.who;
        st = link_open(&s->patrons[i].link, &who, s->log, err);
        itp_keys_wipe(&who.keys);
    }
    return st;
}

static itp_status open_session(session *s, worker *w, itp_error *err)
{
    itp_status st = itp_store_open(&s->store, w->state, err);
    if (st != ITP_OK) return st;
    if (s->cls == ITP_PHYSICAL && (st = itp_store_generation(s->store, &s->ledger, err)) != ITP_OK)
        return st;
    if ((st = itp_store_open_starts(s->store, remember_start, s, err)) != ITP_OK) return st;
    st = custody_open(&s->custody, s->options->sample_file, s->options->n_bounds,
                      s->options->bounds, itp_plugin_tasks(s->plugin), w->units, err);
    if (st != ITP_OK) return st;
    if ((st = itp_outbox_open(&s->outbox, s->store, s->log, err)) != ITP_OK) return st;
    crew_setting setting = {.plugin = s->plugin,
                            .config = w->config,
                            .folder = w->folder,
                            .worker = w->name,
                            .units = w->units,
                            .log = s->log,
                            .store = s->store,
                            .slots = s->options->slots};
    if ((st = itp_crew_open(&s->crew, &setting, err)) != ITP_OK) return st;
    return open_patrons(s, err);
}

static itp_status open_worker(worker *w, const itp_worker_options *options, const itp_log_to *log,
                              itp_error *err)
{
    session *s = &w->session;
    s->options = options;
    s->log = log;
    s->name = w->name;
    if (options->slots < 1 || options->slots > ITP_WORKER_SLOTS_MAX)
        return itp_fail(err, ITP_EINVAL, "%u slots, 1 to %d are allowed", options->slots,
                        ITP_WORKER_SLOTS_MAX);
    itp_status st = take_signals(w, options, err);
    if (st == ITP_OK && options->die_with_parent) st = watch_parent(w, err);
    if (st == ITP_OK) st = settle_agents(w, options, err);
    if (st == ITP_OK) st = itp_plugin_load(&s->plugin, options->connector, options->base, err);
    if (st == ITP_OK) st = settle_names(w, options, err);
    if (st == ITP_OK) st = settle_config(w, options, err);
    if (st == ITP_OK) st = itp_units_create(&w->units, err);
    if (st != ITP_OK) return st;
    const itp_tasks *tasks = itp_plugin_tasks(s->plugin);
    for (size_t i = 0; i < tasks->n_tasks; i++)
        if (tasks->tasks[i].cls == ITP_PHYSICAL) s->cls = ITP_PHYSICAL;
    if ((st = itp_plugin_schema(s->plugin, &s->schema)) != ITP_OK)
        return itp_fail(err, st, "schema");
    return open_session(s, w, err);
}

static void close_worker(worker *w)
{
    session *s = &w->session;
    itp_crew_close(s->crew);
    itp_outbox_close(s->outbox);
    itp_store_close(s->store);
    for (unsigned i = 0; i < s->n_patrons; i++) link_close(&s->patrons[i].link);
    free(s->patrons);
    jobs_free(s);
    itp_plugin_unload(s->plugin);
    custody_close(&s->custody);
    itp_units_destroy(w->units);
    free(s->schema);
    free(w->config);
    if (w->signals >= 0) {
        struct signalfd_siginfo late; /* said twice, heard once: must not kill us on the way out */
        while (read(w->signals, &late, sizeof late) == sizeof late) {
        }
        close(w->signals);
        pthread_sigmask(SIG_SETMASK, &w->old_mask, NULL);
    }
    if (w->parent >= 0) close(w->parent);
    free(w);
}

static void read_signals(worker *w)
{
    struct signalfd_siginfo info;
    session *s = &w->session;
    while (read(w->signals, &info, sizeof info) == sizeof info)
        session_stop(s, s->options->drain && s->stop == STOP_NONE ? STOP_DRAIN : STOP_NOW);
}

static void handle_patron(session *s, patron *p, int64_t now)
{
    link_change change = link_watch(&p->link, now);
    if (change == LINK_DOWN) session_lost(s, p);
    if (change == LINK_UP) session_greet(s, p, now);
    itp_message message;
    while (link_receive(&p->link, &message) == ITP_OK) session_hear(s, p, &message, now);
}

enum { POLL_CREW, POLL_SIGNALS, POLL_PARENT, POLL_OWN, POLL_OF_PATRON = 3 };

static void handle(worker *w, const zmq_pollitem_t *items)
{
    session *s = &w->session;
    int64_t now = itp_clock_monotonic_ms();
    /* A stop is heard from everybody before anything else is done. */
    for (unsigned i = 0; i < s->n_patrons; i++)
        if (link_stopped(&s->patrons[i].link, s->name)) session_halt(s, &s->patrons[i]);
    if (items[POLL_PARENT].revents && s->options->die_with_parent) session_stop(s, STOP_NOW);
    if (items[POLL_SIGNALS].revents) read_signals(w);
    for (unsigned i = 0; i < s->n_patrons; i++) handle_patron(s, &s->patrons[i], now);
    notice *told;
    while ((told = itp_crew_take(s->crew))) session_notice(s, told, now);
}

/* What to wait for; returns how many. */
static int list_polls(const worker *w, zmq_pollitem_t *items)
{
    const session *s = &w->session;
    int n = POLL_OWN;
    items[POLL_CREW] = (zmq_pollitem_t){NULL, itp_crew_descriptor(s->crew), ZMQ_POLLIN, 0};
    items[POLL_SIGNALS] = (zmq_pollitem_t){NULL, w->signals, ZMQ_POLLIN, 0};
    /* Without a parent to watch: the signals once more, which does no harm. */
    items[POLL_PARENT] =
        (zmq_pollitem_t){NULL, w->parent >= 0 ? w->parent : w->signals, ZMQ_POLLIN, 0};
    for (unsigned i = 0; i < s->n_patrons; i++) {
        const agent_link *link = &s->patrons[i].link;
        short want = (short)(ZMQ_POLLIN | (link->blocked ? ZMQ_POLLOUT : 0));
        items[n++] = (zmq_pollitem_t){link->dealer, 0, want, 0};
        items[n++] = (zmq_pollitem_t){link->monitor, 0, ZMQ_POLLIN, 0};
        items[n++] = (zmq_pollitem_t){link->stop, 0, ZMQ_POLLIN, 0};
    }
    return n;
}

static itp_status live(worker *w)
{
    session *s = &w->session;
    int64_t give_up_ms = INT64_MAX;
    for (;;) {
        int64_t now = itp_clock_monotonic_ms(), next;
        session_tick(s, now);
        if (s->stop != STOP_NONE && session_idle(s)) return ITP_OK;
        if (s->stop == STOP_NOW && give_up_ms == INT64_MAX) give_up_ms = now + GIVE_UP_MS;
        if (now >= give_up_ms) {
            int moving = 0;
            for (const job *job = s->jobs; job; job = job->next)
                moving |= job->offer.cls == ITP_PHYSICAL;
            if (!moving) return ITP_ETIMEOUT;
            give_up_ms = now + GIVE_UP_MS;
        }
        next = session_next_ms(s, now);
        if (give_up_ms < next) next = give_up_ms;
        long wait = next <= now ? 0 : next - now < POLL_MS_MAX ? (long)(next - now) : POLL_MS_MAX;
        zmq_pollitem_t items[POLL_OWN + POLL_OF_PATRON * ITP_WORKER_AGENTS_MAX];
        int n = list_polls(w, items);
        if (zmq_poll(items, n, wait) < 0 && zmq_errno() != EINTR) return ITP_EIO;
        handle(w, items);
    }
}

itp_status itp_worker_run(const itp_worker_options *options, const itp_log_to *log, itp_error *err)
{
    worker *w = calloc(1, sizeof *w);
    if (!w) return itp_fail(err, ITP_ENOMEM, "worker");
    w->signals = w->parent = -1;
    itp_status st = open_worker(w, options, log, err);
    if (st != ITP_OK) {
        close_worker(w);
        return st;
    }
    itp_log(log, ITP_INFO, "worker_up", "name=%s connector=%s slots=%u endpoint=%s", w->name,
            itp_plugin_path(w->session.plugin), options->slots,
            w->session.patrons[0].link.who.endpoint);
    st = live(w);
    session_bye(&w->session, "stopped");
    if (st == ITP_ETIMEOUT) {
        /* A connector sits on its attempt: what is owed goes to disk, the rest ends with us. */
        itp_outbox_close(w->session.outbox);
        return itp_fail(err, st, "%s did not give up its attempt within %d s", options->connector,
                        GIVE_UP_MS / 1000);
    }
    if (st != ITP_OK) itp_fail(err, st, "waiting for events: %s", zmq_strerror(zmq_errno()));
    close_worker(w);
    return st;
}
