/* tasks.c - the list.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tasks.h"

#include <string.h>

static const itp_cell_task *const TASKS[ITP_CELL_TASKS_N] = {
    &itp_cell_task_discharge, &itp_cell_task_charge,    &itp_cell_task_cycle_life,
    &itp_cell_task_eis,       &itp_cell_task_formation,
};

const itp_cell_task *const *itp_cell_tasks(void)
{
    return TASKS;
}

const itp_cell_task *itp_cell_task_named(const char *name)
{
    for (size_t i = 0; i < ITP_CELL_TASKS_N; i++)
        if (!strcmp(TASKS[i]->name, name)) return TASKS[i];
    return NULL;
}
