/* tables.h - a measured set as a candidate table to run campaigns over.
 *   meta.json names the parameters and the objective, data.csv holds one row a candidate. Numbers
 * are real parameters, names categories; some sets have descriptors instead of names.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_TABLES_H
#define BENCH_TABLES_H

#include "closed_loop.h"

enum { TABLE_COLUMNS_MAX = 64 };

typedef struct bench_table {
    bench_world world;
    itp_space *space;
    itp_goal goal;
    size_t n;
    double *value;    /* n, of the objective; `better` points up */
    double *better;   /* n */
    double threshold; /* of `better`: the 5 % best */
    size_t n_top;     /* rows at or above it */
    double best;
    double noise_sd;      /* added to each measurement; 0: none */
    double outlier_share; /* gross outliers among the readings, off by 3 to 10 sds of the table */
    double outlier_unit;  /* that sd */
    uint64_t seed;        /* of noise and outliers */
} bench_table;

/* drop: parameter names to leave out, NULL-terminated (may be NULL); smiles: 1 to describe
 * categories by counts of characters of their NAME_SMILES column. objective NULL: the first. */
itp_status bench_table_open(bench_table *out, const char *folder, const char *set,
                            const char *const *drop, int smiles, const char *objective,
                            itp_error *err);
void bench_table_close(bench_table *table);

#endif
