/* prior.c - where a person expects the best: a value and how near, or odds.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

enum { NEAR, SD, FACTOR, KEYS };
static const key_rule RULES[KEYS] = {{"near", 1}, {"sd", 0}, {"factor", 0}};

static void read_near(builder *b, const yaml_node *node, const itp_param *p, itp_prior *out)
{
    const yaml_node *slot[KEYS];
    if (!schema_map(&b->s, node, "prior", KEYS, RULES, slot) || !slot[NEAR]) return;
    if (!slot[SD] == !slot[FACTOR]) {
        schema_error(&b->s, node, "for instance {near: 3, sd: 0.5}, or {near: 1e-3, factor: 2}",
                     "prior: one of sd and factor is wanted");
        return;
    }
    if (!schema_quantity(&b->s, slot[NEAR], "near", p->unit, &out->near)) return;
    if (out->near < p->low || out->near > p->high)
        schema_error(&b->s, slot[NEAR], NULL, "near: %g lies outside %s, %g to %g", out->near,
                     p->name, p->low, p->high);
    if (slot[SD] && schema_difference(&b->s, slot[SD], "sd", p->unit, &out->sd) && !(out->sd > 0))
        schema_error(&b->s, slot[SD], NULL, "sd: a difference above 0 is wanted");
    if (!slot[FACTOR] || !schema_number(&b->s, slot[FACTOR], "factor", NUMBER_ANY, &out->factor))
        return;
    if (!(out->factor > 1))
        schema_error(&b->s, slot[FACTOR], NULL, "factor: a number above 1 is wanted");
    if (!(p->low > 0))
        schema_error(&b->s, slot[FACTOR], NULL, "factor: %s must be above 0 everywhere", p->name);
}

/* The level or label that a key names; n_levels when it is none. */
static size_t level_of(const itp_param *p, const char *key)
{
    double value;
    size_t i = 0;
    for (; i < p->n_levels; i++) {
        if (p->kind == ITP_CATEGORICAL && strcmp(key, p->labels[i]) == 0) break;
        if (p->kind == ITP_CATEGORICAL) continue;
        size_t length = schema_scan_number(key, &value);
        if (length > 0 && !key[length] && value == p->levels[i]) break;
    }
    return i;
}

static void read_odds(builder *b, const yaml_node *node, const itp_param *p, itp_prior *out)
{
    double *odds = builder_alloc(b, p->n_levels, sizeof *odds);
    if (!odds || !schema_expect(&b->s, node, NODE_MAP, "prior")) return;
    for (size_t i = 0; i < p->n_levels; i++) odds[i] = 1;
    for (size_t i = 0; i < node->n; i++) {
        size_t level = level_of(p, node->keys[i]->text);
        if (level == p->n_levels) {
            const char *hint = p->kind == ITP_CATEGORICAL
                                   ? schema_hint(&b->s, node->keys[i]->text, p->n_levels, p->labels)
                                   : NULL;
            schema_error(&b->s, node->keys[i], hint, "prior: \"%.40s\" is no value of %s",
                         node->keys[i]->text, p->name);
            continue;
        }
        schema_number(&b->s, node->values[i], "odds", NUMBER_POSITIVE, &odds[level]);
    }
    out->odds = odds;
}

void builder_prior(builder *b, const yaml_node *node)
{
    const itp_space *space = b->whole->is.space;
    if (!node || !space || !schema_expect(&b->s, node, NODE_MAP, "prior")) return;
    itp_prior *priors = builder_alloc(b, node->n, sizeof *priors);
    const char **names = builder_alloc(b, itp_space_n_params(space), sizeof *names);
    if (!priors || !names) return;
    b->whole->is.priors = priors;
    for (size_t i = 0; i < itp_space_n_params(space); i++)
        names[i] = itp_space_param(space, i)->name;
    for (size_t i = 0; i < node->n; i++) {
        const yaml_node *key = node->keys[i];
        int at = itp_space_find(space, key->text);
        if (at < 0) {
            schema_error(&b->s, key,
                         schema_hint(&b->s, key->text, itp_space_n_params(space), names),
                         "prior: there is no parameter \"%.60s\"", key->text);
            continue;
        }
        const itp_param *p = itp_space_param(space, (size_t)at);
        itp_prior *out = &priors[b->whole->is.n_priors++];
        *out = (itp_prior){.param = (size_t)at, .near = NAN, .sd = NAN, .factor = NAN};
        if (p->context)
            schema_error(&b->s, key, NULL, "prior: %s is measured, not chosen", p->name);
        else if (p->kind == ITP_CATEGORICAL ||
                 (p->kind == ITP_DISCRETE && !itp_yaml_get(node->values[i], "near")))
            read_odds(b, node->values[i], p, out);
        else {
            itp_param range = *p;
            if (p->kind == ITP_DISCRETE)
                range.low = p->levels[0], range.high = p->levels[p->n_levels - 1];
            read_near(b, node->values[i], &range, out);
        }
    }
}
