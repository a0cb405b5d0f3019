/* bench_table.c - medians and quartiles over the seeds, and what they are worth.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOP_SHARE   0.05 /* of a candidate table: what counts as found (Liang et al. 2021) */
#define CHECKPOINTS 8    /* lines of the table */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Linear between order statistics; -inf: nothing found yet. */
static double quantile(double *sorted, size_t n, double p)
{
    double at = p * (double)(n - 1);
    size_t low = (size_t)at;
    if (low + 1 >= n || isinf(sorted[low])) return sorted[low];
    double share = at - (double)low;
    return share > 0 ? sorted[low] + share * (sorted[low + 1] - sorted[low]) : sorted[low];
}

itp_status bench_find_top(bench *b, const char *survey, itp_error *err)
{
    bench_curve all;
    itp_status st = bench_curve_read(&all, survey, err);
    if (st != ITP_OK) return st;
    size_t n = 0;
    double *merit = malloc((all.n + 1) * sizeof *merit);
    for (size_t i = 0; merit && i < all.n; i++)
        if (isfinite(all.value[i]))
            merit[n++] = bench_merit(&b->campaign->objectives[0], all.value[i]);
    if (merit && n > 0) {
        qsort(merit, n, sizeof *merit, compare);
        b->n_top = (size_t)ceil(TOP_SHARE * (double)n);
        b->top = merit[n - b->n_top];
    }
    bench_curve_deinit(&all);
    free(merit);
    return merit ? ITP_OK : itp_fail(err, ITP_ENOMEM, "bench");
}

/* Share of the best rows found after `trials`. */
static double found_share(const bench *b, const bench_curve *c, size_t trials)
{
    size_t n = 0;
    for (size_t i = 0; i < trials && i < c->n; i++)
        n += isfinite(c->value[i]) &&
             bench_merit(&b->campaign->objectives[0], c->value[i]) >= b->top;
    return n < b->n_top ? (double)n / (double)b->n_top : 1;
}

typedef double (*reading)(const bench *b, const bench_curve *c, size_t trials);

static double best_merit(const bench *b, const bench_curve *c, size_t trials)
{
    double best = c->n ? c->best[(trials < c->n ? trials : c->n) - 1] : NAN;
    return isfinite(best) ? bench_merit(&b->campaign->objectives[0], best) : -INFINITY;
}

/* Median and quartiles over the seeds; returns the number of seeds. */
static size_t summarise(const bench *b, bench_method m, size_t trials, reading read, double out[3])
{
    size_t seeds = (size_t)b->o->seeds, n = 0;
    double *values = malloc(seeds * sizeof *values);
    for (size_t s = 0; values && s < seeds; s++)
        if (b->curves[m * seeds + s].n) values[n++] = read(b, &b->curves[m * seeds + s], trials);
    if (n) qsort(values, n, sizeof *values, compare);
    for (int q = 0; q < 3; q++) out[q] = n ? quantile(values, n, 0.25 * (q + 1)) : NAN;
    free(values);
    return n;
}

static double median(const bench *b, bench_method m, size_t trials, reading read)
{
    double q[3];
    summarise(b, m, trials, read, q);
    return q[1];
}

/* Least trials after which the median reaches a level; 0: never. */
static size_t trials_to(const bench *b, bench_method m, reading read, double level)
{
    for (size_t t = 1; t <= b->n_trials; t++)
        if (median(b, m, t, read) >= level) return t;
    return 0;
}

/* Of a target the distance is shown. */
static const char *worded(char *text, size_t size, double merit, const itp_objective *objective)
{
    if (!isfinite(merit)) return "-";
    snprintf(text, size, "%.4g", objective->sense == ITP_GOAL_MAXIMISE ? merit : -merit);
    return text;
}

static void print_values(const bench *b, size_t trials)
{
    const itp_objective *o = &b->campaign->objectives[0];
    double q[3];
    char a[3][24];
    printf("%8zu", trials);
    for (bench_method m = BENCH_OURS; m < BENCH_METHODS; m++) {
        summarise(b, m, trials, best_merit, q);
        int low = o->sense == ITP_GOAL_MAXIMISE ? 0 : 2;
        printf("  %11s (%s .. %s)", worded(a[0], sizeof a[0], q[1], o),
               worded(a[1], sizeof a[1], q[low], o), worded(a[2], sizeof a[2], q[2 - low], o));
        if (isfinite(b->top)) printf(" %5.0f %%", 100 * median(b, m, trials, found_share));
    }
    putchar('\n');
}

/* How soon each reaches what one of them has at the end. */
static void print_reach(const bench *b, bench_method whose)
{
    double level = median(b, whose, b->n_trials, best_merit);
    char text[24];
    if (!isfinite(level)) return;
    worded(text, sizeof text, level, &b->campaign->objectives[0]);
    size_t ours = trials_to(b, BENCH_OURS, best_merit, level);
    size_t other = trials_to(b, BENCH_OTHER, best_merit, level);
    if (ours && other)
        printf("acceleration %.2f: %s after %zu trials, not %zu\n", (double)other / (double)ours,
               text, ours, other);
    else if (ours)
        printf("acceleration above %.2f: %s after %zu trials, not reached in %zu\n",
               (double)b->n_trials / (double)ours, text, ours, b->n_trials);
    else
        printf("acceleration below %.2f: %s is not reached in %zu trials, by the other after %zu\n",
               (double)other / (double)b->n_trials, text, b->n_trials, other);
}

static void print_worth(const bench *b)
{
    if (isfinite(b->top)) {
        for (int k = 0; k < 3; k++) {
            static const double LEVELS[] = {0.2, 0.5, 0.8};
            size_t ours = trials_to(b, BENCH_OURS, found_share, LEVELS[k]);
            size_t other = trials_to(b, BENCH_OTHER, found_share, LEVELS[k]);
            if (ours && other)
                printf("acceleration %.2f: %.0f %% of the best 5 %% after %zu trials, not %zu\n",
                       (double)other / (double)ours, 100 * LEVELS[k], ours, other);
            else if (ours)
                printf("acceleration above %.2f: %.0f %% of the best 5 %% after %zu trials\n",
                       (double)b->n_trials / (double)ours, 100 * LEVELS[k], ours);
        }
        double most = 0;
        size_t at = 0;
        for (size_t t = 1; t <= b->n_trials; t++) {
            double ours = median(b, BENCH_OURS, t, found_share),
                   other = median(b, BENCH_OTHER, t, found_share);
            if (other > 0 && ours / other > most) most = ours / other, at = t;
        }
        if (at) printf("enhancement at most %.2f, after %zu trials\n", most, at);
        return;
    }
    print_reach(b, BENCH_OTHER);
    print_reach(b, BENCH_OURS);
}

void bench_print(const bench *b)
{
    size_t last = 0;
    printf("%s: %s, %lld seeds, %zu trials%s\n", b->campaign->name, b->campaign->objectives[0].text,
           b->o->seeds, b->n_trials,
           isfinite(b->top) ? "; in %: found of the best 5 % of the table" : "");
    printf("%8s  %-34s  against %s\n", "trials", "Interphase: median (quartiles)", b->o->against);
    for (size_t k = 1; k <= CHECKPOINTS; k++) {
        size_t trials = (size_t)lround((double)(b->n_trials * k) / CHECKPOINTS);
        if (trials > last) print_values(b, trials);
        last = trials;
    }
    print_worth(b);
}

itp_status bench_write_csv(const bench *b, itp_error *err)
{
    FILE *file = fopen(b->o->csv, "we");
    if (!file) return itp_fail(err, ITP_EIO, "bench: %s cannot be written", b->o->csv);
    size_t seeds = (size_t)b->o->seeds;
    fprintf(file, "method,seed,trial,value,best,top_share\n");
    for (size_t k = 0; k < BENCH_METHODS * seeds; k++)
        for (size_t i = 0; i < b->curves[k].n; i++) {
            fprintf(file, "%s,%llu,%zu,", k < seeds ? "interphase" : "other",
                    (unsigned long long)b->runs[k].seed, i + 1);
            if (isfinite(b->curves[k].value[i])) fprintf(file, "%.17g", b->curves[k].value[i]);
            fputc(',', file);
            if (isfinite(b->curves[k].best[i])) fprintf(file, "%.17g", b->curves[k].best[i]);
            fputc(',', file);
            if (isfinite(b->top)) fprintf(file, "%g", found_share(b, &b->curves[k], i + 1));
            fputc('\n', file);
        }
    int failed = ferror(file);
    if (fclose(file) != 0 || failed)
        return itp_fail(err, ITP_EIO, "bench: %s could not be written whole", b->o->csv);
    return ITP_OK;
}
