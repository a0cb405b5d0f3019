/* corrected.c - see corrected.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "corrected.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"
#include "event_json.h"

uint32_t itp_corrected_matches(const itp_loop *loop, const itp_message *m, const char *words)
{
    itp_request_view view;
    if (itp_loop_request(loop, m->request, &view) != ITP_OK) return 0;
    const itp_campaign_task *task = &itp_loop_campaign(loop)->tasks[view.task];
    if (task->n_corrections == 0) return 0;
    json_t *provenance = m->provenance ? json_loads(m->provenance, 0, NULL) : NULL;
    const json_t *notes = json_object_get(provenance, "notes");
    const char *texts[] = {words, json_string_value(json_object_get(notes, "stdout")),
                           json_string_value(json_object_get(notes, "stderr"))};
    uint32_t found = itp_corrections_found(task, sizeof texts / sizeof *texts, texts);
    json_decref(provenance);
    return found;
}

/* A number without unit stays a number, with one it is written as the campaign writes it. */
static json_t *value_json(const itp_value *v)
{
    char text[128];
    if (v->label) return json_string(v->label);
    int whole = v->number == floor(v->number) && fabs(v->number) < 9e15;
    if (!v->unit || strcmp(v->unit, "1") == 0)
        return whole ? json_integer((json_int_t)v->number) : json_real(v->number);
    snprintf(text, sizeof text, "%.15g %s", v->number, v->unit);
    return json_string(text);
}

/* Sets a.b.c, making what is not there yet. */
static int put_at(json_t *root, const char *path, json_t *value)
{
    char key[128];
    json_t *at = root;
    for (;;) {
        size_t size = strcspn(path, ".");
        if (size >= sizeof key || !json_is_object(at)) {
            json_decref(value);
            return -1;
        }
        memcpy(key, path, size);
        key[size] = '\0';
        if (!path[size]) return json_object_set_new(at, key, value);
        json_t *next = json_object_get(at, key);
        if (!json_is_object(next)) {
            next = json_object();
            json_object_set_new(at, key, next);
        }
        at = next;
        path += size + 1;
    }
}

itp_status itp_corrected_options(const char *options, size_t n, const itp_value *values, char **out)
{
    if (n == 0) return (*out = strdup(options)) ? ITP_OK : ITP_ENOMEM;
    json_t *root = json_loads(options, 0, NULL);
    int failed = !root;
    for (size_t i = 0; i < n && !failed; i++)
        failed = put_at(root, values[i].name, value_json(&values[i])) != 0;
    char *text = failed ? NULL : itp_json_dump(root);
    json_decref(root);
    *out = text;
    return text ? ITP_OK : ITP_ENOMEM;
}

static json_t *one_correction(const itp_campaign_task *task, const itp_corrected *c)
{
    json_t *changed = json_object();
    for (size_t i = 0; i < c->n; i++)
        json_object_set_new(changed, c->to[i].name,
                            json_pack("{s:o, s:o}", "from",
                                      c->from[i].label || isfinite(c->from[i].number)
                                          ? value_json(&c->from[i])
                                          : json_null(),
                                      "to", value_json(&c->to[i])));
    return json_pack("{s:I, s:I, s:s, s:s, s:s, s:o}", "after_epoch", (json_int_t)c->epoch, "rule",
                     (json_int_t)c->rule + 1, "when", task->corrections[c->rule].when, "cause",
                     itp_cause_name(c->cause), "reason", c->reason, "changed", changed);
}

itp_status itp_corrected_provenance(const itp_loop *loop, const itp_message *m, char **out)
{
    itp_request_view view;
    *out = NULL;
    if (itp_loop_request(loop, m->request, &view) != ITP_OK || view.n_corrected == 0) return ITP_OK;
    const itp_campaign_task *task = &itp_loop_campaign(loop)->tasks[view.task];
    json_t *list = json_array();
    for (size_t i = 0; i < view.n_corrected; i++)
        if (view.corrected[i].epoch < m->epoch)
            json_array_append_new(list, one_correction(task, &view.corrected[i]));
    json_t *provenance = m->provenance ? json_loads(m->provenance, 0, NULL) : json_object();
    itp_status st = ITP_OK;
    if (json_array_size(list) > 0 && json_is_object(provenance)) {
        json_object_set(provenance, "corrections", list);
        *out = itp_json_dump(provenance);
        if (!*out) st = ITP_ENOMEM;
    }
    json_decref(provenance);
    json_decref(list);
    return st;
}
