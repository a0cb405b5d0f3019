/* outputs.c - see outputs.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "outputs.h"

#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "render.h"

enum { TEXT_BYTES_MAX = 16 << 20, OBJECT_LINES = 1000 };

typedef struct {
    const char *folder;
    const itp_request *req;
    const itp_host *host;
    itp_result *res;
    itp_error *err;
} reader;

/* The whole text as one JSON object, else the last of its lines that is one: a program may say
 * other things before its answer. */
static json_t *find_object(char *text)
{
    json_error_t why;
    json_t *all = json_loads(text, 0, &why);
    if (json_is_object(all)) return all;
    json_decref(all);
    char *end = text + strlen(text);
    for (int lines = 0; end > text && lines < OBJECT_LINES; lines++) {
        char *start = end;
        while (start > text && start[-1] != '\n') start--;
        json_t *line = *start ? json_loads(start, 0, &why) : NULL;
        if (json_is_object(line)) return line;
        json_decref(line);
        end = start > text ? start - 1 : text;
        *end = '\0';
    }
    return NULL;
}

/* "a.b.2" walks objects and arrays. */
static const json_t *walk(const json_t *from, const char *path)
{
    const json_t *whole = json_object_get(from, path);
    if (whole) return whole;
    char step[256];
    while (from && *path) {
        size_t size = strcspn(path, ".");
        if (size >= sizeof step) return NULL;
        memcpy(step, path, size);
        step[size] = '\0';
        from = json_is_array(from) ? json_array_get(from, strtoul(step, NULL, 10))
                                   : json_object_get(from, step);
        path += size + (path[size] == '.');
    }
    return from;
}

static itp_status put_text(const reader *r, const itp_port *port, const char *text, double sd,
                           const char *unit)
{
    char *end;
    if (!port->unit) return r->host->put_label(r->host->ctx, r->res, port->name, text);
    double number = strtod(text, &end);
    while (*end == ' ' || *end == '\t') end++;
    if (end == text || *end)
        return itp_fail(r->err, ITP_ERESULT, "output %s: \"%.100s\" is not a number", port->name,
                        text);
    return r->host->put(r->host->ctx, r->res, port->name, number, sd, unit);
}

/* A number, a text, or {value, sd, unit}. */
static itp_status put_json(const reader *r, const itp_port *port, const json_t *value, double sd,
                           const char *unit)
{
    if (json_is_object(value)) {
        const json_t *own_sd = json_object_get(value, "sd");
        const char *own_unit = json_string_value(json_object_get(value, "unit"));
        if (json_is_number(own_sd)) sd = json_number_value(own_sd);
        if (own_unit) unit = own_unit;
        value = json_object_get(value, "value");
    }
    if (json_is_number(value) && port->unit)
        return r->host->put(r->host->ctx, r->res, port->name, json_number_value(value), sd, unit);
    if (json_is_boolean(value) && port->unit)
        return r->host->put(r->host->ctx, r->res, port->name, json_is_true(value), sd, unit);
    if (json_is_string(value)) return put_text(r, port, json_string_value(value), sd, unit);
    return itp_fail(r->err, ITP_ERESULT, "output %s: expected %s", port->name,
                    port->unit ? "a number" : "a text");
}

/* The first group of the last (or first) match. */
static char *match(const char *pattern, const char *text, int first)
{
    regex_t regex;
    regmatch_t groups[2];
    char *found = NULL;
    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE) != 0) return NULL;
    for (int flags = 0; regexec(&regex, text, 2, groups, flags) == 0; flags = REG_NOTBOL) {
        if (groups[1].rm_so >= 0) {
            free(found);
            found = strndup(text + groups[1].rm_so, (size_t)(groups[1].rm_eo - groups[1].rm_so));
        }
        if (first && found) break;
        size_t step = (size_t)groups[0].rm_eo;
        if (groups[0].rm_eo == groups[0].rm_so && !text[step++]) break;
        text += step;
    }
    regfree(&regex);
    return found;
}

static itp_status missing(const reader *r, const itp_port *port, const char *file,
                          const char *where)
{
    if (port->optional) return ITP_OK;
    return itp_fail(r->err, ITP_ERESULT, "output %s: not found in %s%s%.200s", port->name, file,
                    *where ? " by " : "", where);
}

static itp_status read_one(const reader *r, const itp_port *port, const json_t *how)
{
    const char *file = json_string_value(json_object_get(how, "file"));
    const char *regex = json_string_value(json_object_get(how, "regex"));
    const char *path = json_string_value(json_object_get(how, "json"));
    const char *unit = json_string_value(json_object_get(how, "unit"));
    const char *which = json_string_value(json_object_get(how, "match"));
    const json_t *sd = json_object_get(how, "sd");
    double deviation = json_is_number(sd) ? json_number_value(sd) : NAN;
    char *text = NULL;
    if (!file) file = PROCESS_STDOUT;
    itp_error why;
    itp_status st = render_read(r->folder, file, TEXT_BYTES_MAX, &text, &why);
    if (st != ITP_OK)
        return port->optional
                   ? ITP_OK
                   : itp_fail(r->err, ITP_ERESULT, "output %s: %s", port->name, why.text);
    if (regex) {
        char *found = match(regex, text, which && strcmp(which, "first") == 0);
        st = found ? put_text(r, port, found, deviation, unit) : missing(r, port, file, regex);
        free(found);
    } else {
        json_t *object = find_object(text);
        const json_t *value = walk(object, path ? path : port->name);
        st = value && !json_is_null(value) ? put_json(r, port, value, deviation, unit)
             : object                      ? missing(r, port, file, path ? path : port->name)
                                           : missing(r, port, file, "JSON, of which there is none");
        json_decref(object);
    }
    free(text);
    return st;
}

itp_status outputs_read(const command_options *options, const char *folder, const itp_request *req,
                        const itp_host *host, itp_result *res, itp_error *err)
{
    reader r = {folder, req, host, res, err};
    for (size_t i = 0; i < req->n_wanted; i++) {
        const itp_port *port = &req->wanted[i];
        itp_status st = read_one(&r, port, json_object_get(options->outputs, port->name));
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}
