/* decide.c - the policy of one decision: initial design, then belief, acquisition, incumbent, stop.
 *   The model speaks once it has seen enough; until then, and wherever it cannot, the choice is
 *   space-filling, and the record says so.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "decide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "belief.h"
#include "record.h"
#include "state.h"

enum { LISTED_DESIGN = 3 };

struct itp_decider {
    beliefs beliefs;
    char *machine;
    unsigned threads;
};

itp_status itp_decider_create(itp_decider **out, const char *machine, unsigned threads)
{
    itp_decider *decider = calloc(1, sizeof *decider);
    char *copy = itp_copy_text(machine ? machine : "");
    if (!decider || !copy) {
        free(decider);
        free(copy);
        return ITP_ENOMEM;
    }
    decider->machine = copy;
    decider->threads = decider->beliefs.threads = threads;
    *out = decider;
    return ITP_OK;
}

void itp_decider_destroy(itp_decider *decider)
{
    if (!decider) return;
    beliefs_deinit(&decider->beliefs);
    free(decider->machine);
    free(decider);
}

/* Among candidates that are listed the model may choose early: over measured sets of battery and
 * materials interest the best twentieth was met after 6 to 7 trials with 3 at random, after 9 to 11
 * with 10. Elsewhere two points a parameter and two more: enough for every lengthscale to have met
 * a difference. Never more than a third of the budget. */
size_t itp_design_size(const itp_campaign *campaign)
{
    if (!campaign->agent.design_auto) return campaign->agent.design_n;
    if (campaign->n_histories > 0) return 2; /* what is known already need not be scattered over */
    size_t n = 2 * itp_space_n_params(campaign->space) + 2, third = campaign->budget.trials / 3;
    if (itp_space_n_candidates(campaign->space) > 0) n = LISTED_DESIGN;
    if (n > 20) n = 20;
    if (campaign->budget.trials && n > third) n = third;
    return n < 2 ? 2 : n;
}

static itp_design design_of(const itp_campaign *campaign)
{
    return campaign->agent.design_auto ? ITP_DESIGN_SOBOL : campaign->agent.design;
}

static const char *design_name(itp_design design)
{
    static const char *const NAMES[] = {"sobol", "maximin", "random"};
    return NAMES[design];
}

static int is_tried(const itp_snapshot *s, size_t p, const double *point)
{
    for (size_t t = 0; t < s->n_trials; t++) {
        size_t i = 0;
        const double *old = s->points + t * p;
        while (i < p && (old[i] == point[i] || isnan(old[i]) || isnan(point[i]))) i++;
        if (i == p) return 1;
    }
    return 0;
}

/* Where rows are held back, and others from one decision to the next, there is no one order of all
 * to go on with: the first of this one's that are not tried. *n becomes how many there are. */
static itp_status design_of_open_rows(const itp_snapshot *s, itp_design design, size_t *n,
                                      double *points, itp_error *err)
{
    const itp_space *space = s->campaign->space;
    size_t p = itp_space_n_params(space), found = 0;
    size_t open = itp_space_n_candidates(space) - itp_space_n_withheld(space);
    double *all = malloc((open * p + 1) * sizeof *all);
    if (!all) return ITP_ENOMEM;
    itp_status st =
        open ? itp_space_design(space, design, s->campaign->seed, 0, open, all, err) : ITP_ENONE;
    for (size_t i = 0; st == ITP_OK && i < open && found < *n; i++)
        if (!is_tried(s, p, all + i * p))
            memcpy(points + found++ * p, all + i * p, p * sizeof *points);
    free(all);
    *n = found;
    return st == ITP_OK && found == 0 ? ITP_ENONE : st;
}

/* Up to n further points of the design. Those of a candidate table or a small space may run out. */
static itp_status choose_design(record *r, const itp_snapshot *s, size_t n, const char *why,
                                itp_error *err)
{
    const itp_campaign *c = s->campaign;
    size_t p = itp_space_n_params(c->space);
    double *points = malloc((n * p + 1) * sizeof *points);
    if (!points) return ITP_ENOMEM;
    itp_design design = design_of(c);
    size_t rows = itp_space_n_candidates(c->space);
    if (rows && s->designed + n > rows) n = rows > s->designed ? rows - s->designed : 0;
    itp_error none = {0};
    itp_status st = ITP_ENONE;
    if (itp_space_n_withheld(c->space))
        st = design_of_open_rows(s, design, &n, points, &none);
    else if (n)
        st = itp_space_design(c->space, design, c->seed, s->designed, n, points, &none);
    r->made.method = design_name(design);
    if (st == ITP_ENONE) {
        st = record_why(r, "no point is left: %s",
                        none.text[0] ? none.text : "every candidate is used");
    } else if (st == ITP_OK) {
        st = record_points(r, n, points, p, c->n_outcomes);
        r->made.n_designed = n;
        if (st == ITP_OK) st = record_why(r, "%s", why);
    } else {
        itp_fail(err, st, "campaign %s: design: %s", c->name, none.text);
    }
    free(points);
    return st;
}

static itp_status find_incumbent(record *r, const posed *p, const itp_snapshot *s)
{
    itp_incumbent best;
    itp_status st = itp_find_incumbent(&p->problem, s->campaign->stop.confidence, &best);
    if (st != ITP_OK || best.index < 0) return st;
    r->made.incumbent = p->measured_id[best.index];
    r->made.incumbent_mean = best.mean;
    r->made.incumbent_sd = best.sd;
    r->made.incumbent_feasible = best.feasible;
    return ITP_OK;
}

/* What became of earlier data, wherever a model was fitted anew. */
static itp_status add_notes(record *r, const beliefs *b, const unsigned char *fitted)
{
    itp_status st = ITP_OK;
    for (size_t i = 0; i < b->n && st == ITP_OK; i++)
        if (fitted[i] && b->of[i].note[0])
            st = record_why(r, "%s%s%s: %s", r->made.why, *r->made.why ? "; " : "",
                            b->campaign->outcomes[b->outcome[i]].name, b->of[i].note);
    return st;
}

static itp_status add_cost(record *r, const posed *p)
{
    char note[100];
    cost_note(&p->cost, note, sizeof note);
    if (!*note || !*r->made.why) return ITP_OK;
    return record_why(r, "%s; %s", r->made.why, note);
}

static itp_status choose_by_model(itp_decider *decider, record *r, const itp_snapshot *s,
                                  itp_error *err)
{
    unsigned char fitted[ITP_OUTCOMES_MAX];
    posed p;
    itp_status st = beliefs_update(&decider->beliefs, s, fitted);
    if (st == ITP_OK) st = record_models(r, &decider->beliefs, fitted);
    if (st != ITP_OK) return st;
    if ((st = problem_pose(&p, &decider->beliefs, s)) != ITP_OK) return st;
    itp_proposal proposal = {0};
    const char *name = s->campaign->agent.acquisition;
    itp_propose_options options = {
        .acquisition = name && strcmp(name, "auto") != 0 ? name : NULL,
        .q = s->wanted,
        .threads = decider->threads,
        .trust_region = s->campaign->agent.trust_region,
        .one_start = isfinite(s->campaign->stop.gain) || isfinite(s->campaign->stop.regret),
    };
    st = find_incumbent(r, &p, s);
    if (st == ITP_OK) st = stop_before(r, &p, s);
    if (st == ITP_OK && !r->made.stop) {
        itp_error none = {0};
        st = itp_propose(&p.problem, &options, &proposal, &none);
        if (st == ITP_OK) st = record_proposal(r, &proposal, &decider->beliefs);
        if (st == ITP_OK) st = add_cost(r, &p);
        if (st == ITP_OK) st = stop_after(r, &p, s, &proposal);
        if (st == ITP_ENONE) {
            r->made.method = "none";
            st = record_why(r, "%s", none.text);
        } else if (st != ITP_OK) {
            itp_fail(err, st, "campaign %s: decision %llu: %s", s->campaign->name,
                     (unsigned long long)s->number, none.text);
        }
    }
    if (st == ITP_OK) st = add_notes(r, &decider->beliefs, fitted);
    itp_proposal_deinit(&proposal);
    problem_deinit(&p);
    return st;
}

itp_status itp_decide(itp_decider *decider, const itp_snapshot *s, itp_decision **out,
                      itp_error *err)
{
    const itp_campaign *c = s->campaign;
    beliefs names;
    beliefs_init(&names, c, 0);
    record *r = record_create(s, decider->machine);
    if (!r) return itp_fail(err, ITP_ENOMEM, "campaign %s: decision", c->name);
    size_t size = itp_design_size(c), measured = count_measured(&names, s), first = size / 2;
    itp_status st;
    if (first < 2) first = 2;
    if (s->designed < size) {
        size_t left = size - s->designed;
        st = choose_design(r, s, left < s->wanted ? left : s->wanted, "initial design", err);
    } else if (measured < first) {
        st = choose_design(r, s, s->wanted, "the design goes on: too few trials are measured yet",
                           err);
    } else {
        st = choose_by_model(decider, r, s, err);
    }
    if (st != ITP_OK) {
        record_destroy(r);
        return st;
    }
    *out = &r->made;
    return ITP_OK;
}

/* 1 when a model would have to be fitted from nothing, only to sum up what is too much for it. */
static int is_too_long(const itp_snapshot *s)
{
    int fitted = 0;
    for (size_t o = 0; o < s->campaign->n_outcomes; o++) fitted |= s->fits[o].saved != NULL;
    return !fitted && s->n_trials > ITP_SUMMARY_ROWS;
}

static void best_measured(const itp_snapshot *s, itp_summary *out)
{
    const itp_objective *goal = &s->campaign->objectives[0];
    double sign = goal->sense == ITP_GOAL_MAXIMISE ? 1 : -1, most = -INFINITY;
    for (size_t i = 0; i < s->n_observations; i++) {
        const itp_observation *seen = &s->observations[i];
        if (goal->outcome < 0 || seen->outcome != (unsigned)goal->outcome) continue;
        double off =
            goal->sense == ITP_GOAL_TARGET ? fabs(seen->value - goal->target) : seen->value;
        if (!(sign * off > most)) continue;
        most = sign * off;
        out->best = seen->trial;
        out->mean = seen->value;
    }
}

itp_status itp_summarise(itp_decider *decider, const itp_snapshot *s, itp_summary *out)
{
    unsigned char fitted[ITP_OUTCOMES_MAX];
    posed p;
    itp_incumbent best;
    *out = (itp_summary){.mean = NAN, .sd = NAN, .feasible = NAN, .desirability = NAN};
    if (is_too_long(s)) {
        best_measured(s, out);
        return ITP_OK;
    }
    itp_status st = beliefs_update(&decider->beliefs, s, fitted);
    if (st == ITP_ENOTFIT) return ITP_OK; /* Nothing measured, nothing found. */
    if (st == ITP_OK) st = problem_pose(&p, &decider->beliefs, s);
    if (st != ITP_OK) return st;
    st = itp_find_incumbent(&p.problem, s->campaign->stop.confidence, &best);
    if (st == ITP_OK && best.index >= 0) {
        out->best = p.measured_id[best.index];
        out->mean = best.mean;
        out->sd = best.sd;
        out->feasible = best.feasible;
        out->desirability = best.desirability;
    }
    if (st == ITP_OK && goals_kept_apart(s->campaign) && p.problem.n_measured > 0) {
        size_t max = p.problem.n_measured, *index = malloc(max * sizeof *index);
        out->pareto = malloc(max * sizeof *out->pareto);
        if (index && out->pareto) {
            out->n_pareto = itp_find_pareto(&p.problem, s->campaign->stop.confidence, index, max);
            for (size_t i = 0; i < out->n_pareto; i++) out->pareto[i] = p.measured_id[index[i]];
        } else {
            st = ITP_ENOMEM;
        }
        free(index);
    }
    problem_deinit(&p);
    return st;
}

void itp_summary_deinit(itp_summary *summary)
{
    free(summary->pareto);
    *summary = (itp_summary){0};
}
