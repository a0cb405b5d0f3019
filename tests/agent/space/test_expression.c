/* test_expression.c - values, exact derivatives, structure, faults and hostile text.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "expression.h"
#include "suite.h"

static const char *const NAMES[] = {"x", "y", "z", "coat.porosity", "EC:DMC ratio"};
static const double AT[] = {1.5, 2, -0.75, 0.3, 7};

static double value(const char *text)
{
    itp_expression *e = NULL;
    itp_fault fault = {0};
    if (itp_expression_compile(&e, text, 5, NAMES, &fault) != ITP_OK) {
        printf("\n  %s: %s at %zu\n", text, fault.message, fault.at);
        return -1e300;
    }
    double v = itp_expression_eval(e, AT);
    itp_expression_destroy(e);
    return v;
}

static void arithmetic_is_school_arithmetic(void)
{
    CU_ASSERT_EQUAL(value("1 + 2*3"), 7);
    CU_ASSERT_EQUAL(value("(1 + 2)*3"), 9);
    CU_ASSERT_EQUAL(value("2^3^2"), 512);
    CU_ASSERT_EQUAL(value("-2^2"), -4);
    CU_ASSERT_EQUAL(value("2^-1"), 0.5);
    CU_ASSERT_EQUAL(value("2**3"), 8);
    CU_ASSERT_EQUAL(value("8/4/2"), 1);
    CU_ASSERT_EQUAL(value("8-4-2"), 2);
    CU_ASSERT_EQUAL(value("- - 3"), 3);
    CU_ASSERT_EQUAL(value("1.5e-3*x"), 1.5e-3 * 1.5);
    CU_ASSERT_EQUAL(value(".5 + 1."), 1.5);
    CU_ASSERT_EQUAL(value("min(x, y, z) + max(x, y)"), 1.25);
    CU_ASSERT_DOUBLE_EQUAL(value("sin(pi/6)"), 0.5, DBL_EPSILON);
    CU_ASSERT_EQUAL(value("coat.porosity*`EC:DMC ratio`"), 0.3 * 7);
    CU_ASSERT(isnan(value("log(z)")));
    CU_ASSERT(isnan(value("min(x, sqrt(z))")));
}

/* How: expressions grown at random, gradient against central differences where those are smooth. */
static void grow(unsigned *state, int depth, char *out, size_t size)
{
    static const char *const calls[] = {"sin", "exp", "tanh", "erf", "atan", "cosh", "abs"};
    char a[2000], b[2000];
    *state = *state * 1664525u + 1013904223u;
    unsigned pick = (*state >> 16) % 10;
    if (depth == 0 || pick == 0) {
        snprintf(out, size, "%s", pick % 2 ? NAMES[pick % 4] : pick % 4 ? "x" : "1.25");
        return;
    }
    grow(state, depth - 1, a, sizeof a);
    if (pick < 4) {
        snprintf(out, size, "%s(%s/3)", calls[(*state >> 20) % 7], a);
        return;
    }
    grow(state, depth - 1, b, sizeof b);
    if (pick == 4)
        snprintf(out, size, "hypot(%s, 1 + (%s))", a, b);
    else if (pick == 5)
        snprintf(out, size, "(2 + (%s)^2)^(%s/4)", a, b);
    else if (pick == 6)
        snprintf(out, size, "(%s)/(3 + (%s)^2)", a, b);
    else
        snprintf(out, size, "(%s) %c (%s)", a, "+-*"[pick - 7], b);
}

static void gradient_meets_differences(void)
{
    unsigned state = 7;
    int compared = 0;
    for (int trial = 0; trial < 400; trial++) {
        char text[5000];
        double grad[5], x[5];
        itp_expression *e;
        grow(&state, 4, text, sizeof text);
        if (itp_expression_compile(&e, text, 5, NAMES, NULL) != ITP_OK) continue;
        double v = itp_expression_gradient(e, AT, grad);
        CU_ASSERT_EQUAL(v, itp_expression_eval(e, AT));
        for (size_t i = 0; i < 5; i++) {
            double h = 1e-5, side[2];
            for (int s = 0; s < 2; s++) {
                memcpy(x, AT, sizeof x);
                x[i] += s ? h : -h;
                side[s] = itp_expression_eval(e, x);
            }
            if (!isfinite(v) || fabs(v) > 1e6) continue;
            double difference = (side[1] - side[0]) / (2 * h);
            /* h^2 of truncation times a generous third derivative, and rounding over h. */
            double tolerance = 1e-6 * (1 + fabs(difference) + fabs(v));
            CU_ASSERT_DOUBLE_EQUAL(grad[i], difference, tolerance);
            if (!itp_expression_uses(e, i)) CU_ASSERT_EQUAL(grad[i], 0);
            compared++;
        }
        itp_expression_destroy(e);
    }
    CU_ASSERT(compared > 1500);
}

static void functions_have_their_derivatives(void)
{
    static const char *const calls[] = {"sqrt(x)",  "cbrt(x)",   "exp(x)",    "log(x)",   "ln(x)",
                                        "log10(x)", "log2(x)",   "abs(x)",    "sin(x)",   "cos(x)",
                                        "tan(x)",   "asin(x/4)", "acos(x/4)", "atan(x)",  "sinh(x)",
                                        "cosh(x)",  "tanh(x)",   "erf(x)",    "pow(x,y)", "x^y^x",
                                        "min(x,y)", "max(x,y)",  "hypot(x,y)"};
    for (size_t k = 0; k < sizeof calls / sizeof *calls; k++) {
        itp_expression *e;
        double grad[2], h = 1e-6;
        CU_ASSERT_EQUAL_FATAL(itp_expression_compile(&e, calls[k], 2, NAMES, NULL), ITP_OK);
        itp_expression_gradient(e, (double[]){1.5, 2}, grad);
        double dx = itp_expression_eval(e, (double[]){1.5 + h, 2}) -
                    itp_expression_eval(e, (double[]){1.5 - h, 2});
        double dy = itp_expression_eval(e, (double[]){1.5, 2 + h}) -
                    itp_expression_eval(e, (double[]){1.5, 2 - h});
        CU_ASSERT_DOUBLE_EQUAL(grad[0], dx / (2 * h), 1e-8 * (1 + fabs(grad[0])));
        CU_ASSERT_DOUBLE_EQUAL(grad[1], dy / (2 * h), 1e-8 * (1 + fabs(grad[1])));
        itp_expression_destroy(e);
    }
}

static void linear_ones_are_recognised(void)
{
    static const struct {
        const char *text;
        int linear;
        double a[3], b;
    } CASES[] = {{"2*x - y/4 + 3", 1, {2, -0.25, 0}, 3},
                 {"(x + y)*2 - (z - 1)/2", 1, {2, 2, -0.5}, 0.5},
                 {"sqrt(4)*x + 2^3", 1, {2, 0, 0}, 8},
                 {"x - x + 1", 1, {0, 0, 0}, 1},
                 {"min(2, 1)*z", 1, {0, 0, 1}, 0},
                 {"x*y", 0, {0}, 0},
                 {"1/x", 0, {0}, 0},
                 {"x/0", 0, {0}, 0},
                 {"x^2", 0, {0}, 0},
                 {"abs(x)", 0, {0}, 0}};
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        itp_expression *e;
        double a[3], b;
        CU_ASSERT_EQUAL_FATAL(itp_expression_compile(&e, CASES[k].text, 3, NAMES, NULL), ITP_OK);
        CU_ASSERT_EQUAL(itp_expression_linear(e, a, &b), CASES[k].linear);
        if (CASES[k].linear) {
            CU_ASSERT(!memcmp(a, CASES[k].a, sizeof a));
            CU_ASSERT_EQUAL(b, CASES[k].b);
        }
        itp_expression_destroy(e);
    }
}

static void size_is_of_the_outer_terms(void)
{
    itp_expression *e;
    CU_ASSERT_EQUAL_FATAL(itp_expression_compile(&e, "(x + y*z) - (3 - x)", 3, NAMES, NULL),
                          ITP_OK);
    CU_ASSERT_EQUAL(itp_expression_size(e, (double[]){1, 2, -4}), 1 + 8 + 3 + 1);
    CU_ASSERT_EQUAL(itp_expression_is_name(e), -1);
    itp_expression_destroy(e);
    CU_ASSERT_EQUAL_FATAL(itp_expression_compile(&e, "(y)", 3, NAMES, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_expression_is_name(e), 1);
    itp_expression_destroy(e);
}

static const char *const SALTS[] = {"LiPF6", "LiFSI", "no salt", "3"};
static const itp_symbol SYMBOLS[] = {{"salt", 4, SALTS}, {"c1", 0, NULL}, {"c2", 0, NULL}};

static int truth(const char *text, double salt, double c1, double c2)
{
    itp_expression *e = NULL;
    itp_fault fault = {0};
    if (itp_expression_compile_condition(&e, text, 3, SYMBOLS, &fault) != ITP_OK) {
        printf("\n  %s: %s at %zu\n", text, fault.message, fault.at);
        return -1;
    }
    double v = itp_expression_eval(e, (double[]){salt, c1, c2});
    itp_expression_destroy(e);
    return (int)v;
}

static void conditions_hold_or_do_not(void)
{
    CU_ASSERT_EQUAL(truth("salt == LiFSI", 1, 0, 0), 1);
    CU_ASSERT_EQUAL(truth("salt == LiFSI", 0, 0, 0), 0);
    CU_ASSERT_EQUAL(truth("LiFSI != salt", 0, 0, 0), 1);
    CU_ASSERT_EQUAL(truth("salt == 'no salt'", 2, 0, 0), 1);
    CU_ASSERT_EQUAL(truth("salt == 3", 3, 0, 0), 1);
    CU_ASSERT_EQUAL(truth("salt == LiFSI", NAN, 0, 0), 0);
    CU_ASSERT_EQUAL(truth("salt != LiFSI", NAN, 0, 0), 0);
    CU_ASSERT_EQUAL(truth("1 < c1 < c2 ≤ 5", 0, 2, 5), 1);
    CU_ASSERT_EQUAL(truth("1 < c1 < c2 <= 5", 0, 2, 2), 0);
    CU_ASSERT_EQUAL(truth("c1 > 3 or salt == LiFSI and c2 >= 1", 1, 0, 1), 1);
    CU_ASSERT_EQUAL(truth("(c1 > 3 or salt == LiFSI) and not c2 >= 1", 1, 0, 1), 0);
    CU_ASSERT_EQUAL(truth("c1 > 3 || c2 == 2 && c1 != 0", 1, 0, 2), 0);
}

static void faults_stand_where_they_are(void)
{
    static const struct {
        const char *text;
        size_t at;
        const char *says;
    } CASES[] = {{"x + ", 4, "missing"},
                 {"", 0, "missing"},
                 {"x + porosty", 4, "unknown name"},
                 {"x + (y*2", 4, "never closed"},
                 {"x y", 2, "operator"},
                 {"x + $", 4, "found"},
                 {"sinn(x)", 0, "unknown name"},
                 {"sqrt(x, y)", 0, "argument"},
                 {"pow(x)", 0, "argument"},
                 {"x < y", 0, "not a condition"},
                 {"1e999*x", 0, "too large"},
                 {"`x", 0, "never closed"},
                 {"x = 3", 2, "found \"=\""},
                 {"x + 'label'", 5, "unknown name"},
                 {"min()", 4, "found \")\""}};
    for (size_t k = 0; k < sizeof CASES / sizeof *CASES; k++) {
        itp_expression *e = NULL;
        itp_fault fault = {0};
        CU_ASSERT_EQUAL(itp_expression_compile(&e, CASES[k].text, 3, NAMES, &fault), ITP_EPARSE);
        CU_ASSERT_PTR_NULL(e);
        if (fault.at != CASES[k].at || !strstr(fault.message, CASES[k].says))
            printf("\n  %s: %zu: %s\n", CASES[k].text, fault.at, fault.message);
        CU_ASSERT_EQUAL(fault.at, CASES[k].at);
        CU_ASSERT_PTR_NOT_NULL(strstr(fault.message, CASES[k].says));
    }
    itp_expression *e = NULL;
    itp_fault fault;
    itp_expression_compile(&e, "coat.porosty", 5, NAMES, &fault);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault.hint, "coat.porosity"));
    itp_expression_compile_condition(&e, "salt == LiFSl", 3, SYMBOLS, &fault);
    CU_ASSERT_EQUAL(fault.at, 8);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault.hint, "LiFSI"));
    CU_ASSERT_EQUAL(itp_expression_compile_condition(&e, "salt < LiFSI", 3, SYMBOLS, 0),
                    ITP_EPARSE);
    CU_ASSERT_EQUAL(itp_expression_compile_condition(&e, "salt + 1 < 2", 3, SYMBOLS, 0),
                    ITP_EPARSE);
    CU_ASSERT_EQUAL(itp_expression_compile_condition(&e, "c1", 3, SYMBOLS, NULL), ITP_EPARSE);
}

static void chains_are_cut(void)
{
    itp_chain chain;
    itp_fault fault;
    const char *text = "0 <=  max(a, b) < c ≤ 5";
    CU_ASSERT_EQUAL_FATAL(itp_chain_cut(&chain, text, NULL), ITP_OK);
    CU_ASSERT_EQUAL(chain.n_parts, 4);
    CU_ASSERT(!strncmp(text + chain.at[1], "max(a, b)", chain.length[1]) && chain.length[1] == 9);
    CU_ASSERT_EQUAL(chain.op[0], ITP_RELATION_LE);
    CU_ASSERT_EQUAL(chain.op[1], ITP_RELATION_LT);
    CU_ASSERT_EQUAL(chain.op[2], ITP_RELATION_LE);
    CU_ASSERT_EQUAL(itp_chain_cut(&chain, "a = 3", &fault), ITP_EPARSE);
    CU_ASSERT_EQUAL(fault.at, 2);
    CU_ASSERT_EQUAL(itp_chain_cut(&chain, "a <", &fault), ITP_EPARSE);
    CU_ASSERT_EQUAL(itp_chain_cut(&chain, "a<b<a<b<a<b<a<b<a<b<a", &fault), ITP_EPARSE);
    CU_ASSERT_EQUAL(itp_chain_cut(&chain, "alone", NULL), ITP_OK);
    CU_ASSERT_EQUAL(chain.n_parts, 1);
}

static void try_text(const char *text)
{
    itp_expression *e = NULL;
    itp_fault fault;
    itp_chain chain;
    double grad[5];
    itp_chain_cut(&chain, text, &fault);
    if (itp_expression_compile(&e, text, 5, NAMES, &fault) == ITP_OK) {
        itp_expression_gradient(e, AT, grad);
        itp_expression_linear(e, grad, NULL);
    }
    itp_expression_destroy(e);
    e = NULL;
    if (itp_expression_compile_condition(&e, text, 3, SYMBOLS, &fault) == ITP_OK)
        itp_expression_eval(e, AT);
    itp_expression_destroy(e);
}

/* How: long runs of one byte, and random shuffles of meaningful pieces; ASan watches. */
static void hostile_text_does_no_harm(void)
{
    static const char *const pieces[] = {"x",   "salt", "(",    ")", "==",   "<",  "not ",  "and ",
                                         "or ", "-",    "^",    "*", ",",    "1e", "9.",    "sin(",
                                         "`",   "'",    "\xe2", "≤", "min(", "$",  "LiFSI", " "};
    char text[5000];
    for (const char *c = "(-^x1.'`,<=+\xff\x01"; *c; c++) {
        memset(text, *c, sizeof text);
        text[sizeof text - 1] = 0;
        try_text(text);
        text[ITP_EXPRESSION_TEXT_MAX] = 0;
        try_text(text);
    }
    for (size_t i = 0; i + 1 < sizeof text; i++) text[i] = "x^"[i % 2];
    text[4001] = 0;
    try_text(text);
    for (size_t i = 0; i + 4 < sizeof text; i += 4) memcpy(text + i, "not ", 4);
    text[4000] = 0;
    try_text(text);
    unsigned state = 1;
    for (int trial = 0; trial < 20000; trial++) {
        text[0] = 0;
        for (int k = 0; k < 12; k++) {
            state = state * 1664525u + 1013904223u;
            strcat(text, pieces[(state >> 16) % (sizeof pieces / sizeof *pieces)]);
        }
        try_text(text);
    }
    CU_ASSERT_EQUAL(value("1+1"), 2);
}

static void *evaluate(void *arg)
{
    size_t bad = 0;
    for (int i = 0; i < 20000; i++) {
        double x[5] = {i, 2, 3, 4, 5}, grad[5];
        if (itp_expression_gradient(arg, x, grad) != x[0] * x[0] + 6 || grad[0] != 2 * x[0]) bad++;
    }
    return (void *)bad;
}

static void threads_share_an_expression(void)
{
    itp_expression *e;
    pthread_t thread[4];
    CU_ASSERT_EQUAL_FATAL(itp_expression_compile(&e, "x*x + y*z", 5, NAMES, NULL), ITP_OK);
    for (int i = 0; i < 4; i++) CU_ASSERT_EQUAL(pthread_create(&thread[i], NULL, evaluate, e), 0);
    for (int i = 0; i < 4; i++) {
        void *bad;
        pthread_join(thread[i], &bad);
        CU_ASSERT_PTR_NULL(bad);
    }
    itp_expression_destroy(e);
}

int main(void)
{
    CU_TestInfo tests[] = {{"arithmetic is school arithmetic", arithmetic_is_school_arithmetic},
                           {"a gradient meets differences", gradient_meets_differences},
                           {"functions have their derivatives", functions_have_their_derivatives},
                           {"linear ones are recognised", linear_ones_are_recognised},
                           {"size is of the outer terms", size_is_of_the_outer_terms},
                           {"conditions hold or do not", conditions_hold_or_do_not},
                           {"faults stand where they are", faults_stand_where_they_are},
                           {"chains are cut", chains_are_cut},
                           {"hostile text does no harm", hostile_text_does_no_harm},
                           {"threads share an expression", threads_share_an_expression},
                           CU_TEST_INFO_NULL};
    return suite_run("space/expression", tests);
}
