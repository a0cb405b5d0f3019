/* envelope.c - bounds within which a person lets a physical task's stations be asked to work,
 * beside what the stations say of themselves.
 *   envelope: {temperature: [15 degC, 45 degC], c_rate: [none, 2 1/h]}    by the task's inputs
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "builder.h"

static const itp_input *find_input(builder *b, const yaml_node *key, const itp_campaign_task *t)
{
    const char **names = builder_alloc(b, t->n_inputs, sizeof *names);
    for (size_t k = 0; k < t->n_inputs; k++) {
        if (!strcmp(t->inputs[k].name, key->text)) return &t->inputs[k];
        if (names) names[k] = t->inputs[k].name;
    }
    schema_error(&b->s, key, names ? schema_hint(&b->s, key->text, t->n_inputs, names) : NULL,
                 "envelope: \"%.60s\" is no input of task %s", key->text, t->name);
    return NULL;
}

/* NUMBER UNIT, or none. */
static int read_side(builder *b, const yaml_node *node, const itp_input *in, double none,
                     double *out)
{
    char what[100];
    snprintf(what, sizeof what, "envelope of %.60s", in->name);
    if (schema_is(node, "none")) return *out = none, 1;
    return schema_quantity(&b->s, node, what, in->unit, out);
}

/* Whether any value of the parameter is inside. */
static int has_room(const itp_param *p, const itp_range *range)
{
    if (p->kind != ITP_DISCRETE) {
        double low = fmax(p->low, range->low), high = fmin(p->high, range->high);
        return p->kind == ITP_INTEGER ? ceil(low) <= floor(high) : low <= high;
    }
    for (size_t i = 0; i < p->n_levels; i++)
        if (p->levels[i] >= range->low && p->levels[i] <= range->high) return 1;
    return 0;
}

static int read_range(builder *b, const yaml_node *key, const yaml_node *node,
                      const itp_campaign_task *t, itp_range *out)
{
    const itp_input *in = find_input(b, key, t);
    if (!in) return 0;
    if (!in->unit) {
        schema_error(&b->s, key, NULL, "envelope: input %s is a label; only numbers have bounds",
                     in->name);
        return 0;
    }
    if (node->kind != NODE_LIST || node->n != 2) {
        schema_error(&b->s, node, "for instance [15 degC, 45 degC], or none on one side",
                     "envelope of %s: two bounds are wanted", in->name);
        return 0;
    }
    *out = (itp_range){.input = (size_t)(in - t->inputs)};
    if (!read_side(b, node->values[0], in, -INFINITY, &out->low) ||
        !read_side(b, node->values[1], in, INFINITY, &out->high))
        return 0;
    if (!(out->low <= out->high)) {
        schema_error(&b->s, node, NULL, "envelope of %s: the lower bound comes first", in->name);
        return 0;
    }
    const itp_param *p = in->param >= 0 ? &b->params[in->param] : NULL;
    if (p && !has_room(p, out))
        schema_error(&b->s, node, NULL, "envelope of %s: parameter %s has no value inside",
                     in->name, p->name);
    return 1;
}

void builder_envelopes(builder *b)
{
    for (size_t i = 0; i < b->whole->is.n_tasks; i++) {
        itp_campaign_task *t = &b->tasks[i];
        const yaml_node *node = itp_yaml_get(b->task_nodes[i], "envelope");
        if (!node || !schema_expect(&b->s, node, NODE_MAP, "envelope")) continue;
        if (t->cls != ITP_PHYSICAL)
            schema_error(&b->s, node, "known constraints say the same of simulations",
                         "envelope: only stations have one (class: physical)");
        itp_range *ranges = builder_alloc(b, node->n, sizeof *ranges);
        for (size_t k = 0; ranges && k < node->n; k++)
            t->n_ranges +=
                (size_t)read_range(b, node->keys[k], node->values[k], t, &ranges[t->n_ranges]);
        t->ranges = ranges;
    }
}
