/* report.c - shared pieces of the benchmarks. SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <cblas.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "blas.h"
#include "stream.h"

void report(const settings *s, const char *bar, double value, double limit, int ok)
{
    if (s->json)
        printf("{\"issue\": \"surrogates\", \"bar\": \"%s\", \"value\": %.6g, \"limit\": %.6g, "
               "\"ok\": %s}\n",
               bar, value, limit, ok ? "true" : "false");
    else
        printf("%-58s %12.5g  limit %10.5g  %s\n", bar, value, limit, ok ? "ok" : "MISSED");
    fflush(stdout);
}

void say(const settings *s, const char *format, ...)
{
    if (s->json) return;
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
}

double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double median(size_t n, double *values)
{
    qsort(values, n, sizeof *values, ascending);
    return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

void random_problem(uint64_t seed, size_t n, size_t d, double noise, double *x, double *y)
{
    itp_stream s;
    itp_stream_init(&s, seed, 0, "bench.problem");
    for (size_t i = 0; i < n; i++) {
        double f = 0;
        for (size_t c = 0; c < d; c++) {
            double u = x[i * d + c] = itp_stream_uniform(&s);
            f += sin((3 + 0.5 * (double)c) * u + (double)c) / (1 + 0.5 * (double)c);
        }
        y[i] = f + 0.5 * f * f / (double)d + noise * itp_stream_normal(&s);
    }
}

void real_columns(size_t d, itp_column *columns)
{
    for (size_t c = 0; c < d; c++) columns[c] = (itp_column){ITP_COLUMN_REAL, 0, (unsigned)c, 0};
}

double dgemm_rate(size_t n)
{
    double *a = malloc(3 * n * n * sizeof *a), *b = a + n * n, *c = b + n * n, best = INFINITY;
    if (!a) return NAN;
    for (size_t i = 0; i < 3 * n * n; i++) a[i] = 1e-3 * (double)(i % 997);
    itp_blas_serial();
    int repeats = n <= 500 ? 12 : n <= 1000 ? 5 : 2;
    for (int r = 0; r < repeats; r++) {
        double start = now_s();
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)n, (int)n, 1, a, (int)n,
                    b, (int)n, 0, c, (int)n);
        double took = now_s() - start;
        if (took < best) best = took;
    }
    free(a);
    return 2 * (double)n * (double)n * (double)n / best;
}
