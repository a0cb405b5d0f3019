/* workers.c - who can do what, who is busy, and who gets the next request.
 *   Workers are known by name; one that comes back under its name says what it still holds, and
 * what it does not hold any more is attempted anew. SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"

#include <stdlib.h>
#include <string.h>

int worker_can(const itp_loop *loop, const worker *w, int task, int source)
{
    const itp_campaign_task *def = &loop->campaign->tasks[task];
    const char *connector = def->sources[source < 0 ? 0 : source].connector;
    if (!connector || w->cls != def->cls) return 0;
    if (w->connector && strcmp(w->connector, connector) != 0) return 0;
    for (size_t i = 0; i < w->n_tasks; i++)
        if (strcmp(w->tasks[i], "*") == 0 || strcmp(w->tasks[i], def->name) == 0) return 1;
    return 0;
}

size_t workers_slots(const itp_loop *loop)
{
    size_t slots = 0;
    for (size_t i = 0; i < loop->n_workers; i++)
        if (loop->workers[i].live && !loop->workers[i].halted) slots += loop->workers[i].slots;
    return slots;
}

/* The least loaded live worker that can; the earliest registered of equals. NO_WORKER when all are
 * full. */
static size_t choose_worker(const itp_loop *loop, const request *r)
{
    size_t best = NO_WORKER;
    for (size_t i = 0; i < loop->n_workers; i++) {
        const worker *w = &loop->workers[i];
        if (!w->live || w->halted || w->busy >= w->slots ||
            !worker_can(loop, w, r->task, r->source) || !worker_admits(loop, w, r))
            continue;
        const worker *b = best == NO_WORKER ? NULL : &loop->workers[best];
        if (!b || (uint64_t)w->busy * b->slots < (uint64_t)b->busy * w->slots) best = i;
    }
    return best;
}

/* Who had which attempt: only its worker may answer for it, however late. */
static itp_status note_given(request *r, size_t index)
{
    uint32_t *given = realloc(r->given, (r->n_given + 1) * sizeof *given);
    if (!given) return ITP_ENOMEM;
    r->given = given;
    given[r->n_given++] = (uint32_t)index;
    return ITP_OK;
}

static itp_status lease(itp_loop *loop, itp_id id, size_t index)
{
    queue_remove(loop, id);
    request *r = &loop->requests[id - 1];
    itp_status st = note_given(r, index);
    if (st != ITP_OK) return st;
    r->state = ITP_REQUEST_LEASED;
    r->since_ms = loop->now_ms;
    r->worker = index;
    r->ledger = loop->workers[index].ledgers;
    request_say(r, NULL);
    r->epoch++;
    loop->workers[index].busy++;
    loop->counts.running++;
    return emit_offer(loop, id);
}

/* What was proposed before the campaign declared otherwise, or follows from another task's output.
 */
static itp_status refuse(itp_loop *loop, itp_id id, const char *why)
{
    itp_status st = request_say(&loop->requests[id - 1], why);
    return st == ITP_OK ? request_close(loop, id, ITP_REQUEST_FAILED, ITP_TRIAL_INFEASIBLE) : st;
}

itp_status workers_assign(itp_loop *loop)
{
    char why[300];
    if (loop->counts.paused || loop->counts.draining || loop->counts.finished) return ITP_OK;
    /* A task for which no slot is free is not looked up again in this step, unless another of its
     * sources may have one. */
    unsigned char full[64] = {0};
    for (itp_id id = loop->queue_first, next; id; id = next) {
        next = loop->requests[id - 1].next;
        int task = loop->requests[id - 1].task;
        if (envelope_refuses(loop, &loop->requests[id - 1], why, sizeof why)) {
            itp_status refused = refuse(loop, id, why);
            if (refused != ITP_OK) return refused;
            continue;
        }
        if (task < (int)sizeof full && full[task]) continue;
        size_t index = choose_worker(loop, &loop->requests[id - 1]);
        if (index == NO_WORKER && loop->campaign->tasks[task].cls == ITP_PHYSICAL) {
            itp_status st = envelope_explain(loop, id); /* Another request may suit who is free. */
            if (st != ITP_OK) return st;
            continue;
        }
        if (index == NO_WORKER) {
            if (loop->campaign->tasks[task].n_sources > 1) continue;
            if (task < (int)sizeof full) full[task] = 1;
            if (loop->campaign->n_tasks == 1) return ITP_OK;
            continue;
        }
        itp_status st = lease(loop, id, index);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

void worker_release(itp_loop *loop, itp_id id)
{
    request *r = &loop->requests[id - 1];
    if (r->worker == NO_WORKER) return;
    if (r->state >= ITP_REQUEST_LEASED && r->state <= ITP_REQUEST_IN_DOUBT) {
        worker *w = &loop->workers[r->worker];
        if (w->busy > 0) w->busy--;
        loop->counts.running--;
        r->worker = NO_WORKER;
    }
}

static size_t find_worker(const itp_loop *loop, const char *name)
{
    for (size_t i = 0; name && i < loop->n_workers; i++)
        if (strcmp(loop->workers[i].name, name) == 0) return i;
    return NO_WORKER;
}

static void forget_roster(worker *w)
{
    for (size_t i = 0; i < w->n_tasks; i++) free(w->tasks[i]);
    free(w->tasks);
    free(w->connector);
    free(w->ledger);
    w->tasks = NULL;
    w->connector = w->ledger = NULL;
    w->n_tasks = 0;
}

/* A ledger that is missing, or another one than before, cannot speak for what was. */
static int is_new_ledger(const worker *w, const itp_roster *roster)
{
    return !w->ledger || !roster->ledger || strcmp(w->ledger, roster->ledger) != 0;
}

static itp_status keep_roster(worker *w, const itp_roster *roster)
{
    w->ledgers += is_new_ledger(w, roster) != 0;
    forget_roster(w);
    itp_status st = envelope_keep(w, roster);
    if (st != ITP_OK) return st;
    w->connector = itp_copy_text(roster->connector);
    w->ledger = itp_copy_text(roster->ledger);
    w->slots = roster->slots;
    w->cls = roster->cls;
    w->tasks = calloc(roster->n_tasks ? roster->n_tasks : 1, sizeof *w->tasks);
    if (!w->tasks || (roster->connector && !w->connector)) return ITP_ENOMEM;
    for (size_t i = 0; i < roster->n_tasks; i++) {
        w->tasks[i] = itp_copy_text(roster->tasks[i]);
        if (!w->tasks[i]) return ITP_ENOMEM;
        w->n_tasks++;
    }
    return ITP_OK;
}

static int holds(const itp_roster *roster, itp_id id, uint32_t epoch)
{
    for (size_t i = 0; i < roster->n_holding; i++)
        if (roster->holding[i].request == id && roster->holding[i].epoch == epoch) return 1;
    return 0;
}

/* A frame may have been lost with the connection: who holds a reservation is told again. */
static itp_status remind(itp_loop *loop, itp_id id)
{
    const request *r = &loop->requests[id - 1];
    if (!request_is_physical(loop, r)) return ITP_OK;
    if (r->state == ITP_REQUEST_LEASED) return emit_offer(loop, id);
    return r->state == ITP_REQUEST_ACCEPTED ? emit_attempt(loop, ITP_ACTION_START, id) : ITP_OK;
}

/* A physical attempt that is closed here and open there was settled while the station was away: its
 * answer will be acknowledged. */
static itp_status ask_settled(itp_loop *loop, size_t index, const itp_roster *roster)
{
    for (size_t i = 0; i < roster->n_holding; i++) {
        const itp_attempt *held = &roster->holding[i];
        if (held->request == 0 || held->request > loop->n_requests) continue;
        const request *r = &loop->requests[held->request - 1];
        if (!request_is_physical(loop, r) || request_is_open(r)) continue;
        if (!itp_loop_was_given(loop, *held, loop->workers[index].name)) continue;
        itp_action *query = loop_emit(loop, ITP_ACTION_QUERY);
        if (!query) return ITP_ENOMEM;
        query->request = held->request;
        query->trial = r->trials[0];
        query->epoch = held->epoch;
        query->worker = loop->workers[index].name;
    }
    return ITP_OK;
}

/* What the worker was leased and does not hold is lost; of physical work it is asked. */
static itp_status reconcile(itp_loop *loop, size_t index, const itp_roster *roster)
{
    for (itp_id id = 1; id <= loop->n_requests; id++) {
        const request *r = &loop->requests[id - 1];
        if (r->worker != index || r->state < ITP_REQUEST_LEASED || r->state > ITP_REQUEST_IN_DOUBT)
            continue;
        if (holds(roster, id, r->epoch) && r->state != ITP_REQUEST_IN_DOUBT) {
            itp_status st = remind(loop, id);
            if (st != ITP_OK) return st;
            continue;
        }
        itp_status st = request_lose(loop, id);
        if (st == ITP_OK && loop->requests[id - 1].state == ITP_REQUEST_IN_DOUBT)
            st = emit_attempt(loop, ITP_ACTION_QUERY, id);
        if (st != ITP_OK) return st;
    }
    return ask_settled(loop, index, roster);
}

itp_status on_worker_registered(itp_loop *loop, const itp_event *event)
{
    if (!event->roster || !event->worker) return ITP_EINVAL;
    size_t index = find_worker(loop, event->worker);
    if (index == NO_WORKER) {
        worker *workers =
            itp_grow(loop->workers, &loop->cap_workers, loop->n_workers + 1, sizeof *workers);
        if (!workers) return ITP_ENOMEM;
        loop->workers = workers;
        index = loop->n_workers;
        workers[index] = (worker){.name = itp_copy_text(event->worker)};
        if (!workers[index].name) return ITP_ENOMEM;
        loop->n_workers++;
    }
    itp_status st = keep_roster(&loop->workers[index], event->roster);
    if (st != ITP_OK) return st;
    loop->workers[index].live = 1;
    if (loop->workers[index].halted && (st = emit_halt(loop, index)) != ITP_OK) return st;
    return reconcile(loop, index, event->roster);
}

itp_status on_worker_slots(itp_loop *loop, const itp_event *event)
{
    size_t index = find_worker(loop, event->worker);
    if (index != NO_WORKER && event->number >= 0)
        loop->workers[index].slots = (uint32_t)event->number;
    return ITP_OK;
}

itp_status on_worker_gone(itp_loop *loop, const itp_event *event)
{
    size_t index = find_worker(loop, event->worker);
    if (index == NO_WORKER || !loop->workers[index].live) return ITP_OK;
    loop->workers[index].live = 0;
    for (itp_id id = 1; id <= loop->n_requests; id++) {
        const request *r = &loop->requests[id - 1];
        if (r->worker != index || r->state < ITP_REQUEST_LEASED || r->state > ITP_REQUEST_STARTED)
            continue;
        itp_status st = request_lose(loop, id);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

/* What is left of the wait, or the whole of it where the clock was set back meanwhile. */
static itp_status resume_backoff(itp_loop *loop, itp_id id)
{
    request *r = &loop->requests[id - 1];
    int64_t whole = r->due_ms - r->since_ms, left = r->due_ms - loop->now_ms;
    r->due_ms = loop->now_ms + (left < whole ? left : whole);
    r->since_ms = r->due_ms - whole;
    itp_action *timer = loop_emit(loop, ITP_ACTION_TIMER);
    if (!timer) return ITP_ENOMEM;
    timer->request = id;
    timer->epoch = r->epoch;
    timer->at_ms = r->due_ms;
    return ITP_OK;
}

/* The agent is back: attempts keep their epoch under fresh leases, timers are set again, stations
 * are asked about what is in doubt. Workers say when they register what they still hold. */
itp_status on_recovered(itp_loop *loop, const itp_event *event)
{
    (void)event;
    for (itp_id id = 1; id <= loop->n_requests; id++) {
        itp_status st = ITP_OK;
        switch (loop->requests[id - 1].state) {
        case ITP_REQUEST_LEASED: st = emit_offer(loop, id); break;
        case ITP_REQUEST_ACCEPTED:
        case ITP_REQUEST_STARTED: st = request_lose(loop, id); /* fall through */
        case ITP_REQUEST_IN_DOUBT:
            if (st == ITP_OK) st = emit_attempt(loop, ITP_ACTION_QUERY, id);
            break;
        case ITP_REQUEST_BACKOFF: st = resume_backoff(loop, id); break;
        default: break;
        }
        if (st != ITP_OK) return st;
    }
    for (size_t i = 0; i < loop->n_workers; i++)
        if (loop->workers[i].halted == ITP_HALT_ASKED && emit_halt(loop, i) != ITP_OK)
            return ITP_ENOMEM;
    if (loop->deciding) {
        itp_action *decide = loop_emit(loop, ITP_ACTION_DECIDE);
        if (!decide) return ITP_ENOMEM;
        loop->decided_in = envelope_campaign(loop, loop->decision);
        decide->decision = loop->decision;
        decide->number = (int64_t)loop->deciding;
    }
    return ITP_OK;
}
