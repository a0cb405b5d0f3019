/* main.c - bench_interfaces [--json] [--quick]: the bars of the interfaces that a machine can
 * check.
 *   --quick leaves out boundaries, hops, elastic constants and shapes: under 50 s. What the agent
 * saves is measured by pays (beside this file), which runs whole campaigns.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

static report words;

static void physical(void)
{
    bench_physical(&words);
}

static void speed(void)
{
    bench_speed(&words);
}

/* attempt.h asserts through CUnit, so the bars run as tests of a silent suite. */
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int *word = strcmp(argv[i], "--json") == 0    ? &words.json
                    : strcmp(argv[i], "--quick") == 0 ? &words.quick
                                                      : NULL;
        if (!word) return fputs("bench_interfaces [--json] [--quick]\n", stderr), 2;
        *word = 1;
    }
    CU_TestInfo tests[] = {{"speed", speed}, {"physical", physical}, CU_TEST_INFO_NULL};
    CU_SuiteInfo suites[] = {{"bench_interfaces", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
        return 2;
    (void)CU_run_all_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return words.failed || failed ? 1 : 0;
}
