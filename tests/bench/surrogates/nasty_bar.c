/* nasty_bar.c - bar 2: thousands of problems meant to break a fit.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "nasty.h"
#include "report.h"

void bar_robustness_of_fit(const settings *s)
{
    uint64_t count = s->quick ? 300 : 5000, failed = 0;
    for (uint64_t seed = 0; seed < count; seed++) {
        const char *complaint = nasty_try(seed);
        if (complaint) say(s, "  problem %d: %s\n", (int)seed, complaint);
        failed += complaint != NULL;
    }
    say(s, "  %d problems\n", (int)count);
    report(s, "2 nasty problems that failed", (double)failed, 0, failed == 0);
}
