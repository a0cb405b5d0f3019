/* likelihood.c - apart from the other bars, whose contracts use some of the surrogates' inner
 * names. SPDX-License-Identifier: GPL-3.0-or-later */
#include "likelihood.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "evidence.h"

static double processor_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double likelihood_s(size_t n, size_t d, const double *x, const double *y, const itp_column *columns)
{
    double theta[16], grad[16], best = INFINITY, *v = malloc(n * sizeof *v);
    itp_kernel *kernel = NULL;
    itp_pool pool;
    itp_evidence evidence;
    itp_pool_init(&pool, d);
    if (!v || itp_pool_fill(&pool, n, x) != ITP_OK ||
        itp_kernel_create(&kernel, "matern52", d, columns, NULL) != ITP_OK)
        return NAN;
    itp_problem problem = {kernel, &pool, pool.x, y, ITP_CRITERION_MAP, 0};
    itp_kernel_default(kernel, theta);
    for (size_t i = 0; i < n; i++) v[i] = 0.01;
    if (itp_evidence_init(&evidence, &problem) != ITP_OK) return NAN;
    for (int r = 0; r < (n <= 200 ? 50 : 3); r++) {
        double begin = processor_s();
        itp_evidence_eval(&evidence, theta, v, grad, NULL);
        best = fmin(best, processor_s() - begin);
    }
    itp_evidence_deinit(&evidence);
    itp_pool_deinit(&pool);
    itp_kernel_destroy(kernel);
    free(v);
    return best;
}
