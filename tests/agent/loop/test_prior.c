/* test_prior.c - a person's prior as the acquisition sees it: values by its definition, slopes
 * against differences, rows of a table alike.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "belief.h"
#include "suite.h"

static const char HEAD[] =
    "campaign: p\nparameters:\n"
    "  a: {real: [2, 10], unit: nm}\n"
    "  b: {real: [0.01, 10], scale: log}\n"
    "  c: {real: [0, 90], period: 90, unit: degree}\n"
    "  n: {integer: [1, 9]}\n"
    "  s: {categorical: [LiPF6, LiFSI, LiBOB]}\n"
    "  t: {discrete: [10, 25, 40], unit: degC}\n"
    "  e: {real: [0, 5], when: s == LiFSI}\n"
    "tasks: {m: {outputs: {y: {unit: V}}}}\nobjectives: [{maximise: y}]\n"
    "prior:\n"
    "  a: {near: 0.004 um, sd: 1500 pm}\n  b: {near: 0.1, factor: 3}\n"
    "  c: {near: 85 degree, sd: 10 degree}\n  n: {near: 4, sd: 2}\n"
    "  s: {LiFSI: 4}\n  t: {25: 3, 40: 0.5}\n  e: {near: 1, sd: 0.5}\nbudget: {trials: 9}\n";

static itp_campaign *campaign_of(const char *text)
{
    itp_campaign *c = NULL;
    itp_findings findings = {0};
    if (itp_campaign_parse(&c, "p.yaml", text, 0, NULL, &findings, NULL) != ITP_OK)
        fprintf(stderr, "%s", findings.text ? findings.text : "");
    itp_findings_deinit(&findings);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    return c;
}

static double square(double t)
{
    return t * t;
}

static void the_prior_is_what_was_said(void)
{
    itp_campaign *c = campaign_of(HEAD);
    posed p = {0};
    double x[16], grad[16];
    CU_ASSERT_EQUAL_FATAL(prior_pose(&p, c), ITP_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p.problem.log_prior_at);
    const double points[][7] = {
        {5, 0.3, 5, 6, 1, 25, 2}, {2.5, 5, 60, 4, 0, 40, NAN}, {9, 0.02, 80, 1, 2, 10, NAN}};
    for (size_t i = 0; i < 3; i++) {
        const double *q = points[i], odds[] = {1, 4, 1};
        double away = fabs(q[2] - 85) > 45 ? 90 - fabs(q[2] - 85) : q[2] - 85;
        double want = -square((q[0] - 4) / 1.5) / 2 - square(log(q[1] / 0.1) / log(3)) / 2 -
                      square(away / 10) / 2 - square((q[3] - 4) / 2) / 2 +
                      log(odds[(int)q[4]] / 6) +
                      log((q[5] == 25   ? 3
                           : q[5] == 40 ? 0.5
                                        : 1) /
                          4.5);
        if (!isnan(q[6])) want -= square((q[6] - 1) / 0.5) / 2;
        CU_ASSERT_EQUAL_FATAL(itp_space_encode(c->space, q, x, NULL), ITP_OK);
        double got = p.problem.log_prior_at(p.problem.log_prior_ctx, x, grad);
        CU_ASSERT_DOUBLE_EQUAL(got, want, 1e-9 * (1 + fabs(want)));
        for (size_t j = 0; j < itp_space_d(c->space); j++) {
            unsigned of = itp_space_columns(c->space)[j].parameter;
            double at = x[j], h = 1e-6, side[2];
            if (itp_space_param(c->space, of)->kind != ITP_REAL || isnan(at)) continue;
            for (int k = 0; k < 2; k++) {
                x[j] = at + (k ? h : -h);
                side[k] = p.problem.log_prior_at(p.problem.log_prior_ctx, x, NULL);
            }
            x[j] = at;
            CU_ASSERT_DOUBLE_EQUAL(grad[j], (side[1] - side[0]) / (2 * h),
                                   1e-6 * (1 + fabs(grad[j])));
        }
    }
    problem_deinit(&p);
    itp_campaign_destroy(c);
}

static void rows_of_a_table_have_it_too(void)
{
    static const char TABLE[] = "a,s\n1,x\n3,y\n8,x\n";
    const itp_campaign_file file = {"rows.csv", TABLE, sizeof TABLE - 1};
    itp_campaign *c = NULL;
    posed p = {0};
    CU_ASSERT_EQUAL_FATAL(
        itp_campaign_parse(
            &c, "p.yaml",
            "campaign: p\nparameters: {a: {real: [0, 9]}, s: {categorical: [x, y]}}\n"
            "candidates: rows.csv\ntasks: {m: {outputs: {y: {unit: V}}}}\n"
            "objectives: [{maximise: y}]\nbudget: {trials: 3}\n"
            "prior: {a: {near: 2, sd: 2}, s: {y: 3}}\n",
            1, &file, NULL, NULL),
        ITP_OK);
    CU_ASSERT_EQUAL_FATAL(prior_pose(&p, c), ITP_OK);
    CU_ASSERT_PTR_NULL(p.problem.log_prior_at);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p.problem.log_prior);
    CU_ASSERT_DOUBLE_EQUAL(p.problem.log_prior[0], -0.125 + log(0.25), 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(p.problem.log_prior[1], -0.125 + log(0.75), 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(p.problem.log_prior[2], -4.5 + log(0.25), 1e-12);
    problem_deinit(&p);
    itp_campaign_destroy(c);
}

int main(void)
{
    CU_TestInfo tests[] = {{"the prior is what was said", the_prior_is_what_was_said},
                           {"rows of a table have it too", rows_of_a_table_have_it_too},
                           CU_TEST_INFO_NULL};
    return suite_run("loop/prior", tests);
}
