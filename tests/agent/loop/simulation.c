/* simulation.c - one run, tick by tick, and what must hold after it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "simulation.h"

static void check(sim *s)
{
    const char *why = NULL;
    itp_loop *again = sim_fold(s, &why);
    itp_counts n = itp_loop_counts(s->loop), m = itp_loop_counts(again);
    if (why) snprintf(s->verdict, 200, "%s", why);
    if (n.measured != m.measured || n.requests != m.requests)
        snprintf(s->verdict, 200, "fold differs");
    if (!s->finished) snprintf(s->verdict, 200, "%zu trials are open for ever", n.pending);
    for (itp_id id = 1; id <= n.requests && id < REQUESTS_MAX; id++) {
        itp_request_view r;
        itp_trial_view t;
        if (itp_loop_request(again, id, &r) != ITP_OK ||
            itp_loop_trial(again, r.trial, &t) != ITP_OK) {
            if (s->acked[id]) snprintf(s->verdict, 200, "acknowledged request %d is gone", (int)id);
            continue;
        }
        if (s->starts[id] > 1)
            snprintf(s->verdict, 200, "request %d started %d times", (int)id, s->starts[id]);
        if (s->acked[id] && r.state != ITP_REQUEST_DONE && !s->physical)
            snprintf(s->verdict, 200, "acknowledged result of request %d is lost", (int)id);
        if (r.state == ITP_REQUEST_DONE && !s->physical && t.values[0] != (double)id)
            snprintf(s->verdict, 200, "request %d has a value of another", (int)id);
    }
    itp_loop_destroy(again);
}

void simulate(sim *s, uint64_t seed, fault planted, int physical)
{
    *s = (sim){.planted = planted, .physical = physical, .up = 1, .clock_ms = 1700000000000};
    itp_stream_init(&s->rng, seed, (uint64_t)planted, "simulation");
    s->campaign = fixture_campaign(physical ? "class: physical" : "", "budget: {trials: 200}\n");
    if (!s->campaign || itp_loop_create(&s->loop, s->campaign, NULL) != ITP_OK) abort();
    for (int w = 0; w < WORKERS; w++) {
        machine *m = &s->machines[w];
        m->up = 1;
        m->starts = calloc(REQUESTS_MAX, 1);
        m->done = calloc(REQUESTS_MAX, 1);
        m->refused = calloc(REQUESTS_MAX, sizeof *m->refused);
    }
    for (; s->now_ms < END_MS && !s->finished && !s->verdict[0];
         s->now_ms += TICK_MS, s->clock_ms += TICK_MS) {
        if (sim_chance(s, 0.0002)) s->clock_ms += (sim_chance(s, 0.5) ? 1 : -1) * 86400000LL;
        for (size_t i = 0; i < s->n_net;) {
            letter l = s->net[i];
            if (l.to_agent || l.at_ms > s->now_ms) {
                i++;
                continue;
            }
            s->net[i] = s->net[--s->n_net];
            sim_take_letter(s, &l);
        }
        for (int w = 0; w < WORKERS; w++) sim_live(s, w);
        sim_think(s);
    }
    check(s);
    for (int w = 0; w < WORKERS; w++) {
        free(s->machines[w].starts);
        free(s->machines[w].done);
        free(s->machines[w].refused);
    }
    itp_loop_destroy(s->loop);
    itp_actions_deinit(&s->out);
    itp_campaign_destroy(s->campaign);
    free(s->journal);
    free(s->net);
}
