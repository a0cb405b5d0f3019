/* words.h - people's verbs as text and as events: what the control socket carries, and what a
 * command does to a journal by itself when no agent runs. One JSON object a verb:
 *   {"verb": "pause", "text": "..."}      pause, resume, drain, stop
 *   {"verb": "cancel", "trial": 3} or {"request": 7} or neither: everything open
 *   {"verb": "retract", "trial": 3} or {"request": 7} or {"event": 12}
 *   {"verb": "safe_stop", "worker": "bench-1"} or without: every station; {"verb": "ready", ...}
 *   {"verb": "approve", "request": 7, "reject": true}
 *   {"verb": "ask", "n": 2}
 *   {"verb": "status", "request": 7, "why": 3, "json": true}    of a running agent: lookups.h
 *   {"verb": "tell", "trial": 3, "task": "t", "values": [{"name", "number", "sd", "unit"} |
 * {"name", "label"}]} or "point": {name: number or label} for a trial of one's own, or "failed":
 * "reason"
 *   {"verb": "resolve", "request": 7, "as": "measured|void|requeue", "values": [...]}
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_WORDS_H
#define ITP_WORDS_H

#include "loop.h"
#include "units.h"

typedef struct itp_word {
    itp_event event;
    itp_value *values;
    double *point;
    struct json_t *json; /* owns the strings */
    char note[400];      /* worth saying though nothing is wrong; "" */
} itp_word;

/* ITP_EPARSE and others say in err what is wrong with it, in the words of the campaign. */
itp_status itp_word_read(itp_word *out, const char *text, const itp_loop *loop, itp_units *units,
                         itp_error *err);
void itp_word_deinit(itp_word *word);
/* The answer to a verb that was done: {"ok": true}, with "note". The caller's to free; NULL: no
 * memory. */
char *itp_word_done(const itp_word *word);

/* The points of a decision as JSON for `ask`: {"trials": [{"trial", "point": {...}, "predicted":
 * {...}}]}. The caller's to free; NULL: no memory. first: number of the first new trial. */
char *itp_word_points(const itp_campaign *campaign, const itp_decision *made, itp_id first);

#endif
