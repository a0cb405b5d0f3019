/* test_fit.c - fits on many rows race on a sample and end where full fits end; threads change no
 * bit; memory stays below what the agreement allows. Memory is counted by wrapping the allocator at
 * link time, as far as the surrogates call it. SPDX-License-Identifier: GPL-3.0-or-later */
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "problems.h"
#include "subset.h"

static atomic_size_t held, peak;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
int __real_posix_memalign(void **p, size_t align, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
int __wrap_posix_memalign(void **p, size_t align, size_t size);
void __wrap_free(void *p);

static void *taken(void *p)
{
    size_t now = atomic_fetch_add(&held, malloc_usable_size(p)) + malloc_usable_size(p);
    size_t most = atomic_load(&peak);
    while (now > most && !atomic_compare_exchange_weak(&peak, &most, now)) {
    }
    return p;
}

static void given(void *p)
{
    atomic_fetch_sub(&held, malloc_usable_size(p));
}

void *__wrap_malloc(size_t size)
{
    return taken(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return taken(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
    given(p);
    return taken(__real_realloc(p, size));
}

int __wrap_posix_memalign(void **p, size_t align, size_t size)
{
    int st = __real_posix_memalign(p, align, size);
    if (st == 0) taken(*p);
    return st;
}

void __wrap_free(void *p)
{
    given(p);
    __real_free(p);
}

/* In squares of n x n doubles. */
static double squares(size_t bytes, size_t n)
{
    return (double)bytes / (8.0 * (double)n * (double)n);
}

static void a_fit_holds_three_squares_and_then_two(void)
{
    static problem p;
    static const struct {
        size_t n;
        itp_surrogate_options options;
    } CASES[] = {{420, {.model = "exact", .threads = 8}},
                 {520, {.model = "exact", .threads = 8, .starts = 3}},
                 {200, {.model = "exact", .threads = 8, .starts = 6}},
                 {200, {.model = "exact", .threads = 8, .criterion = ITP_CRITERION_LOO}}};
    for (size_t c = 0; c < sizeof CASES / sizeof *CASES; c++) {
        size_t n = CASES[c].n;
        problem_make(&p, 3, n, 3, 0.1);
        size_t before = atomic_load(&held);
        atomic_store(&peak, before);
        itp_surrogate *s = problem_fit(&p, &CASES[c].options, NULL);
        double most = squares(atomic_load(&peak) - before, n);
        double after = squares(atomic_load(&held) - before, n);
        CU_ASSERT(most > 1); /* else nothing was counted */
        CU_ASSERT(most <= 3);
        CU_ASSERT(after > 0.99 && after <= 2);
        itp_surrogate_destroy(s);
        CU_ASSERT(atomic_load(&held) <= before + 4096);
    }
}

static void a_sample_finds_what_full_fits_find(void)
{
    static problem p;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        itp_fit_report sampled, full;
        itp_surrogate_options by_default = {
            .model = "exact", .kernel = "matern52", .transform = "standardise"};
        itp_surrogate_options all_rows = by_default;
        all_rows.starts = 3;
        problem_make(&p, seed, 410, 3, seed == 1 ? 0 : 0.5);
        itp_surrogate_destroy(problem_fit(&p, &by_default, &sampled));
        itp_surrogate_destroy(problem_fit(&p, &all_rows, &full));
        CU_ASSERT(sampled.starts >= 3);
        CU_ASSERT(sampled.objective > full.objective - 0.1);
    }
}

/* On exact data sigma^2 goes to its floor; where 1e-3 of the spread is rounded away, it does not.
 */
static void exact_data_are_found_to_be_exact(void)
{
    static problem p;
    itp_surrogate_options options = {
        .model = "exact", .kernel = "matern52", .transform = "standardise"};
    problem_make(&p, 5, 60, 2, 0);
    itp_surrogate *s = problem_fit(&p, &options, NULL);
    CU_ASSERT(itp_surrogate_noise_var(s, 0) < 2e-8);
    itp_surrogate_destroy(s);
    problem_make(&p, 5, 60, 2, 3e-3);
    s = problem_fit(&p, &options, NULL);
    CU_ASSERT(itp_surrogate_noise_var(s, 0) > 2e-7);
    itp_surrogate_destroy(s);
}

static void threads_change_no_bit(void)
{
    static problem p;
    double mean[2][50], var[2][50];
    problem_make(&p, 5, 410, 2, 0.3);
    for (unsigned t = 0; t < 2; t++) {
        itp_surrogate_options options = {.model = "exact", .threads = t ? 5 : 1};
        itp_surrogate *s = problem_fit(&p, &options, NULL);
        CU_ASSERT(itp_surrogate_predict(s, 50, p.x, mean[t], var[t]) == ITP_OK);
        itp_surrogate_destroy(s);
    }
    CU_ASSERT(memcmp(mean[0], mean[1], sizeof mean[0]) == 0);
    CU_ASSERT(memcmp(var[0], var[1], sizeof var[0]) == 0);
}

static void a_sample_is_spread_over_all_rows(void)
{
    enum { N = 10, M = 4 };
    double x[N], z[N], known[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = i < 3 ? 0.5 : (double)i; /* the first three are replicates */
        z[i] = 100 + (double)i;
        known[i] = 1000 + (double)i;
    }
    itp_pool pool;
    itp_subset sample;
    itp_pool_init(&pool, 1);
    CU_ASSERT_FATAL(itp_pool_fill(&pool, N, x) == ITP_OK);
    itp_task_spec whole = {.pool = &pool, .z = z, .known = known};
    CU_ASSERT_FATAL(itp_subset_take(&sample, &whole, M) == ITP_OK);
    static const size_t ROWS[M] = {0, 2, 5, 7};
    for (size_t k = 0; k < M; k++) {
        CU_ASSERT(sample.spec.z[k] == z[ROWS[k]]);
        CU_ASSERT(sample.spec.known[k] == known[ROWS[k]]);
        CU_ASSERT(sample.pool.x[sample.pool.site[k]] == x[ROWS[k]]);
    }
    CU_ASSERT(sample.pool.n_rows == M && sample.pool.n_sites == M - 1);
    CU_ASSERT(sample.spec.pool == &sample.pool && sample.spec.extra == NULL);
    itp_subset_free(&sample);
    itp_pool_deinit(&pool);
}

/* What is mostly noise is taken for noise, and what is exact is not. */
static void loud_readings_are_not_wiggles(void)
{
    static problem p;
    enum { SEEDS = 10 };
    int loud = 0, quiet = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        itp_surrogate_options options = {.model = "exact"};
        problem_make(&p, seed, 150, 3, 3); /* the function varies by about 2 */
        itp_surrogate *s = problem_fit(&p, &options, NULL);
        loud += itp_surrogate_noise_var(s, 0) > 0.3;
        itp_surrogate_destroy(s);
        problem_make(&p, seed, 150, 3, 0);
        s = problem_fit(&p, &options, NULL);
        quiet += itp_surrogate_noise_var(s, 0) < 1e-3;
        itp_surrogate_destroy(s);
    }
    CU_ASSERT(loud >= SEEDS - 2);
    CU_ASSERT(quiet == SEEDS);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a fit holds three squares, and then two", a_fit_holds_three_squares_and_then_two},
        {"a sample finds what full fits find", a_sample_finds_what_full_fits_find},
        {"exact data are found to be exact", exact_data_are_found_to_be_exact},
        {"threads change no bit", threads_change_no_bit},
        {"a sample is spread over all rows", a_sample_is_spread_over_all_rows},
        {"loud readings are not wiggles", loud_readings_are_not_wiggles},
        CU_TEST_INFO_NULL};
    return suite_run("models/fit", tests);
}
