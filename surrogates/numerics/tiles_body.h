/* tiles_body.h - the tiles of one instruction set; tiles.c includes it once for each.
 *   Before: LANES doubles a vector, VECTORS of them a panel, ROWS rows at once (ROWS x VECTORS
 * accumulators fill the registers), NAMED(f) the names, TARGET the instruction set. Sums run over p
 * in order in one accumulator each: no other grouping, whatever the number of rows.
 * SPDX-License-Identifier: GPL-3.0-or-later */
typedef double NAMED(vec) __attribute__((vector_size(LANES * sizeof(double)), aligned(8)));

/* acc += a b over k. `rows` is a constant wherever this is inlined. */
ITP_INLINE void NAMED(sum)(const size_t rows, size_t k, const double *a, size_t rs, size_t cs,
                           const double *b, NAMED(vec) acc[ROWS][VECTORS])
{
    for (size_t i = 0; i < rows; i++)
        for (size_t v = 0; v < VECTORS; v++) acc[i][v] = (NAMED(vec)){0};
    for (size_t p = 0; p < k; p++, a += cs, b += ITP_PANEL) {
        NAMED(vec) row[VECTORS];
#pragma GCC unroll 8
        for (size_t v = 0; v < VECTORS; v++) row[v] = *(const NAMED(vec) *)(b + v * LANES);
#pragma GCC unroll 8
        for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 8
            for (size_t v = 0; v < VECTORS; v++) acc[i][v] += a[i * rs] * row[v];
    }
}

ITP_INLINE void NAMED(add_rows)(const size_t rows, size_t k, const double *a, size_t rs, size_t cs,
                                const double *b, int keep, double scale, double *c, size_t ldc)
{
    NAMED(vec) acc[ROWS][VECTORS];
    NAMED(sum)(rows, k, a, rs, cs, b, acc);
#pragma GCC unroll 8
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 8
        for (size_t v = 0; v < VECTORS; v++) {
            NAMED(vec) *to = (NAMED(vec) *)(c + i * ldc + v * LANES);
            *to = keep ? *to + scale * acc[i][v] : scale * acc[i][v];
        }
}

ITP_INLINE void NAMED(left_rows)(const size_t rows, size_t k, const double *l, size_t ld, double *b)
{
    NAMED(vec) acc[ROWS][VECTORS];
    NAMED(sum)(rows, k, l, ld, 1, b, acc);
#pragma GCC unroll 8
    for (size_t i = 0; i < rows; i++) {
        double inverse = 1 / l[i * ld + k + i];
#pragma GCC unroll 8
        for (size_t v = 0; v < VECTORS; v++) {
            NAMED(vec) *to = (NAMED(vec) *)(b + (k + i) * ITP_PANEL + v * LANES);
            acc[i][v] = (*to - acc[i][v]) * inverse;
            *to = acc[i][v];
        }
#pragma GCC unroll 8
        for (size_t r = i + 1; r < rows; r++)
#pragma GCC unroll 8
            for (size_t v = 0; v < VECTORS; v++) acc[r][v] += l[r * ld + k + i] * acc[i][v];
    }
}

ITP_INLINE void NAMED(right_rows)(const size_t rows, size_t k, const double *a, size_t lda,
                                  const double *b, const double *inverse, double *c, size_t ldc)
{
    NAMED(vec) acc[ROWS][VECTORS];
    NAMED(sum)(rows, k, a, lda, 1, b, acc);
#pragma GCC unroll 8
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 8
        for (size_t v = 0; v < VECTORS; v++)
            acc[i][v] = *(const NAMED(vec) *)(c + i * ldc + v * LANES) - acc[i][v];
    b += k * ITP_PANEL;
#pragma GCC unroll 24
    for (size_t q = 0; q < ITP_PANEL; q++, b += ITP_PANEL)
#pragma GCC unroll 8
        for (size_t i = 0; i < rows; i++) {
            double x = acc[i][q / LANES][q % LANES];
#pragma GCC unroll 8
            for (size_t v = q / LANES; v < VECTORS; v++)
                acc[i][v] -= x * *(const NAMED(vec) *)(b + v * LANES);
        }
#pragma GCC unroll 8
    for (size_t i = 0; i < rows; i++)
#pragma GCC unroll 8
        for (size_t v = 0; v < VECTORS; v++)
            *(NAMED(vec) *)(c + i * ldc + v * LANES) =
                acc[i][v] * *(const NAMED(vec) *)(inverse + v * LANES);
}

/* Right-looking on the transpose, whose rows are contiguous in what remains. */
TARGET static int NAMED(triangle)(size_t n, double *l, size_t ld, double *u, double *inverse)
{
    double t[ITP_PANEL][ITP_PANEL] __attribute__((aligned(64)));
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < j; i++) t[i][j] = l[j * ld + i];
        t[j][j] = l[j * ld + j];
    }
    for (size_t i = 0; i < n; i++) /* columns that are not there */
        for (size_t j = n; j < ITP_PANEL; j++) t[i][j] = 0;
    for (size_t k = 0; k < n; k++) {
        NAMED(vec) *row = (NAMED(vec) *)t[k];
        double pivot = t[k][k];
        if (!(pivot > 0 && pivot < INFINITY)) return 0;
        double root = sqrt(pivot), scale = 1 / root;
        inverse[k] = scale;
        for (size_t v = k / LANES; v < VECTORS; v++) row[v] *= scale;
        t[k][k] = root;
        for (size_t i = k + 1; i < n; i++) {
            NAMED(vec) *to = (NAMED(vec) *)t[i];
            double x = t[k][i];
            for (size_t v = i / LANES; v < VECTORS; v++) to[v] -= x * row[v];
        }
    }
    for (size_t k = n; k < ITP_PANEL; k++) inverse[k] = 1;
    memset(u, 0, ITP_PANEL * ITP_PANEL * sizeof *u);
    for (size_t k = 0; k < n; k++)
        for (size_t j = k; j < n; j++) {
            l[j * ld + k] = t[k][j];
            if (j > k) u[k * ITP_PANEL + j] = t[k][j] * inverse[k];
        }
    return 1;
}

/* Calls f_rows with a constant number of rows; the switch is over what is left at the end. */
#define IN_STRIPS(call)                                                                            \
    for (; rows >= ROWS; rows -= ROWS) call(ROWS);                                                 \
    if (ROWS > 4 && rows >= 4) {                                                                   \
        call(4);                                                                                   \
        rows -= 4;                                                                                 \
    }                                                                                              \
    if (ROWS > 2 && rows >= 2) {                                                                   \
        call(2);                                                                                   \
        rows -= 2;                                                                                 \
    }                                                                                              \
    if (rows) call(1)

TARGET static void NAMED(add)(size_t rows, size_t k, const double *a, size_t rs, size_t cs,
                              const double *b, int keep, double scale, double *c, size_t ldc)
{
#define CALL(r)                                                                                    \
    (NAMED(add_rows)(r, k, a, rs, cs, b, keep, scale, c, ldc), (void)(a += (r)*rs),                \
     (void)(c += (r)*ldc))
    IN_STRIPS(CALL);
#undef CALL
}

TARGET static void NAMED(left)(size_t rows, size_t k, const double *l, size_t ld, double *b)
{
#define CALL(r) (NAMED(left_rows)(r, k, l, ld, b), (void)(k += (r)), (void)(l += (r)*ld))
    IN_STRIPS(CALL);
#undef CALL
}

TARGET static void NAMED(right)(size_t rows, size_t k, const double *a, size_t lda, const double *b,
                                const double *inverse, double *c, size_t ldc)
{
#define CALL(r)                                                                                    \
    (NAMED(right_rows)(r, k, a, lda, b, inverse, c, ldc), (void)(a += (r)*lda),                    \
     (void)(c += (r)*ldc))
    IN_STRIPS(CALL);
#undef CALL
}

#undef IN_STRIPS
