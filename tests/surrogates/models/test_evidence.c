/* test_evidence.c - the log posterior of hyperparameters: gradients against central differences,
 * and pooled replicates against the same rows unpooled. SPDX-License-Identifier: GPL-3.0-or-later
 */
#include <string.h>

#include "problems.h"
#include "target.h"

static problem P;

typedef struct {
    const char *kernel;
    itp_criterion criterion;
    int warped, replicated, known, zero_mean;
    double noise; /* ln sigma^2 around which u is drawn: how badly conditioned K is */
} form;

static const form FORMS[] = {
    {"matern52", ITP_CRITERION_MAP, 0, 0, 0, 0, -4},
    {"matern52", ITP_CRITERION_LIKELIHOOD, 0, 0, 0, 1, -14},
    {"rbf", ITP_CRITERION_MAP, 0, 0, 1, 0, -8},
    {"matern52", ITP_CRITERION_MAP, 0, 1, 0, 0, -4},
    {"matern32", ITP_CRITERION_MAP, 0, 1, 1, 0, -3},
    {"rq", ITP_CRITERION_LOO, 0, 0, 0, 0, -4},
    {"matern52", ITP_CRITERION_LOO, 0, 1, 1, 0, -4},
    {"matern52", ITP_CRITERION_MAP, 1, 0, 0, 0, -4},
    {"matern52", ITP_CRITERION_LOO, 1, 1, 0, 0, -3},
    {"matern52+linear", ITP_CRITERION_MAP, 1, 0, 0, 0, -5},
    {"matern12", ITP_CRITERION_MAP, 0, 0, 0, 0, -6},
};
enum { N_FORMS = sizeof FORMS / sizeof *FORMS };

static void replicate(problem *p)
{
    for (size_t i = p->n / 2; i < p->n; i++)
        memcpy(p->x + i * p->d, p->x + (i % 3) * p->d, p->d * sizeof *p->x);
}

/* Largest error of the gradient, relative to its norm. Six-point differences: their own error is
 * about 1e-13 of the value over the step. */
static double gradient_error(const form *f, uint64_t seed, size_t n, size_t d)
{
    double z[PROBLEM_N], known[PROBLEM_N], u[64], grad[64], norm = 0, worst = 0;
    itp_kernel *kernel = NULL;
    itp_pool pool;
    itp_warp warp = {0};
    itp_target target;
    itp_stream s;
    itp_stream_init(&s, seed, 1, "test");
    problem_make(&P, seed, n, d, 0.1);
    if (f->replicated) replicate(&P);
    for (size_t i = 0; i < n; i++) z[i] = (P.y[i] - 10) / 4, known[i] = 0.2 * P.x[i * d];
    CU_ASSERT_FATAL(itp_kernel_create(&kernel, f->kernel, d, P.columns, NULL) == ITP_OK);
    itp_pool_init(&pool, d);
    itp_pool_fill(&pool, n, P.x);
    if (f->warped) itp_warp_init(&warp, d, P.columns);
    itp_task_spec spec = {.kernel = kernel,
                          .pool = &pool,
                          .z = z,
                          .known = f->known ? known : NULL,
                          .warp = f->warped ? &warp : NULL,
                          .criterion = f->criterion,
                          .has_prior = f->criterion == ITP_CRITERION_MAP,
                          .learns_noise = 1,
                          .zero_mean = f->zero_mean};
    CU_ASSERT_FATAL(itp_target_init(&target, &spec) == ITP_OK);
    itp_kernel_default(kernel, u);
    for (size_t p = 0; p < target.n; p++) {
        if (p >= itp_kernel_n_params(kernel)) u[p] = 0;
        u[p] += 0.3 * itp_stream_normal(&s);
    }
    u[target.n - 1] = f->noise + 0.3 * itp_stream_normal(&s);
    itp_target_eval(&target, u, grad);
    for (size_t p = 0; p < target.n; p++) {
        static const double WEIGHT[3] = {0.75, -0.15, 1.0 / 60};
        double h = 2e-3, old = u[p], slope = 0;
        for (int k = 1; k <= 3; k++) {
            u[p] = old + k * h;
            double up = itp_target_eval(&target, u, NULL);
            u[p] = old - k * h;
            slope += WEIGHT[k - 1] * (up - itp_target_eval(&target, u, NULL)) / h;
        }
        u[p] = old;
        worst = fmax(worst, fabs(slope - grad[p]));
        norm += grad[p] * grad[p];
    }
    itp_target_deinit(&target);
    itp_warp_deinit(&warp);
    itp_pool_deinit(&pool);
    itp_kernel_destroy(kernel);
    return worst / fmax(sqrt(norm), 1e-3);
}

static void gradient_meets_differences(void)
{ /* Sizes 1 to 60, dimensions 1 to 12; condition numbers to about 1e8 (noise e^-14 of n). */
    itp_stream s;
    itp_stream_init(&s, 5, 0, "sizes");
    for (int f = 0; f < N_FORMS; f++)
        for (int repeat = 0; repeat < 6; repeat++) {
            size_t n = 1 + itp_stream_below(&s, 60), d = 1 + itp_stream_below(&s, PROBLEM_D);
            double error = gradient_error(&FORMS[f], (uint64_t)(repeat + 10 * f), n, d);
            if (!(error < 1e-6)) printf("\n  form %d n=%zu d=%zu: %g", f, n, d, error);
            CU_ASSERT(error < 1e-6);
        }
}

/* How: nudging replicates apart by 1e-9 unpools them without changing K to its rounding. */
static void pooled_equals_unpooled(void)
{
    double z[PROBLEM_N], v[PROBLEM_N], theta[PROBLEM_D], value[2], mean[2], grad_v[2][PROBLEM_N];
    double grad[2][PROBLEM_D];
    size_t n = 40, d = 3;
    itp_kernel *kernel = NULL;
    problem_make(&P, 9, n, d, 0.3);
    replicate(&P);
    for (size_t i = 0; i < n; i++) z[i] = (P.y[i] - 10) / 4, v[i] = 0.02 + 0.1 * P.x[i * d + 1];
    for (size_t i = 0; i < n; i += 3) v[i] *= 2; /* unequal within a site */
    itp_kernel_create(&kernel, "matern52", d, P.columns, NULL);
    itp_kernel_default(kernel, theta);
    for (int unpooled = 0; unpooled < 2; unpooled++) {
        itp_pool pool;
        itp_evidence e;
        itp_problem problem = {kernel, &pool, NULL, z, ITP_CRITERION_MAP, 0};
        for (size_t i = 0; unpooled && i < n; i++) P.x[i * d] += 1e-10 * (double)i;
        itp_pool_init(&pool, d);
        itp_pool_fill(&pool, n, P.x);
        CU_ASSERT(pool.n_sites == (unpooled ? n : n / 2));
        problem.x = pool.x;
        CU_ASSERT_FATAL(itp_evidence_init(&e, &problem) == ITP_OK);
        value[unpooled] = itp_evidence_eval(&e, theta, v, grad[unpooled], grad_v[unpooled]);
        mean[unpooled] = e.mean;
        itp_evidence_deinit(&e);
        itp_pool_deinit(&pool);
    }
    CU_ASSERT_DOUBLE_EQUAL(value[0], value[1], 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(mean[0], mean[1], 1e-7);
    for (size_t p = 0; p < d; p++) CU_ASSERT_DOUBLE_EQUAL(grad[0][p], grad[1][p], 1e-6);
    for (size_t i = 0; i < n; i++) CU_ASSERT_DOUBLE_EQUAL(grad_v[0][i], grad_v[1][i], 1e-5);
    itp_kernel_destroy(kernel);
}

static void pool_one_by_one_equals_at_once(void)
{
    itp_pool at_once, grown;
    int is_new, was_last;
    problem_make(&P, 3, 50, 2, 0);
    replicate(&P);
    P.x[0] = NAN; /* inactive equals inactive */
    P.x[2 * 49] = NAN;
    P.x[2 * 49 + 1] = P.x[1];
    itp_pool_init(&at_once, 2);
    itp_pool_init(&grown, 2);
    itp_pool_fill(&at_once, 50, P.x);
    for (size_t i = 0; i < 50; i++) itp_pool_add(&grown, P.x + 2 * i, &is_new);
    CU_ASSERT(is_new == 0 && at_once.n_sites == grown.n_sites);
    CU_ASSERT(memcmp(at_once.site, grown.site, 50 * sizeof *grown.site) == 0);
    size_t before = grown.n_sites;
    CU_ASSERT(itp_pool_remove(&grown, 10, &was_last) == 10 && was_last);
    CU_ASSERT(grown.n_sites == before - 1 && grown.site[10] == 10);
    CU_ASSERT(itp_pool_remove(&grown, 0, &was_last) == 0 && !was_last);
    itp_pool_deinit(&at_once);
    itp_pool_deinit(&grown);
}

int main(void)
{
    CU_TestInfo tests[] = {{"gradient meets differences", gradient_meets_differences},
                           {"pooled equals unpooled", pooled_equals_unpooled},
                           {"pool one by one equals at once", pool_one_by_one_equals_at_once},
                           CU_TEST_INFO_NULL};
    return suite_run("models/evidence", tests);
}
