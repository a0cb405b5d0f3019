/* test_command.c - `interphase-cell` as a person meets it: what it prints, and its exit codes.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

static char out[16384];

/* Runs the command with `words`; its output and errors go to `out`. Gives the exit code. */
static int run(const char *words)
{
    char line[1024];
    snprintf(line, sizeof line, "%s/bin/interphase-cell %s 2>&1", ITP_BUILD_DIR, words);
    FILE *pipe = popen(line, "r");
    if (!pipe) return -1;
    size_t n = fread(out, 1, sizeof out - 1, pipe);
    out[n] = 0;
    int status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void says(const char *word)
{
    CU_ASSERT_PTR_NOT_NULL(strstr(out, word));
    if (!strstr(out, word)) printf("\n  no \"%s\" in: %s", word, out);
}

static void protocols_print_one_line_a_step(void)
{
    char path[] = "/tmp/interphase-cell-XXXXXX", series[64], words[256], line[128] = "";
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    FILE *file = fdopen(fd, "w");
    fputs("{\"name\": \"pulse\", \"initial\": {\"soc\": 0.5}, \"record\": {\"time_s\": 1}, "
          "\"method\": [{\"step\": \"constant_current\", \"rate_C\": 1, \"until_time_s\": 10}, "
          "{\"step\": \"rest\", \"until_time_s\": 20}]}",
          file);
    fclose(file);
    snprintf(series, sizeof series, "%s.csv", path);
    snprintf(words, sizeof words, "run %s --model dfn --series %s", path, series);
    CU_ASSERT_EQUAL(run(words), 0);
    says("time is up");
    says("30.00 s");
    file = fopen(series, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t rows = 0;
    while (fgets(line, sizeof line, file)) rows++;
    fclose(file);
    CU_ASSERT_EQUAL(rows, 1 + 11 + 21); /* the heading, then both ends of both steps */
    remove(path);
    remove(series);
}

static void tasks_print_outputs_with_units(void)
{
    CU_ASSERT_EQUAL(run("discharge --model spm rate=2 temperature=298.15K"), 0);
    says("capacity");
    says("A h");
    CU_ASSERT_EQUAL(run("charge --model spm c1=1 end_soc=0.3"), 0);
    says("charge_time");
    CU_ASSERT_EQUAL(run("sets"), 0);
    says("OKane2022");
    CU_ASSERT_EQUAL(run("parameters --set Prada2013"), 0);
    says("separator_porosity");
}

static void exit_codes_tell_what_went_wrong(void)
{
    CU_ASSERT_EQUAL(run(""), 2);
    says("usage");
    CU_ASSERT_EQUAL(run("--help"), 0);
    CU_ASSERT_EQUAL(run("fly"), 2);
    CU_ASSERT_EQUAL(run("discharge --model p2d"), 2);
    says("spme");
    CU_ASSERT_EQUAL(run("discharge rate=fast"), 2);
    CU_ASSERT_EQUAL(run("discharge colour=1"), 2);
    says("colour");
    CU_ASSERT_EQUAL(run("discharge negative_porosity=2"), 2);
    CU_ASSERT_EQUAL(run("run /nowhere.json"), 3);
    says("/nowhere.json");
    CU_ASSERT_EQUAL(run("charge --model dfn c1=15"), 3); /* no cell does that */
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"protocols print one line a step", protocols_print_one_line_a_step},
        {"tasks print outputs with units", tasks_print_outputs_with_units},
        {"exit codes tell what went wrong", exit_codes_tell_what_went_wrong},
        CU_TEST_INFO_NULL,
    };
    return suite_run("cell/command", tests);
}
