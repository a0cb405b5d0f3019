/* stamp.h - moments as the journal writes them: "2026-11-22T16:39:55.042Z", UTC, milliseconds.
 *   Sorts as text as it does in time; the years are 1000 to 9999.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_STAMP_H
#define ITP_STAMP_H

#include "clock.h"
#include "interphase/status.h"

/* itp_clock_text where it can be read back: ITP_ERANGE outside the years 1000 to 9999. */
itp_status itp_stamp_format(int64_t at_ms, char text[ITP_CLOCK_TEXT]);
/* The inverse: exactly this form, every digit. ITP_EPARSE. */
itp_status itp_stamp_parse(const char *text, int64_t *at_ms);

#endif
