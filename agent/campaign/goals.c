/* goals.c - what is wanted and what must hold: objectives and limits over outcomes.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "builder.h"

/* 1 when `word` stands in the text as a name of its own. */
static int names_it(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at++) {
        char before = at > text ? at[-1] : ' ', after = at[length];
        int open = !isalnum((unsigned char)before) && before != '_' && before != '.';
        if (open && !isalnum((unsigned char)after) && after != '_' && after != '.') return 1;
    }
    return 0;
}

/* The name by which each outcome may be called in this text: TASK.OUTPUT where it stands so, or
 * where its own name belongs to several. */
static const char **name_outcomes(builder *b, const char *text)
{
    size_t n = b->whole->is.n_outcomes;
    const char **names = builder_alloc(b, n, sizeof *names);
    for (size_t i = 0; names && i < n; i++) {
        const char *own = b->outcomes[i].name;
        names[i] = own;
        const char *whole =
            itp_arena_print(&b->whole->arena, "%s.%s", b->tasks[b->outcomes[i].task].name, own);
        if (whole && (names_it(text, whole) || builder_find_outcome(b, own) == -2))
            names[i] = whole;
    }
    return names;
}

itp_expression *builder_expression(builder *b, const yaml_node *node, size_t at, size_t length,
                                   const char *what, int *outcome)
{
    size_t n = b->whole->is.n_outcomes;
    itp_fault fault = {0};
    itp_expression *e = NULL;
    char *text = itp_arena_span(&b->whole->arena, node->text + at, length);
    const char **names = text ? name_outcomes(b, text) : NULL;
    if (!names) {
        b->findings.out_of_memory = 1;
        return NULL;
    }
    itp_status st = itp_expression_compile(&e, text, n, names, &fault);
    if (st == ITP_ENOMEM) b->findings.out_of_memory = 1;
    if (st == ITP_EPARSE)
        itp_finding_add(&b->findings, FINDING_ERROR,
                        schema_part(&b->s, node, at + fault.at, fault.length), fault.hint, "%s: %s",
                        what, fault.message);
    for (size_t i = 0; e && i < n; i++) {
        if (!itp_expression_uses(e, i)) continue;
        b->outcomes[i].needed = 1;
        if (!b->outcomes[i].label) continue;
        itp_finding_add(&b->findings, FINDING_ERROR, schema_part(&b->s, node, at, length), NULL,
                        "%s: output %s is a label, no number", what, b->outcomes[i].name);
        itp_expression_destroy(e);
        e = NULL;
    }
    if (e) *outcome = itp_expression_is_name(e);
    return e;
}

const char *builder_expression_unit(const builder *b, const itp_expression *e, int outcome)
{
    const char *unit = NULL;
    if (outcome >= 0) return b->outcomes[outcome].unit;
    if (!itp_expression_linear(e, NULL, NULL)) return "1";
    for (size_t i = 0; i < b->whole->is.n_outcomes; i++) {
        if (!itp_expression_uses(e, i)) continue;
        if (unit && strcmp(unit, b->outcomes[i].unit) != 0) return "1";
        unit = b->outcomes[i].unit;
    }
    return unit ? unit : "1";
}

/* "2" is relative to the range seen; "2 1/nm" is what one nm is worth. */
static void read_weight(builder *b, const yaml_node *node, itp_objective *o)
{
    double value;
    if (!schema_expect(&b->s, node, NODE_SCALAR, "weight")) return;
    size_t length = schema_scan_number(node->text, &value);
    if (length > 0 && node->text[length]) {
        const char *per = itp_arena_print(&b->whole->arena, "(%s)-1", o->unit);
        if (!per || !schema_quantity(&b->s, node, "weight", per, &o->weight)) return;
        o->weight_per_unit = 1;
        if (!(o->weight > 0)) schema_error(&b->s, node, NULL, "weight: a number above 0 is wanted");
        return;
    }
    schema_number(&b->s, node, "weight", NUMBER_POSITIVE, &o->weight);
}

/* [where it is 0, where it is 1]; of a target: distances, and one alone is where it is 0. */
static void read_desirability(builder *b, const yaml_node *node, itp_objective *o)
{
    static const char *const FORMS[] = {
        [ITP_GOAL_MAXIMISE] = "[worst, best] with worst < best is wanted",
        [ITP_GOAL_MINIMISE] = "[worst, best] with worst > best is wanted",
        [ITP_GOAL_TARGET] = "a distance, or [distance that is useless, distance that is perfect]"};
    int distances = o->sense == ITP_GOAL_TARGET;
    const yaml_node *at[2] = {node, NULL};
    double value[2] = {0, 0};
    if (node->kind == NODE_LIST && node->n == 2)
        at[0] = node->values[0], at[1] = node->values[1];
    else if (node->kind != NODE_SCALAR || !distances) {
        schema_error(&b->s, node, NULL, "desirability: %s", FORMS[o->sense]);
        return;
    }
    for (int i = 0; i < 2 && at[i]; i++) {
        int read = distances ? schema_difference(&b->s, at[i], "desirability", o->unit, &value[i])
                             : schema_quantity(&b->s, at[i], "desirability", o->unit, &value[i]);
        if (!read) return;
    }
    int rises = o->sense == ITP_GOAL_MAXIMISE;
    if ((rises ? value[1] <= value[0] : value[1] >= value[0]) || (distances && value[1] < 0)) {
        schema_error(&b->s, node, NULL, "desirability: %s", FORMS[o->sense]);
        return;
    }
    o->unwanted = value[0], o->wanted = value[1];
}

/* What joins objectives must be given for all of them. */
static void check_joined(builder *b, const yaml_node *node, size_t n, const itp_objective *o)
{
    size_t weights = 0, per_unit = 0, desired = 0;
    for (size_t i = 0; i < n; i++) {
        weights += !isnan(o[i].weight);
        per_unit += o[i].weight_per_unit != 0;
        desired += o[i].wanted != o[i].unwanted;
    }
    if (desired > 0 && (desired < n || n < 2))
        schema_error(&b->s, node, NULL,
                     "objectives: %zu of %zu %s a desirability; it joins several objectives and is "
                     "wanted for all of them",
                     desired, n, desired == 1 ? "has" : "have");
    if (per_unit > 0 && (per_unit < n || desired > 0))
        schema_error(&b->s, node, NULL,
                     desired ? "objectives: weights of desirabilities are plain numbers"
                             : "objectives: %zu of %zu weights have a unit; all or none",
                     per_unit, n);
    if (weights > 0 && weights < n && desired == 0)
        schema_warning(&b->s, node, "give every objective a weight to make one of them",
                       "objectives: %zu of %zu have a weight: they are kept apart, and the weights "
                       "do not count",
                       weights, n);
}

static void read_objective(builder *b, const yaml_node *node, itp_objective *o)
{
    enum { MINIMISE, MAXIMISE, TARGET, VALUE, UNIT, WEIGHT, REFERENCE, DESIRABILITY, KEYS };
    static const key_rule RULES[KEYS] = {{"minimise", 0},  {"maximise", 0},    {"target", 0},
                                         {"value", 0},     {"unit", 0},        {"weight", 0},
                                         {"reference", 0}, {"desirability", 0}};
    static const itp_goal_sense SENSES[] = {ITP_GOAL_MINIMISE, ITP_GOAL_MAXIMISE, ITP_GOAL_TARGET};
    const yaml_node *slot[KEYS];
    int sense = -1;
    *o = (itp_objective){.text = "?", .unit = "1", .outcome = -1};
    o->target = o->weight = o->reference = NAN;
    if (!schema_map(&b->s, node, "objective", KEYS, RULES, slot)) return;
    for (int k = MINIMISE; k <= TARGET; k++) {
        if (slot[k] && sense >= 0)
            schema_error(&b->s, slot[k], NULL, "objective: it is to %s already", RULES[sense].name);
        if (slot[k] && sense < 0) sense = k;
    }
    if (sense < 0) {
        schema_error(&b->s, node, "for instance {minimise: charge_time}",
                     "objective: one of minimise, maximise, target is missing");
        return;
    }
    o->sense = SENSES[sense];
    if (!schema_text(&b->s, slot[sense], "objective", &o->text)) return;
    o->what = builder_expression(b, slot[sense], 0, strlen(o->text), "objective", &o->outcome);
    if (!o->what) return;
    o->unit = builder_expression_unit(b, o->what, o->outcome);
    if (slot[UNIT] && o->outcome >= 0)
        schema_error(&b->s, slot[UNIT], NULL, "objective: its unit is that of %s, %s", o->text,
                     o->unit);
    else if (slot[UNIT])
        schema_unit(&b->s, slot[UNIT], &o->unit);
    if (slot[VALUE] && sense != TARGET)
        schema_error(&b->s, slot[VALUE], NULL, "objective: only a target has a value");
    if (!slot[VALUE] && sense == TARGET)
        schema_error(&b->s, node, NULL,
                     "objective: a target needs its value, {target: %s, value: ...}", o->text);
    if (slot[VALUE]) schema_quantity(&b->s, slot[VALUE], "value", o->unit, &o->target);
    if (slot[WEIGHT]) read_weight(b, slot[WEIGHT], o);
    if (slot[DESIRABILITY]) read_desirability(b, slot[DESIRABILITY], o);
    if (slot[REFERENCE])
        schema_quantity(&b->s, slot[REFERENCE], "reference", o->unit, &o->reference);
}

void builder_objectives(builder *b, const yaml_node *node)
{
    if (!node) return;
    size_t n = node->kind == NODE_LIST ? node->n : 1;
    itp_objective *objectives = builder_alloc(b, n, sizeof *objectives);
    if (!objectives) return;
    if (node->kind == NODE_LIST && n == 0)
        schema_error(&b->s, node, NULL, "objectives: there are none");
    b->whole->is.objectives = objectives;
    for (size_t i = 0; i < n; i++) {
        read_objective(b, node->kind == NODE_LIST ? node->values[i] : node, &objectives[i]);
        b->whole->is.n_objectives++;
    }
    check_joined(b, node, n, objectives);
}

/* A part that begins like a number and names no outcome is a bound. */
static int is_bound(builder *b, const char *text, size_t at, size_t length)
{
    double ignored;
    char copy[ITP_EXPRESSION_TEXT_MAX + 1];
    snprintf(copy, sizeof copy, "%.*s", (int)length, text + at);
    if (!schema_scan_number(copy, &ignored)) return 0;
    for (size_t i = 0; i < b->whole->is.n_outcomes; i++)
        if (names_it(copy, b->outcomes[i].name)) return 0;
    return 1;
}

static int points_up(itp_relation_op op)
{
    return op == ITP_RELATION_LT || op == ITP_RELATION_LE;
}

static void read_limit(builder *b, const yaml_node *node, itp_limit *l, const char **bounded)
{
    static const char FORM[] = "for instance plated <= 0.05 mol/m2, or 2 V <= voltage <= 4.2 V";
    itp_chain c;
    itp_fault fault = {0};
    *l = (itp_limit){.text = "?", .unit = "1", .outcome = -1, .low = -INFINITY, .high = INFINITY};
    if (!schema_text(&b->s, node, "limit", &l->text)) return;
    if (itp_chain_cut(&c, l->text, &fault) != ITP_OK) {
        itp_finding_add(&b->findings, FINDING_ERROR,
                        schema_part(&b->s, node, fault.at, fault.length), fault.hint, "limit: %s",
                        fault.message);
        return;
    }
    size_t what = c.n_parts == 3 ? 1 : c.n_parts == 2 && is_bound(b, l->text, c.at[0], c.length[0]);
    int formed = c.n_parts == 2 || (c.n_parts == 3 && points_up(c.op[0]) == points_up(c.op[1]));
    for (size_t i = 0; formed && i + 1 < c.n_parts; i++) formed = c.op[i] != ITP_RELATION_EQ;
    for (size_t i = 0; formed && i < c.n_parts; i++)
        formed = i == what || is_bound(b, l->text, c.at[i], c.length[i]);
    if (!formed) {
        schema_error(&b->s, node, FORM,
                     "limit: \"%.80s\" is not [NUMBER UNIT <=] EXPRESSION <= NUMBER UNIT", l->text);
        return;
    }
    *bounded = itp_arena_span(&b->whole->arena, l->text + c.at[what], c.length[what]);
    l->what = builder_expression(b, node, c.at[what], c.length[what], "limit", &l->outcome);
    if (!l->what) return;
    l->unit = builder_expression_unit(b, l->what, l->outcome);
    for (size_t i = 0; i < c.n_parts; i++) {
        if (i == what) continue;
        int below = i < what ? points_up(c.op[i]) : !points_up(c.op[i - 1]);
        schema_quantity_part(&b->s, node, c.at[i], c.length[i], "limit", l->unit,
                             below ? &l->low : &l->high);
    }
    if (l->low > l->high) schema_error(&b->s, node, NULL, "limit: nothing lies between its bounds");
}

void builder_limits(builder *b, const yaml_node *node)
{
    if (!node || !schema_expect(&b->s, node, NODE_LIST, "limits")) return;
    itp_limit *limits = builder_alloc(b, node->n, sizeof *limits);
    b->whole->limit_texts = builder_alloc(b, node->n, sizeof *b->whole->limit_texts);
    if (!limits || !b->whole->limit_texts) return;
    b->whole->is.limits = limits;
    for (size_t i = 0; i < node->n; i++) {
        read_limit(b, node->values[i], &limits[i], &b->whole->limit_texts[i]);
        b->whole->is.n_limits++;
    }
}
