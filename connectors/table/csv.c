/* csv.c - see csv.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 1 << 30 };

static itp_status read_text(const char *path, char **out, itp_error *err)
{
    FILE *file = fopen(path, "rbe");
    if (!file) return itp_fail(err, ITP_EIO, "%s: %s", path, strerror(errno));
    size_t size = 0, capacity = 1 << 16, got;
    char *text = malloc(capacity);
    while (text && size < BYTES_MAX &&
           (got = fread(text + size, 1, capacity - size - 1, file)) > 0) {
        size += got;
        if (size + 1 < capacity) continue;
        char *larger = realloc(text, capacity *= 2);
        if (!larger) free(text);
        text = larger;
    }
    int failed = ferror(file);
    fclose(file);
    if (!text) return itp_fail(err, ITP_ENOMEM, "%s", path);
    if (failed || size >= BYTES_MAX || memchr(text, '\0', size)) {
        free(text);
        return itp_fail(err, failed ? ITP_EIO : ITP_EPARSE, "%s: %s", path,
                        failed ? "cannot be read" : "not a text file of reasonable size");
    }
    text[size] = '\0';
    *out = text;
    return ITP_OK;
}

/* Takes the next cell out of *at, unquoted in place; what ended it (',', '\n' or 0), or -1 for a
 * quote that is not closed. */
static int take_cell(char **at, char **cell)
{
    char *from = *at, *to;
    int end;
    while (*from == ' ' || *from == '\t') from++;
    *cell = to = from;
    if (*from == '"') {
        from++;
        for (*cell = to = from; *from && (*from != '"' || from[1] == '"'); from++) {
            if (*from == '"') from++;
            *to++ = *from;
        }
        if (*from != '"') return -1;
        from++;
        while (*from == ' ' || *from == '\t' || *from == '\r') from++;
        if (*from && *from != ',' && *from != '\n') return -1;
    } else {
        from += strcspn(from, ",\n");
        to = from;
        while (to > *cell && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r')) to--;
    }
    end = *from;
    *at = *from ? from + 1 : from;
    *to = '\0';
    return end;
}

static int is_blank(const char *line)
{
    size_t blank = strspn(line, " \t\r");
    return line[blank] == '\n' || line[blank] == '\0';
}

static itp_status add_cell(csv *csv, size_t *n, size_t *capacity, char *cell)
{
    if (*n == *capacity) {
        size_t larger = *capacity ? 2 * *capacity : 256;
        char **cells = realloc(csv->cells, larger * sizeof *cells);
        if (!cells) return ITP_ENOMEM;
        csv->cells = cells;
        *capacity = larger;
    }
    csv->cells[(*n)++] = cell;
    return ITP_OK;
}

static itp_status split(csv *csv, const char *path, itp_error *err)
{
    size_t n = 0, capacity = 0, line = 0;
    char *at = csv->text;
    if (strncmp(at, "\xef\xbb\xbf", 3) == 0) at += 3; /* byte order mark */
    while (*at) {
        line++;
        if (is_blank(at)) {
            at += strcspn(at, "\n");
            at += *at == '\n';
            continue;
        }
        size_t before = n;
        int end = ',';
        while (end == ',') {
            char *cell;
            end = take_cell(&at, &cell);
            if (end < 0)
                return itp_fail(err, ITP_EPARSE, "%s:%zu: a quote is not closed", path, line);
            if (add_cell(csv, &n, &capacity, cell) != ITP_OK)
                return itp_fail(err, ITP_ENOMEM, "%s", path);
        }
        if (before == 0) csv->n_columns = n;
        if (n - before != csv->n_columns)
            return itp_fail(err, ITP_EPARSE, "%s:%zu: %zu cells, the header has %zu", path, line,
                            n - before, csv->n_columns);
    }
    if (csv->n_columns == 0) return itp_fail(err, ITP_EPARSE, "%s: no header", path);
    csv->n_rows = n / csv->n_columns - 1;
    return ITP_OK;
}

/* "voltage [V]" is a name and a unit. */
static void split_unit(char *name, char **unit)
{
    size_t size = strlen(name);
    char *open = strrchr(name, '[');
    *unit = NULL;
    if (!open || open == name || name[size - 1] != ']') return;
    name[size - 1] = '\0';
    *unit = open + 1;
    while (open > name && open[-1] == ' ') open--;
    *open = '\0';
}

static itp_status read_header(csv *csv, const char *path, itp_error *err)
{
    csv->units = calloc(csv->n_columns, sizeof *csv->units);
    csv->parsed = malloc((csv->n_rows * csv->n_columns + 1) * sizeof *csv->parsed);
    if (!csv->units || !csv->parsed) return itp_fail(err, ITP_ENOMEM, "%s", path);
    for (size_t i = 0; i < csv->n_columns; i++) {
        split_unit(csv->cells[i], &csv->units[i]);
        if (!*csv->cells[i])
            return itp_fail(err, ITP_EPARSE, "%s: column %zu has no name", path, i + 1);
        for (size_t k = 0; k < i; k++)
            if (strcmp(csv->cells[i], csv->cells[k]) == 0)
                return itp_fail(err, ITP_EPARSE, "%s: two columns are named %s", path,
                                csv->cells[i]);
    }
    for (size_t i = 0; i < csv->n_rows * csv->n_columns; i++) {
        const char *cell = csv->cells[csv->n_columns + i];
        char *end;
        double number = strtod(cell, &end);
        csv->parsed[i] = end != cell && !*end ? number : NAN;
    }
    return ITP_OK;
}

itp_status csv_read(csv *out, const char *path, itp_error *err)
{
    csv read = {0};
    itp_status st = read_text(path, &read.text, err);
    if (st == ITP_OK) st = split(&read, path, err);
    if (st == ITP_OK) st = read_header(&read, path, err);
    if (st != ITP_OK)
        csv_free(&read);
    else
        *out = read;
    return st;
}

void csv_free(csv *csv)
{
    free(csv->text);
    free(csv->cells);
    free(csv->units);
    free(csv->parsed);
    *csv = (struct csv){0};
}

long csv_column(const csv *csv, const char *name)
{
    for (size_t i = 0; i < csv->n_columns; i++)
        if (strcmp(csv->cells[i], name) == 0) return (long)i;
    return -1;
}

const char *csv_text(const csv *csv, size_t row, size_t column)
{
    return csv->cells[(row + 1) * csv->n_columns + column];
}

double csv_number(const csv *csv, size_t row, size_t column)
{
    return csv->parsed[row * csv->n_columns + column];
}
