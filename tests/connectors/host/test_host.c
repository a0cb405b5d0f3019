/* test_host.c - loading plug-ins, good and bad, and judging what they answer.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <unistd.h>

#include "attempt.h"
#include "suite.h"

#define PLUGINS ITP_BUILD_DIR "/tests/plugins"

static const itp_value IN[] = {NUMBER("t", 25, "degC"), LABEL("salt", "LiFSI")};
static const itp_port OUT[] = {WANT("u", "mV"), WANT("phase", NULL)};

static void begin(attempt *a)
{
    attempt_open(a, PLUGINS "/none.so", "{}");
    a->request.task = "test.probe";
    INPUTS(a, IN);
    WANTED(a, OUT);
}

static int says(const char *text, const char *part)
{
    if (text && strstr(text, part)) return 1;
    printf("\n  \"%s\" does not say \"%s\"\n", text ? text : "(null)", part);
    return 0;
}

static void broken_plugins_are_refused_by_name(void)
{
    static const struct {
        const char *file, *says;
        itp_status status;
    } cases[] = {{"abi", "ABI 99, this program speaks 1", ITP_EVERSION},
                 {"small", "has 16 bytes", ITP_EVERSION},
                 {"nothing", "gave nothing", ITP_EINVAL},
                 {"no_measure", "has no measure", ITP_EINVAL},
                 {"no_tasks", "describes no task", ITP_EINVAL},
                 {"no_entry", "exports no itp_connector_entry", ITP_EINVAL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[512];
        itp_plugin *plugin = NULL;
        itp_error err = {.status = ITP_OK};
        snprintf(path, sizeof path, PLUGINS "/%s.so", cases[i].file);
        CU_ASSERT_EQUAL(itp_plugin_load(&plugin, path, NULL, &err), cases[i].status);
        CU_ASSERT(says(err.text, cases[i].says) && says(err.text, path));
        CU_ASSERT_PTR_NULL(plugin);
    }
}

static void what_is_no_plugin_is_refused(void)
{
    itp_plugin *plugin = NULL;
    itp_error err;
    CU_ASSERT_EQUAL(itp_plugin_load(&plugin, ITP_TEST_DIR "/plugin/plugin.c", NULL, &err), ITP_EIO);
    CU_ASSERT(says(err.text, "cannot be loaded"));
    CU_ASSERT_EQUAL(itp_plugin_load(&plugin, "./missing.so", PLUGINS, &err), ITP_ENOTFOUND);
    CU_ASSERT(says(err.text, PLUGINS "/./missing.so"));
    CU_ASSERT_EQUAL(itp_plugin_load(&plugin, "missing", NULL, &err), ITP_ENOTFOUND);
    CU_ASSERT(says(err.text, "/lib/interphase") && says(err.text, "INTERPHASE_CONNECTORS"));
}

static void names_are_looked_for_in_the_environment_first(void)
{
    itp_plugin *plugin = NULL;
    itp_error err = {.status = ITP_OK};
    setenv("INTERPHASE_CONNECTORS", "/no/such:" PLUGINS, 1);
    CU_ASSERT_EQUAL_FATAL(itp_plugin_load(&plugin, "none", NULL, &err), ITP_OK);
    CU_ASSERT(says(itp_plugin_path(plugin), PLUGINS "/none.so"));
    itp_plugin_unload(plugin);
    unsetenv("INTERPHASE_CONNECTORS");
    CU_ASSERT_EQUAL_FATAL(itp_plugin_load(&plugin, "./none.so", PLUGINS, &err), ITP_OK);
    itp_plugin_unload(plugin);
}

static void an_older_plugin_is_read_only_as_far_as_it_goes(void)
{
    itp_plugin *plugin = NULL;
    itp_error err = {.status = ITP_OK};
    CU_ASSERT_EQUAL_FATAL(itp_plugin_load(&plugin, PLUGINS "/old.so", NULL, &err), ITP_OK);
    CU_ASSERT_PTR_NULL(itp_plugin_connector(plugin)->check);
    CU_ASSERT_EQUAL(itp_plugin_check(plugin, "test.probe", "{}", &err), ITP_OK);
    itp_plugin_unload(plugin);
}

static void an_instrument_that_does_not_open_says_so(void)
{
    itp_plugin *plugin = NULL;
    itp_slot *slot = NULL;
    itp_error err = {.status = ITP_OK};
    CU_ASSERT_EQUAL_FATAL(itp_plugin_load(&plugin, PLUGINS "/closed.so", NULL, &err), ITP_OK);
    itp_slot_setting setting = {.plugin = plugin};
    CU_ASSERT_EQUAL(itp_slot_open(&slot, &setting, &err), ITP_EIO);
    CU_ASSERT(says(err.text, "test.plugin: the instrument does not answer"));
    itp_plugin_unload(plugin);
}

static void schema_describes_every_port(void)
{
    attempt a;
    char *schema = NULL;
    begin(&a);
    CU_ASSERT_EQUAL_FATAL(itp_plugin_schema(a.plugin, &schema), ITP_OK);
    CU_ASSERT(says(schema, "\"name\":\"test.probe\",\"class\":\"repeatable\",\"open\":false"));
    CU_ASSERT(says(schema, "{\"name\":\"t\",\"unit\":\"K\",\"low\":250.0,\"high\":350.0}"));
    CU_ASSERT(says(schema, "\"labels\":[\"LiPF6\",\"LiFSI\"]"));
    CU_ASSERT(says(schema, "\"name\":\"test.move\",\"class\":\"physical\""));
    CU_ASSERT(says(schema, "\"high\":5.0,\"optional\":true"));
    free(schema);
    attempt_close(&a);
}

static void units_are_converted_both_ways(void)
{
    attempt a;
    begin(&a);
    CU_ASSERT_EQUAL(attempt_run(&a, "{}"), ITP_CAUSE_NONE);
    /* 25 degC arrives as 298.15 K, comes back as 0.29815 V, and is wanted in mV. */
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "u"), 298.15, 1e-10);
    CU_ASSERT_DOUBLE_EQUAL(a.report.values[0].sd, 1, 1e-12);
    CU_ASSERT_STRING_EQUAL(a.report.values[0].unit, "mV");
    CU_ASSERT_STRING_EQUAL(attempt_label(&a, "phase"), "solid");
    CU_ASSERT(says(a.report.provenance, "\"notes\":{\"firmware\":\"2.1\"}"));
    CU_ASSERT_EQUAL(attempt_run(&a, "millivolt"), ITP_CAUSE_NONE);
    CU_ASSERT_EQUAL(attempt_number(&a, "u"), 2500);
    attempt_close(&a);
}

static void answers_that_are_none_are_invalid(void)
{
    static const struct {
        const char *options, *says;
        itp_cause cause;
    } cases[] = {
        {"no unit such", "output u: ", ITP_CAUSE_INVALID},
        {"nan", "output u is nan", ITP_CAUSE_INVALID},
        {"negative sd", "standard deviation of output u is -1", ITP_CAUSE_INVALID},
        {"label for number", "output u is the label \"high\", a number in mV", ITP_CAUSE_INVALID},
        {"number for label", "output phase is the number 1, a label", ITP_CAUSE_INVALID},
        {"status", "out of argon", ITP_CAUSE_RESOURCE},
        {"silent", "the experiment or simulation itself failed", ITP_CAUSE_SCIENTIFIC},
        {"cause", "", ITP_CAUSE_UNSAFE},
        {"series short", "output u is missing", ITP_CAUSE_INVALID}};
    attempt a;
    begin(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CU_ASSERT_EQUAL(attempt_run(&a, cases[i].options), cases[i].cause);
        CU_ASSERT(says(a.report.text, cases[i].says));
        CU_ASSERT_EQUAL(a.report.n_values, 0);
    }
    attempt_close(&a);
}

static void inputs_outside_the_envelope_are_refused(void)
{
    static const itp_value cold[] = {NUMBER("t", -30, "degC"), LABEL("salt", "LiFSI")};
    static const itp_value salt[] = {NUMBER("t", 300, "K"), LABEL("salt", "NaCl")};
    static const itp_value number[] = {NUMBER("t", 300, "K"), NUMBER("salt", 1, "1")};
    static const itp_value label[] = {LABEL("t", "hot"), LABEL("salt", "LiFSI")};
    static const itp_value other[] = {NUMBER("t", 300, "K"), LABEL("salt", "LiFSI"),
                                      NUMBER("p", 1, "Pa")};
    static const itp_value most[] = {NUMBER("t", 300, "K"), LABEL("salt", "LiFSI"),
                                     NUMBER("extra", 6, "1")};
    attempt a;
    begin(&a);
    INPUTS(&a, cold);
    CU_ASSERT_EQUAL(attempt_run(&a, "{}"), ITP_CAUSE_REFUSED);
    CU_ASSERT(
        says(a.report.text, "input t: 243.15 K is outside this worker's envelope [250, 350] K"));
    INPUTS(&a, salt);
    CU_ASSERT_EQUAL(attempt_run(&a, "{}"), ITP_CAUSE_REFUSED);
    CU_ASSERT(says(a.report.text, "NaCl"));
    INPUTS(&a, number);
    CU_ASSERT_EQUAL(attempt_run(&a, "{}"), ITP_CAUSE_REFUSED);
    INPUTS(&a, label);
    CU_ASSERT_EQUAL(attempt_run(&a, "{}"), ITP_CAUSE_REFUSED);
    INPUTS(&a, other);
    CU_ASSERT_EQUAL(attempt_run(&a, "{}"), ITP_CAUSE_REFUSED);
    CU_ASSERT(says(a.report.text, "takes no input p"));
    INPUTS(&a, most);
    CU_ASSERT_EQUAL(attempt_run(&a, "{}"), ITP_CAUSE_REFUSED);
    attempt_close(&a);
}

static void series_are_emitted_one_by_one(void)
{
    attempt a;
    begin(&a);
    CU_ASSERT_EQUAL(attempt_run(&a, "series"), ITP_CAUSE_NONE);
    CU_ASSERT_EQUAL(a.emitted, 3);
    CU_ASSERT_EQUAL(attempt_number(&a, "u"), 9000);
    attempt_close(&a);
}

static void cost_is_the_connectors_word_or_wall_time(void)
{
    attempt a;
    begin(&a);
    attempt_run(&a, "cost");
    CU_ASSERT_EQUAL(a.report.cost, 12.5);
    attempt_run(&a, "{}");
    CU_ASSERT(a.report.cost >= 0 && a.report.cost < 12);
    attempt_close(&a);
}

static void prepare_says_why_not(void)
{
    attempt a;
    itp_error err = {.status = ITP_OK};
    begin(&a);
    a.request.options = "{}";
    CU_ASSERT_EQUAL(itp_slot_prepare(a.slot, &a.request, &err), ITP_OK);
    a.request.options = "unready";
    CU_ASSERT_EQUAL(itp_slot_prepare(a.slot, &a.request, &err), ITP_EUNSAFE);
    CU_ASSERT_STRING_EQUAL(err.text, "the door is open");
    a.request.task = "test.other";
    CU_ASSERT_EQUAL(itp_slot_prepare(a.slot, &a.request, &err), ITP_ENOTSUP);
    attempt_close(&a);
}

static void physical_results_need_a_start(void)
{
    attempt a;
    begin(&a);
    a.request.task = "test.move";
    a.request.n_inputs = 0;
    CU_ASSERT_EQUAL(attempt_run(&a, "{}"), ITP_CAUSE_INVALID);
    CU_ASSERT(says(a.report.text, "host->started"));
    CU_ASSERT_EQUAL(attempt_run(&a, "start"), ITP_CAUSE_NONE);
    CU_ASSERT_EQUAL(a.started, 1);
    attempt_close(&a);
}

/* The hash in the provenance, which says that two measurements answer the same question. */
static const char *input_hash(const attempt *a, char out[80])
{
    const char *at = strstr(a->report.provenance, "inputs_sha256");
    snprintf(out, 80, "%.64s", at ? at + 16 : "");
    return out;
}

static void equal_inputs_have_equal_hashes_and_others_do_not(void)
{
    static const itp_value warmer[] = {NUMBER("t", 25.000000000000004, "degC"),
                                       LABEL("salt", "LiFSI")};
    attempt a;
    char first[80], again[80], other[80];
    begin(&a);
    attempt_run(&a, "{}");
    input_hash(&a, first);
    CU_ASSERT_EQUAL(strspn(first, "0123456789abcdef"), 64);
    a.request.request = 99;
    a.request.epoch = 7;
    attempt_run(&a, "{}");
    CU_ASSERT_STRING_EQUAL(input_hash(&a, again), first);
    attempt_run(&a, "{ }");
    CU_ASSERT_STRING_NOT_EQUAL(input_hash(&a, other), first);
    INPUTS(&a, warmer);
    attempt_run(&a, "{}");
    CU_ASSERT_STRING_NOT_EQUAL(input_hash(&a, other), first);
    attempt_close(&a);
}

static void a_cancelled_attempt_does_not_begin(void)
{
    attempt a;
    begin(&a);
    a.request.options = "{}";
    itp_slot_ready(a.slot);
    itp_slot_cancel(a.slot, ITP_CAUSE_TIMEOUT);
    itp_slot_cancel(a.slot, ITP_CAUSE_CANCELLED); /* the first word stays */
    itp_slot_measure(a.slot, &a.request, &a.report);
    CU_ASSERT_EQUAL(a.report.cause, ITP_CAUSE_TIMEOUT);
    CU_ASSERT_EQUAL(attempt_run(&a, "{}"), ITP_CAUSE_NONE); /* and only that attempt is */
    attempt_close(&a);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"broken plug-ins are refused by name", broken_plugins_are_refused_by_name},
        {"what is no plug-in is refused", what_is_no_plugin_is_refused},
        {"names are looked for", names_are_looked_for_in_the_environment_first},
        {"an older plug-in is not overread", an_older_plugin_is_read_only_as_far_as_it_goes},
        {"an instrument that does not open", an_instrument_that_does_not_open_says_so},
        {"schema describes every port", schema_describes_every_port},
        {"units are converted both ways", units_are_converted_both_ways},
        {"answers that are none are invalid", answers_that_are_none_are_invalid},
        {"inputs outside the envelope", inputs_outside_the_envelope_are_refused},
        {"series are emitted one by one", series_are_emitted_one_by_one},
        {"cost is the connector's or wall time", cost_is_the_connectors_word_or_wall_time},
        {"prepare says why not", prepare_says_why_not},
        {"physical results need a start", physical_results_need_a_start},
        {"equal inputs have equal hashes", equal_inputs_have_equal_hashes_and_others_do_not},
        {"a cancelled attempt does not begin", a_cancelled_attempt_does_not_begin},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/host", tests);
}
