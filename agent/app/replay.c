/* replay.c - interphase replay: folds a journal again; with --verify every decision is made anew
 * from the snapshot it was made from, and compared with its record; with --with under other
 * settings, and shown beside it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "app.h"
#include "decide.h"
#include "machine.h"
#include "retake.h"
#include "suppose.h"

typedef struct replay {
    retake again;
    itp_decider *decider;
    char machine[256];
    suppose other;      /* under other settings */
    size_t exact, near; /* decisions found equal: to the bit, or to 1e-6 (another machine) */
} replay;

static itp_status decide_otherwise(void *ctx, const itp_snapshot *snapshot, const itp_event *event,
                                   itp_error *err)
{
    return suppose_decision(&((replay *)ctx)->other, snapshot, event->made, err);
}

static itp_status verify(void *ctx, const itp_snapshot *snapshot, const itp_event *event,
                         itp_error *err)
{
    replay *r = ctx;
    const itp_decision *made = event->made;
    itp_decision *again;
    itp_status st = itp_decide(r->decider, snapshot, &again, err);
    if (st != ITP_OK) return st;
    int exactly = strcmp(made->machine, r->machine) == 0;
    const char *what = itp_decision_differs(made, again, exactly);
    itp_decision_destroy(again);
    if (what)
        return itp_fail(err, ITP_EDIVERGED,
                        "event %" PRIu64 ": decision %" PRIu64 " differs in %s%s", event->seq,
                        made->number, what,
                        exactly ? "" : " (made on another machine, compared to 1e-6)");
    r->exact += exactly != 0;
    r->near += !exactly;
    return ITP_OK;
}

static void print_state(const replay *r, uint64_t events)
{
    itp_counts n = itp_loop_counts(r->again.loop);
    printf("after event %" PRIu64
           ": %zu trials (%zu measured, %zu failed, %zu pending), %zu requests, "
           "%" PRIu64 " decisions%s%s\n",
           events, n.trials, n.measured, n.failed + n.infeasible, n.pending, n.requests,
           n.decisions, n.finished ? ", finished: " : "",
           n.finished ? itp_loop_reason(r->again.loop) : "");
}

typedef struct options {
    const char *head;
    long long until;
    int verifies;
    size_t n_settings;
    const char *settings[APP_SETTINGS_MAX];
} options;

static itp_status fold(itp_journal *journal, replay *r, const options *o, itp_error *err)
{
    uint64_t events = 0;
    itp_status st = retake_begin(&r->again, journal, err);
    itp_machine_text(r->machine, sizeof r->machine);
    if (st == ITP_OK) st = itp_decider_create(&r->decider, r->machine, 0);
    if (st == ITP_OK && o->n_settings)
        st =
            suppose_init(&r->other, r->again.campaign, o->n_settings, o->settings, r->machine, err);
    if (st != ITP_OK) return st;
    r->again.ctx = r;
    r->again.decided = o->verifies ? verify : o->n_settings ? decide_otherwise : NULL;
    st = retake_fold(&r->again, journal, (uint64_t)o->until, &events, err);
    if (st != ITP_OK) return st;
    print_state(r, events);
    if (o->n_settings) suppose_print(&r->other);
    if (o->verifies)
        printf("verified: %" PRIu64
               " events with their actions, %zu decisions identical to the bit, %zu "
               "to 1e-6 (made on another machine)\n",
               events, r->exact, r->near);
    return ITP_OK;
}

static itp_status check_chain(itp_journal *journal, const char *head, itp_error *err)
{
    unsigned char hash[ITP_HASH_SIZE];
    itp_journal_verdict verdict;
    char text[ITP_HASH_TEXT];
    if (head && itp_hash_parse(head, hash) != ITP_OK)
        return itp_fail(err, ITP_EINVAL, "--head %s: 64 hexadecimal digits are expected", head);
    itp_status st = itp_journal_verify(journal, head ? hash : NULL, &verdict, err);
    if (st != ITP_OK) return st;
    itp_hash_text(verdict.head, text);
    printf("chain: %" PRIu64 " events, head %s\n", verdict.events, text);
    if (head && verdict.known < verdict.events)
        printf("the head given is event %" PRIu64 "; %" PRIu64 " events followed\n", verdict.known,
               verdict.events - verdict.known);
    return ITP_OK;
}

static int parse(options *o, int argc, char **argv)
{
    static const struct option LONG[] = {{"verify", no_argument, NULL, 'v'},
                                         {"head", required_argument, NULL, 'h'},
                                         {"until", required_argument, NULL, 'u'},
                                         {"with", required_argument, NULL, 'w'},
                                         {NULL, 0, NULL, 0}};
    *o = (options){0};
    optind = 0;
    for (int c; (c = getopt_long(argc, argv, "", LONG, NULL)) != -1;) {
        if (c == 'v')
            o->verifies = 1;
        else if (c == 'h')
            o->head = optarg;
        else if (c == 'w' && o->n_settings < APP_SETTINGS_MAX)
            o->settings[o->n_settings++] = optarg;
        else if (c != 'u')
            return app_usage("replay ", "that is not an option of replay");
        else if (!app_number(optarg, 1, &o->until))
            return app_usage("replay ", "--until %s: an event", optarg);
    }
    if (optind + 1 != argc) return app_usage("replay ", "replay takes one journal");
    if (o->verifies && o->n_settings)
        return app_usage("replay ", "--verify asks what was, --with what might have been");
    return 0;
}

int app_replay(int argc, char **argv)
{
    options o;
    int code = parse(&o, argc, argv);
    if (code) return code;
    itp_journal *journal;
    itp_error err = {0};
    replay r = {0};
    itp_status st = itp_journal_open(&journal, argv[optind], ITP_JOURNAL_READ, &err);
    if (st != ITP_OK) return app_fail(st, &err);
    if (o.verifies || o.head) st = check_chain(journal, o.head, &err);
    if (st == ITP_OK) st = fold(journal, &r, &o, &err);
    suppose_deinit(&r.other);
    itp_decider_destroy(r.decider);
    retake_end(&r.again);
    itp_journal_close(journal);
    return st == ITP_OK ? EXIT_FINISHED : app_fail(st, &err);
}
