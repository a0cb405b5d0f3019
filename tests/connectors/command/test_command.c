/* test_command.c - real programs (sh, cat, ...) as experiments.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attempt.h"
#include "suite.h"

/* The worker of these tests allows sh, so that each test can say what its program does. */
static const char ALLOW_SH[] = "{\"allow\":[\"sh\"],\"base\":\"" ITP_TEST_DIR "\"}";
static const itp_value IN[] = {NUMBER("c1", 4.5, "1/h"), LABEL("salt", "Li FSI; $(id) \"'")};
static const itp_port OUT[] = {WANT("v", "V")};

static void begin(attempt *a)
{
    attempt_open(a, "command", ALLOW_SH);
    INPUTS(a, IN);
    WANTED(a, OUT);
}

static int says(const char *text, const char *part)
{
    if (text && strstr(text, part)) return 1;
    printf("\n  \"%s\" does not say \"%s\"\n", text ? text : "(null)", part);
    return 0;
}

/* The contents of a file in the attempt's folder. */
static const char *kept(const attempt *a, const char *name)
{
    static char text[4096];
    char path[512];
    snprintf(path, sizeof path, "%s/test_1/1.1/%s", a->folder, name);
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) fclose(file);
    text[size] = '\0';
    return file ? text : NULL;
}

static void json_in_and_json_out(void)
{
    attempt a;
    begin(&a);
    CU_ASSERT_EQUAL(attempt_run(&a, "{\"run\":[\"sh\",\"-c\",\"cat > got; echo noise; "
                                    "echo '{\\\"v\\\": 0.25, \\\"w\\\": 1}'; echo more\"]}"),
                    ITP_CAUSE_NONE);
    CU_ASSERT_EQUAL(attempt_number(&a, "v"), 0.25);
    CU_ASSERT_STRING_EQUAL(kept(&a, "got"), "{\"c1\":4.5,\"salt\":\"Li FSI; $(id) \\\"'\"}");
    CU_ASSERT(says(a.report.provenance, "\"name\":\"program\""));
    CU_ASSERT(says(a.report.provenance, "\"name\":\"stdout\""));
    CU_ASSERT_EQUAL(a.started, 1);
    attempt_close(&a);
}

static void values_may_carry_sd_and_unit(void)
{
    attempt a;
    begin(&a);
    CU_ASSERT_EQUAL(attempt_run(&a,
                                "{\"run\":[\"sh\",\"-c\",\"echo '{\\\"v\\\": {\\\"value\\\": 250, "
                                "\\\"sd\\\": 5, \\\"unit\\\": \\\"mV\\\"}}'\"]}"),
                    ITP_CAUSE_NONE);
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "v"), 0.25, 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(a.report.values[0].sd, 0.005, 1e-15);
    CU_ASSERT_STRING_EQUAL(a.report.values[0].unit, "V");
    CU_ASSERT_EQUAL(attempt_run(&a,
                                "{\"run\":[\"sh\",\"-c\",\"echo '{\\\"v\\\": {\\\"value\\\": 250, "
                                "\\\"unit\\\": \\\"kg\\\"}}'\"]}"),
                    ITP_CAUSE_INVALID);
    CU_ASSERT(says(a.report.text, "kg") && says(a.report.text, "V"));
    attempt_close(&a);
}

static void arguments_and_environment_pass_no_shell(void)
{
    attempt a;
    begin(&a);
    CU_ASSERT_EQUAL(
        attempt_run(&a,
                    "{\"run\":[\"sh\",\"-c\",\"printf '%s|' \\\"$@\\\" \\\"$SALT\\\" > got; echo "
                    "'{\\\"v\\\":1}'\",\"sh\",\"{salt}\",\"-c={c1}\",\"{unknown}\",3],"
                    "\"env\":{\"SALT\":\"<{salt}>\"}}"),
        ITP_CAUSE_NONE);
    CU_ASSERT_STRING_EQUAL(kept(&a, "got"),
                           "Li FSI; $(id) \"'|-c=4.5|{unknown}|3|<Li FSI; $(id) \"'>|");
    attempt_close(&a);
}

static void files_are_rendered_and_read_back(void)
{
    static const itp_port out[] = {WANT("v", "eV"), WANT("phase", NULL)};
    attempt a;
    begin(&a);
    WANTED(&a, out);
    CU_ASSERT_EQUAL(
        attempt_run(
            &a, "{\"run\":[\"sh\",\"-c\",\"cat case.txt > log; cat t.inp >> log\"],"
                "\"stdin\":\"none\",\"files\":{\"case.txt\":\"{ E = 1.0\\nE = {c1}\\n}\\n\"},"
                "\"templates\":{\"t.inp\":\"case.inp.in\"},"
                "\"outputs\":{\"v\":{\"regex\":\"E = ([-0-9.]+)\",\"file\":\"log\",\"unit\":\"J\"},"
                "\"phase\":{\"regex\":\"phase is ([a-z]+)\",\"file\":\"log\"}},"
                "\"artefacts\":[\"lo*\",\"none\"]}"),
        ITP_CAUSE_NONE);
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(&a, "v") / (4.5 / 1.602176634e-19), 1, 1e-6);
    CU_ASSERT_STRING_EQUAL(attempt_label(&a, "phase"), "solid");
    CU_ASSERT_STRING_EQUAL(kept(&a, "log"),
                           "{ E = 1.0\nE = 4.5\n}\nrate 4.5\nphase is solid\n{other}\n");
    CU_ASSERT(says(a.report.provenance, "\"name\":\"log\""));
    attempt_close(&a);
}

static void first_and_last_match(void)
{
    attempt a;
    begin(&a);
    static const char RUN[] =
        "{\"run\":[\"sh\",\"-c\",\"echo E=1; echo E=2; echo E=3\"],\"outputs\":"
        "{\"v\":{\"regex\":\"E=([0-9])\",\"match\":\"%s\"}}}";
    char options[512];
    snprintf(options, sizeof options, RUN, "first");
    CU_ASSERT_EQUAL(attempt_run(&a, options), ITP_CAUSE_NONE);
    CU_ASSERT_EQUAL(attempt_number(&a, "v"), 1);
    snprintf(options, sizeof options, RUN, "last");
    CU_ASSERT_EQUAL(attempt_run(&a, options), ITP_CAUSE_NONE);
    CU_ASSERT_EQUAL(attempt_number(&a, "v"), 3);
    attempt_close(&a);
}

static void json_paths_reach_inside(void)
{
    attempt a;
    begin(&a);
    CU_ASSERT_EQUAL(
        attempt_run(&a,
                    "{\"run\":[\"sh\",\"-c\",\"echo '{\\\"a\\\":{\\\"b\\\":[1,2.5]}}' > o.json\"],"
                    "\"outputs\":{\"v\":{\"file\":\"o.json\",\"json\":\"a.b.1\"}}}"),
        ITP_CAUSE_NONE);
    CU_ASSERT_EQUAL(attempt_number(&a, "v"), 2.5);
    attempt_close(&a);
}

static void exit_codes_say_why(void)
{
    static const struct {
        const char *script;
        itp_cause cause;
        const char *text;
    } cases[] = {{"echo did not converge >&2; exit 10", ITP_CAUSE_SCIENTIFIC,
                  "exit code 10: did not converge"},
                 {"exit 11", ITP_CAUSE_RESOURCE, "exit code 11"},
                 {"exit 12", ITP_CAUSE_UNSAFE, "exit code 12"},
                 {"exit 3", ITP_CAUSE_INVALID, "exit code 3"},
                 {"kill -9 $$", ITP_CAUSE_RESOURCE, "signal 9"},
                 {"kill -11 $$", ITP_CAUSE_INVALID, "signal 11"},
                 {"echo", ITP_CAUSE_INVALID, "output v: not found in stdout"},
                 {"echo '{\\\"v\\\": null}'", ITP_CAUSE_INVALID, "output v: not found in stdout"},
                 {"echo '{\\\"v\\\": \\\"12x\\\"}'", ITP_CAUSE_INVALID, "\"12x\" is not a number"},
                 {"echo '{\\\"v\\\": 1e999}'", ITP_CAUSE_INVALID, "output v"},
                 {"echo '{\\\"v\\\": \\\"nan\\\"}'", ITP_CAUSE_INVALID, "output v is nan"}};
    attempt a;
    begin(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char options[512];
        snprintf(options, sizeof options,
                 "{\"run\":[\"sh\",\"-c\",\"%s\"],\"causes\":{\"12\":\"unsafe\"}}",
                 cases[i].script);
        CU_ASSERT_EQUAL(attempt_run(&a, options), cases[i].cause);
        CU_ASSERT(says(a.report.text, cases[i].text));
    }
    attempt_close(&a);
}

static void a_program_not_on_the_list_is_refused(void)
{
    attempt a;
    attempt_open(&a, "command", "{\"allow\":[\"cat\",\"./no-such\"]}");
    INPUTS(&a, IN);
    WANTED(&a, OUT);
    CU_ASSERT_EQUAL(attempt_run(&a, "{\"run\":[\"sh\",\"-c\",\"echo '{\\\"v\\\":1}'\"]}"),
                    ITP_CAUSE_REFUSED);
    CU_ASSERT(says(a.report.text, "--allow"));
    CU_ASSERT_EQUAL(a.started, 0);
    CU_ASSERT_EQUAL(attempt_run(&a, "{\"run\":[\"./no-such\"]}"), ITP_CAUSE_REFUSED);
    CU_ASSERT(says(a.report.text, "no such file"));
    attempt_close(&a);
}

/* The program and its child hold a FIFO open: cancels once it has said a word, and then waits for
 * the end of it, which comes when the last of them is dead. */
typedef struct {
    attempt *a;
    char fifo[128];
    int told, ended;
} watcher;

static void *cancel_when_told(void *ctx)
{
    watcher *w = ctx;
    char word[16];
    int fd = open(w->fifo, O_RDONLY);
    w->told = read(fd, word, sizeof word) > 0;
    itp_slot_cancel(w->a->slot, ITP_CAUSE_TIMEOUT);
    struct pollfd end = {fd, POLLIN, 0};
    w->ended = poll(&end, 1, 20000) == 1 && read(fd, word, sizeof word) == 0;
    close(fd);
    return NULL;
}

static void a_deadline_ends_the_whole_group(void)
{
    attempt a;
    watcher w = {.a = &a};
    pthread_t thread;
    char options[512];
    begin(&a);
    snprintf(w.fifo, sizeof w.fifo, "%s/told", a.folder);
    CU_ASSERT_EQUAL_FATAL(mkfifo(w.fifo, 0600), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, cancel_when_told, &w), 0);
    snprintf(options, sizeof options,
             "{\"run\":[\"sh\",\"-c\",\"exec 3>%s; sleep 1000 & echo up >&3; wait\"]}", w.fifo);
    CU_ASSERT_EQUAL(attempt_run(&a, options), ITP_CAUSE_TIMEOUT);
    pthread_join(thread, NULL);
    CU_ASSERT(w.told && w.ended);
    attempt_close(&a);
}

static void too_large_a_file_is_a_matter_of_resources(void)
{
    attempt a;
    begin(&a);
    CU_ASSERT_EQUAL(attempt_run(&a,
                                "{\"run\":[\"sh\",\"-c\",\"exec head -c 3000000 /dev/zero > big\"],"
                                "\"keep\":\"1 MB\"}"),
                    ITP_CAUSE_RESOURCE);
    attempt_close(&a);
}

static void too_large_a_folder_is_not_kept(void)
{
    attempt a;
    begin(&a);
    CU_ASSERT_EQUAL(
        attempt_run(&a, "{\"run\":[\"sh\",\"-c\",\"mkdir d; for i in 1 2 3; do head -c 500000 "
                        "/dev/zero > d/$i; done; echo '{\\\"v\\\":1}'\"],\"keep\":\"1 MB\"}"),
        ITP_CAUSE_NONE);
    CU_ASSERT_EQUAL(attempt_number(&a, "v"), 1);
    CU_ASSERT(says(a.report.provenance, "more than keep allows"));
    CU_ASSERT_PTR_NULL(kept(&a, "d/1"));
    CU_ASSERT_PTR_NOT_NULL(kept(&a, "stdout"));
    attempt_close(&a);
}

static void a_second_run_gets_a_folder_of_its_own(void)
{
    attempt a;
    begin(&a);
    static const char ONCE[] = "{\"run\":[\"sh\",\"-c\",\"test -e mark && exit 3; touch mark; "
                               "echo '{\\\"v\\\":1}'\"]}";
    CU_ASSERT_EQUAL(attempt_run(&a, ONCE), ITP_CAUSE_NONE);
    CU_ASSERT_EQUAL(attempt_run(&a, ONCE), ITP_CAUSE_NONE); /* nothing left over from the first */
    CU_ASSERT(says(a.report.provenance, "1.1-2"));
    attempt_close(&a);
}

static void wrong_options_are_explained(void)
{
    static const struct {
        const char *options, *says;
    } cases[] = {{"{}", "run is missing"},
                 {"{\"run\":\"sh\"}", "run: expected"},
                 {"{\"run\":[]}", "run: expected"},
                 {"{\"run\":[\"no-such-program\"]}", "not found on PATH"},
                 {"{\"run\":[\"./no-such\"]}", "no such file"},
                 {"{\"run\":[\"sh\",[]]}", "item 2"},
                 {"{\"run\":[\"sh\"],\"input\":1}", "input: not an option"},
                 {"{\"run\":[\"sh\"],\"files\":{\"../x\":\"\"}}", "without folder"},
                 {"{\"run\":[\"sh\"],\"causes\":{\"10\":\"bad\"}}", "causes: 10"},
                 {"{\"run\":[\"sh\"],\"causes\":{\"0\":\"unsafe\"}}", "causes: 0"},
                 {"{\"run\":[\"sh\"],\"keep\":\"1 XB\"}", "keep"},
                 {"{\"run\":[\"sh\"],\"artefacts\":[\"../*\"]}", "artefacts"},
                 {"{\"run\":[\"sh\"],\"templates\":{\"a\":\"no-such\"}}", "no-such"},
                 {"{\"run\":[\"sh\"],\"outputs\":{\"v\":{\"regex\":\"(\"}}}", "regex"},
                 {"{\"run\":[\"sh\"],\"outputs\":{\"v\":{\"regex\":\"a\"}}}", "parentheses"},
                 {"{\"run\":[\"sh\"],\"outputs\":{\"v\":{\"jsn\":\"a\"}}}", "jsn"}};
    attempt a;
    begin(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        itp_error err = {.status = ITP_OK};
        CU_ASSERT_NOT_EQUAL(itp_plugin_check(a.plugin, "f", cases[i].options, &err), ITP_OK);
        CU_ASSERT(says(err.text, cases[i].says));
    }
    attempt_close(&a);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"JSON in and JSON out", json_in_and_json_out},
        {"values may carry sd and unit", values_may_carry_sd_and_unit},
        {"arguments and environment pass no shell", arguments_and_environment_pass_no_shell},
        {"files are rendered and read back", files_are_rendered_and_read_back},
        {"first and last match", first_and_last_match},
        {"JSON paths reach inside", json_paths_reach_inside},
        {"exit codes say why", exit_codes_say_why},
        {"a program not on the list is refused", a_program_not_on_the_list_is_refused},
        {"a deadline ends the whole group", a_deadline_ends_the_whole_group},
        {"too large a file", too_large_a_file_is_a_matter_of_resources},
        {"too large a folder is not kept", too_large_a_folder_is_not_kept},
        {"a second run gets its own folder", a_second_run_gets_a_folder_of_its_own},
        {"wrong options are explained", wrong_options_are_explained},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/command", tests);
}
