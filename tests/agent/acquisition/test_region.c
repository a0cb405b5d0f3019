/* test_region.c - the trust region: its side by hand, its box around the incumbent, and proposals
 * that stay inside.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "bed.h"
#include "region.h"

static double side_after(size_t n, const double *utility, size_t failures)
{
    itp_region region;
    itp_region_fold(&region, n, utility, 2, failures);
    return region.side;
}

static void success_widens_and_failure_narrows(void)
{
    const double rising[] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    const double flat[] = {0, 1, 1, 1, 1, 1, 1, 1, 1};
    const double infeasible[] = {0, 1, NAN, NAN, NAN, NAN, 2};
    CU_ASSERT_EQUAL(side_after(4, rising, 4), 0.8); /* two successes after the design */
    CU_ASSERT_EQUAL(side_after(5, rising, 4), 1.6);
    CU_ASSERT_EQUAL(side_after(9, rising, 4), 1.6); /* no more than that */
    CU_ASSERT_EQUAL(side_after(5, flat, 4), 0.8);
    CU_ASSERT_EQUAL(side_after(6, flat, 4), 0.4);
    CU_ASSERT_EQUAL(side_after(7, infeasible, 4), 0.4); /* what cannot be is no success */
    double long_flat[64] = {0};
    itp_region region;
    itp_region_fold(&region, 64, long_flat, 2, 4); /* 15 halvings: 1/128 is passed at the 7th */
    CU_ASSERT_EQUAL(region.restarts, 2);
    CU_ASSERT_DOUBLE_EQUAL(region.side, 0.4, 1e-15);
}

static void proposals_stay_inside(void)
{
    bed b;
    itp_view view;
    itp_region region;
    bed_init(&b, bed_space(6), 40, 1, 0, ITP_NOISE_NONE, 51);
    CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b.problem), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_region_init(&region, &view), ITP_OK);
    const double *centre = b.x + (size_t)view.incumbent * b.d;
    for (size_t j = 0; j < b.d; j++) {
        CU_ASSERT(region.low[j] <= centre[j] && centre[j] <= region.high[j]);
        CU_ASSERT(region.low[j] >= 0 && region.high[j] <= 1);
        CU_ASSERT(region.high[j] - region.low[j] <= 2 * region.side + 1e-12);
    }
    itp_propose_options options = {.q = 3, .threads = 2, .trust_region = 1};
    itp_proposal p;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    CU_ASSERT(strstr(p.why, "trust region of side") != NULL);
    for (size_t i = 0; i < p.n_chosen; i++)
        for (size_t j = 0; j < b.d; j++)
            CU_ASSERT(p.chosen[i].x[j] >= region.low[j] - 1e-12 &&
                      p.chosen[i].x[j] <= region.high[j] + 1e-12);
    itp_proposal_deinit(&p);
    itp_region_deinit(&region);
    itp_view_deinit(&view);
    bed_deinit(&b);
}

/* A region may reach no other value of a discrete parameter; the space does. */
static void an_empty_region_is_left(void)
{
    enum { N = 11 };
    static const double LEVELS[] = {0, 0.5, 1};
    itp_param params[] = {
        {.name = "a", .unit = "1", .kind = ITP_DISCRETE, .n_levels = 3, .levels = LEVELS},
        {.name = "b", .unit = "1", .kind = ITP_REAL, .high = 1, .when = "a >= 0.5"}};
    itp_space *space;
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 2, params, NULL), ITP_OK);
    bed b;
    bed_init(&b, space, N, 1, 0, ITP_NOISE_NONE, 3);
    for (size_t i = 0; i < N; i++) { /* the best has a = 0, where there is but one point */
        double point[] = {i ? LEVELS[1 + i % 2] : 0, i ? 0.08 * (double)i : NAN};
        CU_ASSERT_EQUAL_FATAL(itp_space_encode(space, point, b.x + i * b.d, NULL), ITP_OK);
        b.y[i] = i ? 0.1 * (double)(i % 3) : 5;
    }
    itp_data data = {.n = N, .d = b.d, .x = b.x, .y = b.y};
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_fit(b.models[0], &data, 3, NULL), ITP_OK);
    itp_propose_options options = {.q = 2, .threads = 1, .trust_region = 1};
    itp_proposal p;
    itp_error err = {0};
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, &err), ITP_OK);
    CU_ASSERT_EQUAL(p.n_chosen, 2);
    CU_ASSERT(strstr(p.why, "nothing is left there") != NULL);
    for (size_t i = 0; i < p.n_chosen; i++) CU_ASSERT(p.chosen[i].point[0] > 0);
    itp_proposal_deinit(&p);
    bed_deinit(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"success widens and failure narrows", success_widens_and_failure_narrows},
        {"proposals stay inside", proposals_stay_inside},
        {"an empty region is left", an_empty_region_is_left},
        CU_TEST_INFO_NULL,
    };
    return suite_run("acquisition/region", tests);
}
