/* plugin.c - plug-ins for the tests of the host; a definition says what is wrong with each. What it
 * answers is in the options: {"says": "..."}. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "interphase/connector.h"

static const char *const LABELS[] = {"LiPF6", "LiFSI", NULL};
static const itp_port INPUTS[] = {
    {.name = "t", .unit = "K", .low = 250, .high = 350},
    {.name = "salt", .low = NAN, .high = NAN, .labels = LABELS},
    {.name = "extra", .unit = "1", .low = NAN, .high = 5, .optional = 1}};
static const itp_port OUTPUTS[] = {{.name = "u", .unit = "V", .low = NAN, .high = NAN},
                                   {.name = "phase", .low = NAN, .high = NAN}};
static const itp_task TASKS[] = {{"test.probe", ITP_REPEATABLE, INPUTS, 3, OUTPUTS, 2, 0},
                                 {"test.move", ITP_PHYSICAL, NULL, 0, OUTPUTS, 2, 0}};
static const itp_host *the_host; /* one instance in these tests */

static itp_status describe(itp_tasks *out)
{
    *out = (itp_tasks){TASKS, 2};
#ifdef FAULT_NO_TASKS
    out->n_tasks = 0;
#endif
    return ITP_OK;
}

static itp_status open_instance(void **self, const itp_host *host, const char *config,
                                itp_error *err)
{
    (void)config;
#ifdef FAULT_CLOSED
    return itp_fail(err, ITP_EIO, "the instrument does not answer");
#endif
    (void)err;
    the_host = host;
    *self = &the_host;
    return ITP_OK;
}

static int asked(const itp_request *req, const char *word)
{
    return strstr(req->options, word) != NULL;
}

static void put_plain(const itp_host *h, itp_result *res, double u)
{
    h->put(h->ctx, res, "u", u, 0.001, NULL);
    h->put_label(h->ctx, res, "phase", "solid");
}

static itp_status measure(void *self, const itp_request *req, itp_result *res, itp_error *err)
{
    const itp_host *h = *(const itp_host **)self;
    put_plain(h, res, req->n_inputs > 0 ? req->inputs[0].number / 1000 : 0);
    h->note(h->ctx, res, "firmware", "2.1");
    if (asked(req, "millivolt")) h->put(h->ctx, res, "u", 2500, 5, "mV");
    if (asked(req, "no unit such")) h->put(h->ctx, res, "u", 1, NAN, "kg");
    if (asked(req, "nan")) h->put(h->ctx, res, "u", NAN, NAN, NULL);
    if (asked(req, "negative sd")) h->put(h->ctx, res, "u", 1, -1, NULL);
    if (asked(req, "label for number")) h->put_label(h->ctx, res, "u", "high");
    if (asked(req, "number for label")) h->put(h->ctx, res, "phase", 1, NAN, "1");
    if (asked(req, "cost")) h->cost(h->ctx, res, 12.5);
    if (asked(req, "cause")) h->cause(h->ctx, res, ITP_CAUSE_UNSAFE);
    if (asked(req, "status")) return itp_fail(err, ITP_ERESOURCE, "out of argon");
    if (asked(req, "silent")) return ITP_ESCIENTIFIC;
    if (asked(req, "series")) {
        for (int64_t i = 0; i < 3; i++) {
            h->put(h->ctx, res, "u", (double)i, NAN, NULL);
            if (h->emit(h->ctx, res, i) != ITP_OK) return ITP_EIO;
        }
        if (h->emit(h->ctx, res, 3) == ITP_OK) return ITP_EIO; /* nothing was put for it */
        if (!asked(req, "short")) put_plain(h, res, 9);
    }
    if (asked(req, "artefact") && h->artefact(h->ctx, res, "raw", "/no/such/file") == ITP_OK)
        return ITP_EIO;
    if (asked(req, "start") && h->started(h->ctx, req) != ITP_OK) return ITP_EIO;
    return ITP_OK;
}

static void close_instance(void *self)
{
    (void)self;
}

#ifndef FAULT_NO_ENTRY
static itp_status prepare(void *self, const itp_request *req, itp_error *err)
{
    (void)self;
    return asked(req, "unready") ? itp_fail(err, ITP_EUNSAFE, "the door is open") : ITP_OK;
}

const itp_connector *itp_connector_entry(void)
{
    static itp_connector CONNECTOR = {.abi = ITP_CONNECTOR_ABI,
                                      .struct_size = sizeof CONNECTOR,
                                      .id = "test.plugin",
                                      .version = "3",
                                      .describe = describe,
                                      .open = open_instance,
                                      .prepare = prepare,
                                      .measure = measure,
                                      .close = close_instance};
#if defined FAULT_ABI
    CONNECTOR.abi = 99;
#elif defined FAULT_SMALL
    CONNECTOR.struct_size = 16;
#elif defined FAULT_NOTHING
    return NULL;
#elif defined FAULT_NO_MEASURE
    CONNECTOR.measure = NULL;
#elif defined FAULT_OLD
    /* Compiled when the struct still ended with close; what lies behind is not a check. */
    CONNECTOR.struct_size = offsetof(itp_connector, close) + sizeof CONNECTOR.close;
    CONNECTOR.check = (itp_status(*)(const char *, const char *, itp_error *))1;
#endif
    return &CONNECTOR;
}
#else
const void *unused_by_anybody(void)
{
    return (const void *)((size_t)describe ^ (size_t)open_instance ^ (size_t)measure ^
                          (size_t)close_instance);
}
#endif
