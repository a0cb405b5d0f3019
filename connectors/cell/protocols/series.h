/* series.h - writes a run as a Battery Data Format table (CSV): its required columns Test Time / s,
 * Voltage / V, Current / A (> 0 charges), then cycle, step, step time, net capacity, temperature.
 * Life cycle  open -> row* -> close
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_SERIES_H
#define ITP_CELL_SERIES_H

#include <stdio.h>

#include "runner.h"

typedef struct itp_cell_series {
    FILE *file;
    char path[512];
    size_t rows;
} itp_cell_series;

itp_status itp_cell_series_open(itp_cell_series *s, const char *path, itp_error *err);
/* Fits itp_cell_hooks.row with ctx = the series. */
itp_status itp_cell_series_row(void *series, const itp_cell_model *m, const itp_cell_row *row);
/* ITP_EIO when anything was not written; closed in any case. */
itp_status itp_cell_series_close(itp_cell_series *s, itp_error *err);

#endif
