/* test_discharge.c - discharges at C/10 to 3C beside the reference solutions, with default meshes.
 * The bars are the issue's; where they leave the last tenth open, it is the reference's own error
 * (its README) plus the bar. SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference.h"

static reference ref;

static void check(const char *model, const char *rate, double main, double tail, double until)
{
    char name[64];
    deviation d;
    itp_error err = {0};
    snprintf(name, sizeof name, "%s_discharge_%s", model, rate);
    if (!suite_data_dir()) {
        suite_skip(name);
        return;
    }
    CU_ASSERT_FATAL(reference_read(&ref, name));
    itp_status st = reference_discharge(&ref, model, NULL, until, &d, &err);
    CU_ASSERT_EQUAL(st, ITP_OK);
    if (st != ITP_OK) printf("\n  %s: %s\n", name, err.text);
    printf("\n  %-22s %zu rows, %.4f mV, last tenth %.4f mV, end %+.4f s, capacity %.1e", name,
           d.compared, d.main, d.tail, d.end_s, d.capacity);
    CU_ASSERT(d.compared > 15);
    CU_ASSERT(d.main <= main);
    CU_ASSERT(d.tail <= tail);
    if (isinf(until)) CU_ASSERT(d.capacity <= 2e-4);
}

static void spm_follows_the_reference(void)
{
    check("spm", "C10", 0.05, 0.05, INFINITY);
    check("spm", "C2", 0.05, 0.05, INFINITY);
    check("spm", "1C", 0.05, 0.05, INFINITY);
    check("spm", "1C_default_init", 0.05, 0.05, INFINITY);
    check("spm", "2C", 0.05, 0.05, INFINITY);
}

static void spme_follows_the_reference(void)
{
    check("spme", "C10", 0.1, 0.11, INFINITY);
    check("spme", "C2", 0.1, 0.11, INFINITY);
    check("spme", "1C", 0.1, 0.11, INFINITY);
    check("spme", "1C_default_init", 0.1, 0.11, INFINITY);
    check("spme", "2C", 0.1, 0.12, INFINITY);
}

static void dfn_follows_the_reference(void)
{
    check("dfn", "C10", 0.3, 0.36, INFINITY);
    check("dfn", "C2", 0.3, 0.36, INFINITY);
    check("dfn", "1C", 0.3, 0.36, INFINITY);
    check("dfn", "1C_default_init", 0.3, 0.36, INFINITY);
    check("dfn", "2C", 0.3, 0.55, INFINITY);
    check("dfn", "3C", 0.3, 0.3, 120);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"SPM follows the reference", spm_follows_the_reference},
        {"SPMe follows the reference", spme_follows_the_reference},
        {"DFN follows the reference", dfn_follows_the_reference},
        CU_TEST_INFO_NULL,
    };
    return suite_run("cell/discharge", tests);
}
