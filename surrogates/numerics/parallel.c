/* parallel.c - the one place that starts threads in the surrogates: workers take the next number
 * from a shared counter until none is left.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { WORKERS_MAX = 64 };

typedef struct {
    itp_piece piece;
    void *context;
    size_t n;
    atomic_size_t next;
} work;

typedef struct {
    work *shared;
    unsigned worker;
} seat;

static void *run(void *argument)
{
    seat *self = argument;
    size_t i;
    while ((i = atomic_fetch_add(&self->shared->next, 1)) < self->shared->n)
        self->shared->piece(self->shared->context, i, self->worker);
    return NULL;
}

unsigned itp_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int count = CPU_COUNT(&set);
    return count < 1 ? 1 : (unsigned)count;
}

unsigned itp_parallel_workers(size_t n, unsigned threads)
{
    if (threads == 0) threads = itp_cores();
    if (threads > WORKERS_MAX) threads = WORKERS_MAX;
    if (threads > n) threads = n ? (unsigned)n : 1;
    return threads;
}

void itp_parallel_for(size_t n, unsigned threads, itp_piece piece, void *context)
{
    threads = itp_parallel_workers(n, threads);
    work shared = {piece, context, n, 0};
    seat seats[WORKERS_MAX];
    pthread_t ids[WORKERS_MAX];
    unsigned started = 1;
    for (; started < threads; started++) {
        seats[started] = (seat){&shared, started};
        if (pthread_create(&ids[started], NULL, run, &seats[started]) != 0) break;
    }
    seats[0] = (seat){&shared, 0};
    run(&seats[0]);
    for (unsigned i = 1; i < started; i++) pthread_join(ids[i], NULL);
}
