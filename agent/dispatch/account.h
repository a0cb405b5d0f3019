/* account.h - the state of a campaign as one JSON object, for `status` here and over TCP.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ACCOUNT_H
#define ITP_ACCOUNT_H

#include <jansson.h>

#include "decide.h"
#include "loop.h"

/* "finished", "draining", "paused", "waiting for a person", "open"; static. */
const char *itp_account_life(const itp_counts *counts);
/* 1 for a request that still waits for something. */
int itp_account_is_open(itp_request_state state);

/* {"trial", "mean", "sd"}, what is not known (the sd where no model was made) null; null without a
 * best. Borrows nothing; NULL: no memory. */
json_t *itp_account_best(const itp_summary *summary);

/* {"ok", "campaign", "state", "reason", "trials", "measured", "failed", "infeasible", "abandoned",
 * "pending", "queued", "running", "held", "workers", "slots", "best": {"trial", "mean", "sd"},
 * "open": [{"request", "trial", "task", "state", "epoch", "worker", "since_ms", "why",
 * "corrected"}]}. summary: by the
 * models; NULL: best is null. The caller's to free; NULL: no memory. */
char *itp_account_text(const itp_loop *loop, const itp_summary *summary);

#endif
