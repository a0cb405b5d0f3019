/* doubts.h - questions to stations that have no answer yet: QUERY again, with back-off, until there
 * is one. The loop asks once (when contact is lost, when a station is back, after a restart); what
 * gets lost on the way is repeated here, to stations that are connected. Life cycle  zeroed -> {
 * ask | end | due }* -> deinit        Threads  one SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_DOUBTS_H
#define ITP_DOUBTS_H

#include "interphase/event.h"

#define ITP_DOUBT_MS     1000  /* until the question is put again; doubles up to */
#define ITP_DOUBT_MS_MAX 30000 /* so that a station that thinks hard is not drowned */

typedef struct itp_doubt {
    itp_attempt attempt;
    char *worker;
    int64_t wait_ms, due_ms; /* monotonic */
} itp_doubt;

typedef struct itp_doubts {
    itp_doubt *items;
    size_t n, capacity;
} itp_doubts;

void itp_doubts_deinit(itp_doubts *doubts);

/* The question has just been put; asked anew, the back-off begins again. */
itp_status itp_doubts_ask(itp_doubts *doubts, itp_attempt attempt, const char *worker,
                          int64_t now_ms);
/* Answered, or no matter any more. */
void itp_doubts_end(itp_doubts *doubts, itp_attempt attempt);
/* A question to be put again now, or NULL: its next turn is set; valid until the next call. */
const itp_doubt *itp_doubts_due(itp_doubts *doubts, int64_t now_ms);
int64_t itp_doubts_next(const itp_doubts *doubts); /* INT64_MAX: none */

#endif
