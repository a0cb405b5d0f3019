/* test_function.c - the test problems at their known optima, and the connector around them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "attempt.h"
#include "problems.h"
#include "suite.h"

static void optima_are_where_the_literature_has_them(void)
{
    for (size_t i = 0; problem_at(i); i++) {
        const problem *p = problem_at(i);
        double x[7], out[PROBLEM_OUTPUTS_MAX];
        for (size_t k = 0; k < p->inputs_min; k++) x[k] = p->best_at[k];
        p->eval(p->inputs_min, x, out);
        /* Optima are printed with five to eight digits. */
        double tolerance = 2e-5 * fmax(1, fabs(p->best));
        if (!(fabs(out[0] - p->best) <= tolerance)) {
            printf("\n  %s: %.10g, expected %.10g\n", p->name, out[0], p->best);
            CU_FAIL("optimum");
        }
        for (size_t k = 0; k < p->constraints; k++) {
            double slack = strcmp(p->name, "pressure-vessel") == 0 ? 1 : 0.5;
            /* Active constraints are met to the printed digits: psi and cubic inches are large. */
            if (strcmp(p->name, "tension-spring") == 0 || strcmp(p->name, "gramacy") == 0)
                slack = 1e-3;
            if (out[p->objectives + k] > slack) {
                printf("\n  %s: g%zu = %g\n", p->name, k + 1, out[p->objectives + k]);
                CU_FAIL("constraint");
            }
        }
    }
}

static void nothing_in_the_domain_is_better_than_the_optimum(void)
{
    /* How: a lattice from a fixed recurrence (Roberts' R-sequence) over each domain. */
    for (size_t i = 0; problem_at(i); i++) {
        const problem *p = problem_at(i);
        size_t d = p->inputs_min;
        double x[7], out[PROBLEM_OUTPUTS_MAX], phi = 1;
        for (int k = 0; k < 60; k++) phi = pow(1 + phi, 1.0 / (double)(d + 1));
        for (int n = 1; n <= 20000; n++) {
            int feasible = 1;
            for (size_t k = 0; k < d; k++) {
                double u = fmod(0.5 + n * pow(1 / phi, (double)(k + 1)), 1);
                size_t at = p->alike ? 0 : k;
                x[k] = p->low[at] + u * (p->high[at] - p->low[at]);
            }
            p->eval(d, x, out);
            for (size_t k = 0; k < p->constraints; k++) feasible &= out[p->objectives + k] <= 0;
            if (!feasible || isnan(out[0])) continue;
            if (out[0] < p->best - 2e-5 * fmax(1, fabs(p->best))) {
                printf("\n  %s: %.10g at %g, %g\n", p->name, out[0], x[0], d > 1 ? x[1] : 0);
                CU_FAIL("better than the optimum");
                break;
            }
        }
    }
}

static void names_are_found_with_and_without_dashes(void)
{
    CU_ASSERT_PTR_EQUAL(problem_find("hartmann6"), problem_find("hartmann-6"));
    CU_ASSERT_PTR_EQUAL(problem_find("styblinski_tang"), problem_find("styblinski-tang"));
    CU_ASSERT_PTR_NULL(problem_find("hartmann"));
}

static const itp_value POINT[] = {NUMBER("x2", 2.275, "1"), NUMBER("x1", 3.14159265358979, "1")};

static void outputs_go_by_name_or_in_order(void)
{
    static const itp_port value[] = {WANT("value", "1")}, own[] = {WANT("loss", "V")};
    static const itp_port both[] = {WANT("f2", "1"), WANT("f1", "1")},
                          words[] = {WANT("a", "1"), WANT("b", "1")};
    static const itp_port many[] = {WANT("a", "1"), WANT("b", "1"), WANT("c", "1")};
    static const itp_value corner[] = {NUMBER("x1", 0.5, "1"), NUMBER("x2", 0.5, "1")};
    attempt a;
    attempt_open(&a, "function", "{}");
    INPUTS(&a, POINT);
    WANTED(&a, value);
    CU_ASSERT_EQUAL(attempt_run(&a, "{\"name\":\"branin\"}"), ITP_CAUSE_NONE);
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "value"), 0.39788735772973816, 1e-9);
    CU_ASSERT_EQUAL(a.started, 1);
    WANTED(&a, own);
    CU_ASSERT_EQUAL(attempt_run(&a, "{\"name\":\"branin\"}"), ITP_CAUSE_NONE);
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "loss"), 0.39788735772973816, 1e-9);
    INPUTS(&a, corner);
    WANTED(&a, both);
    CU_ASSERT_EQUAL(attempt_run(&a, "{\"name\":\"branin-currin\"}"), ITP_CAUSE_NONE);
    double f1 = attempt_number(&a, "f1"), f2 = attempt_number(&a, "f2");
    CU_ASSERT_DOUBLE_EQUAL(f1, 24.129964413622268, 1e-9); /* Branin at (2.5, 7.5) */
    WANTED(&a, words);
    CU_ASSERT_EQUAL(attempt_run(&a, "{\"name\":\"branin-currin\"}"), ITP_CAUSE_NONE);
    CU_ASSERT(attempt_number(&a, "a") == f1 && attempt_number(&a, "b") == f2);
    WANTED(&a, many);
    CU_ASSERT_EQUAL(attempt_run(&a, "{\"name\":\"branin-currin\"}"), ITP_CAUSE_REFUSED);
    attempt_close(&a);
}

static void noise_comes_from_the_seed_alone(void)
{
    static const itp_port value[] = {WANT("value", "1")};
    static const char NOISY[] = "{\"name\":\"branin\",\"noise\":0.5}";
    attempt a;
    double sum = 0, squares = 0;
    enum { N = 4000 };
    attempt_open(&a, "function", "{}");
    INPUTS(&a, POINT);
    WANTED(&a, value);
    CU_ASSERT_EQUAL(attempt_run(&a, NOISY), ITP_CAUSE_NONE);
    double first = attempt_number(&a, "value");
    a.request.epoch = 2;
    attempt_run(&a, NOISY);
    CU_ASSERT_EQUAL(attempt_number(&a, "value"), first);
    for (uint64_t i = 0; i < N; i++) {
        a.request.seed = 77 * i;
        attempt_run(&a, NOISY);
        double e = attempt_number(&a, "value") - 0.39788735772973816;
        sum += e;
        squares += e * e;
    }
    /* Five standard errors of mean and variance. */
    CU_ASSERT_DOUBLE_EQUAL(sum / N, 0, 5 * 0.5 / sqrt(N));
    CU_ASSERT_DOUBLE_EQUAL(squares / N, 0.25, 5 * 0.25 * sqrt(2.0 / N));
    attempt_close(&a);
}

static void faults_come_at_their_rate(void)
{
    static const itp_port value[] = {WANT("value", "1")};
    attempt a;
    int failed = 0;
    enum { N = 2000 };
    attempt_open(&a, "function", "{}");
    INPUTS(&a, POINT);
    WANTED(&a, value);
    for (uint64_t i = 0; i < N; i++) {
        a.request.seed = i;
        itp_cause cause = attempt_run(&a, "{\"name\":\"branin\",\"fail\":\"20 %\"}");
        failed += cause == ITP_CAUSE_SCIENTIFIC;
        CU_ASSERT(cause == ITP_CAUSE_NONE || cause == ITP_CAUSE_SCIENTIFIC);
    }
    CU_ASSERT_DOUBLE_EQUAL((double)failed / N, 0.2, 5 * sqrt(0.2 * 0.8 / N));
    attempt_close(&a);
}

static void latency_is_part_of_the_cost(void)
{
    static const itp_port value[] = {WANT("value", "1")};
    attempt a;
    attempt_open(&a, "function", "{}");
    INPUTS(&a, POINT);
    WANTED(&a, value);
    attempt_run(&a, "{\"name\":\"branin\",\"latency\":\"20 ms\"}");
    CU_ASSERT(a.report.cost >= 0.02);
    attempt_close(&a);
}

static void wrong_options_are_explained(void)
{
    static const struct {
        const char *options, *says;
    } cases[] = {{"[]", "not a JSON object"},
                 {"{}", "name is missing"},
                 {"{\"name\":\"branni\"}", "\"branni\" is none of branin"},
                 {"{\"name\":7}", "name of a function"},
                 {"{\"name\":\"branin\",\"latency\":\"20 mm\"}", "latency: expected"},
                 {"{\"name\":\"branin\",\"fail\":\"120 %\"}", "fail: expected"},
                 {"{\"name\":\"branin\",\"noise\":-1}", "noise: expected"},
                 {"{\"name\":\"branin\",\"nois\":1}", "nois: not an option"}};
    attempt a;
    attempt_open(&a, "function", "{}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        itp_error err = {.status = ITP_OK};
        CU_ASSERT_NOT_EQUAL(itp_plugin_check(a.plugin, "f", cases[i].options, &err), ITP_OK);
        if (!strstr(err.text, cases[i].says)) CU_FAIL(cases[i].says);
    }
    CU_ASSERT_EQUAL(itp_plugin_check(a.plugin, "f",
                                     "{\"name\":\"levy\",\"noise\":\"0.1\",\"jitter\":0.5,"
                                     "\"hang\":\"1 %\",\"crash\":0,\"latency\":0.1}",
                                     NULL),
                    ITP_OK);
    attempt_close(&a);
}

static void wrong_inputs_are_refused(void)
{
    static const itp_value twice[] = {NUMBER("x1", 1, "1"), NUMBER("x1", 1, "1")};
    static const itp_value other[] = {NUMBER("x1", 1, "1"), NUMBER("temperature", 1, "1")};
    static const itp_value label[] = {NUMBER("x1", 1, "1"), LABEL("x2", "red")};
    static const itp_port value[] = {WANT("value", "1")};
    attempt a;
    attempt_open(&a, "function", "{}");
    WANTED(&a, value);
    INPUTS(&a, twice);
    CU_ASSERT_EQUAL(attempt_run(&a, "{\"name\":\"branin\"}"), ITP_CAUSE_REFUSED);
    INPUTS(&a, other);
    CU_ASSERT_EQUAL(attempt_run(&a, "{\"name\":\"branin\"}"), ITP_CAUSE_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.report.text, "temperature"));
    INPUTS(&a, label);
    CU_ASSERT_EQUAL(attempt_run(&a, "{\"name\":\"branin\"}"), ITP_CAUSE_REFUSED);
    attempt_close(&a);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"optima are where the literature has them", optima_are_where_the_literature_has_them},
        {"nothing is better than the optimum", nothing_in_the_domain_is_better_than_the_optimum},
        {"names are found without dashes", names_are_found_with_and_without_dashes},
        {"outputs go by name or in order", outputs_go_by_name_or_in_order},
        {"noise comes from the seed alone", noise_comes_from_the_seed_alone},
        {"faults come at their rate", faults_come_at_their_rate},
        {"latency is part of the cost", latency_is_part_of_the_cost},
        {"wrong options are explained", wrong_options_are_explained},
        {"wrong inputs are refused", wrong_inputs_are_refused},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/function", tests);
}
