/* test_history.c - earlier data: read with their units, used where they help, dropped where they
 * mislead, and the same bits whether models are kept or rebuilt.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decide.h"
#include "history.h"
#include "suite.h"

enum { OWN_MAX = 16, EARLIER = 30, TEXT_MAX = 8000 };

static double truth(double x)
{
    return sin(9 * x) + 2 * x;
}

/* Earlier measurements of truth, scaled and shifted, or of something else altogether. */
static void write_table(char *out, double by, double plus, int misleading)
{
    size_t used = (size_t)snprintf(out, TEXT_MAX, "x,y,y_unit\n");
    for (int i = 0; i < EARLIER; i++) {
        double x = (i + 0.5) / EARLIER;
        double y = misleading ? cos(23 * x * x) * 3 - 4 * x : by * truth(x) + plus;
        used += (size_t)snprintf(out + used, TEXT_MAX - used, "%.9g,%.9g,mV\n", x, 1000 * y);
    }
}

static itp_campaign *campaign_with(const char *table, const char *as)
{
    char text[600];
    itp_campaign *c = NULL;
    itp_findings findings = {0};
    const itp_campaign_file file = {"old.csv", table, strlen(table)};
    snprintf(text, sizeof text,
             "campaign: h\nparameters: {x: {real: [0, 1]}}\n"
             "tasks: {m: {outputs: {y: {unit: V}}}}\nobjectives: [{maximise: y}]\n"
             "budget: {trials: 30}\ndata: {file: old.csv, as: %s}\n",
             as);
    if (itp_campaign_parse(&c, "h.yaml", text, 1, &file, &findings, NULL) != ITP_OK)
        fprintf(stderr, "%s", findings.text ? findings.text : "");
    itp_findings_deinit(&findings);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    return c;
}

typedef struct {
    itp_snapshot s;
    double points[OWN_MAX];
    itp_trial_state states[OWN_MAX];
    itp_observation seen[OWN_MAX];
    itp_last_fit fits[1];
} past;

static void look_back(past *p, const itp_campaign *c, size_t n)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i < n; i++) {
        p->points[i] = fmod(0.137 + 0.6180339887 * (double)i, 1);
        p->states[i] = ITP_TRIAL_MEASURED;
        p->seen[i] = (itp_observation){i + 1, 0, truth(p->points[i]), NAN};
    }
    p->s = (itp_snapshot){.campaign = c,
                          .number = n,
                          .saw = n,
                          .wanted = 1,
                          .committed = n,
                          .designed = n,
                          .trial_cost = NAN,
                          .n_trials = n,
                          .points = p->points,
                          .states = p->states,
                          .n_observations = n,
                          .observations = p->seen,
                          .fits = p->fits};
}

/* What a decision after n own trials says of the table, and how far off its prediction is. */
static double decide_after(size_t n, const char *table, const char *as, const char *says)
{
    itp_campaign *c = campaign_with(table, as);
    itp_decider *decider = NULL;
    itp_decision *made = NULL;
    itp_error err = {0};
    past p;
    look_back(&p, c, n);
    CU_ASSERT_EQUAL_FATAL(itp_decider_create(&decider, "here", 1), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_decide(decider, &p.s, &made, &err), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(made->n_picks, 1);
    if (!strstr(made->why, says)) printf("\n  %s\n", made->why);
    CU_ASSERT_PTR_NOT_NULL(strstr(made->why, says));
    double off = fabs(made->picks[0].mean[0] - truth(made->picks[0].point[0]));
    itp_decision_destroy(made);
    itp_decider_destroy(decider);
    itp_campaign_destroy(c);
    return off;
}

static void a_table_is_read_in_its_units(void)
{
    itp_campaign *c =
        campaign_with("x,y,y_unit,y_sd\n0.5,1500,mV,20\n2,1,V,\n0.25,-1,V,0.1\n0.3,,,\n", "auto");
    CU_ASSERT_EQUAL_FATAL(c->n_histories, 1);
    const itp_history *h = &c->histories[0];
    CU_ASSERT_EQUAL_FATAL(h->n, 2); /* one is outside, one is empty */
    CU_ASSERT_DOUBLE_EQUAL(h->values[0], 1.5, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(h->sds[0], 0.02, 1e-12);
    CU_ASSERT(h->points[1] == 0.25 && h->values[1] == -1);
    CU_ASSERT_EQUAL(itp_space_d(c->space), 2);
    CU_ASSERT_EQUAL(itp_space_columns(c->space)[1].kind, ITP_COLUMN_SOURCE);
    double x[2];
    CU_ASSERT_EQUAL(itp_space_encode(c->space, (double[]){0.5}, x, NULL), ITP_OK);
    CU_ASSERT(x[0] == 0.5 && x[1] == 0);
    itp_campaign_destroy(c);
}

static void what_helps_is_used(void)
{
    char table[TEXT_MAX];
    write_table(table, 1, 0, 0);
    CU_ASSERT(decide_after(3, table, "auto", "too few to judge") < 0.3);
    CU_ASSERT(decide_after(8, table, "data", "30 earlier rows taken as measurements") < 0.05);
    write_table(table, 1, 5, 0); /* shifted by far more than its range: no measurement of ours */
    CU_ASSERT(decide_after(8, table, "source", "30 earlier rows taken as another source") < 0.5);
    CU_ASSERT(decide_after(8, table, "mean", "30 earlier rows taken as the prior mean") < 0.05);
    CU_ASSERT(decide_after(8, table, "auto", "30 earlier rows taken as the prior mean") < 0.05);
    CU_ASSERT(decide_after(3, table, "mean", "too few to judge") < 0.3);
}

static void what_misleads_is_dropped(void)
{
    char table[TEXT_MAX];
    write_table(table, 0, 0, 1);
    decide_after(12, table, "data", "30 earlier rows dropped");
    decide_after(12, table, "mean", "30 earlier rows dropped");
    decide_after(12, table, "auto", "30 earlier rows");
    write_table(table, 1, 5, 0);
    decide_after(12, table, "data", "30 earlier rows dropped");
}

/* A later decision from the kept models and one from models rebuilt by the record. */
static void rebuilt_models_are_the_kept_ones(void)
{
    static const char *const USES[] = {"auto", "data", "source", "mean"};
    char table[TEXT_MAX];
    write_table(table, 0.8, 0.3, 0);
    for (int k = 0; k < 4; k++) {
        itp_campaign *c = campaign_with(table, USES[k]);
        itp_decider *kept = NULL, *fresh = NULL;
        itp_decision *first = NULL, *a = NULL, *b = NULL;
        past p;
        CU_ASSERT_EQUAL_FATAL(itp_decider_create(&kept, "here", 1), ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_decider_create(&fresh, "here", 1), ITP_OK);
        look_back(&p, c, 8);
        CU_ASSERT_EQUAL_FATAL(itp_decide(kept, &p.s, &first, NULL), ITP_OK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(first->models[0].saved);
        look_back(&p, c, 9);
        p.fits[0] = (itp_last_fit){first->models[0].saved, first->models[0].n};
        CU_ASSERT_EQUAL_FATAL(itp_decide(kept, &p.s, &a, NULL), ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_decide(fresh, &p.s, &b, NULL), ITP_OK);
        CU_ASSERT_PTR_NULL(itp_decision_differs(a, b, 1));
        itp_decision_destroy(a);
        itp_decision_destroy(b);
        itp_decision_destroy(first);
        itp_decider_destroy(kept);
        itp_decider_destroy(fresh);
        itp_campaign_destroy(c);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {{"a table is read in its units", a_table_is_read_in_its_units},
                           {"what helps is used", what_helps_is_used},
                           {"what misleads is dropped", what_misleads_is_dropped},
                           {"rebuilt models are the kept ones", rebuilt_models_are_the_kept_ones},
                           CU_TEST_INFO_NULL};
    return suite_run("loop/history", tests);
}
