/* tiles.h - the innermost products of dense algebra, held in registers, for the CPU that runs them.
 *   A panel is up to ITP_PANEL columns of a matrix packed row after row, ITP_PANEL doubles each,
 * the unused ones 0. A strip is up to ITP_STRIP rows against one panel. Built for AVX-512 and for
 * AVX2 with FMA; itp_tiles gives those of this CPU. OpenBLAS as Debian ships it knows no CPU
 * younger than itself and then runs AVX2 code on AVX-512 machines, at half their speed; and at
 * n < 200 its calls cost more than their work.
 * Threads     any      Cost  2 x strip x panel x k flops
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TILES_H
#define ITP_TILES_H

#include <stddef.h>

enum { ITP_PANEL = 24, ITP_STRIP = 8 };

typedef struct itp_tiles {
    const char *name;
    size_t most; /* rows of a matrix above which BLAS is faster */
    /* c (rows x ITP_PANEL, stride ldc) = keep c + scale sum_(p < k) a[i rs + p cs] b[p], where keep
     * is 0 (c is not read) or 1; b: k rows of a panel. */
    void (*add)(size_t rows, size_t k, const double *a, size_t rs, size_t cs, const double *b,
                int keep, double scale, double *c, size_t ldc);
    /* Factors the triangle l (n <= ITP_PANEL rows, stride ld) in place; 0: not positive definite.
     * u, inverse: what `right` needs of it. */
    int (*triangle)(size_t n, double *l, size_t ld, double *u, double *inverse);
    /* Rows k .. k+rows-1 of the panel b become those of L^-1 b, where rows 0 .. k-1 are so already.
     *   l  row k of L, its first column being that of the panel's row 0; stride ld */
    void (*left)(size_t rows, size_t k, const double *l, size_t ld, double *b);
    /* Row i of c (rows x ITP_PANEL) = (c_i - sum_(p < k) a[i lda + p] b[p]) L^-T for the triangle L
     * of ITP_PANEL rows that follows in b: row k + q of b holds column q of L below the diagonal,
     * each entry divided by L_qq; inverse: 1 / L_qq. */
    void (*right)(size_t rows, size_t k, const double *a, size_t lda, const double *b,
                  const double *inverse, double *c, size_t ldc);
} itp_tiles;

/* NULL: this CPU has no such tiles, use BLAS. */
const itp_tiles *itp_tiles_here(void);

/* All that this CPU can run, for tests; returns how many. */
enum { ITP_TILES_MOST = 2 };
size_t itp_tiles_all(const itp_tiles *tiles[ITP_TILES_MOST]);

#endif
