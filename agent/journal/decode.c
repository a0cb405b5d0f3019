/* decode.c - a payload back to the event it was; see event_json.h for the form.
 *   Every member is checked for its type, since a journal may have been written by other hands. The
 * first finding is kept in the reader; after it, the readers give zeros, and the end reports it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <math.h>
#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "event_json.h"

struct itp_event_block {
    struct itp_event_block *next;
    max_align_t bytes[];
};

typedef struct reader {
    itp_event_box *box;
    itp_status st;
    const char *member; /* that was not what it should be */
} reader;

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

static const char *const CLASSES[] = {"repeatable", "physical"};

static void fail(reader *in, itp_status st, const char *member)
{
    if (in->st != ITP_OK) return;
    in->st = st;
    in->member = member;
}

static void *take(reader *in, size_t n, size_t size)
{
    if (n == 0 || in->st != ITP_OK) return NULL;
    struct itp_event_block *block = calloc(1, sizeof *block + n * size);
    if (!block) {
        fail(in, ITP_ENOMEM, "memory");
        return NULL;
    }
    block->next = in->box->blocks;
    in->box->blocks = block;
    return block->bytes;
}

/* object[key] when it has the type; absent and null are NULL. */
static json_t *get(reader *in, json_t *object, const char *key, json_type type)
{
    json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value)) return NULL;
    if (json_typeof(value) == type) return value;
    fail(in, ITP_ECORRUPT, key);
    return NULL;
}

static int64_t integer(reader *in, json_t *object, const char *key, int64_t low, int64_t high)
{
    int64_t value = json_integer_value(get(in, object, key, JSON_INTEGER));
    if (value >= low && value <= high) return value;
    if (value != 0) fail(in, ITP_ECORRUPT, key);
    return 0;
}

static uint64_t count(reader *in, json_t *object, const char *key)
{
    return (uint64_t)integer(in, object, key, 0, INT64_MAX);
}

static uint32_t small(reader *in, json_t *object, const char *key)
{
    return (uint32_t)integer(in, object, key, 0, UINT32_MAX);
}

static double real_of(reader *in, json_t *value, const char *key)
{
    if (!value || json_is_null(value)) return NAN;
    if (json_is_number(value)) return json_number_value(value);
    const char *text = json_string_value(value);
    if (text && strcmp(text, "Infinity") == 0) return INFINITY;
    if (text && strcmp(text, "-Infinity") == 0) return -INFINITY;
    fail(in, ITP_ECORRUPT, key);
    return NAN;
}

static double real(reader *in, json_t *object, const char *key)
{
    return real_of(in, json_object_get(object, key), key);
}

/* Decoded bytes with a NUL behind them. */
static const char *base64(reader *in, json_t *value, const char *key, size_t *size)
{
    size_t length = json_string_length(value), got = 0;
    char *bytes = take(in, length + 1, 1);
    if (!bytes) return NULL;
    if (!json_is_string(value) ||
        sodium_base642bin((unsigned char *)bytes, length, json_string_value(value), length, NULL,
                          &got, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        fail(in, ITP_ECORRUPT, key);
    *size = got;
    return bytes;
}

static const char *text_of(reader *in, json_t *value, const char *key)
{
    if (!value || json_is_null(value)) return NULL;
    if (json_is_string(value)) return json_string_value(value);
    const char *mark = json_string_value(json_array_get(value, 0));
    size_t size;
    if (mark && strcmp(mark, "base64") == 0)
        return base64(in, json_array_get(value, 1), key, &size);
    fail(in, ITP_ECORRUPT, key);
    return NULL;
}

static const char *text(reader *in, json_t *object, const char *key)
{
    return text_of(in, json_object_get(object, key), key);
}

/* The index of object[key] in a list of names; 0 when it is absent. */
static int named(reader *in, json_t *object, const char *key, size_t n, const char *const *names)
{
    const char *name = text(in, object, key);
    if (!name) return 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0) return (int)i;
    fail(in, ITP_ECORRUPT, key);
    return 0;
}
#define NAMED(in, object, key, names) named(in, object, key, sizeof names / sizeof *names, names)

/* A list of exactly n numbers; NULL when it is absent. */
static const double *reals(reader *in, json_t *object, const char *key, size_t n)
{
    json_t *list = get(in, object, key, JSON_ARRAY);
    if (!list) return NULL;
    if (json_array_size(list) != n) fail(in, ITP_ECORRUPT, key);
    double *values = take(in, n, sizeof *values);
    for (size_t i = 0; i < n && values; i++) values[i] = real_of(in, json_array_get(list, i), key);
    return values;
}

static void read_values(reader *in, json_t *payload, itp_event *event)
{
    json_t *list = get(in, payload, "values", JSON_ARRAY);
    size_t n = json_array_size(list);
    itp_value *values = take(in, n, sizeof *values);
    for (size_t i = 0; i < n && values; i++) {
        json_t *object = json_array_get(list, i);
        if (!json_is_object(object)) fail(in, ITP_ECORRUPT, "values");
        values[i] = (itp_value){.name = text(in, object, "name"),
                                .number = real(in, object, "number"),
                                .sd = real(in, object, "sd"),
                                .unit = text(in, object, "unit"),
                                .label = text(in, object, "label")};
    }
    event->values = values;
    event->n_values = values ? n : 0;
}

static void read_files(reader *in, json_t *payload, itp_event *event)
{
    json_t *list = get(in, payload, "files", JSON_ARRAY);
    size_t n = json_array_size(list);
    itp_event_file *files = take(in, n, sizeof *files);
    for (size_t i = 0; i < n && files; i++) {
        json_t *object = json_array_get(list, i), *bytes = get(in, object, "text", JSON_STRING);
        files[i].path = text(in, object, "path");
        if (bytes) {
            files[i].bytes = json_string_value(bytes);
            files[i].size = json_string_length(bytes);
        } else
            files[i].bytes =
                base64(in, json_object_get(object, "base64"), "base64", &files[i].size);
    }
    event->files = files;
    event->n_files = files ? n : 0;
}

static const itp_roster *read_roster(reader *in, json_t *payload)
{
    json_t *object = get(in, payload, "roster", JSON_OBJECT);
    itp_roster *roster = object ? take(in, 1, sizeof *roster) : NULL;
    if (!roster) return NULL;
    json_t *names = get(in, object, "tasks", JSON_ARRAY);
    json_t *pairs = get(in, object, "holding", JSON_ARRAY);
    const char **tasks = take(in, json_array_size(names), sizeof *tasks);
    itp_attempt *holding = take(in, json_array_size(pairs), sizeof *holding);
    *roster = (itp_roster){.n_tasks = tasks ? json_array_size(names) : 0,
                           .n_holding = holding ? json_array_size(pairs) : 0,
                           .tasks = tasks,
                           .connector = text(in, object, "connector"),
                           .holding = holding,
                           .slots = small(in, object, "slots"),
                           .cls = (itp_class)NAMED(in, object, "class", CLASSES),
                           .ledger = text(in, object, "ledger"),
                           .schema = text(in, object, "schema")};
    for (size_t i = 0; i < roster->n_tasks; i++)
        tasks[i] = text_of(in, json_array_get(names, i), "tasks");
    for (size_t i = 0; i < roster->n_holding; i++) {
        json_t *pair = json_array_get(pairs, i);
        json_t *request = json_array_get(pair, 0), *epoch = json_array_get(pair, 1);
        if (!json_is_integer(request) || json_integer_value(request) < 0 ||
            !json_is_integer(epoch) || json_integer_value(epoch) < 0 ||
            json_integer_value(epoch) > UINT32_MAX)
            fail(in, ITP_ECORRUPT, "holding");
        holding[i] = (itp_attempt){.request = (itp_id)json_integer_value(request),
                                   .epoch = (uint32_t)json_integer_value(epoch)};
    }
    return roster;
}

static const itp_pick *read_picks(reader *in, json_t *made, const char *key, size_t params,
                                  size_t outcomes, size_t *n)
{
    json_t *list = get(in, made, key, JSON_ARRAY);
    itp_pick *picks = take(in, json_array_size(list), sizeof *picks);
    *n = picks ? json_array_size(list) : 0;
    for (size_t i = 0; i < *n; i++) {
        json_t *object = json_array_get(list, i), *parts = get(in, object, "parts", JSON_OBJECT);
        if (!json_is_object(object)) fail(in, ITP_ECORRUPT, key);
        picks[i] = (itp_pick){.trial = count(in, object, "trial"),
                              .task = (int)integer(in, object, "task", -1, INT32_MAX),
                              .source = (int)integer(in, object, "source", -1, INT32_MAX),
                              .point = reals(in, object, "point", params),
                              .parts = {.total = real(in, parts, "total"),
                                        .gain = real(in, parts, "gain"),
                                        .feasible = real(in, parts, "feasible"),
                                        .cost = real(in, parts, "cost"),
                                        .prior = real(in, parts, "prior")},
                              .mean = reals(in, object, "mean", outcomes),
                              .sd = reals(in, object, "sd", outcomes)};
    }
    return picks;
}

/* A name in a fixed field: the record is damaged when it does not fit. */
static void word(reader *in, json_t *object, const char *key, char *out, size_t size)
{
    const char *value = text(in, object, key);
    size_t length = value ? strlen(value) : 0;
    if (length >= size)
        fail(in, ITP_ECORRUPT, key);
    else if (value)
        memcpy(out, value, length + 1);
}

static void read_report(reader *in, json_t *object, itp_fit_report *report)
{
    report->step = (itp_fit_step)NAMED(in, object, "step", STEPS);
    report->objective = real(in, object, "objective");
    report->log_likelihood = real(in, object, "log_likelihood");
    report->jitter = real(in, object, "jitter");
    report->starts = small(in, object, "starts");
    report->evaluations = small(in, object, "evaluations");
    report->outliers = small(in, object, "outliers");
    report->r_hat = real(in, object, "r_hat");
    report->ess = real(in, object, "ess");
    word(in, object, "model", report->model, sizeof report->model);
    word(in, object, "kernel", report->kernel, sizeof report->kernel);
    word(in, object, "transform", report->transform, sizeof report->transform);
}

static const itp_model_record *read_models(reader *in, json_t *made, size_t *n)
{
    json_t *list = get(in, made, "models", JSON_ARRAY);
    itp_model_record *models = take(in, json_array_size(list), sizeof *models);
    *n = models ? json_array_size(list) : 0;
    for (size_t i = 0; i < *n; i++) {
        json_t *object = json_array_get(list, i), *loo = get(in, object, "loo", JSON_OBJECT);
        models[i].outcome = small(in, object, "outcome");
        models[i].n = count(in, object, "n");
        models[i].saved = text(in, object, "saved");
        read_report(in, get(in, object, "report", JSON_OBJECT), &models[i].report);
        models[i].loo = (itp_diagnostics){.n = count(in, loo, "n"),
                                          .coverage50 = real(in, loo, "coverage50"),
                                          .coverage90 = real(in, loo, "coverage90"),
                                          .coverage95 = real(in, loo, "coverage95"),
                                          .log_density = real(in, loo, "log_density"),
                                          .rmse = real(in, loo, "rmse"),
                                          .rank_correlation = real(in, loo, "rank_correlation")};
    }
    return models;
}

static const itp_decision *read_decision(reader *in, json_t *payload)
{
    json_t *made = get(in, payload, "made", JSON_OBJECT);
    itp_decision *out = made ? take(in, 1, sizeof *out) : NULL;
    if (!out) return NULL;
    out->number = count(in, made, "number");
    out->saw = count(in, made, "saw");
    out->generation = count(in, made, "generation");
    out->wanted = count(in, made, "wanted");
    out->method = text(in, made, "method");
    out->why = text(in, made, "why");
    out->machine = text(in, made, "machine");
    out->n_params = count(in, made, "params");
    out->n_outcomes = count(in, made, "outcomes");
    out->n_designed = count(in, made, "designed");
    out->picks = read_picks(in, made, "picks", out->n_params, out->n_outcomes, &out->n_picks);
    out->runners_up =
        read_picks(in, made, "runners_up", out->n_params, out->n_outcomes, &out->n_runners_up);
    out->models = read_models(in, made, &out->n_models);
    json_t *incumbent = get(in, made, "incumbent", JSON_OBJECT);
    out->incumbent = count(in, incumbent, "trial");
    out->incumbent_mean = real(in, incumbent, "mean");
    out->incumbent_sd = real(in, incumbent, "sd");
    out->incumbent_feasible = real(in, incumbent, "feasible");
    json_t *regret = get(in, made, "regret", JSON_OBJECT);
    out->regret = (itp_regret){.probability = real(in, regret, "probability"),
                               .low = real(in, regret, "low"),
                               .high = real(in, regret, "high"),
                               .draws = count(in, regret, "draws")};
    out->stop = text(in, made, "stop");
    out->elapsed_ms = real(in, made, "elapsed_ms");
    return out;
}

static void read_payload(reader *in, json_t *payload, itp_event *event)
{
    unsigned uses = itp_event_uses(event->kind);
    json_t *point = get(in, payload, "point", JSON_ARRAY);
    event->text = text(in, payload, "text");
    event->number = integer(in, payload, "number", INT64_MIN, INT64_MAX);
    event->index = uses & ITP_USES_INDEX ? integer(in, payload, "index", INT64_MIN, INT64_MAX) : 0;
    event->cost = uses & ITP_USES_COST ? real(in, payload, "cost") : 0;
    event->cause = (itp_cause)NAMED(in, payload, "cause", CAUSES);
    read_values(in, payload, event);
    event->n_point = json_array_size(point);
    event->point = reals(in, payload, "point", event->n_point);
    read_files(in, payload, event);
    event->roster = read_roster(in, payload);
    event->made = read_decision(in, payload);
    event->provenance = text(in, payload, "provenance");
}

itp_status itp_event_decode(const char *payload, size_t size, itp_event_box *box, itp_error *err)
{
    json_error_t why;
    itp_event_box_clear(box);
    errno = 0; /* Out of memory, jansson speaks of syntax: a sound payload must not be blamed. */
    box->json = json_loadb(payload, size, JSON_REJECT_DUPLICATES, &why);
    if (!box->json && errno == ENOMEM) return itp_fail(err, ITP_ENOMEM, "payload: out of memory");
    if (!json_is_object(box->json))
        return itp_fail(err, ITP_ECORRUPT, "payload: %s", box->json ? "not an object" : why.text);
    reader in = {.box = box};
    read_payload(&in, box->json, &box->event);
    if (in.st != ITP_OK) return itp_fail(err, in.st, "payload: %s", in.member);
    return ITP_OK;
}

void itp_event_box_clear(itp_event_box *box)
{
    json_decref(box->json);
    box->json = NULL;
    for (struct itp_event_block *block = box->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    box->blocks = NULL;
}
