/* data.h - what has been observed, as the models see it: encoded inputs and standard outcomes.
 *   A row is one observation of one outcome at one point. Columns say what each coordinate means.
 * Owner       plain structs; arrays are borrowed for the duration of a call and never changed
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_DATA_H
#define ITP_DATA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a coordinate of the encoded input means to a kernel. */
typedef enum itp_column_kind {
    ITP_COLUMN_REAL,       /* [0, 1] */
    ITP_COLUMN_PERIODIC,   /* [0, 1), wraps: 0 and 1 are the same point */
    ITP_COLUMN_CATEGORY,   /* a code 0 .. levels-1; only equal or different */
    ITP_COLUMN_DESCRIPTOR, /* standardised descriptor of a categorical parameter or candidate row */
    ITP_COLUMN_FIDELITY,   /* [0, 1], 1 is the target */
    ITP_COLUMN_SOURCE,     /* a code 0 .. levels-1 of the source that answered; 0 is the target */
    ITP_COLUMN_OUTCOME /* a code 0 .. levels-1: which outcome the row observes or the question asks;
                        * at most one, only in a coregionalised model */
} itp_column_kind;

typedef struct itp_column {
    itp_column_kind kind;
    unsigned levels;    /* CATEGORY, SOURCE and OUTCOME: number of codes; otherwise 0 */
    unsigned parameter; /* index of the parameter it encodes; columns of one parameter share it */
    unsigned inactive; /* 1: may be NaN, meaning "has no value here" (arc embedding); otherwise 0 */
} itp_column;

/* n observations at d coordinates. */
typedef struct itp_data {
    size_t n, d;
    const double *x;        /* n x d, row-major, encoded as the columns say */
    const double *y;        /* n, units of the outcome */
    const double *noise_sd; /* n, units of y, NaN where unknown; NULL: nothing is known */
} itp_data;

#ifdef __cplusplus
}
#endif
#endif
