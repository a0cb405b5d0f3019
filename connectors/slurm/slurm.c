/* slurm.c - the connector `slurm`: a program answers, as a batch job.
 *   with: all that `command` takes (command.c), and
 *     resources: {time: 10 min, memory: 2 GB, cpus: 4, partition: short, account: lab, ...}
 * A request is one job without requeue; jobs that come together are an array. A job outlives its
 * worker: the next life finds it by its folder and by its name, and takes it over instead of
 * submitting it again. Corrections change resources as they change options (resources.memory).
 *   Worker's --config  {"poll": "10 s"}: between two looks at the queue.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "interphase/kit.h"
#include "queue.h"
#include "resources.h"

#define RESOURCES_KEY "resources"

typedef struct {
    const itp_host *host;
    char base[PATH_MAX];
    json_t *allow; /* array of programs */
    slurm_queue *queue;
} instance;

static const itp_task TASK = {.name = "*", .cls = ITP_REPEATABLE, .open = 1};

static itp_status describe(itp_tasks *out)
{
    *out = (itp_tasks){&TASK, 1};
    return ITP_OK;
}

static itp_status read_options(const char *text, command_options *out, char **flags, itp_error *err)
{
    itp_status st = command_options_read(text, RESOURCES_KEY, out, err);
    if (st != ITP_OK) return st;
    st = resources_read(json_object_get(out->root, RESOURCES_KEY), flags, err);
    if (st != ITP_OK) command_options_deinit(out);
    return st;
}

/* Runs in the folder of the campaign file. */
static itp_status check(const char *task, const char *options, itp_error *err)
{
    command_options read;
    char program[PATH_MAX], *flags = NULL;
    (void)task;
    itp_status st = read_options(options, &read, &flags, err);
    if (st != ITP_OK) return st;
    st = command_find(json_string_value(json_array_get(read.run, 0)), NULL, program, err);
    if (st == ITP_OK) st = command_find_templates(&read, err);
    free(flags);
    command_options_deinit(&read);
    return st;
}

static void close_instance(void *ctx)
{
    instance *self = ctx;
    if (!self) return;
    queue_leave(self->queue);
    json_decref(self->allow);
    free(self);
}

static itp_status open_instance(void **out, const itp_host *host, const char *config,
                                itp_error *err)
{
    instance *self = calloc(1, sizeof *self);
    if (!self) return itp_fail(err, ITP_ENOMEM, "slurm");
    self->host = host;
    json_t *root = json_loads(config, 0, NULL);
    const char *base = json_string_value(json_object_get(root, "base"));
    const char *poll = json_string_value(json_object_get(root, "poll"));
    double poll_s = 0;
    snprintf(self->base, sizeof self->base, "%s", base ? base : ".");
    self->allow = json_incref(json_object_get(root, "allow"));
    itp_status st = ITP_OK;
    if (poll && (itp_kit_seconds(poll, &poll_s) != ITP_OK || !(poll_s > 0 && poll_s < 3600)))
        st = itp_fail(err, ITP_EINVAL, "poll: %.60s: expected a duration such as 10 s", poll);
    if (st == ITP_OK) st = queue_join(&self->queue, poll_s, err);
    json_decref(root);
    if (st != ITP_OK) {
        close_instance(self);
        return st;
    }
    *out = self;
    return ITP_OK;
}

/* CAMPAIGN.REQUEST.EPOCH; the campaign's identity is the name of the folder around the attempt's.
 */
static void name_job(slurm_job *job, const itp_request *req)
{
    const char *end = strrchr(job->folder, '/'), *start = end;
    while (start && start > job->folder && start[-1] != '/') start--;
    snprintf(job->name, sizeof job->name, "%.*s.%llu.%u",
             (int)(end - start > 80 ? 80 : end - start), start, (unsigned long long)req->request,
             req->epoch);
}

static void tell_progress(const itp_host *host, const slurm_job *job)
{
    char text[200];
    if (job->phase == JOB_RUNNING)
        snprintf(text, sizeof text, "job %s runs on %s", job->id, job->node);
    else if (job->phase == JOB_WAITING)
        snprintf(text, sizeof text, "job %s is queued in Slurm (%s)", job->id, job->reason);
    else
        snprintf(text, sizeof text, "to be submitted%s%s", job->reason[0] ? ": " : "", job->reason);
    host->progress(host->ctx, NAN, text);
}

static itp_cause cause_of(const char *state)
{
    if (strcmp(state, "OUT_OF_MEMORY") == 0) return ITP_CAUSE_RESOURCE;
    if (strcmp(state, "TIMEOUT") == 0 || strcmp(state, "DEADLINE") == 0) return ITP_CAUSE_TIMEOUT;
    return ITP_CAUSE_TRANSPORT; /* cancelled by somebody else, or it could not be started */
}

/* What has become of the job, as an attempt's outcome. */
static itp_status conclude(const attempt *a, const slurm_job *job, itp_result *res, itp_error *err)
{
    const itp_host *host = a->host;
    process_end end = {job->code < 128 ? job->code : -1, job->code < 128 ? 0 : job->code - 128};
    itp_status st = ITP_EWORKER;
    if (job->id[0]) host->note(host->ctx, res, "slurm_job", job->id);
    if (job->node[0]) host->note(host->ctx, res, "slurm_node", job->node);
    if (job->state[0]) host->note(host->ctx, res, "slurm_state", job->state);
    if (*job->flags) host->note(host->ctx, res, "slurm_resources", job->flags);
    switch (job->end) {
    case END_EXITED: st = attempt_judge(a, &end, res, err); break;
    case END_KILLED:
        host->cause(host->ctx, res, cause_of(job->state));
        attempt_tell(a, res);
        itp_fail(err, st, "%s", job->words);
        break;
    case END_LOST:
        host->cause(host->ctx, res, ITP_CAUSE_WORKER_LOST);
        itp_fail(err, st, "%s", job->words);
        break;
    case END_REFUSED:
        host->cause(host->ctx, res, ITP_CAUSE_RESOURCE);
        itp_fail(err, st, "%s", job->words);
        break;
    case END_CANCELLED: st = itp_fail(err, ITP_ECANCELLED, "cancelled in Slurm"); break;
    }
    attempt_keep(a, res);
    /* Told before it is: a crash in between repeats the run, which is repeatable; without this mark
     * the next attempt would take over a job that has failed. */
    if (st != ITP_OK) record_write(a->folder, ".job/told", "1", NULL);
    return st;
}

static itp_status wait_for(instance *self, const attempt *a, slurm_job *job, itp_result *res,
                           itp_error *err)
{
    const itp_host *host = self->host;
    slurm_job now;
    queue_add(self->queue, job);
    for (;;) {
        queue_wait(self->queue, job, &now);
        if (now.phase == JOB_OVER) break;
        if (host->leaving(host->ctx)) { /* the job goes on; the next life takes it over */
            queue_remove(self->queue, job);
            return itp_fail(err, ITP_EINTERRUPTED, "the worker ends; job %s stays in Slurm",
                            now.id[0] ? now.id : now.name);
        }
        if (host->cancelled(host->ctx)) queue_cancel(self->queue, job);
        tell_progress(host, &now);
    }
    queue_remove(self->queue, job);
    return conclude(a, &now, res, err);
}

static itp_status run(instance *self, attempt *a, const char *flags, itp_result *res,
                      itp_error *err)
{
    char fresh[PATH_MAX], earlier[PATH_MAX];
    slurm_job *job = calloc(1, sizeof *job);
    const char *folder = self->host->workdir(self->host->ctx);
    if (!job || !folder) {
        free(job);
        return itp_fail(err, ITP_EIO, "no folder for the attempt: %s", strerror(errno));
    }
    snprintf(fresh, sizeof fresh, "%s", folder);
    a->folder = fresh;
    itp_status st = ITP_OK;
    if (record_find_earlier(fresh, a, earlier)) {
        rmdir(fresh);
        self->host->log(self->host->ctx, 1, "job_taken_over", earlier);
        a->folder = earlier;
    } else {
        st = record_prepare(a, err);
    }
    snprintf(job->folder, sizeof job->folder, "%s", a->folder);
    job->flags = flags;
    job->host = self->host;
    name_job(job, a->req);
    if (st == ITP_OK) st = self->host->started(self->host->ctx, a->req);
    if (st == ITP_OK) st = wait_for(self, a, job, res, err);
    free(job);
    return st;
}

static itp_status measure(void *ctx, const itp_request *req, itp_result *res, itp_error *err)
{
    instance *self = ctx;
    command_options options;
    char program[PATH_MAX], *flags = NULL;
    itp_request whole;
    itp_value *inputs = NULL;
    itp_status st = read_options(req->options, &options, &flags, err);
    if (st != ITP_OK) return st;
    st = attempt_find(self->allow, self->base, &options, program, err);
    if (st == ITP_OK) st = attempt_inputs(&options, req, &whole, &inputs, err);
    if (st == ITP_OK)
        st = run(self, &(attempt){self->host, &options, self->base, NULL, program, &whole}, flags,
                 res, err);
    free(inputs);
    free(flags);
    command_options_deinit(&options);
    return st;
}

const itp_connector *itp_connector_entry(void)
{
    static const itp_connector CONNECTOR = {.abi = ITP_CONNECTOR_ABI,
                                            .struct_size = sizeof CONNECTOR,
                                            .id = "slurm",
                                            .version = "1",
                                            .describe = describe,
                                            .open = open_instance,
                                            .measure = measure,
                                            .close = close_instance,
                                            .check = check};
    return &CONNECTOR;
}
