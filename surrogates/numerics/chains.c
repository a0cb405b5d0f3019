/* chains.c - whether chains agree, and how many independent draws they are worth.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "nuts.h"

static double mean_of(size_t n, const double *v)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i];
    return sum / (double)n;
}

static double variance_of(size_t n, const double *v, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (v[i] - mean) * (v[i] - mean);
    return sum / (double)(n - 1);
}

/* Within-chain variance W and the pooled estimate var+ of half chains. */
static void variances(size_t chains, size_t draws, const double *values, double *within,
                      double *pooled)
{
    size_t half = draws / 2, count = 2 * chains;
    double grand = 0, between = 0;
    *within = 0;
    for (size_t c = 0; c < count; c++)
        grand += mean_of(half, values + (c / 2) * draws + (c % 2) * half) / (double)count;
    for (size_t c = 0; c < count; c++) {
        const double *v = values + (c / 2) * draws + (c % 2) * half;
        double mean = mean_of(half, v);
        *within += variance_of(half, v, mean) / (double)count;
        between += (mean - grand) * (mean - grand) / (double)(count - 1);
    }
    *pooled = *within * (double)(half - 1) / (double)half + between;
}

double itp_split_r_hat(size_t chains, size_t draws, const double *values)
{
    double within, pooled;
    if (draws < 4) return NAN;
    variances(chains, draws, values, &within, &pooled);
    return within > 0 ? sqrt(pooled / within) : 1;
}

double itp_effective_size(size_t chains, size_t draws, const double *values)
{
    double within, pooled, sum = 0, before = INFINITY;
    if (draws < 4) return NAN;
    variances(chains, draws, values, &within, &pooled);
    if (!(pooled > 0)) return (double)(chains * draws);
    for (size_t lag = 0; lag + 1 < draws / 2; lag += 2) {
        double pair = 0;
        for (size_t k = lag; k < lag + 2; k++) {
            double variogram = 0;
            for (size_t c = 0; c < chains; c++)
                for (size_t i = k; i < draws; i++) {
                    double gap = values[c * draws + i] - values[c * draws + i - k];
                    variogram += gap * gap / (double)(chains * (draws - k));
                }
            pair += 1 - variogram / (2 * pooled);
        }
        if (pair < 0) break;
        before = fmin(before, pair); /* decreasing, as the true pairs are */
        sum += before;
    }
    return (double)(chains * draws) / fmax(2 * sum - 1, 1e-3);
}
