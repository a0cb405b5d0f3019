/* hash_chain.h - digests: what makes a journal tamper-evident and a replay comparable.
 *
 * Row         hash = SHA-256(hash of the row before (32 zeros for the first) . cell ... cell)
 *             over the columns seq, at, kind, trial, request, epoch, worker, task, source,
 *             decision, payload, actions, in this order and as stored:
 *                 NULL 0x00 | integer 0x01 i64 | real 0x02 f64 | text 0x03 u32 bytes
 *                 | blob 0x04 u32 bytes
 * Actions     SHA-256 over the list, for each action:
 *                 name trial request decision seed (u64 each) epoch index (u32) number at_ms (i64)
 *                 lease_s time_limit_s (f64) task source (i32) worker text? (u8) n_values (u64)
 *                 and for each value: name number (f64) sd (f64) unit label
 *             then, only where there are any, n_options (u64) and these in the same way.
 *             An empty list has the digest zeros and is stored as NULL.
 * Strings     u32 length + 1 (0 for NULL), bytes. Numbers are little-endian; every NaN is
 *             0x7ff8000000000000. Of an action's text only the presence counts: wording may be
 *             bettered without breaking the replay of an old journal.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_HASH_CHAIN_H
#define ITP_HASH_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "journal.h"

/* The columns of the table `event` that are hashed, in their order. */
typedef enum itp_cell_name {
    ITP_CELL_SEQ,
    ITP_CELL_AT,
    ITP_CELL_KIND,
    ITP_CELL_TRIAL,
    ITP_CELL_REQUEST,
    ITP_CELL_EPOCH,
    ITP_CELL_WORKER,
    ITP_CELL_TASK,
    ITP_CELL_SOURCE,
    ITP_CELL_DECISION,
    ITP_CELL_PAYLOAD,
    ITP_CELL_ACTIONS,
    ITP_CELLS
} itp_cell_name;

typedef enum itp_cell_type {
    ITP_CELL_NULL,
    ITP_CELL_INTEGER,
    ITP_CELL_REAL, /* never written by us; somebody else might */
    ITP_CELL_TEXT,
    ITP_CELL_BLOB
} itp_cell_type;

typedef struct itp_cell {
    itp_cell_type type;
    int64_t integer;
    double real;
    const void *bytes; /* TEXT and BLOB: `size` bytes; TEXT has a NUL behind them */
    size_t size;
} itp_cell;

/* hash may be the same array as previous. */
void itp_chain_hash(const unsigned char previous[ITP_HASH_SIZE], const itp_cell cells[ITP_CELLS],
                    unsigned char hash[ITP_HASH_SIZE]);

#endif
