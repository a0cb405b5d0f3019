/* sparse.h - a sparse matrix assembled twice by the same code: once to learn its pattern, then, any
 * number of times, into compressed columns without searching.
 *   The assembling code calls itp_sparse_add in the same order every time; the n-th call belongs to
 * the n-th learned slot. Entries of one place add up.
 * Life cycle  init -> add* -> compress -> { begin -> add* }* -> deinit
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_SPARSE_H
#define ITP_CELL_SPARSE_H

#include <stddef.h>
#include <stdint.h>

#include "interphase/status.h"

typedef struct itp_sparse {
    size_t n, nnz;
    int64_t *start, *row; /* n + 1 column starts, nnz rows (sorted in each column) */
    size_t *slot;         /* of each call, its place among the entries */
    size_t calls, capacity, cursor;
    double *data;                /* entries; borrowed from begin on */
    size_t *call_row, *call_col; /* while learning */
    int failed;                  /* learning ran out of memory */
} itp_sparse;

void itp_sparse_init(itp_sparse *s, size_t n);
void itp_sparse_deinit(itp_sparse *s);
void itp_sparse_learn(itp_sparse *s, size_t row, size_t col); /* behind itp_sparse_add */
itp_status itp_sparse_compress(itp_sparse *s);
/* Zeroes data (nnz) and directs the following calls there. */
void itp_sparse_begin(itp_sparse *s, double *data);

static inline void itp_sparse_add(itp_sparse *s, size_t row, size_t col, double value)
{
    if (s->data)
        s->data[s->slot[s->cursor++]] += value;
    else
        itp_sparse_learn(s, row, col);
}

#endif
