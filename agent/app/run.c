/* run.c - interphase run: begin a campaign or take it up again, with local workers.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "app.h"
#include "progress.h"

typedef struct options {
    const char *campaign, *journal, *listen, *remote, *keys;
    long long workers, slots, seed;
    int has_seed, json, quiet;
    size_t n_settings;
    const char *settings[APP_SETTINGS_MAX];
} options;

static int parse(options *o, int argc, char **argv)
{
    static const struct option LONG[] = {
        {"journal", required_argument, NULL, 'j'}, {"workers", required_argument, NULL, 'w'},
        {"slots", required_argument, NULL, 's'},   {"listen", required_argument, NULL, 'l'},
        {"keys", required_argument, NULL, 'k'},    {"seed", required_argument, NULL, 'S'},
        {"with", required_argument, NULL, 'W'},    {"json", no_argument, NULL, 'J'},
        {"quiet", no_argument, NULL, 'q'},         {NULL, 0, NULL, 0}};
    *o = (options){.workers = sysconf(_SC_NPROCESSORS_ONLN), .slots = 1};
    optind = 0;
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        switch (c) {
        case 'j': o->journal = optarg; break;
        case 'l':
            if (strncmp(optarg, "tcp://", 6) == 0)
                o->remote = optarg;
            else
                o->listen = optarg;
            break;
        case 'k': o->keys = optarg; break;
        case 'J': o->json = 1; break;
        case 'W':
            if (o->n_settings == APP_SETTINGS_MAX)
                return app_usage("run ", "--with: at most %d settings", APP_SETTINGS_MAX);
            o->settings[o->n_settings++] = optarg;
            break;
        case 'q': o->quiet = 1; break;
        case 'w':
            if (!app_number(optarg, 0, &o->workers) || o->workers > 1024)
                return app_usage("run ", "--workers %s: a number from 0 to 1024", optarg);
            break;
        case 's':
            if (!app_number(optarg, 1, &o->slots) || o->slots > 1024)
                return app_usage("run ", "--slots %s: a number from 1 to 1024", optarg);
            break;
        case 'S':
            o->has_seed = 1;
            if (!app_number(optarg, 0, &o->seed))
                return app_usage("run ", "--seed %s: a whole number, 0 or more", optarg);
            break;
        default: return app_usage("run ", "that is not an option of run");
        }
    }
    if (optind + 1 != argc) return app_usage("run ", "run takes one campaign file");
    o->campaign = argv[optind];
    return 0;
}

/* A campaign that has finished, and whose definition asks for no more, is only summed up. */
static int show_finished(itp_engine *engine, const options *o)
{
    itp_progress_view view;
    itp_summary summary = {0};
    itp_status st = app_summarise(engine, &summary);
    if (st != ITP_OK) return app_fail(st, NULL);
    itp_progress_init(&view, engine, o->json, o->quiet);
    itp_progress_summary(&view, engine, &summary, itp_loop_reason(itp_engine_loop(engine)));
    itp_progress_deinit(&view);
    itp_summary_deinit(&summary);
    return EXIT_FINISHED;
}

static int run_engine(itp_engine *engine, const options *o)
{
    itp_progress_view view;
    itp_agent_report report = {0};
    itp_error err = {0};
    const itp_log_to log = {.fd = STDERR_FILENO, .least = ITP_WARN, .who = "agent"};
    itp_progress_init(&view, engine, o->json, o->quiet);
    const itp_agent_options options = {
        .endpoint = o->listen,
        .remote = o->remote,
        .keys = o->keys,
        .listening = itp_progress_listening,
        .workers = (size_t)o->workers,
        .slots = (unsigned)o->slots,
        .log = o->quiet ? NULL : &log,
        .committed = itp_progress_committed,
        .tick = itp_progress_tick,
        .ctx = &view,
    };
    itp_status st = itp_agent_run(engine, &options, &report, &err);
    int code = EXIT_FINISHED;
    if (st == ITP_OK || st == ITP_EINTERRUPTED) {
        const char *reason =
            report.reason[0] ? report.reason : "interrupted; the same command resumes";
        itp_progress_summary(&view, engine, &report.summary, reason);
        if (st == ITP_EINTERRUPTED) code = EXIT_RESUMABLE;
        if (strncmp(report.reason, "failure", 7) == 0) code = EXIT_FAILED;
    } else {
        code = app_fail(st, &err);
    }
    itp_summary_deinit(&report.summary);
    itp_progress_deinit(&view);
    return code;
}

/* Before a new journal holds the campaign, so that a wrong option is put right instead of making
 * every trial infeasible. Local workers only: what remote ones have installed is not known here. */
static int check_new(const options *o, const char *journal)
{
    itp_campaign *campaign;
    if (o->workers == 0 || access(journal, F_OK) == 0) return 0;
    if (itp_engine_load(&campaign, o->campaign, NULL, NULL, NULL) != ITP_OK)
        return 0; /* said below */
    size_t errors = app_check_options(campaign);
    itp_campaign_destroy(campaign);
    return errors ? EXIT_USAGE : 0;
}

int app_run(int argc, char **argv)
{
    options o;
    int code = parse(&o, argc, argv);
    if (code) return code;
    char *own = o.journal ? NULL : app_journal_of(o.campaign, &code);
    if (!o.journal && !own) return code;
    const itp_engine_options options = {
        .journal = o.journal ? o.journal : own,
        .campaign = o.campaign,
        .has_seed = o.has_seed,
        .seed = (uint64_t)o.seed,
        .n_settings = o.n_settings,
        .settings = o.settings,
        .mode = ITP_JOURNAL_CREATE,
    };
    itp_engine *engine;
    itp_findings findings = {0};
    itp_error err = {0};
    if ((code = check_new(&o, options.journal)) != 0) {
        free(own);
        return code;
    }
    itp_status st = itp_engine_open(&engine, &options, &findings, &err);
    if (st != ITP_OK && findings.text) fputs(findings.text, stderr);
    itp_findings_deinit(&findings);
    if (st == ITP_OK) {
        code = itp_loop_counts(itp_engine_loop(engine)).finished ? show_finished(engine, &o)
                                                                 : run_engine(engine, &o);
        itp_engine_close(engine);
    } else {
        code = app_fail(st, &err);
    }
    free(own);
    return code;
}
