/* data.c - earlier measurements that a campaign starts from: journals, taken as tables of their
 * trials, and tables with a column for each parameter and for each outcome that they know.
 *   NAME_unit holds the unit of each row's NAME (otherwise the campaign's is meant), NAME_sd its
 * standard deviation. A parameter that the table lacks has one value, under `at`. Rows that lie
 * outside the space are left out, and check says how many.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

enum { FILE_NAME, AS, AT, KEYS };
static const key_rule RULES[KEYS] = {{"file", 1}, {"as", 0}, {"at", 0}};

/* Where a name's cells are: its column, its unit's and its sd's, or -1. */
typedef struct {
    long value, unit, sd;
} place;

typedef struct {
    builder *b;
    const yaml_node *node;
    const csv_table *table;
    const itp_space *space;
    place *params, *outcomes;
    double *fixed; /* n_params: of those without a column */
} reading;

static place find_place(const csv_table *t, const char *name)
{
    char unit[128], sd[128];
    snprintf(unit, sizeof unit, "%.100s_unit", name);
    snprintf(sd, sizeof sd, "%.100s_sd", name);
    return (place){itp_csv_find(t, name), itp_csv_find(t, unit), itp_csv_find(t, sd)};
}

/* A cell as a number in `unit`; NaN when it is empty. 0 after reporting. */
static int read_cell(reading *r, size_t row, const place *at, long column, const char *unit,
                     int difference, double *out)
{
    double value;
    *out = NAN;
    if (column < 0 || !*itp_csv_cell(r->table, row, (size_t)column)) return 1;
    if (!itp_csv_number(r->table, row, (size_t)column, &value)) {
        itp_finding_add(&r->b->findings, FINDING_ERROR,
                        itp_csv_span(r->table, (long)row, (size_t)column), NULL,
                        "data: %s is no number", itp_csv_header(r->table, (size_t)column));
        return 0;
    }
    const char *own = at->unit >= 0 ? itp_csv_cell(r->table, row, (size_t)at->unit) : "";
    *out = value;
    if (!*own) return 1;
    itp_error err = {0};
    itp_status st = difference
                        ? itp_units_convert_sd(r->b->s.units, own, unit, value, value, out, &err)
                        : itp_units_convert(r->b->s.units, own, unit, value, out, &err);
    if (st == ITP_OK) return 1;
    itp_finding_add(&r->b->findings, FINDING_ERROR,
                    itp_csv_span(r->table, (long)row, (size_t)at->unit), NULL, "data: %s",
                    err.text);
    return 0;
}

/* 1 when the row is a point of the space. */
static int read_point(reading *r, size_t row, double *point, double *x)
{
    for (size_t i = 0; i < itp_space_n_params(r->space); i++) {
        const itp_param *p = itp_space_param(r->space, i);
        long column = r->params[i].value;
        point[i] = r->fixed[i];
        if (column < 0) continue;
        if (p->kind != ITP_CATEGORICAL) {
            if (!read_cell(r, row, &r->params[i], column, p->unit, 0, &point[i])) return 0;
            continue;
        }
        const char *label = itp_csv_cell(r->table, row, (size_t)column);
        point[i] = NAN;
        for (size_t k = 0; k < p->n_levels; k++)
            if (strcmp(label, p->labels[k]) == 0) point[i] = (double)k;
        if (isnan(point[i]) && *label) return 0;
    }
    return itp_space_encode(r->space, point, x, NULL) == ITP_OK;
}

static int read_row(reading *r, size_t row, double *values, double *sds)
{
    const itp_campaign *c = &r->b->whole->is;
    int some = 0;
    for (size_t o = 0; o < c->n_outcomes; o++) {
        const place *at = &r->outcomes[o];
        values[o] = sds[o] = NAN;
        if (c->outcomes[o].label) continue;
        if (!read_cell(r, row, at, at->value, c->outcomes[o].unit, 0, &values[o])) return 0;
        if (!read_cell(r, row, at, at->sd, c->outcomes[o].unit, 1, &sds[o])) return 0;
        some |= !isnan(values[o]);
    }
    return some;
}

static void read_rows(reading *r, itp_history *h)
{
    builder *b = r->b;
    size_t n_params = itp_space_n_params(r->space), m = b->whole->is.n_outcomes, outside = 0;
    size_t rows = r->table->n_rows;
    double *points = builder_alloc(b, rows * n_params, sizeof *points);
    double *values = builder_alloc(b, 2 * rows * m, sizeof *values);
    double *x = builder_alloc(b, itp_space_d(r->space), sizeof *x);
    if (!points || !values || !x) return;
    double *sds = values + rows * m;
    for (size_t row = 0; row < rows; row++) {
        if (!read_row(r, row, values + h->n * m, sds + h->n * m)) continue;
        if (read_point(r, row, points + h->n * n_params, x))
            h->n++;
        else
            outside++;
    }
    h->points = points, h->values = values, h->sds = sds;
    if (outside)
        schema_warning(&b->s, r->node, NULL, "data: %zu of %zu rows of %s lie outside the space",
                       outside, h->n + outside, h->path);
    if (h->n == 0)
        schema_error(&b->s, r->node, NULL,
                     "data: no row of %s has a point and an outcome of this "
                     "campaign",
                     h->path);
}

/* Columns of parameters and outcomes; values of parameters that have none. */
static int find_columns(reading *r, const yaml_node *at)
{
    builder *b = r->b;
    size_t n = itp_space_n_params(r->space), m = b->whole->is.n_outcomes, known = 0;
    r->params = builder_alloc(b, n, sizeof *r->params);
    r->outcomes = builder_alloc(b, m, sizeof *r->outcomes);
    r->fixed = builder_alloc(b, n, sizeof *r->fixed);
    if (!r->params || !r->outcomes || !r->fixed) return 0;
    for (size_t i = 0; i < n; i++) {
        const itp_param *p = itp_space_param(r->space, i);
        const yaml_node *given = at ? itp_yaml_get(at, p->name) : NULL;
        r->params[i] = find_place(r->table, p->name);
        r->fixed[i] = NAN;
        if (r->params[i].value >= 0 || p->when || p->context) continue;
        if (!given) {
            schema_error(
                &b->s, r->node, "for instance {file: earlier.csv, at: {temperature: 25 degC}}",
                "data: %s has no column %s, and `at` gives it no value", r->table->file, p->name);
            return 0;
        }
        for (size_t k = 0; p->kind == ITP_CATEGORICAL && k < p->n_levels; k++)
            if (schema_is(given, p->labels[k])) r->fixed[i] = (double)k;
        if (p->kind != ITP_CATEGORICAL &&
            !schema_quantity(&b->s, given, p->name, p->unit, &r->fixed[i]))
            return 0;
        if (!isnan(r->fixed[i])) continue;
        schema_error(&b->s, given, NULL, "at: no value of %s", p->name);
        return 0;
    }
    for (size_t o = 0; o < m; o++) {
        r->outcomes[o] = find_place(r->table, b->outcomes[o].name);
        known += r->outcomes[o].value >= 0;
    }
    if (known == 0)
        schema_error(&b->s, r->node, NULL, "data: %s has no column of an outcome, such as %s",
                     r->table->file, m ? b->outcomes[0].name : "?");
    return known > 0;
}

static void read_one(builder *b, const yaml_node *node, itp_history *h)
{
    static const choice_rule USES[] = {{"auto", ITP_HISTORY_AUTO},
                                       {"data", ITP_HISTORY_DATA},
                                       {"mean", ITP_HISTORY_MEAN},
                                       {"source", ITP_HISTORY_SOURCE}};
    const yaml_node *slot[KEYS] = {node};
    int use = ITP_HISTORY_AUTO;
    if (node->kind == NODE_MAP && !schema_map(&b->s, node, "data", KEYS, RULES, slot)) return;
    if (!slot[FILE_NAME] || !schema_text(&b->s, slot[FILE_NAME], "data", &h->path)) return;
    if (slot[AS]) schema_choice(&b->s, slot[AS], "as", 4, USES, &use);
    if (slot[AT] && !schema_expect(&b->s, slot[AT], NODE_MAP, "at")) return;
    h->use = (itp_history_use)use;
    if (!builder_earlier(b, slot[FILE_NAME], h->path)) return;
    reading r = {.b = b, .node = slot[FILE_NAME], .space = b->whole->is.space};
    r.table = builder_table(b, slot[FILE_NAME], h->path);
    if (r.table && r.space && find_columns(&r, slot[AT])) read_rows(&r, h);
}

static size_t count(const yaml_node *data)
{
    return data->kind == NODE_LIST ? data->n : 1;
}

void builder_sources(builder *b, const yaml_node *data)
{
    if (!data || !b->whole->is.space || count(data) == 0) return;
    if (itp_space_add_sources(b->whole->is.space, (unsigned)count(data) + 1) != ITP_OK)
        b->findings.out_of_memory = 1;
}

void builder_data(builder *b, const yaml_node *node)
{
    if (!node || !b->whole->is.space) return;
    size_t n = count(node);
    itp_history *histories = builder_alloc(b, n, sizeof *histories);
    if (!histories) return;
    b->whole->is.histories = histories;
    for (size_t i = 0; i < n; i++) {
        histories[i] = (itp_history){.path = "?"};
        read_one(b, node->kind == NODE_LIST ? node->values[i] : node, &histories[i]);
        b->whole->is.n_histories++;
    }
}
