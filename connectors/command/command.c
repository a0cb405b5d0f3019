/* command.c - the connector `command`: any program answers.
 *   with:
 *     run:       [./evaluate, --solvent, "{solvent}"]   program and arguments; never a shell
 *     stdin:     json                                   the inputs as one JSON object (default);
 * none; or a text env:       {OMP_NUM_THREADS: "1", C1: "{c1}"}     added to the worker's own
 *     files:     {in.txt: "rate {c1}\n"}                written into the attempt's folder
 *     templates: {case.inp: case.inp.in}                the same from files beside the campaign
 *     outputs:   {energy: {regex: "E = ([-0-9.]+)", file: run.log, unit: eV}, gap: {json:
 * a.gap}} artefacts: [run.log, "*.xyz"]                     kept by reference, with SHA-256 causes:
 * {10: scientific, 11: resource}         exit codes; these two are the default keep:      1 GiB
 * most bytes of a file, and of a folder kept {name} is an input's value; any other braces stay. An
 * output without a rule is looked for by its name in the JSON object that the program prints: a
 * number, or {"value", "sd", "unit"}. The program runs in the attempt's own folder (there are
 * stdin, stdout, stderr too), in a process group that a deadline or a cancellation ends. What may
 * be run is the worker's allow-list. SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "options.h"
#include "outputs.h"
#include "process.h"
#include "render.h"

enum { TEMPLATE_BYTES_MAX = 16 << 20, PROGRAM_HASH_MAX = 4 << 20 };

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
    itp_status st = command_options_read(options, &read, err);
    if (st != ITP_OK) return st;
    st = command_find(json_string_value(json_array_get(read.run, 0)), NULL, program, err);
    const char *name;
    json_t *path;
    json_object_foreach((json_t *)read.templates, name, path)
    {
        if (st == ITP_OK && access(json_string_value(path), R_OK) != 0)
            st = itp_fail(err, ITP_ENOTFOUND, "templates: %s: %s", json_string_value(path),
                          strerror(errno));
    }
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

/* The worker's owner decides what runs here, not the campaign. */
static itp_status find_allowed(const instance *self, const char *program, char *path,
                               itp_error *err)
{
    itp_status st = command_find(program, self->base, path, err);
    if (st != ITP_OK) return st;
    size_t i;
    json_t *item;
    json_array_foreach(self->allow, i, item)
    {
        char allowed[PATH_MAX];
        const char *text = json_string_value(item);
        if (text && command_find(text, self->base, allowed, NULL) == ITP_OK &&
            strcmp(allowed, path) == 0)
            return ITP_OK;
    }
    return itp_fail(err, ITP_EREFUSED,
                    "program %.300s is not on this worker's list; its owner may start the worker "
                    "with --allow %.300s",
                    program, path);
}

static json_t *inputs_object(const itp_request *req)
{
    json_t *object = json_object();
    for (size_t i = 0; i < req->n_inputs; i++) {
        const itp_value *input = &req->inputs[i];
        double number = input->number;
        int whole = number == floor(number) && fabs(number) < 9e15;
        json_object_set_new(object, input->name,
                            input->label ? json_string(input->label)
                            : whole      ? json_integer((json_int_t)number)
                                         : json_real(number));
    }
    return object;
}

static itp_status write_input(const command_options *options, const char *folder,
                              const itp_request *req, itp_error *err)
{
    char *text = NULL;
    if (options->no_input) return render_file(folder, PROCESS_STDIN, "", err);
    if (options->input) {
        text = render(options->input, req);
    } else {
        json_t *object = inputs_object(req);
        text = json_dumps(object, JSON_COMPACT);
        json_decref(object);
    }
    itp_status st = text ? render_file(folder, PROCESS_STDIN, text, err)
                         : itp_fail(err, ITP_ENOMEM, "standard input");
    free(text);
    return st;
}

static itp_status write_files(const instance *self, const command_options *options,
                              const char *folder, const itp_request *req, itp_error *err)
{
    const char *name;
    json_t *item;
    itp_status st = write_input(options, folder, req, err);
    json_object_foreach((json_t *)options->files, name, item)
    {
        char *text = st == ITP_OK ? render(json_string_value(item), req) : NULL;
        if (text) st = render_file(folder, name, text, err);
        free(text);
    }
    json_object_foreach((json_t *)options->templates, name, item)
    {
        char *raw = NULL, *text = NULL;
        if (st == ITP_OK)
            st = render_read(self->base, json_string_value(item), TEMPLATE_BYTES_MAX, &raw, err);
        if (raw) text = render(raw, req);
        if (text) st = render_file(folder, name, text, err);
        free(text);
        free(raw);
    }
    return st;
}

static char *item_text(const json_t *item, const itp_request *req)
{
    char number[RENDER_NUMBER];
    if (json_is_integer(item)) {
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(item));
        return strdup(number);
    }
    if (json_is_number(item)) return strdup(render_number(json_number_value(item), number));
    return render(json_string_value(item), req);
}

static void free_strings(char **strings)
{
    for (size_t i = 0; strings && strings[i]; i++) free(strings[i]);
    free(strings);
}

static char **make_arguments(const command_options *options, const itp_request *req)
{
    size_t n = json_array_size(options->run);
    char **argv = calloc(n + 1, sizeof *argv);
    for (size_t i = 0; argv && i < n; i++) {
        argv[i] = item_text(json_array_get(options->run, i), req);
        if (argv[i]) continue;
        free_strings(argv);
        return NULL;
    }
    return argv;
}

/* "KEY=value" for each own variable, behind the worker's: the program's libc takes the first it
 * finds, so the worker's of the same name are left out. */
static char **make_environment(const command_options *options, const itp_request *req)
{
    size_t n = 0, have = 0;
    while (environ[have]) have++;
    char **envp = calloc(have + json_object_size(options->env) + 1, sizeof *envp);
    const char *name;
    json_t *item;
    if (!envp) return NULL;
    json_object_foreach((json_t *)options->env, name, item)
    {
        char *value = item_text(item, req);
        size_t size = strlen(name) + (value ? strlen(value) : 0) + 2;
        envp[n] = value ? malloc(size) : NULL;
        if (envp[n]) snprintf(envp[n++], size, "%s=%s", name, value);
        free(value);
    }
    for (size_t i = 0; i < have; i++) {
        char key[256];
        size_t size = strcspn(environ[i], "=");
        snprintf(key, sizeof key, "%.*s", (int)size, environ[i]);
        if (json_object_get(options->env, key)) continue;
        if ((envp[n] = strdup(environ[i]))) n++;
    }
    return envp;
}

/* The last words on standard error, which usually say why. */
static void add_tail(const char *folder, const itp_host *host, itp_result *res, char *out,
                     size_t size)
{
    char *text = NULL;
    if (folder_tail(folder, PROCESS_STDERR, 8192, &text) != ITP_OK) return;
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
        text[--length] = '\0';
    size_t used = strlen(out);
    if (length > 0 && used + 4 < size) {
        size_t room = size - used - 3;
        snprintf(out + used, size - used, ": %s", length > room ? text + length - room : text);
        host->note(host->ctx, res, "stderr", text);
    }
    free(text);
}

static itp_status judge_end(const instance *self, const command_options *options,
                            const char *folder, const process_end *end, itp_result *res,
                            itp_error *err)
{
    const itp_host *host = self->host;
    char words[960];
    itp_cause cause = ITP_CAUSE_INVALID;
    if (end->signal) {
        int memory = end->signal == SIGKILL,
            limit = end->signal == SIGXFSZ || end->signal == SIGXCPU;
        if (memory || limit) cause = ITP_CAUSE_RESOURCE;
        snprintf(words, sizeof words, "killed by signal %d (%s)%s", end->signal,
                 strsignal(end->signal),
                 memory  ? ", as when memory runs out"
                 : limit ? ", a limit (see keep)"
                         : "");
    } else {
        if (options->causes[end->code] != ITP_CAUSE_NONE) cause = options->causes[end->code];
        snprintf(words, sizeof words, "exit code %d", end->code);
    }
    host->cause(host->ctx, res, cause);
    add_tail(folder, host, res, words, sizeof words);
    return itp_fail(err, ITP_ERESULT, "%s", words);
}

/* What stays of the attempt: artefacts by reference, and the folder when it is small enough. */
static void keep_files(const instance *self, const command_options *options, const char *folder,
                       const char *program, itp_result *res)
{
    const itp_host *host = self->host;
    struct stat info;
    size_t i;
    json_t *item;
    uint64_t bytes = folder_bytes(folder);
    host->note(host->ctx, res, "program", program);
    host->note(host->ctx, res, "folder", folder);
    if (stat(program, &info) == 0 && info.st_size <= PROGRAM_HASH_MAX)
        host->artefact(host->ctx, res, "program", program);
    if (bytes > options->keep_bytes) {
        char text[128];
        folder_empty(folder, PROCESS_STDOUT, PROCESS_STDERR);
        snprintf(text, sizeof text, "%llu bytes, more than keep allows: removed",
                 (unsigned long long)bytes);
        host->note(host->ctx, res, "folder_size", text);
    }
    host->artefact(host->ctx, res, PROCESS_STDOUT, PROCESS_STDOUT);
    host->artefact(host->ctx, res, PROCESS_STDERR, PROCESS_STDERR);
    json_array_foreach(options->artefacts, i, item)
    {
        folder_artefacts(folder, json_string_value(item), host, res);
    }
}

static int stop(void *ctx)
{
    const instance *self = ctx;
    return self->host->cancelled(self->host->ctx);
}

static itp_status run(instance *self, const command_options *options, const char *program,
                      const itp_request *req, itp_result *res, itp_error *err)
{
    const itp_host *host = self->host;
    const char *folder = host->workdir(host->ctx);
    if (!folder) return itp_fail(err, ITP_EIO, "no folder for the attempt: %s", strerror(errno));
    itp_status st = write_files(self, options, folder, req, err);
    if (st != ITP_OK) return st;
    process_end end = {0};
    process_start start = {
        .path = program, .folder = folder, .file_bytes_max = options->keep_bytes};
    char **argv = make_arguments(options, req), **envp = make_environment(options, req);
    start.argv = argv;
    start.envp = envp;
    st = argv && envp ? host->started(host->ctx, req) : ITP_ENOMEM;
    if (st != ITP_OK)
        itp_fail(err, st, "not started: %s", itp_status_text(st));
    else
        st = process_run(&start, self->wake, stop, self, &end, err);
    free_strings(argv);
    free_strings(envp);
    if (st == ITP_OK && (end.signal || end.code != 0))
        st = judge_end(self, options, folder, &end, res, err);
    else if (st == ITP_OK)
        st = outputs_read(options, folder, req, host, res, err);
    keep_files(self, options, folder, program, res);
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
    itp_status st = command_options_read(req->options, &options, err);
    if (st != ITP_OK) return st;
    st = find_allowed(self, json_string_value(json_array_get(options.run, 0)), program, err);
    if (st == ITP_OK) st = run(self, &options, program, req, res, err);
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
