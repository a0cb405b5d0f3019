/* allowance.h - how much a peer may say. What goes beyond is not heard, so that one that floods us
 * with well-formed frames slows itself down and nobody else.
 *   A store of frames that refills with time, and with each attempt that the agent gives away, for
 * an attempt has much to say. A frame counts once, and once more for each 4 KiB; a new connection,
 * and what the journal keeps whatever comes of it, counts more. Over TCP all connections of one key
 * share an allowance, or a second one would be a second allowance.
 * Life cycle  itp_allowance_init -> ...        Threads  one
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ALLOWANCE_H
#define ITP_ALLOWANCE_H

#include <stddef.h>
#include <stdint.h>

#include "interphase/wire.h"

#define ITP_ALLOWANCE_MOST    65536 /* at once: a thousand workers that come back under one key */
#define ITP_ALLOWANCE_PER_S   4096
#define ITP_ALLOWANCE_OFFER   32    /* earned by each attempt */
#define ITP_ALLOWANCE_CONNECT 64    /* what a new connection costs */
#define ITP_ALLOWANCE_WORD    64    /* what a person's verb costs */
#define ITP_ALLOWANCE_FLOOD   50000 /* frames not heard in a minute: the peer breaks the protocol */

typedef struct itp_allowance {
    double left; /* may be below 0: what a frame costs beyond its size is known once it is read */
    int64_t at_ms;
    int64_t minute_ms; /* when the minute of `unheard` began */
    unsigned unheard;  /* frames in this minute */
    size_t users;      /* peers that share it */
} itp_allowance;

void itp_allowance_init(itp_allowance *allowance, int64_t now_ms);
/* 1: heard, and paid for; 0: there is nothing left. */
int itp_allowance_take(itp_allowance *allowance, double cost, int64_t now_ms);
/* Pays for what has been heard already. */
void itp_allowance_charge(itp_allowance *allowance, double cost);
void itp_allowance_earn(itp_allowance *allowance, double amount);
/* 1 when so little was used lately that what was not heard may be said again. */
int itp_allowance_is_rested(itp_allowance *allowance, int64_t now_ms);
/* 1 when this goes on beyond what a mistake explains. */
int itp_allowance_is_flooded(const itp_allowance *allowance);

/* Of a frame by its size, and what its verb costs more. */
double itp_allowance_of_size(size_t bytes);
double itp_allowance_of_verb(itp_verb verb);

#endif
