/* ranks.c - SPDX-License-Identifier: GPL-3.0-or-later */
#include "ranks.h"

#include <math.h>
#include <stdlib.h>

#include "normal.h"
#include "stream.h"

typedef struct {
    double value;
    int of_a;
} ranked;

static int ascending(const void *a, const void *b)
{
    double x = ((const ranked *)a)->value, y = ((const ranked *)b)->value;
    return (x > y) - (x < y);
}

double bench_larger_p(size_t n, const double *a, size_t m, const double *b)
{
    size_t all = n + m;
    ranked *r = n > 1 && m > 1 ? malloc(all * sizeof *r) : NULL;
    if (!r) return NAN;
    for (size_t i = 0; i < n; i++) r[i] = (ranked){a[i], 1};
    for (size_t i = 0; i < m; i++) r[n + i] = (ranked){b[i], 0};
    qsort(r, all, sizeof *r, ascending);
    double rank_sum = 0, ties = 0, N = (double)n, M = (double)m, A = (double)all;
    for (size_t i = 0, end; i < all; i = end) {
        for (end = i; end < all && !(r[end].value > r[i].value);) end++;
        double same = (double)(end - i), rank = 0.5 * (double)(i + 1 + end);
        for (size_t j = i; j < end; j++) rank_sum += r[j].of_a ? rank : 0;
        ties += same * same * same - same;
    }
    free(r);
    double excess = rank_sum - 0.5 * N * (A + 1); /* U - n m / 2 */
    double sd = sqrt(N * M / 12 * (A + 1 - ties / (A * (A - 1))));
    return sd > 0 ? itp_ndtr((0.5 - excess) / sd) : 0.5;
}

void bench_by_chance(const bench_table *table, size_t cap, size_t orders, double *first_top,
                     double *first_best)
{
    size_t *order = malloc((table->n + 1) * sizeof *order);
    for (size_t i = 0; i < orders; i++) {
        itp_stream stream;
        itp_stream_init(&stream, 0, i, "bench.chance");
        if (order) itp_stream_shuffle(&stream, table->n, order);
        first_top[i] = first_best[i] = order ? (double)cap : NAN;
        for (size_t j = cap < table->n ? cap : table->n; order && j-- > 0;) {
            if (table->better[order[j]] >= table->threshold) first_top[i] = (double)(j + 1);
            if (table->better[order[j]] >= table->best) first_best[i] = (double)(j + 1);
        }
    }
    free(order);
}
