/* retake.c - the fold, with a snapshot where the live run took one.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "retake.h"

#include <inttypes.h>

static itp_status step(void *ctx, const itp_event *event, itp_actions *out)
{
    return itp_loop_step(((retake *)ctx)->loop, event, out);
}

/* Right after the step that asked for the decision. */
static itp_status visit(void *ctx, const itp_journal_row *row, const itp_actions *actions)
{
    retake *r = ctx;
    (void)row;
    for (size_t i = 0; i < actions->n; i++) {
        const itp_action *a = &actions->items[i];
        if (a->kind != ITP_ACTION_DECIDE) continue;
        itp_snapshot_destroy(r->snapshot);
        r->snapshot = NULL;
        itp_status st = itp_snapshot_take(&r->snapshot, r->loop, a->decision, (size_t)a->number);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

static itp_status at_decision(void *ctx, const itp_event *event, itp_error *err)
{
    retake *r = ctx;
    if (!r->snapshot || r->snapshot->number != event->made->number)
        return itp_fail(err, ITP_EDIVERGED,
                        "event %" PRIu64 ": decision %" PRIu64 " was never asked for", event->seq,
                        event->made->number);
    return r->decided(r->ctx, r->snapshot, event, err);
}

itp_status retake_begin(retake *r, itp_journal *journal, itp_error *err)
{
    *r = (retake){0};
    itp_status st = itp_engine_definition(journal, &r->campaign, err);
    return st == ITP_OK ? itp_loop_create(&r->loop, r->campaign, err) : st;
}

itp_status retake_fold(retake *r, itp_journal *journal, uint64_t until, uint64_t *events,
                       itp_error *err)
{
    itp_replay_report report = {0};
    const itp_replay how = {.ctx = r,
                            .step = step,
                            .visit = visit,
                            .verify = r->decided ? at_decision : NULL,
                            .until = until};
    itp_status st = itp_journal_replay(journal, &how, &report, err);
    if (events) *events = report.events;
    return st;
}

void retake_end(retake *r)
{
    itp_snapshot_destroy(r->snapshot);
    itp_loop_destroy(r->loop);
    itp_campaign_destroy(r->campaign);
    *r = (retake){0};
}
