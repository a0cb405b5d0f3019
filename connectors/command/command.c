/* command.c - the connector `command`: any program answers.
 *   with:
 *     run:       [./evaluate, --solvent, "{solvent}"]   program and arguments; never a shell
 *     values:    {ecut: 400 eV, mixing: 0.5}            constants, given like inputs
 *     stdin:     json                                   the inputs as one JSON object; none; a text
 *     env:       {OMP_NUM_THREADS: "1", C1: "{c1}"}     added to the worker's own
 *     files:     {in.txt: "rate {c1}\n"}                written into the attempt's folder
 *     templates: {case.inp: case.inp.in}                the same from files beside the campaign
 *     outputs:   {energy: {regex: "E = ([-0-9.]+)", file: run.log, unit: eV}, gap: {json: a.gap}}
 *     problems:  {no_scf: "SCF NOT CONVERGED"}          found in what it wrote: a failure
 *     artefacts: [run.log, "*.xyz"]                     kept by reference, with SHA-256
 *     causes:    {10: scientific, 11: resource}         exit codes; these two are the default
 *     keep:      1 GiB                                  most bytes of a file, and of a folder kept
 *
 * {name} is an input's value; any other braces stay. An output without a rule is looked for by its
 * name in the JSON object that the program prints: a number, or {"value", "sd", "unit"}. The
 * program runs in the attempt's own folder (there are stdin, stdout, stderr too), in a process
 * group that a deadline or a cancellation ends. What may be run is the worker's allow-list.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attempt.h"
#include "process.h"

extern char **environ;

typedef struct {
    const itp_host *host;
    int wake; /* eventfd: cancel has been called */
    char base[PATH_MAX];
    json_t *allow; /* array of programs */
} instance;

static const itp_task TASK = {.name = "*", .cls = ITP_REPEATABLE, .open = 1};

static itp_status describe(itp_tasks *out)
{
    *out = (itp_tasks){&TASK, 1};
    return ITP_OK;
}

/* Runs in the folder of the campaign file. */
static itp_status check(const char *task, const char *options, itp_error *err)
{
    command_options read;
    char program[PATH_MAX];
    (void)task;
    itp_status st = command_options_read(options, NULL, &read, err);
    if (st != ITP_OK) return st;
    st = command_find(json_string_value(json_array_get(read.run, 0)), NULL, program, err);
    if (st == ITP_OK) st = command_find_templates(&read, err);
    command_options_deinit(&read);
    return st;
}

static void close_instance(void *ctx)
{
    instance *self = ctx;
    if (!self) return;
    if (self->wake >= 0) close(self->wake);
    json_decref(self->allow);
    free(self);
}

static itp_status open_instance(void **out, const itp_host *host, const char *config,
                                itp_error *err)
{
    json_error_t why;
    instance *self = calloc(1, sizeof *self);
    if (!self) return itp_fail(err, ITP_ENOMEM, "command");
    self->host = host;
    self->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    json_t *root = json_loads(config, 0, &why);
    const char *base = json_string_value(json_object_get(root, "base"));
    snprintf(self->base, sizeof self->base, "%s", base ? base : ".");
    self->allow = json_incref(json_object_get(root, "allow"));
    json_decref(root);
    if (self->wake < 0) {
        close_instance(self);
        return itp_fail(err, ITP_ERESOURCE, "no descriptor");
    }
    *out = self;
    return ITP_OK;
}

static int stop(void *ctx)
{
    const instance *self = ctx;
    return self->host->cancelled(self->host->ctx);
}

static itp_status run(instance *self, const attempt *a, itp_result *res, itp_error *err)
{
    const itp_host *host = self->host;
    process_end end = {0};
    process_start start = {
        .path = a->program, .folder = a->folder, .file_bytes_max = a->options->keep_bytes};
    itp_status st = attempt_write(a, err);
    if (st != ITP_OK) return st;
    char **argv = attempt_arguments(a), **envp = attempt_environment(a, environ);
    start.argv = argv;
    start.envp = envp;
    st = argv && envp ? host->started(host->ctx, a->req) : ITP_ENOMEM;
    if (st != ITP_OK)
        itp_fail(err, st, "not started: %s", itp_status_text(st));
    else
        st = process_run(&start, self->wake, stop, self, &end, err);
    attempt_free(argv);
    attempt_free(envp);
    if (st == ITP_OK) st = attempt_judge(a, &end, res, err);
    attempt_keep(a, res);
    return st;
}

static itp_status measure(void *ctx, const itp_request *req, itp_result *res, itp_error *err)
{
    instance *self = ctx;
    command_options options;
    char program[PATH_MAX];
    uint64_t stale;
    /* A wake-up left over from the last attempt; one for this attempt shows in `stop` too. */
    if (read(self->wake, &stale, sizeof stale) < 0) stale = 0;
    itp_request whole;
    itp_value *inputs = NULL;
    itp_status st = command_options_read(req->options, NULL, &options, err);
    if (st != ITP_OK) return st;
    st = attempt_find(self->allow, self->base, &options, program, err);
    if (st == ITP_OK) st = attempt_inputs(&options, req, &whole, &inputs, err);
    const char *folder = st == ITP_OK ? self->host->workdir(self->host->ctx) : NULL;
    if (st == ITP_OK && !folder)
        st = itp_fail(err, ITP_EIO, "no folder for the attempt: %s", strerror(errno));
    if (st == ITP_OK)
        st = run(self, &(attempt){self->host, &options, self->base, folder, program, &whole}, res,
                 err);
    free(inputs);
    command_options_deinit(&options);
    return st;
}

static void cancel(void *ctx)
{
    const instance *self = ctx;
    uint64_t one = 1;
    ssize_t written = write(self->wake, &one, sizeof one);
    (void)written;
}

const itp_connector *itp_connector_entry(void)
{
    static const itp_connector CONNECTOR = {.abi = ITP_CONNECTOR_ABI,
                                            .struct_size = sizeof CONNECTOR,
                                            .id = "command",
                                            .version = "1",
                                            .describe = describe,
                                            .open = open_instance,
                                            .measure = measure,
                                            .cancel = cancel,
                                            .close = close_instance,
                                            .check = check};
    return &CONNECTOR;
}
