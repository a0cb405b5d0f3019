/* test_words.c - people's verbs as JSON become events, or say what is wrong with them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "suite.h"

#include <math.h>
#include <string.h>

#include "words.h"

static const char CAMPAIGN[] = "campaign: words\n"
                               "parameters:\n"
                               "  x: {real: [0, 1]}\n"
                               "  salt: {categorical: [LiPF6, LiFSI]}\n"
                               "tasks:\n"
                               "  weigh: {outputs: {mass: {unit: mg}}}\n"
                               "objectives: [{maximise: mass}]\n";

typedef struct bench {
    itp_campaign *campaign;
    itp_loop *loop;
    itp_units *units;
} bench;

static void set_up(bench *b)
{
    itp_error err = {0};
    CU_ASSERT_EQUAL_FATAL(
        itp_campaign_parse(&b->campaign, "words.yaml", CAMPAIGN, 0, NULL, NULL, &err), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_loop_create(&b->loop, b->campaign, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_units_create(&b->units, NULL), ITP_OK);
}

static void tear_down(bench *b)
{
    itp_units_destroy(b->units);
    itp_loop_destroy(b->loop);
    itp_campaign_destroy(b->campaign);
}

static void a_measurement_is_converted_to_the_campaigns_unit(void)
{
    bench b;
    itp_word w;
    itp_error err = {0};
    set_up(&b);
    const char *text =
        "{\"verb\": \"tell\", \"point\": {\"x\": 0.5, \"salt\": \"LiFSI\"}, \"values\": "
        "[{\"name\": \"mass\", \"number\": 1.5, \"sd\": 0.25, \"unit\": \"g\"}]}";
    CU_ASSERT_EQUAL_FATAL(itp_word_read(&w, text, b.loop, b.units, &err), ITP_OK);
    CU_ASSERT_EQUAL(w.event.kind, ITP_EVENT_TOLD);
    CU_ASSERT_EQUAL(w.event.n_point, 2);
    CU_ASSERT_EQUAL(w.event.point[0], 0.5);
    CU_ASSERT_EQUAL(w.event.point[1], 1);
    CU_ASSERT_DOUBLE_EQUAL(w.event.values[0].number, 1500, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(w.event.values[0].sd, 250, 1e-9);
    itp_word_deinit(&w);
    tear_down(&b);
}

static void every_mistake_is_named(void)
{
    static const struct {
        const char *text, *says;
    } WRONG[] = {
        {"", "not a verb"},
        {"[1]", "no `verb`"},
        {"{\"verb\": \"dance\"}", "dance"},
        {"{\"verb\": \"tell\", \"trial\": 1}", "at least one value"},
        {"{\"verb\": \"tell\", \"values\": [{\"name\": \"mass\", \"number\": 1}]}",
         "needs a trial"},
        {"{\"verb\": \"tell\", \"trial\": 1, \"values\": [{\"name\": \"mass\", \"number\": 1, "
         "\"unit\": "
         "\"mol\"}]}",
         "mol"},
        {"{\"verb\": \"tell\", \"trial\": 1, \"values\": [{\"name\": \"height\", \"number\": 1}]}",
         "height"},
        {"{\"verb\": \"tell\", \"trial\": 1, \"values\": [{\"name\": \"mass\"}]}",
         "number or label"},
        {"{\"verb\": \"tell\", \"point\": {\"x\": 0.5}, \"failed\": \"\"}", "salt"},
        {"{\"verb\": \"tell\", \"point\": {\"x\": 0.5, \"salt\": \"NaCl\"}, \"failed\": \"\"}",
         "NaCl"},
        {"{\"verb\": \"tell\", \"point\": {\"x\": 5, \"salt\": \"LiFSI\"}, \"failed\": \"\"}", "x"},
        {"{\"verb\": \"resolve\", \"request\": 1, \"as\": \"magic\"}", "magic"},
        {"{\"verb\": \"resolve\", \"request\": 1, \"as\": \"void\"}", "no request 1"},
    };
    bench b;
    set_up(&b);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        itp_word w;
        itp_error err = {0};
        CU_ASSERT_NOT_EQUAL(itp_word_read(&w, WRONG[i].text, b.loop, b.units, &err), ITP_OK);
        if (!strstr(err.text, WRONG[i].says)) printf("\n  %s: %s", WRONG[i].text, err.text);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, WRONG[i].says));
        itp_word_deinit(&w);
    }
    tear_down(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a measurement is converted to the campaign's unit",
         a_measurement_is_converted_to_the_campaigns_unit},
        {"every mistake is named", every_mistake_is_named},
        CU_TEST_INFO_NULL,
    };
    return suite_run("dispatch/words", tests);
}
