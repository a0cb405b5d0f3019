/* inputs.c - where each task's inputs come from.
 *   inputs: {c1: C1}            parameter or table column c1, which the task calls C1
 *   inputs: {eps: coat.porosity}   the output porosity of task coat, which this task calls eps
 *   inputs: [c1, porosity]      parameters or columns under their own names; the default is all
 *                               parameters but the context, which nobody knows before, and the
 *                               one that names the source
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "inputs.h"

#include <stdlib.h>
#include <string.h>

int builder_find_outcome(const builder *b, const char *name)
{
    int found = -1;
    for (size_t i = 0; i < b->whole->is.n_outcomes; i++) {
        const char *task = b->tasks[b->outcomes[i].task].name;
        size_t length = strlen(task);
        if (!strncmp(name, task, length) && name[length] == '.' &&
            !strcmp(name + length + 1, b->outcomes[i].name))
            return (int)i;
        if (!strcmp(name, b->outcomes[i].name)) found = found == -1 ? (int)i : -2;
    }
    return found;
}

static int find_param(const builder *b, const char *name)
{
    for (size_t i = 0; i < b->n_params; i++)
        if (!strcmp(b->params[i].name, name)) return (int)i;
    return -1;
}

/* Index into the further columns. The table may be known before they are: then a column that is no
 * parameter counts. */
static int find_column(const builder *b, const char *name)
{
    const csv_table *t = b->whole->table;
    int further = 0;
    for (size_t j = 0; t && j < t->n_columns; j++) {
        if (find_param(b, itp_csv_header(t, j)) >= 0) continue;
        if (!strcmp(itp_csv_header(t, j), name)) return further;
        further++;
    }
    return -1;
}

static const char *column_unit(const csv_table *t, size_t column)
{
    double ignored;
    for (size_t r = 0; r < t->n_rows; r++)
        if (!itp_csv_number(t, r, column, &ignored)) return NULL;
    return "1";
}

/* Source `from` under the task's name `as`; 0 when it is neither parameter nor column. */
static int tie(const builder *b, const char *from, const char *as, itp_input *in)
{
    *in = (itp_input){.name = as, .param = find_param(b, from), .outcome = -1, .column = -1};
    if (in->param >= 0) {
        const itp_param *p = &b->params[in->param];
        in->unit = p->kind == ITP_CATEGORICAL ? NULL : p->unit;
        return 1;
    }
    in->column = find_column(b, from);
    if (in->column < 0) return 0;
    in->unit = column_unit(b->whole->table, (size_t)itp_csv_find(b->whole->table, from));
    return 1;
}

int builder_tie(const builder *b, const char *as, const char *from, itp_input *out)
{
    return tie(b, from, as, out);
}

/* The output of another task; 0 when the text names none. */
static int tie_output(builder *b, const yaml_node *node, const char *as, size_t task, itp_input *in)
{
    int o = strchr(node->text, '.') ? builder_find_outcome(b, node->text) : -1;
    if (o < 0) return 0;
    *in = (itp_input){.name = as, .param = -1, .outcome = o, .column = -1};
    in->unit = b->outcomes[o].label ? NULL : b->outcomes[o].unit;
    b->outcomes[o].needed = 1;
    if (b->outcomes[o].task == task)
        schema_error(&b->s, node, NULL, "task %s: its own output cannot be its input",
                     b->tasks[task].name);
    return 1;
}

static void fail_input(builder *b, const yaml_node *node, const yaml_node *other)
{
    size_t n = b->n_params, m = b->whole->table ? b->whole->table->n_columns : 0;
    const char **names = builder_alloc(b, n + m, sizeof *names);
    for (size_t i = 0; names && i < n; i++) names[i] = b->params[i].name;
    for (size_t j = 0; names && j < m; j++) names[n + j] = itp_csv_header(b->whole->table, j);
    const char *hint = names ? schema_hint(&b->s, node->text, n + m, names) : NULL;
    if (other && find_param(b, other->text) >= 0)
        hint = itp_arena_print(&b->whole->arena, "the parameter comes first: {%s: %s}", other->text,
                               node->text);
    schema_error(&b->s, node, hint,
                 "input \"%.60s\" is no parameter, no column of the candidates and no TASK.OUTPUT",
                 node->text);
}

static void all_parameters(builder *b, itp_campaign_task *t, itp_input *inputs)
{
    for (size_t i = 0; i < b->n_params; i++)
        if (!b->params[i].context && (int)i != t->source_param)
            t->n_inputs +=
                (size_t)tie(b, b->params[i].name, b->params[i].name, &inputs[t->n_inputs]);
}

static void read_inputs(builder *b, const yaml_node *node, size_t task)
{
    itp_campaign_task *t = &b->tasks[task];
    size_t room = node && node->kind != NODE_SCALAR ? node->n : 0;
    itp_input *inputs = builder_alloc(b, room > b->n_params ? room : b->n_params, sizeof *inputs);
    if (!inputs) return;
    t->inputs = inputs;
    if (!node) {
        all_parameters(b, t, inputs);
        return;
    }
    if (node->kind != NODE_LIST && !schema_expect(&b->s, node, NODE_MAP, "inputs")) return;
    for (size_t i = 0; i < node->n; i++) {
        const yaml_node *value = node->values[i],
                        *key = node->kind == NODE_MAP ? node->keys[i] : value;
        itp_input *in = &inputs[t->n_inputs];
        const char *as;
        if (!schema_name(&b->s, value, "an input", &as)) continue;
        int known = node->kind == NODE_MAP && tie_output(b, value, key->text, task, in);
        if (!known && !tie(b, key->text, as, in)) {
            fail_input(b, key, node->kind == NODE_MAP ? value : NULL);
            continue;
        }
        if (in->param >= 0 && b->params[in->param].context)
            schema_error(&b->s, key, "a later task can take it as TASK.OUTPUT",
                         "input %s: a context parameter is measured, not known before", key->text);
        for (size_t j = 0; j < t->n_inputs; j++)
            if (!strcmp(inputs[j].name, in->name))
                schema_error(&b->s, value, NULL, "two inputs of task %s are called %s", t->name,
                             in->name);
        t->n_inputs++;
    }
}

/* Upstream first, otherwise as in the file; 0 when they feed each other in a circle. */
static int order_tasks(builder *b, size_t *order)
{
    size_t n = b->whole->is.n_tasks, placed = 0;
    unsigned char *done = builder_alloc(b, n + 1, 1);
    for (int moved = done != NULL; moved;) {
        moved = 0;
        for (size_t i = 0; i < n && !moved; i++) {
            int ready = !done[i];
            for (size_t k = 0; k < b->tasks[i].n_inputs; k++) {
                int o = b->tasks[i].inputs[k].outcome;
                if (o >= 0 && !done[b->outcomes[o].task]) ready = 0;
            }
            if (!ready) continue;
            done[i] = 1;
            order[placed++] = i;
            moved = 1;
        }
    }
    return placed == n;
}

/* Tasks and outcomes in the new order; every index follows. */
static void rearrange(builder *b, const size_t *order)
{
    size_t n = b->whole->is.n_tasks, m = b->whole->is.n_outcomes, at = 0;
    itp_campaign_task *tasks = builder_alloc(b, n, sizeof *tasks);
    itp_outcome *outcomes = builder_alloc(b, m, sizeof *outcomes);
    const yaml_node **nodes = builder_alloc(b, n, sizeof *nodes);
    size_t *moved = builder_alloc(b, m, sizeof *moved);
    if (!tasks || !outcomes || !nodes || !moved) return;
    for (size_t i = 0; i < n; i++) {
        tasks[i] = b->tasks[order[i]];
        nodes[i] = b->task_nodes[order[i]];
        for (size_t k = 0; k < tasks[i].n_outputs; k++) {
            size_t old = b->tasks[order[i]].first_outcome + k;
            outcomes[at + k] = b->outcomes[old];
            outcomes[at + k].task = i;
            moved[old] = at + k;
        }
        tasks[i].first_outcome = at;
        at += tasks[i].n_outputs;
    }
    for (size_t i = 0; i < n; i++) {
        itp_input *inputs = builder_alloc(b, tasks[i].n_inputs, sizeof *inputs);
        if (!inputs) return;
        for (size_t k = 0; k < tasks[i].n_inputs; k++) {
            inputs[k] = tasks[i].inputs[k];
            if (inputs[k].outcome >= 0) inputs[k].outcome = (int)moved[inputs[k].outcome];
        }
        tasks[i].inputs = inputs;
    }
    b->tasks = tasks;
    b->outcomes = outcomes;
    b->task_nodes = nodes;
}

void builder_inputs(builder *b)
{
    size_t n = b->whole->is.n_tasks, errors = b->findings.errors;
    size_t *order = builder_alloc(b, n, sizeof *order);
    for (size_t i = 0; order && i < n; i++)
        read_inputs(b, itp_yaml_get(b->task_nodes[i], "inputs"), i);
    if (!order || b->findings.errors > errors) return;
    if (order_tasks(b, order)) {
        rearrange(b, order);
        return;
    }
    const yaml_node *tasks = itp_yaml_get(b->whole->root, "tasks");
    if (!b->findings.out_of_memory)
        schema_error(&b->s, tasks, NULL, "tasks feed each other in a circle");
}
