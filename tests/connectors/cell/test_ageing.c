/* test_ageing.c - jumping over cycles against living them all, and protocols: loops, cut-offs,
 * refusals. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ageing.h"
#include "suite.h"

static itp_status one_cycle(void *ctx, itp_cell_runner *r, double *capacity, itp_error *err)
{
    itp_cell_step steps[3] = {itp_cell_step_of(ITP_STEP_RATE, -1),
                              itp_cell_step_of(ITP_STEP_RATE, 1),
                              itp_cell_step_of(ITP_STEP_VOLTAGE, 4.2)};
    (void)ctx;
    steps[0].until_voltage = 2.5, steps[1].until_voltage = 4.2, steps[2].until_rate = 0.05;
    for (int i = 0; i < 3; i++) {
        itp_cell_summary s;
        itp_status st = itp_cell_run_step(r, &steps[i], &s, err);
        if (st != ITP_OK) return st;
        if (i == 0) *capacity = -s.charge;
    }
    return ITP_OK;
}

/* Lives a cell that ages fast enough to matter; tolerance 0 simulates every cycle. */
static itp_cell_life *live(itp_cell_sei_kind sei, double tolerance, double end, size_t cycles,
                           double *total)
{
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_cell_options o = {.fidelity = ITP_CELL_SPM, .sei = sei, .r_neg = 8, .r_pos = 8};
    itp_error err = {0};
    itp_cell_runner *r = NULL;
    itp_cell_inventory before, after;
    itp_cell_life *life = malloc(sizeof *life);
    itp_cell_published(p, "Chen2020", &err);
    p->sei.solvent_diffusivity = 2.5e-20;
    p->sei.exchange = 2e-4;
    CU_ASSERT_EQUAL_FATAL(itp_cell_runner_create(&r, p, &o, 1, NULL, NULL, &err), ITP_OK);
    itp_cell_lithium(r->model, itp_cell_runner_state(r), &before);
    itp_cell_life_options how = {cycles, end, tolerance, 200};
    itp_status st = itp_cell_live(r, one_cycle, NULL, &how, life, &err);
    CU_ASSERT_EQUAL(st, ITP_OK);
    if (st != ITP_OK) printf("\n  %s", err.text);
    itp_cell_lithium(r->model, itp_cell_runner_state(r), &after);
    *total = after.total / before.total - 1;
    itp_cell_runner_destroy(r);
    free(p);
    return life;
}

static void compare(itp_cell_sei_kind sei, double end)
{
    double drift_all, drift_jump;
    itp_cell_life *all = live(sei, 0, end, 400, &drift_all);
    itp_cell_life *jump = live(sei, 2e-5, end, 400, &drift_jump);
    const itp_cell_cycle *a = &all->kept[all->n_kept - 1], *b = &jump->kept[jump->n_kept - 1];
    printf(" (%.1f and %.1f cycles, %zu simulated, capacity %.5f and %.5f, drift %.0e)",
           all->cycles, jump->cycles, jump->simulated, a->capacity, b->capacity, drift_jump);
    CU_ASSERT(jump->simulated * 4 < all->simulated);
    CU_ASSERT_DOUBLE_EQUAL(jump->cycles, all->cycles, 0.02 * all->cycles);
    if (!all->reached) {
        CU_ASSERT_DOUBLE_EQUAL(b->capacity, a->capacity, 5e-4 * a->capacity);
        CU_ASSERT_DOUBLE_EQUAL(b->lithium.sei, a->lithium.sei, 0.01 * a->lithium.sei);
    }
    CU_ASSERT_EQUAL(jump->reached, all->reached);
    CU_ASSERT(fabs(drift_jump) < 1e-8);
    free(all);
    free(jump);
}

static void jumps_live_the_same_life(void)
{
    compare(ITP_SEI_SOLVENT, 0);
    compare(ITP_SEI_REACTION, 0);
    compare(ITP_SEI_SOLVENT, 0.93);
}

/* --- protocols --- */
typedef struct counting {
    size_t steps, cycles;
    double last_time;
    int ordered;
} counting;

static itp_status count_step(void *ctx, const itp_cell_model *m, const itp_cell_summary *s)
{
    counting *c = ctx;
    (void)m;
    c->steps++;
    c->cycles = s->cycle;
    return ITP_OK;
}

static itp_status count_row(void *ctx, const itp_cell_model *m, const itp_cell_row *row)
{
    counting *c = ctx;
    (void)m;
    c->ordered = c->ordered && row->time_s >= c->last_time;
    c->last_time = row->time_s;
    return ITP_OK;
}

static itp_status run(const char *json, counting *c, itp_cell_summary *last, itp_error *err)
{
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_cell_protocol protocol;
    itp_cell_options o = {.fidelity = ITP_CELL_SPME,
                          .thermal = ITP_CELL_ON,
                          .n_neg = 8,
                          .n_pos = 8,
                          .r_neg = 8,
                          .r_pos = 8};
    itp_cell_hooks hooks = {.ctx = c, .row = count_row, .step = count_step};
    itp_cell_runner *r = NULL;
    *c = (counting){.ordered = 1};
    itp_cell_published(p, "Chen2020", err);
    itp_status st = itp_cell_protocol_parse(&protocol, json, "test", err);
    if (st == ITP_OK)
        st = itp_cell_runner_create(&r, p, &o, protocol.soc, &protocol.safety, &hooks, err);
    if (st == ITP_OK) r->record_s = protocol.record_s;
    if (st == ITP_OK) st = itp_cell_run(r, &protocol, last, err);
    itp_cell_runner_destroy(r);
    free(p);
    return st;
}

static void loops_nest_and_tags_name_steps(void)
{
    static const char JSON[] =
        "{\"initial\": {\"soc\": 0.5}, \"method\": ["
        "{\"step\": \"tag\", \"tag\": \"pulse\"},"
        "{\"step\": \"constant_current\", \"rate_C\": 0.5, \"until_time_s\": 10},"
        "{\"step\": \"constant_current\", \"current_A\": -2.5, \"until_time_s\": 10},"
        "{\"step\": \"loop\", \"loop_to\": \"pulse\", \"cycle_count\": 3},"
        "{\"step\": \"rest\", \"until_time_s\": 5},"
        "{\"step\": \"loop\", \"loop_to\": 1, \"cycle_count\": 2}]}";
    counting c;
    itp_cell_summary last;
    itp_error err = {0};
    CU_ASSERT_EQUAL(run(JSON, &c, &last, &err), ITP_OK);
    CU_ASSERT_EQUAL(c.steps, 2 * (3 * 2 + 1));
    CU_ASSERT(c.ordered);
    CU_ASSERT_DOUBLE_EQUAL(c.last_time, 2 * (3 * 20 + 5), 1e-6);
}

static void power_and_cutoffs_end_where_they_say(void)
{
    counting c;
    itp_cell_summary last;
    itp_error err = {0};
    CU_ASSERT_EQUAL(run("{\"initial\": {\"soc\": 0.6}, \"method\": [{\"step\": \"constant_power\", "
                        "\"power_W\": -18, \"until_capacity_Ah\": 1}]}",
                        &c, &last, &err),
                    ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(last.charge, -1, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(last.v_end * last.i_end, -18, 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(last.energy, -18 * last.duration_s / 3600, 1e-4);
    CU_ASSERT_EQUAL(run("{\"initial\": {\"soc\": 0.2}, \"method\": [{\"step\": "
                        "\"constant_current\", \"rate_C\": 1, \"until_soc\": 0.5}]}",
                        &c, &last, &err),
                    ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(last.charge, 0.3 * 5.153155, 1e-4); /* of 0.884265 Q_n: window_of */
    /* A safety limit ends the run and says so. */
    CU_ASSERT_EQUAL(run("{\"safety\": {\"max_voltage_V\": 4.0}, \"initial\": {\"soc\": 0.2}, "
                        "\"method\": [{\"step\": \"constant_current\", \"rate_C\": 1, "
                        "\"until_voltage_V\": 4.2}, {\"step\": \"rest\", \"until_time_s\": 60}]}",
                        &c, &last, &err),
                    ITP_OK);
    CU_ASSERT_EQUAL(last.end, ITP_END_SAFETY);
    CU_ASSERT_EQUAL(c.steps, 1);
    CU_ASSERT_DOUBLE_EQUAL(last.v_end, 4.0, 1e-4);
}

/* Every cut-off and every limit at once: the list of events must hold them all. */
static void a_step_may_have_every_cutoff(void)
{
    counting c;
    itp_cell_summary last;
    itp_error err = {0};
    CU_ASSERT_EQUAL(run("{\"safety\": {\"min_voltage_V\": 2, \"max_voltage_V\": 4.5, "
                        "\"max_current_A\": 9, \"max_temperature_degC\": 60}, \"initial\": "
                        "{\"soc\": 0.2}, \"method\": [{\"step\": \"constant_current\", \"rate_C\": "
                        "1, \"until_voltage_V\": 4.2, \"until_current_A\": 0.1, \"until_rate_C\": "
                        "0.02, \"until_capacity_Ah\": 0.5, \"until_soc\": 0.9, "
                        "\"until_temperature_degC\": 50, \"until_time_s\": 3600}]}",
                        &c, &last, &err),
                    ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(last.charge, 0.5, 1e-6);
}

static void wrong_protocols_are_refused_by_step_and_key(void)
{
    static const struct {
        const char *json, *word;
    } WRONG[] = {
        {"{}", "method"},
        {"{\"method\": []}", "no steps"},
        {"{\"method\": [{\"step\": \"constant_current\", \"rate_C\": 1}]}", "never end"},
        {"{\"method\": [{\"step\": \"constant_current\", \"until_time_s\": 1}]}", "value"},
        {"{\"method\": [{\"step\": \"fly\"}]}", "fly"},
        {"{\"method\": [{\"step\": \"rest\", \"until_time\": 1}]}", "until_time"},
        {"{\"method\": [{\"step\": \"rest\", \"until_time_s\": \"1\"}]}", "number"},
        {"{\"method\": [{\"step\": \"rest\", \"until_time_s\": -1}]}", "duration"},
        {"{\"method\": [{\"step\": \"rest\", \"until_time_s\": 1}, {\"step\": \"loop\", "
         "\"loop_to\": 2, \"cycle_count\": 2}]}",
         "loop_to"},
        {"{\"method\": [{\"step\": \"rest\", \"until_time_s\": 1}, {\"step\": \"loop\", "
         "\"loop_to\": 1, \"cycle_count\": 0}]}",
         "cycle_count"},
        {"{\"initial\": {\"soc\": 2}, \"method\": [{\"step\": \"rest\", \"until_time_s\": 1}]}",
         "SOC"},
        {"{\"method\": [{\"step\": \"constant_voltage\", \"voltage_V\": 4, "
         "\"until_voltage_V\": 4.1}]}",
         "voltage cut-off"},
        {"{\"colour\": 1}", "colour"},
        {"{\"method\": [", "test:1:"},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        itp_cell_protocol p;
        itp_error err = {0};
        CU_ASSERT_NOT_EQUAL(itp_cell_protocol_parse(&p, WRONG[i].json, "test", &err), ITP_OK);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, WRONG[i].word));
        if (!strstr(err.text, WRONG[i].word)) printf("\n  %s: %s", WRONG[i].json, err.text);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"jumps live the same life", jumps_live_the_same_life},
        {"loops nest and tags name steps", loops_nest_and_tags_name_steps},
        {"power and cut-offs end where they say", power_and_cutoffs_end_where_they_say},
        {"a step may have every cut-off", a_step_may_have_every_cutoff},
        {"wrong protocols are refused by step and key",
         wrong_protocols_are_refused_by_step_and_key},
        CU_TEST_INFO_NULL,
    };
    return suite_run("cell/ageing", tests);
}
