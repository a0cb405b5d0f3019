/* thinker.c - one thread, one job at a time, handed over under a lock.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "thinker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "machine.h"

typedef struct finished {
    itp_decision *made;
    itp_status status;
    itp_error err;
    int ready;
} finished;

struct itp_thinker {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    itp_decider *decider;
    itp_snapshot *job; /* waiting */
    int busy, stop, started, fd;
    finished done;
};

static void publish(itp_thinker *t, itp_decision *made, itp_status status, const itp_error *err)
{
    if (t->done.ready) itp_decision_destroy(t->done.made);
    t->done = (finished){made, status, *err, 1};
    uint64_t one = 1;
    ssize_t written = write(t->fd, &one, sizeof one);
    (void)written; /* The counter cannot be full: it is read at each take. */
}

static void *think_thread(void *arg)
{
    itp_thinker *t = arg;
    pthread_mutex_lock(&t->lock);
    for (;;) {
        while (!t->job && !t->stop) pthread_cond_wait(&t->changed, &t->lock);
        if (t->stop) break;
        itp_snapshot *job = t->job;
        t->job = NULL;
        t->busy = 1;
        pthread_mutex_unlock(&t->lock);
        itp_decision *made = NULL;
        itp_error err = {0};
        int64_t begin = itp_clock_monotonic_ns();
        itp_status status = itp_decide(t->decider, job, &made, &err);
        if (made) made->elapsed_ms = (double)(itp_clock_monotonic_ns() - begin) * 1e-6;
        itp_snapshot_destroy(job);
        pthread_mutex_lock(&t->lock);
        t->busy = 0;
        publish(t, made, status, &err);
        pthread_cond_broadcast(&t->changed);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

itp_status itp_thinker_create(itp_thinker **out, unsigned threads, itp_error *err)
{
    itp_thinker *t = calloc(1, sizeof *t);
    if (!t) return itp_fail(err, ITP_ENOMEM, "decision thread");
    char machine[256];
    t->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    itp_status st =
        t->fd < 0
            ? itp_fail(err, ITP_EIO, "decision thread: eventfd: %s", strerror(errno))
            : itp_decider_create(&t->decider, itp_machine_text(machine, sizeof machine), threads);
    if (st == ITP_OK) {
        int failed = pthread_create(&t->thread, NULL, think_thread, t);
        if (failed) st = itp_fail(err, ITP_ENOMEM, "decision thread: %s", strerror(failed));
        t->started = !failed;
    }
    if (st != ITP_OK) {
        itp_thinker_destroy(t);
        return st;
    }
    *out = t;
    return ITP_OK;
}

void itp_thinker_destroy(itp_thinker *t)
{
    if (!t) return;
    if (t->started) {
        pthread_mutex_lock(&t->lock);
        t->stop = 1;
        pthread_cond_broadcast(&t->changed);
        pthread_mutex_unlock(&t->lock);
        pthread_join(t->thread, NULL);
    }
    itp_snapshot_destroy(t->job);
    itp_decision_destroy(t->done.made);
    itp_decider_destroy(t->decider);
    if (t->fd >= 0) close(t->fd);
    pthread_cond_destroy(&t->changed);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

int itp_thinker_fd(const itp_thinker *t)
{
    return t->fd;
}

void itp_thinker_think(itp_thinker *t, itp_snapshot *snapshot)
{
    pthread_mutex_lock(&t->lock);
    itp_snapshot_destroy(t->job);
    t->job = snapshot;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

itp_status itp_thinker_take(itp_thinker *t, itp_decision **out, itp_error *err)
{
    pthread_mutex_lock(&t->lock);
    uint64_t count;
    ssize_t got = read(t->fd, &count, sizeof count);
    (void)got; /* Nothing to read is nothing ready. */
    itp_status st = ITP_ENOTFOUND;
    if (t->done.ready) {
        st = t->done.status;
        if (st == ITP_OK)
            *out = t->done.made;
        else if (err)
            *err = t->done.err;
        t->done = (finished){0};
    }
    pthread_mutex_unlock(&t->lock);
    return st;
}

itp_status itp_thinker_summarise(itp_thinker *t, const itp_snapshot *snapshot, itp_summary *out)
{
    pthread_mutex_lock(&t->lock);
    while (t->busy) pthread_cond_wait(&t->changed, &t->lock);
    itp_status st = itp_summarise(t->decider, snapshot, out);
    pthread_mutex_unlock(&t->lock);
    return st;
}
