/* machine.h - what the bits of decisions are promised on, in words.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_MACHINE_H
#define ITP_MACHINE_H

#include <stddef.h>

/* "CPU model; BLAS kernel; our version": equal texts, equal bits. */
const char *itp_machine_text(char *text, size_t size);
/* JSON object of host, process, version and the text above, for the `opened` event. */
const char *itp_opened_text(char *text, size_t size);

#endif
