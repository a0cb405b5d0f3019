/* why.c - finds the decision that made a trial and says what it weighed: its record, and what its
 * model, made again, holds important.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "why.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "clock.h"
#include "explain.h"
#include "retake.h"

#define INFLUENCES_SHOWN 6

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
    if (isfinite(p->cost)) printf(" %c cost %.5g", p->cost > 0 ? '+' : '-', fabs(p->cost));
    if (isfinite(p->prior)) printf(" + prior %.5g", p->prior);
    printf("  (natural logs)\n");
    if (isfinite(p->cost))
        printf("  cost        %.5g expected; gain counts per cost\n", exp(-p->cost));
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

/* The decision of a trial while the journal is folded. */
typedef struct seeking {
    const itp_campaign *campaign;
    itp_id trial;
    uint64_t decision;
    size_t at; /* which of its picks */
    int found;
} seeking;

/* Shares of the variation of the model's mean over the whole space. */
static void print_influences(const itp_campaign *c, const itp_explanation *e)
{
    printf("  matters     %s varies with", c->outcomes[e->outcome].name);
    for (size_t i = 0; i < e->n_influences && i < INFLUENCES_SHOWN; i++) {
        const itp_influence *one = &e->influences[i];
        if (i && one->total < 0.01) break;
        printf("%s %s %.0f %%", i ? "," : "", one->name, 100 * one->first);
        if (one->total > one->first + 0.02) printf(" (%.0f %% with others)", 100 * one->total);
    }
    printf("\n");
}

/* A range in which the outcome explained will be measured, and what it rests on. */
static void print_interval(const itp_campaign *c, const itp_explanation *e)
{
    const itp_outcome *outcome = &c->outcomes[e->outcome];
    const char *unit = outcome->unit && strcmp(outcome->unit, "1") != 0 ? outcome->unit : "";
    if (isnan(e->low)) return;
    printf("  range       %s: 95 %% of such measurements fall between %.5g and %.5g%s%s\n",
           outcome->name, e->low, e->high, *unit ? " " : "", unit);
    printf("              calibrated: of %zu measurements kept from the model the plain interval "
           "held %.0f %%\n",
           e->calibration.n, 100 * e->calibration.coverage95);
}

static void print_neighbours(const itp_campaign *c, const itp_snapshot *s, const itp_explanation *e)
{
    for (size_t i = 0; i < e->n_neighbours; i++) {
        char value[100] = "";
        for (size_t k = 0; k < s->n_observations; k++)
            if (s->observations[k].trial == e->neighbours[i].trial &&
                s->observations[k].outcome == e->outcome)
                app_quantity(value, sizeof value, s->observations[k].value, s->observations[k].sd,
                             c->outcomes[e->outcome].unit);
        printf("  nearest     trial %" PRIu64 ", %.2g lengthscales away: %s %s\n",
               e->neighbours[i].trial, e->neighbours[i].distance, c->outcomes[e->outcome].name,
               value);
    }
}

static itp_status show(void *ctx, const itp_snapshot *snapshot, const itp_event *event,
                       itp_error *err)
{
    seeking *s = ctx;
    const itp_decision *made = event->made;
    itp_explanation e;
    (void)err;
    if (made->number != s->decision || s->at >= made->n_picks) return ITP_OK;
    s->found = 1;
    print_decision(s->campaign, made, &made->picks[s->at], s->trial, event->at_ms);
    if (made->n_models && itp_explain(snapshot, made->picks[s->at].point, &e) == ITP_OK) {
        print_interval(s->campaign, &e);
        print_influences(s->campaign, &e);
        print_neighbours(s->campaign, snapshot, &e);
        itp_explanation_deinit(&e);
    }
    return ITP_OK;
}

int app_why(itp_engine *engine, itp_id trial)
{
    const itp_loop *loop = itp_engine_loop(engine);
    itp_trial_view view, earlier;
    itp_error err = {0};
    if (itp_loop_trial(loop, trial, &view) != ITP_OK) {
        fprintf(stderr, "interphase: there is no trial %" PRIu64 "\n", trial);
        return EXIT_FAILED;
    }
    if (view.decision == 0) {
        printf("trial %" PRIu64 " was told by a person, not decided\n", trial);
        return EXIT_FINISHED;
    }
    seeking s = {
        .campaign = itp_engine_campaign(engine), .trial = trial, .decision = view.decision};
    /* Its trials are consecutive: count back to the first of the decision. */
    while (trial > s.at + 1 && itp_loop_trial(loop, trial - s.at - 1, &earlier) == ITP_OK &&
           earlier.decision == view.decision)
        s.at++;
    retake r;
    itp_status st = retake_begin(&r, itp_engine_journal(engine), &err);
    r.decided = show;
    r.ctx = &s;
    if (st == ITP_OK) st = retake_fold(&r, itp_engine_journal(engine), 0, NULL, &err);
    retake_end(&r);
    return st == ITP_OK || s.found ? EXIT_FINISHED : app_fail(st, &err);
}
