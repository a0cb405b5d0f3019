/* subset.h - a task on some of its rows, evenly spread over their order: a cheap look at where the
 * optimum of the whole lies.
 * Life cycle  take -> free      Threads  as its task
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SUBSET_H
#define ITP_SUBSET_H

#include "target.h"

typedef struct itp_subset {
    itp_task_spec spec; /* the task on these rows; kernel and warp are borrowed */
    itp_pool pool;
    double *rows; /* outcomes, known and extra variances, coordinates */
} itp_subset;

/* m of the task's rows (at most all). On failure there is nothing to free. */
itp_status itp_subset_take(itp_subset *sample, const itp_task_spec *whole, size_t m);
void itp_subset_free(itp_subset *sample);

#endif
