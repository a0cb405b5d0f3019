/* tiles.c - the instruction sets for which tiles are built, and which of them this CPU has.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tiles.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "simd.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

/* 8 x 3 accumulators of 32 registers. */
#define NAMED(f) f##_avx512
#define TARGET   __attribute__((target("arch=x86-64-v4,prefer-vector-width=512")))
#define LANES    8
#define VECTORS  3
#define ROWS     8
#include "tiles_body.h"
#undef NAMED
#undef TARGET
#undef LANES
#undef VECTORS
#undef ROWS

/* 2 x 6 accumulators of 16 registers. */
#define NAMED(f) f##_avx2
#define TARGET   __attribute__((target("arch=x86-64-v3")))
#define LANES    4
#define VECTORS  6
#define ROWS     2
#include "tiles_body.h"

static const itp_tiles AVX512 = {"avx512",        SIZE_MAX,    add_avx512,
                                 triangle_avx512, left_avx512, right_avx512};
static const itp_tiles AVX2 = {"avx2", 200, add_avx2, triangle_avx2, left_avx2, right_avx2};

size_t itp_tiles_all(const itp_tiles *tiles[ITP_TILES_MOST])
{
    size_t n = 0;
    if (__builtin_cpu_supports("x86-64-v4")) tiles[n++] = &AVX512;
    if (__builtin_cpu_supports("x86-64-v3")) tiles[n++] = &AVX2;
    return n;
}

#else

size_t itp_tiles_all(const itp_tiles *tiles[ITP_TILES_MOST])
{
    (void)tiles;
    return 0;
}

#endif

const itp_tiles *itp_tiles_here(void)
{
    const itp_tiles *tiles[ITP_TILES_MOST] = {0};
    return itp_tiles_all(tiles) ? tiles[0] : NULL;
}
