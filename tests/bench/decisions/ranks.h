/* ranks.h - is one sample larger than another? By ranks, since trials until a hit are skewed and
 * capped. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_RANKS_H
#define BENCH_RANKS_H

#include <stddef.h>
#include <stdint.h>

#include "tables.h"

/* One-sided rank-sum test (Mann & Whitney 1947): probability that the n values of `a` would lie
 * this far above the m of `b` if both came from one distribution. Normal approximation with the
 * correction for ties (Lehmann 1975) and for continuity. NaN without two values in each. */
double bench_larger_p(size_t n, const double *a, size_t m, const double *b);

/* Trials that `orders` random orders of a table need to its first top-5 % row and to its best one;
 * those that need more than `cap` count as cap, as a campaign of so many trials does. */
void bench_by_chance(const bench_table *table, size_t cap, size_t orders, double *first_top,
                     double *first_best);

#endif
