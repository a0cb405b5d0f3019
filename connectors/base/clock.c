/* clock.c - see clock.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t itp_clock_utc_ms(void)
{
    return read_ns(CLOCK_REALTIME) / 1000000;
}

int64_t itp_clock_monotonic_ms(void)
{
    return read_ns(CLOCK_MONOTONIC) / 1000000;
}

int64_t itp_clock_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

const char *itp_clock_text(int64_t utc_ms, char out[ITP_CLOCK_TEXT])
{
    /* Floor, so that times before 1970 read right too. */
    int64_t ms = utc_ms % 1000;
    if (ms < 0) ms += 1000;
    time_t seconds = (time_t)((utc_ms - ms) / 1000);
    struct tm parts;
    char date[ITP_CLOCK_TEXT];
    if (!gmtime_r(&seconds, &parts) ||
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts) == 0)
        date[0] = '\0';
    snprintf(out, ITP_CLOCK_TEXT, "%.24s.%03dZ", date, (int)ms);
    return out;
}
