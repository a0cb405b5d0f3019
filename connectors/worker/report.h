/* report.h - reports as frames. Text from connectors is cleaned first, so that an odd byte in an
 * error message never keeps a result from its agent.
 * Threads     any          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_REPORT_H
#define ITP_REPORT_H

#include "codec.h"
#include "slot.h"

/* A RESULT or, when the report names a cause, a FAILURE of the offered attempt. */
itp_status report_encode(const itp_message *offer, const itp_report *report, itp_buffer *out);
itp_status report_encode_failure(const itp_message *offer, itp_cause cause, const char *text,
                                 itp_buffer *out);
/* Bytes that are no UTF-8, and control characters but newline and tab, become '?'. */
void report_clean(char *text);

#endif
