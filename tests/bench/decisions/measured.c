/* measured.c - bar 4: campaigns over measured tables, one trial at a time, defaults.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "csv.h"
#include "stream.h"
#include "tables.h"

enum { SEEDS = 50, CAP = 100, FRACTION_TRIALS = 190 };

typedef struct {
    const char *set;
    const char *const *drop;
    int smiles;
    double botorch5; /* BoTorch's mean evaluations to the first top-5 %, 5 random starts; 0: none */
} measured_set;

static const char *const NAMES_OUT[] = {"film", "substrate", NULL};
static const measured_set SETS[] = {
    {"pvlab_crossed_barrel", NULL, 0, 0},
    {"pvlab_agnp", NULL, 0, 8.6},
    {"pvlab_p3ht", NULL, 0, 7.4},
    {"intermat_metal_adhesion", NAMES_OUT, 0, 13.2},
    {"direct_arylation", NULL, 1, 10.4},
    {"btz_solubility_binary_solvents", NULL, 0, 13.1},
    {"hbe_oxidation_potential", NULL, 0, 11.2},
    {"clio_aem", NULL, 0, 7.1},
    {"obelix_solid_electrolytes", NULL, 0, 0},
};
enum { N_SETS = sizeof SETS / sizeof *SETS };

typedef struct {
    const bench_options *options;
    const bench_table *table;
    size_t start, trials;
    int to_the_end; /* 1: run all trials, 0: stop at the optimum */
    double *first_top, *first_best;
    double *fraction; /* seeds x trials: share of the top 5 % found; NULL: not wanted */
    double *seconds;
} run;

static int found_best(const void *context, const bench_trace *trace)
{
    const bench_table *table = context;
    return trace->n > 0 && table->better[trace->rows[trace->n - 1]] >= table->best;
}

static itp_status one(void *context, uint64_t seed, size_t index)
{
    run *r = context;
    const bench_table *t = r->table;
    bench_settings set = r->options->with;
    set.start = r->options->start ? r->options->start : r->start, set.random_start = 1;
    set.trials = t->n < r->trials ? t->n : r->trials;
    set.seed = itp_mix64(seed + 1);
    if (!r->to_the_end) set.enough = found_best, set.enough_context = t;
    bench_trace trace;
    itp_error err = {0};
    itp_status st = bench_run(&t->world, &set, &trace, &err);
    if (st != ITP_OK) {
        fprintf(stderr, "seed %lu: %s %s\n", (unsigned long)seed, itp_status_name(st), err.text);
        return st;
    }
    r->first_top[index] = r->first_best[index] = (double)trace.n;
    for (size_t i = trace.n; i-- > 0;) {
        if (t->better[trace.rows[i]] >= t->threshold) r->first_top[index] = (double)(i + 1);
        if (t->better[trace.rows[i]] >= t->best) r->first_best[index] = (double)(i + 1);
    }
    double found = 0;
    for (size_t i = 0; i < r->trials && r->fraction; i++) {
        if (i < trace.n) found += t->better[trace.rows[i]] >= t->threshold;
        r->fraction[index * r->trials + i] = found / (double)t->n_top;
    }
    r->seconds[index] = trace.fit_s + trace.propose_s;
    bench_trace_deinit(&trace);
    return ITP_OK;
}

static itp_status campaigns(const bench_options *o, const measured_set *set, size_t seeds, run *r)
{
    static const size_t ROOM = 3;
    r->first_top = calloc(seeds * ROOM, sizeof *r->first_top);
    if (!r->first_top) return ITP_ENOMEM;
    r->first_best = r->first_top + seeds, r->seconds = r->first_best + seeds;
    return bench_campaigns(o, set->set, seeds, one, r);
}

static itp_status open_set(const bench_options *o, const measured_set *set, bench_table *table)
{
    itp_error err = {0};
    itp_status st = bench_table_open(table, o->data, set->set, set->drop, set->smiles, NULL, &err);
    if (st != ITP_OK) fprintf(stderr, "%s: %s\n", set->set, err.text);
    return st;
}

/* Trials after which the mean fraction has reached `share`, or one more than were made. */
static double reached(const double *fraction, size_t seeds, size_t trials, double share)
{
    for (size_t i = 0; i < trials; i++) {
        double mean = 0;
        for (size_t s = 0; s < seeds; s++) mean += fraction[s * trials + i] / (double)seeds;
        if (mean >= share) return (double)(i + 1);
    }
    return (double)(trials + 1);
}

/* Crossed barrel: when 0.2, 0.5 and 0.8 of the best 5 % have been found. */
static int collecting(const bench_options *o, const char *acquisition, double factor)
{
    static const double SHARES[] = {0.2, 0.5, 0.8}, LIMITS[] = {32, 83, 169};
    bench_table table;
    bench_options with = *o;
    if (acquisition) with.with.acquisition = acquisition;
    size_t seeds = o->seeds   ? o->seeds
                   : o->quick ? 2
                              : SEEDS,
           trials = o->quick ? 90 : FRACTION_TRIALS;
    int missed = 0;
    if (open_set(o, &SETS[0], &table) != ITP_OK) return 1;
    run r = {.options = &with, .table = &table, .start = 2, .trials = trials, .to_the_end = 1};
    r.fraction = calloc(seeds * trials, sizeof *r.fraction);
    itp_status st = r.fraction ? campaigns(&with, &SETS[0], seeds, &r) : ITP_ENOMEM;
    for (size_t i = 0; i < 3 && st == ITP_OK; i++) {
        if (o->quick && i == 2) break;
        char bar[128];
        double at = reached(r.fraction, seeds, trials, SHARES[i]), limit = factor * LIMITS[i];
        snprintf(bar, sizeof bar, "4 crossed barrel, %s: trials to %.1f of the top 5 %%",
                 acquisition ? acquisition : "defaults", SHARES[i]);
        bench_report(o, bar, at, limit, at <= limit);
        missed += !(at <= limit);
    }
    free(r.fraction);
    free(r.first_top);
    bench_table_close(&table);
    return missed + (st != ITP_OK);
}

/* Random order meets the first of k good ones among n after (n + 1)/(k + 1) on average. */
static double by_chance(size_t n, size_t k)
{
    return (double)(n + 1) / (double)(k + 1);
}

/* scikit-learn's means over the same table, from sklearn_ei.csv: top5 and best with their standard
 * errors. */
static int sklearn(const char *set, double *found)
{
    bench_csv csv;
    int there = 0;
    if (!bench_csv_open(&csv, BENCH_DIR "/sklearn_ei.csv")) return 0;
    for (size_t row = 0; row < csv.rows && !there; row++) {
        if (strcmp(bench_csv_cell(&csv, row, 0), set) != 0) continue;
        for (size_t i = 0; i < 4; i++) found[i] = strtod(bench_csv_cell(&csv, row, 2 + i), NULL);
        there = 1;
    }
    bench_csv_close(&csv);
    return there;
}

static double standard_error(size_t n, const double *value)
{
    double mean = bench_mean(n, value), sum = 0;
    for (size_t i = 0; i < n; i++) sum += (value[i] - mean) * (value[i] - mean);
    return n > 1 ? sqrt(sum / (double)(n - 1) / (double)n) : NAN;
}

typedef struct {
    int compared, as_good, worse_than_chance, missed;
} tally;

static void one_set(const bench_options *o, const measured_set *set, tally *sum)
{
    bench_table table;
    size_t seeds = o->seeds ? o->seeds : o->quick ? 4 : SEEDS;
    if (open_set(o, set, &table) != ITP_OK) {
        sum->missed++;
        return;
    }
    run r = {.options = o, .table = &table, .start = 2, .trials = o->quick ? 40 : CAP};
    if (campaigns(o, set, seeds, &r) == ITP_OK) {
        double top = bench_mean(seeds, r.first_top), best = bench_mean(seeds, r.first_best);
        double top_se = standard_error(seeds, r.first_top), theirs[4],
               chance = by_chance(table.n, table.n_top);
        int known = sklearn(set->set, theirs);
        bench_say(o,
                  "%-32s top 5 %% %6.1f +- %4.1f  best %6.1f +- %4.1f  random %5.1f %6.1f  "
                  "scikit-learn %6.1f %6.1f  %.2f s\n",
                  set->set, top, top_se, best, standard_error(seeds, r.first_best), chance,
                  by_chance(table.n, 1), known ? theirs[0] : NAN, known ? theirs[2] : NAN,
                  bench_mean(seeds, r.seconds));
        sum->worse_than_chance += top - 2 * top_se > chance;
        if (known) {
            /* Both questions count: the first of the best 5 %, and the best. Equal within the
             * standard error of the difference is as good. */
            double best_se = standard_error(seeds, r.first_best);
            sum->compared += 2;
            sum->as_good += top <= theirs[0] + sqrt(top_se * top_se + theirs[1] * theirs[1]);
            sum->as_good += best <= theirs[2] + sqrt(best_se * best_se + theirs[3] * theirs[3]);
        }
    } else {
        sum->missed++;
    }
    free(r.first_top);
    if (set->botorch5 > 0 && !o->quick) {
        run five = {.options = o, .table = &table, .start = 5, .trials = CAP};
        if (campaigns(o, set, seeds, &five) == ITP_OK) {
            char bar[128];
            double top = bench_mean(seeds, five.first_top);
            snprintf(bar, sizeof bar, "4 %s: mean trials to the first top 5 %%, 5 starts",
                     set->set);
            bench_report(o, bar, top, set->botorch5, top < set->botorch5);
            sum->missed += !(top < set->botorch5);
        }
        free(five.first_top);
    }
    bench_table_close(&table);
}

int bench_measured(const bench_options *o)
{
    if (!o->data) {
        fprintf(stderr, "bar 4 skipped: INTERPHASE_DATA is not set\n");
        return 0;
    }
    int missed = 0;
    if (!o->quick && (!o->only || strcmp(o->only, "collecting") == 0)) {
        missed += collecting(o, NULL, 1);
        missed += collecting(o, "collect", 0.85);
    }
    tally sum = {0};
    for (size_t i = 0; i < N_SETS; i++) {
        if (o->quick && !(SETS[i].botorch5 > 0 && SETS[i].botorch5 < 10))
            continue; /* the quick ones */
        if (!o->only || strcmp(o->only, SETS[i].set) == 0) one_set(o, &SETS[i], &sum);
    }
    if (sum.compared > 0) {
        double share = sum.as_good / (double)sum.compared;
        bench_report(o, "4 measured: share as good as scikit-learn GP + EI", share, 0.8,
                     share >= 0.8);
        missed += !(share >= 0.8);
        bench_report(o, "4 measured: sets significantly worse than random", sum.worse_than_chance,
                     0, sum.worse_than_chance == 0);
        missed += sum.worse_than_chance > 0;
    }
    return missed + sum.missed;
}
