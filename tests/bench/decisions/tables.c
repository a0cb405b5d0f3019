/* tables.c - SPDX-License-Identifier: GPL-3.0-or-later */
#include "tables.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "csv.h"
#include "stream.h"

enum { LEVELS_MAX = 64, SMILES_COUNTS = 8 };

/* What a SMILES is described by: counts of C, N, O, P, F, aromatic c, double bonds, ring digits. */
static const char *const SMILES_SETS[SMILES_COUNTS] = {"C", "Nn", "Oo", "P",
                                                       "F", "c",  "=",  "123456789"};

typedef struct {
    itp_param params[TABLE_COLUMNS_MAX];
    const char *labels[TABLE_COLUMNS_MAX][LEVELS_MAX];
    double *descriptors[TABLE_COLUMNS_MAX];
    long columns[TABLE_COLUMNS_MAX]; /* of the CSV */
    size_t n;
    bench_csv csv;
    json_t *meta;
} reading;

static void measure(const void *context, const double *point, long row, uint64_t trial, double *y)
{
    const bench_table *t = context;
    (void)point;
    *y = t->value[row] + t->outlier_unit * bench_outlier(t->seed, trial, t->outlier_share);
    if (t->noise_sd <= 0) return;
    itp_stream stream;
    itp_stream_init(&stream, t->seed, trial, "bench.noise");
    *y += t->noise_sd * itp_stream_normal(&stream);
}

static void count_characters(const char *text, double *counts)
{
    for (int k = 0; k < SMILES_COUNTS; k++) {
        counts[k] = 0;
        for (const char *c = text; *c; c++) counts[k] += strchr(SMILES_SETS[k], *c) != NULL;
    }
}

/* Descriptors of each label, from its SMILES; counts that never vary are left out. */
static void describe(reading *r, size_t at, const char *name)
{
    char column[128];
    snprintf(column, sizeof column, "%s_SMILES", name);
    long smiles = bench_csv_find(&r->csv, column);
    itp_param *p = &r->params[at];
    double *all = calloc(p->n_levels * SMILES_COUNTS, sizeof *all);
    if (smiles < 0 || !all) {
        free(all);
        return;
    }
    for (size_t level = 0; level < p->n_levels; level++)
        for (size_t row = 0; row < r->csv.rows; row++)
            if (strcmp(bench_csv_cell(&r->csv, row, (size_t)r->columns[at]), p->labels[level]) == 0)
                count_characters(bench_csv_cell(&r->csv, row, (size_t)smiles),
                                 all + level * SMILES_COUNTS);
    size_t kept = 0;
    for (int k = 0; k < SMILES_COUNTS; k++) {
        int varies = 0;
        for (size_t level = 1; level < p->n_levels; level++)
            varies |= all[level * SMILES_COUNTS + k] != all[k];
        if (!varies) continue;
        for (size_t level = 0; level < p->n_levels; level++)
            all[level * SMILES_COUNTS + kept] = all[level * SMILES_COUNTS + k];
        kept++;
    }
    for (size_t level = 0; level < p->n_levels; level++)
        memmove(all + level * kept, all + level * SMILES_COUNTS, kept * sizeof *all);
    static const char *const NAMES[SMILES_COUNTS] = {"s1", "s2", "s3", "s4",
                                                     "s5", "s6", "s7", "s8"};
    p->n_descriptors = kept, p->descriptors = r->descriptors[at] = all, p->descriptor_names = NAMES;
}

static int dropped(const char *const *drop, const char *name)
{
    for (; drop && *drop; drop++)
        if (strcmp(*drop, name) == 0) return 1;
    return 0;
}

static void add_parameter(reading *r, json_t *item, int smiles)
{
    const char *name = json_string_value(json_object_get(item, "name"));
    const char *type = json_string_value(json_object_get(item, "type"));
    itp_param *p = &r->params[r->n];
    r->columns[r->n] = bench_csv_find(&r->csv, name);
    if (r->columns[r->n] < 0 || r->n == TABLE_COLUMNS_MAX) return;
    *p = (itp_param){.name = name, .unit = "1", .kind = ITP_REAL};
    if (strcmp(type, "categorical") == 0) {
        json_t *options = json_object_get(item, "options");
        p->kind = ITP_CATEGORICAL, p->labels = r->labels[r->n];
        for (size_t i = 0; i < json_array_size(options) && i < LEVELS_MAX; i++)
            r->labels[r->n][p->n_levels++] = json_string_value(json_array_get(options, i));
        if (p->n_levels < 2) return;
        if (smiles) describe(r, r->n, name);
    } else {
        p->low = INFINITY, p->high = -INFINITY;
        for (size_t row = 0; row < r->csv.rows; row++) {
            double v = strtod(bench_csv_cell(&r->csv, row, (size_t)r->columns[r->n]), NULL);
            p->low = fmin(p->low, v), p->high = fmax(p->high, v);
        }
        if (!(p->high > p->low)) return;
    }
    r->n++;
}

static double cell_value(const reading *r, size_t row, size_t at)
{
    const char *cell = bench_csv_cell(&r->csv, row, (size_t)r->columns[at]);
    const itp_param *p = &r->params[at];
    if (p->kind != ITP_CATEGORICAL) return strtod(cell, NULL);
    for (size_t i = 0; i < p->n_levels; i++)
        if (strcmp(p->labels[i], cell) == 0) return (double)i;
    return NAN;
}

static itp_status fill(bench_table *out, const reading *r, const char *objective, int minimise,
                       itp_error *err)
{
    long column = bench_csv_find(&r->csv, objective);
    double *points = malloc(r->csv.rows * r->n * sizeof *points), *sorted = NULL;
    out->value = malloc(r->csv.rows * sizeof *out->value);
    out->better = malloc(r->csv.rows * sizeof *out->better);
    itp_status st = column >= 0 && points && out->value && out->better ? ITP_OK : ITP_EINVAL;
    for (size_t row = 0; row < r->csv.rows && st == ITP_OK; row++) {
        const char *cell = bench_csv_cell(&r->csv, row, (size_t)column);
        char *end;
        double y = strtod(cell, &end);
        if (end == cell || !isfinite(y)) continue;
        for (size_t i = 0; i < r->n; i++) points[out->n * r->n + i] = cell_value(r, row, i);
        out->value[out->n] = y;
        out->better[out->n++] = minimise ? -y : y;
    }
    if (st == ITP_OK) st = itp_space_create(&out->space, r->n, r->params, err);
    if (st == ITP_OK)
        st = itp_space_set_candidates(out->space, out->n, points, 0, NULL, NULL, NULL, err);
    if (st == ITP_OK) sorted = malloc(out->n * sizeof *sorted);
    if (sorted) {
        memcpy(sorted, out->better, out->n * sizeof *sorted);
        bench_sort(out->n, sorted);
        out->n_top = (size_t)(0.05 * (double)out->n + 0.5);
        out->threshold = sorted[out->n - out->n_top], out->best = sorted[out->n - 1];
        out->n_top = 0;
        for (size_t i = 0; i < out->n; i++) out->n_top += out->better[i] >= out->threshold;
    }
    free(sorted);
    free(points);
    return st;
}

itp_status bench_table_open(bench_table *out, const char *folder, const char *set,
                            const char *const *drop, int smiles, const char *objective,
                            itp_error *err)
{
    char path[1024];
    reading *r = calloc(1, sizeof *r);
    *out = (bench_table){0};
    if (!r) return ITP_ENOMEM;
    snprintf(path, sizeof path, "%s/%s/data.csv", folder, set);
    int readable = bench_csv_open(&r->csv, path);
    snprintf(path, sizeof path, "%s/%s/meta.json", folder, set);
    r->meta = json_load_file(path, 0, NULL);
    itp_status st = readable && r->meta ? ITP_OK : itp_fail(err, ITP_EIO, "%s: unreadable", path);
    if (st == ITP_OK) {
        json_t *item, *goals = json_object_get(r->meta, "objectives"), *goal = NULL;
        size_t i;
        json_array_foreach(
            json_object_get(r->meta, "parameters"), i,
            item) if (!dropped(drop, json_string_value(json_object_get(item, "name"))))
            add_parameter(r, item, smiles);
        json_array_foreach(
            goals, i,
            item) if (!goal ||
                      (objective &&
                       strcmp(objective, json_string_value(json_object_get(item, "name"))) == 0))
            goal = item;
        int minimise = strcmp(json_string_value(json_object_get(goal, "goal")), "min") == 0;
        st = fill(out, r, json_string_value(json_object_get(goal, "name")), minimise, err);
        out->goal = (itp_goal){.name = "value",
                               .what = {.outcome = 0},
                               .target = NAN,
                               .weight = NAN,
                               .kind = minimise ? ITP_MINIMISE : ITP_MAXIMISE,
                               .reference = NAN};
        out->world = (bench_world){out->space, 1, 1, 0, &out->goal, NULL, measure, out};
    }
    for (size_t i = 0; i < TABLE_COLUMNS_MAX; i++) free(r->descriptors[i]);
    json_decref(r->meta);
    bench_csv_close(&r->csv);
    free(r);
    if (st != ITP_OK) bench_table_close(out);
    return st;
}

void bench_table_close(bench_table *table)
{
    itp_space_destroy(table->space);
    free(table->value);
    free(table->better);
    table->space = NULL, table->value = table->better = NULL;
}
