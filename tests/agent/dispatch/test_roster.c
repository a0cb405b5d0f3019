/* test_roster.c - peers, leases and timers.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "suite.h"

#include "roster.h"
#include "timers.h"

static void a_worker_that_returns_by_another_route_replaces_itself(void)
{
    itp_roster_table table = {0};
    itp_peer *old = itp_roster_add(&table, NULL, "aa", 2, "", 100),
             *fresh = itp_roster_add(&table, NULL, "bb", 2, "", 200);
    CU_ASSERT_PTR_NOT_NULL_FATAL(old);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fresh);
    CU_ASSERT_EQUAL(itp_roster_name(&table, old, "w"), ITP_OK);
    CU_ASSERT_PTR_EQUAL(itp_roster_by_name(&table, "w"), old);
    CU_ASSERT_EQUAL(itp_roster_name(&table, fresh, "w"), ITP_OK);
    CU_ASSERT_PTR_EQUAL(itp_roster_by_name(&table, "w"), fresh);
    CU_ASSERT_PTR_NULL(itp_roster_by_route(&table, NULL, "aa", 2));
    CU_ASSERT_EQUAL(table.n_peers, 1);
    itp_roster_deinit(&table);
}

static void silence_is_measured_from_the_last_frame(void)
{
    itp_roster_table table = {0};
    itp_peer *peer = itp_roster_add(&table, NULL, "a", 1, "", 1000);
    CU_ASSERT_PTR_NULL(itp_roster_silent(&table, 1000 + ITP_SILENCE_MS));
    CU_ASSERT_PTR_EQUAL(itp_roster_silent(&table, 1001 + ITP_SILENCE_MS), peer);
    peer->heard_ms = 2000;
    CU_ASSERT_PTR_NULL(itp_roster_silent(&table, 1001 + ITP_SILENCE_MS));
    itp_roster_deinit(&table);
}

static void a_lease_ends_when_it_is_not_renewed(void)
{
    itp_roster_table table = {0};
    const itp_attempt a = {1, 1}, b = {1, 2};
    CU_ASSERT_EQUAL(itp_lease_next(&table), INT64_MAX);
    CU_ASSERT_EQUAL(itp_lease_begin(&table, a, "w", 1.5, 0), ITP_OK);
    CU_ASSERT_EQUAL(itp_lease_begin(&table, b, "v", 5, 0), ITP_OK);
    CU_ASSERT_EQUAL(itp_lease_next(&table), 1500);
    itp_lease_renew(&table, a, "w", 1000);
    itp_lease_renew(&table, a, "v", 2000); /* not its lease to renew */
    CU_ASSERT_PTR_NULL(itp_lease_over(&table, 2499));
    const itp_lease *over = itp_lease_over(&table, 2500);
    CU_ASSERT_PTR_NOT_NULL_FATAL(over);
    CU_ASSERT_EQUAL(over->attempt.epoch, 1);
    CU_ASSERT_STRING_EQUAL(over->worker, "w");
    itp_lease_end(&table, a);
    CU_ASSERT_EQUAL(itp_lease_next(&table), 5000);
    itp_roster_deinit(&table);
}

/* How: 1,000 timers in a scrambled order come out sorted, and none before its time. */
static void timers_come_out_in_order(void)
{
    enum { N = 1000 };
    itp_timers timers = {0};
    for (int i = 0; i < N; i++) /* 7 is prime to 1000: every number once. */
        CU_ASSERT_EQUAL_FATAL(itp_timers_add(&timers, (itp_timer){(i * 7) % N, {(itp_id)i, 1}}),
                              ITP_OK);
    itp_timer due;
    CU_ASSERT_EQUAL(itp_timers_due(&timers, -1, &due), 0);
    for (int i = 0; i < N; i++) {
        CU_ASSERT_EQUAL(itp_timers_next(&timers), i);
        CU_ASSERT_EQUAL_FATAL(itp_timers_due(&timers, i, &due), 1);
        CU_ASSERT_EQUAL(due.at_ms, i);
    }
    CU_ASSERT_EQUAL(itp_timers_next(&timers), INT64_MAX);
    itp_timers_deinit(&timers);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a worker that returns by another route replaces itself",
         a_worker_that_returns_by_another_route_replaces_itself},
        {"silence is measured from the last frame", silence_is_measured_from_the_last_frame},
        {"a lease ends when it is not renewed", a_lease_ends_when_it_is_not_renewed},
        {"timers come out in order", timers_come_out_in_order},
        CU_TEST_INFO_NULL,
    };
    return suite_run("dispatch/roster", tests);
}
