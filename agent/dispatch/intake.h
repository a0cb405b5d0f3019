/* intake.h - a worker's message becomes an event, or is answered at once, or is refused by name.
 *   Values are checked and converted here, at the edge: what the loop sees is in the campaign's
 * units. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_INTAKE_H
#define ITP_INTAKE_H

#include "interphase/wire.h"
#include "loop.h"
#include "units.h"

/* An event made of a message, and the storage that it borrows from beside the message. */
typedef struct itp_intake {
    itp_event event;
    itp_value *values;
    itp_roster roster; /* with bounds in the campaign's units */
    itp_margin *bounds;
    char *provenance; /* with the corrections that led to a result */
    char text[1024];
} itp_intake;

/* worker: the name under which the peer registered. ITP_ENOTFOUND: the message makes no event
 * (heartbeat, hello ...). A result whose values are wrong becomes a failure that says why. */
itp_status itp_intake_read(itp_intake *out, const itp_loop *loop, itp_units *units,
                           const char *worker, const itp_message *message);
void itp_intake_deinit(itp_intake *intake);

/* Converts values to the units of a task's outcomes; drops what the task does not declare. n is in
 * and out. On failure err says which value, both units. */
itp_status itp_values_to_outcomes(const itp_campaign *campaign, size_t task, itp_units *units,
                                  size_t *n, itp_value *values, itp_error *err);

#endif
