/* refusals.h - which refusals are worth a line in the log: each peer's once, and never so many that
 * a stranger could fill the disk. Life cycle  zeroed -> say*        Threads  one
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_REFUSALS_H
#define ITP_REFUSALS_H

#include <stddef.h>
#include <stdint.h>

#define ITP_REFUSALS_KEPT   256     /* peers remembered; the oldest is forgotten first */
#define ITP_REFUSALS_AGAIN  3600000 /* ms after which the same peer is worth a line again */
#define ITP_REFUSALS_MINUTE 30      /* lines a minute, whoever they are about */

typedef struct itp_refusals {
    struct {
        uint64_t who; /* digest of peer and reason; 0: none */
        int64_t at_ms;
    } kept[ITP_REFUSALS_KEPT];
    size_t next;
    int64_t minute_ms;
    unsigned lines;  /* in this minute */
    unsigned unsaid; /* refusals since the last line */
} itp_refusals;

/* 1 when this peer's refusal for this reason should be logged; *unsaid: how many were not, since
 * the last that was. */
int itp_refusals_say(itp_refusals *refusals, const char *peer, const char *reason, int64_t now_ms,
                     unsigned *unsaid);

#endif
