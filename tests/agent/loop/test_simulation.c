/* test_simulation.c - runs among faults; and faults planted to show that the checks can fail.
 *   ITP_SEEDS=N runs seeds 1..N; a failing seed is printed.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "suite.h"

#include "simulation.h"

static size_t seeds(size_t usual)
{
    const char *text = getenv("ITP_SEEDS");
    return text ? strtoul(text, NULL, 10) : usual;
}

static void hold(int physical)
{
    static sim s;
    size_t n = seeds(100), failed = 0;
    for (uint64_t seed = 1; seed <= n && failed < 5; seed++) {
        simulate(&s, seed, FAULT_NONE, physical);
        if (!s.verdict[0]) continue;
        failed++;
        printf("\n  seed %llu: %s", (unsigned long long)seed, s.verdict);
    }
    CU_ASSERT_EQUAL(failed, 0);
}

static void repeatable_work_survives_everything(void)
{
    hold(0);
}

static void physical_work_starts_at_most_once(void)
{
    hold(1);
}

/* How: the same harness with a fault planted must complain within 1,000 seeds. */
static void planted_faults_are_found(void)
{
    static sim s;
    static const int PHYSICAL[FAULTS] = {[FAULT_START_WITHOUT_LEDGER] = 1,
                                         [FAULT_DENY_WITHOUT_REFUSING] = 1,
                                         [FAULT_FORGET_LEDGER] = 1,
                                         [FAULT_DECLINE_STARTED] = 1};
    for (fault planted = FAULT_ACT_BEFORE_COMMIT; planted < FAULTS; planted++) {
        uint64_t seed = 0;
        do simulate(&s, ++seed, planted, PHYSICAL[planted]);
        while (!s.verdict[0] && seed < 1000);
        printf("\n  fault %d: seed %llu: %s", planted, (unsigned long long)seed, s.verdict);
        CU_ASSERT_NOT_EQUAL(s.verdict[0], '\0');
    }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"repeatable work survives everything", repeatable_work_survives_everything},
        {"physical work starts at most once", physical_work_starts_at_most_once},
        {"planted faults are found", planted_faults_are_found},
        CU_TEST_INFO_NULL,
    };
    return suite_run("loop/simulation", tests);
}
