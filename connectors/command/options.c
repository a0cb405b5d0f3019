/* options.c - see options.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <errno.h>
#include <limits.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t KEEP_BYTES = 1u << 30; /* default of `keep` */

static itp_status check_strings(const char *key, const json_t *value, itp_error *err)
{
    size_t i;
    const char *name;
    json_t *item;
    if (json_is_array(value)) {
        json_array_foreach(value, i, item)
        {
            if (!json_is_string(item) && !json_is_number(item))
                return itp_fail(err, ITP_EINVAL, "%s: item %zu is not a text", key, i + 1);
        }
        return ITP_OK;
    }
    if (!json_is_object(value)) return itp_fail(err, ITP_EINVAL, "%s: expected a mapping", key);
    json_object_foreach((json_t *)value, name, item)
    {
        if (!json_is_string(item) && !json_is_number(item))
            return itp_fail(err, ITP_EINVAL, "%s: %s is not a text", key, name);
    }
    return ITP_OK;
}

/* Files are made in the attempt's own folder, nowhere else. */
static itp_status check_file_name(const char *key, const char *name, itp_error *err)
{
    if (!*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return itp_fail(err, ITP_EINVAL, "%s: \"%.100s\" is not the name of a file without folder",
                        key, name);
    return ITP_OK;
}

static itp_status read_files(const char *key, const json_t *value, const json_t **out,
                             itp_error *err)
{
    const char *name;
    json_t *item;
    itp_status st = json_is_object(value)
                        ? check_strings(key, value, err)
                        : itp_fail(err, ITP_EINVAL, "%s: expected a mapping", key);
    if (st != ITP_OK) return st;
    json_object_foreach((json_t *)value, name, item)
    {
        if ((st = check_file_name(key, name, err)) != ITP_OK) return st;
    }
    *out = value;
    return ITP_OK;
}

itp_cause command_cause(const char *name)
{
    static const char *const names[] = {
#define X(name, text) text,
        ITP_CAUSES(X)
#undef X
    };
    for (size_t i = 1; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return (itp_cause)i;
    return ITP_CAUSE_NONE;
}

static itp_status read_causes(const json_t *value, command_options *out, itp_error *err)
{
    const char *code;
    json_t *item;
    if (!json_is_object(value))
        return itp_fail(err, ITP_EINVAL, "causes: expected a mapping, e.g. {10: scientific}");
    json_object_foreach((json_t *)value, code, item)
    {
        char *end;
        long number = strtol(code, &end, 10);
        const char *name = json_string_value(item);
        if (!*code || *end || number < 1 || number > 255)
            return itp_fail(err, ITP_EINVAL, "causes: %s is not an exit code (1 to 255)", code);
        itp_cause cause = name ? command_cause(name) : ITP_CAUSE_NONE;
        if (cause == ITP_CAUSE_NONE)
            return itp_fail(err, ITP_EINVAL,
                            "causes: %s: expected scientific, resource, timeout, invalid_result, "
                            "unsafe, refused or transport",
                            code);
        out->causes[number] = cause;
    }
    return ITP_OK;
}

static itp_status check_pattern(const char *name, const char *pattern, itp_error *err)
{
    regex_t regex;
    char why[200];
    int code = regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE);
    if (code != 0) {
        regerror(code, &regex, why, sizeof why);
        return itp_fail(err, ITP_EINVAL, "outputs: %s: regex: %s", name, why);
    }
    size_t groups = regex.re_nsub;
    regfree(&regex);
    if (groups > 0) return ITP_OK;
    return itp_fail(err, ITP_EINVAL, "outputs: %s: regex: put what is wanted in (parentheses)",
                    name);
}

static itp_status check_output(const char *name, const json_t *value, itp_error *err)
{
    const char *key;
    json_t *item;
    if (!json_is_object(value))
        return itp_fail(err, ITP_EINVAL,
                        "outputs: %s: expected {json: key} or {regex: pattern}, and file, unit, sd",
                        name);
    json_object_foreach((json_t *)value, key, item)
    {
        int known = strcmp(key, "json") == 0 || strcmp(key, "regex") == 0 ||
                    strcmp(key, "file") == 0 || strcmp(key, "unit") == 0 ||
                    strcmp(key, "sd") == 0 || strcmp(key, "match") == 0;
        if (!known)
            return itp_fail(err, ITP_EINVAL,
                            "outputs: %s: %s is none of json, regex, match, file, unit, sd", name,
                            key);
        if (!json_is_string(item) && !(strcmp(key, "sd") == 0 && json_is_number(item)))
            return itp_fail(err, ITP_EINVAL, "outputs: %s: %s is not a text", name, key);
    }
    const char *regex = json_string_value(json_object_get(value, "regex"));
    const char *match = json_string_value(json_object_get(value, "match"));
    if (regex && json_object_get(value, "json"))
        return itp_fail(err, ITP_EINVAL, "outputs: %s: json or regex, not both", name);
    if (match && strcmp(match, "first") != 0 && strcmp(match, "last") != 0)
        return itp_fail(err, ITP_EINVAL, "outputs: %s: match: first or last", name);
    return regex ? check_pattern(name, regex, err) : ITP_OK;
}

static itp_status read_outputs(const json_t *value, command_options *out, itp_error *err)
{
    const char *name;
    json_t *item;
    if (!json_is_object(value)) return itp_fail(err, ITP_EINVAL, "outputs: expected a mapping");
    json_object_foreach((json_t *)value, name, item)
    {
        itp_status st = check_output(name, item, err);
        if (st != ITP_OK) return st;
    }
    out->outputs = value;
    return ITP_OK;
}

uint64_t command_size(const json_t *value)
{
    static const struct {
        const char *name;
        double bytes;
    } units[] = {{"", 1},      {"B", 1},      {"kB", 1e3},      {"MB", 1e6},        {"GB", 1e9},
                 {"TB", 1e12}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}};
    const char *text = json_string_value(value);
    char *end = NULL;
    double number = text ? strtod(text, &end) : json_number_value(value);
    const char *unit = text ? end : "";
    while (*unit == ' ') unit++;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (number > 0 && number < 1e15 && strcmp(unit, units[i].name) == 0)
            return (uint64_t)(number * units[i].bytes);
    return 0;
}

/* Patterns of `problems` have no group to be taken: name: pattern, or {regex, file, cause}. */
static itp_status check_problem(const char *name, const json_t *value, itp_error *err)
{
    const char *key;
    json_t *item;
    regex_t regex;
    char why[200];
    json_object_foreach((json_t *)value, key, item)
    {
        int known =
            strcmp(key, "regex") == 0 || strcmp(key, "file") == 0 || strcmp(key, "cause") == 0;
        if (!known || !json_is_string(item))
            return itp_fail(err, ITP_EINVAL, "problems: %s: %s is none of regex, file, cause", name,
                            key);
    }
    const char *cause = json_string_value(json_object_get(value, "cause"));
    if (cause && command_cause(cause) == ITP_CAUSE_NONE)
        return itp_fail(err, ITP_EINVAL, "problems: %s: %.60s is no cause", name, cause);
    const char *pattern =
        json_string_value(json_is_string(value) ? value : json_object_get(value, "regex"));
    if (!pattern)
        return itp_fail(err, ITP_EINVAL, "problems: %s: expected a pattern, or {regex: pattern}",
                        name);
    int code = regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE);
    if (code == 0) {
        regfree(&regex);
        return ITP_OK;
    }
    regerror(code, &regex, why, sizeof why);
    return itp_fail(err, ITP_EINVAL, "problems: %s: regex: %s", name, why);
}

static itp_status read_problems(const json_t *value, command_options *out, itp_error *err)
{
    const char *name;
    json_t *item;
    if (!json_is_object(value)) return itp_fail(err, ITP_EINVAL, "problems: expected a mapping");
    json_object_foreach((json_t *)value, name, item)
    {
        itp_status st = check_problem(name, item, err);
        if (st != ITP_OK) return st;
    }
    out->problems = value;
    return ITP_OK;
}

static itp_status read_keep(const json_t *value, command_options *out, itp_error *err)
{
    out->keep_bytes = command_size(value);
    return out->keep_bytes ? ITP_OK
                           : itp_fail(err, ITP_EINVAL, "keep: expected a size such as 500 MB");
}

static itp_status read_input(const json_t *value, command_options *out, itp_error *err)
{
    const char *text = json_string_value(value);
    if (!text) return itp_fail(err, ITP_EINVAL, "stdin: expected json, none or a text");
    out->no_input = strcmp(text, "none") == 0;
    out->input = out->no_input || strcmp(text, "json") == 0 ? NULL : text;
    return ITP_OK;
}

static itp_status read_run(const json_t *value, command_options *out, itp_error *err)
{
    if (!json_is_array(value) || json_array_size(value) == 0 ||
        !json_is_string(json_array_get(value, 0)))
        return itp_fail(err, ITP_EINVAL, "run: expected [program, argument, ...]");
    out->run = value;
    return check_strings("run", value, err);
}

static itp_status read_artefacts(const json_t *value, command_options *out, itp_error *err)
{
    if (!json_is_array(value))
        return itp_fail(err, ITP_EINVAL, "artefacts: expected [pattern of files, ...]");
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item)
    {
        const char *pattern = json_string_value(item);
        if (!pattern || pattern[0] == '/' || strstr(pattern, ".."))
            return itp_fail(err, ITP_EINVAL,
                            "artefacts: item %zu is not a pattern of files in the "
                            "attempt's own folder",
                            i + 1);
    }
    out->artefacts = value;
    return ITP_OK;
}

static itp_status read_one(const char *key, const json_t *value, const char *further,
                           command_options *out, itp_error *err)
{
    if (further && strcmp(key, further) == 0) return ITP_OK;
    if (strcmp(key, "run") == 0) return read_run(value, out, err);
    if (strcmp(key, "stdin") == 0) return read_input(value, out, err);
    if (strcmp(key, "env") == 0) {
        out->env = value;
        return json_is_object(value) ? check_strings(key, value, err)
                                     : itp_fail(err, ITP_EINVAL, "env: expected a mapping");
    }
    if (strcmp(key, "values") == 0) {
        out->values = value;
        return json_is_object(value) ? check_strings(key, value, err)
                                     : itp_fail(err, ITP_EINVAL, "values: expected a mapping");
    }
    if (strcmp(key, "problems") == 0) return read_problems(value, out, err);
    if (strcmp(key, "files") == 0) return read_files(key, value, &out->files, err);
    if (strcmp(key, "templates") == 0) return read_files(key, value, &out->templates, err);
    if (strcmp(key, "outputs") == 0) return read_outputs(value, out, err);
    if (strcmp(key, "artefacts") == 0) return read_artefacts(value, out, err);
    if (strcmp(key, "causes") == 0) return read_causes(value, out, err);
    if (strcmp(key, "keep") == 0) return read_keep(value, out, err);
    return itp_fail(err, ITP_EINVAL,
                    "%s: not an option here (run, values, stdin, env, files, templates, outputs, "
                    "problems, artefacts, causes, keep%s%s)",
                    key, further ? ", " : "", further ? further : "");
}

itp_status command_options_read(const char *text, const char *further, command_options *out,
                                itp_error *err)
{
    json_error_t why;
    *out = (command_options){.keep_bytes = KEEP_BYTES};
    out->causes[10] = ITP_CAUSE_SCIENTIFIC;
    out->causes[11] = ITP_CAUSE_RESOURCE;
    out->root = json_loads(text, 0, &why);
    itp_status st = json_is_object(out->root)
                        ? ITP_OK
                        : itp_fail(err, ITP_EPARSE, "options are not a JSON object");
    const char *key;
    json_t *value;
    json_object_foreach(out->root, key, value)
    {
        if (st == ITP_OK) st = read_one(key, value, further, out, err);
    }
    if (st == ITP_OK && !out->run)
        st = itp_fail(err, ITP_EINVAL, "run is missing, e.g. with: {run: [./evaluate, \"{x}\"]}");
    if (st != ITP_OK) command_options_deinit(out);
    return st;
}

void command_options_deinit(command_options *options)
{
    json_decref(options->root);
    options->root = NULL;
}

static int is_program(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

itp_status command_find(const char *program, const char *base, char *out, itp_error *err)
{
    char path[PATH_MAX];
    if (strchr(program, '/')) {
        int joined = program[0] != '/' && base;
        int used =
            snprintf(path, sizeof path, "%s%s%s", joined ? base : "", joined ? "/" : "", program);
        if (used < (int)sizeof path && is_program(path) && realpath(path, out)) return ITP_OK;
        return itp_fail(err, ITP_ENOTFOUND, "program %.300s: %s", path,
                        access(path, F_OK) == 0 ? "cannot be executed" : "no such file");
    }
    const char *folders = getenv("PATH");
    while (folders && *folders) {
        size_t size = strcspn(folders, ":");
        int used = snprintf(path, sizeof path, "%.*s/%s", (int)size, folders, program);
        if (size > 0 && used < (int)sizeof path && is_program(path) && realpath(path, out))
            return ITP_OK;
        folders += size + (folders[size] == ':');
    }
    return itp_fail(err, ITP_ENOTFOUND, "program %.300s: not found on PATH", program);
}

itp_status command_find_templates(const command_options *options, itp_error *err)
{
    const char *name;
    json_t *path;
    json_object_foreach((json_t *)options->templates, name, path)
    {
        if (access(json_string_value(path), R_OK) != 0)
            return itp_fail(err, ITP_ENOTFOUND, "templates: %s: %s", json_string_value(path),
                            strerror(errno));
    }
    return ITP_OK;
}
