/* promise.c - what one more trial promises, for knowing when to stop.
 *   Measuring at x moves the posterior mean of each outcome at x by s_x e and at the incumbent b by
 *   s_b e, e a standard normal, s_x = v(x)/sqrt(v(x) + noise), s_b = cov(x, b)/sqrt(v(x) + noise).
 * The gain is max(0, U(x) - U(b)) with U the goals as one in the user's unit, 0 where a limit does
 * not hold at x; averaged over quasi-random e. Without noise, at a measured incumbent, this is the
 * expected improvement.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "sobol.h"
#include "view.h"

enum { DRAWS = 2048 };

/* Latent means and the steps that one standard normal takes them, m each. */
typedef struct {
    double *mean_x, *mean_b, *step_x, *step_b, *e, *z;
} moves;

static itp_status find_moves(const itp_view *view, size_t member, const double *x, const double *b,
                             double *pair, moves *to)
{
    size_t d = view->d;
    for (size_t j = 0; j < d; j++) pair[j] = x[j], pair[d + j] = b[j];
    for (size_t k = 0; k < view->m; k++) {
        const itp_surrogate *model = view->problem->belief[k];
        double mean[2] = {0, 0}, cov[4] = {0, 0, 0, 0};
        to->mean_x[k] = to->mean_b[k] = to->step_x[k] = to->step_b[k] = 0;
        if (!model) continue;
        size_t of = member % itp_surrogate_members(model);
        itp_status st = itp_latent_joint(model, of, 2, pair, mean, cov);
        if (st != ITP_OK) return st;
        double width = sqrt(fmax(cov[0] + itp_surrogate_noise_var(model, of), 0));
        to->mean_x[k] = mean[0], to->mean_b[k] = mean[1];
        if (width > 0) to->step_x[k] = cov[0] / width, to->step_b[k] = cov[1] / width;
    }
    return ITP_OK;
}

static double gain_of(const itp_view *view, const moves *at)
{
    const itp_problem *p = view->problem;
    for (size_t k = 0; k < view->m; k++) at->z[k] = at->mean_x[k] + at->step_x[k] * at->e[k];
    for (size_t b = 0; b < p->n_bounds; b++)
        if (itp_view_slack(view, b, at->z, NULL) < 0) return 0;
    double there = itp_view_worth(view, at->z);
    for (size_t k = 0; k < view->m; k++) at->z[k] = at->mean_b[k] + at->step_b[k] * at->e[k];
    double gain = there - itp_view_worth(view, at->z);
    return gain > 0 || isnan(gain) ? gain : 0;
}

static itp_status promise_at(const itp_view *view, const double *x, const double *b, double least,
                             double *pair, moves *to, itp_promise *out)
{
    size_t members = 1;
    itp_sobol *sobol = NULL;
    itp_status st = itp_sobol_create(&sobol, view->m, view->problem->seed);
    for (size_t k = 0; k < view->m; k++)
        if (view->problem->belief[k])
            members = (size_t)fmax((double)members,
                                   (double)itp_surrogate_members(view->problem->belief[k]));
    double sum = 0, above = 0;
    for (size_t i = 0; i < members && st == ITP_OK; i++) {
        st = find_moves(view, i, x, b, pair, to);
        for (size_t s = i; s < DRAWS && st == ITP_OK; s += members) {
            itp_sobol_next_normal(sobol, to->e);
            double gain = gain_of(view, to);
            sum += gain / DRAWS;
            above += (gain > least) / (double)DRAWS;
        }
    }
    itp_sobol_destroy(sobol);
    *out = (itp_promise){sum, isnan(sum) ? NAN : above};
    return st;
}

itp_status itp_find_promise(const itp_problem *problem, size_t incumbent, size_t n, const double *x,
                            double least, itp_promise *out)
{
    itp_view view;
    itp_status st = itp_view_init(&view, problem);
    if (st != ITP_OK) return st;
    size_t d = view.d, m = view.m;
    double *room = malloc((2 * d + 6 * m) * sizeof *room);
    itp_promise most = {NAN, NAN};
    if (!room) st = ITP_ENOMEM;
    double *e = room + 2 * d;
    moves to = {e, e + m, e + 2 * m, e + 3 * m, e + 4 * m, e + 5 * m};
    for (size_t i = 0; i < n && st == ITP_OK && view.believed && problem->n_goals > 0; i++) {
        itp_promise one;
        st =
            promise_at(&view, x + i * d, problem->measured + incumbent * d, least, room, &to, &one);
        if (st != ITP_OK) break;
        most.expected = fmax(most.expected, one.expected); /* fmax passes over NaN */
        most.probability = fmax(most.probability, one.probability);
    }
    free(room);
    itp_view_deinit(&view);
    if (st == ITP_OK) *out = most;
    return st;
}
