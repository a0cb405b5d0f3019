/* job.c - options and inputs to a cell; every refusal names the word that is wrong.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "job.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const MODELS[] = {"spm", "spme", "dfn", NULL};
static const char *const SEIS[] = {"none", "reaction", "solvent", "interstitial", NULL};
static const char *const PLATINGS[] = {"none", "reversible", "irreversible", "partial", NULL};

/* Index of the word in the list, or -1 with the choices in the message. */
static int choose(const char *key, const json_t *value, const char *const *words, itp_error *err)
{
    const char *word = json_string_value(value);
    char list[160] = "";
    for (int i = 0; words[i]; i++) {
        if (word && !strcmp(word, words[i])) return i;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
    }
    itp_fail(err, ITP_EPARSE, "option %s must be one of %s%s%s", key, list, word ? ", not " : "",
             word ? word : "");
    return -1;
}

static itp_status read_switch(const char *key, const json_t *value, int *on, itp_error *err)
{
    if (!json_is_boolean(value))
        return itp_fail(err, ITP_EPARSE, "option %s must be true or false", key);
    *on = json_is_true(value);
    return ITP_OK;
}

static itp_status read_bpx(itp_cell_job *job, const char *path, itp_error *err)
{
    enum { LARGEST = 4 << 20 };
    FILE *file = fopen(path, "r");
    if (!file) return itp_fail(err, ITP_EIO, "bpx %s: %s", path, strerror(errno));
    char *text = malloc(LARGEST + 1);
    size_t n = text ? fread(text, 1, LARGEST, file) : 0;
    int bad = ferror(file) || n == LARGEST;
    fclose(file);
    itp_status st = ITP_OK;
    if (!text)
        st = itp_fail(err, ITP_ENOMEM, "bpx %s", path);
    else if (bad)
        st = itp_fail(err, ITP_EIO, "bpx %s: cannot be read, or is larger than 4 MB", path);
    else {
        text[n] = 0;
        st = itp_cell_bpx(&job->p, text, path, err);
    }
    free(text);
    return st;
}

static itp_status read_mesh(itp_cell_job *job, json_t *mesh, itp_error *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(mesh)) return itp_fail(err, ITP_EPARSE, "option mesh must be a mapping");
    json_object_foreach(mesh, key, value)
    {
        json_int_t n = json_integer_value(value);
        if (!json_is_integer(value) || n < 1 || n > 2000)
            return itp_fail(err, ITP_ERANGE, "option mesh.%s must be 1 to 2000", key);
        if (!strcmp(key, "negative"))
            job->o.n_neg = (size_t)n;
        else if (!strcmp(key, "separator"))
            job->o.n_sep = (size_t)n;
        else if (!strcmp(key, "positive"))
            job->o.n_pos = (size_t)n;
        else if (!strcmp(key, "shells"))
            job->o.r_neg = job->o.r_pos = (size_t)n;
        else
            return itp_fail(err, ITP_EPARSE,
                            "option mesh.%s: there are negative, separator, positive, shells", key);
    }
    return ITP_OK;
}

static itp_status read_numbers(itp_cell_job *job, const char *option, json_t *object,
                               itp_error *err)
{
    const char *key;
    json_t *value;
    if (!json_is_object(object))
        return itp_fail(err, ITP_EPARSE, "option %s must be a mapping", option);
    json_object_foreach(object, key, value)
    {
        if (!json_is_number(value))
            return itp_fail(err, ITP_EPARSE, "option %s.%s must be a number", option, key);
        itp_status st = itp_cell_job_set(job, key, json_number_value(value), NULL, err);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

/* The order matters: a set or a file first, then what changes it. */
static itp_status read_source(itp_cell_job *job, json_t *root, itp_error *err)
{
    json_t *set = json_object_get(root, "set"), *bpx = json_object_get(root, "bpx");
    if (set && bpx) return itp_fail(err, ITP_EPARSE, "options set and bpx exclude each other");
    if ((set && !json_is_string(set)) || (bpx && !json_is_string(bpx)))
        return itp_fail(err, ITP_EPARSE, "options set and bpx must be text");
    if (bpx) return read_bpx(job, json_string_value(bpx), err);
    return itp_cell_published(&job->p, set ? json_string_value(set) : "Chen2020", err);
}

static itp_status read_option(itp_cell_job *job, const char *key, json_t *value, itp_error *err)
{
    int n = 0, on = 0;
    itp_status st = ITP_OK;
    if (!strcmp(key, "set") || !strcmp(key, "bpx") || !strcmp(key, "model")) return ITP_OK;
    if (!strcmp(key, "parameters") || !strcmp(key, "inputs"))
        return read_numbers(job, key, value, err);
    if (!strcmp(key, "mesh")) return read_mesh(job, value, err);
    if (!strcmp(key, "sei")) {
        if ((n = choose(key, value, SEIS, err)) < 0) return ITP_EPARSE;
        job->o.sei = (itp_cell_sei_kind)n;
    } else if (!strcmp(key, "plating")) {
        if ((n = choose(key, value, PLATINGS, err)) < 0) return ITP_EPARSE;
        job->o.plating = (itp_cell_plating_kind)n;
    } else if (!strcmp(key, "lam")) {
        if ((st = read_switch(key, value, &on, err)) == ITP_OK) job->o.lam = on;
    } else if (!strcmp(key, "thermal")) {
        if ((st = read_switch(key, value, &on, err)) == ITP_OK) job->o.thermal = on;
    } else if (!strcmp(key, "series")) {
        st = read_switch(key, value, &job->series, err);
    } else if (!strcmp(key, "tolerance")) {
        job->o.tolerance = json_number_value(value);
        if (!(job->o.tolerance >= 1e-12 && job->o.tolerance <= 1e-2))
            st = itp_fail(err, ITP_ERANGE, "option tolerance must be 1e-12 to 1e-2");
    } else {
        st = itp_fail(err, ITP_EPARSE,
                      "unknown option %s; there are model, set, bpx, sei, plating, lam, thermal, "
                      "series, tolerance, mesh, parameters, inputs",
                      key);
    }
    return st;
}

static itp_status read_options(itp_cell_job *job, json_t *root, itp_error *err)
{
    const char *key;
    json_t *value, *model = json_object_get(root, "model");
    itp_status st;
    if (!json_is_object(root)) return itp_fail(err, ITP_EPARSE, "options must be a mapping");
    int n = model ? choose("model", model, MODELS, err) : ITP_CELL_SPME;
    if (n < 0) return ITP_EPARSE;
    job->o = itp_cell_defaults((itp_cell_fidelity)n);
    if ((st = read_source(job, root, err)) != ITP_OK) return st;
    json_object_foreach(root, key,
                        value) if ((st = read_option(job, key, value, err)) != ITP_OK) return st;
    return ITP_OK;
}

itp_status itp_cell_job_create(itp_cell_job **out, const itp_cell_task *task, const char *options,
                               itp_error *err)
{
    json_error_t why;
    json_t *root = json_loads(options && *options ? options : "{}", JSON_REJECT_DUPLICATES, &why);
    if (!root)
        return itp_fail(err, ITP_EPARSE, "options:%d:%d: %s", why.line, why.column, why.text);
    itp_cell_job *job = calloc(1, sizeof *job);
    itp_status st = job ? ITP_OK : itp_fail(err, ITP_ENOMEM, "cell job");
    if (job) {
        job->task = task;
        st = read_options(job, root, err);
    }
    json_decref(root);
    if (st == ITP_OK)
        *out = job;
    else
        itp_cell_job_destroy(job);
    return st;
}

void itp_cell_job_destroy(itp_cell_job *job)
{
    free(job);
}

/* --- inputs --- */
static const itp_port *port_of(const itp_cell_task *task, const char *name)
{
    for (size_t i = 0; i < task->n_inputs; i++)
        if (!strcmp(task->inputs[i].name, name)) return &task->inputs[i];
    return NULL;
}

/* The host converts units; these few are for callers without one. value * factor + shift. */
static const struct {
    const char *from, *to;
    double factor, shift;
} UNITS[] = {{"h-1", "1/h", 1, 0},      {"hour-1", "1/h", 1, 0},   {"1/h", "h-1", 1, 0},
             {"K", "degC", 1, -273.15}, {"degC", "K", 1, 273.15},  {"min", "s", 60, 0},
             {"h", "s", 3600, 0},       {"s", "min", 1.0 / 60, 0}, {"um", "m", 1e-6, 0},
             {"nm", "m", 1e-9, 0},      {"mm", "m", 1e-3, 0},      {"mV", "V", 1e-3, 0},
             {"mA", "A", 1e-3, 0},      {"%", "1", 0.01, 0},       {"m2/s", "m2 s-1", 1, 0},
             {"m^2/s", "m2 s-1", 1, 0}, {"A/m2", "A m-2", 1, 0},   {"mol/m3", "mol m-3", 1, 0},
             {"S/m", "S m-1", 1, 0},    {"ohm.m", "ohm m", 1, 0},  {"kJ/mol", "J mol-1", 1e3, 0}};

static itp_status convert(const itp_port *port, const char *unit, double *value, itp_error *err)
{
    if (!unit || !port->unit || !strcmp(unit, port->unit)) return ITP_OK;
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (!strcmp(unit, UNITS[i].from) && !strcmp(port->unit, UNITS[i].to)) {
            *value = *value * UNITS[i].factor + UNITS[i].shift;
            return ITP_OK;
        }
    return itp_fail(err, ITP_EUNIT, "input %s is in %s, but %s is wanted", port->name, unit,
                    port->unit);
}

itp_status itp_cell_job_set(itp_cell_job *job, const char *name, double value, const char *unit,
                            itp_error *err)
{
    const itp_port *port = port_of(job->task, name);
    if (!port) return itp_fail(err, ITP_ENOTFOUND, "%s takes no input %s", job->task->name, name);
    itp_status st = convert(port, unit, &value, err);
    if (st != ITP_OK) return st;
    if (!isfinite(value) || value < port->low || value > port->high)
        return itp_fail(err, ITP_ERANGE, "%s = %g %s is outside its range, %g to %g", name, value,
                        port->unit, port->low, port->high);
    if (itp_cell_get(&job->p, name)) return itp_cell_set(&job->p, name, value, err);
    if (!strcmp(name, "temperature")) {
        job->p.t_ambient = job->p.t_initial = value + 273.15;
        return ITP_OK;
    }
    size_t i = 0;
    while (i < job->n && strcmp(job->input[i].name, port->name) != 0) i++;
    if (i == ITP_CELL_INPUTS_MAX) return itp_fail(err, ITP_ERANGE, "too many inputs");
    if (i == job->n) job->n++;
    job->input[i].name = port->name;
    job->input[i].value = value;
    return ITP_OK;
}

double itp_cell_input(const itp_cell_job *job, const char *name, double otherwise)
{
    for (size_t i = 0; i < job->n; i++)
        if (!strcmp(job->input[i].name, name)) return job->input[i].value;
    return otherwise;
}

void itp_cell_put(itp_cell_outcome *out, const char *name, double value)
{
    if (out->n == ITP_CELL_OUTPUTS_MAX) return;
    out->output[out->n].name = name;
    out->output[out->n++].value = value;
}
