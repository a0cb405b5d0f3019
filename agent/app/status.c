/* status.c - interphase status: one answer to "queued, running, done or failed, and why?"
 *   State is the fold of the journal, read in short transactions beside a live agent; reasons are
 * the journal's own words. SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "app.h"
#include "clock.h"
#include "codec.h"
#include "places.h"
#include "remote.h"
#include "say.h"
#include "why.h"

static void print_request(const itp_loop *loop, itp_id id)
{
    itp_request_view r;
    char at[ITP_CLOCK_TEXT];
    if (itp_loop_request(loop, id, &r) != ITP_OK) return;
    printf("  request %" PRIu64 "  trial %" PRIu64 "  %-16s %s  %s%s since %s", id, r.trial,
           itp_loop_campaign(loop)->tasks[r.task].name, itp_request_state_name(r.state),
           r.worker ? "at " : "", r.worker ? r.worker : "", itp_clock_text(r.since_ms, at));
    if (r.attempts + r.losses)
        printf(", attempt %" PRIu32 " (%" PRIu32 " failed, %" PRIu32 " lost)", r.epoch, r.attempts,
               r.losses);
    if (r.n_corrected)
        printf(", corrected %zu time%s", r.n_corrected, r.n_corrected > 1 ? "s" : "");
    if (r.sample) printf(", sample %s", r.sample);
    putchar('\n');
    if (r.why) printf("      %s\n", r.why);
}

static int has_doubt(const itp_loop *loop, const char *station)
{
    itp_request_view r;
    for (itp_id id = 1; itp_loop_request(loop, id, &r) == ITP_OK; id++)
        if (r.state == ITP_REQUEST_IN_DOUBT && r.worker && strcmp(r.worker, station) == 0) return 1;
    return 0;
}

static const char *readiness(const itp_loop *loop, const itp_worker_view *w)
{
    return w->halted == ITP_HALT_DONE    ? "NOT READY, stopped for safety"
           : w->halted == ITP_HALT_ASKED ? "NOT READY, told to stop for safety, has not answered"
           : !w->live                    ? "away"
           : w->slots == 0               ? "NOT READY"
           : has_doubt(loop, w->name)    ? "contact lost"
           : w->busy > 0                 ? "at work"
                                         : "ready";
}

/* Stations by name: where matter moves a person wants to know. */
static void print_stations(const itp_loop *loop)
{
    itp_worker_view w;
    for (size_t i = 0; itp_loop_worker(loop, i, &w) == ITP_OK; i++)
        if (w.cls == ITP_PHYSICAL)
            printf("station   %s: %s%s%s%s%s\n", w.name, readiness(loop, &w),
                   w.halted ? " by " : "", w.halted && w.halt_text ? w.halt_text : "",
                   w.sample ? ", sample " : "", w.sample ? w.sample : "");
}

static void print_corrected(const itp_loop *loop, size_t n_requests)
{
    size_t corrections = 0, requests = 0;
    itp_request_view r;
    for (itp_id id = 1; id <= n_requests; id++) {
        if (itp_loop_request(loop, id, &r) != ITP_OK || r.n_corrected == 0) continue;
        corrections += r.n_corrected;
        requests++;
    }
    if (requests)
        printf("corrected %zu time%s, in %zu request%s (status JOURNAL REQUEST says why)\n",
               corrections, corrections > 1 ? "s" : "", requests, requests > 1 ? "s" : "");
}

static void print_all(itp_engine *engine, const itp_summary *summary)
{
    const itp_loop *loop = itp_engine_loop(engine);
    const itp_campaign *c = itp_engine_campaign(engine);
    itp_counts n = itp_loop_counts(loop);
    itp_trial_view best;
    itp_places places;
    char text[600];
    printf("campaign  %s: %s%s%s\n", c->name, itp_account_life(&n),
           itp_loop_reason(loop) ? ", " : "", itp_loop_reason(loop) ? itp_loop_reason(loop) : "");
    printf("trials    %zu of %zu: %zu measured, %zu failed, %zu infeasible, %zu abandoned, %zu "
           "pending\n",
           n.trials, c->budget.trials, n.measured, n.failed, n.infeasible, n.abandoned, n.pending);
    printf("requests  %zu queued, %zu running, %zu held; workers %zu with %zu slots\n", n.queued,
           n.running, n.held, n.workers, n.slots);
    print_corrected(loop, n.requests);
    if (summary->best && itp_loop_trial(loop, summary->best, &best) == ITP_OK) {
        printf("best      trial %" PRIu64 ": %s\n", summary->best,
               app_point(text, sizeof text, c, best.point));
        printf("          %s, %s: %s\n", c->objectives[0].text,
               isfinite(summary->sd) ? "by the model" : "as measured (no model was made)",
               app_quantity(text, sizeof text, summary->mean, summary->sd, c->objectives[0].unit));
    }
    if (itp_places_find(&places, itp_journal_path(itp_engine_journal(engine)), 0, NULL) == ITP_OK)
        printf("listens   %s (while it runs)\n", places.workers);
    print_stations(loop);
    for (itp_id id = 1; id <= n.requests; id++) {
        itp_request_view r;
        if (itp_loop_request(loop, id, &r) == ITP_OK && itp_account_is_open(r.state))
            print_request(loop, id);
    }
}

static int print_json(itp_engine *engine, const itp_summary *summary)
{
    char *text = itp_account_text(itp_engine_loop(engine), summary);
    if (text) puts(text);
    free(text);
    return text ? EXIT_FINISHED : EXIT_FAILED;
}

static const char *answer_text(int64_t kind)
{
    static const char *const TEXTS[] = {"never started", "running", "done",
                                        "started, its outcome is not known"};
    return kind >= 0 && kind < (int64_t)(sizeof TEXTS / sizeof *TEXTS) ? TEXTS[kind] : "?";
}

static const char *way_text(int64_t way)
{
    return way == ITP_RESOLVE_MEASURED ? "measured" : way == ITP_RESOLVE_VOID ? "void" : "requeue";
}

static void print_event(const itp_journal_row *row)
{
    char at[ITP_CLOCK_TEXT];
    const itp_event *e = &row->event;
    printf("  %s  event %" PRIu64 "  epoch %" PRIu32 "  ", itp_clock_text(e->at_ms, at), e->seq,
           e->epoch);
    switch (e->kind) {
    case ITP_EVENT_ACCEPTED: printf("accepted by %s", e->worker ? e->worker : "?"); break;
    case ITP_EVENT_STARTED: printf("started at %s", e->worker ? e->worker : "?"); break;
    case ITP_EVENT_ANSWER:
        printf("%s answers: %s", e->worker ? e->worker : "?", answer_text(e->number));
        break;
    case ITP_EVENT_RESULT: printf("result from %s", e->worker ? e->worker : "?"); break;
    case ITP_EVENT_FAILURE:
        printf("failed at %s, cause %s: %s", e->worker ? e->worker : "?", itp_cause_name(e->cause),
               e->text ? e->text : "");
        break;
    case ITP_EVENT_LEASE_EXPIRED: printf("lease expired at %s", e->worker ? e->worker : "?"); break;
    case ITP_EVENT_DECLINED: printf("declined: %s", e->text ? e->text : ""); break;
    case ITP_EVENT_TIMER: printf("back-off is over"); break;
    case ITP_EVENT_CANCELLED: printf("cancelled by %s", e->text ? e->text : "somebody"); break;
    case ITP_EVENT_APPROVED:
        printf("%s by %s", e->number ? "rejected" : "approved", e->text ? e->text : "somebody");
        break;
    case ITP_EVENT_RESOLVED:
        printf("resolved as %s by %s", way_text(e->number), e->text ? e->text : "somebody");
        break;
    default: printf("%s", e->text ? e->text : "noted"); break;
    }
    if (strstr(row->payload, "\"refused\":")) printf(" (refused)");
    putchar('\n');
}

static const char *setting(char *text, size_t size, const itp_value *v)
{
    if (v->label)
        snprintf(text, size, "%s", v->label);
    else if (isnan(v->number))
        snprintf(text, size, "(not set)");
    else
        app_quantity(text, size, v->number, NAN, v->unit);
    return text;
}

/* What was changed after this event's failure. */
static void print_correction(const itp_loop *loop, const itp_event *e)
{
    itp_request_view r;
    if (e->kind != ITP_EVENT_FAILURE || itp_loop_request(loop, e->request, &r) != ITP_OK) return;
    const itp_campaign_task *task = &itp_loop_campaign(loop)->tasks[r.task];
    for (size_t i = 0; i < r.n_corrected; i++) {
        const itp_corrected *c = &r.corrected[i];
        if (c->epoch != e->epoch) continue;
        printf("      corrected (when %s, %u of %u):", task->corrections[c->rule].when, c->times,
               task->corrections[c->rule].at_most);
        for (size_t k = 0; k < c->n; k++) {
            char from[100], to[100];
            printf("%s %s %s -> %s", k ? "," : "", c->to[k].name,
                   setting(from, sizeof from, &c->from[k]), setting(to, sizeof to, &c->to[k]));
        }
        putchar('\n');
    }
}

static int print_one(itp_engine *engine, itp_id id)
{
    itp_request_view r;
    itp_journal_cursor *cursor;
    const itp_journal_row *row;
    itp_error err = {0};
    if (itp_loop_request(itp_engine_loop(engine), id, &r) != ITP_OK) {
        fprintf(stderr, "interphase: there is no request %" PRIu64 "\n", id);
        return EXIT_FAILED;
    }
    print_request(itp_engine_loop(engine), id);
    itp_status st = itp_journal_cursor_open(&cursor, itp_engine_journal(engine), 1, &err);
    if (st != ITP_OK) return app_fail(st, &err);
    while ((st = itp_journal_cursor_next(cursor, &row, &err)) == ITP_OK && row)
        if (row->event.request == id) {
            print_event(row);
            print_correction(itp_engine_loop(engine), &row->event);
        }
    itp_journal_cursor_close(cursor);
    return st == ITP_OK ? EXIT_FINISHED : app_fail(st, &err);
}

int app_status(int argc, char **argv)
{
    static const struct option LONG[] = {{"why", required_argument, NULL, 'w'},
                                         {"json", no_argument, NULL, 'J'},
                                         {NULL, 0, NULL, 0}};
    long long why = 0, request = 0;
    int json = 0;
    optind = 0;
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        if (c == 'J')
            json = 1;
        else if (c != 'w')
            return app_usage("status ", "that is not an option of status");
        else if (!app_number(optarg, 1, &why))
            return app_usage("status ", "--why %s: a trial", optarg);
    }
    if (optind >= argc || argc - optind > 2) return app_usage("status ", "status takes a journal");
    if (argc - optind == 2 && !app_number(argv[optind + 1], 1, &request))
        return app_usage("status ", "request %s: a number from 1", argv[optind + 1]);
    if (strncmp(argv[optind], ITP_SAY_FAR, sizeof ITP_SAY_FAR - 1) == 0)
        return app_status_far(argv[optind], &(app_status_wish){request, why, json});
    itp_engine *engine;
    itp_summary summary = {0};
    itp_error err = {0};
    itp_status st = app_open(&engine, argv[optind], &err);
    if (st != ITP_OK) return app_fail(st, &err);
    int code = EXIT_FINISHED;
    if (why)
        code = app_why(engine, (itp_id)why);
    else if (request)
        code = print_one(engine, (itp_id)request);
    else if ((st = app_summarise(engine, &summary)) != ITP_OK)
        code = app_fail(st, NULL);
    else if (json)
        code = print_json(engine, &summary);
    else
        print_all(engine, &summary);
    itp_summary_deinit(&summary);
    itp_engine_close(engine);
    return code;
}
