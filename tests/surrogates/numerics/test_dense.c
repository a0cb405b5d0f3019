/* test_dense.c - factors and inverses from register tiles equal textbook loops, in every
 * instruction set that this CPU has, and leave alone what stands above the diagonal.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "dense.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"
#include "suite.h"

enum { MOST = 131 };
static const size_t SIZES[] = {1, 2, 7, 8, 9, 23, 24, 25, 31, 48, 50, 73, 96, 127, 131};
static double K[MOST][MOST], L[MOST][MOST], X[MOST][MOST], INVERSE[MOST][MOST];

/* K = B B' / n + I / 10 with its factor, the factor's inverse and its own, column by column. */
static void make_reference(size_t n)
{
    static double b[MOST][MOST];
    itp_stream s;
    itp_stream_init(&s, n, 0, "test");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) b[i][j] = itp_stream_normal(&s);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            K[i][j] = i == j ? 0.1 : 0;
            for (size_t k = 0; k < n; k++) K[i][j] += b[i][k] * b[j][k] / (double)n;
        }
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++) {
            double sum = K[i][j];
            for (size_t k = 0; k < j; k++) sum -= L[i][k] * L[j][k];
            L[i][j] = i == j ? sqrt(sum) : sum / L[j][j];
        }
    memset(X, 0, sizeof X);
    for (size_t j = 0; j < n; j++)
        for (size_t i = j; i < n; i++) {
            double sum = i == j;
            for (size_t k = j; k < i; k++) sum -= L[i][k] * X[k][j];
            X[i][j] = sum / L[i][i];
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            INVERSE[i][j] = 0;
            for (size_t k = i; k < n; k++) INVERSE[i][j] += X[k][i] * X[k][j];
        }
}

typedef struct {
    size_t n, ld;
    double *l, *panel;
} work;

static work work_new(size_t n)
{
    size_t ld = n + 5;
    work w = {n, ld, malloc(n * ld * sizeof(double)),
              malloc(ITP_PANEL_ROWS(n) * ITP_PANEL * sizeof(double))};
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < ld; j++) w.l[i * ld + j] = j <= i ? K[i][j] : NAN;
    return w;
}

static void work_free(work *w)
{
    free(w->l);
    free(w->panel);
}

static double lower_difference(const work *w, double (*reference)[MOST])
{
    double worst = 0;
    for (size_t i = 0; i < w->n; i++)
        for (size_t j = 0; j <= i; j++)
            worst = fmax(worst, fabs(w->l[i * w->ld + j] - reference[i][j]));
    return worst;
}

static int upper_is_untouched(const work *w)
{
    for (size_t i = 0; i < w->n; i++)
        for (size_t j = i + 1; j < w->ld; j++)
            if (!isnan(w->l[i * w->ld + j])) return 0;
    return 1;
}

/* Condition numbers are near 50: rounding is a few hundred eps at these sizes. */
static void check(const itp_tiles *tiles, size_t n)
{
    double tol = 1e3 * (double)n * DBL_EPSILON, diag[MOST];
    work w = work_new(n);
    CU_ASSERT(itp_dense_factor(tiles, n, w.l, w.ld, w.panel) == ITP_OK);
    CU_ASSERT_DOUBLE_EQUAL(lower_difference(&w, L), 0, tol);
    itp_dense_inverse_diag(tiles, n, w.l, w.ld, w.panel, diag);
    for (size_t i = 0; i < n; i++) CU_ASSERT_DOUBLE_EQUAL(diag[i], INVERSE[i][i], tol);
    for (size_t i = 0; i < n * ITP_PANEL; i++) /* a product whose solution is known */
        w.panel[i] = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < ITP_PANEL; c++)
            for (size_t k = 0; k <= i; k++)
                w.panel[i * ITP_PANEL + c] += L[i][k] * (double)((k + c) % 7);
    itp_dense_solve(tiles, n, w.l, w.ld, 1, w.panel);
    for (size_t i = 0; i < n * ITP_PANEL; i++)
        CU_ASSERT_DOUBLE_EQUAL(w.panel[i], (double)((i / ITP_PANEL + i % ITP_PANEL) % 7), 10 * tol);
    itp_dense_invert(tiles, n, w.l, w.ld, w.panel);
    CU_ASSERT_DOUBLE_EQUAL(lower_difference(&w, X), 0, tol);
    itp_dense_square(tiles, n, w.l, w.ld, w.panel);
    CU_ASSERT_DOUBLE_EQUAL(lower_difference(&w, INVERSE), 0, tol);
    CU_ASSERT(upper_is_untouched(&w));
    work_free(&w);
}

static void every_size_equals_textbook_loops(void)
{
    const itp_tiles *tiles[ITP_TILES_MOST];
    size_t sets = itp_tiles_all(tiles);
    if (sets == 0) printf("no tiles for this CPU: nothing to check\n");
    for (size_t s = 0; s < sizeof SIZES / sizeof *SIZES; s++) {
        make_reference(SIZES[s]);
        for (size_t t = 0; t < sets; t++) check(tiles[t], SIZES[s]);
    }
}

static void a_matrix_that_is_not_positive_is_refused(void)
{
    const itp_tiles *tiles[ITP_TILES_MOST];
    size_t sets = itp_tiles_all(tiles);
    static const double BAD[] = {0, -1, NAN, INFINITY};
    make_reference(50);
    for (size_t t = 0; t < sets; t++)
        for (size_t b = 0; b < sizeof BAD / sizeof *BAD; b++)
            for (size_t at = 0; at < 50; at += 7) {
                work w = work_new(50);
                w.l[at * w.ld + at] = BAD[b];
                CU_ASSERT(itp_dense_factor(tiles[t], 50, w.l, w.ld, w.panel) == ITP_ENOTPD);
                work_free(&w);
            }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"every size equals textbook loops", every_size_equals_textbook_loops},
        {"a matrix that is not positive is refused", a_matrix_that_is_not_positive_is_refused},
        CU_TEST_INFO_NULL};
    return suite_run("numerics/dense", tests);
}
