/* report.c - see report.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <math.h>
#include <stdio.h>

static void line(report *r, const char *bar, double value, const char *sign, double limit, int ok)
{
    r->failed += !ok;
    if (r->json)
        printf("{\"issue\": \"interfaces\", \"bar\": \"%s\", \"value\": %.6g, \"limit\": %.6g, "
               "\"ok\": %s}\n",
               bar, isfinite(value) ? value : -1, limit, ok ? "true" : "false");
    else
        printf("%-58s %12.5g  %s %-10.5g %s\n", bar, value, sign, limit, ok ? "ok" : "FAILED");
    fflush(stdout);
}

void report_bar(report *r, const char *bar, double value, side side, double limit)
{
    line(r, bar, value, side == AT_MOST ? "<=" : ">=", limit,
         side == AT_MOST ? value <= limit : value >= limit);
}

void report_near(report *r, const char *bar, double value, double wanted, double part)
{
    line(r, bar, value, "~", wanted, fabs(value - wanted) <= part * fabs(wanted));
}

void report_skip(report *r, const char *bar, const char *why)
{
    if (!r->json) printf("%-58s skipped: %s\n", bar, why);
    fflush(stdout);
}
