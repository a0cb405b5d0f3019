/* handling.c - what work that somebody has to answer for needs beside its inputs: whose approval,
 * and which sample it consumes. approve: none | first | all | {first: true, above_cost: 5, hazard:
 * temperature > 45}   of the campaign, or of a task instead; first: of each kind (task, source and
 * labels) sample:  pouch-17, or {from: NAME}: a categorical parameter, or a column of the
 * candidates SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "builder.h"
#include "inputs.h"

static itp_expression *read_hazard(builder *b, const yaml_node *node)
{
    const char *text;
    itp_expression *e = NULL;
    itp_fault fault = {0};
    if (!schema_text(&b->s, node, "hazard", &text)) return NULL;
    itp_symbol *symbols = builder_symbols(b);
    itp_status st = symbols
                        ? itp_expression_compile_condition(&e, text, b->n_params, symbols, &fault)
                        : ITP_ENOMEM;
    if (st == ITP_ENOMEM) b->findings.out_of_memory = 1;
    if (st == ITP_EPARSE)
        itp_finding_add(&b->findings, FINDING_ERROR,
                        schema_part(&b->s, node, fault.at, fault.length), fault.hint, "hazard: %s",
                        fault.message);
    return e;
}

static void read_approval(builder *b, const yaml_node *node, itp_approval *out)
{
    enum { FIRST, ABOVE_COST, HAZARD, KEYS };
    static const key_rule RULES[KEYS] = {{"first", 0}, {"above_cost", 0}, {"hazard", 0}};
    static const choice_rule WORDS[] = {{"none", 0}, {"first", 1}, {"all", 2}};
    const yaml_node *slot[KEYS];
    int word = 0;
    *out = (itp_approval){.above_cost = INFINITY};
    if (!node) return;
    if (node->kind != NODE_MAP) {
        schema_choice(&b->s, node, "approve", 3, WORDS, &word);
        out->first = word == 1;
        out->all = word == 2;
        return;
    }
    if (!schema_map(&b->s, node, "approve", KEYS, RULES, slot)) return;
    if (slot[FIRST]) schema_flag(&b->s, slot[FIRST], "first", &out->first);
    if (slot[ABOVE_COST])
        schema_number(&b->s, slot[ABOVE_COST], "above_cost", NUMBER_POSITIVE, &out->above_cost);
    if (slot[HAZARD]) {
        out->hazard = read_hazard(b, slot[HAZARD]);
        out->hazard_text = slot[HAZARD]->text;
    }
}

/* A cost that nobody has given cannot be compared. */
static void check_costs(builder *b, const yaml_node *node, const itp_campaign_task *t)
{
    for (size_t s = 0; isfinite(t->approve.above_cost) && s < t->n_sources; s++)
        if (!t->sources[s].cost.what)
            schema_error(&b->s, node, "for instance cost: 1",
                         "above_cost: source %s of task %s has no cost%s", t->sources[s].name,
                         t->name, t->sources[s].cost.measured ? " before it is measured" : "");
}

static void read_sample(builder *b, const yaml_node *node, itp_campaign_task *t)
{
    static const key_rule FROM[] = {{"from", 1}};
    const yaml_node *slot[1];
    const char *from;
    if (node->kind != NODE_MAP) {
        schema_name(&b->s, node, "sample", &t->sample);
    } else if (schema_map(&b->s, node, "sample", 1, FROM, slot) && slot[0] &&
               schema_name(&b->s, slot[0], "from", &from)) {
        if (!builder_tie(b, "sample", from, &t->sample_from) || t->sample_from.unit)
            schema_error(&b->s, slot[0], NULL,
                         "sample: \"%.60s\" is no categorical parameter and no column of names of "
                         "the candidates",
                         from);
        t->has_sample_from = 1;
    }
    if (t->cls != ITP_PHYSICAL)
        schema_error(&b->s, node, "class: physical", "sample: only physical tasks consume one");
}

void builder_handling(builder *b, const yaml_node *approve)
{
    itp_campaign *c = &b->whole->is;
    read_approval(b, approve, &b->whole->approve);
    for (size_t i = 0; i < c->n_tasks; i++) {
        itp_campaign_task *t = &b->tasks[i];
        const yaml_node *own = itp_yaml_get(b->task_nodes[i], "approve");
        const yaml_node *sample = itp_yaml_get(b->task_nodes[i], "sample");
        t->approve = b->whole->approve;
        if (own) read_approval(b, own, &t->approve);
        if (own || approve) check_costs(b, own ? own : approve, t);
        if (sample) read_sample(b, sample, t);
    }
}

void builder_handling_undo(campaign_whole *whole)
{
    for (size_t i = 0; i < whole->is.n_tasks; i++) {
        itp_expression *own = whole->is.tasks ? whole->is.tasks[i].approve.hazard : NULL;
        if (own != whole->approve.hazard) itp_expression_destroy(own);
    }
    itp_expression_destroy(whole->approve.hazard);
}
