/* outbox.h - results that the agent has not acknowledged: in memory for sending, on disk for the
 * day this process dies.
 *   A thread of its own writes them, many a transaction, so that heartbeats never wait for a disk.
 * Frames are sent at once and written meanwhile: a crash before the fsync loses no more than one
 * just before the end of the attempt would, and a result that is acknowledged first need not be
 * written at all. An attempt that took less than OUTBOX_QUICK_MS waits OUTBOX_LINGER_MS for that,
 * since to run it again costs less than to write it down; physical results never wait.
 * Life cycle  open (loads what an earlier life owed) -> ... -> close (writes what is not written)
 * Threads     add, next, acknowledge, owes, rewind: the main thread
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_OUTBOX_H
#define ITP_OUTBOX_H

#include "log.h"
#include "store.h"

#define OUTBOX_QUICK_MS  50
#define OUTBOX_LINGER_MS 50
#define OUTBOX_BATCH_MAX 1024

typedef struct itp_outbox itp_outbox;

itp_status itp_outbox_open(itp_outbox **out, itp_store *store, const itp_log_to *log,
                           itp_error *err);
void itp_outbox_close(itp_outbox *outbox);

/* Takes the frame (malloc'ed). took_ms: how long the attempt ran. */
itp_status itp_outbox_add(itp_outbox *outbox, const store_key *key, void *frame, size_t size,
                          int physical, int64_t took_ms);

/* The oldest frame of this campaign not sent since the last rewind, or NULL: lent until the next
 * call. itp_outbox_sent says that it went out; without it the same one comes again. */
const void *itp_outbox_next(itp_outbox *outbox, const char *campaign, size_t *size);
void itp_outbox_sent(itp_outbox *outbox);
/* All of this campaign are to be sent again: its agent has registered us anew. */
void itp_outbox_rewind(itp_outbox *outbox, const char *campaign);

/* The agent has it. 1 when it was ours to keep. */
int itp_outbox_acknowledge(itp_outbox *outbox, const store_key *key);

/* 1 when the final result of this attempt (epoch 0: of any) is here; it will be sent again. */
int itp_outbox_owes(itp_outbox *outbox, const char *campaign, itp_id request, uint32_t epoch);

/* The i-th owed attempt of the campaign, for the holding list; 0 when there is none. One attempt
 * may come more than once. */
int itp_outbox_at(itp_outbox *outbox, const char *campaign, size_t *from, store_key *out);
size_t itp_outbox_size(itp_outbox *outbox);

#endif
