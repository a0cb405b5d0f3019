/* sobol.c - Gray-code order (Antonov & Saleev 1979), then the scramble.
 *   v_k = m_k 2^(32-k), and for k > s:  v_k = a_1 v_(k-1) ^ ... ^ a_(s-1) v_(k-s+1) ^ v_(k-s) ^
 * (v_(k-s) >> s) (Bratley & Fox 1988). In Gray-code order the first 2^k points are those of the
 * plain order.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "sobol.h"

#include <stdlib.h>

#include "normal.h"
#include "stream.h"

enum { BITS = 32 };

struct itp_sobol {
    size_t dims, tabled;
    uint64_t index;
    uint64_t *key;       /* dims: of each dimension's scramble */
    uint32_t *state;     /* tabled: unscrambled coordinates of the current point, block 0 */
    uint32_t (*v)[BITS]; /* tabled: direction numbers */
};

static void directions(unsigned degree, const uint16_t *row, uint32_t v[BITS])
{
    unsigned a = row[0];
    for (unsigned k = 0; k < degree && k < BITS; k++) v[k] = (uint32_t)row[1 + k] << (31 - k);
    for (unsigned k = degree; k < BITS; k++) {
        v[k] = v[k - degree] ^ (v[k - degree] >> degree);
        for (unsigned i = 1; i < degree; i++)
            if (a >> (degree - 1 - i) & 1) v[k] ^= v[k - i];
    }
}

static void fill_directions(itp_sobol *sobol)
{
    const uint16_t *row = itp_sobol_table;
    size_t dim = 1;
    for (unsigned k = 0; k < BITS; k++) sobol->v[0][k] = 1u << (31 - k);
    for (unsigned degree = 1; degree <= 12; degree++)
        for (unsigned i = 0; i < itp_sobol_degrees[degree - 1]; i++, row += degree + 1, dim++) {
            if (dim >= sobol->tabled) return;
            directions(degree, row, sobol->v[dim]);
        }
}

itp_status itp_sobol_create(itp_sobol **out, size_t dims, uint64_t seed)
{
    itp_sobol *sobol = calloc(1, sizeof *sobol);
    if (!sobol) return ITP_ENOMEM;
    sobol->dims = dims;
    sobol->tabled = dims < ITP_SOBOL_TABLE ? dims : ITP_SOBOL_TABLE;
    size_t tabled = sobol->tabled ? sobol->tabled : 1;
    sobol->tabled = tabled;
    sobol->key = calloc(dims + 1, sizeof *sobol->key);
    sobol->state = calloc(tabled, sizeof *sobol->state);
    sobol->v = calloc(tabled, sizeof *sobol->v);
    if (!sobol->key || !sobol->state || !sobol->v) {
        itp_sobol_destroy(sobol);
        return ITP_ENOMEM;
    }
    itp_stream stream;
    itp_stream_init(&stream, seed, 0, "sobol.scramble");
    for (size_t i = 0; i < dims; i++) sobol->key[i] = itp_stream_bits(&stream);
    fill_directions(sobol);
    *out = sobol;
    return ITP_OK;
}

void itp_sobol_destroy(itp_sobol *sobol)
{
    if (!sobol) return;
    free(sobol->key);
    free(sobol->state);
    free(sobol->v);
    free(sobol);
}

/* Each bit is flipped by a fair coin that belongs to the bits before it. */
static double scramble(uint32_t x, uint64_t key)
{
    uint32_t flips = 0;
    for (unsigned bit = 0; bit < BITS; bit++) {
        uint64_t prefix = bit ? x >> (BITS - bit) : 0;
        uint64_t coin = itp_mix64(key ^ (prefix << 8 | bit) * 0x9e3779b97f4a7c15u);
        flips |= (uint32_t)(coin >> 63) << (31 - bit);
    }
    uint64_t tail = itp_mix64(key + x) >> 44; /* 20 bits below the 32 of the sequence */
    return ((double)(x ^ flips) + ((double)tail + 0.5) * 0x1p-20) * 0x1p-32;
}

/* Coordinate `dim` of the table at position `index` in Gray-code order. */
static uint32_t coordinate(const itp_sobol *sobol, size_t dim, uint64_t index)
{
    uint32_t x = 0;
    uint64_t gray = index ^ (index >> 1);
    for (unsigned k = 0; k < BITS && gray >> k; k++)
        if (gray >> k & 1) x ^= sobol->v[dim][k];
    return x;
}

/* Blocks after the first visit the points in a random order, or dimension i + 481 would follow
 * dimension i bit by bit: a keyed bijection of 2^m .. 2^(m+1)-1 for each m, so that the first 2^k
 * points stay the same set. */
static uint64_t reorder(uint64_t index, uint64_t key)
{
    unsigned m = 0;
    while (index >> (m + 1)) m++;
    if (m == 0) return index;
    uint64_t mask = ((uint64_t)1 << m) - 1, low = index & mask;
    for (unsigned round = 0; round < 4; round++) {
        uint64_t word = itp_mix64(key + 64 * round + m);
        low = (low * (word | 1) + (word >> 32)) & mask;
        low ^= low >> (m / 2 + 1);
    }
    return ((uint64_t)1 << m) | low;
}

void itp_sobol_next(itp_sobol *sobol, double *point)
{
    for (size_t i = 0; i < sobol->dims; i++) {
        size_t block = i / ITP_SOBOL_TABLE, dim = i % ITP_SOBOL_TABLE;
        uint32_t x = block == 0 ? sobol->state[dim]
                                : coordinate(sobol, dim, reorder(sobol->index, sobol->key[block]));
        point[i] = scramble(x, sobol->key[i]);
    }
    unsigned k = 0; /* the bit that changes in the Gray code of the next index */
    while (sobol->index >> k & 1) k++;
    for (size_t dim = 0; k < BITS && dim < sobol->tabled; dim++)
        sobol->state[dim] ^= sobol->v[dim][k];
    sobol->index++;
}

void itp_sobol_next_normal(itp_sobol *sobol, double *point)
{
    itp_sobol_next(sobol, point);
    for (size_t i = 0; i < sobol->dims; i++) point[i] = itp_ndtri(point[i]);
}
