/* csv.h - a table from a file: a header, then rows of equal width (RFC 4180: commas, quotes).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CAMPAIGN_CSV_H
#define ITP_CAMPAIGN_CSV_H

#include "findings.h"

#define ITP_CSV_COLUMNS_MAX 4096
#define ITP_CSV_ROWS_MAX    4000000

typedef struct csv_table {
    const char *file, *text; /* text: the file as it is, for findings */
    const char *copy;        /* the same with cells unquoted and ended in place */
    size_t n_columns, n_rows;
    const char **cells; /* (n_rows + 1) x n_columns, the header first; blanks around are cut */
} csv_table;

/* NULL when it has no header or a row of another width; then there is an error at its place. */
const csv_table *itp_csv_parse(const char *file, const char *text, size_t size, itp_arena *arena,
                               finding_list *findings);

const char *itp_csv_header(const csv_table *table, size_t column);
const char *itp_csv_cell(const csv_table *table, size_t row, size_t column);
/* Where it stands; row -1 is the header. */
span itp_csv_span(const csv_table *table, long row, size_t column);
unsigned itp_csv_line(const csv_table *table, long row);
/* Column of that name, or -1. */
long itp_csv_find(const csv_table *table, const char *name);
/* 1 and the number when the cell holds one and nothing else. */
int itp_csv_number(const csv_table *table, size_t row, size_t column, double *out);

#endif
