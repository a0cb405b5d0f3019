/* store.h - what a worker must not forget when it dies: results not yet acknowledged, and which
 * physical requests have been started. One SQLite file (WAL, synchronous=FULL), one worker.
 *   outbox  results as encoded frames, by (campaign, request, epoch, index); physical ones stay
 *           after their acknowledgement, because they cannot be made again
 *   ledger  one row a physical request: refused up to an epoch, started, done or closed
 *   meta    the generation: a token drawn when the file was made. A station whose generation has
 *           changed has forgotten what it did, and its word on old requests counts for nothing.
 * Life cycle  open -> ... -> close         Threads  any (a lock inside)
 * Cost        each call that writes returns after its fsync
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_STORE_H
#define ITP_STORE_H

#include "interphase/connector.h"

typedef struct itp_store itp_store;

/* One frame of the outbox. */
typedef struct store_key {
    const char *campaign;
    itp_id request;
    uint32_t epoch;
    int64_t index; /* -1: the final result or the failure */
} store_key;

typedef struct store_put {
    store_key key;
    const void *frame;
    size_t size;
    int physical; /* 1: its ledger row becomes done in the same transaction */
} store_put;

typedef enum ledger_state {
    LEDGER_UNKNOWN, /* no row */
    LEDGER_REFUSED, /* up to `epoch`: a delayed START must not fire */
    LEDGER_STARTED,
    LEDGER_DONE,  /* the result is in the outbox */
    LEDGER_CLOSED /* a person has said what became of it */
} ledger_state;

/* Takes the folder for this process (ITP_ELOCKED when another worker has it) and opens its
 * worker.db. A file that is missing is made when there is first something to remember: to make one
 * takes several fsyncs, and most short campaigns never need it. */
itp_status itp_store_open(itp_store **out, const char *folder, itp_error *err);
void itp_store_close(itp_store *store);
/* Makes the file, if it must; *out lives as long as the store. */
itp_status itp_store_generation(itp_store *store, const char **out, itp_error *err);

/* One transaction: `puts` go in, `drops` go out (physical ones are kept, as acknowledged). */
itp_status itp_store_write(itp_store *store, size_t n_puts, const store_put *puts, size_t n_drops,
                           const store_key *drops, itp_error *err);
/* Calls `one` for every frame not yet acknowledged, oldest first; its status ends the walk. */
itp_status itp_store_each(itp_store *store, itp_status (*one)(void *ctx, const store_put *put),
                          void *ctx, itp_error *err);
/* The final frame of a request, acknowledged or not, malloc'ed; ITP_ENOTFOUND. */
itp_status itp_store_final(itp_store *store, const char *campaign, itp_id request, void **frame,
                           size_t *size, itp_error *err);

/* State of a physical request and the epoch it stands for (may be NULL). */
itp_status itp_store_look(itp_store *store, const char *campaign, itp_id request,
                          ledger_state *state, uint32_t *epoch, itp_error *err);
/* Started, durably, once. ITP_EREFUSED when it was started before or is refused at this epoch. */
itp_status itp_store_start(itp_store *store, const char *campaign, itp_id request, uint32_t epoch,
                           itp_error *err);
/* Refused up to this epoch, durably. ITP_ESTATE when it was started. */
itp_status itp_store_refuse(itp_store *store, const char *campaign, itp_id request, uint32_t epoch,
                            itp_error *err);
itp_status itp_store_shut(itp_store *store, const char *campaign, itp_id request, itp_error *err);
/* Calls `one` for every request that was started and is neither done nor closed. */
itp_status itp_store_open_starts(itp_store *store,
                                 itp_status (*one)(void *ctx, const store_key *key), void *ctx,
                                 itp_error *err);

#endif
