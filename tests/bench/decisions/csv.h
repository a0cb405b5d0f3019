/* csv.h - a CSV file in memory. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_CSV_H
#define BENCH_CSV_H

#include <stddef.h>

typedef struct bench_csv {
    size_t rows, columns;
    char **cells; /* (rows + 1) x columns, the header first */
    char *text;
} bench_csv;

/* 1 when it could be read. Quoted cells may hold commas, not newlines. */
int bench_csv_open(bench_csv *out, const char *path);
void bench_csv_close(bench_csv *csv);
/* Column of that name, or -1. */
long bench_csv_find(const bench_csv *csv, const char *name);
const char *bench_csv_cell(const bench_csv *csv, size_t row, size_t column);

#endif
