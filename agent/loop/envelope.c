/* envelope.c - stations' envelopes: the bounds within which each operates, as it said when it
 * registered, in the campaign's units.
 *   Who does not admit a request is not given it. To decisions they are known constraints: where
 * the stations of a task agree, every proposal is inside; where they differ, each decision stays
 * inside one of them, in turn, so that whatever is proposed somebody can do. A candidate table is
 * not narrowed: its rows wait for a station that admits them. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

static int is_of_task(const itp_margin *bound, const itp_campaign_task *def)
{
    return !bound->task || strcmp(bound->task, "*") == 0 || strcmp(bound->task, def->name) == 0;
}

void envelope_forget(worker *w)
{
    for (size_t i = 0; i < w->n_bounds; i++) {
        free((char *)w->bounds[i].task);
        free((char *)w->bounds[i].input);
    }
    free(w->bounds);
    free(w->sample);
    w->bounds = NULL;
    w->sample = NULL;
    w->n_bounds = 0;
}

itp_status envelope_keep(worker *w, const itp_roster *roster)
{
    envelope_forget(w);
    w->sample = itp_copy_text(roster->sample);
    if (roster->sample && !w->sample) return ITP_ENOMEM;
    w->bounds = calloc(roster->n_bounds + 1, sizeof *w->bounds);
    if (!w->bounds) return ITP_ENOMEM;
    for (size_t i = 0; i < roster->n_bounds; i++) {
        itp_margin *bound = &w->bounds[w->n_bounds++];
        *bound = roster->bounds[i];
        bound->unit = NULL; /* the campaign's: converted where the frame came in */
        bound->task = itp_copy_text(roster->bounds[i].task);
        bound->input = itp_copy_text(roster->bounds[i].input);
        if (!bound->input || (roster->bounds[i].task && !bound->task)) return ITP_ENOMEM;
    }
    return ITP_OK;
}

/* The first bound that a request breaks, or NULL. */
static const itp_margin *find_broken(const itp_loop *loop, const worker *w, const request *r)
{
    const itp_campaign_task *def = &loop->campaign->tasks[r->task];
    for (size_t i = 0; i < w->n_bounds; i++) {
        const itp_margin *bound = &w->bounds[i];
        if (!is_of_task(bound, def)) continue;
        for (size_t k = 0; k < r->n_inputs; k++) {
            const itp_value *v = &r->inputs[k];
            if (v->label || strcmp(v->name, bound->input) != 0) continue;
            if (v->number < bound->low || v->number > bound->high) return bound;
        }
    }
    return NULL;
}

int worker_admits(const itp_loop *loop, const worker *w, const request *r)
{
    if (r->sample && w->sample && strcmp(r->sample, w->sample) != 0) return 0;
    return !find_broken(loop, w, r);
}

itp_status envelope_explain(itp_loop *loop, itp_id id)
{
    request *r = &loop->requests[id - 1];
    char text[500];
    size_t used = 0;
    for (size_t i = 0; i < loop->n_workers; i++) { /* Somebody does, and is busy. */
        const worker *w = &loop->workers[i];
        if (w->live && worker_can(loop, w, r->task, r->source) && worker_admits(loop, w, r))
            return ITP_OK;
    }
    for (size_t i = 0; i < loop->n_workers && used < 350; i++) {
        const worker *w = &loop->workers[i];
        if (!w->live || !worker_can(loop, w, r->task, r->source) || worker_admits(loop, w, r))
            continue;
        const itp_margin *bound = find_broken(loop, w, r);
        used += (size_t)snprintf(text + used, sizeof text - used, used ? "; " : "waits: ");
        if (bound)
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "%.60s takes %.60s from %g to %g only", w->name, bound->input,
                                     bound->low, bound->high);
        else
            used += (size_t)snprintf(text + used, sizeof text - used,
                                     "sample %.60s is wanted, %.60s has %.60s", r->sample, w->name,
                                     w->sample);
    }
    return used ? request_say(r, text) : ITP_OK;
}

/* --- Known constraints of decisions ----------------------------------------------------------- */

/* The d-th of those live workers whose bounds narrow this task; NULL: there are fewer. *n counts
 * them.
 */
static const worker *narrowing(const itp_loop *loop, int task, size_t d, size_t *n)
{
    const worker *found = NULL;
    *n = 0;
    for (size_t i = 0; i < loop->n_workers; i++) {
        const worker *w = &loop->workers[i];
        if (!w->live || w->cls != ITP_PHYSICAL || !worker_can(loop, w, task, 0)) continue;
        if ((*n)++ == d) found = w;
    }
    return found;
}

/* Optimisers hold a constraint to their tolerance only, a station its bound exactly: a continuum
 * keeps this far inside. Whole values are held exactly, and may lie on the bound. */
static double margin(const itp_margin *bound, const itp_param *p)
{
    static const double SHARE = 1e-6;
    double width = bound->high - bound->low;
    if (p->kind == ITP_REAL && isfinite(p->low) && isfinite(p->high) && p->high - p->low < width)
        width = p->high - p->low;
    return p->kind == ITP_REAL ? SHARE * width : -SHARE;
}

/* "`name` >= low" for each bound that is tighter than the parameter's own. */
static void add_texts(const itp_loop *loop, const worker *w, int task, itp_extra *out)
{
    const itp_campaign_task *def = &loop->campaign->tasks[task];
    for (size_t i = 0; i < w->n_bounds; i++) {
        const itp_margin *bound = &w->bounds[i];
        for (size_t k = 0; k < def->n_inputs && is_of_task(bound, def); k++) {
            if (def->inputs[k].param < 0 || strcmp(def->inputs[k].name, bound->input)) continue;
            const itp_param *p =
                itp_space_param(loop->campaign->space, (size_t)def->inputs[k].param);
            int ranged = p->kind == ITP_REAL || p->kind == ITP_INTEGER;
            if (p->kind == ITP_CATEGORICAL || p->context || out->n + 2 > ITP_EXTRA_MAX) continue;
            double low = bound->low + margin(bound, p), high = bound->high - margin(bound, p);
            if (isfinite(bound->low) && (!ranged || bound->low > p->low))
                snprintf(out->text[out->n++], ITP_EXTRA_TEXT, "`%.100s` >= %.17g", p->name, low);
            if (isfinite(bound->high) && (!ranged || bound->high < p->high))
                snprintf(out->text[out->n++], ITP_EXTRA_TEXT, "`%.100s` <= %.17g", p->name, high);
        }
    }
}

const itp_campaign *envelope_campaign(itp_loop *loop, uint64_t decision)
{
    itp_extra extra = {0};
    if (itp_space_n_candidates(loop->campaign->space)) return loop->campaign;
    for (size_t task = 0; task < loop->campaign->n_tasks; task++) {
        size_t n;
        narrowing(loop, (int)task, 0, &n);
        const worker *w = n ? narrowing(loop, (int)task, (size_t)(decision % n), &n) : NULL;
        if (w) add_texts(loop, w, (int)task, &extra);
    }
    if (extra.n == 0) return loop->campaign;
    for (size_t i = 0; i < loop->n_narrowed; i++)
        if (loop->narrowed[i].base == loop->campaign &&
            memcmp(&loop->narrowed[i].extra, &extra, sizeof extra) == 0)
            return loop->narrowed[i].campaign;
    narrowed *kept = realloc(loop->narrowed, (loop->n_narrowed + 1) * sizeof *kept);
    if (!kept) return loop->campaign;
    loop->narrowed = kept;
    itp_campaign *made;
    if (itp_campaign_narrow(&made, loop->campaign, &extra) != ITP_OK) return loop->campaign;
    kept[loop->n_narrowed++] = (narrowed){loop->campaign, extra, made};
    return made;
}
