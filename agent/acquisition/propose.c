/* propose.c - from a problem to points: choose the acquisition, maximise it, take the best, treat
 * it as pending, and again. What was done and why goes into the proposal.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "afresh.h"
#include "blas.h"
#include "region.h"
#include "registry.h"
#include "search.h"

enum {
    RUNNERS_UP = 5,
    BEST_KEPT = 32,    /* spots among which runners-up are looked for */
    DESIGN_TRIES = 256 /* points of a design looked at for one that is not taken */
};

static const double APART =
    0.02; /* encoded units; candidates that differ at all are rarely nearer */

typedef struct {
    const itp_problem *problem;
    const itp_propose_options *options;
    itp_view view;
    itp_selection selection;
    itp_scorer scorer;
    itp_region region; /* its bounds are NULL where the whole space is searched */
    size_t n_taken;
    double *taken; /* n_taken x d, with room for q more */
    itp_proposal *out;
} proposing;

/* Whether a second look at a measured point may be worth a trial. */
static int replicates_help(const itp_view *view)
{
    return !view->problem->exact && view->believed && view->noise_share > ITP_NOISE_MATTERS;
}

/* Whether all that is known of measured point i was set apart as an error. */
static int is_doubted(const itp_view *view, size_t i)
{
    const itp_problem *problem = view->problem;
    return view->believed && view->m > 0 && problem->n_goals > 0 &&
           itp_surrogate_doubted(problem->belief[view->goal_outcome],
                                 problem->measured + i * view->d) > 0;
}

static void add_taken(proposing *p, const double *x)
{
    memcpy(p->taken + p->n_taken++ * p->view.d, x, p->view.d * sizeof *x);
}

static itp_status take(proposing *p)
{
    const itp_problem *problem = p->problem;
    size_t d = p->view.d, n = problem->n_pending + problem->n_avoid;
    int measured_too = !replicates_help(&p->view);
    if (measured_too) n += problem->n_measured;
    p->taken = malloc((n + p->options->q) * d * sizeof *p->taken + 1);
    if (!p->taken) return ITP_ENOMEM;
    for (size_t i = 0; i < problem->n_pending; i++) add_taken(p, problem->pending + i * d);
    for (size_t i = 0; i < problem->n_avoid; i++) add_taken(p, problem->avoid + i * d);
    for (size_t i = 0; measured_too && i < problem->n_measured; i++)
        if (!is_doubted(&p->view, i)) add_taken(p, problem->measured + i * d);
    return ITP_OK;
}

/* --- The account ------------------------------------------------------------------------------ */

static void choice_deinit(itp_choice *choice)
{
    free(choice->point);
    *choice = (itp_choice){0};
}

static itp_status describe(proposing *p, const double *x, const double *point, itp_choice *out)
{
    const itp_problem *problem = p->problem;
    size_t d = p->view.d, n_params = itp_space_n_params(problem->space), m = problem->m;
    double *store = malloc((n_params + d + 2 * m + 1) * sizeof *store);
    size_t work_size = p->selection.design ? 0 : itp_scorer_work(&p->scorer);
    double *work = malloc((work_size + 1) * sizeof *work);
    if (!store || !work) {
        free(store);
        free(work);
        return ITP_ENOMEM;
    }
    *out = (itp_choice){.point = store, .x = store + n_params};
    out->mean = out->x + d, out->sd = out->mean + m;
    memcpy(out->point, point, n_params * sizeof *point);
    memcpy(out->x, x, d * sizeof *x);
    out->parts = (itp_parts){NAN, NAN, NAN, NAN, NAN};
    if (!p->selection.design) itp_scorer_eval(&p->scorer, x, NULL, &out->parts, work);
    if (problem->log_prior && p->scorer.prior_weight > 0) {
        long row = itp_space_find_candidate(problem->space, point);
        if (row >= 0) out->parts.prior = p->scorer.prior_weight * problem->log_prior[row];
        if (row >= 0) out->parts.total += out->parts.prior;
    }
    for (size_t k = 0; k < m; k++) {
        double mean, var;
        out->mean[k] = out->sd[k] = NAN;
        if (!problem->belief[k]) continue;
        if (itp_surrogate_predict(problem->belief[k], 1, x, &mean, &var) != ITP_OK) continue;
        out->mean[k] = mean, out->sd[k] = sqrt(var);
    }
    free(work);
    return ITP_OK;
}

static itp_status accept(proposing *p, const double *x, const double *point)
{
    itp_status st = describe(p, x, point, &p->out->chosen[p->out->n_chosen]);
    if (st != ITP_OK) return st;
    p->out->n_chosen++;
    add_taken(p, x);
    return ITP_OK;
}

static void append_why(proposing *p, const char *more)
{
    size_t used = strlen(p->out->why);
    snprintf(p->out->why + used, sizeof p->out->why - used, "%s%s", used ? "; " : "", more);
}

/* --- One point -------------------------------------------------------------------------------- */

/* The next points of a design that are not taken: from where it should stand on, then, where it
 * runs out, from its beginning, for trials were not all chosen by it. */
static itp_status propose_design(proposing *p, itp_error *err)
{
    const itp_problem *problem = p->problem;
    size_t n_params = itp_space_n_params(problem->space);
    size_t first = problem->n_measured + problem->n_pending + problem->n_avoid, next = first;
    double *point = malloc((n_params + p->view.d + 1) * sizeof *point), *x = point + n_params;
    if (!point) return ITP_ENOMEM;
    itp_status st = ITP_OK;
    int again = 0;
    size_t tries = DESIGN_TRIES + itp_space_n_candidates(problem->space);
    for (size_t i = 0; i < tries && p->out->n_chosen < p->options->q; i++, next++) {
        if (again && next == first) break;
        st = itp_space_design(problem->space, ITP_DESIGN_SOBOL, problem->seed, next, 1, point, err);
        if (st == ITP_ENONE && !again && first > 0) {
            again = 1, next = 0;
            st =
                itp_space_design(problem->space, ITP_DESIGN_SOBOL, problem->seed, 0, 1, point, err);
        }
        if (st == ITP_OK) st = itp_space_encode(problem->space, point, x, err);
        if (st == ITP_OK && !itp_is_taken(p->view.d, x, p->n_taken, p->taken))
            st = accept(p, x, point);
        if (st != ITP_OK) break;
    }
    free(point);
    if (st == ITP_ENONE && p->out->n_chosen > 0) st = ITP_OK;
    if (st == ITP_OK && p->out->n_chosen == 0)
        st = itp_fail(err, ITP_ENONE, "every point of the design is measured, pending or failed");
    return st;
}

static int is_near(size_t d, const double *a, const double *b)
{
    for (size_t j = 0; j < d; j++)
        if (!(fabs(a[j] - b[j]) <= APART) && !(isnan(a[j]) && isnan(b[j]))) return 0;
    return 1;
}

/* Climbs that end on one hill differ in the last digits: a runner-up stands on another, apart from
 * the choice and from the others. */
static int is_apart(const proposing *p, const double *chosen, const double *x)
{
    if (is_near(p->view.d, chosen, x)) return 0;
    for (size_t i = 0; i < p->out->n_runners_up; i++)
        if (is_near(p->view.d, p->out->runners_up[i].x, x)) return 0;
    return 1;
}

static itp_status run_search(proposing *p, itp_spots *spots, itp_error *err)
{
    const itp_propose_options *o = p->options;
    itp_search search = {.space = p->problem->space,
                         .scorer = &p->scorer,
                         .n_taken = p->n_taken,
                         .taken = p->taken,
                         .low = p->region.low,
                         .high = p->region.high,
                         .raw = o->raw,
                         .restarts = o->restarts,
                         .threads = o->threads,
                         .seed = p->problem->seed,
                         .number = p->problem->number,
                         .round = p->out->n_chosen};
    itp_status st = itp_search_run(&search, spots, &p->out->evaluations, err);
    int nothing = st == ITP_ENONE || (st == ITP_OK && spots->n == 0);
    if (nothing && search.low) { /* a region may hold no free value of a discrete parameter */
        append_why(p, "nothing is left there: everywhere");
        itp_region_deinit(&p->region);
        search.low = search.high = NULL;
        st = itp_search_run(&search, spots, &p->out->evaluations, err);
    }
    if (st == ITP_OK && spots->n == 0)
        st = itp_fail(err, ITP_ENONE,
                      "every point that satisfies the known constraints is "
                      "measured, pending or failed");
    return st;
}

static itp_status propose_one(proposing *p, itp_error *err)
{
    const itp_propose_options *o = p->options;
    itp_spots spots;
    itp_status st =
        itp_spots_init(&spots, BEST_KEPT, p->view.d, itp_space_n_params(p->problem->space));
    if (st != ITP_OK) return st;
    st = run_search(p, &spots, err);
    if (st == ITP_OK && p->out->n_chosen == 0) {
        for (size_t i = 1; i < spots.n && p->out->n_runners_up < RUNNERS_UP && st == ITP_OK; i++) {
            if (!is_apart(p, spots.items[0].x, spots.items[i].x)) continue;
            st = describe(p, spots.items[i].x, spots.items[i].point,
                          &p->out->runners_up[p->out->n_runners_up]);
            if (st == ITP_OK) p->out->n_runners_up++;
        }
    }
    if (st == ITP_OK) st = accept(p, spots.items[0].x, spots.items[0].point);
    if (st == ITP_OK && p->out->n_chosen < o->q)
        st = itp_scorer_add_pending(&p->scorer, spots.items[0].x);
    itp_spots_deinit(&spots);
    return st;
}

/* A reading better than all that is believed, but set apart as a gross error, and the only one at
 * its place: if it is true it is worth more than what any acquisition promises, and one more
 * reading there tells. The best of them, or -1. */
static long find_doubted_best(const proposing *p)
{
    const itp_view *v = &p->view;
    const itp_problem *problem = p->problem;
    const char *asked = p->options->acquisition;
    size_t k = v->goal_outcome;
    if (p->selection.design || (asked && strcmp(asked, "auto") != 0)) return -1;
    if (v->incumbent < 0 || !v->goal_direct || v->pareto || problem->n_goals != 1 ||
        problem->goals[0].kind == ITP_TARGET || !problem->measured_y)
        return -1;
    double best = v->sign * v->mean[(size_t)v->incumbent * v->m + k];
    long found = -1;
    for (size_t i = 0; i < v->n; i++) {
        const double *x = problem->measured + i * v->d;
        double value = v->sign * itp_surrogate_to_latent(problem->belief[k],
                                                         problem->measured_y[i * v->m + k]);
        if (!(value > best) || v->log_feasible[i] < v->log_feasible[v->incumbent] - M_LN2) continue;
        if (itp_surrogate_doubted(problem->belief[k], x) != 1) continue;
        if (itp_is_taken(v->d, x, p->n_taken, p->taken)) continue;
        best = value, found = (long)i;
    }
    return found;
}

/* The point of the encoded x, where a trial may be made: a person may have told of a place outside
 * the constraints, and what surrounds a trial may have changed. */
static int can_be_made(const proposing *p, const double *x, double *point)
{
    const itp_space *space = p->problem->space;
    if (p->problem->context || itp_space_decode(space, x, point) != ITP_OK) return 0;
    if (itp_space_violation(space, point, NULL) > ITP_VIOLATION_MAX) return 0;
    long row = itp_space_n_candidates(space) > 0 ? itp_space_find_candidate(space, point) : 0;
    return row >= 0 &&
           !(itp_space_n_candidates(space) > 0 && itp_space_is_withheld(space, (size_t)row));
}

static itp_status confirm(proposing *p)
{
    long i = find_doubted_best(p);
    if (i < 0) return ITP_OK;
    const double *x = p->problem->measured + (size_t)i * p->view.d;
    double *point = malloc((itp_space_n_params(p->problem->space) + 1) * sizeof *point);
    if (!point) return ITP_ENOMEM;
    itp_status st = ITP_OK;
    if (can_be_made(p, x, point)) {
        st = accept(p, x, point);
        if (st == ITP_OK && p->out->n_chosen < p->options->q)
            st = itp_scorer_add_pending(&p->scorer, x);
        if (st == ITP_OK)
            append_why(p, "a reading better than the best looks like an error: again");
    }
    free(point);
    return st;
}

/* Searches near the incumbent only; without one, everywhere. */
static itp_status enter_region(proposing *p)
{
    char said[96];
    itp_status st = itp_region_init(&p->region, &p->view);
    if (st == ITP_ENOMEM) return st;
    if (st != ITP_OK) return ITP_OK;
    snprintf(said, sizeof said, "in a trust region of side %.3g", p->region.side);
    append_why(p, said);
    return ITP_OK;
}

/* --- A start of its own ----------------------------------------------------------------------- */

/* What the present start chose, as everything that is known sees it. */
static itp_status retell(proposing *p, const itp_proposal *from)
{
    itp_status st = ITP_OK;
    for (size_t i = 0; i < from->n_chosen + from->n_runners_up && st == ITP_OK; i++) {
        int chosen = i < from->n_chosen;
        const itp_choice *c = chosen ? &from->chosen[i] : &from->runners_up[i - from->n_chosen];
        itp_choice *to =
            chosen ? &p->out->chosen[p->out->n_chosen] : &p->out->runners_up[p->out->n_runners_up];
        st = describe(p, c->x, c->point, to);
        if (st != ITP_OK) break;
        to->parts = c->parts;
        *(chosen ? &p->out->n_chosen : &p->out->n_runners_up) += 1;
    }
    p->out->evaluations = from->evaluations;
    return st;
}

/* The present start's own choice; ITP_OK with nothing chosen where it has none. */
static itp_status ask_start(proposing *p, const itp_afresh *afresh, itp_error *err)
{
    itp_propose_options options = *p->options;
    itp_proposal own;
    char said[96];
    options.acquisition = p->selection.kind->name;
    snprintf(said, sizeof said, "they alone are believed, %zu on an earlier hill as flat",
             afresh->flat);
    append_why(p, said);
    itp_status st = itp_propose(&afresh->problem, &options, &own, err);
    if (st == ITP_ENOMEM) return st;
    if (st != ITP_OK) {
        append_why(p, "which left nothing: all trials together");
        return ITP_OK;
    }
    if (strcmp(own.acquisition, options.acquisition) != 0) append_why(p, own.why);
    snprintf(p->out->acquisition, sizeof p->out->acquisition, "%s", own.acquisition);
    st = retell(p, &own);
    itp_proposal_deinit(&own);
    return st;
}

/* Proposes from the present start; nothing is chosen where all trials are to be believed together.
 */
static itp_status propose_afresh(proposing *p, itp_error *err)
{
    itp_afresh afresh;
    char said[128];
    itp_status st = itp_afresh_init(&afresh, &p->view);
    if (st != ITP_OK) {
        append_why(p, "a start of its own could not be made: all trials together");
        return st == ITP_ENOMEM ? st : ITP_OK;
    }
    if (afresh.first > 0) {
        snprintf(said, sizeof said,
                 "the best of start %zu was found over and over: start %zu, %zu trials so far",
                 afresh.starts, afresh.starts + 1, p->view.n - afresh.first);
        append_why(p, said);
        p->selection.design = 1; /* choices are described without a scorer of all trials */
        if (afresh.covers) {
            append_why(p, "space filling");
            snprintf(p->out->acquisition, sizeof p->out->acquisition, "design");
            st = propose_design(p, err);
        } else {
            st = ask_start(p, &afresh, err);
        }
        p->selection.design = 0;
    }
    itp_afresh_deinit(&afresh);
    return st;
}

/* --- All of them ------------------------------------------------------------------------------ */

/* The scorer for the next points; where it cannot be set up, numerics never end a campaign: fill
 * the space instead, and say so. */
static itp_status set_up(proposing *p, const itp_gain_kind *kind)
{
    itp_status st = itp_scorer_init(&p->scorer, &p->view, kind, p->options->threads);
    for (size_t i = 0; i < p->out->n_chosen && st == ITP_OK; i++)
        st = itp_scorer_add_pending(&p->scorer, p->out->chosen[i].x);
    if (st == ITP_OK || st == ITP_ENOMEM) return st;
    p->selection.design = 1;
    append_why(p, "the acquisition could not be set up: space filling");
    snprintf(p->out->acquisition, sizeof p->out->acquisition, "design");
    return ITP_OK;
}

/* `auto` alone begins again, and only one trial at a time, where readings are nearly exact. */
static int may_begin_again(const proposing *p)
{
    const char *name = p->options->acquisition;
    return (!name || strcmp(name, "auto") == 0) && !p->selection.design && p->out->n_chosen == 0 &&
           p->options->q == 1 && !p->options->trust_region && !p->options->one_start &&
           p->selection.kind == &itp_gain_logei && itp_afresh_suits(&p->view);
}

static itp_status propose_all(proposing *p, itp_error *err)
{
    const itp_propose_options *o = p->options;
    itp_status st = itp_select_gain(&p->selection, &p->view, o->acquisition, o->q, err);
    if (st == ITP_OK) st = take(p);
    if (st != ITP_OK) return st;
    snprintf(p->out->acquisition, sizeof p->out->acquisition, "%s", p->selection.name);
    snprintf(p->out->why, sizeof p->out->why, "%s", p->selection.why);
    if (p->selection.design) return propose_design(p, err);
    const itp_gain_kind *first = p->selection.first;
    st = set_up(p, first ? first : p->selection.kind);
    if (st == ITP_OK && o->trust_region && !p->selection.design) st = enter_region(p);
    if (st == ITP_OK && !p->selection.design) st = confirm(p);
    if (st == ITP_OK && may_begin_again(p)) st = propose_afresh(p, err);
    if (st == ITP_OK && first && !p->selection.design) {
        if (p->out->n_chosen < o->q) st = propose_one(p, err);
        itp_scorer_deinit(&p->scorer);
        if (st == ITP_OK) st = set_up(p, p->selection.kind);
    }
    if (st == ITP_OK && p->selection.design) st = propose_design(p, err);
    while (p->out->n_chosen < o->q && st == ITP_OK && !p->selection.design)
        st = propose_one(p, err);
    itp_scorer_deinit(&p->scorer);
    if (st == ITP_ENONE && p->out->n_chosen > 0) {
        append_why(p, "no further point is left");
        st = ITP_OK;
    }
    return st;
}

itp_status itp_propose(const itp_problem *problem, const itp_propose_options *options,
                       itp_proposal *out, itp_error *err)
{
    static const itp_propose_options DEFAULTS = {.q = 1};
    itp_proposal proposal = {0};
    itp_propose_options own = options ? *options : DEFAULTS;
    if (own.q == 0) own.q = 1;
    proposing p = {.problem = problem, .options = &own, .out = &proposal};
    itp_blas_serial();
    itp_status st = itp_view_init(&p.view, problem);
    if (st != ITP_OK) return itp_fail(err, st, "the acquisition's view of the problem");
    proposal.chosen = calloc(own.q, sizeof *proposal.chosen);
    proposal.runners_up = calloc(RUNNERS_UP, sizeof *proposal.runners_up);
    st = proposal.chosen && proposal.runners_up ? propose_all(&p, err) : ITP_ENOMEM;
    free(p.taken);
    itp_region_deinit(&p.region);
    itp_view_deinit(&p.view);
    if (st == ITP_OK)
        *out = proposal;
    else
        itp_proposal_deinit(&proposal);
    return st;
}

void itp_proposal_deinit(itp_proposal *proposal)
{
    for (size_t i = 0; i < proposal->n_chosen; i++) choice_deinit(&proposal->chosen[i]);
    for (size_t i = 0; i < proposal->n_runners_up; i++) choice_deinit(&proposal->runners_up[i]);
    free(proposal->chosen);
    free(proposal->runners_up);
    *proposal = (itp_proposal){0};
}
