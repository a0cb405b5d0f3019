/* stream.h - random numbers as an argument: a stream for each (seed, number, purpose).
 *   The three are hashed into the state of xoshiro256** (Blackman & Vigna 2021), so the draws made
 * for one purpose never shift those made for another, and a decision's draws depend on its number
 * alone. A stream is a plain struct on its owner's stack.
 * Threads     one stream, one thread
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_STREAM_H
#define ITP_STREAM_H

#include <stddef.h>
#include <stdint.h>

typedef struct itp_stream {
    uint64_t state[4];
} itp_stream;

/*   number   of the decision, trial, path ... that draws
 *   purpose  a word, "fit.starts"; what it is hashed to is part of the journal's meaning */
void itp_stream_init(itp_stream *stream, uint64_t seed, uint64_t number, const char *purpose);

uint64_t itp_stream_bits(itp_stream *stream);
/* In (0, 1), never 0 or 1; 53 bits. */
double itp_stream_uniform(itp_stream *stream);
/* In 0 .. n-1, unbiased; n > 0. */
size_t itp_stream_below(itp_stream *stream, size_t n);
double itp_stream_normal(itp_stream *stream);
/* Gamma of this shape (> 0) and rate 1. */
double itp_stream_gamma(itp_stream *stream, double shape);
double itp_stream_exponential(itp_stream *stream);
/* A random order of 0 .. n-1. */
void itp_stream_shuffle(itp_stream *stream, size_t n, size_t *order);

/* The finaliser of splitmix64: every output bit depends on every input bit. */
static inline uint64_t itp_mix64(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#endif
