/* impedance.h - the linear answer of a resting cell to a small current at a frequency.
 *   (i w M + J) x = e_I,  Z = -V/I: J is the model's own Jacobian at rest, M where y' appears, with
 * the double layers' capacities added to the charge balances; solved by KLU in complex numbers.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_IMPEDANCE_H
#define ITP_CELL_IMPEDANCE_H

#include "model.h"

/* At state y (n entries, at rest: no current). out: n pairs (real, imaginary) in ohm.
 * ITP_ESCIENTIFIC when the system is singular. */
itp_status itp_cell_impedance(itp_cell_model *m, const double *y, size_t n, const double *hertz,
                              double (*out)[2], itp_error *err);

#endif
