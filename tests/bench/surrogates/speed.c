/* speed.c - bars 3 and 7: likelihood with gradient over the dgemm floor, fits beside scikit-learn,
 * a steady-state tell, and the scoring of a large candidate list.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "blas.h"
#include "fit.h"
#include "parallel.h"
#include "report.h"

/* Time of one likelihood with gradient over n^3 flops at the dgemm rate measured beside it. The two
 * are measured in turns and the best of each is taken: other work on the machine only ever adds. */
static void likelihood_ratio(const settings *s, size_t n, double limit)
{
    enum { D = 10 };
    double *x = malloc(n * D * sizeof *x), *y = malloc(2 * n * sizeof *y), *v = y + n;
    double theta[D], grad[D], best = INFINITY, rate = 0;
    itp_column columns[D];
    itp_kernel *kernel;
    itp_pool pool;
    itp_evidence evidence;
    random_problem(1, n, D, 0.1, x, y);
    real_columns(D, columns);
    itp_kernel_create(&kernel, "matern52", D, columns, NULL);
    itp_kernel_default(kernel, theta);
    itp_pool_init(&pool, D);
    itp_pool_fill(&pool, n, x);
    itp_problem problem = {kernel, &pool, pool.x, y, ITP_CRITERION_MAP, 0};
    itp_evidence_init(&evidence, &problem);
    for (size_t i = 0; i < n; i++) v[i] = 0.01;
    int turns = n <= 500 ? 15 : n <= 1000 ? 7 : n <= 2000 ? 3 : 2;
    for (int t = 0; t < turns; t++) {
        double r = dgemm_rate(n < 2000 ? n : 2000);
        if (r > rate) rate = r;
        double start = now_s();
        itp_evidence_eval(&evidence, theta, v, grad, NULL);
        double took = now_s() - start;
        if (took < best) best = took;
    }
    double floor_s = (double)n * (double)n * (double)n / rate;
    char bar[64];
    snprintf(bar, sizeof bar, "3 likelihood n=%zu", n);
    say(s, "  n=%zu: %.2f ms, dgemm %.1f Gflop/s, floor %.2f ms\n", n, 1e3 * best, 1e-9 * rate,
        1e3 * floor_s);
    report(s, bar, best / floor_s, limit, best / floor_s <= limit);
    itp_evidence_deinit(&evidence);
    itp_pool_deinit(&pool);
    itp_kernel_destroy(kernel);
    free(x);
    free(y);
}

/* Append and predict at n = 2000 without a refit. */
static void steady_tell(const settings *s)
{
    enum { N = 2000, D = 10, MORE = 15 };
    double *x = malloc((N + MORE) * D * sizeof *x), *y = malloc((N + MORE) * sizeof *y);
    double took[MORE], mean, var;
    itp_column columns[D];
    itp_surrogate *model = NULL;
    char *saved = NULL;
    random_problem(2, N + MORE, D, 0.1, x, y);
    real_columns(D, columns);
    itp_surrogate_create(&model, D, columns, NULL, NULL);
    itp_data few = {100, D, x, y, NULL}, all = {N, D, x, y, NULL};
    itp_surrogate_fit(model, &few, 1, NULL); /* hyperparameters; then factored over all rows */
    itp_surrogate_save(model, &saved);
    itp_surrogate_restore(model, saved, &all, NULL);
    for (size_t i = 0; i < MORE; i++) {
        itp_data row = {1, D, x + (N + i) * D, y + N + i, NULL};
        double start = now_s();
        itp_surrogate_append(model, &row);
        itp_surrogate_predict(model, 1, x, &mean, &var);
        took[i] = 1e3 * (now_s() - start);
    }
    double value = median(MORE, took);
    report(s, "3 tell n=2000 (ms)", value, 30, value < 30);
    itp_surrogate_destroy(model);
    free(saved);
    free(x);
    free(y);
}

/* Runs sklearn_fit.py: seconds and log likelihood of scikit-learn's fit. 0: not there. */
static int fit_elsewhere(const settings *s, size_t n, size_t d, const double *x, const double *y,
                         const char *start, double *seconds, double *value)
{
    char path[] = "/tmp/bench_surrogates_XXXXXX", command[1024];
    int fd = mkstemp(path), found = 0;
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file) return 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < d; c++) fprintf(file, "%.17g ", x[i * d + c]);
        fprintf(file, "%.17g\n", y[i]);
    }
    fclose(file);
    snprintf(command, sizeof command,
             "OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 %s %s/sklearn_fit.py %s %s", s->python,
             ITP_BENCH_DIR, path, start);
    FILE *pipe = popen(command, "r");
    if (pipe) {
        found = fscanf(pipe, "%lf %lf", seconds, value) == 2;
        pclose(pipe);
    }
    remove(path);
    return found;
}

static void fit_ratio(const settings *s, size_t n, size_t d, double limit)
{
    double *x = malloc(n * d * sizeof *x), *y = malloc(n * sizeof *y), mean = 0, square = 0;
    itp_column columns[16];
    itp_kernel *kernel;
    itp_pool pool;
    itp_hyper hyper;
    itp_fit_result result;
    random_problem(3, n, d, 0.1, x, y);
    for (size_t i = 0; i < n; i++) mean += y[i] / (double)n;
    for (size_t i = 0; i < n; i++) square += (y[i] - mean) * (y[i] - mean) / (double)n;
    for (size_t i = 0; i < n; i++) y[i] = (y[i] - mean) / sqrt(square);
    real_columns(d, columns);
    itp_kernel_create(&kernel, "matern52", d, columns, NULL);
    itp_pool_init(&pool, d);
    itp_pool_fill(&pool, n, x);
    /* Both minimisers stop when a step gains less than about 2e-9 of the value (scipy's factr). */
    itp_fit_plan plan = {.criterion = ITP_CRITERION_LIKELIHOOD,
                         .starts = 1,
                         .zero_mean = 1,
                         .threads = 1,
                         .evaluations = 1000,
                         .f_tol_abs = 2e-9 * (double)n};
    double best = INFINITY, theirs, their_value;
    for (int r = 0; r < (n <= 200 ? 5 : 1); r++) {
        itp_hyper_init(&hyper, kernel);
        double start = now_s();
        itp_fit(kernel, &pool, y, &plan, &hyper, &result);
        best = fmin(best, now_s() - start);
        itp_hyper_deinit(&hyper);
    }
    char from[64], bar[64];
    double theta[16];
    itp_kernel_default(kernel, theta);
    snprintf(from, sizeof from, "%.17g %.17g", exp(theta[0]), exp(ITP_NOISE_LN_MODE));
    if (fit_elsewhere(s, n, d, x, y, from, &theirs, &their_value)) {
        say(s,
            "  (%zu, %zu): %.2f ms, %u evaluations, log likelihood %.4f; scikit-learn %.1f ms, "
            "%.4f\n",
            n, d, 1e3 * best, result.evaluations, result.objective, 1e3 * theirs, their_value);
        snprintf(bar, sizeof bar, "3 fit (%zu, %zu) times faster", n, d);
        int same = result.objective > their_value - 1e-3;
        report(s, bar, theirs / best, limit, same && theirs / best >= limit);
        snprintf(bar, sizeof bar, "3 fit (%zu, %zu) log likelihood below theirs", n, d);
        report(s, bar, their_value - result.objective, 1e-3, same);
    } else {
        say(s, "  (%zu, %zu): %.2f ms; scikit-learn is not there\n", n, d, 1e3 * best);
    }
    itp_pool_deinit(&pool);
    itp_kernel_destroy(kernel);
    free(x);
    free(y);
}

void bar_speed(const settings *s)
{
    likelihood_ratio(s, 500, 2.5);
    likelihood_ratio(s, 1000, 2.0);
    if (!s->quick) likelihood_ratio(s, 2000, 1.7);
    if (!s->quick) likelihood_ratio(s, 4000, 1.5);
    steady_tell(s);
    fit_ratio(s, 20, 2, 20);
    fit_ratio(s, 50, 6, 20);
    fit_ratio(s, 200, 6, 20);
    if (s->quick) return;
    fit_ratio(s, 500, 6, 5);
    fit_ratio(s, 1000, 10, 2.5);
    fit_ratio(s, 2000, 10, 2.5);
}

static void one_dgemm(void *context, size_t index, unsigned worker)
{
    (void)worker;
    ((double *)context)[index] = dgemm_rate(700);
}

/* The machine's dgemm rate with this many threads of one BLAS thread each. */
static double dgemm_rate_together(unsigned threads)
{
    double rate[64] = {0}, sum = 0;
    itp_parallel_for(threads, threads, one_dgemm, rate);
    for (unsigned t = 0; t < threads; t++) sum += rate[t];
    return sum;
}

void bar_scoring(const settings *s)
{
    enum { N = 500, D = 10 };
    size_t m = s->quick ? 100000 : 1000000;
    double *x = malloc(N * D * sizeof *x), *y = malloc(N * sizeof *y);
    double *table = malloc(m * D * sizeof *table), *mean = malloc(2 * m * sizeof *mean), rate = 0;
    itp_column columns[D];
    itp_surrogate *model = NULL;
    itp_surrogate_options options = {.threads = s->threads, .starts = 1};
    random_problem(4, N, D, 0.1, x, y);
    random_problem(5, m, D, 0.1, table, mean);
    real_columns(D, columns);
    itp_surrogate_create(&model, D, columns, &options, NULL);
    itp_data data = {N, D, x, y, NULL};
    itp_surrogate_fit(model, &data, 1, NULL);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    /* In ten parts, each beside a dgemm on as many threads: the best of each counts. */
    unsigned cores = s->threads ? s->threads : itp_cores();
    double best = INFINITY, total = 0;
    for (size_t part = 0; part < 10; part++) {
        size_t from = part * (m / 10), count = m / 10;
        rate = fmax(rate, dgemm_rate_together(cores));
        double start = now_s();
        itp_surrogate_predict(model, count, table + from * D, mean + from, mean + m + from);
        double took = now_s() - start;
        best = fmin(best, took / (double)count);
        total += took;
    }
    getrusage(RUSAGE_SELF, &after);
    double share = N * N / best / rate;
    say(s, "  %zu candidates in %.2f s: best %.1f Gflop/s of %.1f on %u threads\n", m, total,
        1e-9 * N * N / best, 1e-9 * rate, cores);
    report(s, "7 scoring, share of dgemm", share, 0.6, share >= 0.6);
    double mb = (double)(after.ru_maxrss - before.ru_maxrss) / 1024;
    report(s, "7 scoring, memory above the table (MB)", mb, 200, mb < 200);
    itp_surrogate_destroy(model);
    free(x);
    free(y);
    free(table);
    free(mean);
}
