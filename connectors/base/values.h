/* values.h - owning copies of the arrays that the contracts lend: values, ports, attempts.
 *   A copy is one block of memory, strings behind the array: free() releases all of it.
 * Threads     any          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_VALUES_H
#define ITP_VALUES_H

#include "interphase/connector.h"

/* n values or ports with their strings; *out is NULL when n is 0. ITP_ENOMEM. */
itp_status itp_values_copy(size_t n, const itp_value *values, itp_value **out);
itp_status itp_ports_copy(size_t n, const itp_port *ports, itp_port **out);

/* The value or port of that name, or NULL. */
const itp_value *itp_values_find(size_t n, const itp_value *values, const char *name);
const itp_port *itp_ports_find(size_t n, const itp_port *ports, const char *name);

/* strdup that takes NULL for NULL: *out is NULL only when text is, else ITP_ENOMEM. */
itp_status itp_text_copy(const char *text, char **out);

#endif
