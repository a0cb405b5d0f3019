/* dataset.h - measured sets (INTERPHASE_DATA): numeric parameters scaled to the unit cube, one
 * outcome. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_DATASET_H
#define BENCH_DATASET_H

#include <stddef.h>

typedef struct dataset {
    char name[64];
    size_t n, d;
    double *x, *y; /* n x d, n */
} dataset;

extern const char *const NUMERIC_SETS[]; /* all whose parameters are all numeric; NULL at the end */

/* The first objective of a set; at most n_max rows, evenly spread over the table. 0: not there. */
int dataset_load(dataset *set, const char *folder, const char *name, size_t n_max);
void dataset_free(dataset *set);

#endif
