/* simd.h - loops that the compiler turns into vector code, for the CPU that runs them.
 *   ITP_CLONES on a function builds it for x86-64-v4 (AVX-512), -v3 (AVX2, FMA) and the baseline
 * and picks one when the program is loaded; elsewhere it does nothing. Loops are plain C without
 * branches, sums keep ITP_LANES partial sums in a fixed order, so no -ffast-math is needed.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SIMD_H
#define ITP_SIMD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ITP_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ITP_CLONES
#endif

#define ITP_INLINE static inline __attribute__((always_inline))

enum { ITP_LANES = 8 };

/* ITP_LANES doubles at once, at any address; narrower CPUs take it in parts. */
typedef double itp_lanes __attribute__((vector_size(ITP_LANES * sizeof(double)), aligned(8)));

/* n rounded up to whole vectors. */
ITP_INLINE size_t itp_whole_lanes(size_t n)
{
    return (n + ITP_LANES - 1) / ITP_LANES * ITP_LANES;
}

/* exp(x) for x <= 0 (0 below -708): x = n ln 2 + r with ln 2 in two parts (Cody & Waite), a
 * polynomial in |r| <= 0.35 whose next term is 4e-18, then n added to the exponent's bits. 1 ulp.
 */
ITP_INLINE double itp_exp_neg(double x)
{
    x = x < -708 ? -708 : x;
    double t = x * 1.44269504088896340736 + 0x1.8p52, n = t - 0x1.8p52;
    double r = x - n * 0x1.62e42fefa3800p-1;
    r -= n * 0x1.ef35793c76730p-45;
    double p = 1.0 / 6227020800;
    p = p * r + 1.0 / 479001600;
    p = p * r + 1.0 / 39916800;
    p = p * r + 1.0 / 3628800;
    p = p * r + 1.0 / 362880;
    p = p * r + 1.0 / 40320;
    p = p * r + 1.0 / 5040;
    p = p * r + 1.0 / 720;
    p = p * r + 1.0 / 120;
    p = p * r + 1.0 / 24;
    p = p * r + 1.0 / 6;
    p = p * r + 0.5;
    p = p * r + 1;
    p = p * r + 1;
    uint64_t shift, bits;
    memcpy(&shift, &t, sizeof shift);
    memcpy(&bits, &p, sizeof bits);
    bits += shift << 52;
    memcpy(&p, &bits, sizeof p);
    return p;
}

#endif
