/* sparse.c - learns a pattern by counting sort over columns.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sparse.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void itp_sparse_init(itp_sparse *s, size_t n)
{
    memset(s, 0, sizeof *s);
    s->n = n;
}

void itp_sparse_deinit(itp_sparse *s)
{
    free(s->start);
    free(s->row);
    free(s->slot);
    free(s->call_row);
    free(s->call_col);
    memset(s, 0, sizeof *s);
}

void itp_sparse_learn(itp_sparse *s, size_t row, size_t col)
{
    assert(row < s->n && col < s->n);
    if (s->calls == s->capacity && !s->failed) {
        size_t capacity = s->capacity ? 2 * s->capacity : 1024;
        size_t *rows = realloc(s->call_row, capacity * sizeof *rows);
        if (rows) s->call_row = rows;
        size_t *cols = realloc(s->call_col, capacity * sizeof *cols);
        if (cols) s->call_col = cols;
        s->failed = !rows || !cols;
        if (!s->failed) s->capacity = capacity;
    }
    if (s->failed) return;
    s->call_row[s->calls] = row;
    s->call_col[s->calls++] = col;
}

static int by_row(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Column by column: all rows named, sorted, repeated ones dropped. */
static void collect(itp_sparse *s, int64_t *all, size_t *from)
{
    for (size_t k = 0; k < s->calls; k++) from[s->call_col[k] + 1]++;
    for (size_t c = 0; c < s->n; c++) from[c + 1] += from[c];
    for (size_t k = 0; k < s->calls; k++) all[from[s->call_col[k]]++] = (int64_t)s->call_row[k];
    for (size_t c = s->n; c > 0; c--) from[c] = from[c - 1];
    from[0] = 0;
    s->nnz = 0;
    for (size_t c = 0; c < s->n; c++) {
        s->start[c] = (int64_t)s->nnz;
        qsort(all + from[c], from[c + 1] - from[c], sizeof *all, by_row);
        for (size_t k = from[c]; k < from[c + 1]; k++)
            if (k == from[c] || all[k] != all[k - 1]) s->row[s->nnz++] = all[k];
    }
    s->start[s->n] = (int64_t)s->nnz;
}

itp_status itp_sparse_compress(itp_sparse *s)
{
    if (s->failed) return ITP_ENOMEM;
    size_t room = s->calls ? s->calls : 1;
    int64_t *all = malloc(room * sizeof *all);
    size_t *from = calloc(s->n + 2, sizeof *from);
    s->start = malloc((s->n + 1) * sizeof *s->start);
    s->row = malloc(room * sizeof *s->row);
    s->slot = malloc(room * sizeof *s->slot);
    itp_status st = all && from && s->start && s->row && s->slot ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) {
        collect(s, all, from);
        for (size_t k = 0; k < s->calls; k++) {
            size_t c = s->call_col[k];
            int64_t key = (int64_t)s->call_row[k];
            int64_t *found = bsearch(&key, s->row + s->start[c],
                                     (size_t)(s->start[c + 1] - s->start[c]), sizeof key, by_row);
            s->slot[k] = (size_t)(found - s->row);
        }
        free(s->call_row);
        free(s->call_col);
        s->call_row = s->call_col = NULL;
    }
    free(all);
    free(from);
    return st;
}

void itp_sparse_begin(itp_sparse *s, double *data)
{
    s->data = data;
    s->cursor = 0;
    memset(data, 0, s->nnz * sizeof *data);
}
