/* envelope.c - the bounds within which stations operate: as each said when it registered, and as
 * the campaign declares for all stations of a task.
 *   What lies outside the declared ones is refused: nobody is given it. Who does not admit a
 * request is not given it. To decisions both are known constraints: where the stations of a task
 * agree, every proposal is inside; where they differ, each decision stays inside one of them, in
 * turn, so that whatever is proposed somebody can do. Of a candidate table the rows outside are
 * held back, by the same turn. What a person tells was measured, wherever: it is taken, with a
 * note. SPDX-License-Identifier: GPL-3.0-or-later */
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

static int is_outside(const itp_value *v, const char *input, double low, double high)
{
    return !v->label && strcmp(v->name, input) == 0 && (v->number < low || v->number > high);
}

/* The first bound that these inputs break, or NULL. */
static const itp_margin *find_broken(const itp_campaign_task *def, const worker *w, size_t n,
                                     const itp_value *inputs)
{
    for (size_t i = 0; i < w->n_bounds; i++) {
        const itp_margin *bound = &w->bounds[i];
        for (size_t k = 0; k < n && is_of_task(bound, def); k++)
            if (is_outside(&inputs[k], bound->input, bound->low, bound->high)) return bound;
    }
    return NULL;
}

static const itp_range *find_refused(const itp_campaign_task *def, size_t n,
                                     const itp_value *inputs)
{
    for (size_t i = 0; i < def->n_ranges; i++) {
        const itp_range *range = &def->ranges[i];
        for (size_t k = 0; k < n; k++)
            if (is_outside(&inputs[k], def->inputs[range->input].name, range->low, range->high))
                return range;
    }
    return NULL;
}

static const itp_value *inputs_of(const request *r)
{
    return r->mended ? r->mended->inputs : r->inputs;
}

static const itp_campaign_task *task_of(const itp_loop *loop, const request *r)
{
    return &loop->campaign->tasks[r->task];
}

/* "temperature from 15 to 45 degC" */
static const char *say_bound(char *text, size_t size, const char *name, double low, double high,
                             const char *unit)
{
    char from[40] = "", to[40] = "";
    if (isfinite(low)) snprintf(from, sizeof from, " from %.6g", low);
    if (isfinite(high)) snprintf(to, sizeof to, " to %.6g", high);
    snprintf(text, size, "%.60s%s%s %.40s", name, from, to, unit && strcmp(unit, "1") ? unit : "");
    size_t end = strlen(text);
    if (end && text[end - 1] == ' ') text[end - 1] = '\0';
    return text;
}

int worker_admits(const itp_loop *loop, const worker *w, const request *r)
{
    if (r->sample && w->sample && strcmp(r->sample, w->sample) != 0) return 0;
    return !find_broken(task_of(loop, r), w, r->n_inputs, inputs_of(r));
}

int envelope_refuses(const itp_loop *loop, const request *r, char *why, size_t size)
{
    const itp_campaign_task *def = task_of(loop, r);
    const itp_range *range = find_refused(def, r->n_inputs, inputs_of(r));
    if (!range) return 0;
    char bound[200];
    const itp_input *in = &def->inputs[range->input];
    snprintf(why, size, "outside the envelope that the campaign declares: %s only",
             say_bound(bound, sizeof bound, in->name, range->low, range->high, in->unit));
    return 1;
}

static const char *unit_of(const itp_campaign_task *def, const char *input)
{
    for (size_t k = 0; k < def->n_inputs; k++)
        if (strcmp(def->inputs[k].name, input) == 0) return def->inputs[k].unit;
    return NULL;
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
        const itp_campaign_task *def = task_of(loop, r);
        const itp_margin *bound = find_broken(def, w, r->n_inputs, inputs_of(r));
        char said[200];
        used += (size_t)snprintf(text + used, sizeof text - used, used ? "; " : "waits: ");
        if (bound)
            used += (size_t)snprintf(text + used, sizeof text - used, "%.60s takes %.160s only",
                                     w->name,
                                     say_bound(said, sizeof said, bound->input, bound->low,
                                               bound->high, unit_of(def, bound->input)));
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

static void add_bound(itp_extra *out, const itp_input *in, double low, double high)
{
    if (in->outcome >= 0 || out->n == ITP_EXTRA_MAX) return;
    out->bounds[out->n++] = (itp_interval){in->param, in->column, low, high};
}

static void add_declared(const itp_campaign_task *def, itp_extra *out)
{
    for (size_t i = 0; i < def->n_ranges; i++)
        add_bound(out, &def->inputs[def->ranges[i].input], def->ranges[i].low, def->ranges[i].high);
}

static void add_said(const itp_campaign_task *def, const worker *w, itp_extra *out)
{
    for (size_t i = 0; i < w->n_bounds; i++) {
        const itp_margin *bound = &w->bounds[i];
        for (size_t k = 0; k < def->n_inputs && is_of_task(bound, def); k++)
            if (strcmp(def->inputs[k].name, bound->input) == 0)
                add_bound(out, &def->inputs[k], bound->low, bound->high);
    }
}

/* Least common multiple: after so many decisions the turns of all tasks come round. */
static size_t turns(size_t a, size_t b)
{
    size_t x = a, y = b;
    while (y) {
        size_t rest = x % y;
        x = y;
        y = rest;
    }
    return a / x * b;
}

/* Bounds of the decision of this number; how many different ones there are in turn. */
static size_t collect(const itp_loop *loop, uint64_t decision, itp_extra *out)
{
    size_t n, round = 1;
    memset(out, 0, sizeof *out); /* compared as bytes */
    for (size_t task = 0; task < loop->campaign->n_tasks; task++) {
        const itp_campaign_task *def = &loop->campaign->tasks[task];
        add_declared(def, out);
        narrowing(loop, (int)task, 0, &n);
        if (n == 0) continue;
        add_said(def, narrowing(loop, (int)task, (size_t)(decision % n), &n), out);
        round = turns(round, n);
    }
    return round;
}

size_t envelope_round(const itp_loop *loop)
{
    itp_extra extra;
    return collect(loop, 0, &extra);
}

const itp_campaign *envelope_campaign(itp_loop *loop, uint64_t decision)
{
    itp_extra extra;
    collect(loop, decision, &extra);
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

/* --- What a person has measured by himself -----------------------------------------------------
 */

/* Why no live station would have done it, or 0. */
static int note_stations(const itp_loop *loop, size_t task, size_t n, const itp_value *inputs,
                         char *text, size_t size)
{
    const itp_campaign_task *def = &loop->campaign->tasks[task];
    const itp_margin *broken = NULL;
    const worker *by = NULL;
    char bound[200];
    for (size_t i = 0; i < loop->n_workers; i++) {
        const worker *w = &loop->workers[i];
        if (!w->live || w->cls != ITP_PHYSICAL || !worker_can(loop, w, (int)task, 0)) continue;
        const itp_margin *own = find_broken(def, w, n, inputs);
        if (!own) return 0;
        if (!broken) broken = own, by = w;
    }
    if (!broken) return 0;
    snprintf(text, size, "no station of %.60s takes this: %.60s takes %s only", def->name, by->name,
             say_bound(bound, sizeof bound, broken->input, broken->low, broken->high,
                       unit_of(def, broken->input)));
    return 1;
}

int itp_loop_is_outside(const itp_loop *loop, size_t task, const double *point, char *text,
                        size_t size)
{
    const itp_campaign_task *def = &loop->campaign->tasks[task];
    itp_value *inputs = calloc(def->n_inputs + 1, sizeof *inputs);
    size_t n = 0;
    for (size_t k = 0; inputs && k < def->n_inputs; k++)
        if (def->inputs[k].param >= 0 && def->inputs[k].unit)
            inputs[n++] =
                (itp_value){.name = def->inputs[k].name, .number = point[def->inputs[k].param]};
    request asked = {.task = (int)task, .inputs = inputs, .n_inputs = n};
    int outside = inputs && (envelope_refuses(loop, &asked, text, size) ||
                             note_stations(loop, task, n, inputs, text, size));
    free(inputs);
    return outside;
}
