/* test_memory.c - the n-th allocation fails, for every n: no crash, no leak, and the answer is that
 * memory ran out. Only our own calls are failed; libraries get theirs.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "allocations.h"
#include "campaign.h"
#include "suite.h"

static const char TABLE[] = "name,smiles,donor\nEC,O=C1OCCO1,16.4\nFEC,O=C1OCC(F)O1,9.1\n";
static const char LISTED[] =
    "campaign: t\ncandidates: table.csv\n"
    "tasks: {m: {inputs: [name, smiles], outputs: [z], with: {a: [1, b]}}}\n"
    "objectives: [{maximise: 2*z}]\nlimits: [z <= 3]\nbudget: {trials: 3}\n";
static const char FREE[] = "campaign: t\nparameters:\n"
                           "  x: {real: [0, 1]}\n  y: {integer: [0, 3], when: x > 0.2}\n"
                           "  s: {categorical: [EC, FEC], descriptors: table.csv}\n"
                           "constraints: [x + y <= 2, x^2 <= 0.5, {at_most: 1, nonzero: [x, y]}]\n"
                           "tasks: {m: {outputs: [z]}}\nobjectives: [{maximise: z}]\n"
                           "budget: {trials: 3}\n";
static const char WRONG[] =
    "campaign: t\nparameters: {x: {real: [1, 0]}}\nconstraints: [x + q <= 1]\n"
    "taks: {}\n";

/* Fails allocation after allocation until the call gets through. */
static void survive(const char *text, itp_status expected)
{
    const itp_campaign_file file = {"table.csv", TABLE, sizeof TABLE - 1};
    itp_status st = ITP_ENOMEM;
    long n = 1;
    for (; st == ITP_ENOMEM && n < 20000; n++) {
        itp_campaign *campaign = NULL;
        itp_findings findings = {0};
        itp_error err = {0};
        allocations_break(n);
        st = itp_campaign_parse(&campaign, "t.yaml", text, 1, &file, &findings, &err);
        int spent = allocations_mend();
        if (spent && st != ITP_ENOMEM && st != expected)
            printf("\n  allocation %ld: %s: %s\n", n, itp_status_name(st), err.text);
        CU_ASSERT(st == ITP_ENOMEM || st == expected);
        CU_ASSERT((st == ITP_OK) == (campaign != NULL));
        itp_findings_deinit(&findings);
        itp_campaign_destroy(campaign);
        if (st != ITP_ENOMEM && spent) st = ITP_ENOMEM; /* one that mattered little; go on */
    }
    CU_ASSERT_EQUAL(st, expected);
    CU_ASSERT(n > 30);
}

static void campaigns_survive_want_of_memory(void)
{
    survive(LISTED, ITP_OK);
    survive(FREE, ITP_OK);
    survive(WRONG, ITP_ECAMPAIGN);
}

static void sampling_survives_want_of_memory(void)
{
    const itp_param params[] = {
        {.name = "a", .kind = ITP_REAL, .high = 1},
        {.name = "b", .kind = ITP_INTEGER, .high = 4, .when = "a > 0.1"},
        {.name = "c", .kind = ITP_REAL, .low = 0.1, .high = 5, .scale = ITP_LOG}};
    itp_status st = ITP_ENOMEM;
    long n = 1;
    for (; st == ITP_ENOMEM && n < 200000; n++) {
        itp_space *space = NULL;
        double points[12] = {0};
        allocations_break(n);
        st = itp_space_create(&space, 3, params, NULL);
        if (st == ITP_OK) st = itp_space_add_constraint(space, "a + b + c == 3.3", NULL);
        if (st == ITP_OK) st = itp_space_add_constraint(space, "a*c <= 0.5", NULL);
        if (st == ITP_OK) st = itp_space_design(space, ITP_DESIGN_MAXIMIN, 1, 0, 4, points, NULL);
        allocations_mend();
        CU_ASSERT(st == ITP_ENOMEM || st == ITP_OK || st == ITP_ENONE);
        if (st == ITP_OK)
            for (size_t i = 0; i < 4; i++)
                CU_ASSERT(itp_space_violation(space, points + 3 * i, NULL) <= 1e-9);
        if (st == ITP_ENONE) st = ITP_ENOMEM;
        itp_space_destroy(space);
        if (n > 400) n += n / 8; /* the first ones one by one, later ones here and there */
    }
    CU_ASSERT_EQUAL(st, ITP_OK);
}

int main(void)
{
    CU_TestInfo tests[] = {{"campaigns survive want of memory", campaigns_survive_want_of_memory},
                           {"sampling survives want of memory", sampling_survives_want_of_memory},
                           CU_TEST_INFO_NULL};
    return suite_run("campaign/memory", tests);
}
