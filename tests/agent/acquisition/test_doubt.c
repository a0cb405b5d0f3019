/* test_doubt.c - a reading better than all that is believed, which looks like a gross error, is
 * made once more; what the second one says stands. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bed.h"

enum { N = 40, HIT = 21, LATE = 33 };
static const double MUCH = 40;

/* Exact readings, two of which are gross errors: the first better than all others, or both worse.
 */
static void plant(bed *b, double first)
{
    bed_init(b, bed_space(2), N + 1, 1, 0, ITP_NOISE_INFERRED, 3);
    b->y[HIT] += first;
    b->y[LATE] -= MUCH;
}

static void fit(bed *b, size_t n)
{
    itp_data data = {.n = n, .d = b->d, .x = b->x, .y = b->y};
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_fit(b->models[0], &data, 1, NULL), ITP_OK);
    b->problem.n_measured = b->problem.number = n;
}

static int is_at(const bed *b, size_t row, const double *x)
{
    for (size_t j = 0; j < b->d; j++)
        if (fabs(b->x[row * b->d + j] - x[j]) > 1e-9) return 0;
    return 1;
}

/* Whether the next trial is at HIT. */
static int is_made_again(const bed *b)
{
    itp_proposal p;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b->problem, NULL, &p, NULL), ITP_OK);
    int again = is_at(b, HIT, p.chosen[0].x);
    CU_ASSERT(again == (strstr(p.why, "looks like an error") != NULL));
    itp_proposal_deinit(&p);
    return again;
}

static void a_best_reading_in_doubt_is_made_again(void)
{
    bed b;
    plant(&b, MUCH);
    fit(&b, N);
    CU_ASSERT(itp_surrogate_outliers(b.models[0], NULL, 0) == 2);
    CU_ASSERT(itp_surrogate_doubted(b.models[0], b.x + HIT * b.d) == 1);
    CU_ASSERT(itp_surrogate_doubted(b.models[0], b.x) == 0);
    CU_ASSERT(is_made_again(&b));
    b.problem.pending = b.x + HIT * b.d, b.problem.n_pending = 1;
    CU_ASSERT(!is_made_again(&b)); /* on its way already */
    bed_deinit(&b);
}

static void a_bad_reading_in_doubt_is_let_be(void)
{
    bed b;
    plant(&b, -MUCH);
    fit(&b, N);
    CU_ASSERT(itp_surrogate_outliers(b.models[0], NULL, 0) == 2);
    CU_ASSERT(!is_made_again(&b));
    bed_deinit(&b);
}

static void the_second_reading_decides(void)
{ /* It contradicts the first, or it says the same. */
    for (int same = 0; same < 2; same++) {
        bed b;
        plant(&b, MUCH);
        fit(&b, N);
        memcpy(b.x + N * b.d, b.x + HIT * b.d, b.d * sizeof *b.x);
        b.y[N] = b.y[HIT] - (same ? 0 : MUCH);
        fit(&b, N + 1);
        CU_ASSERT(itp_surrogate_doubted(b.models[0], b.x + HIT * b.d) == 0);
        CU_ASSERT(itp_surrogate_outliers(b.models[0], NULL, 0) == (same ? 1 : 2));
        CU_ASSERT(!is_made_again(&b));
        bed_deinit(&b);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a best reading in doubt is made again", a_best_reading_in_doubt_is_made_again},
        {"a bad reading in doubt is let be", a_bad_reading_in_doubt_is_let_be},
        {"the second reading decides", the_second_reading_decides},
        CU_TEST_INFO_NULL};
    return suite_run("acquisition/doubt", tests);
}
