/* bench.c - interphase bench: closed loops of a campaign with many seeds, beside random order.
 *   Shown: the best value found (over a candidate table also the share of its best 5 % found)
 * after so many trials, as medians and quartiles over the seeds; and how much that is worth:
 *   acceleration  trials that the other needs over trials that we need to reach the same
 *   enhancement   what we have found over what the other has, after the same trials
 * (Liang et al. 2021, npj Comput. Mater. 7:188). A candidate table is measured whole once, which is
 * how its best are known. SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_table.h"

#define SURVEY_MAX 20000 /* candidates that are measured whole */

/* --- What to run ------------------------------------------------------------------------------ */

static int parse(bench_options *o, int argc, char **argv)
{
    static const struct option LONG[] = {
        {"seeds", required_argument, NULL, 's'},    {"first-seed", required_argument, NULL, 'f'},
        {"parallel", required_argument, NULL, 'p'}, {"trials", required_argument, NULL, 't'},
        {"with", required_argument, NULL, 'w'},     {"against", required_argument, NULL, 'a'},
        {"keep", required_argument, NULL, 'k'},     {NULL, 0, NULL, 0}};
    *o = (bench_options){
        .seeds = 20, .parallel = sysconf(_SC_NPROCESSORS_ONLN), .against = "random"};
    optind = 0;
    for (int c; (c = getopt_long(argc, argv, "o:", LONG, NULL)) != -1;) {
        int good = 1;
        switch (c) {
        case 's': good = app_number(optarg, 1, &o->seeds) && o->seeds <= 100000; break;
        case 'f': good = app_number(optarg, 0, &o->first); break;
        case 'p': good = app_number(optarg, 1, &o->parallel); break;
        case 't': good = app_number(optarg, 1, &o->trials); break;
        case 'a': o->against = optarg; break;
        case 'k': o->keep = optarg; break;
        case 'o': o->csv = optarg; break;
        case 'w':
            good = o->n_settings < APP_SETTINGS_MAX;
            if (good) o->settings[o->n_settings++] = optarg;
            break;
        default: return app_usage("bench ", "that is not an option of bench");
        }
        if (!good) return app_usage("bench ", "%s does not serve there", optarg);
    }
    if (optind + 1 != argc) return app_usage("bench ", "bench takes one campaign file");
    o->campaign = argv[optind];
    return 0;
}

static itp_status load(bench *b, itp_error *err)
{
    itp_findings findings = {0};
    itp_campaign *file;
    itp_status st = itp_engine_load(&file, b->o->campaign, NULL, &findings, err);
    if (st != ITP_OK && findings.text) fputs(findings.text, stderr);
    itp_findings_deinit(&findings);
    if (st != ITP_OK) return st;
    st = itp_campaign_with(&b->campaign, file, b->o->n_settings, b->o->settings, err);
    itp_campaign_destroy(file);
    if (st != ITP_OK) return st;
    const itp_campaign *c = b->campaign;
    b->n_trials = b->o->trials ? (size_t)b->o->trials : c->budget.trials;
    b->n_rows = itp_space_n_candidates(c->space);
    if (b->n_rows > SURVEY_MAX) b->n_rows = 0;
    if (c->n_objectives != 1)
        return itp_fail(err, ITP_ENOTSUP, "bench: %s has %zu objectives; one is wanted",
                        b->o->campaign, c->n_objectives);
    if (!b->n_trials)
        return itp_fail(err, ITP_EINVAL, "bench: %s has no budget of trials: give --trials N",
                        b->o->campaign);
    for (size_t t = 0; t < c->n_tasks; t++)
        if (!c->tasks[t].connector)
            return itp_fail(err, ITP_EINVAL,
                            "bench: task %s has no connector: nobody measures in a benchmark",
                            c->tasks[t].name);
    return ITP_OK;
}

static void plan_run(bench *b, bench_run *r, const char *what, uint64_t seed)
{
    *r = (bench_run){.campaign = b->o->campaign, .seed = seed};
    snprintf(r->journal, sizeof r->journal, "%.200s/%s-%llu.journal", b->folder, what,
             (unsigned long long)seed);
    r->settings[r->n_settings++] = "parallel=1"; /* asked ahead, trials would depend on the clock */
    for (size_t i = 0; i < b->o->n_settings; i++) r->settings[r->n_settings++] = b->o->settings[i];
    r->settings[r->n_settings++] = b->trials;
}

static itp_status plan(bench *b, size_t *n, itp_error *err)
{
    size_t seeds = (size_t)b->o->seeds;
    static char all[2][48];
    const char *parent = getenv("TMPDIR");
    if (b->o->keep)
        snprintf(b->folder, sizeof b->folder, "%s", b->o->keep);
    else
        snprintf(b->folder, sizeof b->folder, "%.150s/interphase-bench-XXXXXX",
                 parent && *parent ? parent : "/tmp");
    if (!b->o->keep && !mkdtemp(b->folder))
        return itp_fail(err, ITP_EIO, "bench: folder %s cannot be made", b->folder);
    snprintf(b->trials, sizeof b->trials, "trials=%zu", b->n_trials);
    if (strcmp(b->o->against, "random") == 0)
        snprintf(b->against, sizeof b->against, "design={random: %zu}", b->n_trials);
    else
        snprintf(b->against, sizeof b->against, "%s", b->o->against);
    b->runs = calloc(BENCH_METHODS * seeds + 1, sizeof *b->runs);
    b->curves = calloc(BENCH_METHODS * seeds, sizeof *b->curves);
    if (!b->runs || !b->curves) return itp_fail(err, ITP_ENOMEM, "bench");
    for (size_t s = 0; s < seeds; s++) {
        uint64_t seed = (uint64_t)b->o->first + s;
        plan_run(b, &b->runs[s], "ours", seed);
        plan_run(b, &b->runs[seeds + s], "other", seed);
        bench_run *other = &b->runs[seeds + s];
        other->settings[other->n_settings++] = b->against;
    }
    *n = BENCH_METHODS * seeds;
    if (!b->n_rows) return ITP_OK;
    bench_run *survey = &b->runs[(*n)++];
    plan_run(b, survey, "survey", 0);
    snprintf(all[0], sizeof all[0], "trials=%zu", b->n_rows);
    snprintf(all[1], sizeof all[1], "design={random: %zu}", b->n_rows);
    survey->settings[survey->n_settings++] = all[0];
    survey->settings[survey->n_settings++] = all[1];
    return ITP_OK;
}

/* --- All of it ----------------------------------------------------------------------------------
 */

static itp_status run_all(bench *b, itp_error *err)
{
    size_t n = 0, curves = BENCH_METHODS * (size_t)b->o->seeds;
    itp_status st = plan(b, &n, err);
    if (st == ITP_OK) st = bench_runs(b->runs, n, (size_t)b->o->parallel, err);
    if (st == ITP_OK && n > curves && b->runs[curves].done > 0)
        st = bench_find_top(b, b->runs[curves].journal, err);
    size_t read = 0, found = 0;
    for (size_t k = 0; st == ITP_OK && k < curves; k++) {
        if (b->runs[k].done > 0) st = bench_curve_read(&b->curves[k], b->runs[k].journal, err);
        read += b->curves[k].n > 0;
        found += b->curves[k].n > 0 && isfinite(b->curves[k].best[b->curves[k].n - 1]);
    }
    if (st == ITP_OK && read == 0)
        return itp_fail(err, ITP_EWORKER, "bench: every campaign failed");
    if (st == ITP_OK && found == 0)
        return itp_fail(
            err, ITP_EWORKER,
            "bench: nothing was measured within the limits; interphase run %s shows why",
            b->o->campaign);
    if (st == ITP_OK) bench_print(b);
    if (st == ITP_OK && b->o->csv) st = bench_write_csv(b, err);
    return st;
}

static void clean_up(bench *b)
{
    for (size_t k = 0; b->curves && k < BENCH_METHODS * (size_t)b->o->seeds; k++)
        bench_curve_deinit(&b->curves[k]);
    free(b->curves);
    free(b->runs);
    itp_campaign_destroy(b->campaign);
    if (!b->o->keep && b->folder[0]) bench_remove(b->folder);
}

int app_bench(int argc, char **argv)
{
    bench_options o;
    itp_error err = {0};
    int code = parse(&o, argc, argv);
    if (code) return code;
    bench b = {.o = &o, .top = NAN};
    itp_status st = load(&b, &err);
    if (st == ITP_OK) st = run_all(&b, &err);
    clean_up(&b);
    return st == ITP_OK ? EXIT_FINISHED : app_fail(st, &err);
}
