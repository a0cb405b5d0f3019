/* decode.c - a payload back to the event it was; see event_json.h for the form.
 *   Every member is checked for its type, since a journal may have been written by other hands. The
 * first finding is kept in the reader; after it, the readers give zeros, and the end reports it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
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
static const itp_json_node *get(reader *in, const itp_json_node *object, const char *key,
                                itp_json_type type)
{
    const itp_json_node *value = itp_json_get(object, key);
    if (!value || value->type == ITP_JSON_NULL) return NULL;
    if (value->type == type) return value;
    fail(in, ITP_ECORRUPT, key);
    return NULL;
}

static int64_t integer(reader *in, const itp_json_node *object, const char *key, int64_t low,
                       int64_t high)
{
    const itp_json_node *node = get(in, object, key, ITP_JSON_INTEGER);
    int64_t value = node ? node->integer : 0;
    if (value >= low && value <= high) return value;
    if (value != 0) fail(in, ITP_ECORRUPT, key);
    return 0;
}

static uint64_t count(reader *in, const itp_json_node *object, const char *key)
{
    return (uint64_t)integer(in, object, key, 0, INT64_MAX);
}

static uint32_t small(reader *in, const itp_json_node *object, const char *key)
{
    return (uint32_t)integer(in, object, key, 0, UINT32_MAX);
}

static int is_text(const itp_json_node *value, const char *text)
{
    return value && value->type == ITP_JSON_STRING && strcmp(value->text, text) == 0;
}

static double real_of(reader *in, const itp_json_node *value, const char *key)
{
    if (!value || value->type == ITP_JSON_NULL) return NAN;
    if (value->type == ITP_JSON_INTEGER || value->type == ITP_JSON_REAL) return value->real;
    if (is_text(value, "Infinity")) return INFINITY;
    if (is_text(value, "-Infinity")) return -INFINITY;
    fail(in, ITP_ECORRUPT, key);
    return NAN;
}

static double real(reader *in, const itp_json_node *object, const char *key)
{
    return real_of(in, itp_json_get(object, key), key);
}

/* Decoded bytes with a NUL behind them. */
static const char *base64(reader *in, const itp_json_node *value, const char *key, size_t *size)
{
    int is_string = value && value->type == ITP_JSON_STRING;
    size_t length = is_string ? value->n : 0, got = 0;
    char *bytes = take(in, length + 1, 1);
    if (!bytes) return NULL;
    if (!is_string || sodium_base642bin((unsigned char *)bytes, length, value->text, length, NULL,
                                        &got, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        fail(in, ITP_ECORRUPT, key);
    *size = got;
    return bytes;
}

static const char *text_of(reader *in, const itp_json_node *value, const char *key)
{
    if (!value || value->type == ITP_JSON_NULL) return NULL;
    if (value->type == ITP_JSON_STRING) return value->text;
    const itp_json_node *mark = value->type == ITP_JSON_LIST && value->n == 2 ? value + 1 : NULL;
    size_t size;
    if (is_text(mark, "base64")) return base64(in, itp_json_next(mark), key, &size);
    fail(in, ITP_ECORRUPT, key);
    return NULL;
}

static const char *text(reader *in, const itp_json_node *object, const char *key)
{
    return text_of(in, itp_json_get(object, key), key);
}

/* The index of object[key] in a list of names; 0 when it is absent. */
static int named(reader *in, const itp_json_node *object, const char *key, size_t n,
                 const char *const *names)
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
static const double *reals(reader *in, const itp_json_node *object, const char *key, size_t n)
{
    const itp_json_node *list = get(in, object, key, ITP_JSON_LIST);
    if (!list) return NULL;
    if (list->n != n) fail(in, ITP_ECORRUPT, key);
    double *values = take(in, n, sizeof *values);
    const itp_json_node *at = itp_json_first(list);
    for (size_t i = 0; i < n && values; i++, at = itp_json_next(at))
        values[i] = real_of(in, at, key);
    return values;
}

static size_t length_of(const itp_json_node *list)
{
    return list ? list->n : 0;
}

static void read_values(reader *in, const itp_json_node *payload, itp_event *event)
{
    const itp_json_node *list = get(in, payload, "values", ITP_JSON_LIST);
    size_t n = length_of(list);
    itp_value *values = take(in, n, sizeof *values);
    const itp_json_node *object = list ? itp_json_first(list) : NULL;
    for (size_t i = 0; i < n && values; i++, object = itp_json_next(object)) {
        if (object->type != ITP_JSON_OBJECT) fail(in, ITP_ECORRUPT, "values");
        values[i] = (itp_value){.name = text(in, object, "name"),
                                .number = real(in, object, "number"),
                                .sd = real(in, object, "sd"),
                                .unit = text(in, object, "unit"),
                                .label = text(in, object, "label")};
    }
    event->values = values;
    event->n_values = values ? n : 0;
}

static void read_files(reader *in, const itp_json_node *payload, itp_event *event)
{
    const itp_json_node *list = get(in, payload, "files", ITP_JSON_LIST);
    size_t n = length_of(list);
    itp_event_file *files = take(in, n, sizeof *files);
    const itp_json_node *object = list ? itp_json_first(list) : NULL;
    for (size_t i = 0; i < n && files; i++, object = itp_json_next(object)) {
        const itp_json_node *bytes = get(in, object, "text", ITP_JSON_STRING);
        files[i].path = text(in, object, "path");
        if (bytes) {
            files[i].bytes = bytes->text;
            files[i].size = bytes->n;
        } else
            files[i].bytes = base64(in, itp_json_get(object, "base64"), "base64", &files[i].size);
    }
    event->files = files;
    event->n_files = files ? n : 0;
}

static itp_attempt read_attempt(reader *in, const itp_json_node *pair)
{
    if (pair->type == ITP_JSON_LIST && pair->n == 2) {
        const itp_json_node *request = itp_json_first(pair), *epoch = itp_json_next(request);
        if (request->type == ITP_JSON_INTEGER && request->integer >= 0 &&
            epoch->type == ITP_JSON_INTEGER && epoch->integer >= 0 && epoch->integer <= UINT32_MAX)
            return (itp_attempt){(itp_id)request->integer, (uint32_t)epoch->integer};
    }
    fail(in, ITP_ECORRUPT, "holding");
    return (itp_attempt){0};
}

static void read_bounds(reader *in, const itp_json_node *object, itp_roster *roster)
{
    const itp_json_node *list = get(in, object, "bounds", ITP_JSON_LIST);
    size_t n = length_of(list);
    itp_margin *bounds = take(in, n, sizeof *bounds);
    const itp_json_node *one = n ? itp_json_first(list) : NULL;
    for (size_t i = 0; i < n && bounds; i++, one = itp_json_next(one)) {
        double low = real(in, one, "low"), high = real(in, one, "high");
        bounds[i] = (itp_margin){.task = text(in, one, "task"),
                                 .input = text(in, one, "input"),
                                 .unit = text(in, one, "unit"),
                                 .low = isnan(low) ? -INFINITY : low,
                                 .high = isnan(high) ? INFINITY : high};
    }
    roster->bounds = bounds;
    roster->n_bounds = bounds ? n : 0;
}

static const itp_roster *read_roster(reader *in, const itp_json_node *payload)
{
    const itp_json_node *object = get(in, payload, "roster", ITP_JSON_OBJECT);
    itp_roster *roster = object ? take(in, 1, sizeof *roster) : NULL;
    if (!roster) return NULL;
    const itp_json_node *names = get(in, object, "tasks", ITP_JSON_LIST);
    const itp_json_node *pairs = get(in, object, "holding", ITP_JSON_LIST);
    const char **tasks = take(in, length_of(names), sizeof *tasks);
    itp_attempt *holding = take(in, length_of(pairs), sizeof *holding);
    *roster = (itp_roster){.n_tasks = tasks ? length_of(names) : 0,
                           .n_holding = holding ? length_of(pairs) : 0,
                           .tasks = tasks,
                           .connector = text(in, object, "connector"),
                           .holding = holding,
                           .slots = small(in, object, "slots"),
                           .cls = (itp_class)NAMED(in, object, "class", CLASSES),
                           .ledger = text(in, object, "ledger"),
                           .schema = text(in, object, "schema"),
                           .sample = text(in, object, "sample")};
    read_bounds(in, object, roster);
    const itp_json_node *name = roster->n_tasks ? itp_json_first(names) : NULL;
    for (size_t i = 0; i < roster->n_tasks; i++, name = itp_json_next(name))
        tasks[i] = text_of(in, name, "tasks");
    const itp_json_node *pair = roster->n_holding ? itp_json_first(pairs) : NULL;
    for (size_t i = 0; i < roster->n_holding; i++, pair = itp_json_next(pair))
        holding[i] = read_attempt(in, pair);
    return roster;
}

static const itp_pick *read_picks(reader *in, const itp_json_node *made, const char *key,
                                  size_t params, size_t outcomes, size_t *n)
{
    const itp_json_node *list = get(in, made, key, ITP_JSON_LIST);
    itp_pick *picks = take(in, length_of(list), sizeof *picks);
    *n = picks ? length_of(list) : 0;
    const itp_json_node *object = *n ? itp_json_first(list) : NULL;
    for (size_t i = 0; i < *n; i++, object = itp_json_next(object)) {
        const itp_json_node *parts = get(in, object, "parts", ITP_JSON_OBJECT);
        if (object->type != ITP_JSON_OBJECT) fail(in, ITP_ECORRUPT, key);
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
static void word(reader *in, const itp_json_node *object, const char *key, char *out, size_t size)
{
    const char *value = text(in, object, key);
    size_t length = value ? strlen(value) : 0;
    if (length >= size)
        fail(in, ITP_ECORRUPT, key);
    else if (value)
        memcpy(out, value, length + 1);
}

static void read_report(reader *in, const itp_json_node *object, itp_fit_report *report)
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

static const itp_model_record *read_models(reader *in, const itp_json_node *made, size_t *n)
{
    const itp_json_node *list = get(in, made, "models", ITP_JSON_LIST);
    itp_model_record *models = take(in, length_of(list), sizeof *models);
    *n = models ? length_of(list) : 0;
    const itp_json_node *object = *n ? itp_json_first(list) : NULL;
    for (size_t i = 0; i < *n; i++, object = itp_json_next(object)) {
        const itp_json_node *loo = get(in, object, "loo", ITP_JSON_OBJECT);
        models[i].outcome = small(in, object, "outcome");
        models[i].n = count(in, object, "n");
        models[i].saved = text(in, object, "saved");
        read_report(in, get(in, object, "report", ITP_JSON_OBJECT), &models[i].report);
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

static const itp_decision *read_decision(reader *in, const itp_json_node *payload)
{
    const itp_json_node *made = get(in, payload, "made", ITP_JSON_OBJECT);
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
    const itp_json_node *incumbent = get(in, made, "incumbent", ITP_JSON_OBJECT);
    out->incumbent = count(in, incumbent, "trial");
    out->incumbent_mean = real(in, incumbent, "mean");
    out->incumbent_sd = real(in, incumbent, "sd");
    out->incumbent_feasible = real(in, incumbent, "feasible");
    const itp_json_node *regret = get(in, made, "regret", ITP_JSON_OBJECT);
    out->regret = (itp_regret){.probability = real(in, regret, "probability"),
                               .low = real(in, regret, "low"),
                               .high = real(in, regret, "high"),
                               .draws = count(in, regret, "draws")};
    out->stop = text(in, made, "stop");
    out->elapsed_ms = real(in, made, "elapsed_ms");
    return out;
}

static void read_payload(reader *in, const itp_json_node *payload, itp_event *event)
{
    unsigned uses = itp_event_uses(event->kind);
    const itp_json_node *point = get(in, payload, "point", ITP_JSON_LIST);
    event->text = text(in, payload, "text");
    event->number = integer(in, payload, "number", INT64_MIN, INT64_MAX);
    event->index = uses & ITP_USES_INDEX ? integer(in, payload, "index", INT64_MIN, INT64_MAX) : 0;
    event->cost = uses & ITP_USES_COST ? real(in, payload, "cost") : 0;
    event->cause = (itp_cause)NAMED(in, payload, "cause", CAUSES);
    read_values(in, payload, event);
    event->n_point = length_of(point);
    event->point = reals(in, payload, "point", event->n_point);
    read_files(in, payload, event);
    event->roster = read_roster(in, payload);
    event->made = read_decision(in, payload);
    event->provenance = text(in, payload, "provenance");
}

static void free_blocks(itp_event_box *box)
{
    for (struct itp_event_block *block = box->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    box->blocks = NULL;
}

itp_status itp_event_decode(const char *payload, size_t size, itp_event_box *box, itp_error *err)
{
    const itp_json_node *root;
    itp_error why = {.text = ""};
    free_blocks(box);
    itp_status st = itp_json_parse(&box->json, payload, size, &root, &why);
    if (st == ITP_EPARSE) st = ITP_ECORRUPT;
    if (st != ITP_OK) return itp_fail(err, st, "payload: %s", why.text);
    if (root->type != ITP_JSON_OBJECT) return itp_fail(err, ITP_ECORRUPT, "payload: not an object");
    reader in = {.box = box};
    read_payload(&in, root, &box->event);
    if (in.st != ITP_OK) return itp_fail(err, in.st, "payload: %s", in.member);
    return ITP_OK;
}

void itp_event_box_clear(itp_event_box *box)
{
    free_blocks(box);
    itp_json_reader_deinit(&box->json);
}
