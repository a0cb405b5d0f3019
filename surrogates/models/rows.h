/* rows.h - the observations as a model keeps them: in order of arrival, raw and latent.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ROWS_H
#define ITP_ROWS_H

#include "interphase/data.h"
#include "interphase/status.h"

typedef struct itp_rows {
    size_t n, max, d;
    double *x;     /* n x d */
    double *y;     /* units of the outcome */
    double *sd;    /* known noise, units of the outcome; NaN: unknown */
    double *z;     /* latent */
    double *known; /* known noise variance, latent; 0: none known */
} itp_rows;

void itp_rows_init(itp_rows *rows, size_t d);
void itp_rows_deinit(itp_rows *rows);
/* Adds data's rows; z and known stay to be filled. All or none. */
itp_status itp_rows_add(itp_rows *rows, const itp_data *data);
void itp_rows_remove(itp_rows *rows, size_t i);

/* ITP_EINVAL: d or a code out of range; ITP_ENONFINITE: NaN where there should be none. */
itp_status itp_rows_check(const itp_data *data, size_t d, const itp_column *columns);

#endif
