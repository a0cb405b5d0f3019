/* attempt.c - see attempt.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "attempt.h"

#include <limits.h>
#include <math.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "outputs.h"
#include "render.h"

enum {
    TEMPLATE_BYTES_MAX = 16 << 20,
    PROGRAM_HASH_MAX = 4 << 20,
    TAIL_BYTES = 8192,      /* of each stream that a failure's provenance keeps */
    SEARCH_BYTES = 16 << 20 /* of a file's end that is searched for problems */
};

/* --- Before ------------------------------------------------------------------------------------
 */

itp_status attempt_find(const json_t *allow, const char *base, const command_options *options,
                        char *path, itp_error *err)
{
    const char *program = json_string_value(json_array_get(options->run, 0));
    itp_status st = command_find(program, base, path, err);
    if (st != ITP_OK) return st;
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)allow, i, item)
    {
        char allowed[PATH_MAX];
        const char *text = json_string_value(item);
        if (text && command_find(text, base, allowed, NULL) == ITP_OK && strcmp(allowed, path) == 0)
            return ITP_OK;
    }
    return itp_fail(err, ITP_EREFUSED,
                    "program %.300s is not on this worker's list; its owner may start the worker "
                    "with --allow %.300s",
                    program, path);
}

itp_status attempt_inputs(const command_options *options, const itp_request *req, itp_request *out,
                          itp_value **inputs, itp_error *err)
{
    size_t n = 0, room = req->n_inputs + json_object_size(options->values);
    const char *name;
    json_t *item;
    itp_value *all = calloc(room + 1, sizeof *all);
    if (!all) return itp_fail(err, ITP_ENOMEM, "inputs");
    for (; n < req->n_inputs; n++) all[n] = req->inputs[n];
    json_object_foreach((json_t *)options->values, name, item)
    {
        size_t i = 0;
        while (i < req->n_inputs && strcmp(req->inputs[i].name, name) != 0) i++;
        if (i < req->n_inputs) {
            free(all);
            return itp_fail(err, ITP_EINVAL, "values: %.100s is an input of the task too", name);
        }
        const char *text = json_string_value(item);
        char *rest = NULL;
        all[n] = (itp_value){.name = name, .sd = NAN, .unit = "1"};
        all[n].number = text ? strtod(text, &rest) : json_number_value(item);
        if (text && (rest == text || (*rest && *rest != ' '))) { /* a word, not "400 eV" */
            all[n].number = NAN;
            all[n].label = text;
        }
        n++;
    }
    *out = *req;
    out->inputs = all;
    out->n_inputs = n;
    *inputs = all;
    return ITP_OK;
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

itp_status attempt_write(const attempt *a, itp_error *err)
{
    const itp_request *req = a->req;
    const char *folder = a->folder;
    const char *name;
    json_t *item;
    itp_status st = write_input(a->options, folder, req, err);
    json_object_foreach((json_t *)a->options->files, name, item)
    {
        char *text = st == ITP_OK ? render(json_string_value(item), req) : NULL;
        if (text) st = render_file(folder, name, text, err);
        free(text);
    }
    json_object_foreach((json_t *)a->options->templates, name, item)
    {
        char *raw = NULL, *text = NULL;
        if (st == ITP_OK)
            st = render_read(a->base, json_string_value(item), TEMPLATE_BYTES_MAX, &raw, err);
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

void attempt_free(char **strings)
{
    for (size_t i = 0; strings && strings[i]; i++) free(strings[i]);
    free(strings);
}

char **attempt_arguments(const attempt *a)
{
    const command_options *options = a->options;
    size_t n = json_array_size(options->run);
    char **argv = calloc(n + 1, sizeof *argv);
    for (size_t i = 0; argv && i < n; i++) {
        argv[i] = item_text(json_array_get(options->run, i), a->req);
        if (argv[i]) continue;
        attempt_free(argv);
        return NULL;
    }
    return argv;
}

/* The program's libc takes the first of a name that it finds, so the worker's own of a name that
 * the options give are left out. */
char **attempt_environment(const attempt *a, char *const *given)
{
    const command_options *options = a->options;
    size_t n = 0, have = 0;
    while (given[have]) have++;
    char **envp = calloc(have + json_object_size(options->env) + 1, sizeof *envp);
    const char *name;
    json_t *item;
    if (!envp) return NULL;
    json_object_foreach((json_t *)options->env, name, item)
    {
        char *value = item_text(item, a->req);
        size_t size = strlen(name) + (value ? strlen(value) : 0) + 2;
        envp[n] = value ? malloc(size) : NULL;
        if (envp[n]) snprintf(envp[n++], size, "%s=%s", name, value);
        free(value);
    }
    for (size_t i = 0; i < have; i++) {
        char key[256];
        size_t size = strcspn(given[i], "=");
        snprintf(key, sizeof key, "%.*s", (int)size, given[i]);
        if (json_object_get(options->env, key)) continue;
        if ((envp[n] = strdup(given[i]))) n++;
    }
    return envp;
}

/* --- After -------------------------------------------------------------------------------------
 */

/* The end of a stream into the provenance, and what fits of it behind `out` (may be NULL). */
static void tell_tail(const attempt *a, const char *stream, itp_result *res, char *out, size_t size)
{
    char *text = NULL;
    if (folder_tail(a->folder, stream, TAIL_BYTES, &text) != ITP_OK) return;
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '))
        text[--length] = '\0';
    if (length > 0) a->host->note(a->host->ctx, res, stream, text);
    size_t used = out ? strlen(out) : 0;
    if (length > 0 && used + 4 < size) {
        size_t room = size - used - 3;
        snprintf(out + used, size - used, ": %s", length > room ? text + length - room : text);
    }
    free(text);
}

void attempt_tell(const attempt *a, itp_result *res)
{
    tell_tail(a, PROCESS_STDERR, res, NULL, 0);
    tell_tail(a, PROCESS_STDOUT, res, NULL, 0);
}

/* 1 with the line where the pattern was found in the file. */
static int find_line(const char *folder, const char *file, const char *pattern, char *line,
                     size_t size)
{
    char *text = NULL;
    regex_t regex;
    regmatch_t at;
    if (folder_tail(folder, file, SEARCH_BYTES, &text) != ITP_OK) return 0;
    int found = 0;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE) == 0) {
        found = regexec(&regex, text, 1, &at, 0) == 0;
        regfree(&regex);
    }
    if (found) {
        const char *start = text + at.rm_so, *end = text + at.rm_eo;
        while (start > text && start[-1] != '\n') start--;
        end += strcspn(end, "\n");
        snprintf(line, size, "%.*s", (int)(end - start), start);
    }
    free(text);
    return found;
}

/* A declared problem, searched even where the exit code is 0: many codes end well and say in their
 * output that they have failed. */
static itp_status find_problem(const attempt *a, itp_result *res, itp_error *err)
{
    const char *name;
    json_t *item;
    json_object_foreach((json_t *)a->options->problems, name, item)
    {
        const char *pattern =
            json_string_value(json_is_string(item) ? item : json_object_get(item, "regex"));
        const char *file = json_string_value(json_object_get(item, "file"));
        const char *cause = json_string_value(json_object_get(item, "cause"));
        const char *files[] = {file ? file : PROCESS_STDOUT, file ? NULL : PROCESS_STDERR};
        char line[400];
        for (int i = 0; i < 2 && files[i]; i++) {
            if (!find_line(a->folder, files[i], pattern, line, sizeof line)) continue;
            a->host->cause(a->host->ctx, res, cause ? command_cause(cause) : ITP_CAUSE_SCIENTIFIC);
            attempt_tell(a, res);
            return itp_fail(err, ITP_ERESULT, "%s: %s", name, line);
        }
    }
    return ITP_OK;
}

static itp_status fail_end(const attempt *a, const process_end *end, itp_result *res,
                           itp_error *err)
{
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
        if (a->options->causes[end->code] != ITP_CAUSE_NONE) cause = a->options->causes[end->code];
        snprintf(words, sizeof words, "exit code %d", end->code);
    }
    a->host->cause(a->host->ctx, res, cause);
    tell_tail(a, PROCESS_STDERR, res, words, sizeof words);
    tell_tail(a, PROCESS_STDOUT, res, NULL, 0);
    return itp_fail(err, ITP_ERESULT, "%s", words);
}

itp_status attempt_judge(const attempt *a, const process_end *end, itp_result *res, itp_error *err)
{
    itp_status st = find_problem(a, res, err);
    if (st != ITP_OK) return st;
    if (end->signal || end->code != 0) return fail_end(a, end, res, err);
    st = outputs_read(a->options, a->folder, a->req, a->host, res, err);
    if (st != ITP_OK) attempt_tell(a, res); /* why an output is missing stands there, if anywhere */
    return st;
}

void attempt_keep(const attempt *a, itp_result *res)
{
    static const char *const STREAMS[] = {PROCESS_STDOUT, PROCESS_STDERR};
    const itp_host *host = a->host;
    char path[PATH_MAX];
    struct stat info;
    size_t i;
    json_t *item;
    uint64_t bytes = folder_bytes(a->folder);
    host->note(host->ctx, res, "program", a->program);
    host->note(host->ctx, res, "folder", a->folder);
    if (stat(a->program, &info) == 0 && info.st_size <= PROGRAM_HASH_MAX)
        host->artefact(host->ctx, res, "program", a->program);
    if (bytes > a->options->keep_bytes) {
        char text[128];
        folder_empty(a->folder, PROCESS_STDOUT, PROCESS_STDERR);
        snprintf(text, sizeof text, "%llu bytes, more than keep allows: removed",
                 (unsigned long long)bytes);
        host->note(host->ctx, res, "folder_size", text);
    }
    for (int k = 0; k < 2; k++)
        if (snprintf(path, sizeof path, "%s/%s", a->folder, STREAMS[k]) < (int)sizeof path &&
            access(path, F_OK) == 0)
            host->artefact(host->ctx, res, STREAMS[k], path);
    json_array_foreach(a->options->artefacts, i, item)
    {
        folder_artefacts(a->folder, json_string_value(item), host, res);
    }
}
