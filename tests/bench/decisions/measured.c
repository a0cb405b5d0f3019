/* measured.c - bar 4: campaigns over measured tables, one trial at a time, defaults.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "csv.h"
#include "ranks.h"
#include "stream.h"
#include "tables.h"

enum {
    SEEDS = 50,
    CAP = 100,
    FRACTION_TRIALS = 190,
    CHANCE_ORDERS = 2000,
    THEIRS_MAX = 200 /* scikit-learn's campaigns kept for a set */
};
/* Level of the one-sided rank tests: "significantly worse". */
static const double LEVEL = 0.05;

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
    if (r->options->verbose)
        bench_say(r->options, "  seed %lu: top 5 %% at %.0f, optimum at %.0f, %s\n",
                  (unsigned long)seed, r->first_top[index], r->first_best[index], trace.note);
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

static double standard_error(size_t n, const double *value)
{
    double mean = bench_mean(n, value), sum = 0;
    for (size_t i = 0; i < n; i++) sum += (value[i] - mean) * (value[i] - mean);
    return n > 1 ? sqrt(sum / (double)(n - 1) / (double)n) : NAN;
}

/* scikit-learn over the same table: one question, first top-5 % or optimum. */
typedef struct {
    double mean, se;           /* NaN: unknown */
    size_t n;                  /* campaigns kept one by one, may be 0 */
    double trials[THEIRS_MAX]; /* n */
} rival;

/* Campaigns one by one from sklearn_ei_seeds.csv where they are kept, otherwise means with standard
 * errors from sklearn_ei.csv. */
static void find_rival(const char *set, int best, rival *out)
{
    bench_csv csv;
    *out = (rival){.mean = NAN, .se = NAN};
    if (bench_csv_open(&csv, BENCH_DIR "/sklearn_ei_seeds.csv")) {
        for (size_t row = 0; row < csv.rows && out->n < THEIRS_MAX; row++)
            if (strcmp(bench_csv_cell(&csv, row, 0), set) == 0)
                out->trials[out->n++] = strtod(bench_csv_cell(&csv, row, best ? 3 : 2), NULL);
        bench_csv_close(&csv);
    }
    if (out->n > 1) {
        out->mean = bench_mean(out->n, out->trials);
        out->se = standard_error(out->n, out->trials);
    } else if (bench_csv_open(&csv, BENCH_DIR "/sklearn_ei.csv")) {
        for (size_t row = 0; row < csv.rows; row++) {
            if (strcmp(bench_csv_cell(&csv, row, 0), set) != 0) continue;
            out->mean = strtod(bench_csv_cell(&csv, row, best ? 4 : 2), NULL);
            out->se = strtod(bench_csv_cell(&csv, row, best ? 5 : 3), NULL);
        }
        bench_csv_close(&csv);
    }
}

typedef struct {
    int compared, as_good, worse_than_chance, missed;
} tally;

/* One question over one set: trials of `seeds` campaigns beside chance and beside scikit-learn. */
static void compare(const bench_options *o, const char *set, int best, size_t seeds,
                    const double *trials, const double *by_chance, tally *sum)
{
    rival theirs;
    find_rival(set, best, &theirs);
    double mean = bench_mean(seeds, trials), se = standard_error(seeds, trials);
    double chance_p = bench_larger_p(seeds, trials, CHANCE_ORDERS, by_chance);
    double theirs_p = bench_larger_p(seeds, trials, theirs.n, theirs.trials);
    /* Equal within the test, or within the standard error of the difference of means where only
     * means are kept, is as good. */
    int as_good = theirs.n > 1 ? !(theirs_p < LEVEL) : mean <= theirs.mean + hypot(se, theirs.se);
    bench_say(o, "%-32s %-9s %6.1f +- %4.1f  random %5.1f p %.3f  scikit-learn %6.1f p %.3f\n", set,
              best ? "optimum" : "top 5 %", mean, se, bench_mean(CHANCE_ORDERS, by_chance),
              chance_p, theirs.mean, theirs_p);
    sum->worse_than_chance += chance_p < LEVEL;
    sum->compared += !isnan(theirs.mean);
    sum->as_good += !isnan(theirs.mean) && as_good;
}

static itp_status both_questions(const bench_options *o, const measured_set *set,
                                 const bench_table *table, tally *sum)
{
    size_t seeds = o->seeds ? o->seeds : o->quick ? 4 : SEEDS;
    run r = {.options = o, .table = table, .start = 2, .trials = o->quick ? 40 : CAP};
    double *chance = malloc(2 * CHANCE_ORDERS * sizeof *chance);
    itp_status st = chance ? campaigns(o, set, seeds, &r) : ITP_ENOMEM;
    if (st == ITP_OK) {
        bench_by_chance(table, r.trials, CHANCE_ORDERS, chance, chance + CHANCE_ORDERS);
        compare(o, set->set, 0, seeds, r.first_top, chance, sum);
        compare(o, set->set, 1, seeds, r.first_best, chance + CHANCE_ORDERS, sum);
        bench_say(o, "%-32s %.2f s a campaign\n", "", bench_mean(seeds, r.seconds));
    }
    free(chance);
    free(r.first_top);
    return st;
}

static void one_set(const bench_options *o, const measured_set *set, tally *sum)
{
    bench_table table;
    size_t seeds = o->seeds ? o->seeds : SEEDS;
    if (open_set(o, set, &table) != ITP_OK) {
        sum->missed++;
        return;
    }
    sum->missed += both_questions(o, set, &table, sum) != ITP_OK;
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
        bench_report(o, "4 measured: answers worse than random (ranks, 0.05)",
                     sum.worse_than_chance, 0, sum.worse_than_chance == 0);
        missed += sum.worse_than_chance > 0;
    }
    return missed + sum.missed;
}
