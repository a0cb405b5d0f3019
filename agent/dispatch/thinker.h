/* thinker.h - the decision thread: takes a snapshot, gives back a decision; a descriptor becomes
 * readable when one is ready, so that a ten-second fit never delays a heartbeat. Life cycle  create
 * -> { think -> take }* -> destroy        Threads  the owner's calls from one thread
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_THINKER_H
#define ITP_THINKER_H

#include "decide.h"

typedef struct itp_thinker itp_thinker;

itp_status itp_thinker_create(itp_thinker **out, unsigned threads, itp_error *err);
void itp_thinker_destroy(itp_thinker *thinker); /* waits for a decision under way */
int itp_thinker_fd(const itp_thinker *thinker); /* readable: take */
/* Takes ownership of the snapshot. One that still waits is replaced. */
void itp_thinker_think(itp_thinker *thinker, itp_snapshot *snapshot);
/* The decision made, with elapsed_ms; the caller's to destroy. ITP_ENOTFOUND when none is ready;
 * otherwise what failed, with err. */
itp_status itp_thinker_take(itp_thinker *thinker, itp_decision **out, itp_error *err);
/* Summary of a snapshot (borrowed), made on the caller's thread; the decision thread must be idle.
 */
itp_status itp_thinker_summarise(itp_thinker *thinker, const itp_snapshot *snapshot,
                                 itp_summary *out);

#endif
