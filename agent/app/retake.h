/* retake.h - folds a journal again and hands out, at each decision, the snapshot it was made from.
 * Life cycle  begin -> fold -> end        SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_RETAKE_H
#define ITP_RETAKE_H

#include "app.h"

typedef struct retake {
    itp_campaign *campaign;
    itp_loop *loop;         /* after the fold: its state at the end */
    itp_snapshot *snapshot; /* of the decision asked for last */
    itp_status (*decided)(void *ctx, const itp_snapshot *snapshot, const itp_event *event,
                          itp_error *err); /* NULL: only fold */
    void *ctx;
} retake;

itp_status retake_begin(retake *r, itp_journal *journal, itp_error *err);
/* Up to this event, 0: all. With `decided` every action is compared with its digest too; what it
 * returns ends the fold. *events: how many there were. */
itp_status retake_fold(retake *r, itp_journal *journal, uint64_t until, uint64_t *events,
                       itp_error *err);
void retake_end(retake *r);

#endif
