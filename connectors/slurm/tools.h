/* tools.h - sbatch, squeue, scancel and scontrol, run without a shell.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLURM_TOOLS_H
#define SLURM_TOOLS_H

#include <stddef.h>

#include "interphase/connector.h"

typedef struct tool_call {
    const char *folder; /* it runs in; holds its streams afterwards */
    int wake;           /* eventfd: look at `stop` */
    int (*stop)(void *ctx);
    void *ctx;
} tool_call;

/* argv[0] is searched on PATH. *out is what it printed, malloc'ed. ITP_ENOTFOUND: there is no such
 * program. ITP_EWORKER: Slurm does not answer, or not now: worth another try. ITP_EREFUSED: it says
 * no. Words in err. */
itp_status tool_run(const tool_call *call, char *const *argv, char **out, itp_error *err);

#endif
