/* ageing.h - hundreds of cycles for the price of some: simulate a few, extrapolate many.
 *   From one end of a cycle to the next a cell's state moves by a small, slowly changing step
 * g = y(k+1) - y(k). Between simulated pairs of cycles the whole state is extrapolated,
 *   y(k + n) = y(k) + n g + n (n + 1)/2 (g - g_before)/d,
 * where d cycles lie between the two steps. All linear invariants (lithium, charge) survive that.
 * After each jump g is measured again; half the difference to the g foreseen, times n, is the
 * jump's error in lithium lost, and n follows from it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_AGEING_H
#define ITP_CELL_AGEING_H

#include "runner.h"

typedef struct itp_cell_life_options {
    size_t cycles_max;
    double end_capacity; /* fraction of the first cycle's discharge capacity; 0: never */
    double tolerance;    /* of a jump, as a fraction of the first capacity; 0: no jumps */
    size_t jump_max;
} itp_cell_life_options;

typedef struct itp_cell_cycle {
    size_t number; /* from 1 */
    double capacity;
    itp_cell_inventory lithium;
    double active_neg, active_pos; /* fraction left */
} itp_cell_cycle;

#define ITP_CELL_CYCLES_KEPT 512

typedef struct itp_cell_life {
    double cycles; /* to end_capacity, interpolated; cycles_max when not reached */
    int reached;
    size_t simulated, jumps, rejected;
    size_t n_kept;
    itp_cell_cycle kept[ITP_CELL_CYCLES_KEPT]; /* the simulated ones, thinned when too many */
} itp_cell_life;

/* One cycle on the runner; *capacity is its discharge capacity in A h. A capacity of 0 or less, or
 * ITP_ESCIENTIFIC from a later cycle, ends the life there. */
typedef itp_status itp_cell_cycle_fn(void *ctx, itp_cell_runner *r, double *capacity,
                                     itp_error *err);

itp_status itp_cell_live(itp_cell_runner *r, itp_cell_cycle_fn *cycle, void *ctx,
                         const itp_cell_life_options *options, itp_cell_life *out, itp_error *err);

#endif
