/* test_template.c - the example connector, from the tree and compiled alone outside it by the one
 * command that its first lines give. SPDX-License-Identifier: GPL-3.0-or-later */
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempt.h"
#include "suite.h"

extern char **environ;

static const itp_value IN[] = {NUMBER("diffusivity", 2, "um2/s"), NUMBER("time", 1, "hour")};
static const itp_port OUT[] = {WANT("length", "um")};

/* sqrt(2 D t) = sqrt(2 * 2e-12 m2/s * 3600 s) = 120 um */
static void check_answers(attempt *a)
{
    static const itp_value never[] = {NUMBER("diffusivity", 2, "um2/s"), NUMBER("time", 0, "s")};
    static const itp_value fast[] = {NUMBER("diffusivity", 2, "m2/s"), NUMBER("time", 1, "s")};
    static const itp_value mass[] = {NUMBER("diffusivity", 2, "kg"), NUMBER("time", 1, "s")};
    static const itp_value half[] = {NUMBER("time", 1, "s")};
    a->request.task = "template.diffusion";
    WANTED(a, OUT);
    INPUTS(a, IN);
    CU_ASSERT_EQUAL(attempt_run(a, "{}"), ITP_CAUSE_NONE);
    CU_ASSERT_DOUBLE_EQUAL(attempt_number(a, "length"), 120, 1e-10);
    INPUTS(a, never);
    CU_ASSERT_EQUAL(attempt_run(a, "{}"), ITP_CAUSE_SCIENTIFIC);
    CU_ASSERT_STRING_EQUAL(a->report.text, "nothing diffuses in no time");
    INPUTS(a, fast);
    CU_ASSERT_EQUAL(attempt_run(a, "{}"), ITP_CAUSE_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(a->report.text, "envelope [0, 1e-06] m2/s"));
    INPUTS(a, mass);
    CU_ASSERT_EQUAL(attempt_run(a, "{}"), ITP_CAUSE_INVALID);
    CU_ASSERT(strstr(a->report.text, "kg") && strstr(a->report.text, "m2/s"));
    INPUTS(a, half);
    CU_ASSERT_EQUAL(attempt_run(a, "{}"), ITP_CAUSE_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(a->report.text, "needs input diffusivity"));
    a->request.task = "template.other";
    CU_ASSERT_EQUAL(attempt_run(a, "{}"), ITP_CAUSE_REFUSED);
}

static void works_in_the_tree(void)
{
    attempt a;
    attempt_open(&a, "template", "{}");
    check_answers(&a);
    attempt_close(&a);
}

static void compiles_alone_outside_the_tree(void)
{
    attempt a;
    char folder[] = "/tmp/itp_template_XXXXXX", output[64];
    int status = -1;
    pid_t pid;
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    snprintf(output, sizeof output, "%s/mine.so", folder);
    char *const command[] = {ITP_CC,
                             "-Wall",
                             "-Wextra",
                             "-Werror",
                             "-shared",
                             "-fPIC",
                             "-I" ITP_SOURCE_DIR "/include",
                             ITP_SOURCE_DIR "/connectors/template/template.c",
                             "-o",
                             output,
                             "-lm",
                             NULL};
    CU_ASSERT_EQUAL_FATAL(posix_spawnp(&pid, ITP_CC, NULL, NULL, command, environ), 0);
    waitpid(pid, &status, 0);
    CU_ASSERT_FATAL(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    attempt_open(&a, output, "{}");
    check_answers(&a);
    attempt_close(&a);
    unlink(output);
    rmdir(folder);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"works in the tree", works_in_the_tree},
        {"compiles alone outside the tree", compiles_alone_outside_the_tree},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/template", tests);
}
