/* template.c - a connector to copy: the salt diffusion length in an electrolyte.
 *   cc -shared -fPIC template.c -o template.so -lm       (-I where interphase/connector.h is)
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <interphase/connector.h>
#include <math.h>
#include <stdlib.h>

/* 1. What it can do: inputs and outputs with their units and bounds. The host converts the
 * campaign's units to these and back, and refuses what lies outside. */
static const itp_port INPUTS[] = {
    {.name = "diffusivity", .unit = "m2/s", .low = 0, .high = 1e-6},
    {.name = "time", .unit = "s", .low = 0, .high = 1e9},
};
static const itp_port OUTPUTS[] = {{.name = "length", .unit = "m", .low = NAN, .high = NAN}};
static const itp_task TASKS[] = {{.name = "template.diffusion",
                                  .cls = ITP_REPEATABLE, /* ITP_PHYSICAL if it moves matter */
                                  .inputs = INPUTS,
                                  .n_inputs = 2,
                                  .outputs = OUTPUTS,
                                  .n_outputs = 1}};

static itp_status describe(itp_tasks *out)
{
    *out = (itp_tasks){TASKS, 1};
    return ITP_OK;
}

/* 2. One instance per slot: connect to the instrument, start the simulator, ... */
static itp_status open_instance(void **self, const itp_host *host, const char *config,
                                itp_error *err)
{
    const itp_host **instance = malloc(sizeof *instance);
    (void)config; /* the worker's --config, as JSON */
    if (!instance) return itp_fail(err, ITP_ENOMEM, "template");
    *instance = host;
    *self = instance;
    return ITP_OK;
}

/* 3. The work: read the inputs, put the outputs, or say why not. */
static itp_status measure(void *self, const itp_request *req, itp_result *res, itp_error *err)
{
    const itp_host *host = *(const itp_host **)self;
    double diffusivity = 0, time = 0;
    for (size_t i = 0; i < req->n_inputs; i++) {
        if (req->inputs[i].name[0] == 'd') diffusivity = req->inputs[i].number;
        if (req->inputs[i].name[0] == 't') time = req->inputs[i].number;
    }
    if (time == 0) return itp_fail(err, ITP_ESCIENTIFIC, "nothing diffuses in no time");
    return host->put(host->ctx, res, "length", sqrt(2 * diffusivity * time), NAN, "m");
}

static void close_instance(void *self)
{
    free(self);
}

/* 4. The one exported symbol. */
const itp_connector *itp_connector_entry(void)
{
    static const itp_connector CONNECTOR = {.abi = ITP_CONNECTOR_ABI,
                                            .struct_size = sizeof CONNECTOR,
                                            .id = "org.interphase.template",
                                            .version = "1",
                                            .describe = describe,
                                            .open = open_instance,
                                            .measure = measure,
                                            .close = close_instance};
    return &CONNECTOR;
}
