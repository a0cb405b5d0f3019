/* dataset.c - reads meta.json for the columns and data.csv for the rows (no quoted commas in the
 * numeric sets). SPDX-License-Identifier: GPL-3.0-or-later */
#include "dataset.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const NUMERIC_SETS[] = {"attia_fastcharge_sim",
                                    "bigmap_hte_conductivity",
                                    "bmxfc_fastcharge_map",
                                    "btz_solubility_binary_solvents",
                                    "clio_aem",
                                    "clio_liion_electrolyte",
                                    "li_metal_ce_kim2023",
                                    "mf_cofs_xe_kr",
                                    "mf_freesolv",
                                    "na_anode_free_electrolyte",
                                    "olympus_alkox",
                                    "olympus_benzylation",
                                    "olympus_snar",
                                    "olympus_suzuki",
                                    "pvlab_agnp",
                                    "pvlab_crossed_barrel",
                                    "pvlab_p3ht",
                                    NULL};

enum { COLUMNS_MAX = 64, LINE_MAX_LENGTH = 8192 };

static size_t split(char *line, char **field)
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *at = line; at && count < COLUMNS_MAX; count++) {
        field[count] = at;
        at = strchr(at, ',');
        if (at) *at++ = '\0';
    }
    return count;
}

static int find(size_t count, char **field, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(field[i], name) == 0) return (int)i;
    return -1;
}

/* Parameter columns, then the objective, as positions in the table. */
static size_t read_columns(const char *path, size_t count, char **header, int *position)
{
    json_t *meta = json_load_file(path, 0, NULL), *item;
    size_t i, d = 0;
    json_array_foreach(json_object_get(meta, "parameters"), i, item) position[d++] =
        find(count, header, json_string_value(json_object_get(item, "name")));
    item = json_array_get(json_object_get(meta, "objectives"), 0);
    position[d] = item ? find(count, header, json_string_value(json_object_get(item, "name"))) : -1;
    json_decref(meta);
    return d;
}

static void scale(dataset *set)
{
    for (size_t c = 0; c < set->d; c++) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < set->n; i++) {
            low = fmin(low, set->x[i * set->d + c]);
            high = fmax(high, set->x[i * set->d + c]);
        }
        for (size_t i = 0; i < set->n; i++) {
            double *x = &set->x[i * set->d + c];
            *x = high > low ? (*x - low) / (high - low) : 0.5;
        }
    }
}

static void thin(dataset *set, size_t n_max)
{
    if (set->n <= n_max) return;
    for (size_t k = 0; k < n_max; k++) {
        size_t i = k * set->n / n_max;
        memmove(set->x + k * set->d, set->x + i * set->d, set->d * sizeof *set->x);
        set->y[k] = set->y[i];
    }
    set->n = n_max;
}

int dataset_load(dataset *set, const char *folder, const char *name, size_t n_max)
{
    char path[1024], line[LINE_MAX_LENGTH], *field[COLUMNS_MAX];
    int position[COLUMNS_MAX + 1];
    *set = (dataset){0};
    snprintf(set->name, sizeof set->name, "%s", name);
    snprintf(path, sizeof path, "%s/%s/data.csv", folder, name);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file)) return 0;
    size_t count = split(line, field), max = 8192;
    snprintf(path, sizeof path, "%s/%s/meta.json", folder, name);
    set->d = read_columns(path, count, field, position);
    set->x = malloc(max * set->d * sizeof *set->x);
    set->y = malloc(max * sizeof *set->y);
    while (set->n < max && fgets(line, sizeof line, file)) {
        int complete = split(line, field) >= set->d;
        for (size_t c = 0; c <= set->d && complete; c++) {
            char *end = field[0];
            double value = position[c] < 0 ? NAN : strtod(field[position[c]], &end);
            complete = position[c] >= 0 && end != field[position[c]] && isfinite(value);
            if (complete) *(c < set->d ? &set->x[set->n * set->d + c] : &set->y[set->n]) = value;
        }
        set->n += (size_t)complete;
    }
    fclose(file);
    thin(set, n_max);
    scale(set);
    return set->n > 0 && set->d > 0;
}

void dataset_free(dataset *set)
{
    free(set->x);
    free(set->y);
    *set = (dataset){0};
}
