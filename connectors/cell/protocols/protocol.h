/* protocol.h - what is done to a cell: steps of current, voltage, power and rest, with cut-offs.
 *   JSON in the spirit of published cycler-neutral formats; currents are > 0 when they charge:
 *   {"name": "CCCV", "record": {"time_s": 10}, "safety": {"max_voltage_V": 4.3},
 *    "initial": {"soc": 1},
 *    "method": [
 *      {"step": "constant_current", "rate_C": -1, "until_voltage_V": 2.5},
 *      {"step": "open_circuit_voltage", "until_time_s": 3600},
 *      {"step": "constant_current", "rate_C": 0.5, "until_voltage_V": 4.2},
 *      {"step": "constant_voltage", "voltage_V": 4.2, "until_rate_C": 0.02},
 *      {"step": "constant_power", "power_W": 5, "until_time_s": 60},
 *      {"step": "loop", "loop_to": 1, "cycle_count": 20}]}
 *   Also: current_A, current_mA, until_current_A, until_capacity_Ah, until_soc, {"step": "tag",
 *   "tag": NAME} and "loop_to": NAME. `soc` counts the set's capacity between its two open-circuit
 *   voltages; until_soc is reached by charge passed.
 * Life cycle  a plain value
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_PROTOCOL_H
#define ITP_CELL_PROTOCOL_H

#include <stddef.h>

#include "interphase/status.h"

#define ITP_CELL_STEPS_MAX 64
#define ITP_CELL_LOOPS_MAX 100000 /* cycles of one loop */

typedef enum itp_cell_step_kind {
    ITP_STEP_CURRENT,
    ITP_STEP_RATE, /* current in multiples of the nominal capacity an hour */
    ITP_STEP_VOLTAGE,
    ITP_STEP_POWER,
    ITP_STEP_REST,
    ITP_STEP_LOOP
} itp_cell_step_kind;

/* Cut-offs that are not given are NaN. */
typedef struct itp_cell_step {
    itp_cell_step_kind kind;
    double value; /* A, 1/h, V, W; > 0 charges */
    double until_voltage, until_current, until_rate, until_time, until_charge, until_soc;
    double until_temperature; /* K, rising */
    size_t loop_to, loops;    /* ITP_STEP_LOOP: index of a step; cycles in all */
} itp_cell_step;

typedef struct itp_cell_safety {
    double v_low, v_high, i_high, t_high; /* V, V, A, K; NaN: the cell's own limits */
} itp_cell_safety;

typedef struct itp_cell_protocol {
    char name[64];
    double record_s;    /* seconds between rows; 0: every step of the integrator */
    double soc;         /* at the start */
    double temperature; /* K, of cell and surroundings; NaN: the parameter set's */
    itp_cell_safety safety;
    size_t n_steps;
    itp_cell_step steps[ITP_CELL_STEPS_MAX];
} itp_cell_protocol;

/* A step with no cut-offs. */
itp_cell_step itp_cell_step_of(itp_cell_step_kind kind, double value);

/* ITP_EPARSE or ITP_ERANGE; the message names the step and the key. `name` stands in messages. */
itp_status itp_cell_protocol_parse(itp_cell_protocol *out, const char *json, const char *name,
                                   itp_error *err);

/* Every step can end, values are finite and in range; ITP_ERANGE says which is not. */
itp_status itp_cell_protocol_check(const itp_cell_protocol *p, itp_error *err);

#endif
