/* job.h - one evaluation asked of the cell: options (`with:`), inputs with units, and the answer.
 *   Options (JSON)  model: spm|spme|dfn      set: Chen2020|...      bpx: FILE
 *     sei: none|reaction|solvent|interstitial      plating: none|reversible|irreversible|partial
 *     lam, thermal, series: true|false      tolerance: number
 *     mesh: {negative, separator, positive, shells}
 *     parameters: {NAME: number in the parameter's unit}      inputs: {NAME: number}
 *   `parameters` and `inputs` are constants of the campaign; inputs that it varies come by name.
 * Life cycle  create -> set* -> task.run -> destroy     Threads  one thread a job
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_JOB_H
#define ITP_CELL_JOB_H

#include "interphase/connector.h"

#include "runner.h"

#define ITP_CELL_INPUTS_MAX  32
#define ITP_CELL_OUTPUTS_MAX 40

typedef struct itp_cell_task itp_cell_task;

typedef struct itp_cell_job {
    const itp_cell_task *task;
    itp_cell_parameters p;
    itp_cell_options o;
    int series; /* 1: the time series is wanted */
    size_t n;   /* the task's own inputs that were given */
    struct {
        const char *name;
        double value;
    } input[ITP_CELL_INPUTS_MAX];
} itp_cell_job;

typedef struct itp_cell_outcome {
    size_t n;
    struct {
        const char *name;
        double value;
    } output[ITP_CELL_OUTPUTS_MAX];
    char note[160]; /* how it ended, for people */
} itp_cell_outcome;

/* A table that a task writes beside its outputs (impedance); NULL path: not wanted. */
typedef struct itp_cell_paths {
    const char *table;
} itp_cell_paths;

struct itp_cell_task {
    const char *name, *about;
    const itp_port *inputs, *outputs;
    size_t n_inputs, n_outputs;
    itp_status (*run)(const itp_cell_job *job, const itp_cell_hooks *hooks,
                      const itp_cell_paths *paths, itp_cell_outcome *out, itp_error *err);
};

/* ITP_EPARSE, ITP_ENOTFOUND, ITP_ERANGE, ITP_EIO (bpx): the message says which option. */
itp_status itp_cell_job_create(itp_cell_job **out, const itp_cell_task *task, const char *options,
                               itp_error *err);
void itp_cell_job_destroy(itp_cell_job *job);

/* A named input; unit as its port's, or one of the few others that job.c converts. ITP_EUNIT names
 * both, ITP_ERANGE the envelope, ITP_ENOTFOUND an input that the task does not take. */
itp_status itp_cell_job_set(itp_cell_job *job, const char *name, double value, const char *unit,
                            itp_error *err);

/* The task's own input, or `otherwise` when it was not given. */
double itp_cell_input(const itp_cell_job *job, const char *name, double otherwise);

void itp_cell_put(itp_cell_outcome *out, const char *name, double value);

#endif
