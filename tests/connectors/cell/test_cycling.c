/* test_cycling.c - CCCV and ageing beside the reference solutions: voltages, currents, lithium
 * lost. SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference.h"

static reference ref;

/* --- 1C discharge, rest, C/2 charge, hold: every step from its own switch on --- */
typedef struct cccv {
    size_t next;       /* row of the reference */
    double worst_v[5]; /* mV, by step */
    double worst_i;    /* mA, in the hold */
    size_t compared;
} cccv;

/* Rows come step by step; those of the reference are at times from each step's start. */
static itp_status cccv_row(void *ctx, const itp_cell_model *m, const itp_cell_row *row)
{
    cccv *c = ctx;
    (void)m;
    int step = reference_column(&ref, "step"), v = reference_column(&ref, "voltage_V");
    int i = reference_column(&ref, "current_A");
    double start = 0;
    for (size_t k = 0; k < ref.n; k++) {
        if (k == 0 || ref.value[k][step] != ref.value[k - 1][step]) start = ref.value[k][0];
        int last = k + 1 == ref.n || ref.value[k + 1][step] != ref.value[k][step];
        if (ref.value[k][step] != (double)row->step || last) continue;
        if (fabs(ref.value[k][0] - start - row->step_time_s) > 1e-6) continue;
        double d = 1e3 * fabs(row->voltage - ref.value[k][v]);
        c->worst_v[row->step] = fmax(c->worst_v[row->step], d);
        if (row->step == 4)
            c->worst_i = fmax(c->worst_i, 1e3 * fabs(row->current + ref.value[k][i]));
        c->compared++;
        return ITP_OK;
    }
    return ITP_OK;
}

/* Times from the start of `step` in the reference; gives how many. */
static size_t step_times(double step, double *times)
{
    int col = reference_column(&ref, "step");
    size_t n = 0;
    double start = NAN;
    for (size_t k = 0; k < ref.n; k++) {
        if (ref.value[k][col] != step) continue;
        if (isnan(start)) start = ref.value[k][0];
        times[n++] = ref.value[k][0] - start;
    }
    return n;
}

static void run_cccv(const char *model)
{
    static double times[REFERENCE_ROWS];
    char name[64];
    cccv c = {0};
    itp_error err = {0};
    snprintf(name, sizeof name, "%s_cccv_charge", model);
    if (!suite_data_dir()) {
        suite_skip(name);
        return;
    }
    CU_ASSERT_FATAL(reference_read(&ref, name));
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_cell_published(p, "Chen2020", &err);
    itp_cell_options o = itp_cell_defaults(reference_fidelity(model));
    itp_cell_hooks hooks = {.ctx = &c, .row = cccv_row};
    itp_cell_runner *r = NULL;
    CU_ASSERT_EQUAL_FATAL(itp_cell_runner_create(&r, p, &o, 1, NULL, &hooks, &err), ITP_OK);
    itp_cell_step steps[4] = {
        itp_cell_step_of(ITP_STEP_CURRENT, -5), itp_cell_step_of(ITP_STEP_REST, 0),
        itp_cell_step_of(ITP_STEP_CURRENT, 2.5), itp_cell_step_of(ITP_STEP_VOLTAGE, 4.2)};
    steps[0].until_voltage = 2.5;
    steps[1].until_time = 3600;
    steps[2].until_voltage = 4.2;
    steps[3].until_current = 0.1;
    double charged = 0;
    itp_cell_summary s = {0};
    for (int k = 0; k < 4; k++) {
        r->n_times = step_times(k + 1, times);
        for (size_t i = 0; i < r->n_times; i++) times[i] += r->time_s;
        r->times = times;
        r->next_time = 0;
        itp_status st = itp_cell_run_step(r, &steps[k], &s, &err);
        CU_ASSERT_EQUAL(st, ITP_OK);
        if (st != ITP_OK) printf("\n  %s", err.text);
        if (k >= 2) charged += s.charge;
    }
    int q = reference_column(&ref, "discharge_capacity_Ah"), col = reference_column(&ref, "step");
    double low = 0;
    for (size_t k = 0; k < ref.n; k++)
        if (ref.value[k][col] == 2) low = ref.value[k][q];
    double theirs = low - ref.value[ref.n - 1][q];
    printf(
        "\n  %-18s %zu rows, mV by step %.4f %.4f %.4f, hold %.3f mA, end %+.3f s, capacity %.1e",
        name, c.compared, c.worst_v[1], c.worst_v[2], c.worst_v[3], c.worst_i,
        r->time_s - ref.value[ref.n - 1][0], fabs(charged / theirs - 1));
    CU_ASSERT(c.compared > 300);
    for (int k = 2; k <= 4; k++) CU_ASSERT(c.worst_v[k] <= 1);
    CU_ASSERT(c.worst_i <= 5);
    CU_ASSERT_DOUBLE_EQUAL(charged, theirs, 2e-4 * theirs);
    itp_cell_runner_destroy(r);
    free(p);
}

static void cccv_follows_the_reference(void)
{
    run_cccv("spm");
    run_cccv("spme");
    run_cccv("dfn");
}

/* --- SEI --- */
static void run_sei(const char *model, const char *law, itp_cell_sei_kind kind, size_t cycles)
{
    char name[80];
    itp_error err = {0};
    snprintf(name, sizeof name, "%s_sei_%s_%zucycles", model, law, cycles);
    if (!suite_data_dir()) {
        suite_skip(name);
        return;
    }
    CU_ASSERT_FATAL(reference_read(&ref, name));
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_cell_published(p, "Chen2020", &err);
    itp_cell_options o = itp_cell_defaults(reference_fidelity(model));
    o.sei = kind;
    itp_cell_runner *r = NULL;
    CU_ASSERT_EQUAL_FATAL(itp_cell_runner_create(&r, p, &o, 1, NULL, NULL, &err), ITP_OK);
    free(p);
    itp_cell_step steps[3] = {itp_cell_step_of(ITP_STEP_CURRENT, -5),
                              itp_cell_step_of(ITP_STEP_CURRENT, 2.5),
                              itp_cell_step_of(ITP_STEP_VOLTAGE, 4.2)};
    steps[0].until_voltage = 2.5;
    steps[1].until_voltage = 4.2;
    steps[2].until_current = 0.1;
    double worst_loss = 0, worst_capacity = 0, worst_sep = 0;
    for (size_t k = 0; k < cycles; k++) {
        itp_cell_summary s[3];
        for (int i = 0; i < 3; i++) {
            itp_status st = itp_cell_run_step(r, &steps[i], &s[i], &err);
            CU_ASSERT_EQUAL(st, ITP_OK);
            if (st != ITP_OK) printf("\n  %s", err.text);
        }
        const double *y = itp_cell_runner_state(r), *row = ref.value[k];
        itp_cell_inventory li;
        itp_cell_lithium(r->model, y, &li);
        double loss = row[reference_column(&ref, "loss_to_sei_Ah")];
        double capacity = row[reference_column(&ref, "discharge_capacity_Ah")];
        double sep = row[reference_column(&ref, "sei_thickness_total_sep_m")] - 5e-9;
        worst_loss = fmax(worst_loss, fabs(li.sei_charge / loss - 1));
        worst_capacity = fmax(worst_capacity, fabs(-s[0].charge / capacity - 1));
        double ours = itp_cell_sei_thickness(r->model, r->model->block[0].sites - 1, y) - 5e-9;
        worst_sep = fmax(worst_sep, fabs(ours / sep - 1));
    }
    printf("\n  %-42s lost %.1e, capacity %.1e, growth at the separator %.1e", name, worst_loss,
           worst_capacity, worst_sep);
    CU_ASSERT(worst_loss <= 5e-3);
    CU_ASSERT(worst_capacity <= 2e-4);
    CU_ASSERT(worst_sep <= 1e-2);
    itp_cell_runner_destroy(r);
}

static void sei_takes_the_reference_lithium_spm(void)
{
    run_sei("spm", "solvent_diffusion", ITP_SEI_SOLVENT, 100);
    run_sei("spm", "reaction_limited", ITP_SEI_REACTION, 100);
}

static void sei_takes_the_reference_lithium_dfn(void)
{
    run_sei("dfn", "solvent_diffusion", ITP_SEI_SOLVENT, 20);
    run_sei("dfn", "reaction_limited", ITP_SEI_REACTION, 20);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"CCCV follows the reference", cccv_follows_the_reference},
        {"SEI takes the reference's lithium, SPM", sei_takes_the_reference_lithium_spm},
        {"SEI takes the reference's lithium, DFN", sei_takes_the_reference_lithium_dfn},
        CU_TEST_INFO_NULL,
    };
    return suite_run("cell/cycling", tests);
}
