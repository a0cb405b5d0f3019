/* why.c - finds the decision that made a trial and says what it weighed.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "why.h"

#include <inttypes.h>
#include <math.h>

#include "app.h"
#include "clock.h"

static void print_predictions(const itp_campaign *c, const itp_pick *pick)
{
    char text[100];
    for (size_t o = 0; o < c->n_outcomes; o++)
        if (isfinite(pick->mean[o]))
            printf(
                "  predicted   %s: %s\n", c->outcomes[o].name,
                app_quantity(text, sizeof text, pick->mean[o], pick->sd[o], c->outcomes[o].unit));
}

static void print_parts(const itp_parts *p)
{
    if (isnan(p->total)) return;
    printf("  acquisition %.5g", p->total);
    if (isfinite(p->gain)) printf("  = gain %.5g", p->gain);
    if (isfinite(p->feasible)) printf(" + feasibility %.5g", p->feasible);
    if (isfinite(p->cost)) printf(" - cost %.5g", p->cost);
    if (isfinite(p->prior)) printf(" + prior %.5g", p->prior);
    printf("  (natural logs)\n");
}

static void print_models(const itp_campaign *c, const itp_decision *made)
{
    for (size_t i = 0; i < made->n_models; i++) {
        const itp_model_record *m = &made->models[i];
        printf("  model       %s: %zu measurements, ", c->outcomes[m->outcome].name, m->n);
        if (m->saved) printf("fitted anew (%s, %s), ", m->report.model, m->report.kernel);
        printf("left-out values inside their 95 %% interval: %.0f %%, rank correlation %.2f\n",
               100 * m->loo.coverage95, m->loo.rank_correlation);
    }
}

static void print_decision(const itp_campaign *c, const itp_decision *made, const itp_pick *pick,
                           itp_id trial, int64_t at_ms)
{
    char text[600], at[ITP_CLOCK_TEXT];
    printf("trial %" PRIu64 "  %s\n", trial, app_point(text, sizeof text, c, pick->point));
    printf("  decided     %s, decision %" PRIu64 ", having seen event %" PRIu64 "\n",
           itp_clock_text(at_ms, at), made->number, made->saw);
    printf("  method      %s: %s\n", made->method, made->why);
    print_parts(&pick->parts);
    print_predictions(c, pick);
    if (made->incumbent)
        printf("  incumbent   trial %" PRIu64 ": %s\n", made->incumbent,
               app_quantity(text, sizeof text, made->incumbent_mean, made->incumbent_sd,
                            c->objectives[0].unit));
    print_models(c, made);
    for (size_t i = 0; i < made->n_runners_up; i++)
        printf("  runner-up   %s  acquisition %.5g\n",
               app_point(text, sizeof text, c, made->runners_up[i].point),
               made->runners_up[i].parts.total);
}

int app_why(itp_engine *engine, itp_id trial)
{
    const itp_campaign *c = itp_engine_campaign(engine);
    itp_trial_view view;
    itp_journal_cursor *cursor;
    const itp_journal_row *row;
    itp_error err = {0};
    if (itp_loop_trial(itp_engine_loop(engine), trial, &view) != ITP_OK) {
        fprintf(stderr, "interphase: there is no trial %" PRIu64 "\n", trial);
        return EXIT_FAILED;
    }
    if (view.decision == 0) {
        printf("trial %" PRIu64 " was told by a person, not decided\n", trial);
        return EXIT_FINISHED;
    }
    itp_status st = itp_journal_cursor_open(&cursor, itp_engine_journal(engine), 1, &err);
    if (st != ITP_OK) return app_fail(st, &err);
    while ((st = itp_journal_cursor_next(cursor, &row, &err)) == ITP_OK && row) {
        if (row->event.kind != ITP_EVENT_DECISION || row->event.decision != view.decision) continue;
        /* Its trials are consecutive: count back to the first of the decision. */
        itp_trial_view earlier;
        size_t at = 0;
        while (trial > at + 1 &&
               itp_loop_trial(itp_engine_loop(engine), trial - at - 1, &earlier) == ITP_OK &&
               earlier.decision == view.decision)
            at++;
        const itp_decision *made = row->event.made;
        if (at < made->n_picks) print_decision(c, made, &made->picks[at], trial, row->event.at_ms);
        break;
    }
    itp_journal_cursor_close(cursor);
    return st == ITP_OK ? EXIT_FINISHED : app_fail(st, &err);
}
