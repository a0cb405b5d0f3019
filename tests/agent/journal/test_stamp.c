/* test_stamp.c - moments as text: back to the same millisecond, as the C library sees them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "stamp.h"
#include "suite.h"

static void known_moments_read_right(void)
{
    static const struct {
        int64_t at_ms;
        const char *text;
    } KNOWN[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {1795365595042, "2026-11-22T16:39:55.042Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
        {-30610224000000, "1000-01-01T00:00:00.000Z"},
    };
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        char text[ITP_CLOCK_TEXT];
        int64_t back = 7;
        CU_ASSERT_EQUAL(itp_stamp_format(KNOWN[i].at_ms, text), ITP_OK);
        CU_ASSERT_STRING_EQUAL(text, KNOWN[i].text);
        CU_ASSERT_EQUAL(itp_stamp_parse(KNOWN[i].text, &back), ITP_OK);
        CU_ASSERT_EQUAL(back, KNOWN[i].at_ms);
    }
}

static void days_come_back(void)
{ /* Each sixteenth day of the nine thousand years, at a moment that wanders through it. */
    const int64_t day_ms = 86400000;
    int64_t wrong = 0;
    for (int64_t day = -354285; day < 2932896; day++) {
        char text[ITP_CLOCK_TEXT];
        int64_t at = day * day_ms + (day * 7919777 % day_ms + day_ms) % day_ms, back = 0;
        if (day % 16 && day < 2932000) continue;
        if (itp_stamp_format(at, text) != ITP_OK || itp_stamp_parse(text, &back) != ITP_OK ||
            back != at)
            wrong++;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void what_is_no_moment_is_refused(void)
{
    static const char *const WRONG[] = {
        "",
        "2026-11-22",
        "2026-11-22T16:39:55.042",
        "2026-11-22T16:39:55.042Z ",
        "2026-11-22 16:39:55.042Z",
        "2026-02-29T00:00:00.000Z",
        "1900-02-29T00:00:00.000Z",
        "2026-04-31T00:00:00.000Z",
        "2026-13-01T00:00:00.000Z",
        "2026-00-01T00:00:00.000Z",
        "2026-01-00T00:00:00.000Z",
        "2026-01-01T24:00:00.000Z",
        "2026-01-01T00:60:00.000Z",
        "2026-01-01T00:00:60.000Z",
        "0999-01-01T00:00:00.000Z",
        "+026-01-01T00:00:00.000Z",
    };
    char text[ITP_CLOCK_TEXT];
    int64_t back;
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        CU_ASSERT_EQUAL(itp_stamp_parse(WRONG[i], &back), ITP_EPARSE);
    CU_ASSERT_EQUAL(itp_stamp_format(253402300800000, text), ITP_ERANGE);
    CU_ASSERT_EQUAL(itp_stamp_format(INT64_MIN, text), ITP_ERANGE);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"known moments read right", known_moments_read_right},
        {"days come back", days_come_back},
        {"what is no moment is refused", what_is_no_moment_is_refused},
        CU_TEST_INFO_NULL,
    };
    return suite_run("journal/stamp", tests);
}
