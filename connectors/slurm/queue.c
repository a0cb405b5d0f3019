/* queue.c - the list of jobs and the thread that looks after them. See queue.h; what is said to
 * Slurm stands in submit.c, what it answers in watch.c. SPDX-License-Identifier: GPL-3.0-or-later
 */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "queue_inner.h"

/* The one queue of this process. */
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static slurm_queue *shared;
static unsigned shared_users;

int64_t queue_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Holding the lock; wakes early on a change. */
static void sleep_ms(slurm_queue *q, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&q->changed, &q->lock, &until);
}

static void *work(void *ctx)
{
    slurm_queue *q = ctx;
    pthread_mutex_lock(&q->lock);
    while (!q->closing) {
        if (q->jobs) {
            /* Jobs stay while `busy`: their owners wait in queue_remove. */
            q->busy = 1;
            pthread_mutex_unlock(&q->lock);
            queue_submit(q);
            queue_watch(q);
            queue_call_off(q);
            pthread_mutex_lock(&q->lock);
            q->busy = 0;
            pthread_cond_broadcast(&q->changed);
        }
        sleep_ms(q, q->jobs ? LOOK_MS : 1000);
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static itp_status create(slurm_queue **out, double poll_s, itp_error *err)
{
    pthread_condattr_t clock;
    slurm_queue *q = calloc(1, sizeof *q);
    if (!q) return itp_fail(err, ITP_ENOMEM, "queue");
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&q->changed, &clock);
    pthread_condattr_destroy(&clock);
    q->poll_fixed_ms = (int64_t)(poll_s * 1e3);
    q->poll_every_ms = q->poll_fixed_ms ? q->poll_fixed_ms : POLL_LEAST_MS;
    q->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (q->wake < 0 || pthread_create(&q->thread, NULL, work, q) != 0) {
        if (q->wake >= 0) close(q->wake);
        pthread_cond_destroy(&q->changed);
        pthread_mutex_destroy(&q->lock);
        free(q);
        return itp_fail(err, ITP_ERESOURCE, "no thread or descriptor for Slurm's queue");
    }
    *out = q;
    return ITP_OK;
}

itp_status queue_join(slurm_queue **out, double poll_s, itp_error *err)
{
    itp_status st = ITP_OK;
    pthread_mutex_lock(&shared_lock);
    if (!shared) st = create(&shared, poll_s, err);
    if (st == ITP_OK) {
        shared_users++;
        *out = shared;
    }
    pthread_mutex_unlock(&shared_lock);
    return st;
}

static void wake_tool(slurm_queue *q)
{
    uint64_t one = 1;
    ssize_t written = write(q->wake, &one, sizeof one);
    (void)written;
}

void queue_leave(slurm_queue *q)
{
    if (!q) return;
    pthread_mutex_lock(&shared_lock);
    int last = --shared_users == 0;
    if (last) shared = NULL;
    pthread_mutex_unlock(&shared_lock);
    if (!last) return;
    pthread_mutex_lock(&q->lock);
    q->closing = 1;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    wake_tool(q);
    pthread_join(q->thread, NULL);
    close(q->wake);
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

void queue_add(slurm_queue *q, slurm_job *job)
{
    job->since_ms = queue_now_ms();
    job->phase = JOB_NEW;
    if (record_batch(job->folder, job->batch, &job->index)) {
        char id[RECORD_ID - 12];
        job->phase = record_read(job->batch, "id", id, sizeof id) ? JOB_WAITING : JOB_ASKED;
        if (job->phase == JOB_WAITING) queue_number(job, id);
    }
    pthread_mutex_lock(&q->lock);
    slurm_job **last = &q->jobs;
    while (*last) last = &(*last)->next;
    job->next = NULL;
    *last = job;
    q->poll_at_ms = 0;
    if (!q->poll_fixed_ms) q->poll_every_ms = POLL_LEAST_MS;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

void queue_wait(slurm_queue *q, const slurm_job *job, slurm_job *now)
{
    pthread_mutex_lock(&q->lock);
    if (job->phase != JOB_OVER) sleep_ms(q, WAIT_MS);
    *now = *job;
    if (q->trouble[0] && job->phase != JOB_OVER)
        snprintf(now->reason, sizeof now->reason, "Slurm does not answer: %.100s", q->trouble);
    pthread_mutex_unlock(&q->lock);
}

void queue_cancel(slurm_queue *q, slurm_job *job)
{
    pthread_mutex_lock(&q->lock);
    job->cancel = 1;
    pthread_mutex_unlock(&q->lock);
}

void queue_remove(slurm_queue *q, slurm_job *job)
{
    pthread_mutex_lock(&q->lock);
    /* A tool that waits for a dead controller is not waited for by a worker that ends. */
    q->hurry += job->phase != JOB_OVER;
    if (q->hurry) wake_tool(q);
    while (q->busy) sleep_ms(q, WAIT_MS);
    q->hurry -= job->phase != JOB_OVER;
    slurm_job **at = &q->jobs;
    while (*at && *at != job) at = &(*at)->next;
    if (*at) *at = job->next;
    pthread_mutex_unlock(&q->lock);
}
