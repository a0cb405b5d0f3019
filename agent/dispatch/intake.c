/* intake.c - messages to events.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "intake.h"

#include "corrected.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const itp_outcome *find_outcome(const itp_campaign *c, size_t task, const char *name)
{
    for (size_t i = 0; i < c->tasks[task].n_outputs; i++) {
        const itp_outcome *o = &c->outcomes[c->tasks[task].first_outcome + i];
        if (strcmp(o->name, name) == 0) return o;
    }
    return NULL;
}

static itp_status convert(itp_value *v, const itp_outcome *o, itp_units *units, itp_error *err)
{
    if (v->label && o->label) return ITP_OK;
    if (v->label || o->label)
        return itp_fail(err, ITP_ERESULT, "output %s: is a %s, the campaign declares a %s", v->name,
                        v->label ? "label" : "number", o->label ? "label" : "number");
    if (!isfinite(v->number))
        return itp_fail(err, ITP_ERESULT, "output %s: is not a finite number", v->name);
    const char *from = v->unit ? v->unit : o->unit;
    double number, sd = v->sd;
    itp_error why;
    itp_status st = itp_units_convert(units, from, o->unit, v->number, &number, &why);
    if (st == ITP_OK && isfinite(v->sd))
        st = itp_units_convert_sd(units, from, o->unit, v->number, v->sd, &sd, &why);
    if (st != ITP_OK) return itp_fail(err, st, "output %s: %s", v->name, why.text);
    v->number = number;
    v->sd = sd;
    v->unit = o->unit;
    return ITP_OK;
}

itp_status itp_values_to_outcomes(const itp_campaign *c, size_t task, itp_units *units, size_t *n,
                                  itp_value *values, itp_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        const itp_outcome *o = find_outcome(c, task, values[i].name);
        if (!o) continue;
        itp_status st = convert(&values[i], o, units, err);
        if (st != ITP_OK) return st;
        values[kept++] = values[i];
    }
    *n = kept;
    return ITP_OK;
}

/* The final result must hold every outcome that objectives, limits or other tasks are made of. */
static const char *find_missing(const itp_campaign *c, size_t task, const itp_event *event)
{
    for (size_t i = 0; i < c->tasks[task].n_outputs; i++) {
        const itp_outcome *o = &c->outcomes[c->tasks[task].first_outcome + i];
        size_t k = 0;
        while (k < event->n_values && strcmp(event->values[k].name, o->name) != 0) k++;
        if (o->needed && k == event->n_values) return o->name;
    }
    return NULL;
}

static itp_status read_result(itp_intake *in, const itp_loop *loop, itp_units *units,
                              const itp_message *m)
{
    itp_request_view view;
    if (itp_loop_request(loop, m->request, &view) != ITP_OK) return ITP_OK; /* The loop says so. */
    const itp_campaign *c = itp_loop_campaign(loop);
    size_t n = m->n_values;
    in->values = malloc((n ? n : 1) * sizeof *in->values);
    if (!in->values) return ITP_ENOMEM;
    if (n) memcpy(in->values, m->values, n * sizeof *in->values);
    itp_error why;
    itp_status st = itp_values_to_outcomes(c, (size_t)view.task, units, &n, in->values, &why);
    in->event.values = in->values;
    in->event.n_values = n;
    const char *missing = NULL;
    if (st == ITP_OK && m->index < 0) missing = find_missing(c, (size_t)view.task, &in->event);
    if (st == ITP_OK && !missing) return ITP_OK;
    in->event.kind = ITP_EVENT_FAILURE;
    in->event.cause = ITP_CAUSE_INVALID;
    in->event.n_values = 0;
    if (missing)
        snprintf(in->text, sizeof in->text, "the result has no value of output %s", missing);
    else
        snprintf(in->text, sizeof in->text, "%.1000s", why.text);
    in->event.text = in->text;
    in->event.number = itp_corrected_matches(loop, m, in->text);
    return ITP_OK;
}

/* The bound in the unit that the campaign gives this input in. One that cannot be converted admits
 * nothing: nobody can say whether it holds. */
static itp_margin convert_bound(const itp_margin *bound, const char *task, const char *unit,
                                itp_units *units)
{
    static const double NOTHING = 1e300;
    itp_margin out = {task, bound->input, NULL, bound->low, bound->high};
    const char *from = bound->unit ? bound->unit : unit;
    itp_status st = ITP_OK;
    if (isfinite(bound->low)) st = itp_units_convert(units, from, unit, bound->low, &out.low, NULL);
    if (st == ITP_OK && isfinite(bound->high))
        st = itp_units_convert(units, from, unit, bound->high, &out.high, NULL);
    if (st == ITP_OK && out.low > out.high) { /* units that count backwards */
        double low = out.high;
        out.high = out.low;
        out.low = low;
    }
    if (st != ITP_OK) {
        out.low = NOTHING;
        out.high = -NOTHING;
    }
    return out;
}

/* A bound for each task and input that it concerns. */
static itp_status read_roster(itp_intake *in, const itp_campaign *c, itp_units *units,
                              const itp_roster *roster)
{
    size_t n = 0, most = 0;
    in->roster = *roster;
    in->event.roster = &in->roster;
    for (size_t t = 0; t < c->n_tasks; t++) most += c->tasks[t].n_inputs;
    in->bounds = malloc((most * roster->n_bounds + 1) * sizeof *in->bounds);
    if (!in->bounds) return ITP_ENOMEM;
    for (size_t i = 0; i < roster->n_bounds; i++) {
        const itp_margin *bound = &roster->bounds[i];
        for (size_t t = 0; t < c->n_tasks; t++) {
            const itp_campaign_task *def = &c->tasks[t];
            int other = bound->task && strcmp(bound->task, "*") && strcmp(bound->task, def->name);
            for (size_t k = 0; !other && k < def->n_inputs; k++)
                if (def->inputs[k].unit && strcmp(def->inputs[k].name, bound->input) == 0)
                    in->bounds[n++] = convert_bound(bound, def->name, def->inputs[k].unit, units);
        }
    }
    in->roster.bounds = in->bounds;
    in->roster.n_bounds = n;
    return ITP_OK;
}

itp_status itp_intake_read(itp_intake *in, const itp_loop *loop, itp_units *units,
                           const char *worker, const itp_message *m)
{
    itp_status st;
    *in = (itp_intake){0};
    in->event = (itp_event){.request = m->request,
                            .epoch = m->epoch,
                            .worker = worker,
                            .text = m->text,
                            .index = -1,
                            .cost = NAN};
    switch (m->verb) {
    case ITP_VERB_REGISTER:
        in->event.kind = ITP_EVENT_WORKER_REGISTERED;
        in->event.roster = m->roster;
        in->event.text = NULL;
        return m->roster ? read_roster(in, itp_loop_campaign(loop), units, m->roster) : ITP_EPROTO;
    case ITP_VERB_CREDIT:
        in->event.kind = ITP_EVENT_WORKER_SLOTS;
        in->event.number = m->number;
        return ITP_OK;
    case ITP_VERB_DECLINE: in->event.kind = ITP_EVENT_DECLINED; return ITP_OK;
    case ITP_VERB_ACCEPT:
    case ITP_VERB_STARTED: {
        itp_request_view view;
        if (itp_loop_request(loop, m->request, &view) != ITP_OK) return ITP_ENOTFOUND;
        if (itp_loop_campaign(loop)->tasks[view.task].cls != ITP_PHYSICAL) return ITP_ENOTFOUND;
        in->event.kind = m->verb == ITP_VERB_ACCEPT ? ITP_EVENT_ACCEPTED : ITP_EVENT_STARTED;
        in->event.text = m->verb == ITP_VERB_ACCEPT ? m->sample : NULL;
        return ITP_OK;
    }
    case ITP_VERB_RESULT:
        in->event.kind = ITP_EVENT_RESULT;
        in->event.index = m->index;
        in->event.cost = m->cost;
        in->event.provenance = m->provenance;
        in->event.text = NULL;
        st = itp_corrected_provenance(loop, m, &in->provenance);
        if (in->provenance) in->event.provenance = in->provenance;
        return st == ITP_OK ? read_result(in, loop, units, m) : st;
    case ITP_VERB_FAILURE:
        in->event.kind = ITP_EVENT_FAILURE;
        in->event.cause = m->cause;
        in->event.cost = m->cost;
        in->event.provenance = m->provenance;
        in->event.number = itp_corrected_matches(loop, m, m->text);
        return ITP_OK;
    case ITP_VERB_ANSWER:
        in->event.kind = ITP_EVENT_ANSWER;
        in->event.number = m->number;
        return ITP_OK;
    case ITP_VERB_SAFE_STOP: in->event.kind = ITP_EVENT_HALTED; return ITP_OK;
    case ITP_VERB_BYE: in->event.kind = ITP_EVENT_WORKER_LEFT; return ITP_OK;
    default: return ITP_ENOTFOUND;
    }
}

void itp_intake_deinit(itp_intake *in)
{
    free(in->values);
    free(in->bounds);
    free(in->provenance);
    *in = (itp_intake){0};
}
