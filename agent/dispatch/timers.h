/* timers.h - the loop's timers (back-off, time budget), by the monotonic clock, soonest first.
 * Life cycle  zeroed -> ... -> deinit        Threads  one        Cost  O(log n)
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TIMERS_H
#define ITP_TIMERS_H

#include "interphase/event.h"

typedef struct itp_timer {
    int64_t at_ms; /* monotonic */
    itp_attempt attempt;
} itp_timer;

typedef struct itp_timers {
    itp_timer *heap;
    size_t n, capacity;
} itp_timers;

void itp_timers_deinit(itp_timers *timers);
itp_status itp_timers_add(itp_timers *timers, itp_timer timer);
/* The soonest is taken out when it is due. 1 when there was one. */
int itp_timers_due(itp_timers *timers, int64_t now_ms, itp_timer *out);
int64_t itp_timers_next(const itp_timers *timers); /* INT64_MAX: none */

#endif
