/* constraints.c - what is known before measuring.
 *   Expressions are compiled here against the parameters' names for their place in the file, and
 * again by the space for its use; so they are checked even when the parameters hold errors.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "builder.h"

#define CONSTRAINTS_MAX 500

static const char *fault_hint(const itp_fault *fault)
{
    return fault->hint[0] ? fault->hint : NULL;
}

/* One side of a comparison; 0 after reporting. */
static int check_side(builder *b, const yaml_node *node, size_t at, size_t length,
                      const char *const *names)
{
    itp_expression *e = NULL;
    itp_fault fault = {0};
    char *text = itp_arena_span(&b->whole->arena, node->text + at, length);
    itp_status st =
        text ? itp_expression_compile(&e, text, b->n_params, names, &fault) : ITP_ENOMEM;
    if (st == ITP_ENOMEM) b->findings.out_of_memory = 1;
    if (st == ITP_EPARSE)
        itp_finding_add(&b->findings, FINDING_ERROR,
                        schema_part(&b->s, node, at + fault.at, fault.length), fault_hint(&fault),
                        "constraint: %s", fault.message);
    for (size_t i = 0; st == ITP_OK && i < b->n_params; i++) {
        const itp_param *p = &b->params[i];
        if (!itp_expression_uses(e, i) || (p->kind != ITP_CATEGORICAL && !p->context)) continue;
        st = ITP_EPARSE;
        itp_finding_add(
            &b->findings, FINDING_ERROR, schema_part(&b->s, node, at, length),
            p->context ? NULL : "labels stand only in `when`, beside ==", "constraint: %s %s",
            p->name, p->context ? "is measured, not chosen" : "has labels, no number");
    }
    itp_expression_destroy(e);
    return st == ITP_OK;
}

static void read_expression(builder *b, const yaml_node *node, const char *const *names)
{
    itp_chain chain;
    itp_fault fault = {0};
    itp_error err = {0};
    if (itp_chain_cut(&chain, node->text, &fault) != ITP_OK) {
        itp_finding_add(&b->findings, FINDING_ERROR,
                        schema_part(&b->s, node, fault.at, fault.length), fault_hint(&fault),
                        "constraint: %s", fault.message);
        return;
    }
    if (chain.n_parts < 2) {
        schema_error(&b->s, node, "for instance a + b <= 1",
                     "constraint: \"%.80s\" compares nothing; <, <=, ==, >=, > is missing",
                     node->text);
        return;
    }
    int good = 1;
    for (size_t i = 0; i < chain.n_parts; i++)
        good &= check_side(b, node, chain.at[i], chain.length[i], names);
    if (!good || !b->whole->is.space) return;
    itp_status st = itp_space_add_constraint(b->whole->is.space, node->text, &err);
    if (st == ITP_ENOMEM)
        b->findings.out_of_memory = 1;
    else if (st != ITP_OK)
        schema_error(&b->s, node, NULL, "%s", err.text);
}

/* {at_most: 2, nonzero: [a, b, c]} */
static void read_cardinality(builder *b, const yaml_node *node, const char *const *names)
{
    enum { AT_LEAST, AT_MOST, NONZERO, KEYS };
    static const key_rule RULES[KEYS] = {{"at_least", 0}, {"at_most", 0}, {"nonzero", 1}};
    const yaml_node *slot[KEYS];
    uint64_t least = 0, most = UINT64_MAX;
    size_t errors = b->findings.errors;
    itp_error err = {0};
    if (!schema_map(&b->s, node, "constraint", KEYS, RULES, slot)) return;
    if (!slot[AT_LEAST] && !slot[AT_MOST])
        schema_error(&b->s, node, NULL, "constraint: at_most or at_least is missing");
    if (slot[AT_LEAST]) schema_count(&b->s, slot[AT_LEAST], "at_least", 0, &least);
    if (slot[AT_MOST]) schema_count(&b->s, slot[AT_MOST], "at_most", 0, &most);
    if (!slot[NONZERO] || !schema_expect(&b->s, slot[NONZERO], NODE_LIST, "nonzero")) return;
    size_t n = slot[NONZERO]->n;
    const char **members = builder_alloc(b, n, sizeof *members);
    for (size_t i = 0; members && i < n; i++) {
        const yaml_node *member = slot[NONZERO]->values[i];
        if (!schema_text(&b->s, member, "nonzero", &members[i])) continue;
        size_t k = 0;
        while (k < b->n_params && strcmp(names[k], members[i]) != 0) k++;
        if (k == b->n_params)
            schema_error(&b->s, member, schema_hint(&b->s, members[i], b->n_params, names),
                         "nonzero: unknown parameter \"%.60s\"", members[i]);
        else if (b->params[k].kind == ITP_CATEGORICAL)
            schema_error(&b->s, member, NULL, "nonzero: %s has labels, no number", members[i]);
        for (size_t j = 0; j < i; j++)
            if (members[j] && !strcmp(members[j], members[i]))
                schema_error(&b->s, member, NULL, "nonzero: %s stands twice", members[i]);
    }
    if (n == 0) schema_error(&b->s, slot[NONZERO], NULL, "nonzero: names no parameter");
    if (least > most)
        schema_error(&b->s, slot[AT_LEAST], NULL, "at_least is above at_most");
    else if (n && least > n)
        schema_error(&b->s, slot[AT_LEAST], NULL, "at_least %d of %zu", (int)least, n);
    if (!members || b->findings.errors > errors || !b->whole->is.space) return;
    size_t top = most > n ? n : (size_t)most;
    itp_status st =
        itp_space_add_cardinality(b->whole->is.space, (size_t)least, top, n, members, &err);
    if (st == ITP_ENOMEM)
        b->findings.out_of_memory = 1;
    else if (st != ITP_OK)
        schema_error(&b->s, node, NULL, "%s", err.text);
}

void builder_constraints(builder *b, const yaml_node *node)
{
    if (!node || !schema_expect(&b->s, node, NODE_LIST, "constraints")) return;
    const char **names = builder_alloc(b, b->n_params, sizeof *names);
    if (!names) return;
    if (node->n > CONSTRAINTS_MAX) {
        schema_error(&b->s, node, NULL, "%zu constraints; at most %d", node->n, CONSTRAINTS_MAX);
        return;
    }
    for (size_t i = 0; i < b->n_params; i++) names[i] = b->params[i].name;
    for (size_t i = 0; i < node->n; i++) {
        const yaml_node *item = node->values[i];
        if (item->kind == NODE_MAP)
            read_cardinality(b, item, names);
        else if (schema_expect(&b->s, item, NODE_SCALAR, "constraint"))
            read_expression(b, item, names);
    }
}
