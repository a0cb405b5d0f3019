/* test_table.c - a table answers as the experiment did. SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "attempt.h"
#include "suite.h"

static const char BASE[] = "{\"base\":\"" ITP_TEST_DIR "\"}";
static const char DATA[] = "{\"file\":\"data.csv\"}";
static const itp_port LIFE[] = {WANT("life", "1")};
static const itp_value PF6[] = {LABEL("salt", "LiPF6"), NUMBER("c1", 4.5, "1/h")};

static void begin(attempt *a)
{
    attempt_open(a, "table", BASE);
    INPUTS(a, PF6);
    WANTED(a, LIFE);
}

static void exact_row_answers_with_unit_and_sd(void)
{
    static const itp_port out[] = {WANT("capacity", "A.h"), WANT("life", "1"), WANT("note", NULL)};
    attempt a;
    begin(&a);
    WANTED(&a, out);
    CU_ASSERT_EQUAL(attempt_run(&a, DATA), ITP_CAUSE_NONE);
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "capacity"), 1.5, 1e-15);
    CU_ASSERT_EQUAL(attempt_number(&a, "life"), 100);
    CU_ASSERT_EQUAL(a.report.values[1].sd, 2);
    CU_ASSERT_STRING_EQUAL(attempt_label(&a, "note"), "plain");
    CU_ASSERT_PTR_NOT_NULL(strstr(a.report.provenance, "\"row\":\"2\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(a.report.provenance, "data.csv\",\"sha256\""));
    attempt_close(&a);
}

static void quoted_cells_hold_commas_quotes_and_lines(void)
{
    static const itp_value fsi[] = {LABEL("salt", "Li \"F\", SI"), NUMBER("c1", 4.5, "1/h")};
    static const itp_port out[] = {WANT("note", NULL)};
    attempt a;
    begin(&a);
    INPUTS(&a, fsi);
    WANTED(&a, out);
    CU_ASSERT_EQUAL(attempt_run(&a, DATA), ITP_CAUSE_NONE);
    CU_ASSERT_STRING_EQUAL(attempt_label(&a, "note"), "two\nlines");
    attempt_close(&a);
}

static void replicates_come_in_order_and_wrap(void)
{
    static const double lives[] = {100, 104, 100};
    attempt a;
    begin(&a);
    for (uint32_t i = 0; i < 3; i++) {
        a.request.index = i;
        CU_ASSERT_EQUAL(attempt_run(&a, DATA), ITP_CAUSE_NONE);
        CU_ASSERT_EQUAL(attempt_number(&a, "life"), lives[i]);
    }
    attempt_close(&a);
}

static void random_replicates_are_all_drawn(void)
{
    attempt a;
    int first = 0;
    enum { N = 400 };
    begin(&a);
    for (uint64_t i = 0; i < N; i++) {
        a.request.seed = i;
        CU_ASSERT_EQUAL(attempt_run(&a, "{\"file\":\"data.csv\",\"replicates\":\"random\"}"),
                        ITP_CAUSE_NONE);
        first += attempt_number(&a, "life") == 100;
    }
    CU_ASSERT_DOUBLE_EQUAL((double)first / N, 0.5, 5 * 0.5 / sqrt(N));
    attempt_close(&a);
}

static void noise_is_added_to_what_it_names(void)
{
    static const itp_port out[] = {WANT("life", "1"), WANT("capacity", "mA.h")};
    attempt a;
    double squares = 0;
    enum { N = 2000 };
    begin(&a);
    WANTED(&a, out);
    for (uint64_t i = 0; i < N; i++) {
        a.request.seed = i;
        attempt_run(&a, "{\"file\":\"data.csv\",\"noise\":{\"life\":3}}");
        squares += pow(attempt_number(&a, "life") - 100, 2);
        CU_ASSERT_EQUAL(attempt_number(&a, "capacity"), 1500);
    }
    CU_ASSERT_DOUBLE_EQUAL(squares / N, 9, 5 * 9 * sqrt(2.0 / N));
    attempt_close(&a);
}

static void numbers_match_to_nine_digits_and_no_fewer(void)
{
    static const itp_value third[] = {LABEL("salt", "LiPF6"), NUMBER("c1", 1.0 / 3, "1/h")};
    static const itp_value near[] = {LABEL("salt", "LiPF6"), NUMBER("c1", 4.50001, "1/h")};
    attempt a;
    begin(&a);
    INPUTS(&a, third);
    CU_ASSERT_EQUAL(attempt_run(&a, DATA), ITP_CAUSE_NONE);
    CU_ASSERT_EQUAL(attempt_number(&a, "life"), 7);
    INPUTS(&a, near);
    CU_ASSERT_EQUAL(attempt_run(&a, DATA), ITP_CAUSE_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.report.text, "no row has salt=LiPF6 c1=4.50001"));
    attempt_close(&a);
}

static void an_empty_cell_is_a_failed_experiment(void)
{
    static const itp_value dead[] = {LABEL("salt", "LiPF6"), NUMBER("c1", 5, "1/h")};
    attempt a;
    begin(&a);
    INPUTS(&a, dead);
    CU_ASSERT_EQUAL(attempt_run(&a, DATA), ITP_CAUSE_SCIENTIFIC);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.report.text, "has no life"));
    attempt_close(&a);
}

static void columns_that_are_not_there_are_named(void)
{
    static const itp_port out[] = {WANT("years", "1")};
    static const itp_value in[] = {LABEL("salz", "LiPF6")};
    attempt a;
    begin(&a);
    WANTED(&a, out);
    CU_ASSERT_EQUAL(attempt_run(&a, DATA), ITP_CAUSE_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.report.text, "no column for output years"));
    INPUTS(&a, in);
    CU_ASSERT_EQUAL(attempt_run(&a, DATA), ITP_CAUSE_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.report.text, "no column for input salz"));
    attempt_close(&a);
}

static void wrong_options_and_files_are_explained(void)
{
    static const struct {
        const char *options, *says;
    } cases[] = {
        {"{}", "file is missing"},
        {"{\"file\":\"none.csv\"}", "none.csv"},
        {"{\"file\":\"" ITP_TEST_DIR "/ragged.csv\"}", "ragged.csv:2: 1 cells, the header has 2"},
        {"{\"file\":\"" ITP_TEST_DIR "/quote.csv\"}", "quote.csv:2: a quote"},
        {"{\"file\":\"" ITP_TEST_DIR "/twice.csv\"}", "two columns are named a"},
        {"{\"file\":\"" ITP_TEST_DIR "/empty.csv\"}", "no rows"},
        {"{\"file\":\"data.csv\",\"replicates\":\"some\"}", "order or random"},
        {"{\"file\":\"data.csv\",\"noise\":-1}", "noise"},
        {"{\"file\":\"data.csv\",\"delay\":\"1 m\"}", "delay"},
        {"{\"file\":\"data.csv\",\"rows\":1}", "rows: not an option"}};
    attempt a;
    begin(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        itp_error err = {.status = ITP_OK};
        CU_ASSERT_NOT_EQUAL(itp_plugin_check(a.plugin, "f", cases[i].options, &err), ITP_OK);
        if (!strstr(err.text, cases[i].says)) CU_FAIL(cases[i].says);
    }
    attempt_close(&a);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"exact row answers with unit and sd", exact_row_answers_with_unit_and_sd},
        {"quoted cells hold anything", quoted_cells_hold_commas_quotes_and_lines},
        {"replicates come in order and wrap", replicates_come_in_order_and_wrap},
        {"random replicates are all drawn", random_replicates_are_all_drawn},
        {"noise is added to what it names", noise_is_added_to_what_it_names},
        {"numbers match to nine digits", numbers_match_to_nine_digits_and_no_fewer},
        {"an empty cell is a failed experiment", an_empty_cell_is_a_failed_experiment},
        {"columns not there are named", columns_that_are_not_there_are_named},
        {"wrong options and files are explained", wrong_options_and_files_are_explained},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/table", tests);
}
