/* test_record.c - what a job leaves on disk: who begins it, that it begins once, and which earlier
 * attempt's outcome may be taken over. SPDX-License-Identifier: GPL-3.0-or-later */
#include "record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "suite.h"

/* A campaign's folder with an attempt's folder REQUEST.EPOCH in it. */
typedef struct desk {
    char parent[64], folder[PATH_MAX];
    command_options options;
    itp_value input;
    itp_request request;
    attempt a;
} desk;

static void turn_to(desk *d, uint32_t epoch)
{
    d->request.epoch = epoch;
    snprintf(d->folder, sizeof d->folder, "%s/%llu.%u", d->parent,
             (unsigned long long)d->request.request, epoch);
    CU_ASSERT_EQUAL_FATAL(mkdir(d->folder, 0700), 0);
    d->a.folder = d->folder;
}

static void set_up(desk *d, const char *script)
{
    char text[600];
    memset(d, 0, sizeof *d);
    strcpy(d->parent, "/tmp/itp_record_XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(d->parent));
    snprintf(text, sizeof text,
             "{\"run\": [\"./x\", \"-c\", \"%s\"], \"env\": {\"WHO\": \"$(id)\"}}", script);
    CU_ASSERT_EQUAL_FATAL(command_options_read(text, NULL, &d->options, NULL), ITP_OK);
    d->input = (itp_value){.name = "x", .number = 1.5, .sd = NAN, .unit = "1"};
    d->request = (itp_request){
        .task = "t", .campaign = "c", .request = 7, .inputs = &d->input, .n_inputs = 1};
    d->a = (attempt){.options = &d->options, .base = "/", .program = "/bin/sh", .req = &d->request};
    turn_to(d, 1);
    CU_ASSERT_EQUAL_FATAL(record_prepare(&d->a, NULL), ITP_OK);
}

static void tear_down(desk *d)
{
    char command[100];
    command_options_deinit(&d->options);
    snprintf(command, sizeof command, "rm -r %s", d->parent);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* Runs the batch script as a node would; its exit code. */
static int run_script(const desk *d)
{
    char command[3 * PATH_MAX];
    CU_ASSERT_EQUAL(record_write(d->parent, "script", RECORD_SCRIPT, NULL), ITP_OK);
    CU_ASSERT_EQUAL(record_write(d->parent, "list", d->folder, NULL), ITP_OK);
    snprintf(command, sizeof command,
             "cd %s && SLURM_JOB_ID=12 SLURMD_NODENAME=n1 bash ./script 2>/dev/null", d->parent);
    int status = system(command);
    return WEXITSTATUS(status);
}

static void a_job_begins_once_and_says_who_began_it(void)
{
    desk d;
    char text[64], began[RECORD_ID] = "";
    set_up(&d, "echo \\\"$WHO\\\"; exit 3");
    CU_ASSERT_EQUAL(run_script(&d), 0);
    CU_ASSERT_TRUE(record_read(d.folder, ".job/began", text, sizeof text));
    CU_ASSERT_STRING_EQUAL(text, "12 n1");
    CU_ASSERT_TRUE(record_read(d.folder, ".job/exit", text, sizeof text));
    CU_ASSERT_STRING_EQUAL(text, "3");
    CU_ASSERT_TRUE(record_read(d.folder, "stdout", text, sizeof text));
    CU_ASSERT_STRING_EQUAL(text, "$(id)"); /* no value is a shell's to interpret */
    CU_ASSERT_EQUAL(run_script(&d), 122);  /* submitted twice */
    CU_ASSERT_EQUAL(record_void(d.folder, began), 0);
    CU_ASSERT_STRING_EQUAL(began, "12");
    tear_down(&d);
}

static void what_is_void_never_begins(void)
{
    desk d;
    char began[RECORD_ID], text[64];
    set_up(&d, "echo ran");
    CU_ASSERT_EQUAL(record_void(d.folder, began), 1);
    CU_ASSERT_EQUAL(record_void(d.folder, began), 1); /* said twice is said */
    CU_ASSERT_EQUAL(run_script(&d), 122);
    CU_ASSERT_FALSE(record_read(d.folder, "stdout", text, sizeof text));
    tear_down(&d);
}

static void an_equal_attempt_is_taken_over_and_no_other(void)
{
    desk d;
    char found[PATH_MAX], first[PATH_MAX];
    set_up(&d, "true");
    strcpy(first, d.folder);
    turn_to(&d, 2);
    CU_ASSERT_FALSE(record_find_earlier(d.folder, &d.a, found)); /* it was in no batch */
    CU_ASSERT_EQUAL(record_write(first, ".job/batch", "/batches/b\n0\n", NULL), ITP_OK);
    CU_ASSERT_TRUE(record_find_earlier(d.folder, &d.a, found));
    CU_ASSERT_STRING_EQUAL(found, first);
    d.input.number = nextafter(1.5, 2); /* another input, by one bit */
    CU_ASSERT_FALSE(record_find_earlier(d.folder, &d.a, found));
    d.input.number = 1.5;
    d.request.index = 1; /* another replicate */
    CU_ASSERT_FALSE(record_find_earlier(d.folder, &d.a, found));
    d.request.index = 0;
    d.request.request = 77; /* 7.1 is no attempt of request 77, nor of 0 */
    CU_ASSERT_FALSE(record_find_earlier(d.folder, &d.a, found));
    d.request.request = 7;
    CU_ASSERT_EQUAL(record_write(first, ".job/told", "1", NULL), ITP_OK);
    CU_ASSERT_FALSE(record_find_earlier(d.folder, &d.a, found)); /* its failure was reported */
    tear_down(&d);
}

static void a_batch_is_read_back(void)
{
    desk d;
    char batch[PATH_MAX];
    size_t index = 9;
    set_up(&d, "true");
    CU_ASSERT_FALSE(record_batch(d.folder, batch, &index));
    CU_ASSERT_EQUAL(record_write(d.folder, ".job/batch", "/a/b c\n17\n", NULL), ITP_OK);
    CU_ASSERT_TRUE(record_batch(d.folder, batch, &index));
    CU_ASSERT_STRING_EQUAL(batch, "/a/b c");
    CU_ASSERT_EQUAL(index, 17);
    CU_ASSERT_EQUAL(record_write(d.folder, ".job/batch", "/a/b", NULL), ITP_OK);
    CU_ASSERT_FALSE(record_batch(d.folder, batch, &index)); /* torn */
    tear_down(&d);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a job begins once and says who began it", a_job_begins_once_and_says_who_began_it},
        {"what is void never begins", what_is_void_never_begins},
        {"an equal attempt is taken over and no other",
         an_equal_attempt_is_taken_over_and_no_other},
        {"a batch is read back", a_batch_is_read_back},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/slurm/record", tests);
}
