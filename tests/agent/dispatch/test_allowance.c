/* test_allowance.c - how much a peer may say, and who shares it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "allowance.h"
#include "roster.h"
#include "suite.h"

/* Frames of cost 1 that are heard at this moment, until one is not. */
static int hear_all(itp_allowance *a, int64_t now_ms)
{
    int heard = 0;
    while (itp_allowance_take(a, 1, now_ms)) heard++;
    return heard;
}

static void a_burst_is_heard_and_then_a_rate(void)
{
    itp_allowance a;
    itp_allowance_init(&a, 1000);
    CU_ASSERT_EQUAL(hear_all(&a, 1000), ITP_ALLOWANCE_MOST);
    CU_ASSERT_EQUAL(hear_all(&a, 1000), 0);
    CU_ASSERT_EQUAL(hear_all(&a, 2000), ITP_ALLOWANCE_PER_S);
    CU_ASSERT_EQUAL(hear_all(&a, 1500), 0); /* a clock that goes back gives nothing */
    CU_ASSERT_EQUAL(hear_all(&a, 2250), ITP_ALLOWANCE_PER_S / 4);
    CU_ASSERT_EQUAL(hear_all(&a, 1000000), ITP_ALLOWANCE_MOST); /* what is not used is not saved */
}

/* How: one that answers every offer (ACCEPT, STARTED, CREDIT, three results) at a hundred thousand
 * a second, all at one moment. */
static void who_is_given_work_may_answer_for_all_of_it(void)
{
    static const itp_verb SAYS[] = {ITP_VERB_ACCEPT, ITP_VERB_STARTED, ITP_VERB_CREDIT,
                                    ITP_VERB_RESULT, ITP_VERB_RESULT,  ITP_VERB_RESULT};
    itp_allowance a;
    int heard = 1;
    itp_allowance_init(&a, 0);
    for (int offer = 0; offer < 100000; offer++) {
        itp_allowance_earn(&a, ITP_ALLOWANCE_OFFER);
        for (size_t i = 0; i < sizeof SAYS / sizeof *SAYS; i++) {
            heard &= itp_allowance_take(&a, itp_allowance_of_size(200), 0);
            itp_allowance_charge(&a, itp_allowance_of_verb(SAYS[i]));
        }
    }
    CU_ASSERT_TRUE(heard);
}

static void large_frames_and_journalled_ones_cost_more(void)
{
    CU_ASSERT_EQUAL(itp_allowance_of_size(0), 1);
    CU_ASSERT_EQUAL(itp_allowance_of_size(ITP_WIRE_MAX), 1 + ITP_WIRE_MAX / 4096);
    CU_ASSERT_EQUAL(itp_allowance_of_verb(ITP_VERB_HEARTBEAT), 0);
    CU_ASSERT_TRUE(itp_allowance_of_verb(ITP_VERB_REGISTER) > 50);
    itp_allowance a;
    int heard = 0;
    itp_allowance_init(&a, 0);
    for (; itp_allowance_take(&a, 1, 0); heard++)
        itp_allowance_charge(&a, itp_allowance_of_verb(ITP_VERB_REGISTER));
    CU_ASSERT_EQUAL(heard, ITP_ALLOWANCE_MOST / 64);
}

static void a_flood_is_what_goes_on_within_a_minute(void)
{
    itp_allowance a;
    itp_allowance_init(&a, 0);
    hear_all(&a, 0);
    for (int i = 1; i < ITP_ALLOWANCE_FLOOD; i++) itp_allowance_take(&a, 1, 0);
    CU_ASSERT_FALSE(itp_allowance_is_flooded(&a));
    CU_ASSERT_FALSE(itp_allowance_is_rested(&a, 0));
    itp_allowance_take(&a, 1, 0);
    CU_ASSERT_TRUE(itp_allowance_is_flooded(&a));
    CU_ASSERT_TRUE(itp_allowance_is_rested(&a, 60000));
    CU_ASSERT_FALSE(itp_allowance_is_flooded(&a));
}

static void connections_of_one_key_share_one_allowance(void)
{
    itp_roster_table table = {0};
    itp_peer *one = itp_roster_add(&table, NULL, "a", 1, "key", 0);
    itp_peer *two = itp_roster_add(&table, NULL, "b", 1, "key", 0);
    itp_peer *other = itp_roster_add(&table, NULL, "c", 1, "another", 0);
    itp_peer *local = itp_roster_add(&table, NULL, "d", 1, "", 0);
    itp_peer *second = itp_roster_add(&table, NULL, "e", 1, "", 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(one && two && other && local ? second : NULL);
    CU_ASSERT_PTR_EQUAL(one->allowance, two->allowance);
    CU_ASSERT_PTR_NOT_EQUAL(one->allowance, other->allowance);
    CU_ASSERT_PTR_NOT_EQUAL(local->allowance, second->allowance);
    hear_all(two->allowance, 0);
    CU_ASSERT_PTR_NULL(itp_roster_add(&table, NULL, "f", 1, "key", 0)); /* nor one more of them */
    itp_roster_remove(&table, one);
    CU_ASSERT_EQUAL(two->allowance->users, 1);
    CU_ASSERT_TRUE(itp_allowance_take(other->allowance, 1, 0));
    itp_roster_deinit(&table);
}

/* A key cannot fill the table of peers by opening connections and falling silent. */
static void one_key_leaves_room_for_the_others(void)
{
    itp_roster_table table = {0};
    char route[16];
    for (int n = 0; n < 20000; n++) { /* a thousand a second, each forgotten after its silence */
        int64_t now_ms = n;
        itp_peer *silent;
        while ((silent = itp_roster_silent(&table, now_ms))) itp_roster_remove(&table, silent);
        int size = snprintf(route, sizeof route, "r%d", n);
        itp_roster_add(&table, NULL, route, (size_t)size, "key", now_ms);
        if (table.n_peers >= ITP_PEERS_MAX) break;
    }
    CU_ASSERT_TRUE(table.n_peers > 0 && table.n_peers < ITP_PEERS_MAX);
    CU_ASSERT_PTR_NOT_NULL(itp_roster_add(&table, NULL, "x", 1, "another", 20000));
    itp_roster_deinit(&table);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a burst is heard and then a rate", a_burst_is_heard_and_then_a_rate},
        {"who is given work may answer for all of it", who_is_given_work_may_answer_for_all_of_it},
        {"large frames and journalled ones cost more", large_frames_and_journalled_ones_cost_more},
        {"a flood is what goes on within a minute", a_flood_is_what_goes_on_within_a_minute},
        {"connections of one key share one allowance", connections_of_one_key_share_one_allowance},
        {"one key leaves room for the others", one_key_leaves_room_for_the_others},
        CU_TEST_INFO_NULL,
    };
    return suite_run("dispatch/allowance", tests);
}
