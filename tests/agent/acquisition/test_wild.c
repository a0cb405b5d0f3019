/* test_wild.c - random campaigns end without errors and respect what is known; the benchmark of
 * decisions runs thousands of them. SPDX-License-Identifier: GPL-3.0-or-later */
#include "suite.h"
#include "wild.h"

enum { CAMPAIGNS = 40 };

static void random_campaigns_stay_inside_what_is_known(void)
{
    size_t proposals = 0;
    for (uint64_t seed = 1; seed <= CAMPAIGNS; seed++) {
        wild_result r = {0};
        itp_status st = wild_campaign(seed, &r);
        if (r.error[0] || r.worst > 1e-9 || r.repeated || r.wrong_none)
            printf("\n  seed %lu: %s worst %.2e repeated %zu wrong none %d ", (unsigned long)seed,
                   r.error, r.worst, r.repeated, r.wrong_none);
        CU_ASSERT(st == ITP_OK || st == ITP_ENONE);
        CU_ASSERT(r.worst <= 1e-9);
        CU_ASSERT_EQUAL(r.repeated, 0);
        CU_ASSERT_EQUAL(r.silent, 0);
        CU_ASSERT_EQUAL(r.wrong_none, 0);
        proposals += r.proposals;
    }
    CU_ASSERT(proposals > 3 * CAMPAIGNS); /* most of them do propose */
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"random campaigns stay inside what is known", random_campaigns_stay_inside_what_is_known},
        CU_TEST_INFO_NULL,
    };
    return suite_run("acquisition/wild", tests);
}
