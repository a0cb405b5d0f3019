/* station.c - a make-believe station: "moves matter" by writing a line to a file, and waits there
 * until it is let go, so that tests can kill it in the middle.
 *   options: {"hold": 1}: waits for cancel or safe stop; {"shy": 1}: forgets to say started;
 *            {"takes": 20}: milliseconds that the move takes
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdatomic.h>
#include <stdlib.h>

#include "interphase/kit.h"

typedef struct {
    const itp_host *host;
    itp_kit_waiter waiter;
    atomic_int stopped;
    const char *moves; /* the file; from the environment */
} station;

static const itp_port OUTPUTS[] = {{.name = "value", .unit = "1", .low = NAN, .high = NAN}};
static const itp_port INPUTS[] = {{.name = "x1", .unit = "1", .low = -10, .high = 10},
                                  {.name = "x2", .unit = "1", .low = -10, .high = 10}};
static const itp_task TASK = {.name = "station.weigh",
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

static itp_status open_station(void **self, const itp_host *host, const char *config,
                               itp_error *err)
{
    (void)config;
    station *made = calloc(1, sizeof *made);
    if (!made || itp_kit_waiter_init(&made->waiter) != ITP_OK)
        return itp_fail(err, ITP_ENOMEM, "station");
    made->host = host;
    made->moves = getenv("TEST_STATION_MOVES");
    *self = made;
    return ITP_OK;
}

static itp_status prepare(void *self, const itp_request *req, itp_error *err)
{
    (void)self;
    if (strstr(req->options, "missing"))
        return itp_fail(err, ITP_EREFUSED, "sample %s is not loaded",
                        req->sample ? req->sample : "?");
    return ITP_OK;
}

static void move(const station *self, const itp_request *req)
{
    FILE *moves = self->moves ? fopen(self->moves, "a") : NULL;
    if (!moves) return;
    fprintf(moves, "%llu.%u\n", (unsigned long long)req->request, req->epoch);
    fclose(moves);
}

static itp_status measure(void *ctx, const itp_request *req, itp_result *res, itp_error *err)
{
    station *self = ctx;
    const itp_host *host = self->host;
    if (!strstr(req->options, "shy")) {
        itp_status st = host->started(host->ctx, req);
        if (st != ITP_OK) return itp_fail(err, st, "the ledger refuses");
    }
    move(self, req);
    if (strstr(req->options, "hold")) {
        pthread_mutex_lock(&self->waiter.lock);
        while (!atomic_load(&self->stopped) && !host->cancelled(host->ctx))
            pthread_cond_wait(&self->waiter.wake, &self->waiter.lock);
        pthread_mutex_unlock(&self->waiter.lock);
        if (atomic_load(&self->stopped)) return itp_fail(err, ITP_EUNSAFE, "stopped for safety");
        return itp_fail(err, ITP_ECANCELLED, "cancelled in the middle");
    }
    const char *takes = strstr(req->options, "\"takes\":");
    if (takes && itp_kit_wait(&self->waiter, host, atof(takes + strlen("\"takes\":")) * 1e-3))
        return itp_fail(err, ITP_ECANCELLED, "cancelled in the middle");
    return host->put(host->ctx, res, "value", 42, NAN, "1");
}

static void cancel(void *ctx)
{
    itp_kit_wake(&((station *)ctx)->waiter);
}

static void safe_stop(void *ctx)
{
    atomic_store(&((station *)ctx)->stopped, 1);
    cancel(ctx);
}

static void close_station(void *ctx)
{
    itp_kit_waiter_deinit(&((station *)ctx)->waiter);
    free(ctx);
}

const itp_connector *itp_connector_entry(void)
{
    static const itp_connector CONNECTOR = {.abi = ITP_CONNECTOR_ABI,
                                            .struct_size = sizeof CONNECTOR,
                                            .id = "test.station",
                                            .version = "1",
                                            .describe = describe,
                                            .open = open_station,
                                            .prepare = prepare,
                                            .measure = measure,
                                            .cancel = cancel,
                                            .safe_stop = safe_stop,
                                            .close = close_station};
    return &CONNECTOR;
}
