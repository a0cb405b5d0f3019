/* test_chol.c - the factor that grows and shrinks equals the factor made at once.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "chol.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "stream.h"
#include "suite.h"

enum { N = 90 }; /* past the sizes at which the inverse splits */
static double K[N][N];

/* A random covariance: B B' / N + I / 10, condition number about 60. */
static void random_spd(uint64_t seed)
{
    static double b[N][N];
    itp_stream s;
    itp_stream_init(&s, seed, 0, "test");
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) b[i][j] = itp_stream_normal(&s);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            K[i][j] = i == j ? 0.1 : 0;
            for (int k = 0; k < N; k++) K[i][j] += b[i][k] * b[j][k] / N;
        }
}

static void fill_leading(void *context, double *l, size_t stride)
{
    size_t n = *(size_t *)context;
    for (size_t i = 0; i < n; i++) memcpy(l + i * stride, K[i], (i + 1) * sizeof *l);
}

static double difference(const itp_chol *a, const itp_chol *b)
{
    double worst = a->n == b->n ? 0 : INFINITY;
    for (size_t i = 0; i < a->n && i < b->n; i++)
        for (size_t j = 0; j <= i; j++)
            worst = fmax(worst, fabs(a->l[i * a->stride + j] - b->l[i * b->stride + j]));
    return worst;
}

static void append_equals_refactor(void)
{
    itp_chol grown, whole;
    itp_chol_info info;
    size_t n = N;
    random_spd(1);
    itp_chol_init(&grown);
    itp_chol_init(&whole);
    CU_ASSERT(itp_chol_ladder(&whole, n, fill_leading, &n, &info) == ITP_OK);
    CU_ASSERT(info.tries == 1 && info.jitter == 0);
    for (size_t i = 0; i < N; i++) CU_ASSERT(itp_chol_append(&grown, K[i], K[i][i], 0) == ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(difference(&grown, &whole), 0, 1e3 * N * DBL_EPSILON);
    itp_chol_deinit(&grown);
    itp_chol_deinit(&whole);
}

static void remove_equals_refactor(void)
{
    for (size_t gone = 0; gone < N; gone += (N - 1) / 2) { /* first, middle, last */
        itp_chol shrunk, whole;
        itp_chol_info info;
        size_t n = N, less = N - 1;
        double scratch[N];
        random_spd(2);
        itp_chol_init(&shrunk);
        itp_chol_init(&whole);
        CU_ASSERT(itp_chol_ladder(&shrunk, n, fill_leading, &n, &info) == ITP_OK);
        itp_chol_remove(&shrunk, gone, scratch);
        for (size_t i = 0; i < N; i++)
            memmove(K[i] + gone, K[i] + gone + 1, (N - gone - 1) * sizeof(double));
        memmove(K + gone, K + gone + 1, (N - gone - 1) * sizeof K[0]);
        CU_ASSERT(itp_chol_ladder(&whole, less, fill_leading, &less, &info) == ITP_OK);
        CU_ASSERT_DOUBLE_EQUAL(difference(&shrunk, &whole), 0, 1e3 * N * DBL_EPSILON);
        itp_chol_deinit(&shrunk);
        itp_chol_deinit(&whole);
    }
}

static void rank1_up_and_down_come_back(void)
{
    itp_chol chol, before;
    itp_chol_info info;
    size_t n = N;
    double v[N] = {0}, w[N];
    random_spd(3);
    itp_chol_init(&chol);
    itp_chol_init(&before);
    itp_chol_ladder(&chol, n, fill_leading, &n, &info);
    itp_chol_ladder(&before, n, fill_leading, &n, &info);
    for (int i = 7; i < N; i++) v[i] = sin(i);
    memcpy(w, v, sizeof w);
    CU_ASSERT(itp_chol_rank1(&chol, w, 1) == ITP_OK);
    CU_ASSERT(difference(&chol, &before) > 1e-3);
    memcpy(w, v, sizeof w);
    CU_ASSERT(itp_chol_rank1(&chol, w, -1) == ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(difference(&chol, &before), 0, 1e3 * N * DBL_EPSILON);
    memset(w, 0, sizeof w);
    w[3] = 10;
    CU_ASSERT(itp_chol_rank1(&chol, w, -1) == ITP_ENOTPD);
    itp_chol_deinit(&chol);
    itp_chol_deinit(&before);
}

static void inverse_and_its_diagonal_agree(void)
{
    static double scratch[N * N];
    itp_chol chol;
    itp_chol_info info;
    size_t n = N;
    double diag[N], b[N], logdet = 0;
    random_spd(4);
    itp_chol_init(&chol);
    itp_chol_ladder(&chol, n, fill_leading, &n, &info);
    for (int i = 0; i < N; i++) b[i] = K[i][5];
    itp_chol_solve(&chol, 1, b, 1); /* K^-1 K e_5 = e_5 */
    for (int i = 0; i < N; i++) CU_ASSERT_DOUBLE_EQUAL(b[i], i == 5, 1e-12);
    for (int i = 0; i < N; i++) logdet += 2 * log(chol.l[(size_t)i * chol.stride + (size_t)i]);
    CU_ASSERT_DOUBLE_EQUAL(itp_chol_logdet(&chol), logdet, 1e-12);
    CU_ASSERT(itp_chol_inverse_diag(&chol, diag, scratch) == ITP_OK);
    CU_ASSERT(itp_chol_invert(&chol) == ITP_OK);
    for (size_t i = 0; i < N; i++)
        CU_ASSERT_DOUBLE_EQUAL(chol.l[i * chol.stride + i], diag[i], 1e-11);
    itp_chol_deinit(&chol);
}

static void ladder_reports_what_it_took(void)
{
    itp_chol chol;
    itp_chol_info info;
    size_t n = N;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) K[i][j] = 1; /* rank one */
    itp_chol_init(&chol);
    CU_ASSERT(itp_chol_ladder(&chol, n, fill_leading, &n, &info) == ITP_OK);
    CU_ASSERT(info.tries > 1 && info.jitter >= 1e-10);
    CU_ASSERT_DOUBLE_EQUAL(chol.jitter, info.jitter, 1e-16);
    K[3][3] = NAN;
    CU_ASSERT(itp_chol_ladder(&chol, n, fill_leading, &n, &info) == ITP_ENOTPD);
    itp_chol_deinit(&chol);
}

int main(void)
{
    CU_TestInfo tests[] = {{"append equals refactor", append_equals_refactor},
                           {"remove equals refactor", remove_equals_refactor},
                           {"rank one up and down come back", rank1_up_and_down_come_back},
                           {"inverse and its diagonal agree", inverse_and_its_diagonal_agree},
                           {"ladder reports what it took", ladder_reports_what_it_took},
                           CU_TEST_INFO_NULL};
    return suite_run("numerics/chol", tests);
}
