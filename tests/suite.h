/* suite.h - runs one table of CUnit tests as a program: `return suite_run("numerics/chol",
 * tests);`. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SUITE_H
#define ITP_SUITE_H

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>

/* Folder of measured data sets, or NULL: then say with suite_skip what is not tested. */
static inline const char *suite_data_dir(void)
{
    const char *dir = getenv("INTERPHASE_DATA");
    return dir && *dir ? dir : NULL;
}

static inline void suite_skip(const char *what)
{
    printf("\n  skipped: %s (INTERPHASE_DATA is not set)\n", what);
}

/* Tests end with CU_TEST_INFO_NULL. Returns the exit code: 0 when all passed. */
static inline int suite_run(const char *name, CU_TestInfo *tests)
{
    CU_SuiteInfo suites[] = {{name, NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
        return 2;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures() + CU_get_number_of_tests_failed();
    unsigned ran = CU_get_number_of_tests_run();
    CU_cleanup_registry();
    return failed > 0 || ran == 0;
}

#endif
