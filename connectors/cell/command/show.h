/* show.h - what `interphase-cell` prints and draws.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_SHOW_H
#define ITP_CELL_SHOW_H

#include "job.h"

typedef struct itp_cell_view {
    const char *series, *plot; /* files, or NULL */
} itp_cell_view;

itp_status itp_cell_show_sets(void);
itp_status itp_cell_show_parameters(const itp_cell_parameters *p);
/* A protocol file on the job's cell: one line a step. */
itp_status itp_cell_show_protocol(const itp_cell_job *job, const char *path,
                                  const itp_cell_view *view, itp_error *err);
/* The job's task: its outputs with their units. */
itp_status itp_cell_show_task(const itp_cell_job *job, const itp_cell_view *view, itp_error *err);

/* main.c: ITP_ECANCELLED once the person wants to stop. */
itp_status itp_cell_command_poll(void *ctx);

#endif
