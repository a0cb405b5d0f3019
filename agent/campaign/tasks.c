/* tasks.c - tasks with their outputs, sources and manners. Inputs are tied in inputs.c, once every
 * output is known.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "builder.h"
#include "inputs.h"

enum {
    CONNECTOR,
    WITH,
    INPUTS,
    OUTPUTS,
    CLASS,
    NOISE,
    TIMEOUT,
    LEASE,
    RETRY,
    SOURCES,
    SOURCE,
    CORRECTIONS,
    SAMPLE,
    APPROVE,
    COST,
    ENVELOPE,
    KEYS
};
static const key_rule RULES[KEYS] = {
    [CONNECTOR] = {"connector", 0}, [WITH] = {"with", 0},       [INPUTS] = {"inputs", 0},
    [OUTPUTS] = {"outputs", 1},     [CLASS] = {"class", 0},     [NOISE] = {"noise", 0},
    [TIMEOUT] = {"timeout", 0},     [LEASE] = {"lease", 0},     [RETRY] = {"retry", 0},
    [SOURCES] = {"sources", 0},     [SOURCE] = {"source", 0},   [CORRECTIONS] = {"corrections", 0},
    [SAMPLE] = {"sample", 0},       [APPROVE] = {"approve", 0}, [COST] = {"cost", 0},
    [ENVELOPE] = {"envelope", 0}};

static void read_noise(builder *b, const yaml_node *node, const char *what, itp_outcome *o)
{
    if (schema_is(node, "none")) {
        o->noise = ITP_TASK_NOISE_NONE;
    } else if (schema_is(node, "inferred")) {
        o->noise = ITP_TASK_NOISE_INFERRED;
    } else {
        double sd;
        if (!schema_quantity(&b->s, node, what, o->unit, &sd)) return;
        /* An offset (degC) does not enter a deviation. */
        double zero = 0, at = 0;
        const char *text = node->text;
        size_t number = schema_scan_number(text, &at);
        while (text[number] == ' ') number++;
        if (text[number])
            itp_units_convert_sd(b->s.units, text + number, o->unit, at, at, &sd, NULL);
        if (!(sd > zero))
            schema_error(&b->s, node, "write none for exact results",
                         "%s: a standard deviation above 0 is wanted, or none, or inferred", what);
        o->noise = ITP_TASK_NOISE_SD;
        o->noise_sd = sd;
    }
}

/* An output that bears the name of a context parameter is its measurement. */
static void measures_context(const builder *b, itp_outcome *o)
{
    for (size_t i = 0; i < b->n_params; i++)
        if (b->params[i].context && !strcmp(b->params[i].name, o->name)) o->context = (int)i;
}

/* It enters the point as it is, so it has the parameter's unit; the worker's is converted. */
static void check_context(builder *b, const yaml_node *key, int given, itp_outcome *o)
{
    const itp_param *p = &b->params[o->context];
    if (o->label || p->kind == ITP_CATEGORICAL)
        schema_error(&b->s, key, "give the context a number, for instance discrete: [1, 2, 3]",
                     "output %s measures a context parameter: it is a number, not a label",
                     o->name);
    else if (!given)
        o->unit = p->unit;
    else if (strcmp(o->unit, p->unit) != 0)
        schema_error(
            &b->s, key, "leave the unit away; a worker's own is converted",
            "output %s measures the context parameter of that name: its unit is %s, not %s",
            o->name, p->unit, o->unit);
}

/* NAME: UNIT, or NAME: {unit:, iri:, label:, noise:}. */
static void read_output(builder *b, const yaml_node *key, const yaml_node *node, size_t task,
                        const yaml_node *noise, itp_outcome *o)
{
    enum { UNIT, IRI, LABEL, OWN_NOISE, OUTPUT_KEYS };
    static const key_rule FORM[OUTPUT_KEYS] = {{"unit", 0}, {"iri", 0}, {"label", 0}, {"noise", 0}};
    const yaml_node *slot[OUTPUT_KEYS] = {NULL};
    char what[160];
    *o = (itp_outcome){.name = "?", .unit = "1", .task = task, .noise_sd = NAN, .context = -1};
    if (!schema_name(&b->s, key, "an output", &o->name)) return;
    measures_context(b, o);
    snprintf(what, sizeof what, "output %.64s", o->name);
    if (node->kind == NODE_SCALAR && !schema_is_null(node))
        slot[UNIT] = node;
    else if (!schema_is_null(node) && !schema_map(&b->s, node, what, OUTPUT_KEYS, FORM, slot))
        return;
    if (slot[UNIT]) schema_unit(&b->s, slot[UNIT], &o->unit);
    if (o->context >= 0) check_context(b, key, slot[UNIT] != NULL, o);
    if (slot[IRI]) schema_text(&b->s, slot[IRI], "iri", &o->iri);
    if (slot[LABEL]) schema_flag(&b->s, slot[LABEL], "label", &o->label);
    if (o->label && slot[UNIT])
        schema_error(&b->s, slot[UNIT], NULL, "%s: a label has no unit", what);
    if (slot[OWN_NOISE]) noise = slot[OWN_NOISE];
    snprintf(what, sizeof what, "noise of %.64s", o->name);
    if (noise && !o->label) read_noise(b, noise, what, o);
}

static size_t count_outputs(const yaml_node *node)
{
    const yaml_node *outputs = itp_yaml_get(node, "outputs");
    return outputs && outputs->kind != NODE_SCALAR ? outputs->n : 0;
}

static void read_outputs(builder *b, const yaml_node *node, const yaml_node *noise, size_t task)
{
    itp_campaign_task *t = &b->tasks[task];
    size_t first = b->whole->is.n_outcomes;
    t->first_outcome = first;
    if (!node) return;
    if (node->kind != NODE_LIST && !schema_expect(&b->s, node, NODE_MAP, "outputs")) return;
    for (size_t i = 0; i < node->n; i++) {
        static const yaml_node nothing = {.kind = NODE_SCALAR, .text = ""};
        const yaml_node *key = node->kind == NODE_LIST ? node->values[i] : node->keys[i];
        const yaml_node *value = node->kind == NODE_LIST ? &nothing : node->values[i];
        itp_outcome *o = &b->outcomes[b->whole->is.n_outcomes++];
        read_output(b, key, value, task, noise, o);
        for (size_t j = first; b->outcomes + j < o; j++)
            if (!strcmp(b->outcomes[j].name, o->name))
                schema_error(&b->s, key, NULL, "output %s stands twice", o->name);
    }
    t->n_outputs = node->n;
    if (node->n == 0) schema_error(&b->s, node, NULL, "task %s: it has no outputs", t->name);
}

/* A machine answers for every source, or a person for all of them. */
static void settle_connectors(builder *b, const yaml_node *node, itp_source *sources,
                              itp_campaign_task *t)
{
    int some = t->connector != NULL;
    for (size_t i = 0; i < t->n_sources; i++) some |= sources[i].connector != NULL;
    for (size_t i = 0; some && i < t->n_sources; i++) {
        if (!sources[i].connector) sources[i].connector = t->connector;
        if (!sources[i].connector)
            schema_error(&b->s, node->values[i], NULL,
                         "source %s has no connector, and task %s has none for all of them",
                         sources[i].name, t->name);
    }
    t->connector = sources[0].connector;
}

static void place(const builder *b, const yaml_node *node, itp_source *s)
{
    itp_find_place(b->s.text, node->at, &s->line, &s->column);
}

static void read_cost(builder *b, const yaml_node *node, itp_cost *out)
{
    builder_cost(b, node, out);
    if (node) builder_cost_check(b, node, out);
}

static void read_sources(builder *b, const yaml_node *key, const yaml_node *node,
                         const yaml_node *with, const yaml_node *cost, itp_campaign_task *t)
{
    enum { OWN_CONNECTOR, OWN_WITH, OWN_COST, FIDELITY, SOURCE_KEYS };
    static const key_rule FORM[SOURCE_KEYS] = {
        {"connector", 0}, {"with", 0}, {"cost", 0}, {"fidelity", 0}};
    static const yaml_node empty = {.kind = NODE_MAP, .text = ""};
    const yaml_node *slot[SOURCE_KEYS];
    size_t n = node && node->kind == NODE_MAP ? node->n : 0;
    itp_source *sources = builder_alloc(b, n + 1, sizeof *sources);
    if (!sources) return;
    if (with && !schema_expect(&b->s, with, NODE_MAP, "with")) with = NULL;
    t->sources = sources;
    t->n_sources = n ? n : 1;
    sources[0] = (itp_source){"default", "{}", {0}, 1, t->connector, 0, 0};
    place(b, with ? with : key, &sources[0]);
    if (n == 0) read_cost(b, cost, &sources[0].cost);
    if (!node) sources[0].options = builder_json(b, with, NULL);
    if (!node || !schema_expect(&b->s, node, NODE_MAP, "sources")) return;
    if (n == 0) schema_error(&b->s, node, NULL, "sources: there are none");
    if (n > 255) schema_error(&b->s, node, NULL, "sources: at most 255");
    for (size_t i = 0; i < n; i++) {
        itp_source *s = &sources[i];
        *s = (itp_source){"?", "{}", {0}, 1, NULL, 0, 0};
        place(b, node->values[i], s);
        schema_name(&b->s, node->keys[i], "a source", &s->name);
        if (!schema_map(&b->s, node->values[i], "source", SOURCE_KEYS, FORM, slot)) continue;
        if (slot[OWN_CONNECTOR])
            schema_name(&b->s, slot[OWN_CONNECTOR], "connector", &s->connector);
        if (slot[OWN_WITH] && !schema_expect(&b->s, slot[OWN_WITH], NODE_MAP, "with")) continue;
        s->options = builder_json(b, with ? with : &empty, slot[OWN_WITH]);
        read_cost(b, slot[OWN_COST] ? slot[OWN_COST] : cost, &s->cost);
        if (slot[FIDELITY])
            schema_number(&b->s, slot[FIDELITY], "fidelity", NUMBER_SHARE, &s->fidelity);
    }
    settle_connectors(b, node, sources, t);
}

static int has_source(const itp_campaign_task *t, const char *name)
{
    for (size_t i = 0; i < t->n_sources; i++)
        if (!strcmp(t->sources[i].name, name)) return 1;
    return 0;
}

/* source: PARAMETER, a categorical one whose labels are sources. */
static void read_chooser(builder *b, const yaml_node *node, itp_campaign_task *t)
{
    const char *name;
    if (!schema_name(&b->s, node, "source", &name)) return;
    for (size_t i = 0; i < b->n_params; i++)
        if (!strcmp(b->params[i].name, name)) t->source_param = (int)i;
    const itp_param *p = t->source_param >= 0 ? &b->params[t->source_param] : NULL;
    if (!p || p->kind != ITP_CATEGORICAL) {
        schema_error(&b->s, node, "a categorical parameter whose labels are the sources' names",
                     "source: \"%.60s\" is no categorical parameter", name);
        return;
    }
    for (size_t k = 0; k < p->n_levels; k++)
        if (!has_source(t, p->labels[k]))
            schema_error(&b->s, node, NULL, "task %s has no source \"%.60s\", which %s may choose",
                         t->name, p->labels[k], name);
}

static void read_manners(builder *b, const yaml_node **slot, itp_campaign_task *t)
{
    enum { ATTEMPTS, BACKOFF, RETRY_KEYS };
    static const key_rule FORM[RETRY_KEYS] = {{"attempts", 0}, {"backoff", 0}};
    static const choice_rule CLASSES[] = {{"repeatable", ITP_REPEATABLE},
                                          {"physical", ITP_PHYSICAL}};
    const yaml_node *retry[RETRY_KEYS];
    int cls = ITP_REPEATABLE;
    uint64_t attempts = 3;
    if (slot[CLASS] && schema_choice(&b->s, slot[CLASS], "class", 2, CLASSES, &cls))
        t->cls = (itp_class)cls;
    if (slot[TIMEOUT]) schema_duration(&b->s, slot[TIMEOUT], "timeout", 1, &t->timeout_s);
    if (slot[LEASE]) schema_duration(&b->s, slot[LEASE], "lease", 0, &t->lease_s);
    if (!slot[RETRY] || !schema_map(&b->s, slot[RETRY], "retry", RETRY_KEYS, FORM, retry)) return;
    if (retry[ATTEMPTS] && schema_count(&b->s, retry[ATTEMPTS], "attempts", 1, &attempts)) {
        if (attempts > 1000)
            schema_error(&b->s, retry[ATTEMPTS], NULL, "attempts: at most 1000");
        else
            t->attempts = (unsigned)attempts;
    }
    if (retry[BACKOFF]) schema_duration(&b->s, retry[BACKOFF], "backoff", 0, &t->backoff_s);
    if (t->cls == ITP_PHYSICAL)
        schema_warning(&b->s, slot[RETRY], NULL,
                       "retry: a physical task is started once; it is offered again only when a "
                       "station says that it never started");
}

static void read_task(builder *b, const yaml_node *key, const yaml_node *node, size_t index)
{
    const yaml_node *slot[KEYS];
    char what[96];
    itp_campaign_task *t = &b->tasks[index];
    *t = (itp_campaign_task){.name = "?", .rest = "{}"};
    t->timeout_s = INFINITY;
    t->lease_s = 60;
    t->backoff_s = 2;
    t->attempts = 3;
    t->first_outcome = b->whole->is.n_outcomes;
    t->source_param = -1;
    b->task_nodes[index] = node;
    if (!schema_name(&b->s, key, "a task", &t->name)) return;
    snprintf(what, sizeof what, "task %.64s", t->name);
    if (!schema_map(&b->s, node, what, KEYS, RULES, slot)) return;
    if (slot[CONNECTOR]) schema_name(&b->s, slot[CONNECTOR], "connector", &t->connector);
    read_outputs(b, slot[OUTPUTS], slot[NOISE], index);
    read_sources(b, key, slot[SOURCES], slot[WITH], slot[COST], t);
    if (slot[SOURCE]) read_chooser(b, slot[SOURCE], t);
    read_manners(b, slot, t);
    t->rest = builder_carry(b, 3, (const int[]){CORRECTIONS, SAMPLE, APPROVE}, RULES, slot);
}

void builder_tasks(builder *b, const yaml_node *node)
{
    itp_campaign *c = &b->whole->is;
    size_t outcomes = 0;
    if (!node || !schema_expect(&b->s, node, NODE_MAP, "tasks")) return;
    for (size_t i = 0; i < node->n; i++) outcomes += count_outputs(node->values[i]);
    b->tasks = builder_alloc(b, node->n, sizeof *b->tasks);
    b->outcomes = builder_alloc(b, outcomes, sizeof *b->outcomes);
    b->task_nodes = builder_alloc(b, node->n, sizeof *b->task_nodes);
    if (!b->tasks || !b->outcomes || !b->task_nodes) return;
    if (node->n == 0) schema_error(&b->s, node, NULL, "tasks: there are none");
    for (size_t i = 0; i < node->n; i++) read_task(b, node->keys[i], node->values[i], i);
    c->n_tasks = node->n;
    builder_inputs(b);
    builder_corrections(b);
    c->tasks = b->tasks;
    c->outcomes = b->outcomes;
}
