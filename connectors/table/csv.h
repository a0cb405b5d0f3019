/* csv.h - a CSV file in memory: a header, rows of text (RFC 4180: commas, quotes, CRLF or LF).
 *   A header cell is a name, or a name and a unit: `voltage [V]`. Blank lines are skipped.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TABLE_CSV_H
#define TABLE_CSV_H

#include <stddef.h>

#include "interphase/status.h"

typedef struct csv {
    char *text; /* owns every cell */
    size_t n_columns, n_rows;
    char **cells;   /* (n_rows + 1) x n_columns, the header's names first */
    char **units;   /* n_columns; NULL where the header names none */
    double *parsed; /* n_rows x n_columns; NaN where the cell is no number */
} csv;

/* ITP_EIO, ITP_EPARSE with file and line. */
itp_status csv_read(csv *out, const char *path, itp_error *err);
void csv_free(csv *csv);

/* Column of that name, or -1. */
long csv_column(const csv *csv, const char *name);
const char *csv_text(const csv *csv, size_t row, size_t column);
double csv_number(const csv *csv, size_t row, size_t column);

#endif
