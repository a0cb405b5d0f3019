/* rehearsal.c - the connector `rehearsal`: a station on which nothing moves, to practise what one
 * day goes wrong at a real one. It says that it forms a coin cell, and takes its time. with:
 * {duration: 30 s, until: done.txt, noise: 0.2} duration  how long a formation takes (default 10 s)
 *   until     it also ends as soon as this file exists: you play the instrument (relative: in the
 *             worker's folder)
 *   noise     standard deviation of the efficiency, in percent points (default 0)
 * Outcome     efficiency = 91 - 6 log10(c_rate / 0.1)^2 - (temperature - 32)^2 / 60, in percent: a
 *             made-up hill, with its top at 0.1 1/h and 32 degC.
 * Each start is a line in the file `config.moves` (the worker's --config), where there is one: what
 * a camera above a real station would see. SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <stdatomic.h>
#include <unistd.h>

#include "interphase/kit.h"

static const double LOOK_S = 0.05; /* between looks for `until` */

typedef struct {
    const itp_host *host;
    itp_kit_waiter waiter;
    atomic_int stopped;
    char *moves;
} instance;

typedef struct {
    double duration_s, noise;
    char until[512];
} settings;

static const itp_port INPUTS[] = {
    {.name = "c_rate", .unit = "1/h", .low = 0.02, .high = 2},
    {.name = "temperature", .unit = "degC", .low = 10, .high = 60},
};
static const itp_port OUTPUTS[] = {{.name = "efficiency", .unit = "%", .low = NAN, .high = NAN}};
static const itp_task TASK = {.name = "rehearsal.formation",
                              .cls = ITP_PHYSICAL,
                              .inputs = INPUTS,
                              .n_inputs = 2,
                              .outputs = OUTPUTS,
                              .n_outputs = 1};

static itp_status describe(itp_tasks *out)
{
    *out = (itp_tasks){&TASK, 1};
    return ITP_OK;
}

static itp_status read_one(const char *key, const json_t *value, settings *out, itp_error *err)
{
    const char *text = json_string_value(value);
    if (strcmp(key, "duration") == 0) {
        if (json_is_number(value) && json_number_value(value) >= 0)
            out->duration_s = json_number_value(value);
        else if (!text || itp_kit_seconds(text, &out->duration_s) != ITP_OK)
            return itp_fail(err, ITP_EINVAL, "duration: expected a time such as 30 s");
        return ITP_OK;
    }
    if (strcmp(key, "until") == 0 && text && strlen(text) < sizeof out->until) {
        snprintf(out->until, sizeof out->until, "%s", text);
        return ITP_OK;
    }
    if (strcmp(key, "noise") == 0 && json_is_number(value) && json_number_value(value) >= 0) {
        out->noise = json_number_value(value);
        return ITP_OK;
    }
    return itp_fail(err, ITP_EINVAL,
                    "%.60s: rehearsal takes duration: 30 s, until: FILE, noise: 0.2", key);
}

static itp_status read_settings(const char *options, settings *out, itp_error *err)
{
    *out = (settings){.duration_s = 10};
    json_t *root = json_loads(options, 0, NULL);
    itp_status st =
        json_is_object(root) ? ITP_OK : itp_fail(err, ITP_EPARSE, "options are no JSON object");
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
    {
        if (st == ITP_OK) st = read_one(key, value, out, err);
    }
    json_decref(root);
    return st;
}

static itp_status check(const char *task, const char *options, itp_error *err)
{
    (void)task;
    settings settings;
    return read_settings(options, &settings, err);
}

static void close_instance(void *ctx)
{
    instance *self = ctx;
    itp_kit_waiter_deinit(&self->waiter);
    free(self->moves);
    free(self);
}

static itp_status open_instance(void **self, const itp_host *host, const char *config,
                                itp_error *err)
{
    instance *made = calloc(1, sizeof *made);
    if (!made || itp_kit_waiter_init(&made->waiter) != ITP_OK) {
        free(made);
        return itp_fail(err, ITP_ENOMEM, "rehearsal");
    }
    made->host = host;
    json_t *root = json_loads(config, 0, NULL);
    const char *moves = json_string_value(json_object_get(root, "moves"));
    if (moves) made->moves = strdup(moves);
    json_decref(root);
    if (moves && !made->moves) {
        close_instance(made);
        return itp_fail(err, ITP_ENOMEM, "rehearsal");
    }
    *self = made;
    return ITP_OK;
}

static void note_move(const instance *self, const itp_request *req)
{
    FILE *moves = self->moves ? fopen(self->moves, "a") : NULL;
    if (!moves) return;
    fprintf(moves, "%llu.%u\n", (unsigned long long)req->request, req->epoch);
    fclose(moves);
}

/* Waits as long as a formation takes. */
static itp_status form(instance *self, const settings *s, itp_error *err)
{
    const itp_host *host = self->host;
    for (double spent = 0; spent < s->duration_s; spent += LOOK_S) {
        if (s->until[0] && access(s->until, F_OK) == 0) return ITP_OK;
        double left = s->duration_s - spent;
        itp_status st = itp_kit_wait(&self->waiter, host, left < LOOK_S ? left : LOOK_S);
        if (atomic_load(&self->stopped)) return itp_fail(err, ITP_EUNSAFE, "stopped for safety");
        if (st != ITP_OK) return itp_fail(err, ITP_ECANCELLED, "cancelled in the middle");
        host->progress(host->ctx, spent / s->duration_s, "forming");
    }
    return ITP_OK;
}

static itp_status measure(void *ctx, const itp_request *req, itp_result *res, itp_error *err)
{
    instance *self = ctx;
    const itp_host *host = self->host;
    double rate = NAN, temperature = NAN;
    settings s;
    itp_status st = read_settings(req->options, &s, err);
    if (st != ITP_OK) return st;
    for (size_t i = 0; i < req->n_inputs; i++)
        *(req->inputs[i].name[0] == 'c' ? &rate : &temperature) = req->inputs[i].number;
    atomic_store(&self->stopped, 0);
    if ((st = host->started(host->ctx, req)) != ITP_OK)
        return itp_fail(err, st, "the ledger refuses");
    note_move(self, req);
    if ((st = form(self, &s, err)) != ITP_OK) return st;
    uint64_t stream = req->seed;
    double away = log10(rate / 0.1), off = temperature - 32;
    double efficiency = 91 - 6 * away * away - off * off / 60;
    if (s.noise > 0) efficiency += s.noise * itp_kit_normal(&stream);
    return host->put(host->ctx, res, "efficiency", efficiency, s.noise > 0 ? s.noise : NAN, "%");
}

static void cancel(void *ctx)
{
    itp_kit_wake(&((instance *)ctx)->waiter);
}

static void safe_stop(void *ctx)
{
    atomic_store(&((instance *)ctx)->stopped, 1);
    cancel(ctx);
}

const itp_connector *itp_connector_entry(void)
{
    static const itp_connector CONNECTOR = {.abi = ITP_CONNECTOR_ABI,
                                            .struct_size = sizeof CONNECTOR,
                                            .id = "rehearsal",
                                            .version = "1",
                                            .describe = describe,
                                            .open = open_instance,
                                            .measure = measure,
                                            .cancel = cancel,
                                            .safe_stop = safe_stop,
                                            .close = close_instance,
                                            .check = check};
    return &CONNECTOR;
}
