/* window.h - how far a cell's stoichiometries go between empty and full.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_WINDOW_H
#define ITP_CELL_WINDOW_H

#include "parameters.h"

/* Stoichiometries at open-circuit voltages v_empty (SOC 0) and v_full (SOC 1), with the lithium
 * that the initial concentrations hold; capacity between them in A h. */
typedef struct itp_cell_window {
    double neg_empty, neg_full, pos_empty, pos_full, capacity;
} itp_cell_window;

/* ITP_ERANGE when the cell's open-circuit voltage does not reach both. */
itp_status itp_cell_window_of(const itp_cell_parameters *p, itp_cell_window *out, itp_error *err);

#endif
