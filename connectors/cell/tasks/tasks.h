/* tasks.h - the tasks, one file each.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_TASKS_H
#define ITP_CELL_TASKS_H

#include "job.h"

extern const itp_cell_task itp_cell_task_discharge, itp_cell_task_charge, itp_cell_task_cycle_life,
    itp_cell_task_eis, itp_cell_task_formation;

#define ITP_CELL_TASKS_N 5
/* In the order of the issue and of describe; ITP_CELL_TASKS_N of them. */
const itp_cell_task *const *itp_cell_tasks(void);
/* NULL when there is none of that name. */
const itp_cell_task *itp_cell_task_named(const char *name);

#endif
