/* test_nasty.c - random problems meant to break a fit: whatever the data, there is a model, its
 * answers are finite, its variances are not negative, and its report says which step it took. The
 * same problems, many more of them, are bar 2 of bench_surrogates.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "nasty.h"

#include "suite.h"

static void a_few_hundred_nasty_problems(void)
{
    for (uint64_t seed = 0; seed < 240; seed++) {
        const char *complaint = nasty_try(seed);
        if (complaint) printf("\n  problem %d: %s", (int)seed, complaint);
        CU_ASSERT(complaint == NULL);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {{"a few hundred nasty problems", a_few_hundred_nasty_problems},
                           CU_TEST_INFO_NULL};
    return suite_run("models/nasty", tests);
}
