/* corrections.c - what the task's rules make of a failure: inputs and options are changed, and the
 * request goes back to its queue. The trial keeps the point that was chosen for it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

void mending_destroy(mending *mended)
{
    if (!mended) return;
    for (size_t i = 0; i < mended->n_done; i++) free((void *)mended->done[i].from);
    free(mended->done);
    free(mended->inputs);
    free(mended->options);
    free(mended->times);
    free(mended);
}

static mending *mending_of(request *r, const itp_campaign_task *task)
{
    if (r->mended) return r->mended;
    mending *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->inputs = calloc(r->n_inputs + 1, sizeof *m->inputs);
    m->options = calloc(task->n_knobs + 1, sizeof *m->options);
    m->times = calloc(task->n_corrections, sizeof *m->times);
    if (!m->inputs || !m->options || !m->times) {
        mending_destroy(m);
        return NULL;
    }
    if (r->n_inputs) memcpy(m->inputs, r->inputs, r->n_inputs * sizeof *m->inputs);
    return r->mended = m;
}

/* Where the knob stands for this request; NULL when the input is not there (inactive) . */
static itp_value *find_input(const request *r, mending *m, const itp_campaign_task *task,
                             const itp_knob *knob)
{
    const char *name = task->inputs[knob->input].name;
    for (size_t i = 0; i < r->n_inputs; i++)
        if (strcmp(m->inputs[i].name, name) == 0) return &m->inputs[i];
    return NULL;
}

static itp_value *find_option(mending *m, const itp_knob *knob)
{
    for (size_t i = 0; i < m->n_options; i++)
        if (strcmp(m->options[i].name, knob->path) == 0) return &m->options[i];
    return NULL;
}

static itp_value stands_at(const request *r, mending *m, const itp_campaign_task *task,
                           const itp_knob *knob)
{
    const itp_value *found = knob->path ? find_option(m, knob) : find_input(r, m, task, knob);
    if (found) return *found;
    if (!knob->path) return (itp_value){.name = knob->name, .number = NAN, .sd = NAN};
    itp_value start = knob->start[r->source < 0 ? 0 : r->source];
    start.name = knob->path;
    return start;
}

/* A whole number moves by one at least. */
static double keep_whole(double from, double to)
{
    double near = round(to);
    if (near == from && to > from) return from + 1;
    if (near == from && to < from) return from - 1;
    return near;
}

/* 0: this change means nothing here (no such input, not a finite number). */
static int turn(const itp_change *change, const itp_knob *knob, const itp_value *from,
                itp_value *to)
{
    *to = *from;
    to->unit = knob->unit;
    to->label = change->label;
    switch (change->kind) {
    case ITP_CHANGE_SCALE: to->number = from->number * change->number; break;
    case ITP_CHANGE_ADD: to->number = from->number + change->number; break;
    case ITP_CHANGE_SET: to->number = change->number; break;
    }
    if (change->label) {
        to->number = NAN;
        return 1;
    }
    if (knob->whole && change->kind != ITP_CHANGE_SET)
        to->number = keep_whole(from->number, to->number);
    return isfinite(to->number);
}

static void put(const request *r, mending *m, const itp_campaign_task *task, const itp_knob *knob,
                const itp_value *to)
{
    itp_value *at = knob->path ? find_option(m, knob) : find_input(r, m, task, knob);
    if (!at && knob->path) at = &m->options[m->n_options++];
    if (at) *at = *to;
}

/* As much of the text as fits, cut between characters. */
static void keep_reason(char out[ITP_REASON_MAX], const char *text)
{
    size_t n = strlen(text);
    if (n >= ITP_REASON_MAX) {
        n = ITP_REASON_MAX - 1;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) n--;
    }
    memcpy(out, text, n);
    out[n] = '\0';
}

/* Applies one rule; *made tells whether anything was changed. */
static itp_status apply(itp_loop *loop, const itp_event *event, request *r, size_t index, int *made)
{
    const itp_campaign_task *task = &loop->campaign->tasks[r->task];
    const itp_correction *rule = &task->corrections[index];
    mending *m = r->mended;
    itp_corrected *done = realloc(m->done, (m->n_done + 1) * sizeof *done);
    if (!done) return ITP_ENOMEM;
    m->done = done;
    itp_value *values = calloc(2 * rule->n_changes, sizeof *values);
    if (!values) return ITP_ENOMEM;
    itp_value *from = values, *to = values + rule->n_changes;
    size_t n = 0;
    for (size_t i = 0; i < rule->n_changes; i++) {
        const itp_knob *knob = &task->knobs[rule->changes[i].knob];
        from[n] = stands_at(r, m, task, knob);
        int there = knob->path || find_input(r, m, task, knob);
        if (!there || !turn(&rule->changes[i], knob, &from[n], &to[n])) continue;
        put(r, m, task, knob, &to[n]);
        from[n].name = to[n].name = knob->name;
        n++;
    }
    *made = n > 0;
    if (n == 0) {
        free(values);
        return ITP_OK;
    }
    done = &m->done[m->n_done++];
    *done = (itp_corrected){.epoch = event->epoch,
                            .rule = index,
                            .times = ++m->times[index],
                            .cause = event->cause,
                            .n = n,
                            .from = from,
                            .to = to};
    keep_reason(done->reason, event->text ? event->text : "");
    return ITP_OK;
}

static itp_status emit_correction(itp_loop *loop, itp_id id)
{
    itp_status st = emit_attempt(loop, ITP_ACTION_CORRECT, id);
    if (st != ITP_OK) return st;
    const mending *m = loop->requests[id - 1].mended;
    const itp_corrected *done = &m->done[m->n_done - 1];
    itp_action *action = &loop->out->items[loop->out->n - 1];
    action->number = (int64_t)done->rule + 1;
    action->text = done->reason;
    action->values = done->to;
    action->n_values = done->n;
    return ITP_OK;
}

static int is_meant(const itp_correction *rule, const itp_event *event, size_t index)
{
    return (rule->causes >> event->cause & 1) || (rule->pattern && event->number >> index & 1);
}

/* What no rule may touch: a lost worker, a person's word, what the task or its owner refuses. */
static int is_final(itp_cause cause)
{
    return cause == ITP_CAUSE_WORKER_LOST || cause == ITP_CAUSE_CANCELLED ||
           cause == ITP_CAUSE_UNSAFE || cause == ITP_CAUSE_REFUSED;
}

itp_status request_correct(itp_loop *loop, const itp_event *event, correction_verdict *out)
{
    request *r = &loop->requests[event->request - 1];
    const itp_campaign_task *task = &loop->campaign->tasks[r->task];
    *out = CORRECTION_NONE;
    if (is_final(event->cause) || task->cls != ITP_REPEATABLE) return ITP_OK;
    for (size_t i = 0; i < task->n_corrections; i++) {
        int made = 0;
        if (!is_meant(&task->corrections[i], event, i)) continue;
        *out = CORRECTION_IN_VAIN;
        if (!mending_of(r, task)) return ITP_ENOMEM;
        if (r->mended->times[i] >= task->corrections[i].at_most) continue;
        itp_status st = apply(loop, event, r, i, &made);
        if (st != ITP_OK) return st;
        if (!made) continue;
        *out = CORRECTION_MADE;
        r->attempts = 0; /* what is tried now has not failed yet */
        st = emit_correction(loop, event->request);
        return st == ITP_OK ? request_requeue(loop, event->request, 0) : st;
    }
    return ITP_OK;
}
