/* stamp.c - see stamp.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stamp.h"

#include <string.h>
#include <time.h>

#define FIRST_MS (-30610224000000)                     /* 1000-01-01T00:00:00.000Z */
#define LAST_MS  253402300799999                       /* 9999-12-31T23:59:59.999Z */
static const char FORM[] = "0000-00-00T00:00:00.000Z"; /* 0 stands for a digit */

itp_status itp_stamp_format(int64_t at_ms, char text[ITP_CLOCK_TEXT])
{
    if (at_ms < FIRST_MS || at_ms > LAST_MS) return ITP_ERANGE;
    itp_clock_text(at_ms, text);
    return ITP_OK;
}

static int take(const char *text, int from, int digits)
{
    int value = 0;
    for (int i = 0; i < digits; i++) value = value * 10 + (text[from + i] - '0');
    return value;
}

itp_status itp_stamp_parse(const char *text, int64_t *at_ms)
{
    for (size_t i = 0; i < sizeof FORM; i++) {
        int digit = text[i] >= '0' && text[i] <= '9';
        if (FORM[i] == '0' ? !digit : text[i] != FORM[i]) return ITP_EPARSE;
    }
    struct tm parts = {.tm_year = take(text, 0, 4) - 1900,
                       .tm_mon = take(text, 5, 2) - 1,
                       .tm_mday = take(text, 8, 2),
                       .tm_hour = take(text, 11, 2),
                       .tm_min = take(text, 14, 2),
                       .tm_sec = take(text, 17, 2)};
    int64_t value = (int64_t)timegm(&parts) * 1000 + take(text, 20, 3);
    char again[ITP_CLOCK_TEXT]; /* Refuses the 31st of February and the 61st minute. */
    if (itp_stamp_format(value, again) != ITP_OK || strcmp(again, text) != 0) return ITP_EPARSE;
    *at_ms = value;
    return ITP_OK;
}
