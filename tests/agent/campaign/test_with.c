/* test_with.c - settings put over those of a file, however the file is written.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "campaign.h"
#include "suite.h"

#define HEAD                                                                                       \
    "campaign: t\nparameters: {x: {real: [0, 1]}}\ntasks: {t: {outputs: [y]}}\n"                   \
    "objectives: [{maximise: y}]\n"

static itp_campaign *parse(const char *text)
{
    itp_campaign *campaign = NULL;
    itp_error err = {0};
    if (itp_campaign_parse(&campaign, "c.yaml", text, 0, NULL, NULL, &err) != ITP_OK)
        printf("\n%s\n%s", err.text, text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(campaign);
    return campaign;
}

static itp_campaign *with(const char *text, size_t n, const char *const *settings)
{
    itp_error err = {0};
    itp_campaign *from = parse(text), *to = NULL;
    if (itp_campaign_with(&to, from, n, settings, &err) != ITP_OK) printf("\n%s\n", err.text);
    itp_campaign_destroy(from);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    return to;
}

/* Every way to write what is there, or is not, and what must come out. */
static void settings_replace_what_stands_there(void)
{
    static const char *const FILES[] = {
        HEAD "budget: {trials: 9}\n",
        HEAD "budget: {trials: 9}\nagent: {}\nseed: 3\n",
        HEAD "budget: {time: 5 s, trials: 9}\nagent: {acquisition: logei, design: {sobol: 4}}",
        HEAD "seed: 5\nbudget:\n  trials: 9   # so many\nagent:   # mine\n  # more\n"
             "  design:\n    sobol: 4\n  acquisition: \"logei\"   # why\n  parallel: 2\n",
        HEAD "agent:\n    parallel: 3\nbudget:\n    trials: 9\nstop: {regret: 1}\n",
        HEAD "agent:\n  design: {maximin: 3}\n\n\nbudget: {trials: 9}\n",
    };
    static const char *const SETTINGS[] = {"acquisition=ucb", "design={random: 7}", "trials=40",
                                           "seed=11", "parallel=5"};
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        itp_campaign *c = with(FILES[i], 5, SETTINGS);
        CU_ASSERT_STRING_EQUAL(c->agent.acquisition, "ucb");
        CU_ASSERT_EQUAL(c->agent.design, ITP_DESIGN_RANDOM);
        CU_ASSERT_EQUAL(c->agent.design_n, 7);
        CU_ASSERT_EQUAL(c->agent.parallel, 5);
        CU_ASSERT_EQUAL(c->budget.trials, 40);
        CU_ASSERT_EQUAL(c->seed, 11);
        itp_campaign_destroy(c);
    }
}

static void what_is_not_asked_for_stays(void)
{
    itp_campaign *c = with(HEAD "budget: {trials: 9, time: 5 s}\nagent: {design: {sobol: 4}}\n", 1,
                           (const char *const[]){"surrogate=exact"});
    CU_ASSERT_EQUAL(c->budget.trials, 9);
    CU_ASSERT_EQUAL(c->budget.time_s, 5);
    CU_ASSERT_EQUAL(c->agent.design_n, 4);
    CU_ASSERT_STRING_EQUAL(c->agent.acquisition, "auto");
    CU_ASSERT_STRING_EQUAL(c->agent.surrogate, "exact");
    itp_campaign_destroy(c);
}

static void what_is_no_setting_is_refused_by_name(void)
{
    const struct {
        const char *setting, *says;
        itp_status status;
    } cases[] = {
        {"colour=red", "acquisition, surrogate", ITP_EINVAL},
        {"acquisition", "KEY=VALUE", ITP_EINVAL},
        {"=3", "KEY=VALUE", ITP_EINVAL},
        {"trials=many", "trials", ITP_ECAMPAIGN},
        {"acquisition=nonsense", "nonsense", ITP_ECAMPAIGN},
        {"design={sobol: 3", "with design", ITP_ECAMPAIGN},
    };
    itp_campaign *from = parse(HEAD "budget: {trials: 9}\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        itp_campaign *to = NULL;
        itp_error err = {0};
        itp_status st = itp_campaign_with(&to, from, 1, &cases[i].setting, &err);
        if (st != cases[i].status || !strstr(err.text, cases[i].says))
            printf("\n  %s: %s: %s\n", cases[i].setting, itp_status_name(st), err.text);
        CU_ASSERT_EQUAL(st, cases[i].status);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].says));
        CU_ASSERT_PTR_NULL(to);
    }
    itp_campaign_destroy(from);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"settings replace what stands there", settings_replace_what_stands_there},
        {"what is not asked for stays", what_is_not_asked_for_stays},
        {"what is no setting is refused by name", what_is_no_setting_is_refused_by_name},
        CU_TEST_INFO_NULL};
    return suite_run("campaign/with", tests);
}
