/* parameters.c - what may be chosen: parameters, their descriptors, and what is known of them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

#define PARAMS_MAX 1000

enum {
    REAL,
    INTEGER,
    DISCRETE,
    CATEGORICAL,
    UNIT,
    SCALE,
    PERIOD,
    WHEN,
    DESCRIPTORS,
    CONTEXT,
    KEYS
};
static const key_rule RULES[KEYS] = {[REAL] = {"real", 0},
                                     [INTEGER] = {"integer", 0},
                                     [DISCRETE] = {"discrete", 0},
                                     [CATEGORICAL] = {"categorical", 0},
                                     [UNIT] = {"unit", 0},
                                     [SCALE] = {"scale", 0},
                                     [PERIOD] = {"period", 0},
                                     [WHEN] = {"when", 0},
                                     [DESCRIPTORS] = {"descriptors", 0},
                                     [CONTEXT] = {"context", 0}};

static void read_range(builder *b, const yaml_node *node, const char *what, itp_param *p)
{
    double bound[2];
    if (!schema_expect(&b->s, node, NODE_LIST, what)) return;
    if (node->n != 2) {
        schema_error(&b->s, node, NULL, "%s: %zu values where [low, high] is wanted", what,
                     node->n);
        return;
    }
    for (int i = 0; i < 2; i++) {
        if (!schema_number(&b->s, node->values[i], what, NUMBER_ANY, &bound[i])) return;
        if (p->kind == ITP_INTEGER && (bound[i] != round(bound[i]) || fabs(bound[i]) > 4e15)) {
            schema_error(&b->s, node->values[i], NULL, "%s: %s is no integer", what,
                         node->values[i]->text);
            return;
        }
    }
    if (bound[0] > bound[1]) {
        const char *hint = itp_arena_print(&b->whole->arena, "write [%s, %s]",
                                           node->values[1]->text, node->values[0]->text);
        schema_error(&b->s, node, hint, "%s: the lower bound is above the upper one", what);
        return;
    }
    if (bound[0] == bound[1])
        schema_warning(&b->s, node, NULL,
                       "%s: both bounds are equal, so there is nothing to choose", what);
    p->low = bound[0];
    p->high = bound[1];
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void read_levels(builder *b, const yaml_node *node, const char *what, itp_param *p)
{
    if (!schema_expect(&b->s, node, NODE_LIST, what)) return;
    double *levels = builder_alloc(b, node->n, sizeof *levels);
    if (!levels) return;
    size_t n = 0;
    for (size_t i = 0; i < node->n; i++) {
        if (!schema_number(&b->s, node->values[i], what, NUMBER_ANY, &levels[n])) continue;
        for (size_t j = 0; j < n; j++)
            if (levels[j] == levels[n]) {
                schema_error(&b->s, node->values[i], NULL, "%s: %s stands twice", what,
                             node->values[i]->text);
                n--;
                break;
            }
        n++;
    }
    if (node->n == 0) schema_error(&b->s, node, NULL, "%s: no values to choose from", what);
    qsort(levels, n, sizeof *levels, by_value);
    p->levels = levels;
    p->n_levels = n;
}

static void read_labels(builder *b, const yaml_node *node, const char *what, itp_param *p)
{
    if (!schema_expect(&b->s, node, NODE_LIST, what)) return;
    const char **labels = builder_alloc(b, node->n, sizeof *labels);
    size_t n = 0;
    for (size_t i = 0; labels && i < node->n; i++) {
        if (!schema_name(&b->s, node->values[i], what, &labels[n])) continue;
        size_t j = 0;
        while (j < n && strcmp(labels[j], labels[n]) != 0) j++;
        if (j < n)
            schema_error(&b->s, node->values[i], NULL, "%s: label \"%s\" stands twice", what,
                         labels[n]);
        else
            n++;
    }
    if (node->n == 0) schema_error(&b->s, node, NULL, "%s: no labels to choose from", what);
    p->labels = labels;
    p->n_levels = labels ? n : 0;
}

/* Columns of a descriptor table: those asked for, or every one whose cells are all numbers. */
static size_t descriptor_columns(builder *b, const yaml_node *wanted, const csv_table *table,
                                 size_t label, size_t *columns)
{
    size_t n = 0;
    for (size_t i = 0; wanted && i < wanted->n; i++) {
        const char *name;
        if (!schema_text(&b->s, wanted->values[i], "descriptors", &name)) continue;
        long column = itp_csv_find(table, name);
        if (column >= 0)
            columns[n++] = (size_t)column;
        else
            schema_error(&b->s, wanted->values[i],
                         schema_hint(&b->s, name, table->n_columns, table->cells),
                         "%s has no column \"%.60s\"", table->file, name);
    }
    for (size_t j = 0; !wanted && j < table->n_columns; j++) {
        double ignored;
        size_t row = 0;
        while (j != label && row < table->n_rows && itp_csv_number(table, row, j, &ignored)) row++;
        if (j != label && row == table->n_rows) columns[n++] = j;
    }
    return n;
}

static void fill_descriptors(builder *b, const yaml_node *node, const csv_table *table,
                             size_t label, size_t n, const size_t *columns, itp_param *p)
{
    double *values = builder_alloc(b, p->n_levels * n, sizeof *values);
    const char **names = builder_alloc(b, n, sizeof *names);
    if (!values || !names) return;
    for (size_t i = 0; i < p->n_levels; i++) {
        size_t row = 0;
        while (row < table->n_rows && strcmp(itp_csv_cell(table, row, label), p->labels[i]) != 0)
            row++;
        if (row == table->n_rows) {
            schema_error(&b->s, node, NULL, "%s: %s has no row for label \"%s\" (column %s)",
                         p->name, table->file, p->labels[i], itp_csv_header(table, label));
            return;
        }
        for (size_t j = 0; j < n; j++) {
            names[j] = itp_csv_header(table, columns[j]);
            if (itp_csv_number(table, row, columns[j], &values[i * n + j])) continue;
            itp_finding_add(&b->findings, FINDING_ERROR, itp_csv_span(table, (long)row, columns[j]),
                            NULL, "descriptor %s of \"%s\" is no number", names[j], p->labels[i]);
            return;
        }
    }
    p->n_descriptors = n;
    p->descriptors = values;
    p->descriptor_names = names;
}

/* `descriptors: salts.csv` or `{file: salts.csv, label: name, columns: [a, b]}`. */
static void read_descriptors(builder *b, const yaml_node *node, itp_param *p)
{
    static const key_rule FORM[] = {{"file", 1}, {"label", 0}, {"columns", 0}};
    const yaml_node *part[3] = {node, NULL, NULL};
    const char *path, *label = p->name;
    if (node->kind == NODE_MAP && !schema_map(&b->s, node, "descriptors", 3, FORM, part)) return;
    if (!part[0] || !schema_text(&b->s, part[0], "descriptors", &path)) return;
    if (part[1] && !schema_text(&b->s, part[1], "label", &label)) return;
    if (part[2] && !schema_expect(&b->s, part[2], NODE_LIST, "columns")) return;
    const csv_table *table = builder_table(b, part[0], path);
    if (!table) return;
    long found = itp_csv_find(table, label);
    if (found < 0 && part[1]) {
        schema_error(&b->s, part[1], NULL, "%s has no column \"%.60s\"", path, label);
        return;
    }
    size_t at = found < 0 ? 0 : (size_t)found;
    size_t *columns =
        builder_alloc(b, table->n_columns + (part[2] ? part[2]->n : 0), sizeof *columns);
    if (!columns) return;
    size_t n = descriptor_columns(b, part[2], table, at, columns);
    if (n == 0 && !part[2])
        schema_error(&b->s, part[0], NULL, "%s has no column of numbers to describe %s with", path,
                     p->name);
    else if (n > 0)
        fill_descriptors(b, part[0], table, at, n, columns, p);
}

/* The one key that says what kind it is; -1 after reporting none or several. */
static int find_kind(builder *b, const yaml_node *node, const char *what, const yaml_node **slot)
{
    int kind = -1;
    for (int k = REAL; k <= CATEGORICAL; k++) {
        if (!slot[k]) continue;
        if (kind >= 0) {
            schema_error(&b->s, slot[k], NULL, "%s: it is %s already; one kind only", what,
                         RULES[kind].name);
            return -1;
        }
        kind = k;
    }
    if (kind < 0)
        schema_error(&b->s, node, "for instance {real: [0, 1]}",
                     "%s: one of real, integer, discrete, categorical is missing", what);
    return kind;
}

static void check_scale(builder *b, const char *what, const yaml_node **slot, const itp_param *p)
{
    double low = p->kind == ITP_DISCRETE && p->n_levels ? p->levels[0] : p->low;
    const yaml_node *range = slot[p->kind == ITP_DISCRETE ? DISCRETE
                                  : p->kind == ITP_REAL   ? REAL
                                                          : INTEGER];
    if (p->scale == ITP_LOG && p->kind == ITP_CATEGORICAL)
        schema_error(&b->s, slot[SCALE], NULL, "%s: labels have no scale", what);
    else if (p->scale == ITP_LOG && p->high >= low && low <= 0)
        schema_error(&b->s, range, NULL, "%s: a log scale needs values above 0", what);
    if (p->scale == ITP_LOG && slot[PERIOD])
        schema_error(&b->s, slot[SCALE], NULL, "%s: a periodic parameter has no log scale", what);
    if (slot[PERIOD] && p->kind != ITP_REAL && p->kind != ITP_INTEGER)
        schema_error(&b->s, slot[PERIOD], NULL, "%s: only real and integer ones are periodic",
                     what);
    else if (p->period > 0 && p->high - p->low > p->period * (1 + 1e-12))
        schema_error(&b->s, slot[PERIOD], NULL, "%s: the period is shorter than the range", what);
}

static void read_parameter(builder *b, const yaml_node *key, const yaml_node *node, itp_param *p)
{
    static const choice_rule SCALES[] = {{"linear", ITP_LINEAR}, {"log", ITP_LOG}};
    static const itp_kind KINDS[] = {ITP_REAL, ITP_INTEGER, ITP_DISCRETE, ITP_CATEGORICAL};
    const yaml_node *slot[KEYS];
    char what[96];
    int scale = ITP_LINEAR;
    *p = (itp_param){.name = "?", .unit = "1", .kind = ITP_REAL, .low = 0, .high = 1};
    if (!schema_name(&b->s, key, "a parameter", &p->name)) return;
    snprintf(what, sizeof what, "parameter %.64s", p->name);
    if (!strcmp(p->name, "and") || !strcmp(p->name, "or") || !strcmp(p->name, "not"))
        schema_error(&b->s, key, NULL, "%s: and, or, not have a meaning in conditions", what);
    if (!schema_map(&b->s, node, what, KEYS, RULES, slot)) return;
    int kind = find_kind(b, node, what, slot);
    if (kind < 0) return;
    p->kind = KINDS[kind];
    if (kind == REAL || kind == INTEGER) read_range(b, slot[kind], what, p);
    if (kind == DISCRETE) read_levels(b, slot[kind], what, p);
    if (kind == CATEGORICAL) read_labels(b, slot[kind], what, p);
    if (slot[UNIT] && kind == CATEGORICAL)
        schema_error(&b->s, slot[UNIT], NULL, "%s: labels have no unit", what);
    else if (slot[UNIT])
        schema_unit(&b->s, slot[UNIT], &p->unit);
    if (slot[SCALE] && schema_choice(&b->s, slot[SCALE], what, 2, SCALES, &scale))
        p->scale = (itp_scale)scale;
    if (slot[PERIOD]) schema_number(&b->s, slot[PERIOD], what, NUMBER_POSITIVE, &p->period);
    check_scale(b, what, slot, p);
    if (slot[WHEN]) schema_text(&b->s, slot[WHEN], "when", &p->when);
    if (slot[CONTEXT]) schema_flag(&b->s, slot[CONTEXT], "context", &p->context);
    if (slot[DESCRIPTORS] && kind != CATEGORICAL)
        schema_error(&b->s, slot[DESCRIPTORS], NULL, "%s: only labels have descriptors", what);
    else if (slot[DESCRIPTORS])
        read_descriptors(b, slot[DESCRIPTORS], p);
}

itp_symbol *builder_symbols(builder *b)
{
    itp_symbol *symbols = builder_alloc(b, b->n_params, sizeof *symbols);
    for (size_t i = 0; symbols && i < b->n_params; i++) {
        symbols[i].name = b->params[i].name;
        if (b->params[i].kind != ITP_CATEGORICAL) continue;
        symbols[i].n_labels = b->params[i].n_levels;
        symbols[i].labels = b->params[i].labels;
    }
    return symbols;
}

/* Compiles each `when` here too, because here its place in the file is known. */
static void check_conditions(builder *b)
{
    itp_symbol *symbols = builder_symbols(b);
    for (size_t i = 0; symbols && i < b->n_params; i++) {
        itp_expression *e = NULL;
        itp_fault fault = {0};
        const yaml_node *when = itp_yaml_get(b->param_nodes[i], "when");
        if (!b->params[i].when || !when) continue;
        itp_status st =
            itp_expression_compile_condition(&e, b->params[i].when, b->n_params, symbols, &fault);
        if (st == ITP_EPARSE)
            itp_finding_add(&b->findings, FINDING_ERROR,
                            schema_part(&b->s, when, fault.at, fault.length), fault.hint,
                            "when of %s: %s", b->params[i].name, fault.message);
        else if (st == ITP_OK && itp_expression_uses(e, i))
            schema_error(&b->s, when, NULL, "when of %s: it depends on itself", b->params[i].name);
        itp_expression_destroy(e);
    }
}

void builder_parameters(builder *b, const yaml_node *node)
{
    if (!node || !schema_expect(&b->s, node, NODE_MAP, "parameters")) return;
    b->params = builder_alloc(b, node->n, sizeof *b->params);
    b->param_nodes = builder_alloc(b, node->n, sizeof *b->param_nodes);
    if (!b->params || !b->param_nodes) return;
    for (size_t i = 0; i < node->n; i++) {
        b->param_nodes[i] = node->values[i];
        read_parameter(b, node->keys[i], node->values[i], &b->params[i]);
    }
    b->n_params = node->n;
    if (node->n == 0) schema_error(&b->s, node, NULL, "parameters: there are none");
    check_conditions(b);
}

void builder_space(builder *b, const yaml_node *root)
{
    itp_error err = {0};
    const yaml_node *node = itp_yaml_get(root, "parameters");
    if (b->n_params > PARAMS_MAX)
        schema_error(&b->s, node ? node : root, NULL, "%zu parameters; at most %d", b->n_params,
                     PARAMS_MAX);
    if (b->n_params == 0 || b->findings.errors) return;
    itp_status st = itp_space_create(&b->whole->is.space, b->n_params, b->params, &err);
    if (st == ITP_ENOMEM)
        b->findings.out_of_memory = 1;
    else if (st != ITP_OK)
        schema_error(&b->s, node ? node : root, NULL, "%s", err.text);
}
