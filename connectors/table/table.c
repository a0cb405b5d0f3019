/* table.c - the connector `table`: measured data in place of an experiment.
 *   with: {file: data.csv, replicates: order, noise: 0.1, delay: 20 ms}
 *   file        its columns are the task's inputs and outputs; `name [unit]` states a unit, a
 * column `name_sd` the standard deviation of `name`. The row with exactly the asked inputs answers;
 * an empty output cell is an experiment that failed (cause scientific) replicates  order (default):
 * rows of equal inputs one after the other; random: one of them noise       standard deviation
 * added to every output, in its unit; or {output: sd} delay       how long an answer takes
 * Everything random comes from the request's seed. SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "csv.h"
#include "interphase/kit.h"

static const double SAME_REL = 1e-9; /* two numbers that were written with nine digits are one */
enum { ARTEFACT_BYTES_MAX = 4 << 20 };

typedef struct {
    json_t *root;
    const char *file;
    const json_t *noise;
    int random;
    double delay_s;
} settings;

typedef struct {
    const itp_host *host;
    itp_kit_waiter waiter;
    char base[PATH_MAX], path[PATH_MAX]; /* path: of the table in memory */
    csv table;
    struct timespec changed; /* of that file when it was read */
} instance;

static const itp_task TASK = {.name = "*", .cls = ITP_REPEATABLE, .open = 1};

static itp_status describe(itp_tasks *out)
{
    *out = (itp_tasks){&TASK, 1};
    return ITP_OK;
}

static int is_sd(const json_t *value)
{
    return json_is_number(value) && json_number_value(value) >= 0;
}

static itp_status read_noise(const json_t *value, settings *out, itp_error *err)
{
    const char *name;
    json_t *item;
    if (!json_is_object(value) && !is_sd(value))
        return itp_fail(err, ITP_EINVAL, "noise: expected a standard deviation or {output: one}");
    json_object_foreach((json_t *)value, name, item)
    {
        if (!is_sd(item))
            return itp_fail(err, ITP_EINVAL, "noise: %s: expected a standard deviation", name);
    }
    out->noise = value;
    return ITP_OK;
}

static itp_status read_one(const char *key, const json_t *value, settings *out, itp_error *err)
{
    const char *text = json_string_value(value);
    if (strcmp(key, "noise") == 0) return read_noise(value, out, err);
    if (strcmp(key, "file") == 0) {
        out->file = text;
        return text && *text ? ITP_OK
                             : itp_fail(err, ITP_EINVAL, "file: expected the path of a CSV");
    }
    if (strcmp(key, "replicates") == 0) {
        out->random = text && strcmp(text, "random") == 0;
        return out->random || (text && strcmp(text, "order") == 0)
                   ? ITP_OK
                   : itp_fail(err, ITP_EINVAL, "replicates: expected order or random");
    }
    if (strcmp(key, "delay") == 0) {
        char number[64];
        snprintf(number, sizeof number, "%.17g", json_number_value(value));
        return itp_kit_seconds(text                    ? text
                               : json_is_number(value) ? number
                                                       : "?",
                               &out->delay_s) == ITP_OK
                   ? ITP_OK
                   : itp_fail(err, ITP_EINVAL, "delay: expected a time such as 20 ms");
    }
    return itp_fail(err, ITP_EINVAL, "%s: not an option of table (file, replicates, noise, delay)",
                    key);
}

static itp_status read_settings(const char *options, settings *out, itp_error *err)
{
    json_error_t why;
    *out = (settings){.root = json_loads(options, 0, &why)};
    itp_status st = json_is_object(out->root)
                        ? ITP_OK
                        : itp_fail(err, ITP_EPARSE, "options are not a JSON object");
    const char *key;
    json_t *value;
    json_object_foreach(out->root, key, value)
    {
        if (st == ITP_OK) st = read_one(key, value, out, err);
    }
    if (st == ITP_OK && !out->file)
        st = itp_fail(err, ITP_EINVAL, "file is missing, e.g. with: {file: data.csv}");
    if (st != ITP_OK) {
        json_decref(out->root);
        out->root = NULL;
    }
    return st;
}

/* Runs in the folder of the campaign file. */
static itp_status check(const char *task, const char *options, itp_error *err)
{
    settings settings;
    csv table = {0};
    (void)task;
    itp_status st = read_settings(options, &settings, err);
    if (st != ITP_OK) return st;
    st = csv_read(&table, settings.file, err);
    if (st == ITP_OK && table.n_rows == 0)
        st = itp_fail(err, ITP_EINVAL, "%s has no rows", settings.file);
    csv_free(&table);
    json_decref(settings.root);
    return st;
}

static itp_status open_instance(void **out, const itp_host *host, const char *config,
                                itp_error *err)
{
    json_error_t why;
    instance *self = calloc(1, sizeof *self);
    if (!self || itp_kit_waiter_init(&self->waiter) != ITP_OK) {
        free(self);
        return itp_fail(err, ITP_ENOMEM, "table");
    }
    self->host = host;
    json_t *root = json_loads(config, 0, &why);
    const char *base = json_string_value(json_object_get(root, "base"));
    snprintf(self->base, sizeof self->base, "%s", base ? base : ".");
    json_decref(root);
    *out = self;
    return ITP_OK;
}

static void close_instance(void *ctx)
{
    instance *self = ctx;
    csv_free(&self->table);
    itp_kit_waiter_deinit(&self->waiter);
    free(self);
}

static void cancel(void *ctx)
{
    itp_kit_wake(&((instance *)ctx)->waiter);
}

/* The table stays in memory until another file is asked for, or this one has changed. */
static itp_status load(instance *self, const char *file, itp_error *err)
{
    char path[PATH_MAX];
    struct stat info = {0};
    int relative = file[0] != '/';
    if (snprintf(path, sizeof path, "%s%s%s", relative ? self->base : "", relative ? "/" : "",
                 file) >= (int)sizeof path)
        return itp_fail(err, ITP_EINVAL, "file: path is too long");
    if (stat(path, &info) == 0 && self->table.text && strcmp(path, self->path) == 0 &&
        info.st_mtim.tv_sec == self->changed.tv_sec &&
        info.st_mtim.tv_nsec == self->changed.tv_nsec)
        return ITP_OK;
    csv read;
    itp_status st = csv_read(&read, path, err);
    if (st != ITP_OK) return st;
    csv_free(&self->table);
    self->table = read;
    self->changed = info.st_mtim;
    memcpy(self->path, path, sizeof path);
    return ITP_OK;
}

static int same(double a, double b)
{
    return fabs(a - b) <= SAME_REL * fmax(fabs(a), fabs(b));
}

static int row_matches(const csv *table, size_t row, const itp_request *req, const long *columns)
{
    for (size_t i = 0; i < req->n_inputs; i++) {
        const itp_value *input = &req->inputs[i];
        size_t column = (size_t)columns[i];
        if (input->label ? strcmp(csv_text(table, row, column), input->label) != 0
                         : !same(csv_number(table, row, column), input->number))
            return 0;
    }
    return 1;
}

static itp_status no_row(const instance *self, const itp_request *req, itp_error *err)
{
    char asked[512] = "";
    for (size_t i = 0; i < req->n_inputs; i++) {
        size_t used = strlen(asked);
        const itp_value *input = &req->inputs[i];
        if (input->label)
            snprintf(asked + used, sizeof asked - used, " %s=%s", input->name, input->label);
        else
            snprintf(asked + used, sizeof asked - used, " %s=%.10g", input->name, input->number);
    }
    return itp_fail(err, ITP_ENOTFOUND, "%.400s: no row has%s", self->path, asked);
}

/* The row for this replicate; *out is one of those whose inputs are the request's. */
static itp_status find_row(const instance *self, const itp_request *req, int random,
                           uint64_t *stream, size_t *out, itp_error *err)
{
    const csv *table = &self->table;
    long *columns = calloc(req->n_inputs + 1, sizeof *columns);
    size_t n = 0, pick;
    if (!columns) return itp_fail(err, ITP_ENOMEM, "table");
    for (size_t i = 0; i < req->n_inputs; i++) {
        columns[i] = csv_column(table, req->inputs[i].name);
        if (columns[i] >= 0) continue;
        free(columns);
        return itp_fail(err, ITP_EINVAL, "%.400s: no column for input %s", self->path,
                        req->inputs[i].name);
    }
    for (size_t row = 0; row < table->n_rows; row++)
        n += (size_t)row_matches(table, row, req, columns);
    pick = n == 0 ? 0 : random ? (size_t)(itp_kit_uniform(stream) * (double)n) : req->index % n;
    for (size_t row = 0, seen = 0; row < table->n_rows && n > 0; row++)
        if (row_matches(table, row, req, columns) && seen++ == pick) {
            *out = row;
            break;
        }
    free(columns);
    return n > 0 ? ITP_OK : no_row(self, req, err);
}

static double noise_of(const json_t *noise, const char *output)
{
    if (json_is_object(noise)) noise = json_object_get(noise, output);
    return noise ? json_number_value(noise) : 0;
}

static itp_status answer(const instance *self, const itp_request *req, size_t row,
                         const settings *s, uint64_t *stream, itp_result *res, itp_error *err)
{
    const csv *table = &self->table;
    const itp_host *host = self->host;
    for (size_t i = 0; i < req->n_wanted; i++) {
        const itp_port *port = &req->wanted[i];
        char sd_name[256];
        long column = csv_column(table, port->name);
        snprintf(sd_name, sizeof sd_name, "%s_sd", port->name);
        long sd_column = csv_column(table, sd_name);
        if (column < 0)
            return itp_fail(err, ITP_EINVAL, "%.400s: no column for output %s", self->path,
                            port->name);
        const char *cell = csv_text(table, row, (size_t)column);
        itp_status st;
        if (!*cell && port->optional) continue;
        if (!*cell)
            return itp_fail(err, ITP_ESCIENTIFIC, "%.400s: row %zu has no %s", self->path, row + 2,
                            port->name);
        if (!port->unit) {
            st = host->put_label(host->ctx, res, port->name, cell);
        } else {
            double number = csv_number(table, row, (size_t)column),
                   sd = noise_of(s->noise, port->name);
            if (isnan(number))
                return itp_fail(err, ITP_ERESULT, "%.400s: row %zu: %s is \"%.60s\", not a number",
                                self->path, row + 2, port->name, cell);
            if (sd > 0) number += sd * itp_kit_normal(stream);
            st = host->put(host->ctx, res, port->name, number,
                           sd_column >= 0 ? csv_number(table, row, (size_t)sd_column) : NAN,
                           table->units[column]);
        }
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

static itp_status measure(void *ctx, const itp_request *req, itp_result *res, itp_error *err)
{
    instance *self = ctx;
    const itp_host *host = self->host;
    settings s;
    struct stat info;
    size_t row = 0;
    uint64_t stream = req->seed;
    itp_status st = read_settings(req->options, &s, err);
    if (st != ITP_OK) return st;
    st = load(self, s.file, err);
    if (st == ITP_OK && (st = host->started(host->ctx, req)) != ITP_OK)
        itp_fail(err, st, "not started");
    if (st == ITP_OK) st = find_row(self, req, s.random, &stream, &row, err);
    if (st == ITP_OK && s.delay_s > 0)
        if ((st = itp_kit_wait(&self->waiter, host, s.delay_s)) != ITP_OK)
            itp_fail(err, st, "cancelled while it waited");
    if (st == ITP_OK) {
        char text[32];
        snprintf(text, sizeof text, "%zu", row + 2); /* as an editor counts: the header is line 1 */
        host->note(host->ctx, res, "row", text);
        if (stat(self->path, &info) == 0 && info.st_size <= ARTEFACT_BYTES_MAX)
            host->artefact(host->ctx, res, "table", self->path);
        st = answer(self, req, row, &s, &stream, res, err);
    }
    json_decref(s.root);
    return st;
}

const itp_connector *itp_connector_entry(void)
{
    static const itp_connector CONNECTOR = {.abi = ITP_CONNECTOR_ABI,
                                            .struct_size = sizeof CONNECTOR,
                                            .id = "table",
                                            .version = "1",
                                            .describe = describe,
                                            .open = open_instance,
                                            .measure = measure,
                                            .cancel = cancel,
                                            .close = close_instance,
                                            .check = check};
    return &CONNECTOR;
}
