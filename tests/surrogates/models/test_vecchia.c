/* test_vecchia.c - the approximation against the exact model, its gradient against differences, and
 * the tree of neighbours against brute force. SPDX-License-Identifier: GPL-3.0-or-later */
#include "vecchia.h"

#include <stdlib.h>
#include <string.h>

#include "evidence.h"
#include "kdtree.h"
#include "problems.h"

static problem P;

static void tree_finds_what_brute_force_finds(void)
{
    enum { N = 500, D = 3, M = 9 };
    static double x[N * D];
    itp_stream s;
    itp_kdtree *tree = NULL;
    itp_stream_init(&s, 1, 0, "tree");
    for (int i = 0; i < N * D; i++) x[i] = floor(8 * itp_stream_uniform(&s)) / 8; /* many ties */
    CU_ASSERT_FATAL(itp_kdtree_build(&tree, N, D, x) == ITP_OK);
    for (size_t i = 0; i < N; i += 7) {
        size_t found[M], count = itp_kdtree_nearest(tree, x + i * D, i, M, found, (double[M]){0});
        CU_ASSERT(count == (i < M ? i : M));
        char used[N] = {0};
        for (size_t k = 0; k < count; k++) {
            size_t best = N;
            double least = INFINITY;
            for (size_t o = 0; o < i; o++) {
                double d2 = 0;
                for (int c = 0; c < D; c++)
                    d2 += pow(x[o * D + (size_t)c] - x[i * D + (size_t)c], 2);
                if (!used[o] && d2 < least) least = d2, best = o;
            }
            used[best] = 1;
            CU_ASSERT(found[k] == best);
        }
    }
    itp_kdtree_destroy(tree);
    size_t order[N], seen[N] = {0};
    CU_ASSERT(itp_coarse_to_fine(N, D, x, order) == ITP_OK);
    for (int i = 0; i < N; i++) seen[order[i]]++;
    for (int i = 0; i < N; i++) CU_ASSERT(seen[i] == 1);
}

/* How: with no more sites than neighbours + 1 nothing is left out, so it is the exact likelihood.
 */
static void few_sites_make_it_exact(void)
{
    enum { N = 31, D = 2 };
    double theta[D] = {-1, -0.5}, z[N], v[N], known[N], grad[D + 1], exact_grad[D], grad_v[N];
    itp_kernel *kernel = NULL;
    itp_vecchia vecchia;
    itp_pool pool;
    itp_evidence evidence;
    problem_make(&P, 1, N, D, 0.3);
    for (int i = 0; i < N; i++) {
        z[i] = (P.y[i] - 10) / 4;
        known[i] = 0.05 * P.x[2 * i];
        v[i] = 0.03 + known[i];
    }
    itp_kernel_create(&kernel, "matern52", D, P.columns, NULL);
    CU_ASSERT_FATAL(itp_vecchia_init(&vecchia, kernel, N, D, P.x, 1) == ITP_OK);
    CU_ASSERT(itp_vecchia_arrange(&vecchia, theta, z, known) == ITP_OK);
    itp_pool_init(&pool, D);
    itp_pool_fill(&pool, N, P.x);
    itp_problem problem = {kernel, &pool, pool.x, z, ITP_CRITERION_MAP, 1};
    itp_evidence_init(&evidence, &problem);
    double value = itp_vecchia_eval(&vecchia, theta, 0.03, grad), by_noise = 0;
    CU_ASSERT_DOUBLE_EQUAL(value, itp_evidence_eval(&evidence, theta, v, exact_grad, grad_v), 1e-9);
    for (int i = 0; i < N; i++) by_noise += 0.03 * grad_v[i];
    for (int p = 0; p < D; p++) CU_ASSERT_DOUBLE_EQUAL(grad[p], exact_grad[p], 1e-8);
    CU_ASSERT_DOUBLE_EQUAL(grad[D], by_noise, 1e-8);
    itp_evidence_deinit(&evidence);
    itp_pool_deinit(&pool);
    itp_vecchia_deinit(&vecchia);
    itp_kernel_destroy(kernel);
}

static void gradient_meets_differences_and_threads_change_nothing(void)
{
    enum { N = 300, D = 3 };
    double u[D + 1] = {-1, -0.5, 0, -3}, grad[D + 1], z[N], known[N] = {0};
    itp_kernel *kernel = NULL;
    itp_vecchia vecchia;
    problem_make(&P, 2, N, D, 0.3);
    for (int i = 0; i < N; i++) z[i] = (P.y[i] - 10) / 4;
    itp_kernel_create(&kernel, "matern52", D, P.columns, NULL);
    itp_vecchia_init(&vecchia, kernel, N, D, P.x, 1);
    itp_vecchia_arrange(&vecchia, u, z, known);
    double value = itp_vecchia_eval(&vecchia, u, exp(u[D]), grad);
    for (int p = 0; p <= D; p++) {
        double h = 1e-4, old = u[p];
        u[p] = old + h;
        double up = itp_vecchia_eval(&vecchia, u, exp(u[D]), NULL);
        u[p] = old - h;
        double down = itp_vecchia_eval(&vecchia, u, exp(u[D]), NULL);
        u[p] = old;
        CU_ASSERT_DOUBLE_EQUAL(grad[p], (up - down) / (2 * h), 1e-5 * (1 + fabs(grad[p])));
    }
    vecchia.threads = 3;
    CU_ASSERT(itp_vecchia_eval(&vecchia, u, exp(u[D]), NULL) == value);
    itp_vecchia_deinit(&vecchia);
    itp_kernel_destroy(kernel);
}

static void answers_are_close_to_the_exact_models(void)
{
    enum { Q = 20 };
    itp_surrogate_options exact = {.model = "exact", .kernel = "matern52"};
    itp_surrogate_options large = {.model = "vecchia", .kernel = "matern52"};
    double x[2 * Q], m[2][Q], v[2][Q], cov[Q * Q], mean[Q];
    itp_stream stream;
    itp_stream_init(&stream, 4, 0, "x");
    for (int i = 0; i < 2 * Q; i++) x[i] = itp_stream_uniform(&stream);
    problem_make(&P, 3, 400, 2, 0.3);
    itp_surrogate *a = problem_fit(&P, &exact, NULL), *b = problem_fit(&P, &large, NULL);
    itp_surrogate_predict(a, Q, x, m[0], v[0]);
    itp_surrogate_predict(b, Q, x, m[1], v[1]);
    for (int i = 0; i < Q; i++) {
        CU_ASSERT_DOUBLE_EQUAL(m[0][i], m[1][i], 0.15);
        CU_ASSERT(v[1][i] > 0.5 * v[0][i] && v[1][i] < 2 * v[0][i]);
    }
    CU_ASSERT(itp_latent_joint(b, 0, Q, x, mean, cov) == ITP_OK);
    itp_anchors *anchors = NULL;
    CU_ASSERT_FATAL(itp_anchors_create(&anchors, b, 0, 3, x) == ITP_OK);
    double am, av, ac[3], dm[2], dv[2];
    CU_ASSERT(itp_anchors_cross(anchors, x + 8, &am, &av, ac, dm, dv, NULL) == ITP_OK);
    CU_ASSERT(isfinite(am) && av >= 0);
    itp_anchors_destroy(anchors);
    itp_paths *paths = NULL;
    CU_ASSERT_FATAL(itp_paths_create(&paths, b, 2, 64, 1) == ITP_OK);
    CU_ASSERT(itp_paths_eval(paths, 1, 1, x, &am, dm) == ITP_OK && isfinite(am));
    itp_paths_destroy(paths);
    char *saved = NULL;
    itp_surrogate *c = NULL;
    itp_surrogate_save(b, &saved);
    itp_surrogate_create(&c, 2, P.columns, NULL, NULL);
    CU_ASSERT(itp_surrogate_restore(c, saved, &P.data, NULL) == ITP_OK);
    itp_surrogate_predict(c, Q, x, m[0], v[0]);
    CU_ASSERT(memcmp(m[0], m[1], sizeof m[0]) == 0);
    itp_data row = {1, 2, x, m[0], NULL};
    CU_ASSERT(itp_surrogate_append(c, &row) == ITP_OK && itp_surrogate_n(c) == 401);
    CU_ASSERT(itp_surrogate_remove(c, 400) == ITP_OK);
    itp_surrogate_predict(c, Q, x, m[0], v[0]);
    CU_ASSERT(memcmp(m[0], m[1], sizeof m[0]) == 0);
    free(saved);
    itp_surrogate_destroy(a);
    itp_surrogate_destroy(b);
    itp_surrogate_destroy(c);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"tree finds what brute force finds", tree_finds_what_brute_force_finds},
        {"few sites make it exact", few_sites_make_it_exact},
        {"gradient meets differences, threads change nothing",
         gradient_meets_differences_and_threads_change_nothing},
        {"answers are close to the exact model's", answers_are_close_to_the_exact_models},
        CU_TEST_INFO_NULL};
    return suite_run("models/vecchia", tests);
}
