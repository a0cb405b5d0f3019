/* report.h - one line a bar, for people or as JSON, and the word on whether all held.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_REPORT_H
#define ITP_REPORT_H

typedef struct report {
    int json, quick;
    int failed; /* bars that did not hold */
} report;

typedef enum side { AT_MOST, AT_LEAST } side;

/* value against limit. */
void report_bar(report *r, const char *bar, double value, side side, double limit);
/* value within part (relative) of wanted. */
void report_near(report *r, const char *bar, double value, double wanted, double part);
void report_skip(report *r, const char *bar, const char *why);

void bench_physical(report *r);
void bench_speed(report *r);

#endif
