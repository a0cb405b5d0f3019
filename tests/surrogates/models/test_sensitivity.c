/* test_sensitivity.c - Sobol indices of functions that have them in closed form.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensitivity.h"

#include <math.h>
#include <stdlib.h>

#include "problems.h"
#include "stream.h"

enum { N = 4096 };

static double additive(const double *x)
{
    return 2 * x[0] + x[1]; /* shares 4/5 and 1/5, x[2] none */
}

static double product(const double *x)
{
    return (x[0] - 0.5) * (x[1] - 0.5); /* nothing alone, everything together */
}

static void meets(double (*f)(const double *), size_t n_groups, const size_t *group,
                  const double *first, const double *total)
{
    static problem p;
    static double a[N * 3], b[N * 3];
    double got_first[3], got_total[3];
    itp_stream s;
    problem_make(&p, 7, 60, 3, 0);
    for (size_t i = 0; i < p.n; i++) p.y[i] = f(p.x + 3 * i);
    itp_surrogate *model =
        problem_fit(&p, &(itp_surrogate_options){.noise = ITP_NOISE_NONE, .kernel = "rbf"}, NULL);
    itp_stream_init(&s, 1, 0, "samples");
    for (size_t i = 0; i < N * 3; i++) a[i] = itp_stream_uniform(&s);
    for (size_t i = 0; i < N * 3; i++) b[i] = itp_stream_uniform(&s);
    CU_ASSERT_EQUAL(itp_sensitivity(model, N, 3, a, b, n_groups, group, got_first, got_total),
                    ITP_OK);
    for (size_t g = 0; g < n_groups; g++) {
        CU_ASSERT_DOUBLE_EQUAL(got_first[g], first[g], 0.05);
        CU_ASSERT_DOUBLE_EQUAL(got_total[g], total[g], 0.05);
    }
    itp_surrogate_destroy(model);
}

static void each_alone(void)
{
    const size_t alone[] = {0, 1, 2};
    meets(additive, 3, alone, (double[]){0.8, 0.2, 0}, (double[]){0.8, 0.2, 0});
    meets(product, 3, alone, (double[]){0, 0, 0}, (double[]){1, 1, 0});
}

static void groups_are_moved_together(void)
{
    meets(product, 2, (const size_t[]){0, 0, 1}, (double[]){1, 0}, (double[]){1, 0});
    meets(additive, 2, (const size_t[]){0, 1, 0}, (double[]){0.8, 0.2}, (double[]){0.8, 0.2});
}

static double flat(const double *x)
{
    (void)x;
    return 3;
}

static void what_does_not_vary_has_no_causes(void)
{
    meets(flat, 3, (const size_t[]){0, 1, 2}, (double[]){0, 0, 0}, (double[]){0, 0, 0});
}

int main(void)
{
    CU_TestInfo tests[] = {{"each alone", each_alone},
                           {"groups are moved together", groups_are_moved_together},
                           {"what does not vary has no causes", what_does_not_vary_has_no_causes},
                           CU_TEST_INFO_NULL};
    return suite_run("models/sensitivity", tests);
}
