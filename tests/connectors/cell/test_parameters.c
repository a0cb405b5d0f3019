/* test_parameters.c - expressions and their derivatives; published sets value by value against the
 * machine-readable copies; BPX files. SPDX-License-Identifier: GPL-3.0-or-later */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parameters.h"
#include "suite.h"
#include "window.h"

static double eval(const char *text, double x, double *slope)
{
    itp_curve c;
    itp_error err = {0};
    CU_ASSERT_EQUAL(itp_curve_parse(&c, text, &err), ITP_OK);
    return itp_curve_at(&c, x, slope);
}

static void expressions_mean_what_they_say(void)
{
    double d;
    CU_ASSERT_DOUBLE_EQUAL(eval("1 + 2*3 - 4/8", 0, NULL), 6.5, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(eval("-2**2", 0, NULL), -4, 0); /* as in Python */
    CU_ASSERT_DOUBLE_EQUAL(eval("2**-2", 0, NULL), 0.25, 0);
    CU_ASSERT_DOUBLE_EQUAL(eval("2**3**2", 0, NULL), 512, 0); /* to the right */
    CU_ASSERT_DOUBLE_EQUAL(eval("x**2 - -x", 3, &d), 12, 0);
    CU_ASSERT_DOUBLE_EQUAL(d, 7, 0);
    CU_ASSERT_DOUBLE_EQUAL(eval("1.5e-3*x", 2, &d), 3e-3, 1e-18);
    CU_ASSERT_DOUBLE_EQUAL(eval("log(x)+log10(x)+abs(-x)", 10, NULL), log(10) + 11, 1e-14);
    static const char *const WRONG[] = {"",      "1 +", "(1",   "foo(x)", "1 2", "x y",
                                        "exp x", "*3",  "sin(", "1..2",   "@"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        itp_curve c;
        itp_error err = {0};
        CU_ASSERT_EQUAL(itp_curve_parse(&c, WRONG[i], &err), ITP_EPARSE);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "column"));
    }
}

static void absurd_expressions_are_refused(void)
{
    char text[4096];
    itp_curve c;
    memset(text, '(', sizeof text - 1);
    text[sizeof text - 1] = 0;
    CU_ASSERT_NOT_EQUAL(itp_curve_parse(&c, text, NULL), ITP_OK);
    size_t n = 0;
    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%sx", i ? "*" : "");
    CU_ASSERT_EQUAL(itp_curve_parse(&c, text, NULL), ITP_ERANGE);
    n = 0;
    for (int i = 0; i < 60; i++) n += (size_t)snprintf(text + n, sizeof text - n, "x-(");
    CU_ASSERT_NOT_EQUAL(itp_curve_parse(&c, text, NULL), ITP_OK);
}

static void derivatives_equal_differences(void)
{
    static const char *const TEXT[] = {"exp(-3*x)",
                                       "tanh(5*(x-0.3))",
                                       "sqrt(x)/(1+x)",
                                       "x**1.5",
                                       "x**3",
                                       "cosh(x)**-2",
                                       "sinh(x)*sin(x)-cos(x)",
                                       "tan(x)",
                                       "2**x",
                                       "x**x",
                                       "log(x)",
                                       "log10(x)",
                                       "abs(x-0.9)",
                                       "x**4.2/x**2"};
    for (size_t i = 0; i < sizeof TEXT / sizeof *TEXT; i++) {
        double d, h = 1e-6, x = 0.37;
        eval(TEXT[i], x, &d);
        double fd = (eval(TEXT[i], x + h, NULL) - eval(TEXT[i], x - h, NULL)) / (2 * h);
        CU_ASSERT_DOUBLE_EQUAL(d, fd, 1e-8 * fmax(1, fabs(fd)));
    }
}

static void tables_interpolate_and_stop_at_their_ends(void)
{
    itp_curve c;
    double d;
    const double x[] = {0, 1, 3}, y[] = {2, 4, 0}, falling[] = {0, 0, 1};
    CU_ASSERT_EQUAL(itp_curve_table(&c, 3, x, y, NULL), ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(itp_curve_at(&c, 0.25, &d), 2.5, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(d, 2, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(itp_curve_at(&c, 2, &d), 2, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(itp_curve_at(&c, -5, &d), 2, 0);
    CU_ASSERT_DOUBLE_EQUAL(itp_curve_at(&c, 9, &d), 0, 0);
    CU_ASSERT_EQUAL(itp_curve_table(&c, 3, falling, y, NULL), ITP_EINVAL);
    CU_ASSERT_EQUAL(itp_curve_table(&c, 1, x, y, NULL), ITP_EINVAL);
}

/* --- published sets --- */
static json_t *load(const char *folder, const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s.json", suite_data_dir(), folder, name);
    return json_load_file(path, 0, NULL);
}

static double published(const json_t *scalars, const char *name)
{
    json_t *v = json_object_get(scalars, name);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

static void same(const char *set, const char *what, double ours, double theirs)
{
    if (isnan(theirs)) return;
    if (!(fabs(ours - theirs) <= 1e-9 * fmax(1e-30, fabs(theirs))))
        printf("\n  %s, %s: %.12g, published %.12g", set, what, ours, theirs);
    CU_ASSERT(fabs(ours - theirs) <= 1e-9 * fmax(1e-30, fabs(theirs)));
}

/* Products and names that differ from the published ones. */
static void same_special(const char *set, const itp_cell_parameters *p, const json_t *s)
{
    same(set, "area", p->area,
         published(s, "Electrode height [m]") * published(s, "Electrode width [m]"));
    same(set, "c_max,n", p->neg.c_max,
         published(s, "Maximum concentration in negative electrode [mol.m-3]"));
    same(set, "c_max,p", p->pos.c_max,
         published(s, "Maximum concentration in positive electrode [mol.m-3]"));
    same(set, "c_0,n", p->neg.c_init,
         published(s, "Initial concentration in negative electrode [mol.m-3]"));
    same(set, "c_0,p", p->pos.c_init,
         published(s, "Initial concentration in positive electrode [mol.m-3]"));
    same(set, "D_n", p->neg.diffusivity, published(s, "Negative particle diffusivity [m2.s-1]"));
    same(set, "D_p", p->pos.diffusivity, published(s, "Positive particle diffusivity [m2.s-1]"));
    same(set, "D_e", itp_curve_at(&p->diffusivity, 700, NULL),
         published(s, "Electrolyte diffusivity [m2.s-1]"));
    same(set, "SEI", p->sei.inner + p->sei.outer, published(s, "Initial SEI thickness [m]"));
}

static void sets_hold_the_published_values(void)
{
    if (!suite_data_dir()) {
        suite_skip("published values");
        return;
    }
    itp_cell_parameters *p = malloc(sizeof *p);
    for (const char *const *set = itp_cell_sets(); *set; set++) {
        itp_error err = {0};
        size_t checked = 0;
        json_t *root = load("pybamm_parameter_sets", *set), *s = json_object_get(root, "scalars");
        CU_ASSERT_PTR_NOT_NULL_FATAL(s);
        CU_ASSERT_EQUAL(itp_cell_published(p, *set, &err), ITP_OK);
        CU_ASSERT_EQUAL(itp_cell_check(p, &err), ITP_OK);
        for (const itp_cell_field *f = itp_cell_fields(); f->name; f++) {
            if (!*f->published) continue;
            double theirs = published(s, f->published);
            same(*set, f->published, *itp_cell_get(p, f->name), theirs);
            checked += !isnan(theirs);
        }
        same_special(*set, p, s);
        CU_ASSERT(checked >= 20);
        json_decref(root);
    }
    free(p);
}

/* The two stoichiometry windows that the reference solutions state for Chen 2020. */
static void windows_follow_from_open_circuit_voltages(void)
{
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_error err = {0};
    itp_cell_window w;
    itp_cell_published(p, "Chen2020", &err);
    CU_ASSERT_EQUAL(itp_cell_window_of(p, &w, &err), ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(w.neg_full, 0.9106121196, 2e-9);
    CU_ASSERT_DOUBLE_EQUAL(w.pos_full, 0.2638491801, 2e-9);
    CU_ASSERT_DOUBLE_EQUAL(w.neg_empty, 0.0263473015, 2e-9);
    CU_ASSERT_DOUBLE_EQUAL(w.pos_empty, 0.8539736661, 2e-9);
    for (const char *const *set = itp_cell_sets(); *set; set++) {
        itp_cell_published(p, *set, &err);
        CU_ASSERT_EQUAL(itp_cell_window_of(p, &w, &err), ITP_OK);
        /* Papers' nominal capacities are of the cell as rated, within a tenth. */
        if (fabs(w.capacity / p->nominal - 1) > 0.12)
            printf("\n  %s: %.4f A h between %g and %g V, nominal %g", *set, w.capacity, p->v_empty,
                   p->v_full, p->nominal);
        CU_ASSERT(w.capacity > 0.8 * p->nominal && w.capacity < 1.3 * p->nominal);
    }
    free(p);
}

/* --- BPX --- */
static itp_status read_bpx(const char *name, itp_cell_parameters *p, itp_error *err)
{
    json_t *root = load("bpx_parameter_sets", name);
    char *text = root ? json_dumps(root, JSON_REAL_PRECISION(17)) : NULL;
    itp_status st = text ? itp_cell_bpx(p, text, name, err) : ITP_EIO;
    free(text);
    json_decref(root);
    return st;
}

static void bpx_files_become_cells(void)
{
    itp_cell_parameters *p = malloc(sizeof *p);
    itp_error err = {0};
    itp_cell_window w;
    if (!suite_data_dir()) {
        suite_skip("BPX files");
        free(p);
        return;
    }
    CU_ASSERT_EQUAL(read_bpx("nmc_pouch_cell_BPX", p, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_cell_check(p, &err), ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(p->parallel, 34, 0);
    CU_ASSERT_DOUBLE_EQUAL(3 * p->neg.active / p->neg.radius, 499522, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(pow(p->pos.porosity, p->pos.bruggeman_electrolyte), 0.1462, 1e-12);
    CU_ASSERT_EQUAL(itp_cell_window_of(p, &w, &err), ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(w.neg_full, 0.75668, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(w.capacity, 13.0, 0.3); /* its C/20 discharge: 75000 s at 0.625 A */
    CU_ASSERT_EQUAL(read_bpx("lfp_18650_cell_BPX", p, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_cell_check(p, &err), ITP_OK);
    CU_ASSERT_EQUAL(p->pos.entropic.kind, ITP_CURVE_TABLE);
    CU_ASSERT_DOUBLE_EQUAL(itp_curve_at(&p->pos.entropic, 0.075, NULL), 4.24055e-5, 1e-12);
    CU_ASSERT_EQUAL(read_bpx("nmc_pouch_cell_BPX_SPM", p, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_cell_check(p, &err), ITP_OK);
    CU_ASSERT_EQUAL(read_bpx("nmc_pouch_cell_BPX_blended_electrode", p, &err), ITP_ENOTSUP);
    CU_ASSERT_EQUAL(read_bpx("nmc_pouch_cell_BPX_user-defined_hysteresis", p, &err), ITP_ENOTSUP);
    CU_ASSERT_EQUAL(itp_cell_bpx(p, "{\"Parameterisation\": {}}", "empty", &err), ITP_EPARSE);
    CU_ASSERT_EQUAL(itp_cell_bpx(p, "[1, 2", "cut", &err), ITP_EPARSE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, "cut:1:"));
    free(p);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"expressions mean what they say", expressions_mean_what_they_say},
        {"absurd expressions are refused", absurd_expressions_are_refused},
        {"derivatives equal differences", derivatives_equal_differences},
        {"tables interpolate and stop at their ends", tables_interpolate_and_stop_at_their_ends},
        {"sets hold the published values", sets_hold_the_published_values},
        {"windows follow from open-circuit voltages", windows_follow_from_open_circuit_voltages},
        {"BPX files become cells", bpx_files_become_cells},
        CU_TEST_INFO_NULL,
    };
    return suite_run("cell/parameters", tests);
}
