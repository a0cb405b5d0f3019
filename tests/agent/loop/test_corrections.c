/* test_corrections.c - what failed is changed and tried again, as the rules of its task say.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "suite.h"

#include "stage.h"

#define MENDED                                                                                     \
    "with: {name: branin, steps: 3, resources: {memory: 1 GB}}, corrections: ["                    \
    "{when: not_converged, change: {steps: {scale: 2}}, at_most: 2}, "                             \
    "{when: memory, change: {memory: {add: 512 MB}}, at_most: 1}, "                                \
    "{when: 'diverges', change: {resources.solver: {set: robust}}, at_most: 1}]"

static const itp_value *option_of(const itp_action *offer, const char *path)
{
    for (size_t i = 0; offer && i < offer->n_options; i++)
        if (strcmp(offer->options[i].name, path) == 0) return &offer->options[i];
    return NULL;
}

static void a_failure_is_corrected_as_often_as_its_rule_allows(void)
{
    bench b;
    set_up(&b, MENDED, "budget: {trials: 1}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    CU_ASSERT_EQUAL(fixture_find(&b.out, ITP_ACTION_OFFER)->n_options, 0);
    double steps[] = {6, 12};
    for (uint32_t epoch = 1; epoch <= 2; epoch++) {
        feed_failure(&b, 1, epoch, ITP_CAUSE_SCIENTIFIC);
        const itp_action *made = fixture_find(&b.out, ITP_ACTION_CORRECT),
                         *offer = fixture_find(&b.out, ITP_ACTION_OFFER);
        CU_ASSERT_PTR_NOT_NULL_FATAL(made);
        CU_ASSERT_EQUAL(made->number, 1);
        CU_ASSERT_EQUAL(made->epoch, epoch);
        CU_ASSERT_STRING_EQUAL(made->text, "why");
        CU_ASSERT_PTR_NOT_NULL_FATAL(option_of(offer, "steps"));
        CU_ASSERT_EQUAL(option_of(offer, "steps")->number, steps[epoch - 1]);
        CU_ASSERT_EQUAL(offer->epoch, epoch + 1);
        CU_ASSERT_EQUAL(offer->values[0].number, 0.5); /* the trial's own point stays */
        CU_ASSERT_PTR_NOT_NULL(fixture_find(&b.out, ITP_ACTION_ACK));
    }
    feed_failure(&b, 1, 3, ITP_CAUSE_SCIENTIFIC);
    CU_ASSERT_PTR_NULL(fixture_find(&b.out, ITP_ACTION_CORRECT));
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_FAILED);
    itp_request_view view;
    CU_ASSERT_EQUAL(itp_loop_request(b.loop, 1, &view), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(view.n_corrected, 2);
    CU_ASSERT_EQUAL(view.corrected[1].epoch, 2);
    CU_ASSERT_EQUAL(view.corrected[1].times, 2);
    CU_ASSERT_EQUAL(view.corrected[1].from[0].number, 6);
    CU_ASSERT_EQUAL(view.corrected[1].to[0].number, 12);
    tear_down(&b);
}

static void corrections_of_several_rules_add_up(void)
{ /* How: memory, then a pattern that the event says was found, then memory again: in vain, so the
   * request is held although it may be tried three times. */
    bench b;
    set_up(&b, MENDED, "budget: {trials: 1}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    feed_failure(&b, 1, 1, ITP_CAUSE_RESOURCE);
    const itp_value *memory = option_of(fixture_find(&b.out, ITP_ACTION_OFFER), "resources.memory");
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    CU_ASSERT_DOUBLE_EQUAL(memory->number, 1.512, 1e-12);
    CU_ASSERT_STRING_EQUAL(memory->unit, "GB");
    feed(&b, (itp_event){.kind = ITP_EVENT_FAILURE,
                         .worker = "w",
                         .request = 1,
                         .epoch = 2,
                         .index = -1,
                         .cause = ITP_CAUSE_INVALID,
                         .number = 1 << 2,
                         .text = "it diverges"});
    const itp_action *offer = fixture_find(&b.out, ITP_ACTION_OFFER);
    CU_ASSERT_EQUAL_FATAL(offer->n_options, 2);
    CU_ASSERT_STRING_EQUAL(option_of(offer, "resources.solver")->label, "robust");
    CU_ASSERT_DOUBLE_EQUAL(option_of(offer, "resources.memory")->number, 1.512, 1e-12);
    feed_failure(&b, 1, 3, ITP_CAUSE_RESOURCE);
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_DEAD);
    tear_down(&b);
}

static void what_no_rule_means_is_handled_as_before(void)
{
    bench b;
    set_up(&b, MENDED, "budget: {trials: 2}\n");
    feed_worker(&b, "w", 1, ITP_REPEATABLE, 0, NULL);
    feed_decision(&b, 1, 1, 0.5);
    feed_failure(&b, 1, 1, ITP_CAUSE_TIMEOUT);
    CU_ASSERT_PTR_NULL(fixture_find(&b.out, ITP_ACTION_CORRECT));
    CU_ASSERT_EQUAL(state_of(&b, 1), ITP_REQUEST_BACKOFF);
    feed(&b, (itp_event){.kind = ITP_EVENT_TIMER, .request = 1, .epoch = 1});
    feed_failure(&b, 1, 2, ITP_CAUSE_REFUSED);
    CU_ASSERT_EQUAL(trial_state_of(&b, 1), ITP_TRIAL_INFEASIBLE);
    tear_down(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a failure is corrected as often as its rule allows",
         a_failure_is_corrected_as_often_as_its_rule_allows},
        {"corrections of several rules add up", corrections_of_several_rules_add_up},
        {"what no rule means is handled as before", what_no_rule_means_is_handled_as_before},
        CU_TEST_INFO_NULL,
    };
    return suite_run("loop/corrections", tests);
}
