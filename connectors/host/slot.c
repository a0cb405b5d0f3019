/* slot.c - see slot.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "slot.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "ids.h"
#include "provenance.h"
#include "result.h"
#include "sha256.h"

enum { FOLDER_TRIES = 1000 }; /* of one attempt's folder name, each time with a new suffix */

struct itp_slot {
    itp_slot_setting setting;
    itp_host host;
    void *self;           /* the connector's instance */
    pthread_mutex_t lock; /* over `measuring`, so that cancel meets a living attempt */
    int measuring;
    atomic_int stop; /* itp_cause: 0 goes on */
    const itp_request *request;
    itp_result *result;
    int64_t began_utc_ms, began_ns;
    char workdir[PATH_MAX]; /* of the present attempt; empty until first asked for */
};

void itp_report_deinit(itp_report *report)
{
    if (!report) return;
    free(report->values);
    free(report->provenance);
    report->values = NULL;
    report->provenance = NULL;
}

itp_cause itp_cause_of(itp_status status)
{
    switch (status) {
    case ITP_OK: return ITP_CAUSE_NONE;
    case ITP_ECANCELLED:
    case ITP_EINTERRUPTED: return ITP_CAUSE_CANCELLED;
    case ITP_ETIMEOUT: return ITP_CAUSE_TIMEOUT;
    case ITP_ENOMEM:
    case ITP_ERESOURCE: return ITP_CAUSE_RESOURCE;
    case ITP_ESCIENTIFIC: return ITP_CAUSE_SCIENTIFIC;
    case ITP_ERESULT:
    case ITP_EUNIT:
    case ITP_ENONFINITE:
    case ITP_ENOTPD: return ITP_CAUSE_INVALID;
    case ITP_EUNSAFE: return ITP_CAUSE_UNSAFE;
    case ITP_EIO: /* of this machine, not of the request: another attempt may do better */
    case ITP_EWORKER:
    case ITP_EPROTO:
    case ITP_ELOCKED: return ITP_CAUSE_TRANSPORT;
    default: return ITP_CAUSE_REFUSED;
    }
}

static itp_status host_put(void *ctx, itp_result *res, const char *name, double number, double sd,
                           const char *unit)
{
    (void)ctx;
    return result_put(res, &(itp_value){name, number, sd, unit, NULL});
}

static itp_status host_put_label(void *ctx, itp_result *res, const char *name, const char *label)
{
    (void)ctx;
    if (!label) return ITP_EINVAL;
    return result_put(res, &(itp_value){name, NAN, NAN, NULL, label});
}

static itp_status host_note(void *ctx, itp_result *res, const char *key, const char *text)
{
    (void)ctx;
    if (!key || !text) return ITP_EINVAL;
    /* json_string refuses what is not UTF-8: a note must not spoil the record. */
    return json_object_set_new(res->notes, key, json_string(text)) == 0 ? ITP_OK : ITP_EINVAL;
}

static void host_cost(void *ctx, itp_result *res, double cost)
{
    (void)ctx;
    res->cost = cost;
}

static void host_cause(void *ctx, itp_result *res, itp_cause cause)
{
    (void)ctx;
    res->cause = cause;
}

static itp_status host_started(void *ctx, const itp_request *request)
{
    itp_slot *slot = ctx;
    if (atomic_load(&slot->stop)) return ITP_ECANCELLED;
    itp_status st = ITP_OK;
    if (slot->setting.hooks.started && slot->request->request == request->request)
        st = slot->setting.hooks.started(slot->setting.hooks.ctx, request);
    if (st == ITP_OK && slot->result) slot->result->started = 1;
    return st;
}

static void host_progress(void *ctx, double fraction, const char *text)
{
    itp_slot *slot = ctx;
    if (slot->setting.hooks.progress)
        slot->setting.hooks.progress(slot->setting.hooks.ctx, fraction, text);
}

static int host_cancelled(void *ctx)
{
    return atomic_load(&((itp_slot *)ctx)->stop) != 0;
}

static int host_leaving(void *ctx)
{
    return atomic_load(&((itp_slot *)ctx)->stop) == ITP_CAUSE_WORKER_LOST;
}

static void host_log(void *ctx, int level, const char *event, const char *text)
{
    const itp_slot *slot = ctx;
    itp_log(slot->setting.log, (itp_log_level)level, event, "text=%s", text);
}

/* A campaign's identity as one folder name: what is no letter, digit, dot or dash becomes '_'. */
static void folder_name(const char *campaign, char out[NAME_MAX])
{
    size_t n = 0;
    for (; campaign && campaign[n] && n < NAME_MAX - 1; n++) {
        unsigned char c = (unsigned char)campaign[n];
        int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || (c == '.' && n > 0);
        out[n] = plain ? (char)c : '_';
    }
    if (n == 0) out[n++] = '_';
    out[n] = '\0';
}

/* mkdir -p */
static int make_folders(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/') continue;
        *at = '\0';
        int failed = mkdir(path, 0755) != 0 && errno != EEXIST;
        *at = '/';
        if (failed) return 0;
    }
    return mkdir(path, 0755) == 0 || errno == EEXIST;
}

/* A new folder for each run of an attempt: what a crashed run has left is never read as ours. */
static const char *host_workdir(void *ctx)
{
    itp_slot *slot = ctx;
    if (slot->workdir[0]) return slot->workdir;
    if (!slot->request || !slot->setting.folder) return NULL;
    char campaign[NAME_MAX], attempt[ITP_ATTEMPT_TEXT], base[PATH_MAX];
    folder_name(slot->request->campaign, campaign);
    itp_attempt_text(slot->request->request, slot->request->epoch, attempt);
    int used = snprintf(base, sizeof base, "%s/%s", slot->setting.folder, campaign);
    if (used < 0 || used >= (int)sizeof base - NAME_MAX || !make_folders(base)) return NULL;
    for (int i = 1; i < FOLDER_TRIES; i++) {
        char suffix[16] = "", path[PATH_MAX];
        if (i > 1) snprintf(suffix, sizeof suffix, "-%d", i);
        used = snprintf(path, sizeof path, "%s/%s%s", base, attempt, suffix);
        if (used < 0 || used >= (int)sizeof path) return NULL;
        if (mkdir(path, 0755) != 0) {
            if (errno == EEXIST) continue;
            return NULL;
        }
        return realpath(path, slot->workdir);
    }
    return NULL;
}

static itp_status host_artefact(void *ctx, itp_result *res, const char *name, const char *path)
{
    itp_slot *slot = ctx;
    char full[PATH_MAX], hash[ITP_SHA256_TEXT], uri[PATH_MAX + 8];
    if (!name || !path) return ITP_EINVAL;
    int used = path[0] == '/' || !slot->workdir[0]
                   ? snprintf(full, sizeof full, "%s", path)
                   : snprintf(full, sizeof full, "%s/%s", slot->workdir, path);
    if (used < 0 || used >= (int)sizeof full) return ITP_EINVAL;
    uint64_t size;
    itp_error err;
    itp_status st = itp_sha256_file(full, hash, &size, &err);
    if (st != ITP_OK) {
        itp_log(slot->setting.log, ITP_WARN, "artefact_unreadable", "text=%s", err.text);
        return st;
    }
    snprintf(uri, sizeof uri, "file://%s", full);
    json_t *entry = json_pack("{s:s, s:s, s:s, s:I}", "name", name, "uri", uri, "sha256", hash,
                              "bytes", (json_int_t)size);
    return json_array_append_new(res->artefacts, entry) == 0 ? ITP_OK : ITP_EINVAL;
}

static double wall_s(const itp_slot *slot)
{
    return (double)(itp_clock_monotonic_ns() - slot->began_ns) / 1e9;
}

static char *tell_provenance(const itp_slot *slot, const itp_result *result)
{
    return provenance_text(&(provenance){slot->setting.plugin, slot->setting.worker, result,
                                         slot->began_utc_ms, itp_clock_utc_ms(), wall_s(slot)});
}

static itp_status host_emit(void *ctx, itp_result *res, int64_t index)
{
    itp_slot *slot = ctx;
    itp_report report = {.index = index, .cost = NAN};
    if (index < 0) return ITP_ERANGE;
    itp_error err = {0};
    itp_status st = result_take(res, 0, &report.values, &report.n_values, &err);
    if (st != ITP_OK) {
        itp_log(slot->setting.log, ITP_WARN, "emit_refused", "text=%s", err.text);
        return st;
    }
    report.provenance = tell_provenance(slot, res);
    if (slot->setting.hooks.emit)
        st = slot->setting.hooks.emit(slot->setting.hooks.ctx, slot->request, &report);
    itp_report_deinit(&report);
    if (st == ITP_OK) result_clear(res);
    return st;
}

itp_status itp_slot_open(itp_slot **out, const itp_slot_setting *setting, itp_error *err)
{
    itp_slot *slot = calloc(1, sizeof *slot);
    if (!slot) return itp_fail(err, ITP_ENOMEM, "slot");
    slot->setting = *setting;
    pthread_mutex_init(&slot->lock, NULL);
    slot->host = (itp_host){ITP_CONNECTOR_ABI, sizeof slot->host, slot,          host_put,
                            host_put_label,    host_emit,         host_artefact, host_note,
                            host_cost,         host_cause,        host_started,  host_progress,
                            host_cancelled,    host_workdir,      host_log,      host_leaving};
    const itp_connector *connector = itp_plugin_connector(setting->plugin);
    itp_error why = {.status = ITP_OK};
    itp_status st =
        connector->open(&slot->self, &slot->host, setting->config ? setting->config : "{}", &why);
    if (st != ITP_OK) {
        itp_fail(err, st, "%s: %s", connector->id, why.text[0] ? why.text : itp_status_text(st));
        pthread_mutex_destroy(&slot->lock);
        free(slot);
        return st;
    }
    *out = slot;
    return ITP_OK;
}

void itp_slot_close(itp_slot *slot)
{
    if (!slot) return;
    itp_plugin_connector(slot->setting.plugin)->close(slot->self);
    pthread_mutex_destroy(&slot->lock);
    free(slot);
}

void itp_slot_ready(itp_slot *slot)
{
    atomic_store(&slot->stop, 0);
}

void itp_slot_cancel(itp_slot *slot, itp_cause why)
{
    const itp_connector *connector = itp_plugin_connector(slot->setting.plugin);
    int going = ITP_CAUSE_NONE;
    atomic_compare_exchange_strong(&slot->stop, &going, (int)why);
    pthread_mutex_lock(&slot->lock);
    if (slot->measuring && connector->cancel) connector->cancel(slot->self);
    pthread_mutex_unlock(&slot->lock);
}

void itp_slot_safe_stop(itp_slot *slot)
{
    const itp_connector *connector = itp_plugin_connector(slot->setting.plugin);
    if (connector->safe_stop) connector->safe_stop(slot->self);
}

itp_status itp_slot_query(itp_slot *slot, itp_id request, itp_answer *out)
{
    const itp_connector *connector = itp_plugin_connector(slot->setting.plugin);
    return connector->query ? connector->query(slot->self, request, out) : ITP_ENOTSUP;
}

/* The request as the connector sees it: inputs in its units. *inputs is the caller's to free. */
static itp_status adapt(const itp_slot *slot, const itp_request *request, const itp_task **task,
                        itp_request *out, itp_value **inputs, itp_error *err)
{
    *task = itp_plugin_task(slot->setting.plugin, request->task);
    if (!*task)
        return itp_fail(err, ITP_ENOTSUP, "%s performs no task %s",
                        itp_plugin_connector(slot->setting.plugin)->id, request->task);
    itp_status st = result_inputs(*task, request, slot->setting.units, inputs, err);
    if (st != ITP_OK) return st;
    *out = *request;
    out->inputs = *inputs;
    if (!out->options) out->options = "{}";
    return ITP_OK;
}

itp_status itp_slot_prepare(itp_slot *slot, const itp_request *request, itp_error *err)
{
    const itp_connector *connector = itp_plugin_connector(slot->setting.plugin);
    const itp_task *task;
    itp_request adapted;
    itp_value *inputs = NULL;
    itp_status st = adapt(slot, request, &task, &adapted, &inputs, err);
    if (st == ITP_OK && connector->prepare) {
        itp_error why = {.status = ITP_OK};
        slot->request = &adapted;
        st = connector->prepare(slot->self, &adapted, &why);
        slot->request = NULL;
        if (st != ITP_OK) itp_fail(err, st, "%s", why.text[0] ? why.text : itp_status_text(st));
    }
    free(inputs);
    return st;
}

static itp_status call_measure(itp_slot *slot, const itp_request *request, itp_result *result,
                               itp_error *err)
{
    const itp_connector *connector = itp_plugin_connector(slot->setting.plugin);
    slot->request = request;
    slot->result = result;
    slot->workdir[0] = '\0';
    pthread_mutex_lock(&slot->lock);
    slot->measuring = 1;
    pthread_mutex_unlock(&slot->lock);
    itp_status st = atomic_load(&slot->stop)
                        ? itp_fail(err, ITP_ECANCELLED, "cancelled before it began")
                        : connector->measure(slot->self, request, result, err);
    pthread_mutex_lock(&slot->lock);
    slot->measuring = 0;
    pthread_mutex_unlock(&slot->lock);
    slot->request = NULL;
    slot->result = NULL;
    return st;
}

static void explain(const itp_slot *slot, itp_status st, const itp_error *err, itp_cause named,
                    itp_report *out)
{
    int stop = atomic_load(&slot->stop);
    out->cause = named != ITP_CAUSE_NONE ? named : itp_cause_of(st);
    /* A connector that ends because it was told to knows that it was, not why. */
    if (stop && (st == ITP_ECANCELLED || st == ITP_ETIMEOUT || st == ITP_EINTERRUPTED))
        out->cause = (itp_cause)stop;
    snprintf(out->text, sizeof out->text, "%s", err->text[0] ? err->text : itp_status_text(st));
}

void itp_slot_measure(itp_slot *slot, const itp_request *request, itp_report *out)
{
    *out = (itp_report){.index = -1, .cost = NAN};
    slot->began_utc_ms = itp_clock_utc_ms();
    slot->began_ns = itp_clock_monotonic_ns();
    itp_error err = {.status = ITP_OK};
    const itp_task *task = NULL;
    itp_value *inputs = NULL;
    itp_request adapted = *request;
    itp_result result;
    itp_status st = adapt(slot, request, &task, &adapted, &inputs, &err);
    static const itp_task none = {.name = "?"};
    itp_status made = result_init(&result, request, task ? task : &none, slot->setting.units);
    if (st == ITP_OK) st = made;
    if (st == ITP_OK) {
        st = call_measure(slot, &adapted, &result, &err);
        if (st == ITP_OK && task->cls == ITP_PHYSICAL && !result.started)
            st = itp_fail(&err, ITP_ERESULT, "physical work was done without host->started");
        if (st == ITP_OK && result.cause == ITP_CAUSE_NONE)
            st = result_take(&result, 1, &out->values, &out->n_values, &err);
    }
    if (st != ITP_OK || result.cause != ITP_CAUSE_NONE) explain(slot, st, &err, result.cause, out);
    out->cost = isnan(result.cost) ? wall_s(slot) : result.cost;
    out->provenance = tell_provenance(slot, &result);
    result_deinit(&result);
    free(inputs);
}
