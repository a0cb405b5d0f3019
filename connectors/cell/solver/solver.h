/* solver.h - marches a cell model in time: SUNDIALS IDA (variable-order BDF) with KLU.
 *   A stretch is a piece of time under one control (current, voltage or power). `begin` makes the
 * state consistent with the new control (Newton on the algebraic unknowns, all others fixed), then
 * every `advance` is one step of IDA; events end a stretch, located by root finding.
 * Life cycle  create -> set_state -> { begin -> advance* }* -> destroy
 * Threads     one thread a solver
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_SOLVER_H
#define ITP_CELL_SOLVER_H

#include "model.h"

/* What a stretch watches; X(NAME, "what a person reads"). Each fires when its quantity passes its
 * limit in the direction of the name. */
#define ITP_CELL_EVENTS(X)                                                                         \
    X(VOLTAGE_BELOW, "voltage fell to the limit")                                                  \
    X(VOLTAGE_ABOVE, "voltage rose to the limit")                                                  \
    X(CURRENT_BELOW, "current fell to the limit")                                                  \
    X(CURRENT_ABOVE, "current rose to the limit")                                                  \
    X(TEMPERATURE_ABOVE, "temperature rose to the limit")                                          \
    X(CHARGE_ABOVE, "charge passed reached the limit")                                             \
    X(SALT_EXHAUSTED, "electrolyte exhausted")

typedef enum itp_cell_event_kind {
#define X(name, text) ITP_CELL_##name,
    ITP_CELL_EVENTS(X)
#undef X
} itp_cell_event_kind;

typedef struct itp_cell_event {
    itp_cell_event_kind kind;
    double limit; /* V, A (magnitude), K, A h (magnitude since begin), mol/m3 */
} itp_cell_event;

#define ITP_CELL_EVENTS_MAX 12 /* a step has at most six cut-offs, beside five limits */

typedef struct itp_cell_solver itp_cell_solver;

typedef struct itp_cell_stats {
    long steps, residuals, jacobians, stretches;
} itp_cell_stats;

/* Borrows the model. */
itp_status itp_cell_solver_create(itp_cell_solver **out, itp_cell_model *model, itp_error *err);
void itp_cell_solver_destroy(itp_cell_solver *s);

/* Copies a state of model->n entries in (and, by the pointer, out). */
void itp_cell_solver_set(itp_cell_solver *s, const double *y);
const double *itp_cell_solver_state(const itp_cell_solver *s);

/* Starts a stretch at local time 0. *already is the index of an event that is past its limit at
 * once, else -1. ITP_ESCIENTIFIC when no consistent state exists for this control.
 *   instant  out, may be NULL (and then costs nothing): the state just after the switch, when no
 *            particle surface has moved yet; the integration starts from outer shells at rest */
itp_status itp_cell_solver_begin(itp_cell_solver *s, itp_cell_control control, size_t n_events,
                                 const itp_cell_event *events, double *instant, int *already,
                                 itp_error *err);

/* One step, not beyond t_stop. *t is the local time reached; *fired the event's index or -1. */
itp_status itp_cell_solver_advance(itp_cell_solver *s, double t_stop, double *t, int *fired,
                                   itp_error *err);

/* State inside the last step, by the integrator's own polynomial; y has model->n entries. */
itp_status itp_cell_solver_at(itp_cell_solver *s, double t, double *y);

void itp_cell_solver_stats(const itp_cell_solver *s, itp_cell_stats *out);

/* Distance of a state to an event's limit: > 0 before, <= 0 past it. charge_0: Q at begin. */
double itp_cell_event_gap(const itp_cell_model *m, const itp_cell_event *event, const double *y,
                          double charge_0);
const char *itp_cell_event_text(itp_cell_event_kind kind);

#endif
