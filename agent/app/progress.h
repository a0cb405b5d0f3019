/* progress.h - what a person sees while a campaign runs: a line a trial, and on a terminal a line
 * that stays at the bottom. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PROGRESS_H
#define ITP_PROGRESS_H

#include "decide.h"
#include "engine.h"

typedef struct itp_progress_view {
    int json, quiet, terminal;
    size_t printed;       /* trials before this one have had their line */
    unsigned char *shown; /* by trial, from `printed` on */
    size_t cap_shown;
    itp_id best;
    double best_mean, best_sd;
    int64_t started_ms; /* monotonic */
    size_t done_before; /* trials done when this session began */
    int status_line;    /* 1: the bottom line is on the screen */
} itp_progress_view;

void itp_progress_init(itp_progress_view *view, const itp_engine *engine, int json, int quiet);
void itp_progress_deinit(itp_progress_view *view);
/* The callbacks of itp_agent_options. */
void itp_progress_committed(void *ctx, itp_engine *engine, uint64_t first);
void itp_progress_tick(void *ctx, itp_engine *engine);
/* Where workers and people reach it over TCP. */
void itp_progress_listening(void *ctx, const char *endpoint, const char *key);
/* Why it stopped, the incumbent with its uncertainty, and where the journal is. */
void itp_progress_summary(itp_progress_view *view, itp_engine *engine, const itp_summary *summary,
                          const char *reason);

#endif
