/* registry.c - acquisitions by name, and the choice among them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "registry.h"

#include <stdio.h>
#include <string.h>

#include "hypervolume.h"

/* Rows up to which hyperparameters are averaged over where an acquisition asks for it. */
enum { AVERAGED_MOST = 100 };

const itp_gain_kind *const itp_gain_kinds[] = {
#define X(name) &itp_gain_##name,
    ITP_ACQUISITIONS(X)
#undef X
        NULL,
};

const itp_gain_kind *itp_gain_find(const char *name)
{
    for (const itp_gain_kind *const *kind = itp_gain_kinds; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0) return *kind;
    return NULL;
}

unsigned itp_acquisition_averages(const char *name)
{
    const itp_gain_kind *kind = name ? itp_gain_find(name) : NULL;
    return kind && kind->traits & ITP_TRAIT_AVERAGES ? AVERAGED_MOST : 0;
}

static void choose(itp_selection *out, const itp_gain_kind *kind, const char *why)
{
    out->kind = kind;
    out->first = NULL;
    out->design = 0;
    out->name = kind ? kind->name : "feasibility";
    snprintf(out->why, sizeof out->why, "%s", why);
}

static void choose_design(itp_selection *out, const char *why)
{
    out->kind = out->first = NULL;
    out->design = 1;
    out->name = "design";
    snprintf(out->why, sizeof out->why, "%s", why);
}

static const char SEVERAL_GOALS[] = "several goals: hypervolume improvement over joint draws";
static const char MANY_GOALS[] = "more goals than a hypervolume is taken of: random weights";

/* Exact hypervolumes grow too fast with the number of goals. */
static const itp_gain_kind *pareto_kind(const itp_view *view)
{
    int many = view->problem->n_goals > ITP_PARETO_GOALS;
    return many ? &itp_gain_parego : &itp_gain_qlognehvi;
}

/* Several points, none pending, the best of the measured ones certain: what joint draws estimate of
 * the first point has a closed form (Ament et al. 2023), whose maximum the draws blur where an
 * improvement is rare (late, when all else is decided). */
static void choose_batch(itp_selection *out, const itp_view *view)
{
    const itp_problem *p = view->problem;
    int closed = p->n_pending == 0 && view->incumbent >= 0 && p->goals[0].kind != ITP_TARGET &&
                 view->noise_share <= ITP_NOISE_MATTERS;
    choose(out, &itp_gain_qlognei,
           closed ? "several points at once: the first by expected improvement, then joint draws"
                  : "several points at once: pending ones as joint draws");
    if (closed) out->first = &itp_gain_logei;
}

static void choose_auto(itp_selection *out, const itp_view *view, size_t q)
{
    const itp_problem *p = view->problem;
    int batch = q > 1 || p->n_pending > 0;
    if (view->pareto)
        choose(out, pareto_kind(view), p->n_goals > ITP_PARETO_GOALS ? MANY_GOALS : SEVERAL_GOALS);
    else if (view->desired)
        choose(out, &itp_gain_qlognei, "goals joined by their desirabilities: joint draws");
    else if (!view->goal_direct || !view->bounds_direct)
        choose(out, &itp_gain_qlognei, "goals or limits are expressions of outcomes: joint draws");
    else if (batch)
        choose_batch(out, view);
    else if (view->incumbent < 0)
        choose(out, NULL, "no measured point is likely feasible: probability of feasibility");
    else if (view->noise_share > ITP_NOISE_MATTERS && p->goals[0].kind != ITP_TARGET)
        choose(out, &itp_gain_qlognei, "measurements are noisy: averages over which is the best");
    else
        choose(out, &itp_gain_logei, "one point at a time, little noise: closed form");
}

/* A named acquisition that cannot do what the problem asks gives way, and says so. */
static void give_way(itp_selection *out, const itp_view *view)
{
    const itp_problem *p = view->problem;
    unsigned traits = out->kind->traits;
    char asked[32];
    snprintf(asked, sizeof asked, "%s", out->kind->name);
    const char *reason = NULL;
    const itp_gain_kind *kind = &itp_gain_qlognei;
    if (view->pareto && !(traits & ITP_TRAIT_PARETO))
        reason = "several goals are kept apart", kind = pareto_kind(view);
    else if (out->kind == &itp_gain_qlognehvi && p->n_goals > ITP_PARETO_GOALS)
        reason = "there are more goals than a hypervolume is taken of", kind = &itp_gain_parego;
    else if (!(traits & ITP_TRAIT_FORMULAS) && (!view->goal_direct || !view->bounds_direct))
        reason = "goals or limits are expressions";
    else if (!(traits & ITP_TRAIT_NO_GOAL) && p->n_goals == 0)
        reason = "there is no goal";
    else if (!(traits & (ITP_TRAIT_NO_GOAL | ITP_TRAIT_BOUNDS)) && view->incumbent < 0) {
        choose(out, NULL, "");
        snprintf(out->why, sizeof out->why,
                 "%s was asked for, but no measured point is likely feasible yet: probability of "
                 "feasibility",
                 asked);
        return;
    }
    if (!reason) return;
    choose(out, kind, "");
    snprintf(out->why, sizeof out->why, "%s was asked for, but %s: %s", asked, reason, kind->name);
}

itp_status itp_select_gain(itp_selection *out, const itp_view *view, const char *name, size_t q,
                           itp_error *err)
{
    memset(out, 0, sizeof *out);
    int automatic = !name || strcmp(name, "auto") == 0;
    const itp_gain_kind *kind = automatic ? NULL : itp_gain_find(name);
    if (!automatic && !kind && strcmp(name, "design") != 0) {
        char list[512] = "";
        for (const itp_gain_kind *const *k = itp_gain_kinds; *k; k++) {
            size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, " %s", (*k)->name);
        }
        return itp_fail(err, ITP_ENOTFOUND, "acquisition %s is not one of auto design%s", name,
                        list);
    }
    if (!automatic && !kind)
        choose_design(out, "space filling was asked for");
    else if (view->n == 0 && !view->problem->works)
        choose_design(out, "nothing has been measured yet: space filling");
    else if (!view->believed)
        choose_design(out, "an outcome has no model yet: space filling");
    else if (automatic)
        choose_auto(out, view, q);
    else {
        choose(out, kind, "asked for");
        give_way(out, view);
    }
    return ITP_OK;
}
