/* calibration.c - bar 5: intervals, densities and errors on measured sets, all defaults, beside
 * scikit-learn (sklearn_calibration.py; its numbers for the same rows and splits are kept in
 * sklearn_calibration.csv; --golden adds what is missing there).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataset.h"
#include "report.h"
#include "stream.h"

enum { SPLITS = 5, ROWS_MAX = 400 };

typedef struct {
    double coverage50, coverage90, coverage95, log_density, rmse, rank;
    size_t n;
} score;

/* Two-sided exact binomial test of `hits` of n against probability p: the p-value. */
static double binomial_test(size_t n, size_t hits, double p)
{
    double sum = 0, here = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k <= n; k++) {
            double lp = lgamma((double)n + 1) - lgamma((double)k + 1) -
                        lgamma((double)(n - k) + 1) + (double)k * log(p) +
                        (double)(n - k) * log1p(-p);
            if (pass == 0 && k == hits) here = lp;
            if (pass == 1 && lp <= here + 1e-9) sum += exp(lp);
        }
    return sum;
}

/* p-value of the 95 % interval's coverage. Each row is tested once, by the split that left it out.
 * Rows of one split share a fit, and likely rows (a series, a composition) share an error, so real
 * counts scatter more than a binomial's: sets are rejected more often than one in a hundred even
 * where every interval is right. */
static double coverage_test(const score *of)
{
    return binomial_test(of->n, (size_t)lround(of->coverage95 * (double)of->n), 0.95);
}

/* Every fifth row of a random order is the test of one of five splits. */
static void assign(size_t n, size_t *fold)
{
    size_t *order = malloc((n + 1) * sizeof *order);
    itp_stream s;
    itp_stream_init(&s, 11, 0, "calibration.splits");
    itp_stream_shuffle(&s, n, order);
    for (size_t i = 0; i < n; i++) fold[order[i]] = i % SPLITS;
    free(order);
}

static itp_surrogate *fit(const settings *s, const dataset *set, size_t n, const double *x,
                          const double *y)
{
    itp_column columns[64];
    itp_surrogate *model = NULL;
    itp_surrogate_options options = {
        .threads = s->threads, .model = s->model, .kernel = s->kernel, .transform = s->transform};
    itp_fit_report fitted;
    real_columns(set->d, columns);
    itp_data data = {n, set->d, x, y, NULL};
    itp_error err;
    if (itp_surrogate_create(&model, set->d, columns, &options, &err) != ITP_OK ||
        itp_surrogate_fit(model, &data, 1, &fitted) != ITP_OK) {
        fprintf(stderr, "%s: no fit\n", set->name);
        exit(3);
    }
    return model;
}

static score leave_one_out(const settings *s, const dataset *set)
{
    itp_diagnostics d;
    itp_surrogate *model = fit(s, set, set->n, set->x, set->y);
    itp_surrogate_loo(model, NULL, NULL, &d);
    itp_surrogate_destroy(model);
    return (score){d.coverage50, d.coverage90,       d.coverage95, d.log_density,
                   d.rmse,       d.rank_correlation, set->n};
}

/* Test rows of one split: coverage by quantiles, and density. */
static void test_split(const settings *s, const dataset *set, const size_t *fold, size_t which,
                       score *out)
{
    static const double LEVELS[6] = {0.025, 0.05, 0.25, 0.75, 0.95, 0.975};
    double *x = malloc(2 * set->n * set->d * sizeof *x), *tx = x + set->n * set->d;
    double *y = malloc(10 * set->n * sizeof *y), *ty = y + set->n, *q = ty + set->n;
    double *mean = q + 6 * set->n, *density = mean + set->n;
    size_t n = 0, m = 0;
    for (size_t i = 0; i < set->n; i++) {
        int test = fold[i] == which;
        memcpy(test ? tx + m * set->d : x + n * set->d, set->x + i * set->d, set->d * sizeof *x);
        *(test ? &ty[m++] : &y[n++]) = set->y[i];
    }
    itp_surrogate *model = fit(s, set, n, x, y);
    for (int l = 0; l < 6; l++) itp_surrogate_quantile(model, m, tx, LEVELS[l], q + (size_t)l * m);
    itp_surrogate_predict(model, m, tx, mean, NULL);
    itp_surrogate_log_density(model, m, tx, ty, density);
    for (size_t i = 0; i < m; i++) {
        double share = 1 / (double)set->n;
        out->coverage50 += share * (ty[i] >= q[2 * m + i] && ty[i] <= q[3 * m + i]);
        out->coverage90 += share * (ty[i] >= q[m + i] && ty[i] <= q[4 * m + i]);
        out->coverage95 += share * (ty[i] >= q[i] && ty[i] <= q[5 * m + i]);
        out->log_density += share * density[i];
        out->rmse += share * (ty[i] - mean[i]) * (ty[i] - mean[i]);
    }
    itp_surrogate_destroy(model);
    free(x);
    free(y);
}

/* scikit-learn on the same rows and splits. */
static int elsewhere(const settings *s, const dataset *set, const size_t *fold, score *loo,
                     score *split)
{
    char path[] = "/tmp/bench_surrogates_XXXXXX", command[1024];
    int fd = mkstemp(path), found = 0;
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file) return 0;
    for (size_t i = 0; i < set->n; i++) {
        for (size_t c = 0; c < set->d; c++) fprintf(file, "%.17g ", set->x[i * set->d + c]);
        fprintf(file, "%.17g %zu\n", set->y[i], fold[i]);
    }
    fclose(file);
    snprintf(command, sizeof command, "OPENBLAS_NUM_THREADS=1 %s %s/sklearn_calibration.py %s",
             s->python, ITP_BENCH_DIR, path);
    FILE *pipe = popen(command, "r");
    for (score *out = loo; pipe && out; out = out == loo ? split : NULL)
        found += fscanf(pipe, "%lf %lf %lf %lf %lf %lf", &out->coverage50, &out->coverage90,
                        &out->coverage95, &out->log_density, &out->rmse, &out->rank) == 6;
    if (pipe) pclose(pipe);
    remove(path);
    return found == 2;
}

static int from_golden(const dataset *set, score *loo, score *split)
{
    char line[512], name[64];
    size_t n;
    int found = 0;
    FILE *file = fopen(ITP_BENCH_DIR "/sklearn_calibration.csv", "r");
    while (file && !found && fgets(line, sizeof line, file))
        found = sscanf(line, "%63[^,],%zu,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", name,
                       &n, &loo->coverage50, &loo->coverage90, &loo->coverage95, &loo->log_density,
                       &loo->rmse, &loo->rank, &split->coverage50, &split->coverage90,
                       &split->coverage95, &split->log_density, &split->rmse, &split->rank) == 14 &&
                strcmp(name, set->name) == 0 && n == set->n;
    if (file) fclose(file);
    return found;
}

static void golden_line(const settings *s, const dataset *set, const score *loo, const score *split)
{
    FILE *file = s->golden ? fopen(ITP_BENCH_DIR "/sklearn_calibration.csv", "a") : NULL;
    if (!file) return;
    fprintf(file, "%s,%zu,%g,%g,%g,%g,%g,%g,%g,%g,%g,%g,%g,%g\n", set->name, set->n,
            loo->coverage50, loo->coverage90, loo->coverage95, loo->log_density, loo->rmse,
            loo->rank, split->coverage50, split->coverage90, split->coverage95, split->log_density,
            split->rmse, split->rank);
    fclose(file);
}

static const char *verdict(const score *of)
{
    if (coverage_test(of) >= 0.01) return "";
    return of->coverage95 < 0.95 ? "too narrow" : "too wide";
}

static void line(const settings *s, const char *what, const score *ours, const score *theirs)
{
    say(s,
        "    %-5s 50%%:%.2f 90%%:%.2f 95%%:%.3f lpd %8.3f rmse %.4g rank %.2f | %.2f %.2f %.3f "
        "%8.3f %.4g %.2f %s%s%s%s\n",
        what, ours->coverage50, ours->coverage90, ours->coverage95, ours->log_density, ours->rmse,
        ours->rank, theirs->coverage50, theirs->coverage90, theirs->coverage95, theirs->log_density,
        theirs->rmse, theirs->rank, ours->log_density > theirs->log_density ? "" : "(lpd worse) ",
        verdict(ours), *verdict(theirs) ? " | " : "", verdict(theirs));
}

typedef struct {
    size_t cases, covered, denser, compared, theirs; /* theirs: covered by scikit-learn */
} tally;

static void count(tally *t, const score *ours, const score *theirs, int compared)
{
    t->cases++;
    t->covered += coverage_test(ours) >= 0.01;
    t->theirs += coverage_test(theirs) >= 0.01;
    t->compared += (size_t)compared;
    t->denser += compared && ours->log_density > theirs->log_density;
}

void bar_calibration(const settings *s)
{
    tally loo_tally = {0}, split_tally = {0};
    if (!s->data) {
        say(s, "  INTERPHASE_DATA is not set\n");
        return;
    }
    for (int k = 0; NUMERIC_SETS[k]; k++) {
        dataset set;
        if (s->only && !strstr(NUMERIC_SETS[k], s->only)) continue;
        if (!dataset_load(&set, s->data, NUMERIC_SETS[k], ROWS_MAX)) continue;
        if (s->quick && set.d > 12) { /* the two that take longest */
            dataset_free(&set);
            continue;
        }
        size_t *fold = malloc(set.n * sizeof *fold);
        score loo, split = {.rank = NAN, .n = set.n}, their_loo = {0}, their_split = {0};
        assign(set.n, fold);
        double start = now_s();
        loo = leave_one_out(s, &set);
        for (size_t f = 0; f < SPLITS && !s->quick; f++) test_split(s, &set, fold, f, &split);
        split.rmse = sqrt(split.rmse);
        double took = now_s() - start;
        int compared = from_golden(&set, &their_loo, &their_split);
        if (!compared && !s->quick) {
            compared = elsewhere(s, &set, fold, &their_loo, &their_split);
            if (compared) golden_line(s, &set, &their_loo, &their_split);
        }
        their_loo.n = their_split.n = set.n;
        say(s, "  %s n=%zu d=%zu (%.1f s)\n", set.name, set.n, set.d, took);
        line(s, "loo", &loo, &their_loo);
        count(&loo_tally, &loo, &their_loo, compared);
        if (!s->quick) line(s, "split", &split, &their_split);
        if (!s->quick) count(&split_tally, &split, &their_split, compared);
        free(fold);
        dataset_free(&set);
    }
    for (int k = 0; k < (s->quick ? 1 : 2); k++) {
        const tally *t = k ? &split_tally : &loo_tally;
        double covered = (double)t->covered / (double)t->cases;
        double denser = t->compared ? (double)t->denser / (double)t->compared : NAN;
        say(s, "  scikit-learn's intervals are calibrated on %zu of %zu sets\n", t->theirs,
            t->cases);
        report(s,
               k ? "5 splits, share of sets with calibrated 95 %"
                 : "5 loo, share of sets with calibrated 95 %",
               covered, 0.8, covered >= 0.8);
        report(s,
               k ? "5 splits, share of sets with better density"
                 : "5 loo, share of sets with better density",
               denser, 0.75, denser >= 0.75);
    }
}
