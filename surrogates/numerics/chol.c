/* chol.c - LAPACK sees our row-major lower triangle as the column-major upper one: K = U'U, U = L'.
 * Where register tiles are faster (tiles.h) they do the work instead.
 *   A matrix that grows keeps a quarter of spare rows, so that appending seldom moves it and never
 * holds more than 1.6 n^2 doubles.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "chol.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dense.h"

void itp_chol_init(itp_chol *chol)
{
    *chol = (itp_chol){0};
}

void itp_chol_deinit(itp_chol *chol)
{
    free(chol->l);
    *chol = (itp_chol){0};
}

/* A square and behind it a panel of scratch. */
static double *square_new(size_t stride)
{
    double *l = NULL;
    size_t count = stride * stride + ITP_PANEL_ROWS(stride) * ITP_PANEL;
    return posix_memalign((void **)&l, 64, count * sizeof *l) == 0 ? l : NULL;
}

static double *panel_of(const itp_chol *chol)
{
    return chol->l + chol->stride * chol->stride;
}

/* Tiles where they are the faster way, else NULL: BLAS. */
static const itp_tiles *tiles_for(size_t n)
{
    const itp_tiles *tiles = itp_tiles_here();
    return tiles && n <= tiles->most ? tiles : NULL;
}

itp_status itp_chol_resize(itp_chol *chol, size_t n)
{
    if (n > chol->stride || chol->stride > n + n / 2 + 64) {
        free(chol->l);
        chol->n = chol->stride = 0;
        if (!(chol->l = square_new(n))) return ITP_ENOMEM;
        chol->stride = n;
    }
    chol->n = n;
    chol->jitter = 0;
    return ITP_OK;
}

itp_status itp_chol_factor(itp_chol *chol)
{
    if (chol->n == 0) return ITP_OK;
    const itp_tiles *tiles = tiles_for(chol->n);
    if (tiles) return itp_dense_factor(tiles, chol->n, chol->l, chol->stride, panel_of(chol));
    int n = (int)chol->n, stride = (int)chol->stride;
    if (LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'U', n, chol->l, stride) != 0) return ITP_ENOTPD;
    for (size_t i = 0; i < chol->n; i++)
        if (!isfinite(chol->l[i * chol->stride + i])) return ITP_ENOTPD;
    return ITP_OK;
}

itp_status itp_chol_ladder(itp_chol *chol, size_t n, itp_chol_fill fill, void *context,
                           itp_chol_info *info)
{
    static const double JITTER_REL[] = ITP_JITTERS;
    itp_status st = itp_chol_resize(chol, n);
    if (st != ITP_OK) return st;
    *info = (itp_chol_info){0};
    for (size_t t = 0; t < sizeof JITTER_REL / sizeof *JITTER_REL; t++) {
        double inverse = 0, used = 0;
        fill(context, chol->l, chol->stride);
        for (size_t i = 0; i < n; i++) {
            double d = chol->l[i * chol->stride + i];
            if (d > 0) inverse += 1 / d, used++;
        }
        info->tries++;
        info->jitter = JITTER_REL[t];
        chol->jitter = used > 0 ? JITTER_REL[t] * used / inverse : 0;
        for (size_t i = 0; t > 0 && i < n; i++) chol->l[i * chol->stride + i] += chol->jitter;
        if (itp_chol_factor(chol) == ITP_OK) return ITP_OK;
    }
    return ITP_ENOTPD;
}

static itp_status grow(itp_chol *chol)
{
    size_t stride = chol->stride + chol->stride / 4 + 16;
    double *l = square_new(stride);
    if (!l) return ITP_ENOMEM;
    for (size_t i = 0; i < chol->n; i++)
        memcpy(l + i * stride, chol->l + i * chol->stride, (i + 1) * sizeof *l);
    free(chol->l);
    chol->l = l;
    chol->stride = stride;
    return ITP_OK;
}

itp_status itp_chol_append(itp_chol *chol, const double *k, double kk, double floor)
{
    size_t n = chol->n;
    if (n == chol->stride) {
        itp_status st = grow(chol);
        if (st != ITP_OK) return st;
    }
    double *row = chol->l + n * chol->stride;
    memcpy(row, k, n * sizeof *row);
    itp_chol_solve_l(chol, 1, row, 1);
    double pivot = kk + chol->jitter - cblas_ddot((int)n, row, 1, row, 1);
    if (!(pivot > floor)) pivot = floor;
    if (!(pivot > 0)) return ITP_ENOTPD;
    row[n] = sqrt(pivot);
    chol->n = n + 1;
    return ITP_OK;
}

itp_status itp_chol_rank1(itp_chol *chol, double *v, double sign)
{
    /* Row by row from the top: the rotation (or its hyperbolic twin) that clears v[k] is remembered
     * in place of v[k] as a pair (c, s), and each later row passes through all of them. Columns are
     * strided here, so the rotations are applied per row: L stays row-major. */
    size_t n = chol->n, first = 0;
    while (first < n && v[first] == 0) first++;
    double *pair = malloc(2 * (n - first + 1) * sizeof *pair);
    if (!pair) return ITP_ENOMEM;
    for (size_t i = first; i < n; i++) {
        double *row = chol->l + i * chol->stride, w = v[i];
        for (size_t k = first; k < i; k++) {
            double c = pair[2 * (k - first)], s = pair[2 * (k - first) + 1];
            row[k] = (row[k] + sign * s * w) / c;
            w = c * w - s * row[k];
        }
        double square = row[i] * row[i] + sign * w * w;
        if (!(square > 0)) {
            free(pair);
            return ITP_ENOTPD;
        }
        double diag = sqrt(square);
        pair[2 * (i - first)] = diag / row[i];
        pair[2 * (i - first) + 1] = w / row[i];
        row[i] = diag;
    }
    free(pair);
    return ITP_OK;
}

void itp_chol_remove(itp_chol *chol, size_t i, double *scratch)
{
    /* [L11; l21' l; L31 l32 L33]: dropping the middle row leaves L33 L33' + l32 l32'. */
    size_t n = chol->n, stride = chol->stride;
    for (size_t r = 0; r <= i; r++) scratch[r] = 0;
    for (size_t r = i + 1; r < n; r++) {
        double *row = chol->l + r * stride;
        scratch[r - 1] = row[i];
        memmove(row + i, row + i + 1, (r - i) * sizeof *row);
    }
    for (size_t r = i + 1; r < n; r++)
        memcpy(chol->l + (r - 1) * stride, chol->l + r * stride, r * sizeof *scratch);
    chol->n = n - 1;
    if (i < n - 1) itp_chol_rank1(chol, scratch, 1);
}

static void solve(const itp_chol *chol, CBLAS_TRANSPOSE transpose, size_t m, double *b, size_t ldb)
{
    if (chol->n == 0 || m == 0) return;
    if (m == 1 && ldb == 1)
        cblas_dtrsv(CblasRowMajor, CblasLower, transpose, CblasNonUnit, (int)chol->n, chol->l,
                    (int)chol->stride, b, 1);
    else
        cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, transpose, CblasNonUnit, (int)chol->n,
                    (int)m, 1, chol->l, (int)chol->stride, b, (int)ldb);
}

void itp_chol_solve_l(const itp_chol *chol, size_t m, double *b, size_t ldb)
{
    solve(chol, CblasNoTrans, m, b, ldb);
}

void itp_chol_solve_lt(const itp_chol *chol, size_t m, double *b, size_t ldb)
{
    solve(chol, CblasTrans, m, b, ldb);
}

void itp_chol_solve(const itp_chol *chol, size_t m, double *b, size_t ldb)
{
    itp_chol_solve_l(chol, m, b, ldb);
    itp_chol_solve_lt(chol, m, b, ldb);
}

void itp_chol_solve_panels(const itp_chol *chol, size_t panels, double *b)
{
    const itp_tiles *tiles = itp_tiles_here();
    if (tiles) {
        itp_dense_solve(tiles, chol->n, chol->l, chol->stride, panels, b);
        return;
    }
    for (size_t p = 0; p < panels; p++)
        itp_chol_solve_l(chol, ITP_PANEL, b + p * chol->n * ITP_PANEL, ITP_PANEL);
}

double itp_chol_logdet(const itp_chol *chol)
{
    double sum = 0;
    for (size_t i = 0; i < chol->n; i++) sum += log(chol->l[i * chol->stride + i]);
    return 2 * sum;
}

/* LAPACK's inverse runs at half its speed below about 700 rows: halves are joined by BLAS-3
 * instead, [A 0; B C]^-1 = [A^-1 0; -C^-1 B A^-1  C^-1],  [A 0; B C]'[A 0; B C] = [A'A + B'B ..;
 * C'B  C'C]. */
enum { SMALL = 32, RECURSIVE_MOST = 700 };

static int half_of(int n)
{
    return n / 2 / 8 * 8;
}

static void invert_lower(int n, double *l, int stride)
{
    if (n <= SMALL) {
        for (int j = 0; j < n; j++) {
            l[j * stride + j] = 1 / l[j * stride + j];
            for (int i = j + 1; i < n; i++) {
                double sum = 0;
                for (int k = j; k < i; k++) sum -= l[i * stride + k] * l[k * stride + j];
                l[i * stride + j] = sum / l[i * stride + i];
            }
        }
        return;
    }
    int h = half_of(n);
    double *b = l + h * stride, *c = b + h;
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, n - h, h, -1, c,
                stride, b, stride);
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, n - h, h, 1, l,
                stride, b, stride);
    invert_lower(h, l, stride);
    invert_lower(n - h, c, stride);
}

static void transpose_times_self(int n, double *l, int stride)
{
    if (n <= SMALL) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j <= i; j++) {
                double sum = 0;
                for (int k = i; k < n; k++) sum += l[k * stride + i] * l[k * stride + j];
                l[i * stride + j] = sum;
            }
        return;
    }
    int h = half_of(n);
    double *b = l + h * stride, *c = b + h;
    transpose_times_self(h, l, stride);
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, h, n - h, 1, b, stride, 1, l, stride);
    cblas_dtrmm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, n - h, h, 1, c,
                stride, b, stride);
    transpose_times_self(n - h, c, stride);
}

itp_status itp_chol_invert(itp_chol *chol)
{
    if (chol->n == 0) return ITP_OK;
    const itp_tiles *tiles = tiles_for(chol->n);
    if (tiles) {
        itp_dense_invert(tiles, chol->n, chol->l, chol->stride, panel_of(chol));
        itp_dense_square(tiles, chol->n, chol->l, chol->stride, panel_of(chol));
        return ITP_OK;
    }
    int n = (int)chol->n, stride = (int)chol->stride;
    if (n > RECURSIVE_MOST)
        return LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'U', n, chol->l, stride) == 0 ? ITP_OK
                                                                                   : ITP_ENOTPD;
    invert_lower(n, chol->l, stride);
    transpose_times_self(n, chol->l, stride);
    return ITP_OK;
}

itp_status itp_chol_inverse_diag(const itp_chol *chol, double *diag, double *scratch)
{
    size_t n = chol->n;
    if (n == 0) return ITP_OK;
    const itp_tiles *tiles = tiles_for(n);
    if (tiles) {
        itp_dense_inverse_diag(tiles, n, chol->l, chol->stride, panel_of(chol), diag);
        return ITP_OK;
    }
    for (size_t i = 0; i < n; i++)
        memcpy(scratch + i * n, chol->l + i * chol->stride, (i + 1) * sizeof *scratch);
    if (LAPACKE_dtrtri_work(LAPACK_COL_MAJOR, 'U', 'N', (int)n, scratch, (int)n) != 0)
        return ITP_ENOTPD;
    memset(diag, 0, n * sizeof *diag);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) diag[j] += scratch[i * n + j] * scratch[i * n + j];
    return ITP_OK;
}
