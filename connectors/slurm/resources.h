/* resources.h - what a job asks Slurm for: `resources` of the task's options.
 *   resources: {time: 10 min, memory: 2 GB, cpus: 4, tasks: 1, nodes: 1, gpus: 1,
 *               partition: short, account: lab, qos: normal, constraint: avx512}
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLURM_RESOURCES_H
#define SLURM_RESOURCES_H

#include <jansson.h>

#include "interphase/connector.h"

/* sbatch's options, one a line, malloc'ed; `value` may be NULL. Jobs with the same text share an
 * array. ITP_EINVAL says what is wrong. */
itp_status resources_read(const json_t *value, char **out, itp_error *err);

#endif
