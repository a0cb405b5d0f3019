/* effects.h - what a batch of actions will do once it is committed: frames to send, leases, timers,
 * decisions. Actions are turned into effects at once, because they are borrowed until the next
 * step; nothing of them leaves before effects_run, which is called after the commit, or
 * effects_drop, when it failed. Life cycle  zeroed -> { add* -> run | drop }* -> deinit Threads one
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_EFFECTS_H
#define ITP_EFFECTS_H

#include "buffer.h"
#include "doubts.h"
#include "interphase/wire.h"
#include "log.h"
#include "roster.h"
#include "stops.h"
#include "thinker.h"
#include "timers.h"

typedef struct itp_effect itp_effect;

typedef struct itp_effects {
    const char *campaign; /* identity, on every frame; borrowed */
    itp_effect *items;
    size_t n, capacity;
    char *finish;      /* set by effects_run when the loop finishes; the caller's to free */
    char refused[512]; /* why the last event fed was refused; "" when it was not */
} itp_effects;

/* What effects act on. */
typedef struct itp_hands {
    itp_roster_table *roster;
    itp_timers *timers;
    itp_doubts *doubts;
    itp_stops *stops;
    itp_thinker *thinker;
    const itp_log_to *log;
} itp_hands;

/* Adds what the actions of one step ask for. loop: as it is right after that step. */
itp_status itp_effects_add(itp_effects *effects, const itp_loop *loop, const itp_actions *actions);
void itp_effects_run(itp_effects *effects, const itp_hands *hands, int64_t now_ms);
void itp_effects_drop(itp_effects *effects);
void itp_effects_deinit(itp_effects *effects);

/* Sends one message to a peer at once (only what carries no promise: WELCOME, REREGISTER, ERROR,
 * BYE). */
itp_status itp_send(const itp_peer *peer, const itp_message *message);

#endif
