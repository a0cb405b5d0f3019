/* journal_rows.h - rows in order with their chain checked: what reading, verifying and exporting
 * share. Rows are copied out a batch at a time, so that no read transaction outlives a call and a
 * live journal can write its WAL back.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_JOURNAL_ROWS_H
#define ITP_JOURNAL_ROWS_H

#include "buffer.h"
#include "journal_db.h"

#define ITP_ROWS_BATCH       256     /* rows */
#define ITP_ROWS_BATCH_BYTES 4194304 /* a batch ends once it is this big */

typedef struct itp_stored_row {
    itp_cell cells[ITP_CELLS];
    size_t offset[ITP_CELLS]; /* of a text or blob in the batch's bytes */
    unsigned char hash[ITP_HASH_SIZE];
    int hashed; /* 0: the column did not hold a hash */
} itp_stored_row;

typedef struct itp_rows {
    itp_journal *journal;
    sqlite3_stmt *select;
    uint64_t next;                         /* seq expected */
    unsigned char previous[ITP_HASH_SIZE]; /* hash of the row before `next` */
    size_t n, at;                          /* rows in the batch; of those, taken */
    itp_stored_row *batch;                 /* ITP_ROWS_BATCH */
    itp_buffer bytes;
} itp_rows;

/* ITP_ERANGE when `from` lies beyond the event after the last. */
itp_status itp_journal_rows_init(itp_rows *rows, itp_journal *journal, uint64_t from,
                                 itp_error *err);
void itp_journal_rows_deinit(itp_rows *rows); /* accepts a zeroed one */
/* *row is NULL at the end, else borrowed until the next call. ITP_ECORRUPT: rows->next is the event
 * that was changed or is missing. */
itp_status itp_rows_next(itp_rows *rows, const itp_stored_row **row, itp_error *err);

#endif
