/* words.c - reads people's verbs into events.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "words.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "intake.h"

static itp_status read_point(itp_word *w, const itp_space *space, json_t *object, itp_error *err)
{
    size_t n = itp_space_n_params(space);
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value) if (itp_space_find(space, name) < 0) return itp_fail(
        err, ITP_EINVAL, "there is no parameter %s", name);
    w->point = malloc((n ? n : 1) * sizeof *w->point);
    if (!w->point) return itp_fail(err, ITP_ENOMEM, "point");
    for (size_t i = 0; i < n; i++) {
        const itp_param *p = itp_space_param(space, i);
        value = json_object_get(object, p->name);
        w->point[i] = NAN;
        if (!value && (p->when || p->context)) continue; /* Inactive: checked below. */
        if (!value) return itp_fail(err, ITP_EINVAL, "parameter %s has no value", p->name);
        if (json_is_number(value)) w->point[i] = json_number_value(value);
        for (size_t k = 0; json_is_string(value) && k < p->n_levels && p->labels; k++)
            if (strcmp(p->labels[k], json_string_value(value)) == 0) w->point[i] = (double)k;
        if (isnan(w->point[i]))
            return itp_fail(err, ITP_EINVAL, "parameter %s: %s is not one of its values", p->name,
                            json_is_string(value) ? json_string_value(value) : "what was given");
    }
    double *x = malloc((itp_space_d(space) + 1) * sizeof *x);
    if (!x) return itp_fail(err, ITP_ENOMEM, "point");
    itp_status st = itp_space_encode(space, w->point, x, err);
    free(x);
    w->event.point = w->point;
    w->event.n_point = n;
    return st;
}

static itp_status read_values(itp_word *w, json_t *array, itp_error *err)
{
    size_t n = json_array_size(array);
    w->values = calloc(n ? n : 1, sizeof *w->values);
    if (!w->values) return itp_fail(err, ITP_ENOMEM, "values");
    for (size_t i = 0; i < n; i++) {
        json_t *item = json_array_get(array, i), *number = json_object_get(item, "number");
        json_t *sd = json_object_get(item, "sd");
        itp_value *v = &w->values[i];
        v->name = json_string_value(json_object_get(item, "name"));
        v->label = json_string_value(json_object_get(item, "label"));
        v->unit = json_string_value(json_object_get(item, "unit"));
        v->number = json_is_number(number) ? json_number_value(number) : NAN;
        v->sd = json_is_number(sd) ? json_number_value(sd) : NAN;
        if (!v->name || (!v->label && isnan(v->number)))
            return itp_fail(err, ITP_EPARSE, "a value needs a name and a number or label");
    }
    w->event.values = w->values;
    w->event.n_values = n;
    return ITP_OK;
}

/* Values belong to one task: the one named, that of the request, or the one that has them all. */
static itp_status place_values(itp_word *w, const itp_campaign *c, itp_units *units, long task,
                               itp_error *err)
{
    size_t n = w->event.n_values, first = task < 0 ? 0 : (size_t)task;
    size_t last = task < 0 ? c->n_tasks : (size_t)task + 1;
    for (size_t i = 0; i < n; i++) {
        size_t known = 0;
        for (size_t o = 0; o < c->n_outcomes; o++)
            known |= strcmp(c->outcomes[o].name, w->values[i].name) == 0 &&
                     c->outcomes[o].task >= first && c->outcomes[o].task < last;
        if (!known)
            return itp_fail(err, ITP_ENOTFOUND, "%s is not an output of %s", w->values[i].name,
                            task < 0 ? "any task" : c->tasks[task].name);
    }
    for (size_t t = first; t < last; t++) {
        size_t kept = n;
        itp_value *mine = malloc((n ? n : 1) * sizeof *mine);
        if (!mine) return itp_fail(err, ITP_ENOMEM, "values");
        if (n) memcpy(mine, w->values, n * sizeof *mine);
        itp_status st = itp_values_to_outcomes(c, t, units, &kept, mine, err);
        for (size_t i = 0; st == ITP_OK && i < kept; i++)
            for (size_t k = 0; k < n; k++)
                if (w->values[k].name == mine[i].name) w->values[k] = mine[i];
        free(mine);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

/* What was measured is taken wherever it was; a person hears that the agent would not have asked.
 */
static void note_envelope(itp_word *w, const itp_loop *loop, long task)
{
    for (size_t t = 0; t < itp_loop_campaign(loop)->n_tasks && !w->note[0]; t++)
        if (task < 0 || (size_t)task == t)
            itp_loop_is_outside(loop, t, w->point, w->note, sizeof w->note);
}

static itp_status read_tell(itp_word *w, const itp_loop *loop, itp_units *units, itp_error *err)
{
    const itp_campaign *c = itp_loop_campaign(loop);
    json_t *point = json_object_get(w->json, "point"), *failed = json_object_get(w->json, "failed");
    long task = -1;
    w->event.kind = ITP_EVENT_TOLD;
    w->event.task = json_string_value(json_object_get(w->json, "task"));
    for (size_t t = 0; w->event.task && t < c->n_tasks; t++)
        if (strcmp(c->tasks[t].name, w->event.task) == 0) task = (long)t;
    if (w->event.task && task < 0)
        return itp_fail(err, ITP_ENOTFOUND, "there is no task %s", w->event.task);
    if (point && w->event.trial)
        return itp_fail(err, ITP_EINVAL, "tell takes a trial or a point, not both");
    if (!point && !w->event.trial)
        return itp_fail(err, ITP_EINVAL, "tell needs a trial, or a point with every parameter");
    if (point) {
        itp_status st = read_point(w, c->space, point, err);
        if (st != ITP_OK) return st;
        note_envelope(w, loop, task);
    }
    if (failed) {
        w->event.cause = ITP_CAUSE_SCIENTIFIC;
        w->event.text = json_string_value(failed);
        return ITP_OK;
    }
    itp_status st = read_values(w, json_object_get(w->json, "values"), err);
    if (st == ITP_OK && w->event.n_values == 0)
        st = itp_fail(err, ITP_EINVAL, "tell needs at least one value, or failed with a reason");
    return st == ITP_OK ? place_values(w, c, units, task, err) : st;
}

static itp_status read_resolve(itp_word *w, const itp_loop *loop, itp_units *units, itp_error *err)
{
    static const char *const WAYS[] = {"measured", "void", "requeue"};
    const char *as = json_string_value(json_object_get(w->json, "as"));
    itp_request_view view;
    w->event.kind = ITP_EVENT_RESOLVED;
    w->event.number = -1;
    for (int i = 0; as && i < 3; i++)
        if (strcmp(as, WAYS[i]) == 0) w->event.number = i;
    if (w->event.number < 0)
        return itp_fail(err, ITP_EINVAL, "resolve as measured, void or requeue, not %s",
                        as ? as : "nothing");
    if (itp_loop_request(loop, w->event.request, &view) != ITP_OK)
        return itp_fail(err, ITP_ENOTFOUND, "there is no request %llu",
                        (unsigned long long)w->event.request);
    itp_status st = read_values(w, json_object_get(w->json, "values"), err);
    return st == ITP_OK ? place_values(w, itp_loop_campaign(loop), units, view.task, err) : st;
}

itp_status itp_word_read(itp_word *w, const char *text, const itp_loop *loop, itp_units *units,
                         itp_error *err)
{
    static const struct {
        const char *verb;
        itp_event_kind kind;
    } PLAIN[] = {{"pause", ITP_EVENT_PAUSED},           {"resume", ITP_EVENT_RESUMED},
                 {"stop", ITP_EVENT_STOPPED},           {"drain", ITP_EVENT_DRAINED},
                 {"safe_stop", ITP_EVENT_SAFE_STOPPED}, {"ready", ITP_EVENT_READY},
                 {"approve", ITP_EVENT_APPROVED},       {"cancel", ITP_EVENT_CANCELLED},
                 {"retract", ITP_EVENT_RETRACTED},      {"ask", ITP_EVENT_ASKED}};
    *w = (itp_word){.event = {.index = -1, .cost = NAN}};
    json_error_t at;
    w->json = json_loads(text, 0, &at);
    const char *verb = json_string_value(json_object_get(w->json, "verb"));
    if (!verb)
        return itp_fail(err, ITP_EPARSE, "not a verb: %s", w->json ? "no `verb` in it" : at.text);
    w->event.trial = (itp_id)json_integer_value(json_object_get(w->json, "trial"));
    w->event.request = (itp_id)json_integer_value(json_object_get(w->json, "request"));
    w->event.worker = json_string_value(json_object_get(w->json, "worker"));
    w->event.text = json_string_value(json_object_get(w->json, "text"));
    if (strcmp(verb, "tell") == 0) return read_tell(w, loop, units, err);
    if (strcmp(verb, "resolve") == 0) return read_resolve(w, loop, units, err);
    for (size_t i = 0; i < sizeof PLAIN / sizeof *PLAIN; i++) {
        if (strcmp(verb, PLAIN[i].verb) != 0) continue;
        w->event.kind = PLAIN[i].kind;
        w->event.number = json_integer_value(
            json_object_get(w->json, PLAIN[i].kind == ITP_EVENT_ASKED ? "n" : "event"));
        if (json_is_true(json_object_get(w->json, "reject"))) w->event.number = 1;
        return ITP_OK;
    }
    return itp_fail(err, ITP_ENOTSUP, "there is no verb %s", verb);
}

char *itp_word_done(const itp_word *w)
{
    json_t *object = json_pack("{s:b, s:s*}", "ok", 1, "note", w->note[0] ? w->note : NULL);
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}

void itp_word_deinit(itp_word *w)
{
    free(w->values);
    free(w->point);
    json_decref(w->json);
    *w = (itp_word){0};
}

static json_t *point_json(const itp_campaign *c, const double *point)
{
    json_t *object = json_object();
    for (size_t i = 0; i < itp_space_n_params(c->space); i++) {
        const itp_param *p = itp_space_param(c->space, i);
        if (isnan(point[i])) continue;
        json_object_set_new(object, p->name,
                            p->kind == ITP_CATEGORICAL ? json_string(p->labels[(size_t)point[i]])
                                                       : json_real(point[i]));
    }
    return object;
}

char *itp_word_points(const itp_campaign *c, const itp_decision *made, itp_id first)
{
    json_t *trials = json_array();
    for (size_t i = 0; i < made->n_picks; i++) {
        const itp_pick *pick = &made->picks[i];
        json_t *predicted = json_object();
        for (size_t o = 0; o < c->n_outcomes; o++)
            if (isfinite(pick->mean[o]))
                json_object_set_new(
                    predicted, c->outcomes[o].name,
                    json_pack("{s:f, s:f}", "mean", pick->mean[o], "sd", pick->sd[o]));
        itp_id id = pick->trial ? pick->trial : first++;
        json_array_append_new(trials,
                              json_pack("{s:I, s:o, s:o}", "trial", (json_int_t)id, "point",
                                        point_json(c, pick->point), "predicted", predicted));
    }
    json_t *reply = json_pack("{s:b, s:s, s:s, s:o}", "ok", 1, "method", made->method, "why",
                              made->why, "trials", trials);
    char *text = reply ? json_dumps(reply, JSON_COMPACT) : NULL;
    json_decref(reply);
    return text;
}
