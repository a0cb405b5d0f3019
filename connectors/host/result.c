/* result.c - see result.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "values.h"

enum { OUTPUTS_MAX = 65536 }; /* as the wire takes, ITP_WIRE_ITEMS */

itp_status result_init(itp_result *result, const itp_request *request, const itp_task *task,
                       itp_units *units)
{
    *result = (itp_result){.request = request,
                           .task = task,
                           .units = units,
                           .notes = json_object(),
                           .artefacts = json_array(),
                           .cost = NAN};
    return result->notes && result->artefacts ? ITP_OK : ITP_ENOMEM;
}

void result_clear(itp_result *result)
{
    for (size_t i = 0; i < result->n; i++) free((char *)result->values[i].name);
    result->n = 0;
}

void result_deinit(itp_result *result)
{
    result_clear(result);
    free(result->values);
    json_decref(result->notes);
    json_decref(result->artefacts);
}

/* Strings of one value share one block, which its name begins. */
static itp_status copy_value(const itp_value *value, itp_value *out)
{
    size_t name = strlen(value->name) + 1;
    size_t unit = value->unit ? strlen(value->unit) + 1 : 0;
    size_t label = value->label ? strlen(value->label) + 1 : 0;
    char *block = malloc(name + unit + label);
    if (!block) return ITP_ENOMEM;
    *out = *value;
    out->name = memcpy(block, value->name, name);
    if (unit) out->unit = memcpy(block + name, value->unit, unit);
    if (label) out->label = memcpy(block + name + unit, value->label, label);
    return ITP_OK;
}

itp_status result_put(itp_result *result, const itp_value *value)
{
    if (!value->name || !*value->name) return ITP_EINVAL;
    size_t at = 0;
    while (at < result->n && strcmp(result->values[at].name, value->name) != 0) at++;
    if (at == result->capacity) {
        size_t capacity = at ? 2 * at : 8;
        if (capacity > OUTPUTS_MAX) return ITP_ERANGE;
        itp_value *values = realloc(result->values, capacity * sizeof *values);
        if (!values) return ITP_ENOMEM;
        result->values = values;
        result->capacity = capacity;
    }
    itp_value copy;
    itp_status st = copy_value(value, &copy);
    if (st != ITP_OK) return st;
    if (at < result->n)
        free((char *)result->values[at].name);
    else
        result->n++;
    result->values[at] = copy;
    return ITP_OK;
}

/* The unit a number came in: its own, else the one the connector declares, else the campaign's. */
static const char *unit_of(const itp_result *result, const itp_value *value, const itp_port *wanted)
{
    if (value->unit) return value->unit;
    const itp_port *declared =
        itp_ports_find(result->task->n_outputs, result->task->outputs, value->name);
    return declared && declared->unit ? declared->unit : wanted->unit;
}

static itp_status take_number(const itp_result *result, const itp_value *value,
                              const itp_port *wanted, itp_value *out, itp_error *err)
{
    if (!isfinite(value->number))
        return itp_fail(err, ITP_ERESULT, "output %s is %g", value->name, value->number);
    if (!isnan(value->sd) && !(value->sd >= 0 && isfinite(value->sd)))
        return itp_fail(err, ITP_ERESULT, "standard deviation of output %s is %g", value->name,
                        value->sd);
    const char *unit = unit_of(result, value, wanted);
    itp_error why;
    itp_status st =
        itp_units_convert(result->units, unit, wanted->unit, value->number, &out->number, &why);
    if (st == ITP_OK && !isnan(value->sd))
        st = itp_units_convert_sd(result->units, unit, wanted->unit, value->number, value->sd,
                                  &out->sd, &why);
    if (st != ITP_OK) return itp_fail(err, st, "output %s: %s", value->name, why.text);
    if (!isfinite(out->number))
        return itp_fail(err, ITP_ERESULT, "output %s is %g %s, which is %g %s", value->name,
                        value->number, unit, out->number, wanted->unit);
    out->unit = wanted->unit;
    return ITP_OK;
}

/* A wanted port without a unit is a label's. */
static itp_status take_one(const itp_result *result, const itp_port *wanted, int final,
                           itp_value *out, size_t *n, itp_error *err)
{
    const itp_value *value = itp_values_find(result->n, result->values, wanted->name);
    if (!value && (!final || wanted->optional)) return ITP_OK;
    if (!value) return itp_fail(err, ITP_ERESULT, "output %s is missing", wanted->name);
    itp_value *taken = &out[*n];
    *taken = (itp_value){wanted->name, NAN, NAN, NULL, value->label};
    if (!wanted->unit && !value->label)
        return itp_fail(err, ITP_ERESULT, "output %s is the number %g, a label is wanted",
                        wanted->name, value->number);
    if (wanted->unit && value->label)
        return itp_fail(err, ITP_ERESULT,
                        "output %s is the label \"%.100s\", a number in %s is wanted", wanted->name,
                        value->label, wanted->unit);
    if (wanted->unit) {
        itp_status st = take_number(result, value, wanted, taken, err);
        if (st != ITP_OK) return st;
    }
    ++*n;
    return ITP_OK;
}

itp_status result_take(const itp_result *result, int final, itp_value **out, size_t *n,
                       itp_error *err)
{
    const itp_request *request = result->request;
    itp_value *taken = calloc(request->n_wanted + 1, sizeof *taken);
    if (!taken) return itp_fail(err, ITP_ENOMEM, "outputs");
    size_t count = 0;
    itp_status st = ITP_OK;
    for (size_t i = 0; i < request->n_wanted && st == ITP_OK; i++)
        st = take_one(result, &request->wanted[i], final, taken, &count, err);
    if (st == ITP_OK && !final && count == 0)
        st = itp_fail(err, ITP_ERESULT, "an indexed measurement without any wanted output");
    if (st == ITP_OK && (st = itp_values_copy(count, taken, out)) == ITP_OK) *n = count;
    free(taken);
    return st;
}

static itp_status check_label(const itp_port *port, const itp_value *input, itp_error *err)
{
    for (size_t i = 0; port->labels[i]; i++)
        if (strcmp(port->labels[i], input->label) == 0) return ITP_OK;
    return itp_fail(err, ITP_ERANGE, "input %s: \"%.100s\" is not one that this worker knows",
                    port->name, input->label);
}

/* One input in the connector's unit, within its envelope. */
static itp_status convert_input(const itp_port *port, itp_units *units, itp_value *input,
                                itp_error *err)
{
    if (input->label) {
        if (!port->labels)
            return itp_fail(err, ITP_EINVAL,
                            "input %s: \"%.100s\" is a label, a number in %s is needed", port->name,
                            input->label, port->unit ? port->unit : "1");
        return check_label(port, input, err);
    }
    if (port->labels)
        return itp_fail(err, ITP_EINVAL, "input %s: %g is a number, a label is needed", port->name,
                        input->number);
    if (!isfinite(input->number))
        return itp_fail(err, ITP_ENONFINITE, "input %s is %g", port->name, input->number);
    const char *unit = port->unit ? port->unit : "1";
    itp_error why;
    double given = input->number;
    itp_status st = itp_units_convert(units, input->unit ? input->unit : unit, unit, given,
                                      &input->number, &why);
    if (st != ITP_OK) return itp_fail(err, st, "input %s: %s", port->name, why.text);
    input->unit = unit;
    /* Written so that an unbounded side (NaN) passes. */
    if (input->number < port->low || input->number > port->high)
        return itp_fail(err, ITP_ERANGE,
                        "input %s: %g %s is outside this worker's envelope [%g, %g] %s", port->name,
                        input->number, unit, port->low, port->high, unit);
    return ITP_OK;
}

itp_status result_inputs(const itp_task *task, const itp_request *request, itp_units *units,
                         itp_value **out, itp_error *err)
{
    itp_status st = itp_values_copy(request->n_inputs, request->inputs, out);
    if (st != ITP_OK) return itp_fail(err, st, "inputs");
    for (size_t i = 0; i < request->n_inputs && !task->open && st == ITP_OK; i++) {
        itp_value *input = &(*out)[i];
        const itp_port *port = itp_ports_find(task->n_inputs, task->inputs, input->name);
        if (!port)
            st = itp_fail(err, ITP_EINVAL, "task %s takes no input %s", task->name, input->name);
        else
            st = convert_input(port, units, input, err);
    }
    for (size_t i = 0; i < task->n_inputs && st == ITP_OK; i++)
        if (!task->inputs[i].optional &&
            !itp_values_find(request->n_inputs, *out, task->inputs[i].name))
            st = itp_fail(err, ITP_EINVAL, "task %s needs input %s", task->name,
                          task->inputs[i].name);
    if (st != ITP_OK) {
        free(*out);
        *out = NULL;
    }
    return st;
}
