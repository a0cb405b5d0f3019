/* runner.h - runs steps and protocols on one cell, keeping time, extremes and reasons.
 * Life cycle  create -> { step | protocol }* -> destroy     Threads  one thread a runner
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_RUNNER_H
#define ITP_CELL_RUNNER_H

#include "protocol.h"
#include "solver.h"
#include "window.h"

/* One row of the time series. Current > 0 charges, as in protocols and in files. */
typedef struct itp_cell_row {
    double time_s, step_time_s, current, voltage, temperature; /* s, s, A, V, K */
    double charge;      /* A h put in since the start of the run, net */
    size_t step, cycle; /* from 1 */
    const double *state;
} itp_cell_row;

/* Why a step ended; text is for people. */
typedef enum itp_cell_end {
    ITP_END_CUTOFF,    /* one of its own cut-offs */
    ITP_END_SAFETY,    /* a safety limit: the run ends */
    ITP_END_EXHAUSTED, /* the electrolyte gave out: the run ends */
    ITP_END_STOPPED    /* cancelled, or out of time: the run ends */
} itp_cell_end;

typedef struct itp_cell_summary {
    size_t step, cycle;
    itp_cell_end end;
    itp_cell_event_kind event; /* ITP_END_CUTOFF by time has `by_time` set instead */
    int by_time;
    double duration_s, charge; /* A h, > 0 charged */
    double energy;             /* W h, > 0 put in */
    double v_start, v_end, i_end;
    double t_max;      /* K */
    double margin_min; /* V: lowest potential of the negative electrode against lithium */
    char text[96];
} itp_cell_summary;

/* What the caller wants to hear; each may be NULL. A row or step hook that fails ends the run. */
typedef struct itp_cell_hooks {
    void *ctx;
    itp_status (*row)(void *ctx, const itp_cell_model *m, const itp_cell_row *row);
    itp_status (*step)(void *ctx, const itp_cell_model *m, const itp_cell_summary *done);
    void (*progress)(void *ctx, double fraction, const char *text);
    /* ITP_ECANCELLED, ITP_ETIMEOUT or ITP_OK; asked every few steps of the integrator. */
    itp_status (*poll)(void *ctx);
} itp_cell_hooks;

typedef struct itp_cell_runner {
    itp_cell_model *model;
    itp_cell_solver *solver;
    itp_cell_window window;
    itp_cell_hooks hooks;
    itp_cell_safety safety;
    double record_s;     /* between rows; INFINITY: only ends of steps; 0: every step */
    const double *times; /* further times of the run to record at, increasing; borrowed */
    size_t n_times, next_time;
    double time_s, charge_start;
    size_t step, cycle;
    double t_max, margin_min; /* over the whole run */
    double *state, *instant;  /* model->n each */
} itp_cell_runner;

/* Cell at rest at `soc`. Safety limits that are NaN become the cell's cut-offs widened by 0.3 V. */
itp_status itp_cell_runner_create(itp_cell_runner **out, const itp_cell_parameters *p,
                                  const itp_cell_options *options, double soc,
                                  const itp_cell_safety *safety, const itp_cell_hooks *hooks,
                                  itp_error *err);
void itp_cell_runner_destroy(itp_cell_runner *r);

/* One step (not a loop). ITP_OK however it ended, see out->end; a failure is the simulation's. */
itp_status itp_cell_run_step(itp_cell_runner *r, const itp_cell_step *step, itp_cell_summary *out,
                             itp_error *err);

/* All steps and loops, until the end or until one ends the run; *last (may be NULL) is its summary.
 */
itp_status itp_cell_run(itp_cell_runner *r, const itp_cell_protocol *protocol,
                        itp_cell_summary *last, itp_error *err);

static inline const double *itp_cell_runner_state(const itp_cell_runner *r)
{
    return itp_cell_solver_state(r->solver);
}

#endif
