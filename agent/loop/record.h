/* record.h - a decision under construction: its record and the memory that the record lives in.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_RECORD_H
#define ITP_RECORD_H

#include "belief.h"

typedef struct record {
    itp_decision made; /* first: what the outside holds */
    struct record_block *blocks;
} record;

record *record_create(const itp_snapshot *s, const char *machine); /* NULL: no memory */
void record_destroy(record *r);
/* Zeroed memory that lives as long as the record; NULL: none left. */
void *record_take(record *r, size_t size);
itp_status record_why(record *r, const char *format, ...);
itp_status record_stop(record *r, const char *format, ...);
/* n points without a prediction. */
itp_status record_points(record *r, size_t n, const double *points, size_t n_params,
                         size_t n_outcomes);
itp_status record_models(record *r, const beliefs *b, const unsigned char *fitted);
itp_status record_proposal(record *r, const itp_proposal *proposal, const beliefs *b);

/* stop.c: reasons to stop by what is believed, and by what the proposal promises. */
itp_status stop_before(record *r, const posed *p, const itp_snapshot *s);
itp_status stop_after(record *r, const posed *p, const itp_snapshot *s,
                      const itp_proposal *proposal);

#endif
