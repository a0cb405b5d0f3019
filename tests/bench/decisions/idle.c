/* idle.c - bar 5, asynchronous work: how long workers wait for want of a proposal.
 *   The loop of the agent itself under a simulated clock: four workers of unequal speed with one
 * slot each, tasks whose durations vary by a fifth, and decisions that take a twentieth of the
 * fastest worker's task. A worker is idle from its result to its next offer; what comes after the
 * budget is committed does not count.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "loop.h"
#include "stream.h"

enum { WORKERS = 4, TRIALS = 400, DECIDE_MS = 1000, SHORTEST = 20, PICKS_MAX = 16 };

/* Of the fastest worker's task. */
static const double SLOWNESS[WORKERS] = {1, 1.3, 1.9, 3.1};
static const char *const NAMES[WORKERS] = {"w1", "w2", "w3", "w4"};

static const char CAMPAIGN[] = "campaign: idle\n"
                               "parameters:\n  x: {real: [0, 1]}\n"
                               "tasks:\n  t: {connector: function, with: {name: branin}, "
                               "outputs: {y: {unit: '1'}}}\n"
                               "objectives: [{maximise: y}]\n"
                               "budget: {trials: 400}\n";

typedef struct {
    itp_id request;
    uint32_t epoch;
    int64_t ends_ms, free_since_ms; /* one of them; the other is -1 */
    int64_t idle_ms;
} worker;

typedef struct {
    itp_loop *loop;
    itp_actions out;
    itp_stream stream;
    worker workers[WORKERS];
    uint64_t seq, decision; /* decision: the one under way, or 0 */
    int64_t now_ms, decided_ms, wanted;
    size_t offered;
} hall;

static void take_offer(hall *h, const itp_action *offer)
{
    for (int w = 0; w < WORKERS; w++) {
        worker *at = &h->workers[w];
        if (strcmp(offer->worker, NAMES[w]) != 0 || at->ends_ms >= 0) continue;
        double spread = 0.9 + 0.2 * itp_stream_uniform(&h->stream);
        if (h->offered > 0) at->idle_ms += h->now_ms - at->free_since_ms;
        at->request = offer->request, at->epoch = offer->epoch;
        at->ends_ms = h->now_ms + (int64_t)(SHORTEST * DECIDE_MS * SLOWNESS[w] * spread / 0.9);
        at->free_since_ms = -1;
    }
    h->offered++;
}

static itp_status step(hall *h, itp_event event)
{
    event.seq = ++h->seq;
    event.at_ms = h->now_ms;
    itp_status st = itp_loop_step(h->loop, &event, &h->out);
    for (size_t i = 0; i < h->out.n && st == ITP_OK; i++) {
        const itp_action *action = &h->out.items[i];
        if (action->kind == ITP_ACTION_OFFER) take_offer(h, action);
        if (action->kind != ITP_ACTION_DECIDE) continue;
        h->decision = action->decision, h->wanted = action->number;
        h->decided_ms = h->now_ms + DECIDE_MS;
    }
    return st;
}

static itp_status enter(hall *h, int w)
{
    static const char *const TASKS[] = {"*"};
    const itp_roster roster = {
        .n_tasks = 1, .tasks = TASKS, .connector = "function", .slots = 1, .cls = ITP_REPEATABLE};
    h->workers[w] = (worker){.ends_ms = -1, .free_since_ms = h->now_ms};
    return step(
        h, (itp_event){.kind = ITP_EVENT_WORKER_REGISTERED, .worker = NAMES[w], .roster = &roster});
}

static itp_status decide(hall *h)
{
    double points[PICKS_MAX], nothing = NAN;
    itp_pick picks[PICKS_MAX];
    size_t n = h->wanted < PICKS_MAX ? (size_t)h->wanted : PICKS_MAX;
    for (size_t i = 0; i < n; i++) {
        points[i] = itp_stream_uniform(&h->stream);
        picks[i] = (itp_pick){
            .task = -1, .source = -1, .point = &points[i], .mean = &nothing, .sd = &nothing};
    }
    const itp_decision made = {.number = h->decision,
                               .method = "bench",
                               .why = "",
                               .machine = "",
                               .n_params = 1,
                               .n_outcomes = 1,
                               .n_picks = n,
                               .picks = picks,
                               .elapsed_ms = DECIDE_MS};
    uint64_t number = h->decision;
    h->decision = 0;
    return step(h, (itp_event){.kind = ITP_EVENT_DECISION, .decision = number, .made = &made});
}

static itp_status finish_task(hall *h, worker *at, const char *name)
{
    const itp_value value = {.name = "y", .number = 1, .sd = NAN, .unit = "1"};
    at->ends_ms = -1, at->free_since_ms = h->now_ms;
    return step(h, (itp_event){.kind = ITP_EVENT_RESULT,
                               .worker = name,
                               .request = at->request,
                               .epoch = at->epoch,
                               .index = -1,
                               .cost = NAN,
                               .values = &value,
                               .n_values = 1});
}

/* Advances to whatever comes next. */
static itp_status go_on(hall *h)
{
    int next = -1;
    int64_t soonest = h->decision ? h->decided_ms : INT64_MAX;
    for (int w = 0; w < WORKERS; w++)
        if (h->workers[w].ends_ms >= 0 && h->workers[w].ends_ms < soonest)
            soonest = h->workers[w].ends_ms, next = w;
    if (soonest == INT64_MAX) return ITP_ENONE;
    h->now_ms = soonest;
    return next < 0 ? decide(h) : finish_task(h, &h->workers[next], NAMES[next]);
}

/* Largest share of the time that a worker was idle; NAN when the loop failed. */
static double idle_share(const itp_campaign *campaign, uint64_t seed)
{
    hall h = {.now_ms = 1000000};
    itp_stream_init(&h.stream, seed, 0, "bench.idle");
    itp_status st = itp_loop_create(&h.loop, campaign, NULL);
    for (int w = 0; w < WORKERS && st == ITP_OK; w++) st = enter(&h, w);
    while (st == ITP_OK && h.offered == 0) st = go_on(&h);
    int64_t begin = h.now_ms;
    while (st == ITP_OK && h.offered < TRIALS) st = go_on(&h);
    double worst = st == ITP_OK ? 0 : NAN;
    for (int w = 0; w < WORKERS && st == ITP_OK; w++)
        worst = fmax(worst, (double)h.workers[w].idle_ms / (double)(h.now_ms - begin));
    itp_loop_destroy(h.loop);
    itp_actions_deinit(&h.out);
    return worst;
}

int bench_idle(const bench_options *o)
{
    size_t seeds = o->seeds ? o->seeds : 20;
    double worst = 0;
    itp_campaign *campaign = NULL;
    itp_findings findings = {0};
    itp_error err = {0};
    if (itp_campaign_parse(&campaign, "idle.yaml", CAMPAIGN, 0, NULL, &findings, &err) != ITP_OK)
        fprintf(stderr, "idle: %s\n%s", err.text, findings.text ? findings.text : "");
    for (size_t i = 0; i < seeds && campaign; i++) {
        double share = idle_share(campaign, o->first_seed + i);
        worst = share <= worst ? worst : share; /* a NaN stays */
    }
    int ok = campaign && worst <= 0.02;
    bench_report(o, "5 asynchronous: worst worker's idle share, 4 workers", campaign ? worst : 1,
                 0.02, ok);
    itp_findings_deinit(&findings);
    itp_campaign_destroy(campaign);
    return !ok;
}
