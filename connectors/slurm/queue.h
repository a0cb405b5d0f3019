/* queue.h - all jobs of this worker in Slurm's queue. Those that come together and ask for the same
 * resources are submitted as one array; one squeue asks for all of them; where Slurm does not
 * answer it is waited for. A job's name is CAMPAIGN.REQUEST.EPOCH (of an array: of its first job,
 * and +N). One queue a process, shared by the slots: the plug-in ABI gives each slot an instance of
 * its own, and a poll for each request is what clusters' administrators write angry letters about.
 * Life cycle  join -> { add -> wait* -> remove }* -> leave, per slot; the last one ends its thread
 * Threads     any; each job is its slot's             SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLURM_QUEUE_H
#define SLURM_QUEUE_H

#include "record.h"

typedef enum job_phase {
    JOB_NEW,     /* not submitted */
    JOB_ASKED,   /* perhaps submitted: Slurm is asked for its name first */
    JOB_WAITING, /* in the queue */
    JOB_RUNNING,
    JOB_OVER
} job_phase;

typedef enum job_end {
    END_EXITED,   /* the program ended by itself: code */
    END_KILLED,   /* by Slurm, in a state such as TIMEOUT */
    END_LOST,     /* Slurm lost its node, or knows nothing of it any more */
    END_REFUSED,  /* sbatch would not have it */
    END_CANCELLED /* as was asked */
} job_end;

typedef struct slurm_job {
    char folder[PATH_MAX]; /* of the attempt */
    char name[128];
    const char *flags; /* resources_read; borrowed */
    const itp_host *host;
    /* Filled by the queue; read them under queue_wait only. */
    job_phase phase;
    job_end end;
    int code;
    int cancel; /* wanted */
    char batch[PATH_MAX];
    size_t index;
    char id[RECORD_ID], state[32], reason[128], node[128], words[512];
    unsigned missing, idle;       /* polls without it; polls since it ended without an exit code */
    int64_t since_ms, running_ms; /* since it came here; since Slurm says that it runs */
    struct slurm_job *next;
} slurm_job;

typedef struct slurm_queue slurm_queue;

/* poll_s: seconds between two looks at the queue; 0: from 0.5 s up to 10 s while nothing changes.
 */
itp_status queue_join(slurm_queue **out, double poll_s, itp_error *err);
void queue_leave(slurm_queue *queue);
/* A job of a folder that record_prepare has made; one that was put in a batch before is looked for
 * there. */
void queue_add(slurm_queue *queue, slurm_job *job);
/* Until something may have changed, at most 200 ms; copies the job as it stands now. */
void queue_wait(slurm_queue *queue, const slurm_job *job, slurm_job *now);
void queue_cancel(slurm_queue *queue, slurm_job *job);
/* The job is the caller's again; in Slurm it goes on, if it does. */
void queue_remove(slurm_queue *queue, slurm_job *job);

#endif
