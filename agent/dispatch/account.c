/* account.c - see account.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "account.h"

#include <jansson.h>
#include <stdlib.h>

const char *itp_account_life(const itp_counts *n)
{
    return n->finished              ? "finished"
           : n->draining            ? "draining"
           : n->paused              ? "paused"
           : n->held || n->approval ? "waiting for a person"
                                    : "open";
}

int itp_account_is_open(itp_request_state state)
{
    return state <= ITP_REQUEST_APPROVAL || state == ITP_REQUEST_DEAD;
}

static json_t *open_requests(const itp_loop *loop)
{
    json_t *open = json_array();
    itp_request_view r;
    for (itp_id id = 1; itp_loop_request(loop, id, &r) == ITP_OK; id++) {
        if (!itp_account_is_open(r.state)) continue;
        json_array_append_new(
            open, json_pack("{s:I, s:I, s:s, s:s, s:i, s:s?, s:I, s:s?, s:i, s:s?}", "request",
                            (json_int_t)id, "trial", (json_int_t)r.trial, "task",
                            itp_loop_campaign(loop)->tasks[r.task].name, "state",
                            itp_request_state_name(r.state), "epoch", (int)r.epoch, "worker",
                            r.worker, "since_ms", (json_int_t)r.since_ms, "why", r.why, "corrected",
                            (int)r.n_corrected, "sample", r.sample));
    }
    return open;
}

json_t *itp_account_best(const itp_summary *s)
{
    if (!s || !s->best) return json_null();
    return json_pack("{s:I, s:o?, s:o?}", "trial", (json_int_t)s->best, "mean", json_real(s->mean),
                     "sd", json_real(s->sd)); /* a real that is not finite is NULL */
}

char *itp_account_text(const itp_loop *loop, const itp_summary *s)
{
    itp_counts n = itp_loop_counts(loop);
    json_t *object = json_pack(
        "{s:b, s:s, s:s, s:s?, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o}",
        "ok", 1, "campaign", itp_loop_campaign(loop)->name, "state", itp_account_life(&n), "reason",
        itp_loop_reason(loop), "trials", (int)n.trials, "measured", (int)n.measured, "failed",
        (int)n.failed, "infeasible", (int)n.infeasible, "abandoned", (int)n.abandoned, "pending",
        (int)n.pending, "queued", (int)n.queued, "running", (int)n.running, "held", (int)n.held,
        "workers", (int)n.workers, "slots", (int)n.slots, "best", itp_account_best(s), "open",
        open_requests(loop));
    char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    return text;
}
