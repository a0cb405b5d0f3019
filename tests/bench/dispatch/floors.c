/* floors.c - what this machine can do at best: synced appends, and a bare ROUTER/DEALER echo.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "bench.h"
#include "clock.h"

/* Appends of 4 KiB, each followed by fdatasync: what a commit costs at the least. */
double fsync_rate(double seconds)
{
    char page[4096] = {1};
    int fd = open("bench.fsync", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    int64_t begin = itp_clock_monotonic_ns(), end = begin;
    size_t n = 0;
    if (fd < 0) return 0;
    for (; (double)(end - begin) * 1e-9 < seconds; end = itp_clock_monotonic_ns(), n++)
        if (write(fd, page, sizeof page) < 0 || fdatasync(fd) != 0) break;
    close(fd);
    unlink("bench.fsync");
    return (double)n / ((double)(end - begin) * 1e-9);
}

typedef struct echo {
    void *context;
    size_t messages, size;
} echo;

static void *echo_thread(void *arg)
{
    const echo *e = arg;
    void *dealer = zmq_socket(e->context, ZMQ_DEALER);
    char *buffer = calloc(1, e->size);
    if (buffer && zmq_connect(dealer, "ipc://bench.echo") == 0) {
        for (size_t i = 0; i < e->messages; i++) zmq_send(dealer, buffer, e->size, 0);
        for (size_t i = 0; i < e->messages; i++) zmq_recv(dealer, buffer, e->size, 0);
    }
    free(buffer);
    zmq_close(dealer);
    return NULL;
}

double echo_rate(size_t messages, size_t size)
{
    echo e = {zmq_ctx_new(), messages, size};
    void *router = zmq_socket(e.context, ZMQ_ROUTER);
    const int unbounded = 0;
    pthread_t thread;
    zmq_setsockopt(router, ZMQ_SNDHWM, &unbounded, sizeof unbounded);
    zmq_setsockopt(router, ZMQ_RCVHWM, &unbounded, sizeof unbounded);
    if (zmq_bind(router, "ipc://bench.echo") != 0) return 0;
    int64_t begin = itp_clock_monotonic_ns();
    pthread_create(&thread, NULL, echo_thread, &e);
    for (size_t i = 0; i < messages; i++) {
        zmq_msg_t route, body;
        zmq_msg_init(&route);
        zmq_msg_init(&body);
        zmq_msg_recv(&route, router, 0);
        zmq_msg_recv(&body, router, 0);
        zmq_msg_send(&route, router, ZMQ_SNDMORE);
        zmq_msg_send(&body, router, 0);
    }
    pthread_join(thread, NULL);
    int64_t end = itp_clock_monotonic_ns();
    zmq_close(router);
    zmq_ctx_term(e.context);
    return (double)messages / ((double)(end - begin) * 1e-9);
}
