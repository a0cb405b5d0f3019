/* bench.c - shared pieces. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <unistd.h>

#include "parallel.h"

void bench_report(const bench_options *options, const char *bar, double value, double limit, int ok)
{
    char text[32] = "null";
    if (isfinite(limit)) snprintf(text, sizeof text, "%.6g", limit);
    if (options->json)
        printf("{\"issue\": \"decisions\", \"bar\": \"%s\", \"value\": %.6g, \"limit\": %s, "
               "\"ok\": %s}\n",
               bar, value, text, ok ? "true" : "false");
    else
        printf("%-58s %12.5g  limit %10.5g  %s\n", bar, value, limit, ok ? "ok" : "MISSED");
    fflush(stdout);
}

void bench_say(const bench_options *options, const char *format, ...)
{
    if (options->json) return;
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_sort(size_t n, double *value)
{
    qsort(value, n, sizeof *value, ascending);
}

double bench_quantile(size_t n, const double *sorted, double p)
{
    double at = p * (double)(n - 1), low = floor(at);
    size_t i = (size_t)low;
    return i + 1 < n ? sorted[i] + (at - low) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

double bench_mean(size_t n, const double *value)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += value[i];
    return sum / (double)n;
}

typedef struct {
    const bench_options *options;
    const char *title;
    bench_each each;
    void *context;
    itp_status *status;
    size_t seeds, done;
} pool;

static void run_one(void *context, size_t index, unsigned worker)
{
    pool *p = context;
    (void)worker;
    p->status[index] = p->each(p->context, p->options->first_seed + index, index);
    size_t done = __atomic_add_fetch(&p->done, 1, __ATOMIC_RELAXED);
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r%s: %zu of %zu ", p->title, done, p->seeds);
    if (isatty(STDERR_FILENO) && done == p->seeds) fprintf(stderr, "\r%60s\r", "");
}

itp_status bench_campaigns(const bench_options *options, const char *title, size_t seeds,
                           bench_each each, void *context)
{
    pool p = {options, title, each, context, calloc(seeds, sizeof *p.status), seeds, 0};
    if (!p.status) return ITP_ENOMEM;
    itp_parallel_for(seeds, options->threads, run_one, &p);
    itp_status st = ITP_OK;
    for (size_t i = 0; i < seeds && st == ITP_OK; i++) st = p.status[i];
    free(p.status);
    return st;
}
