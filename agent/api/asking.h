/* asking.h - decisions without an agent: feed, decide on this thread, feed the decision, commit.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ASKING_H
#define ITP_ASKING_H

#include "decide.h"
#include "engine.h"

/* What an ask has led to; made is the caller's to destroy. */
typedef struct itp_asked {
    itp_decision *made;
    itp_id first; /* number of its first new trial */
} itp_asked;

/* Feeds `asked` for n points, makes the decision, feeds it and commits. ITP_EREFUSED with the
 * loop's reason in err; ITP_ENONE when no candidate is left. */
itp_status itp_ask_now(itp_engine *engine, itp_decider *decider, size_t n, itp_asked *out,
                       itp_error *err);

/* Feeds one event and commits. ITP_EREFUSED with the loop's reason. */
itp_status itp_feed_now(itp_engine *engine, itp_event *event, itp_error *err);

#endif
