/* agent.h - the agent process: one thread that turns sockets, clocks and children into events,
 * commits them in batches, and turns what the loop answered into frames. Journal, then act: effects
 * leave only after their batch has committed. A failed commit drops the batch's effects and folds
 * the journal again; workers offer unacknowledged results anew. SPDX-License-Identifier:
 * GPL-3.0-or-later */
#ifndef ITP_AGENT_H
#define ITP_AGENT_H

#include "decide.h"
#include "engine.h"
#include "log.h"

#define ITP_BATCH_MAX  256  /* frames read before a commit */
#define ITP_STALL_MS   5000 /* wait after a failed commit */
#define ITP_STALLS_MAX 12   /* failed commits in a row before the agent gives up */
#define ITP_ROUTER_HWM 10000

typedef struct itp_agent_options {
    const char *endpoint; /* ipc, for workers; NULL: the campaign's own place */
    const char *remote;   /* tcp://ADDRESS:PORT, behind CURVE, for workers and people; NULL: none */
    const char *keys;     /* key folder; NULL: the usual one */
    size_t workers;       /* local ones for each connector */
    unsigned slots;       /* of each local worker; 0: 1 */
    unsigned threads;     /* of decisions; 0: one a core */
    const itp_log_to *log; /* may be NULL */
    /* Where it listens over TCP, once it does, and its public key. May be NULL. */
    void (*listening)(void *ctx, const char *endpoint, const char *key);
    /* After each commit: events from `first` on are durable. May be NULL. */
    void (*committed)(void *ctx, itp_engine *engine, uint64_t first);
    /* About each second, for progress. May be NULL. */
    void (*tick)(void *ctx, itp_engine *engine);
    void *ctx;
} itp_agent_options;

typedef struct itp_agent_report {
    itp_summary summary; /* the caller's to deinit */
    char reason[256];    /* why it stopped; "" when interrupted */
} itp_agent_report;

/* Runs a campaign that has not finished until it finishes (ITP_OK) or is interrupted by SIGINT or
 * SIGTERM (ITP_EINTERRUPTED). The engine is open for writing; on return everything is committed or
 * was never acknowledged. Blocks those signals and SIGCHLD in the process: call on the
 * main thread. */
itp_status itp_agent_run(itp_engine *engine, const itp_agent_options *options,
                         itp_agent_report *report, itp_error *err);

#endif
