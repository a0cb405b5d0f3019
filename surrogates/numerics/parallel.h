/* parallel.h - spreads independent pieces of work over cores.
 *   The pieces are numbered, and each writes only what its number owns: so results depend neither
 * on the number of threads nor on who ran what. Threads live for one call; the pieces should be
 * worth at least some tens of microseconds. Where a thread cannot be had the caller does its work.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PARALLEL_H
#define ITP_PARALLEL_H

#include <stddef.h>

/* worker: 0 .. threads-1, for scratch that workers do not share. */
typedef void (*itp_piece)(void *context, size_t index, unsigned worker);

/* Cores that this process may use, at least 1. */
unsigned itp_cores(void);

/* Runs piece 0 .. n-1.  threads  at most this many (the caller is one of them); 0: one a core. */
void itp_parallel_for(size_t n, unsigned threads, itp_piece piece, void *context);

/* The number of workers that itp_parallel_for would use. */
unsigned itp_parallel_workers(size_t n, unsigned threads);

#endif
