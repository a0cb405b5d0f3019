/* rows.c - the candidate table: which columns are parameters, which describe, which only go along.
 *   candidates: FILE, or {file: FILE, label: COLUMN, descriptors: none | auto | [COLUMN, ...],
 * describes: [PARAMETER, ...]}.
 *   With `parameters` in the campaign each of them is a column, and descriptors are those asked
 * for. Without, the parameters are inferred. When the label column (else the first) holds a
 * different text in each row, it is the one parameter: the choice is among names; other columns of
 * numbers describe them. Otherwise each column of numbers is a real parameter, each column of texts
 * that recur a categorical one. Any column may be an input of a task. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

enum { FILE_KEY, LABEL, DESCRIPTORS, DESCRIBES, KEYS };
static const key_rule RULES[KEYS] = {[FILE_KEY] = {"file", 1},
                                     [LABEL] = {"label", 0},
                                     [DESCRIPTORS] = {"descriptors", 0},
                                     [DESCRIBES] = {"describes", 0}};

/* The parts of `candidates`; slot[FILE_KEY] is NULL when there is nothing to go on with. */
static void read_form(builder *b, const yaml_node *node, const yaml_node **slot)
{
    memset(slot, 0, KEYS * sizeof *slot);
    if (node->kind == NODE_SCALAR)
        slot[FILE_KEY] = node;
    else
        schema_map(&b->s, node, "candidates", KEYS, RULES, slot);
}

typedef enum column_kind { COLUMN_NUMBERS, COLUMN_TEXT, COLUMN_GAPS } column_kind;

static column_kind kind_of(const csv_table *t, size_t column)
{
    size_t numbers = 0, empty = 0;
    for (size_t r = 0; r < t->n_rows; r++) {
        double ignored;
        if (itp_csv_number(t, r, column, &ignored))
            numbers++;
        else if (!*itp_csv_cell(t, r, column))
            empty++;
    }
    if (numbers == t->n_rows) return COLUMN_NUMBERS;
    return numbers && numbers + empty == t->n_rows ? COLUMN_GAPS : COLUMN_TEXT;
}

static int compare_cells(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The different texts of a column, in order of appearance; their number. */
static size_t distinct(builder *b, const csv_table *t, size_t column, const char ***out)
{
    const char **sorted = malloc((t->n_rows + 1) * sizeof *sorted);
    const char **labels = builder_alloc(b, t->n_rows, sizeof *labels);
    unsigned char *taken = calloc(t->n_rows + 1, 1);
    size_t n = 0, m = 0;
    if (sorted && labels && taken) {
        for (size_t r = 0; r < t->n_rows; r++) sorted[r] = itp_csv_cell(t, r, column);
        qsort(sorted, t->n_rows, sizeof *sorted, compare_cells);
        for (size_t r = 0; r < t->n_rows; r++)
            if (m == 0 || strcmp(sorted[m - 1], sorted[r]) != 0) sorted[m++] = sorted[r];
        for (size_t r = 0; r < t->n_rows; r++) {
            const char *cell = itp_csv_cell(t, r, column);
            const char **at = bsearch(&cell, sorted, m, sizeof *sorted, compare_cells);
            if (!at || taken[at - sorted]) continue;
            taken[at - sorted] = 1;
            labels[n++] = cell;
        }
    } else {
        b->findings.out_of_memory = 1;
    }
    free(taken);
    free(sorted);
    *out = labels;
    return n;
}

static void add_categorical(builder *b, const csv_table *t, size_t column, const char **labels,
                            size_t n)
{
    b->params[b->n_params++] = (itp_param){.name = itp_csv_header(t, column),
                                           .unit = "1",
                                           .kind = ITP_CATEGORICAL,
                                           .n_levels = n,
                                           .labels = labels};
}

static void add_real(builder *b, const csv_table *t, size_t column)
{
    itp_param p = {.name = itp_csv_header(t, column), .unit = "1", .kind = ITP_REAL};
    p.low = INFINITY;
    p.high = -INFINITY;
    for (size_t r = 0; r < t->n_rows; r++) {
        double v = 0;
        itp_csv_number(t, r, column, &v);
        p.low = fmin(p.low, v);
        p.high = fmax(p.high, v);
    }
    if (p.low < p.high) b->params[b->n_params++] = p; /* a constant is nothing to choose */
}

static int is_listed(const yaml_node *list, const char *name)
{
    for (size_t i = 0; list && list->kind == NODE_LIST && i < list->n; i++)
        if (schema_is(list->values[i], name)) return 1;
    return 0;
}

/* A column called like an output holds what is to be measured: a choice by it would be a peek. */
static int is_output(const builder *b, const char *name)
{
    const yaml_node *tasks = itp_yaml_get(b->whole->root, "tasks");
    for (size_t i = 0; tasks && tasks->kind == NODE_MAP && i < tasks->n; i++) {
        const yaml_node *outputs = itp_yaml_get(tasks->values[i], "outputs");
        if (itp_yaml_get(outputs, name) || is_listed(outputs, name)) return 1;
    }
    return 0;
}

/* Says what was inferred, so that nobody has to guess what the agent guessed. */
static void announce(builder *b, const yaml_node *at, size_t first)
{
    char names[400] = "";
    size_t used = 0;
    for (size_t i = first; i < b->n_params && used + 80 < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%.60s%s",
                                 i > first ? ", " : "", b->params[i].name,
                                 b->params[i].kind == ITP_CATEGORICAL ? " (labels)" : "");
    schema_warning(&b->s, at, "write them under `parameters` to choose which, and in which units",
                   "no parameters are given; taken from the columns: %s%s", names,
                   used + 80 < sizeof names ? "" : ", ...");
}

/* Column that names the rows, or -1 when rows are not named. */
static long find_label(builder *b, const yaml_node **slot, const csv_table *t)
{
    const char *name;
    if (!slot[LABEL]) return t->n_rows && kind_of(t, 0) == COLUMN_TEXT ? 0 : -1;
    if (!schema_text(&b->s, slot[LABEL], "label", &name)) return -2;
    long column = itp_csv_find(t, name);
    if (column < 0)
        schema_error(&b->s, slot[LABEL], schema_hint(&b->s, name, t->n_columns, t->cells),
                     "%s has no column \"%.60s\"", t->file, name);
    return column < 0 ? -2 : column;
}

static void infer_parameters(builder *b, const yaml_node **slot, const csv_table *t)
{
    const char **labels;
    long label = find_label(b, slot, t);
    size_t n_context = b->n_params; /* what is measured may stand beside what is inferred */
    itp_param *params = builder_alloc(b, n_context + t->n_columns, sizeof *params);
    if (label == -2 || !params) return;
    if (n_context) memcpy(params, b->params, n_context * sizeof *params);
    b->params = params;
    if (label >= 0) {
        size_t n = distinct(b, t, (size_t)label, &labels);
        if (n == t->n_rows && labels) {
            add_categorical(b, t, (size_t)label, labels, n);
            announce(b, slot[FILE_KEY], n_context);
            return;
        }
        if (slot[LABEL])
            schema_error(&b->s, slot[LABEL], NULL,
                         "column \"%s\" does not tell the rows apart: %zu "
                         "names for %zu rows",
                         itp_csv_header(t, (size_t)label), n, t->n_rows);
    }
    for (size_t j = 0; j < t->n_columns; j++) {
        column_kind kind = kind_of(t, j);
        if (is_listed(slot[DESCRIPTORS], itp_csv_header(t, j))) continue;
        if (is_output(b, itp_csv_header(t, j))) continue;
        if (kind == COLUMN_NUMBERS) {
            add_real(b, t, j);
        } else if (kind == COLUMN_TEXT) {
            size_t n = distinct(b, t, j, &labels);
            if (n > 1 && n < t->n_rows && labels) add_categorical(b, t, j, labels, n);
        }
    }
    if (b->n_params == n_context)
        schema_error(&b->s, slot[FILE_KEY], NULL, "%s has no column to choose by", t->file);
    else
        announce(b, slot[FILE_KEY], n_context);
}

void builder_candidates(builder *b, const yaml_node *node)
{
    const yaml_node *slot[KEYS];
    const char *path;
    if (!node) return;
    read_form(b, node, slot);
    if (!slot[FILE_KEY] || !schema_text(&b->s, slot[FILE_KEY], "candidates", &path)) return;
    b->whole->table = builder_table(b, slot[FILE_KEY], path);
    if (b->whole->table && b->whole->table->n_rows == 0) {
        schema_error(&b->s, slot[FILE_KEY], NULL, "%s has a header but no rows", path);
        b->whole->table = NULL;
    }
    if (b->whole->table && !itp_yaml_get(b->whole->root, "parameters"))
        infer_parameters(b, slot, b->whole->table);
}

/* --- Rows as points ------------------------------------------------------------------------------
 */

static int label_index(const itp_param *p, const char *cell, double *out)
{
    for (size_t i = 0; i < p->n_levels; i++)
        if (!strcmp(p->labels[i], cell)) {
            *out = (double)i;
            return 1;
        }
    return 0;
}

/* One cell as the parameter's value; 0 after reporting why not. */
static int read_cell(builder *b, const csv_table *t, size_t row, size_t column, const itp_param *p,
                     double *out)
{
    const char *cell = itp_csv_cell(t, row, column);
    span where = itp_csv_span(t, (long)row, column);
    if (!*cell && (p->when || p->context)) return *out = NAN, 1;
    if (p->kind == ITP_CATEGORICAL) {
        int in_order = row < p->n_levels && !strcmp(p->labels[row], cell); /* named rows are */
        if (in_order) return *out = (double)row, 1;
        if (label_index(p, cell, out)) return 1;
        itp_finding_add(&b->findings, FINDING_ERROR, where,
                        schema_hint(&b->s, cell, p->n_levels, p->labels),
                        "\"%.60s\" is no label of %s", cell, p->name);
        return 0;
    }
    if (!itp_csv_number(t, row, column, out)) {
        itp_finding_add(&b->findings, FINDING_ERROR, where, NULL,
                        "%s: \"%.60s\" where a number is wanted", p->name, cell);
        return 0;
    }
    int level = p->kind != ITP_DISCRETE;
    for (size_t i = 0; !level && i < p->n_levels; i++) level = p->levels[i] == *out;
    if (p->kind == ITP_INTEGER && *out != round(*out)) level = 0;
    if (p->kind != ITP_DISCRETE && (*out < p->low || *out > p->high)) level = 0;
    if (!level)
        itp_finding_add(&b->findings, FINDING_ERROR, where, NULL,
                        "%s = %s is not one of its values", p->name, cell);
    return level;
}

/* Table columns of the parameters; 0 after reporting one that is missing. */
static int find_columns(builder *b, const yaml_node *at, const csv_table *t, long *column)
{
    int all = 1;
    for (size_t i = 0; i < b->n_params; i++) {
        column[i] = itp_csv_find(t, b->params[i].name);
        if (column[i] >= 0 || b->params[i].context) continue;
        schema_error(&b->s, at, schema_hint(&b->s, b->params[i].name, t->n_columns, t->cells),
                     "%s has no column for parameter %s", t->file, b->params[i].name);
        all = 0;
    }
    return all;
}

static void find_further(builder *b, const csv_table *t, const long *column)
{
    campaign_whole *w = b->whole;
    w->further = builder_alloc(b, t->n_columns, sizeof *w->further);
    for (size_t j = 0; w->further && j < t->n_columns; j++) {
        int parameter = 0;
        for (size_t i = 0; i < b->n_params; i++) parameter |= column[i] == (long)j;
        if (!parameter) w->further[w->n_further++] = j;
    }
}

/* Descriptor columns into `out`; their number. */
static size_t find_descriptors(builder *b, const yaml_node *node, int inferred, const csv_table *t,
                               const long *column, size_t *out)
{
    size_t n = 0;
    size_t chosen = 0, labels = 0;
    for (size_t i = 0; i < b->n_params; i++) {
        chosen += !b->params[i].context;
        labels += !b->params[i].context && b->params[i].n_levels == t->n_rows;
    }
    int labelled = inferred && chosen == 1 && labels == 1;
    int automatic = node ? schema_is(node, "auto") : labelled;
    if (node && !automatic && !schema_is(node, "none") &&
        !schema_expect(&b->s, node, NODE_LIST, "descriptors (auto, none or a list of columns)"))
        return 0;
    for (size_t i = 0; node && node->kind == NODE_LIST && i < node->n; i++) {
        long j = node->values[i]->kind == NODE_SCALAR ? itp_csv_find(t, node->values[i]->text) : -1;
        if (j >= 0)
            out[n++] = (size_t)j;
        else
            schema_error(&b->s, node->values[i],
                         schema_hint(&b->s, node->values[i]->text, t->n_columns, t->cells),
                         "%s has no column \"%.60s\"", t->file, node->values[i]->text);
    }
    for (size_t j = 0; automatic && j < t->n_columns; j++) {
        int parameter = 0;
        for (size_t i = 0; i < b->n_params; i++) parameter |= column[i] == (long)j;
        if (parameter || is_output(b, itp_csv_header(t, j))) continue;
        column_kind kind = kind_of(t, j);
        if (kind == COLUMN_NUMBERS) out[n++] = j;
        if (kind == COLUMN_GAPS)
            itp_finding_add(&b->findings, FINDING_WARNING, itp_csv_span(t, -1, j), NULL,
                            "column %s has empty cells and is not used as a descriptor",
                            itp_csv_header(t, j));
    }
    return n;
}

/* Which parameters the descriptors stand for: those named, else every categorical one without
 * descriptors of its own. */
static void find_described(builder *b, const yaml_node *node, size_t n_descriptors, int *described)
{
    for (size_t i = 0; i < b->n_params; i++)
        described[i] = !node && n_descriptors && b->params[i].kind == ITP_CATEGORICAL &&
                       b->params[i].n_descriptors == 0;
    if (!node || !schema_expect(&b->s, node, NODE_LIST, "describes")) return;
    for (size_t k = 0; k < node->n; k++) {
        size_t i = 0;
        while (i < b->n_params && !schema_is(node->values[k], b->params[i].name)) i++;
        if (i < b->n_params)
            described[i] = 1;
        else
            schema_error(&b->s, node->values[k], NULL, "describes: unknown parameter \"%.60s\"",
                         node->values[k]->text);
    }
    if (!n_descriptors)
        schema_error(&b->s, node, NULL, "describes: there are no descriptors to stand for them");
}

static int same_row(size_t n, const double *a, const double *b)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i] && !(isnan(a[i]) && isnan(b[i]))) return 0;
    return 1;
}

static uint64_t row_hash(size_t n, const double *row)
{
    uint64_t h = 1469598103934665603u; /* FNV-1a over the bits */
    for (size_t i = 0; i < n; i++) {
        double v = isnan(row[i]) ? 0.5e-300 : row[i] + 0.0;
        unsigned char bytes[sizeof v];
        memcpy(bytes, &v, sizeof v);
        for (size_t k = 0; k < sizeof v; k++) h = (h ^ bytes[k]) * 1099511628211u;
    }
    return h ^ (h >> 29);
}

/* Keeps the rows that are distinct and satisfy the known constraints; returns how many. */
static size_t sift(builder *b, const yaml_node *at, const csv_table *t, double *points)
{
    campaign_whole *w = b->whole;
    size_t n = b->n_params, kept = 0, broken = 0, slots = 4, first_broken = 0;
    const char *which = NULL;
    while (slots < 2 * t->n_rows + 2) slots *= 2;
    size_t *slot = calloc(slots, sizeof *slot);
    if (!slot) b->findings.out_of_memory = 1;
    for (size_t r = 0; slot && r < t->n_rows; r++) {
        const double *row = points + r * n;
        size_t s = (size_t)row_hash(n, row) & (slots - 1);
        const char *text = NULL;
        while (slot[s] && !same_row(n, points + (slot[s] - 1) * n, row)) s = (s + 1) & (slots - 1);
        if (slot[s]) {
            itp_finding_add(&b->findings, FINDING_WARNING, itp_csv_span(t, (long)r, 0), NULL,
                            "the same candidate as line %u; left out",
                            itp_csv_line(t, (long)w->row_of[slot[s] - 1]));
            continue;
        }
        if (itp_space_violation(w->is.space, row, &text) > 1e-9) {
            if (!broken++) first_broken = r, which = text;
            continue;
        }
        memmove(points + kept * n, row, n * sizeof *row);
        w->row_of[kept] = r;
        slot[s] = ++kept;
    }
    free(slot);
    if (broken)
        schema_warning(&b->s, at, NULL,
                       "%zu of %zu candidates break known constraints and are left "
                       "out (line %u: %s)",
                       broken, t->n_rows, itp_csv_line(t, (long)first_broken), which ? which : "?");
    return kept;
}

static double *read_points(builder *b, const csv_table *t, const long *column)
{
    size_t n = b->n_params, errors = b->findings.errors;
    double *points = malloc((t->n_rows * n + 1) * sizeof *points);
    if (!points) b->findings.out_of_memory = 1;
    for (size_t r = 0; points && r < t->n_rows; r++)
        for (size_t i = 0; i < n; i++) {
            points[r * n + i] = NAN;
            if (column[i] >= 0)
                read_cell(b, t, r, (size_t)column[i], &b->params[i], &points[r * n + i]);
        }
    if (b->findings.errors > errors) {
        free(points);
        return NULL;
    }
    return points;
}

static double *read_row_descriptors(builder *b, const csv_table *t, size_t rows, size_t m,
                                    const size_t *columns)
{
    double *values = malloc((rows * m + 1) * sizeof *values);
    if (!values) b->findings.out_of_memory = 1;
    for (size_t k = 0; values && k < rows; k++)
        for (size_t j = 0; j < m; j++) {
            size_t r = b->whole->row_of[k];
            if (itp_csv_number(t, r, columns[j], &values[k * m + j])) continue;
            itp_finding_add(&b->findings, FINDING_ERROR, itp_csv_span(t, (long)r, columns[j]), NULL,
                            "descriptor %s is no number here", itp_csv_header(t, columns[j]));
        }
    return values;
}

void builder_rows(builder *b, const yaml_node *candidates)
{
    campaign_whole *w = b->whole;
    const csv_table *t = w->table;
    const yaml_node *slot[KEYS];
    itp_error err = {0};
    if (!t || !w->is.space) return;
    memset(slot, 0, sizeof slot);
    slot[FILE_KEY] = candidates;
    for (size_t k = 0; candidates->kind == NODE_MAP && k < KEYS; k++)
        slot[k] = itp_yaml_get(candidates, RULES[k].name);
    size_t listed =
        slot[DESCRIPTORS] && slot[DESCRIPTORS]->kind == NODE_LIST ? slot[DESCRIPTORS]->n : 0;
    long *column = builder_alloc(b, b->n_params, sizeof *column);
    size_t *descriptor = builder_alloc(b, t->n_columns + listed, sizeof *descriptor);
    int *described = builder_alloc(b, b->n_params, sizeof *described);
    w->row_of = builder_alloc(b, t->n_rows, sizeof *w->row_of);
    if (!column || !descriptor || !described || !w->row_of) return;
    if (!find_columns(b, slot[FILE_KEY], t, column)) return;
    find_further(b, t, column);
    int inferred = !itp_yaml_get(w->root, "parameters");
    size_t m = find_descriptors(b, slot[DESCRIPTORS], inferred, t, column, descriptor);
    find_described(b, slot[DESCRIBES], m, described);
    double *points = read_points(b, t, column);
    size_t rows = points ? sift(b, slot[FILE_KEY], t, points) : 0;
    double *values = points ? read_row_descriptors(b, t, rows, m, descriptor) : NULL;
    if (points && rows == 0 && !b->findings.out_of_memory)
        schema_error(&b->s, slot[FILE_KEY], NULL, "no candidate satisfies the known constraints");
    if (values && rows && !b->findings.errors) {
        const char **names = builder_alloc(b, m, sizeof *names);
        for (size_t j = 0; names && j < m; j++) names[j] = itp_csv_header(t, descriptor[j]);
        itp_status st =
            itp_space_set_candidates(w->is.space, rows, points, m, values, names, described, &err);
        if (st == ITP_ENOMEM)
            b->findings.out_of_memory = 1;
        else if (st != ITP_OK)
            schema_error(&b->s, slot[FILE_KEY], NULL, "%s", err.text);
    }
    free(values);
    free(points);
}
