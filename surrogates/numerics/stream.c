/* stream.c - xoshiro256** keyed by splitmix64 over (seed, number, FNV-1a of the purpose).
 *   Normals are inverted (one uniform each, so that draws stay aligned); gammas by Marsaglia &
 * Tsang 2000, with their boost below shape 1. SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream.h"

#include <math.h>

#include "normal.h"

static const uint64_t GOLDEN = 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio, splitmix64's step */

void itp_stream_init(itp_stream *stream, uint64_t seed, uint64_t number, const char *purpose)
{
    uint64_t word = 0xcbf29ce484222325u;
    for (const char *p = purpose; *p; p++) word = (word ^ (unsigned char)*p) * 0x100000001b3u;
    uint64_t key = itp_mix64(seed + GOLDEN);
    key = itp_mix64(key ^ (number + 2 * GOLDEN));
    key = itp_mix64(key ^ word);
    for (int i = 0; i < 4; i++) stream->state[i] = itp_mix64(key += GOLDEN);
}

static uint64_t rotate(uint64_t x, int k)
{
    return (x << k) | (x >> (64 - k));
}

uint64_t itp_stream_bits(itp_stream *stream)
{
    uint64_t *s = stream->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double itp_stream_uniform(itp_stream *stream)
{
    return ((double)(itp_stream_bits(stream) >> 12) + 0.5) * 0x1p-52;
}

size_t itp_stream_below(itp_stream *stream, size_t n)
{
    uint64_t reject = -(uint64_t)n % n, bits; /* 2^64 mod n values would be drawn too often */
    do bits = itp_stream_bits(stream);
    while (bits < reject);
    return bits % n;
}

double itp_stream_normal(itp_stream *stream)
{
    return itp_ndtri(itp_stream_uniform(stream));
}

double itp_stream_exponential(itp_stream *stream)
{
    return -log(itp_stream_uniform(stream));
}

double itp_stream_gamma(itp_stream *stream, double shape)
{
    if (shape < 1) {
        double boost = pow(itp_stream_uniform(stream), 1 / shape);
        return boost * itp_stream_gamma(stream, shape + 1);
    }
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double z = itp_stream_normal(stream), v = 1 + c * z;
        if (v <= 0) continue;
        v = v * v * v;
        if (log(itp_stream_uniform(stream)) < 0.5 * z * z + d - d * v + d * log(v)) return d * v;
    }
}

void itp_stream_shuffle(itp_stream *stream, size_t n, size_t *order)
{
    for (size_t i = 0; i < n; i++) {
        size_t j = itp_stream_below(stream, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}
