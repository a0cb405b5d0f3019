/* stamp.c - see stamp.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stamp.h"

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

/* Days since 1970-01-01 of a Gregorian date: years begin in March, so that the leap day comes last,
 * and month m of such a year begins after (153 m + 2) / 5 days. */
static int64_t days_before(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static int days_in(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 ? 28 + leap : DAYS[month - 1];
}

itp_status itp_stamp_parse(const char *text, int64_t *at_ms)
{
    for (size_t i = 0; i < sizeof FORM; i++) {
        int digit = text[i] >= '0' && text[i] <= '9';
        if (FORM[i] == '0' ? !digit : text[i] != FORM[i]) return ITP_EPARSE;
    }
    int year = take(text, 0, 4), month = take(text, 5, 2), day = take(text, 8, 2);
    int hour = take(text, 11, 2), minute = take(text, 14, 2), second = take(text, 17, 2);
    if (year < 1000 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) ||
        hour > 23 || minute > 59 || second > 59)
        return ITP_EPARSE;
    int64_t seconds = days_before(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    *at_ms = seconds * 1000 + take(text, 20, 3);
    return ITP_OK;
}
