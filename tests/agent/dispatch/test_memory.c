/* test_memory.c - the n-th allocation of dispatch fails, for every n: no crash, no leak, the answer
 * is that memory ran out, and the same is done the next time.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "allocations.h"
#include "codec.h"
#include "doubts.h"
#include "effects.h"
#include "intake.h"
#include "suite.h"
#include "timers.h"
#include "words.h"

static const char CAMPAIGN[] =
    "campaign: memory\nparameters:\n  x: {real: [0, 1]}\n  salt: {categorical: [a, b]}\n"
    "tasks:\n  weigh: {connector: bench, class: physical, outputs: {mass: {unit: mg}}, sample: "
    "s1}\n"
    "objectives: [{maximise: mass}]\nagent: {parallel: 2}\n";

/* A station has registered and holds an offer. */
typedef struct bench {
    itp_campaign *campaign;
    itp_loop *loop;
    itp_units *units;
    itp_actions offered;
} bench;

static void step(bench *b, itp_event event)
{
    static uint64_t seq;
    event.seq = ++seq;
    event.at_ms = 1000;
    CU_ASSERT_EQUAL_FATAL(itp_loop_step(b->loop, &event, &b->offered), ITP_OK);
}

static void set_up(bench *b)
{
    static const char *const TASKS[] = {"*"};
    const itp_roster roster = {.n_tasks = 1,
                               .tasks = TASKS,
                               .connector = "bench",
                               .slots = 2,
                               .cls = ITP_PHYSICAL,
                               .ledger = "l"};
    const double points[2][2] = {{0.25, 0}, {0.5, 1}}, nothing = NAN;
    itp_pick picks[2];
    *b = (bench){0};
    itp_status st = itp_campaign_parse(&b->campaign, "m.yaml", CAMPAIGN, 0, NULL, NULL, NULL);
    CU_ASSERT_EQUAL_FATAL(st, ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_loop_create(&b->loop, b->campaign, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_units_create(&b->units, NULL), ITP_OK);
    step(b, (itp_event){.kind = ITP_EVENT_WORKER_REGISTERED, .worker = "s", .roster = &roster});
    for (int i = 0; i < 2; i++)
        picks[i] = (itp_pick){
            .task = -1, .source = -1, .point = points[i], .mean = &nothing, .sd = &nothing};
    const itp_decision made = {.number = 1,
                               .method = "",
                               .why = "",
                               .machine = "",
                               .n_params = 2,
                               .n_outcomes = 1,
                               .n_picks = 2,
                               .picks = picks};
    step(b, (itp_event){.kind = ITP_EVENT_DECISION, .decision = 1, .made = &made});
}

static void tear_down(bench *b)
{
    itp_units_destroy(b->units);
    itp_loop_destroy(b->loop);
    itp_actions_deinit(&b->offered);
    itp_campaign_destroy(b->campaign);
}

/* Fails allocation after allocation of one deed until it gets through; how many it makes. */
static long survive(itp_status (*deed)(bench *b), bench *b)
{
    for (long n = 1; n < 5000; n++) {
        allocations_break(n);
        itp_status st = deed(b);
        int spent = allocations_mend();
        CU_ASSERT_TRUE(st == ITP_OK || (spent && st == ITP_ENOMEM));
        if (st != ITP_OK && st != ITP_ENOMEM) printf("\n  n=%ld: %s\n", n, itp_status_name(st));
        if (!spent) return n - 1;
    }
    CU_FAIL("it never got through");
    return 0;
}

static itp_status keep_effects(bench *b)
{
    itp_effects effects = {.campaign = "memory@1"};
    itp_status st = itp_effects_add(&effects, b->loop, &b->offered);
    if (st == ITP_OK) CU_ASSERT_EQUAL(effects.n, b->offered.n);
    itp_effects_deinit(&effects);
    return st;
}

static itp_status tell(bench *b)
{
    static const char WORD[] =
        "{\"verb\": \"tell\", \"point\": {\"x\": 0.5, \"salt\": \"b\"}, \"values\": "
        "[{\"name\": \"mass\", \"number\": 1.5, \"unit\": \"g\"}]}";
    itp_word w;
    itp_error err = {0};
    itp_status st = itp_word_read(&w, WORD, b->loop, b->units, &err);
    if (st == ITP_OK) CU_ASSERT_EQUAL(w.event.values[0].number, 1500);
    itp_word_deinit(&w);
    return st;
}

static itp_status hear_registration(bench *b)
{
    const itp_margin bound = {.input = "x", .unit = "%", .low = 10, .high = 90};
    const itp_roster roster = {.cls = ITP_PHYSICAL, .n_bounds = 1, .bounds = &bound};
    itp_message m;
    itp_intake in;
    itp_message_init(&m, ITP_VERB_REGISTER);
    m.roster = &roster;
    itp_status st = itp_intake_read(&in, b->loop, b->units, "s", &m);
    if (st == ITP_OK) CU_ASSERT_DOUBLE_EQUAL(in.event.roster->bounds[0].high, 0.9, 1e-12);
    itp_intake_deinit(&in);
    return st;
}

static itp_status hear_result(bench *b)
{
    const itp_value value = {.name = "mass", .number = 2, .sd = 1, .unit = "ug"};
    itp_message m;
    itp_intake in;
    itp_message_init(&m, ITP_VERB_RESULT);
    m.request = m.epoch = 1;
    m.values = &value;
    m.n_values = 1;
    m.provenance = "{\"host\": \"h\"}";
    itp_status st = itp_intake_read(&in, b->loop, b->units, "s", &m);
    if (st == ITP_OK) CU_ASSERT_DOUBLE_EQUAL(in.event.values[0].number, 0.002, 1e-15);
    itp_intake_deinit(&in);
    return st;
}

/* Peers, leases, doubts and timers: what could not be kept leaves the tables as they were. */
static itp_status keep_tables(bench *b)
{
    itp_roster_table table = {0};
    itp_timers timers = {0};
    itp_doubts doubts = {0};
    itp_status st = ITP_OK;
    (void)b;
    for (uint32_t i = 0; st == ITP_OK && i < 40; i++) {
        char route[8];
        const itp_attempt attempt = {i + 1, 1};
        snprintf(route, sizeof route, "r%u", i);
        itp_peer *peer = itp_roster_add(&table, NULL, route, strlen(route), "", 0);
        st = peer ? itp_roster_name(&table, peer, route) : ITP_ENOMEM;
        if (peer && st != ITP_OK) CU_ASSERT_PTR_NULL(peer->name);
        if (st == ITP_OK) st = itp_lease_begin(&table, attempt, route, 1, 0);
        if (st == ITP_OK) st = itp_timers_add(&timers, (itp_timer){i, attempt});
        if (st == ITP_OK) st = itp_doubts_ask(&doubts, attempt, route, 0);
        if (st == ITP_OK) CU_ASSERT_EQUAL(table.n_leases, i + 1);
    }
    itp_doubts_deinit(&doubts);
    itp_timers_deinit(&timers);
    itp_roster_deinit(&table);
    return st;
}

static void what_is_said_and_sent_survives_want_of_memory(void)
{
    bench b;
    set_up(&b);
    CU_ASSERT_EQUAL(b.offered.n, 2);
    CU_ASSERT_TRUE(survive(keep_effects, &b) > 6);
    CU_ASSERT_TRUE(survive(tell, &b) > 3);
    CU_ASSERT_TRUE(survive(hear_registration, &b) > 0);
    CU_ASSERT_TRUE(survive(hear_result, &b) > 0);
    tear_down(&b);
}

static void tables_survive_want_of_memory(void)
{
    CU_ASSERT_TRUE(survive(keep_tables, NULL) > 100);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"what is said and sent survives want of memory",
         what_is_said_and_sent_survives_want_of_memory},
        {"tables survive want of memory", tables_survive_want_of_memory},
        CU_TEST_INFO_NULL,
    };
    return suite_run("dispatch/memory", tests);
}
