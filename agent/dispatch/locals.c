/* locals.c - fork and exec of interphase-worker, found beside this program.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "locals.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define LOCAL        "local-" /* what the names of local workers begin with */
#define LOG_TAIL     600      /* bytes of a dead worker's log that are shown */
#define ARGS_MAX     64
#define PROGRAMS_MAX 16
#define SLOTS_MAX    1024

static void worker_path(char *out, size_t size)
{
    char self[PATH_MAX - 32];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash) slash[1] = '\0';
    snprintf(out, size, "%s%s", slash ? self : "", "interphase-worker");
}

/* The program of a `run`, or the file of a `model: FILE.py:NAME`; the caller's to free, NULL: none.
 */
static char *program_of(const json_t *with)
{
    const char *run = json_string_value(json_array_get(json_object_get(with, "run"), 0));
    const char *model = json_string_value(json_object_get(with, "model"));
    if (run) return strdup(run);
    return model && strstr(model, ".py:") ? strndup(model, (size_t)(strrchr(model, ':') - model))
                                          : NULL;
}

/* Programs that the campaign's options name: the person who starts the campaign here owns these
 * workers too, so what the campaign names they may run. */
static size_t programs(const itp_campaign *c, const char *connector, char **out)
{
    size_t n = 0;
    for (size_t t = 0; t < c->n_tasks; t++) {
        const itp_campaign_task *task = &c->tasks[t];
        for (size_t s = 0; s < task->n_sources && n < PROGRAMS_MAX; s++) {
            const char *own = task->sources[s].connector;
            if (!own || strcmp(own, connector) != 0) continue;
            json_t *with = json_loads(task->sources[s].options, 0, NULL);
            if ((out[n] = program_of(with))) n++;
            json_decref(with);
        }
    }
    return n;
}

static void exec_worker(const itp_locals *l, const itp_local *one)
{
    char path[PATH_MAX], slots[16], log[PATH_MAX], state[PATH_MAX];
    char *allowed[PROGRAMS_MAX];
    const char *args[ARGS_MAX];
    size_t n = 0, n_allowed = programs(l->campaign, one->connector, allowed);
    worker_path(path, sizeof path);
    snprintf(slots, sizeof slots, "%u", one->slots);
    snprintf(state, sizeof state, "%s/%s", l->state, one->name);
    snprintf(log, sizeof log, "%s/%s.log", l->state, one->name);
    const char *fixed[] = {path,           "--connect",        l->endpoint, "--connector",
                           one->connector, "--name",           one->name,   "--slots",
                           slots,          "--state",          state,       "--base",
                           l->base,        "--die-with-parent"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) args[n++] = fixed[i];
    for (size_t i = 0; i < n_allowed; i++) {
        args[n++] = "--allow";
        args[n++] = allowed[i];
    }
    args[n] = NULL;
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int none = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (none >= 0) dup2(none, 0);
    if (none >= 0) dup2(none, 1);
    if (out >= 0) dup2(out, 2);
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_UNBLOCK, &all, NULL);
    setpgid(0, 0); /* Ctrl-C reaches the agent, which stops its workers in order. */
    execv(path, (char *const *)args);
    dprintf(2, "cannot execute %s: %s\n", path, strerror(errno));
    _exit(127);
}

static itp_status spawn(itp_locals *l, itp_local *one, int64_t now_ms, itp_error *err)
{
    pid_t pid = fork();
    if (pid < 0)
        return itp_fail(err, ITP_ERESOURCE, "local worker %s: cannot fork: %s", one->name,
                        strerror(errno));
    if (pid == 0) exec_worker(l, one);
    one->pid = pid;
    one->started_ms = now_ms;
    return ITP_OK;
}

/* The distinct connectors that sources name, in their order; room for one a source. */
static size_t list_connectors(const itp_campaign *c, const char **out)
{
    size_t n = 0;
    for (size_t t = 0; t < c->n_tasks; t++)
        for (size_t s = 0; s < c->tasks[t].n_sources; s++) {
            const char *connector = c->tasks[t].sources[s].connector;
            size_t k = 0;
            while (k < n && connector && strcmp(out[k], connector) != 0) k++;
            if (connector && k == n) out[n++] = connector;
        }
    return n;
}

/* The work of this connector is done elsewhere; one worker of many slots waits for all of it. */
static int only_waits(const char *connector)
{
    return strcmp(connector, "slurm") == 0;
}

static unsigned waiting_slots(const itp_campaign *c, size_t slots)
{
    if (slots < c->agent.parallel) slots = c->agent.parallel;
    return (unsigned)(slots < SLOTS_MAX ? slots : SLOTS_MAX);
}

/* Jobs of a waiting worker outlive it: the next life must find its folder, whatever --workers is.
 */
static void name_local(itp_local *one, const char *connector, size_t number)
{
    one->connector = connector;
    if (only_waits(connector))
        snprintf(one->name, sizeof one->name, LOCAL "%.40s", connector);
    else
        snprintf(one->name, sizeof one->name, LOCAL "%zu", number);
}

itp_status itp_locals_start(itp_locals *l, size_t each, int64_t now_ms, itp_error *err)
{
    const itp_campaign *c = l->campaign;
    size_t most = 0;
    for (size_t t = 0; t < c->n_tasks; t++) most += c->tasks[t].n_sources;
    const char **connectors = calloc(most + 1, sizeof *connectors);
    size_t n = connectors ? list_connectors(c, connectors) : 0;
    l->items = calloc(n * each + 1, sizeof *l->items);
    itp_status st = ITP_OK;
    if (!connectors || !l->items)
        st = itp_fail(err, ITP_ENOMEM, "local workers");
    else if (each && mkdir(l->state, 0700) != 0 && errno != EEXIST)
        st =
            itp_fail(err, ITP_EIO, "folder %s of the local workers: %s", l->state, strerror(errno));
    for (size_t k = 0; st == ITP_OK && k < n; k++) {
        int waits = only_waits(connectors[k]);
        for (size_t i = 0; st == ITP_OK && i < (waits && each ? 1 : each); i++) {
            itp_local *one = &l->items[l->n++];
            name_local(one, connectors[k], l->n);
            one->slots = waits ? waiting_slots(c, each * l->slots) : l->slots;
            st = spawn(l, one, now_ms, err);
        }
    }
    free(connectors);
    return st;
}

static void read_tail(const itp_locals *l, const itp_local *one, char *out, size_t size)
{
    char path[PATH_MAX];
    out[0] = '\0';
    snprintf(path, sizeof path, "%s/%s.log", l->state, one->name);
    FILE *file = fopen(path, "re");
    if (!file) return;
    if (fseek(file, -(long)(size - 1), SEEK_END) != 0) rewind(file);
    size_t n = fread(out, 1, size - 1, file);
    out[n] = '\0';
    while (n > 0 && out[n - 1] == '\n') out[--n] = '\0';
    fclose(file);
}

const char *itp_locals_reap(itp_locals *l, int64_t now_ms, itp_status *st, itp_error *err)
{
    int status;
    for (size_t i = 0; i < l->n; i++) {
        itp_local *one = &l->items[i];
        if (one->pid <= 0 || waitpid(one->pid, &status, WNOHANG) != one->pid) continue;
        one->pid = 0;
        int young = now_ms - one->started_ms < ITP_LOCAL_YOUNG_MS;
        one->young_deaths = young && !WIFSIGNALED(status) ? one->young_deaths + 1 : 0;
        if (one->young_deaths >= ITP_LOCAL_DEATHS_MAX) {
            char tail[LOG_TAIL];
            read_tail(l, one, tail, sizeof tail);
            *st = itp_fail(err, ITP_EWORKER,
                           "local worker %s (connector %s) ended %u times right after it was "
                           "started; its log %s/%s.log ends with:\n%s",
                           one->name, one->connector, one->young_deaths, l->state, one->name, tail);
        } else {
            *st = spawn(l, one, now_ms, err);
        }
        return one->name;
    }
    return NULL;
}

int itp_locals_may_come(const itp_locals *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->items[i].name, name) == 0) return 1;
    return strncmp(name, LOCAL, strlen(LOCAL)) != 0;
}

void itp_locals_stop(itp_locals *l)
{
    int64_t deadline = itp_clock_monotonic_ms() + ITP_LOCAL_STOP_MS;
    for (size_t i = 0; i < l->n; i++)
        if (l->items[i].pid > 0) kill(l->items[i].pid, SIGTERM);
    for (size_t i = 0; i < l->n; i++) {
        itp_local *one = &l->items[i];
        while (one->pid > 0 && waitpid(one->pid, NULL, WNOHANG) == 0) {
            if (itp_clock_monotonic_ms() > deadline) {
                kill(one->pid, SIGKILL);
                waitpid(one->pid, NULL, 0);
                break;
            }
            poll(NULL, 0, 5);
        }
        one->pid = 0;
    }
    free(l->items);
    l->items = NULL;
    l->n = 0;
}
