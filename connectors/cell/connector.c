/* connector.c - the plug-in: the cell's tasks behind the ABI of interphase/connector.h.
 *   A request's options and inputs become a job (tasks/job.h); the job's task runs with progress
 * and cancellation passed through; a time series, when asked for (series: true), and an impedance
 * table go back by reference. Threads  one instance a slot; describe and check touch no state
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "interphase/connector.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "series.h"
#include "tasks.h"

typedef struct cell {
    const itp_host *host;
    char base[PATH_MAX]; /* where relative paths of options begin */
} cell;

typedef struct attempt {
    const itp_host *host;
    double deadline_s; /* monotonic */
    itp_cell_series series;
} attempt;

/* The tasks as the host wants them: one array, filled once from the tasks' own tables. */
static itp_task described[ITP_CELL_TASKS_N];
static pthread_once_t describe_once = PTHREAD_ONCE_INIT;

static void fill_described(void)
{
    const itp_cell_task *const *tasks = itp_cell_tasks();
    for (size_t i = 0; i < ITP_CELL_TASKS_N; i++)
        described[i] = (itp_task){.name = tasks[i]->name,
                                  .cls = ITP_REPEATABLE,
                                  .inputs = tasks[i]->inputs,
                                  .n_inputs = tasks[i]->n_inputs,
                                  .outputs = tasks[i]->outputs,
                                  .n_outputs = tasks[i]->n_outputs};
}

static itp_status describe(itp_tasks *out)
{
    pthread_once(&describe_once, fill_described);
    *out = (itp_tasks){described, ITP_CELL_TASKS_N};
    return ITP_OK;
}

static itp_status open_cell(void **self, const itp_host *host, const char *config, itp_error *err)
{
    cell *c = calloc(1, sizeof *c);
    if (!c) return itp_fail(err, ITP_ENOMEM, "cell");
    json_t *root = json_loads(config ? config : "{}", 0, NULL);
    const char *base = json_string_value(json_object_get(root, "base"));
    snprintf(c->base, sizeof c->base, "%s", base ? base : ".");
    json_decref(root);
    c->host = host;
    *self = c;
    return ITP_OK;
}

static void close_cell(void *self)
{
    free(self);
}

static double monotonic_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static itp_status poll_host(void *ctx)
{
    const attempt *a = ctx;
    if (a->host->cancelled && a->host->cancelled(a->host->ctx)) return ITP_ECANCELLED;
    return monotonic_s() > a->deadline_s ? ITP_ETIMEOUT : ITP_OK;
}

static void pass_progress(void *ctx, double fraction, const char *text)
{
    const attempt *a = ctx;
    if (a->host->progress) a->host->progress(a->host->ctx, fraction, text);
}

static itp_status write_row(void *ctx, const itp_cell_model *m, const itp_cell_row *row)
{
    attempt *a = ctx;
    return itp_cell_series_row(&a->series, m, row);
}

/* The options with a relative file joined to the base; the caller's to free. NULL: as they are. */
static char *place_files(const char *base, const char *options)
{
    char path[2 * PATH_MAX], *placed = NULL;
    json_t *root = options ? json_loads(options, 0, NULL) : NULL;
    const char *file = json_string_value(json_object_get(root, "bpx"));
    if (file && file[0] != '/') {
        snprintf(path, sizeof path, "%s/%s", base, file);
        json_object_set_new(root, "bpx", json_string(path));
        placed = json_dumps(root, JSON_COMPACT);
    }
    json_decref(root);
    return placed;
}

static itp_status make_job(const char *base, const char *task, const char *options,
                           itp_cell_job **job, itp_error *err)
{
    const itp_cell_task *t = itp_cell_task_named(task);
    if (!t) return itp_fail(err, ITP_ENOTFOUND, "the cell connector has no task %s", task);
    char *placed = place_files(base, options);
    itp_status st = itp_cell_job_create(job, t, placed ? placed : options, err);
    free(placed);
    return st;
}

static itp_status set_inputs(itp_cell_job *job, const itp_request *req, itp_error *err)
{
    for (size_t i = 0; i < req->n_inputs; i++) {
        const itp_value *v = &req->inputs[i];
        if (v->label)
            return itp_fail(err, ITP_EINVAL, "input %s is the label %s; a number is wanted",
                            v->name, v->label);
        itp_status st = itp_cell_job_set(job, v->name, v->number, v->unit, err);
        if (st != ITP_OK) return st;
    }
    return itp_cell_check(&job->p, err);
}

static itp_cause cause_of(itp_status st)
{
    switch (st) {
    case ITP_ECANCELLED: return ITP_CAUSE_CANCELLED;
    case ITP_ETIMEOUT: return ITP_CAUSE_TIMEOUT;
    case ITP_ENOMEM:
    case ITP_EIO: return ITP_CAUSE_RESOURCE;
    case ITP_ESCIENTIFIC: return ITP_CAUSE_SCIENTIFIC;
    default: return ITP_CAUSE_REFUSED;
    }
}

/* Opens NAME in the attempt's folder; an empty path when the host has none. */
static void place(const itp_host *host, const char *name, char *path, size_t size)
{
    const char *dir = host->workdir ? host->workdir(host->ctx) : NULL;
    path[0] = 0;
    if (dir) snprintf(path, size, "%s/%s", dir, name);
}

static itp_status hand_over(const itp_host *host, itp_result *res, const itp_cell_outcome *out)
{
    for (size_t i = 0; i < out->n; i++) {
        itp_status st =
            host->put(host->ctx, res, out->output[i].name, out->output[i].value, NAN, NULL);
        if (st != ITP_OK) return st;
    }
    if (out->note[0] && host->note) host->note(host->ctx, res, "cell", out->note);
    return ITP_OK;
}

static itp_status run_job(cell *c, const itp_cell_job *job, attempt *a, itp_result *res,
                          itp_error *err)
{
    char table[600] = "", series[600] = "";
    itp_cell_outcome out = {0};
    itp_cell_hooks hooks = {.ctx = a, .poll = poll_host, .progress = pass_progress};
    itp_status st;
    if (job->series) place(c->host, "series.bdf.csv", series, sizeof series);
    if (job->task == &itp_cell_task_eis) place(c->host, "impedance.csv", table, sizeof table);
    if (series[0] && job->task != &itp_cell_task_eis) {
        if ((st = itp_cell_series_open(&a->series, series, err)) != ITP_OK) return st;
        hooks.row = write_row;
    }
    itp_cell_paths paths = {.table = table[0] ? table : NULL};
    st = job->task->run(job, &hooks, &paths, &out, err);
    itp_status closed = itp_cell_series_close(&a->series, st == ITP_OK ? err : NULL);
    if (st == ITP_OK) st = closed;
    if (st == ITP_OK && hooks.row && c->host->artefact)
        st = c->host->artefact(c->host->ctx, res, "series", series);
    if (st == ITP_OK && table[0] && c->host->artefact)
        st = c->host->artefact(c->host->ctx, res, "impedance", table);
    return st == ITP_OK ? hand_over(c->host, res, &out) : st;
}

static itp_status measure(void *self, const itp_request *req, itp_result *res, itp_error *err)
{
    cell *c = self;
    itp_cell_job *job = NULL;
    attempt a = {.host = c->host, .deadline_s = monotonic_s() + req->time_limit_s};
    itp_status st = make_job(c->base, req->task, req->options, &job, err);
    if (st == ITP_OK) st = set_inputs(job, req, err);
    if (st == ITP_OK) st = run_job(c, job, &a, res, err);
    if (st != ITP_OK && c->host->cause) c->host->cause(c->host->ctx, res, cause_of(st));
    itp_cell_job_destroy(job);
    return st;
}

static itp_status check(const char *task, const char *options, itp_error *err)
{
    itp_cell_job *job = NULL;
    itp_status st = make_job(".", task, options, &job, err);
    if (st == ITP_OK) st = itp_cell_check(&job->p, err);
    itp_cell_job_destroy(job);
    return st;
}

static const itp_connector CELL = {
    .abi = ITP_CONNECTOR_ABI,
    .struct_size = sizeof(itp_connector),
    .id = "interphase.cell",
    .version = "1",
    .describe = describe,
    .open = open_cell,
    .measure = measure,
    .close = close_cell,
    .check = check,
};

const itp_connector *itp_connector_entry(void)
{
    return &CELL;
}
