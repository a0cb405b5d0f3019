/* approvals.c - requests that wait for a person's word before anybody gets them: the first of a
 * kind, beyond a cost, in a hazardous place, or all. A kind is a task at a source with the same
 * labels. SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "state.h"

enum { HOLD_ALL = 1, HOLD_FIRST = 2, HOLD_COST = 4, HOLD_HAZARD = 8 };

static const char *label_of(const request *r, const char *name)
{
    for (size_t i = 0; i < r->n_inputs; i++)
        if (r->inputs[i].label && strcmp(r->inputs[i].name, name) == 0) return r->inputs[i].label;
    return NULL;
}

static int has_labels_of(const request *a, const request *b)
{
    for (size_t i = 0; i < a->n_inputs; i++) {
        if (!a->inputs[i].label) continue;
        const char *label = label_of(b, a->inputs[i].name);
        if (!label || strcmp(label, a->inputs[i].label) != 0) return 0;
    }
    return 1;
}

static int same_kind(const request *a, const request *b)
{
    return a->task == b->task && a->source == b->source && has_labels_of(a, b) &&
           has_labels_of(b, a);
}

static int is_known_kind(const itp_loop *loop, const request *fresh)
{
    for (size_t i = 0; i < loop->n_requests; i++)
        if (loop->requests[i].approved && same_kind(&loop->requests[i], fresh)) return 1;
    return 0;
}

/* Why it must wait, as bits; and in words. */
static int find_holds(const itp_loop *loop, const request *r, char *text, size_t size)
{
    const itp_campaign_task *def = &loop->campaign->tasks[r->task];
    const itp_approval *rule = &def->approve;
    const double *point = loop->trials[r->trials[0] - 1].point;
    double cost =
        itp_campaign_cost(loop->campaign, (size_t)r->task, (size_t)r->source, point, NULL);
    int holds = rule->all ? HOLD_ALL : 0;
    if (rule->first && !is_known_kind(loop, r)) holds |= HOLD_FIRST;
    if (cost > rule->above_cost) holds |= HOLD_COST;
    if (rule->hazard && itp_expression_eval(rule->hazard, point) == 1) holds |= HOLD_HAZARD;
    size_t used = (size_t)snprintf(text, size, "waits for approval: ");
    if (holds & HOLD_HAZARD)
        snprintf(text + used, size - used, "hazard: %.200s", rule->hazard_text);
    else if (holds & HOLD_COST)
        snprintf(text + used, size - used, "cost %g is above %g", cost, rule->above_cost);
    else
        snprintf(text + used, size - used, "%s",
                 holds & HOLD_FIRST ? "the first of its kind" : "as every one of its task");
    return holds;
}

itp_status request_release(itp_loop *loop, itp_id id)
{
    request *r = &loop->requests[id - 1];
    char text[400];
    r->holds = find_holds(loop, r, text, sizeof text);
    if (!r->holds) {
        queue_push(loop, id);
        return ITP_OK;
    }
    r->state = ITP_REQUEST_APPROVAL;
    r->since_ms = loop->now_ms;
    loop->counts.approval++;
    return request_say(r, text);
}

static itp_status approve(itp_loop *loop, itp_id id)
{
    request *r = &loop->requests[id - 1];
    loop->counts.approval--;
    r->approved = 1;
    queue_push(loop, id);
    return request_say(r, NULL);
}

static itp_status reject(itp_loop *loop, itp_id id, const char *text)
{
    itp_status st = request_finish(loop, id, ITP_REQUEST_FAILED);
    if (st == ITP_OK) st = request_say(&loop->requests[id - 1], text);
    for (size_t i = 0; st == ITP_OK && i < loop->requests[id - 1].n_trials; i++) {
        itp_id trial = loop->requests[id - 1].trials[i];
        if (loop->trials[trial - 1].state == ITP_TRIAL_PENDING)
            trial_set_state(loop, trial, ITP_TRIAL_INFEASIBLE);
    }
    return st;
}

itp_status on_approved(itp_loop *loop, const itp_event *event)
{
    itp_id id = event->request;
    if (id == 0 || id > loop->n_requests)
        return loop_refuse(loop, "there is no request %llu", (unsigned long long)id);
    if (loop->requests[id - 1].state != ITP_REQUEST_APPROVAL)
        return loop_refuse(loop, "request %llu is %s: it does not wait for approval",
                           (unsigned long long)id,
                           itp_request_state_name(loop->requests[id - 1].state));
    if (event->number) return reject(loop, id, event->text);
    itp_status st = approve(loop, id);
    /* Its kind is known now: what waited only for that is free. */
    for (itp_id k = 1; st == ITP_OK && k <= loop->n_requests; k++) {
        const request *r = &loop->requests[k - 1];
        if (r->state == ITP_REQUEST_APPROVAL && r->holds == HOLD_FIRST &&
            same_kind(r, &loop->requests[id - 1]))
            st = approve(loop, k);
    }
    return st;
}
