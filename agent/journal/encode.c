/* encode.c - an event's payload, field by field; see event_json.h for the form.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "event_json.h"

static const char *const NAMES[] = {
#define X(name, text) text,
    ITP_EVENTS(X)
#undef X
};

static const char *const CAUSES[] = {
#define X(name, text) text,
    ITP_CAUSES(X)
#undef X
};

static const char *const STEPS[] = {
#define X(name, text) #name,
    ITP_FIT_STEPS(X)
#undef X
};

unsigned itp_event_uses(itp_event_kind kind)
{
    const unsigned attempt = ITP_USES_REQUEST | ITP_USES_EPOCH;
    switch (kind) {
    case ITP_EVENT_WORKER_REGISTERED:
    case ITP_EVENT_WORKER_SLOTS:
    case ITP_EVENT_WORKER_LOST:
    case ITP_EVENT_WORKER_LEFT:
    case ITP_EVENT_SAFE_STOPPED:
    case ITP_EVENT_HALTED:
    case ITP_EVENT_READY: return ITP_USES_WORKER;
    case ITP_EVENT_DECISION: return ITP_USES_DECISION;
    case ITP_EVENT_ACCEPTED:
    case ITP_EVENT_DECLINED:
    case ITP_EVENT_STARTED:
    case ITP_EVENT_LEASE_EXPIRED:
    case ITP_EVENT_ANSWER: return attempt | ITP_USES_WORKER;
    case ITP_EVENT_RESULT:
    case ITP_EVENT_FAILURE: return attempt | ITP_USES_WORKER | ITP_USES_INDEX | ITP_USES_COST;
    case ITP_EVENT_TIMER:
    case ITP_EVENT_RESOLVED: return attempt;
    case ITP_EVENT_TOLD: return ITP_USES_TRIAL | ITP_USES_TASK;
    case ITP_EVENT_CANCELLED:
    case ITP_EVENT_RETRACTED: return ITP_USES_TRIAL | ITP_USES_REQUEST;
    case ITP_EVENT_APPROVED: return ITP_USES_REQUEST;
    default: return 0;
    }
}

const char *itp_event_name(itp_event_kind kind)
{
    return (unsigned)kind < ITP_EVENT_KINDS ? NAMES[kind] : NULL;
}

itp_status itp_event_from(const char *name, itp_event_kind *kind)
{
    for (int i = 0; i < ITP_EVENT_KINDS; i++)
        if (strcmp(NAMES[i], name) == 0) {
            *kind = (itp_event_kind)i;
            return ITP_OK;
        }
    return ITP_EPARSE;
}

/* The first failure of a chain of puts is kept; later puts still run, harmlessly. */
static void keep(itp_status *st, itp_status next)
{
    if (*st == ITP_OK) *st = next;
}

/* object[key] = a new object or list, or NULL; borrowed from `object`. */
static json_t *put_new(itp_status *st, json_t *object, const char *key, json_t *value)
{
    keep(st, itp_json_put(object, key, value));
    return *st == ITP_OK ? value : NULL;
}

static json_t *append_new(itp_status *st, json_t *list)
{
    json_t *object = json_object();
    keep(st, json_array_append_new(list, object) == 0 ? ITP_OK : ITP_ENOMEM);
    return *st == ITP_OK ? object : NULL;
}

static void put_reals(itp_status *st, json_t *object, const char *key, size_t n,
                      const double *values)
{
    if (!values) return;
    json_t *list = put_new(st, object, key, json_array());
    for (size_t i = 0; i < n && list; i++)
        keep(st, json_array_append_new(list, itp_json_real(values[i])) == 0 ? ITP_OK : ITP_ENOMEM);
}

static void put_values(itp_status *st, json_t *payload, size_t n, const itp_value *values)
{
    if (n == 0) return;
    json_t *list = put_new(st, payload, "values", json_array());
    for (size_t i = 0; i < n && *st == ITP_OK; i++) {
        json_t *object = append_new(st, list);
        if (!object) return;
        keep(st, itp_json_put_text(object, "name", values[i].name));
        keep(st, itp_json_put_real(object, "number", values[i].number));
        keep(st, itp_json_put_text(object, "label", values[i].label));
        keep(st, itp_json_put_real(object, "sd", values[i].sd));
        keep(st, itp_json_put_text(object, "unit", values[i].unit));
    }
}

static itp_status put_base64(json_t *object, const itp_event_file *file)
{
    size_t room = sodium_base64_encoded_len(file->size, sodium_base64_VARIANT_ORIGINAL);
    char *base64 = malloc(room);
    if (!base64) return ITP_ENOMEM;
    sodium_bin2base64(base64, room, (const unsigned char *)file->bytes, file->size,
                      sodium_base64_VARIANT_ORIGINAL);
    itp_status st = itp_json_put(object, "base64", json_stringn_nocheck(base64, room - 1));
    free(base64);
    return st;
}

static void put_files(itp_status *st, json_t *payload, size_t n, const itp_event_file *files)
{
    if (n == 0) return;
    json_t *list = put_new(st, payload, "files", json_array());
    for (size_t i = 0; i < n && *st == ITP_OK; i++) {
        json_t *object = append_new(st, list);
        if (!object) return;
        keep(st, itp_json_put_text(object, "path", files[i].path));
        if (itp_is_utf8(files[i].bytes, files[i].size))
            keep(st,
                 itp_json_put(object, "text", json_stringn_nocheck(files[i].bytes, files[i].size)));
        else
            keep(st, put_base64(object, &files[i]));
    }
}

static void put_bounds(itp_status *st, json_t *object, const itp_roster *roster)
{
    json_t *bounds = roster->n_bounds ? put_new(st, object, "bounds", json_array()) : NULL;
    for (size_t i = 0; bounds && i < roster->n_bounds; i++) {
        const itp_margin *bound = &roster->bounds[i];
        json_t *one = json_object();
        keep(st, json_array_append_new(bounds, one) == 0 ? ITP_OK : ITP_ENOMEM);
        if (*st != ITP_OK) return;
        keep(st, itp_json_put_text(one, "task", bound->task));
        keep(st, itp_json_put_text(one, "input", bound->input));
        keep(st, itp_json_put_text(one, "unit", bound->unit));
        if (isfinite(bound->low)) keep(st, itp_json_put_real(one, "low", bound->low));
        if (isfinite(bound->high)) keep(st, itp_json_put_real(one, "high", bound->high));
    }
}

static void put_roster(itp_status *st, json_t *payload, const itp_roster *roster)
{
    if (!roster) return;
    json_t *object = put_new(st, payload, "roster", json_object());
    json_t *tasks = object ? put_new(st, object, "tasks", json_array()) : NULL;
    json_t *holding = tasks ? put_new(st, object, "holding", json_array()) : NULL;
    if (!holding) return;
    keep(st, itp_json_put_text(object, "connector", roster->connector));
    keep(st, itp_json_put(object, "class",
                          json_string(roster->cls == ITP_PHYSICAL ? "physical" : "repeatable")));
    keep(st, itp_json_put(object, "slots", json_integer(roster->slots)));
    keep(st, itp_json_put_text(object, "ledger", roster->ledger));
    keep(st, itp_json_put_text(object, "schema", roster->schema));
    keep(st, itp_json_put_text(object, "sample", roster->sample));
    put_bounds(st, object, roster);
    for (size_t i = 0; i < roster->n_tasks; i++)
        keep(st, json_array_append_new(tasks, itp_json_text(roster->tasks[i])) == 0 ? ITP_OK
                                                                                    : ITP_ENOMEM);
    for (size_t i = 0; i < roster->n_holding; i++) {
        const itp_attempt *held = &roster->holding[i];
        if (held->request > INT64_MAX) keep(st, ITP_EINVAL);
        json_t *pair = json_pack("[II]", (json_int_t)held->request, (json_int_t)held->epoch);
        keep(st, json_array_append_new(holding, pair) == 0 ? ITP_OK : ITP_ENOMEM);
    }
}

static void put_picks(itp_status *st, json_t *made, const char *key, const itp_decision *decision,
                      size_t n, const itp_pick *picks)
{
    json_t *list = put_new(st, made, key, json_array());
    for (size_t i = 0; i < n && *st == ITP_OK; i++) {
        const itp_pick *pick = &picks[i];
        json_t *object = append_new(st, list);
        if (!object) return;
        keep(st, itp_json_put_id(object, "trial", pick->trial));
        keep(st, itp_json_put(object, "task", json_integer(pick->task)));
        keep(st, itp_json_put(object, "source", json_integer(pick->source)));
        put_reals(st, object, "point", decision->n_params, pick->point);
        put_reals(st, object, "mean", decision->n_outcomes, pick->mean);
        put_reals(st, object, "sd", decision->n_outcomes, pick->sd);
        json_t *parts = put_new(st, object, "parts", json_object());
        if (!parts) return;
        keep(st, itp_json_put_real(parts, "total", pick->parts.total));
        keep(st, itp_json_put_real(parts, "gain", pick->parts.gain));
        keep(st, itp_json_put_real(parts, "feasible", pick->parts.feasible));
        keep(st, itp_json_put_real(parts, "cost", pick->parts.cost));
        keep(st, itp_json_put_real(parts, "prior", pick->parts.prior));
    }
}

static void put_report(itp_status *st, json_t *object, const itp_fit_report *report)
{
    if ((unsigned)report->step >= sizeof STEPS / sizeof *STEPS)
        keep(st, ITP_EINVAL);
    else
        keep(st, itp_json_put(object, "step", json_string(STEPS[report->step])));
    keep(st, itp_json_put_real(object, "objective", report->objective));
    keep(st, itp_json_put_real(object, "log_likelihood", report->log_likelihood));
    keep(st, itp_json_put_real(object, "jitter", report->jitter));
    keep(st, itp_json_put_id(object, "starts", report->starts));
    keep(st, itp_json_put_id(object, "evaluations", report->evaluations));
    keep(st, itp_json_put_id(object, "outliers", report->outliers));
    keep(st, itp_json_put_real(object, "r_hat", report->r_hat));
    keep(st, itp_json_put_real(object, "ess", report->ess));
    keep(st, itp_json_put_text(object, "model", report->model));
    keep(st, itp_json_put_text(object, "kernel", report->kernel));
    keep(st, itp_json_put_text(object, "transform", report->transform));
}

static void put_loo(itp_status *st, json_t *object, const itp_diagnostics *loo)
{
    keep(st, itp_json_put_id(object, "n", loo->n));
    keep(st, itp_json_put_real(object, "coverage50", loo->coverage50));
    keep(st, itp_json_put_real(object, "coverage90", loo->coverage90));
    keep(st, itp_json_put_real(object, "coverage95", loo->coverage95));
    keep(st, itp_json_put_real(object, "log_density", loo->log_density));
    keep(st, itp_json_put_real(object, "rmse", loo->rmse));
    keep(st, itp_json_put_real(object, "rank_correlation", loo->rank_correlation));
}

static void put_models(itp_status *st, json_t *made, const itp_decision *decision)
{
    json_t *list = put_new(st, made, "models", json_array());
    for (size_t i = 0; i < decision->n_models && *st == ITP_OK; i++) {
        const itp_model_record *model = &decision->models[i];
        json_t *object = append_new(st, list);
        if (!object) return;
        keep(st, itp_json_put(object, "outcome", json_integer(model->outcome)));
        keep(st, itp_json_put_id(object, "n", model->n));
        keep(st, itp_json_put_text(object, "saved", model->saved));
        json_t *report = put_new(st, object, "report", json_object());
        json_t *loo = put_new(st, object, "loo", json_object());
        if (!report || !loo) return;
        put_report(st, report, &model->report);
        put_loo(st, loo, &model->loo);
    }
}

static void put_verdicts(itp_status *st, json_t *made, const itp_decision *decision)
{
    json_t *incumbent = put_new(st, made, "incumbent", json_object());
    json_t *regret = put_new(st, made, "regret", json_object());
    if (!incumbent || !regret) return;
    keep(st, itp_json_put_id(incumbent, "trial", decision->incumbent));
    keep(st, itp_json_put_real(incumbent, "mean", decision->incumbent_mean));
    keep(st, itp_json_put_real(incumbent, "sd", decision->incumbent_sd));
    keep(st, itp_json_put_real(incumbent, "feasible", decision->incumbent_feasible));
    keep(st, itp_json_put_real(regret, "probability", decision->regret.probability));
    keep(st, itp_json_put_real(regret, "low", decision->regret.low));
    keep(st, itp_json_put_real(regret, "high", decision->regret.high));
    keep(st, itp_json_put_id(regret, "draws", decision->regret.draws));
}

static void put_decision(itp_status *st, json_t *payload, const itp_decision *decision)
{
    json_t *made = decision ? put_new(st, payload, "made", json_object()) : NULL;
    if (!made) return;
    keep(st, itp_json_put_id(made, "number", decision->number));
    keep(st, itp_json_put_id(made, "saw", decision->saw));
    keep(st, itp_json_put_id(made, "generation", decision->generation));
    keep(st, itp_json_put_id(made, "wanted", decision->wanted));
    keep(st, itp_json_put_text(made, "method", decision->method));
    keep(st, itp_json_put_text(made, "why", decision->why));
    keep(st, itp_json_put_text(made, "machine", decision->machine));
    keep(st, itp_json_put_id(made, "params", decision->n_params));
    keep(st, itp_json_put_id(made, "outcomes", decision->n_outcomes));
    keep(st, itp_json_put_id(made, "designed", decision->n_designed));
    put_picks(st, made, "picks", decision, decision->n_picks, decision->picks);
    put_picks(st, made, "runners_up", decision, decision->n_runners_up, decision->runners_up);
    put_models(st, made, decision);
    put_verdicts(st, made, decision);
    keep(st, itp_json_put_text(made, "stop", decision->stop));
    keep(st, itp_json_put_real(made, "elapsed_ms", decision->elapsed_ms));
}

itp_status itp_event_encode(const itp_event *event, json_t **out, itp_error *err)
{
    const char *name = itp_event_name(event->kind);
    if (!name || (unsigned)event->cause >= sizeof CAUSES / sizeof *CAUSES)
        return itp_fail(err, ITP_EINVAL, "event: no such kind or cause");
    unsigned uses = itp_event_uses(event->kind);
    json_t *payload = json_object();
    itp_status st = payload ? ITP_OK : ITP_ENOMEM;
    keep(&st, itp_json_put_text(payload, "text", event->text));
    if (event->number != 0) keep(&st, itp_json_put(payload, "number", json_integer(event->number)));
    if (uses & ITP_USES_INDEX && event->index != 0)
        keep(&st, itp_json_put(payload, "index", json_integer(event->index)));
    if (uses & ITP_USES_COST) keep(&st, itp_json_put_real(payload, "cost", event->cost));
    if (event->cause != ITP_CAUSE_NONE)
        keep(&st, itp_json_put_text(payload, "cause", CAUSES[event->cause]));
    put_values(&st, payload, event->n_values, event->values);
    if (event->n_point > 0) put_reals(&st, payload, "point", event->n_point, event->point);
    put_files(&st, payload, event->n_files, event->files);
    put_roster(&st, payload, event->roster);
    put_decision(&st, payload, event->made);
    keep(&st, itp_json_put_text(payload, "provenance", event->provenance));
    if (st != ITP_OK) {
        json_decref(payload);
        return itp_fail(err, st, "event %s: %s", name,
                        st == ITP_ENOMEM ? "out of memory"
                                         : "an id or a size beyond 2^63, or no such step");
    }
    *out = payload;
    return ITP_OK;
}
