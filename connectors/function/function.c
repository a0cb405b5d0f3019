/* function.c - the connector `function`: a test function in place of an experiment.
 *   with: {name: branin, noise: 0.1, latency: 20 ms, jitter: 50 %, fail: 5 %, hang: 0, crash: 0}
 *   name     which; see problems.c. Inputs x1 .. xd; outputs value (f1), f2, ..., g1 (met if <= 0);
 *            outputs of other names stand for objectives, then constraints, in their order
 *   noise    standard deviation of what is added to each output, in its unit
 *   latency  how long an evaluation takes; jitter: +- this fraction of it, uniformly
 *   fail     fraction of attempts that fail as a simulation may (cause scientific)
 *   hang     fraction that never ends until cancelled; crash: fraction that kills the worker
 * Everything random comes from the request's seed. SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "interphase/kit.h"
#include "problems.h"

typedef struct {
    const problem *problem;
    double noise, latency_s, jitter, fail, hang, crash;
} settings;

typedef struct {
    const itp_host *host;
    itp_kit_waiter waiter;
} instance;

static const itp_task TASK = {.name = "*", .cls = ITP_REPEATABLE, .open = 1};

static itp_status describe(itp_tasks *out)
{
    *out = (itp_tasks){&TASK, 1};
    return ITP_OK;
}

static itp_status unknown_name(const char *name, itp_error *err)
{
    char known[800];
    size_t used = 0;
    for (size_t i = 0; problem_at(i) && used < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "",
                                 problem_at(i)->name);
    return itp_fail(err, ITP_EINVAL, "name: \"%.60s\" is none of %s", name, known);
}

/* A number, or text that `read` understands. */
static itp_status read_quantity(const char *key, const json_t *value,
                                itp_status (*read)(const char *, double *), double *out,
                                const char *example, itp_error *err)
{
    char number[64];
    const char *text = json_string_value(value);
    if (json_is_number(value)) {
        snprintf(number, sizeof number, "%.17g", json_number_value(value));
        text = number;
    }
    if (text && read(text, out) == ITP_OK) return ITP_OK;
    return itp_fail(err, ITP_EINVAL, "%s: expected a quantity such as %s", key, example);
}

static itp_status read_noise(const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end != text && !*end && *out >= 0 && !isinf(*out) ? ITP_OK : ITP_EPARSE;
}

static itp_status read_one(const char *key, const json_t *value, settings *out, itp_error *err)
{
    if (strcmp(key, "name") == 0) {
        const char *name = json_string_value(value);
        if (!name) return itp_fail(err, ITP_EINVAL, "name: expected the name of a function");
        out->problem = problem_find(name);
        return out->problem ? ITP_OK : unknown_name(name, err);
    }
    if (strcmp(key, "noise") == 0)
        return read_quantity(key, value, read_noise, &out->noise, "0.1", err);
    if (strcmp(key, "latency") == 0)
        return read_quantity(key, value, itp_kit_seconds, &out->latency_s, "20 ms", err);
    double *fraction = strcmp(key, "jitter") == 0  ? &out->jitter
                       : strcmp(key, "fail") == 0  ? &out->fail
                       : strcmp(key, "hang") == 0  ? &out->hang
                       : strcmp(key, "crash") == 0 ? &out->crash
                                                   : NULL;
    if (fraction) return read_quantity(key, value, itp_kit_fraction, fraction, "5 %", err);
    return itp_fail(
        err, ITP_EINVAL,
        "%s: not an option of function (name, noise, latency, jitter, fail, hang, crash)", key);
}

static itp_status read_settings(const char *options, settings *out, itp_error *err)
{
    *out = (settings){0};
    json_error_t why;
    json_t *root = json_loads(options, 0, &why);
    if (!json_is_object(root)) {
        json_decref(root);
        return itp_fail(err, ITP_EPARSE, "options are not a JSON object");
    }
    itp_status st = ITP_OK;
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value)
    {
        if (st == ITP_OK) st = read_one(key, value, out, err);
    }
    json_decref(root);
    if (st == ITP_OK && !out->problem)
        st = itp_fail(err, ITP_EINVAL, "name is missing, e.g. with: {name: branin}");
    return st;
}

static itp_status check(const char *task, const char *options, itp_error *err)
{
    (void)task;
    settings settings;
    return read_settings(options, &settings, err);
}

static itp_status open_instance(void **self, const itp_host *host, const char *config,
                                itp_error *err)
{
    (void)config;
    instance *made = calloc(1, sizeof *made);
    if (!made) return itp_fail(err, ITP_ENOMEM, "function");
    made->host = host;
    if (itp_kit_waiter_init(&made->waiter) != ITP_OK) {
        free(made);
        return itp_fail(err, ITP_ENOMEM, "function");
    }
    *self = made;
    return ITP_OK;
}

/* x1 .. xd from inputs in any order. */
static itp_status read_inputs(const itp_request *req, const problem *problem, double *x, size_t *d,
                              itp_error *err)
{
    *d = req->n_inputs;
    if (*d < problem->inputs_min || *d > problem->inputs_max)
        return itp_fail(err, ITP_EINVAL, "%s takes %zu%s inputs x1, x2, ..., it was given %zu",
                        problem->name, problem->inputs_min,
                        problem->inputs_max > problem->inputs_min ? " or more" : "", *d);
    for (size_t i = 0; i < *d; i++) x[i] = NAN;
    for (size_t i = 0; i < *d; i++) {
        const itp_value *input = &req->inputs[i];
        char *end = "?";
        unsigned long number = input->name[0] == 'x' ? strtoul(input->name + 1, &end, 10) : 0;
        if (*end || number < 1 || number > *d || !isnan(x[number - 1]))
            return itp_fail(err, ITP_EINVAL, "input %s: %s takes x1 to x%zu", input->name,
                            problem->name, *d);
        if (input->label)
            return itp_fail(err, ITP_EINVAL, "input %s is a label, a number is needed",
                            input->name);
        x[number - 1] = input->number;
    }
    return ITP_OK;
}

/* Faults and latency, drawn in this order; then comes the noise. */
static itp_status suffer(instance *self, const settings *s, uint64_t *stream, itp_error *err)
{
    double fail = itp_kit_uniform(stream), hang = itp_kit_uniform(stream);
    double crash = itp_kit_uniform(stream), jitter = itp_kit_uniform(stream);
    if (crash < s->crash) raise(SIGKILL);
    double wait = hang < s->hang ? INFINITY : s->latency_s * (1 + s->jitter * (2 * jitter - 1));
    if (wait > 0 && itp_kit_wait(&self->waiter, self->host, wait) != ITP_OK)
        return itp_fail(err, ITP_ECANCELLED, "cancelled while it waited");
    if (fail < s->fail)
        return itp_fail(err, ITP_ESCIENTIFIC, "failed on demand (fail: %g)", s->fail);
    return ITP_OK;
}

/* The number that an output stands for: by its name (value, f2, g1), or, when the campaign has its
 * own words, the next objective or constraint that has not been asked for by name. */
static size_t find_output(const problem *problem, const char *name, size_t *unnamed)
{
    char known[16];
    size_t n = problem->objectives + problem->constraints;
    if (strcmp(name, "value") == 0) return 0;
    for (size_t k = 0; k < n; k++)
        if (strcmp(problem_output(problem, k, known), name) == 0) return k;
    return (*unnamed)++;
}

static itp_status answer(instance *self, const itp_request *req, itp_result *res,
                         const problem *problem, const double *out, itp_error *err)
{
    size_t unnamed = 0, n = problem->objectives + problem->constraints;
    itp_status st = ITP_OK;
    for (size_t i = 0; i < req->n_wanted && st == ITP_OK; i++) {
        const char *name = req->wanted[i].name;
        size_t k = find_output(problem, name, &unnamed);
        if (k >= n)
            return itp_fail(err, ITP_EINVAL, "output %s: %s has only %zu", name, problem->name, n);
        st = self->host->put(self->host->ctx, res, name, out[k], NAN, NULL);
    }
    return st;
}

static itp_status measure(void *ctx, const itp_request *req, itp_result *res, itp_error *err)
{
    instance *self = ctx;
    const itp_host *host = self->host;
    settings s;
    double x[PROBLEM_INPUTS_MAX], out[PROBLEM_OUTPUTS_MAX];
    size_t d;
    uint64_t stream = req->seed;
    itp_status st = read_settings(req->options, &s, err);
    if (st == ITP_OK) st = read_inputs(req, s.problem, x, &d, err);
    if (st == ITP_OK && (st = host->started(host->ctx, req)) != ITP_OK)
        return itp_fail(err, st, "not started");
    if (st == ITP_OK) st = suffer(self, &s, &stream, err);
    if (st != ITP_OK) return st;
    s.problem->eval(d, x, out);
    size_t n = s.problem->objectives + s.problem->constraints;
    for (size_t k = 0; k < n && s.noise > 0; k++) out[k] += s.noise * itp_kit_normal(&stream);
    return answer(self, req, res, s.problem, out, err);
}

static void cancel(void *ctx)
{
    itp_kit_wake(&((instance *)ctx)->waiter);
}

static void close_instance(void *ctx)
{
    instance *self = ctx;
    itp_kit_waiter_deinit(&self->waiter);
    free(self);
}

const itp_connector *itp_connector_entry(void)
{
    static const itp_connector CONNECTOR = {.abi = ITP_CONNECTOR_ABI,
                                            .struct_size = sizeof CONNECTOR,
                                            .id = "function",
                                            .version = "1",
                                            .describe = describe,
                                            .open = open_instance,
                                            .measure = measure,
                                            .cancel = cancel,
                                            .close = close_instance,
                                            .check = check};
    return &CONNECTOR;
}
