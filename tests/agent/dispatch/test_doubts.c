/* test_doubts.c - questions are put again, ever more slowly, until they are answered.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "suite.h"

#include "doubts.h"

static void a_question_is_put_again_with_back_off_until_it_is_answered(void)
{
    itp_doubts doubts = {0};
    const itp_attempt a = {1, 1}, b = {2, 1};
    CU_ASSERT_EQUAL(itp_doubts_next(&doubts), INT64_MAX);
    CU_ASSERT_EQUAL(itp_doubts_ask(&doubts, a, "s", 0), ITP_OK);
    CU_ASSERT_EQUAL(itp_doubts_ask(&doubts, b, "t", 500), ITP_OK);
    int64_t at = 0, wait = ITP_DOUBT_MS;
    for (int i = 0; i < 8; i++) {
        CU_ASSERT_PTR_NULL(itp_doubts_due(&doubts, at + wait - 1));
        const itp_doubt *due = itp_doubts_due(&doubts, at += wait);
        CU_ASSERT_PTR_NOT_NULL_FATAL(due);
        CU_ASSERT_EQUAL(due->attempt.request, 1);
        CU_ASSERT_STRING_EQUAL(due->worker, "s");
        CU_ASSERT_PTR_NULL(itp_doubts_due(&doubts, at)); /* once a turn */
        if (i == 0) itp_doubts_end(&doubts, b);
        wait = 2 * wait < ITP_DOUBT_MS_MAX ? 2 * wait : ITP_DOUBT_MS_MAX;
    }
    itp_doubts_end(&doubts, a);
    itp_doubts_end(&doubts, a);
    CU_ASSERT_EQUAL(itp_doubts_next(&doubts), INT64_MAX);
    itp_doubts_deinit(&doubts);
}

static void asked_anew_it_is_impatient_again(void)
{
    itp_doubts doubts = {0};
    const itp_attempt a = {1, 1};
    CU_ASSERT_EQUAL(itp_doubts_ask(&doubts, a, "s", 0), ITP_OK);
    CU_ASSERT_PTR_NOT_NULL(itp_doubts_due(&doubts, ITP_DOUBT_MS));
    CU_ASSERT_EQUAL(itp_doubts_next(&doubts), 3 * ITP_DOUBT_MS);
    CU_ASSERT_EQUAL(itp_doubts_ask(&doubts, a, "s", ITP_DOUBT_MS), ITP_OK);
    CU_ASSERT_EQUAL(itp_doubts_next(&doubts), 2 * ITP_DOUBT_MS);
    CU_ASSERT_EQUAL(doubts.n, 1);
    itp_doubts_deinit(&doubts);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a question is put again, with back-off, until it is answered",
         a_question_is_put_again_with_back_off_until_it_is_answered},
        {"asked anew, it is impatient again", asked_anew_it_is_impatient_again},
        CU_TEST_INFO_NULL,
    };
    return suite_run("dispatch/doubts", tests);
}
