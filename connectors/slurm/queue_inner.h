/* queue_inner.h - the queue's own parts; private to this folder.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLURM_QUEUE_INNER_H
#define SLURM_QUEUE_INNER_H

#include <pthread.h>
#include <time.h>

#include "queue.h"
#include "tools.h"

enum {
    WINDOW_MS = 150, /* jobs that come within it share an array */
    ARRAY_MAX = 500, /* Slurm's MaxArraySize is 1001 by default */
    LOOK_MS = 100,   /* between two looks at exit codes on disk */
    WAIT_MS = 200,
    POLL_LEAST_MS = 500, /* between two calls of squeue, longer while nothing changes */
    POLL_MOST_MS = 10000,
    RETRY_MS = 2000,   /* after Slurm has not answered */
    LAUNCH_MS = 60000, /* a job that runs, says Slurm, has begun within it */
    LAG_POLLS = 3,     /* a shared folder may show an exit code later than Slurm the end */
    LOST_POLLS = 3,
    MISSING_MARK = 1 << 16 /* during a poll: not named yet */
};

struct slurm_queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    slurm_job *jobs; /* only the thread changes what a job says, under the lock */
    int wake, closing, busy, hurry;
    int64_t poll_at_ms, poll_every_ms, poll_fixed_ms, retry_at_ms;
    char trouble[256];     /* why Slurm does not answer; empty: it does */
    char record[PATH_MAX]; /* jobcomp/filetxt's file, once it was looked for */
    int record_known;
};

int64_t queue_now_ms(void);
/* Called by the thread, not holding the lock. */
void queue_submit(slurm_queue *q);   /* submit.c */
void queue_call_off(slurm_queue *q); /* submit.c */
void queue_watch(slurm_queue *q);    /* watch.c */
/* The job's id from its array's. */
void queue_number(slurm_job *job, const char *id);
/* Runs a tool in the folder of the jobs' campaign; notes whether Slurm answers. */
itp_status queue_tool(slurm_queue *q, char *const *argv, char **out, itp_error *err);
void queue_over(slurm_queue *q, slurm_job *job, job_end end, const char *words);

#endif
