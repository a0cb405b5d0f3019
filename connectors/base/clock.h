/* clock.h - the only place that asks what time it is.
 *   UTC is for records and people and may jump; the monotonic clock is for intervals and deadlines
 * and may not. Logic takes a now_ms argument instead of calling either.
 * Threads     any          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CLOCK_H
#define ITP_CLOCK_H

#include <stdint.h>

#define ITP_CLOCK_TEXT 32 /* bytes that itp_clock_text needs */

int64_t itp_clock_utc_ms(void);
int64_t itp_clock_monotonic_ms(void);
int64_t itp_clock_monotonic_ns(void);

/* "2026-11-22T16:40:00.123Z" for a time in UTC milliseconds; returns out. */
const char *itp_clock_text(int64_t utc_ms, char out[ITP_CLOCK_TEXT]);

#endif
