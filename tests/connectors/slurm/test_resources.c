/* test_resources.c - what a job asks Slurm for, as sbatch's options and nothing else.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "resources.h"

#include <stdlib.h>
#include <string.h>

#include "suite.h"

/* The options of some JSON; "" when it is refused, with the words in err. The caller's to free. */
static char *read(const char *text, itp_error *err)
{
    char *out = NULL;
    json_t *json = json_loads(text, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(json);
    itp_status st = resources_read(json, &out, err);
    CU_ASSERT_EQUAL(st, out ? ITP_OK : ITP_EINVAL);
    json_decref(json);
    return out ? out : strdup("");
}

static void expect(const char *text, const char *options)
{
    itp_error err = {0};
    char *out = read(text, &err);
    CU_ASSERT_STRING_EQUAL(out, options);
    if (strcmp(out, options) != 0) printf("\n  %s: \"%s\" %s\n", text, out, err.text);
    free(out);
}

static void expect_refusal(const char *text, const char *words)
{
    itp_error err = {0};
    char *out = read(text, &err);
    CU_ASSERT_STRING_EQUAL(out, "");
    CU_ASSERT_PTR_NOT_NULL(strstr(err.text, words));
    free(out);
}

static void units_become_sbatchs(void)
{
    char *out = NULL;
    CU_ASSERT_EQUAL(resources_read(NULL, &out, NULL), ITP_OK);
    CU_ASSERT_STRING_EQUAL(out, "");
    free(out);
    expect("{\"time\": \"90 min\"}", "--time=1:30:00\n");
    expect("{\"time\": 61.2}", "--time=0:01:02\n"); /* never less than was asked for */
    expect("{\"time\": \"72 h\"}", "--time=72:00:00\n");
    expect("{\"memory\": \"2 GB\"}", "--mem=1908M\n"); /* 2e9 bytes in MiB, rounded up */
    expect("{\"memory_per_cpu\": \"2 GiB\"}", "--mem-per-cpu=2048M\n");
    expect("{\"cpus\": 4, \"nodes\": 2, \"tasks\": 8, \"gpus\": 1}",
           "--cpus-per-task=4\n--nodes=2\n--ntasks=8\n--gpus=1\n");
    expect("{\"partition\": \"short\", \"account\": \"lab\", \"qos\": \"a b\"}",
           "--partition=short\n--account=lab\n--qos=a b\n"); /* one word, whatever is in it */
}

static void what_is_none_of_them_is_refused(void)
{
    expect_refusal("{\"wrap\": \"rm -rf /\"}", "wrap is none of");
    expect_refusal("{\"partition\": \"short\\n--wrap=evil\"}", "partition: expected a name");
    expect_refusal("{\"partition\": \"\"}", "partition: expected a name");
    expect_refusal("{\"partition\": 3}", "partition: expected a name");
    expect_refusal("{\"time\": \"soon\"}", "time: expected a duration");
    expect_refusal("{\"time\": 0}", "time: expected a duration");
    expect_refusal("{\"time\": -5}", "time: expected a duration");
    expect_refusal("{\"memory\": \"plenty\"}", "memory: expected a size");
    expect_refusal("{\"cpus\": 0}", "cpus: expected a whole number");
    expect_refusal("{\"cpus\": 1.5}", "cpus: expected a whole number");
    expect_refusal("{\"nodes\": 1000001}", "nodes: expected a whole number");
    expect_refusal("[\"--wrap=evil\"]", "expected a mapping");
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"units become sbatch's", units_become_sbatchs},
        {"what is none of them is refused", what_is_none_of_them_is_refused},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/slurm/resources", tests);
}
