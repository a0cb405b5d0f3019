/* csv.c - cells are cut out of a copy of the file in place, so that a cell's address tells where it
 * stood.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "csv.h"

#include <math.h>
#include <string.h>

#include "schema.h"

/* One cell at *pos: unquoted, trimmed and ended in the copy; *pos moves behind its separator, which
 * is returned (',', '\n' or 0). NULL: a quote is never closed. */
static char *cut_cell(char *text, size_t size, size_t *pos, char *separator)
{
    size_t i = *pos;
    while (i < size && (text[i] == ' ' || text[i] == '\t')) i++;
    char *start = text + i, *end;
    if (i < size && text[i] == '"') {
        char *to = start = text + ++i;
        while (i < size && !(text[i] == '"' && (i + 1 == size || text[i + 1] != '"'))) {
            if (text[i] == '"') i++;
            *to++ = text[i++];
        }
        if (i == size) return NULL;
        end = to;
        i++;
        while (i < size && text[i] != ',' && text[i] != '\n') i++;
    } else {
        while (i < size && text[i] != ',' && text[i] != '\n') i++;
        end = text + i;
        while (end > start && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) end--;
    }
    *separator = i < size ? text[i] : 0;
    *pos = i < size ? i + 1 : i;
    *end = 0;
    return start;
}

static size_t count_columns(const char *text, size_t size)
{
    size_t n = 1;
    int quoted = 0;
    for (size_t i = 0; i < size && (quoted || text[i] != '\n'); i++) {
        if (text[i] == '"') quoted = !quoted;
        if (text[i] == ',' && !quoted) n++;
    }
    return n;
}

static size_t count_lines(const char *text, size_t size)
{
    size_t n = 1;
    for (size_t i = 0; i < size; i++) n += text[i] == '\n';
    return n;
}

static int is_blank_line(const char *text, size_t size, size_t *pos)
{
    size_t i = *pos;
    while (i < size && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) i++;
    if (i < size && text[i] != '\n') return 0;
    *pos = i < size ? i + 1 : i;
    return 1;
}

/* Fills the rows; 0 after reporting the first row that is not as the header says. */
static int cut_rows(csv_table *table, char *copy, size_t size, size_t pos, size_t rows_max,
                    finding_list *findings)
{
    size_t rows = 0;
    while (pos < size) {
        char separator = ',';
        size_t line = pos, n = 0;
        if (is_blank_line(table->text, size, &pos)) continue;
        span where = {table->file, table->text, line, 1};
        if (rows == rows_max) {
            itp_finding_add(findings, FINDING_ERROR, where, NULL, "more than %zu rows", rows_max);
            return 0;
        }
        for (; separator == ','; n++) {
            char *cell = cut_cell(copy, size, &pos, &separator);
            if (!cell) {
                itp_finding_add(findings, FINDING_ERROR, where, NULL, "a quote is never closed");
                return 0;
            }
            if (n < table->n_columns) table->cells[rows * table->n_columns + n] = cell;
        }
        if (n != table->n_columns) {
            itp_finding_add(findings, FINDING_ERROR, where, NULL,
                            "this row has %zu cells, the header has %zu", n, table->n_columns);
            return 0;
        }
        rows++;
    }
    table->n_rows = rows ? rows - 1 : 0;
    return rows > 0;
}

const csv_table *itp_csv_parse(const char *file, const char *text, size_t size, itp_arena *arena,
                               finding_list *findings)
{
    span start = {file, text, 0, 0};
    size_t pos = size >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0, lines;
    if (memchr(text, 0, size)) {
        itp_finding_add(findings, FINDING_ERROR, start, NULL, "this is no text file");
        return NULL;
    }
    csv_table *table = itp_arena_alloc(arena, 1, sizeof *table);
    char *copy = itp_arena_span(arena, text, size);
    while (pos < size && is_blank_line(text, size, &pos)) continue;
    lines = count_lines(text, size);
    if (lines > ITP_CSV_ROWS_MAX) lines = ITP_CSV_ROWS_MAX;
    size_t columns = count_columns(text + pos, size - pos);
    if (pos == size || columns > ITP_CSV_COLUMNS_MAX) {
        itp_finding_add(findings, FINDING_ERROR, start, NULL,
                        pos == size ? "the table is empty" : "the table has too many columns");
        return NULL;
    }
    const char **cells = itp_arena_alloc(arena, lines * columns, sizeof *cells);
    if (!table || !copy || !cells) {
        findings->out_of_memory = 1;
        findings->errors++;
        return NULL;
    }
    *table = (csv_table){.file = file, .text = text, .copy = copy, .n_columns = columns};
    table->cells = cells;
    if (!cut_rows(table, copy, size, pos, lines, findings)) return NULL;
    for (size_t j = 0; j < columns; j++) {
        long first = itp_csv_find(table, itp_csv_header(table, j));
        if (*itp_csv_header(table, j) && first == (long)j) continue;
        itp_finding_add(findings, FINDING_ERROR, itp_csv_span(table, -1, j), NULL,
                        *itp_csv_header(table, j) ? "two columns have this name"
                                                  : "a column has no name");
        return NULL;
    }
    return table;
}

const char *itp_csv_header(const csv_table *table, size_t column)
{
    return table->cells[column];
}

const char *itp_csv_cell(const csv_table *table, size_t row, size_t column)
{
    return table->cells[(row + 1) * table->n_columns + column];
}

span itp_csv_span(const csv_table *table, long row, size_t column)
{
    const char *cell = table->cells[(size_t)(row + 1) * table->n_columns + column];
    size_t length = strlen(cell);
    return (span){table->file, table->text, (size_t)(cell - table->copy), length};
}

unsigned itp_csv_line(const csv_table *table, long row)
{
    unsigned line, column;
    itp_find_place(table->text, itp_csv_span(table, row, 0).at, &line, &column);
    return line;
}

long itp_csv_find(const csv_table *table, const char *name)
{
    for (size_t j = 0; j < table->n_columns; j++)
        if (!strcmp(itp_csv_header(table, j), name)) return (long)j;
    return -1;
}

int itp_csv_number(const csv_table *table, size_t row, size_t column, double *out)
{
    const char *cell = itp_csv_cell(table, row, column);
    double value;
    size_t length = schema_scan_number(cell, &value);
    if (length == 0 || cell[length] || !isfinite(value)) return 0;
    *out = value;
    return 1;
}
