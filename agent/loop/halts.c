/* halts.c - stations that were stopped for safety: they get nothing until a person says that they
 * are ready, whatever becomes of agent and station meanwhile. SPDX-License-Identifier:
 * GPL-3.0-or-later
 */
#include "state.h"

#include <stdlib.h>
#include <string.h>

static int is_meant(const worker *w, const char *name)
{
    return name ? strcmp(w->name, name) == 0 : w->cls == ITP_PHYSICAL;
}

itp_status emit_halt(itp_loop *loop, size_t index)
{
    itp_action *stop = loop_emit(loop, ITP_ACTION_SAFE_STOP);
    if (!stop) return ITP_ENOMEM;
    loop->workers[index].halted = ITP_HALT_ASKED;
    stop->worker = loop->workers[index].name;
    stop->text = loop->workers[index].halt_text;
    return ITP_OK;
}

itp_status on_safe_stopped(itp_loop *loop, const itp_event *event)
{
    size_t hit = 0;
    for (size_t i = 0; i < loop->n_workers; i++) {
        worker *w = &loop->workers[i];
        if (!is_meant(w, event->worker)) continue;
        char *text = itp_copy_text(event->text);
        if (event->text && !text) return ITP_ENOMEM;
        free(w->halt_text);
        w->halt_text = text;
        itp_status st = emit_halt(loop, i);
        if (st != ITP_OK) return st;
        hit++;
    }
    if (hit) return ITP_OK;
    return event->worker ? loop_refuse(loop, "there is no station %.100s", event->worker)
                         : loop_refuse(loop, "there is no station");
}

/* A second answer may come after a person's `ready`: only what was asked is answered. */
itp_status on_halted(itp_loop *loop, const itp_event *event)
{
    for (size_t i = 0; event->worker && i < loop->n_workers; i++) {
        worker *w = &loop->workers[i];
        if (strcmp(w->name, event->worker) == 0 && w->halted == ITP_HALT_ASKED)
            w->halted = ITP_HALT_DONE;
    }
    return ITP_OK;
}

itp_status on_ready(itp_loop *loop, const itp_event *event)
{
    size_t hit = 0;
    for (size_t i = 0; i < loop->n_workers; i++) {
        worker *w = &loop->workers[i];
        /* One that is named may have been stopped by another agent that it serves. */
        if (!is_meant(w, event->worker) || (!event->worker && w->halted == ITP_HALT_NONE)) continue;
        w->halted = ITP_HALT_NONE;
        itp_action *ready = loop_emit(loop, ITP_ACTION_READY);
        if (!ready) return ITP_ENOMEM;
        ready->worker = w->name;
        hit++;
    }
    if (hit) return ITP_OK;
    return event->worker ? loop_refuse(loop, "there is no station %.100s", event->worker)
                         : loop_refuse(loop, "no station was stopped for safety");
}

itp_status itp_loop_worker(const itp_loop *loop, size_t i, itp_worker_view *out)
{
    if (i >= loop->n_workers) return ITP_ENOTFOUND;
    const worker *w = &loop->workers[i];
    *out = (itp_worker_view){.name = w->name,
                             .cls = w->cls,
                             .live = w->live,
                             .halted = w->halted,
                             .slots = w->slots,
                             .busy = w->busy,
                             .sample = w->sample,
                             .halt_text = w->halt_text};
    return ITP_OK;
}
