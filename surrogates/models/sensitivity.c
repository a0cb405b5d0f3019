/* sensitivity.c - the sums of sensitivity.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensitivity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double clip(double share)
{
    return share > 1 ? 1 : share > 0 ? share : 0;
}

/* a with the columns of one group from b. */
static void swap_in(double *x, size_t n, size_t d, const double *a, const double *b,
                    const size_t *group, size_t which)
{
    memcpy(x, a, n * d * sizeof *x);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++)
            if (group[j] == which) x[i * d + j] = b[i * d + j];
}

/* Variance over both samples, which are centred on their common mean: the estimator of `first` is
 * a difference of large products otherwise. */
static double centre(size_t n, double *fa, double *fb, double *mean)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += fa[i] + fb[i];
    *mean = sum / (2.0 * (double)n);
    for (size_t i = 0; i < n; i++) {
        fa[i] -= *mean, fb[i] -= *mean;
        squares += fa[i] * fa[i] + fb[i] * fb[i];
    }
    return squares / (2.0 * (double)n);
}

itp_status itp_sensitivity(const itp_surrogate *model, size_t n, size_t d, const double *a,
                           const double *b, size_t n_groups, const size_t *group, double *first,
                           double *total)
{
    double *fa = malloc((3 * n + n * d + 1) * sizeof *fa), mean;
    if (!fa) return ITP_ENOMEM;
    double *fb = fa + n, *fx = fb + n, *x = fx + n;
    itp_status st = itp_surrogate_predict(model, n, a, fa, NULL);
    if (st == ITP_OK) st = itp_surrogate_predict(model, n, b, fb, NULL);
    double variance = st == ITP_OK ? centre(n, fa, fb, &mean) : 0;
    for (size_t g = 0; st == ITP_OK && g < n_groups; g++) {
        first[g] = total[g] = 0;
        if (!(variance > 1e-24 * mean * mean)) continue; /* nothing but rounding varies */
        swap_in(x, n, d, a, b, group, g);
        if ((st = itp_surrogate_predict(model, n, x, fx, NULL)) != ITP_OK) break;
        double alone = 0, with_all = 0;
        for (size_t i = 0; i < n; i++) {
            double moved = fx[i] - mean - fa[i];
            alone += fb[i] * moved;
            with_all += moved * moved;
        }
        first[g] = clip(alone / (double)n / variance);
        total[g] = clip(with_all / (2.0 * (double)n) / variance);
    }
    free(fa);
    return st;
}
