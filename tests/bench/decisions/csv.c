/* csv.c - SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_all(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    size_t size = 0, max = 1 << 16;
    char *text = malloc(max);
    for (size_t got; text && (got = fread(text + size, 1, max - size - 1, file)) > 0;) {
        size += got;
        if (size + 1 < max) continue;
        char *more = realloc(text, max *= 2);
        if (!more) free(text);
        text = more;
    }
    fclose(file);
    if (text) text[size] = '\0';
    return text;
}

/* Cuts the next cell off *at; *end is what stood behind it. */
static char *next_cell(char **at, char *end)
{
    char *cell = *at, *to = cell, *from = cell;
    int quoted = *from == '"';
    from += quoted;
    for (; *from && (quoted || (*from != ',' && *from != '\n' && *from != '\r')); from++) {
        if (quoted && *from == '"') {
            if (from[1] != '"') {
                quoted = 0;
                continue;
            }
            from++;
        }
        *to++ = *from;
    }
    if (*from == '\r') from++;
    *end = *from;
    *at = *from ? from + 1 : from;
    *to = '\0';
    return cell;
}

int bench_csv_open(bench_csv *out, const char *path)
{
    *out = (bench_csv){.text = read_all(path)};
    if (!out->text) return 0;
    size_t max = 0, n = 0;
    char *at = out->text, end = ',';
    while (*at) {
        if (n == max) {
            char **more = realloc(out->cells, (max = max ? 2 * max : 256) * sizeof *more);
            if (!more) return 0;
            out->cells = more;
        }
        out->cells[n++] = next_cell(&at, &end);
        if (out->columns == 0 && end != ',') out->columns = n;
    }
    out->rows = out->columns ? n / out->columns - 1 : 0;
    return out->columns > 0 && n % out->columns == 0;
}

void bench_csv_close(bench_csv *csv)
{
    free(csv->cells);
    free(csv->text);
    *csv = (bench_csv){0};
}

const char *bench_csv_cell(const bench_csv *csv, size_t row, size_t column)
{
    return csv->cells[(row + 1) * csv->columns + column];
}

long bench_csv_find(const bench_csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->columns; i++)
        if (strcmp(csv->cells[i], name) == 0) return (long)i;
    return -1;
}
