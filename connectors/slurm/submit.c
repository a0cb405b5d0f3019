/* submit.c - what is said to Slurm: sbatch and scancel.
 *   Order  list and script, then each job's `batch`, then sbatch, then `id`. A worker that is
 * killed between the last two leaves a batch without id: Slurm is asked for its name before
 * anything is submitted again, and .job/began keeps a job that was missed there from running twice.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "queue_inner.h"

enum { FLAGS_MAX = 40, CALL_OFF_MAX = 200 };

static int hurries(void *ctx)
{
    slurm_queue *q = ctx;
    pthread_mutex_lock(&q->lock);
    int stop = q->closing || q->hurry;
    pthread_mutex_unlock(&q->lock);
    return stop;
}

/* FOLDER/batches, beside the attempts of the campaign that the first job belongs to. */
static int batches_of(const slurm_job *job, char out[PATH_MAX])
{
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", job->folder);
    char *slash = strrchr(parent, '/');
    if (!slash) return 0;
    *slash = '\0';
    return snprintf(out, PATH_MAX, "%s/batches", parent) < PATH_MAX &&
           (mkdir(out, 0755) == 0 || errno == EEXIST);
}

itp_status queue_tool(slurm_queue *q, char *const *argv, char **out, itp_error *err)
{
    char folder[PATH_MAX];
    if (!batches_of(q->jobs, folder)) return itp_fail(err, ITP_EIO, "no folder for batches");
    itp_error why = {.status = ITP_OK};
    itp_status st = tool_run(&(tool_call){folder, q->wake, hurries, q}, argv, out, &why);
    pthread_mutex_lock(&q->lock);
    int was = q->trouble[0] != '\0';
    if (st == ITP_EWORKER || st == ITP_ENOTFOUND)
        snprintf(q->trouble, sizeof q->trouble, "%.250s", why.text);
    else if (st != ITP_ECANCELLED)
        q->trouble[0] = '\0';
    int is = q->trouble[0] != '\0';
    if (is) q->retry_at_ms = queue_now_ms() + RETRY_MS;
    pthread_mutex_unlock(&q->lock);
    const itp_host *host = q->jobs->host;
    if (is && !was) host->log(host->ctx, 2, "slurm_does_not_answer", why.text);
    if (was && !is && st == ITP_OK) host->log(host->ctx, 2, "slurm_answers_again", argv[0]);
    if (st != ITP_OK) itp_fail(err, st, "%s: %s", argv[0], why.text);
    return st;
}

void queue_over(slurm_queue *q, slurm_job *job, job_end end, const char *words)
{
    pthread_mutex_lock(&q->lock);
    job->phase = JOB_OVER;
    job->end = end;
    snprintf(job->words, sizeof job->words, "%s", words);
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

void queue_number(slurm_job *job, const char *id)
{
    char list[4];
    /* A batch of one is no array. */
    int array = record_read(job->batch, "array", list, sizeof list);
    if (array)
        snprintf(job->id, sizeof job->id, "%.24s_%u", id, (unsigned)job->index);
    else
        snprintf(job->id, sizeof job->id, "%.24s", id);
}

/* Jobs to be submitted together: those that ask for the same as the first one that is due. */
static size_t gather(slurm_queue *q, slurm_job *group[ARRAY_MAX])
{
    size_t n = 0, waiting = 0;
    int64_t now_ms = queue_now_ms(), oldest_ms = now_ms;
    pthread_mutex_lock(&q->lock);
    for (slurm_job *job = q->jobs; job; job = job->next)
        if (job->phase == JOB_NEW && !job->cancel) {
            waiting++;
            if (job->since_ms < oldest_ms) oldest_ms = job->since_ms;
        }
    int due = waiting >= ARRAY_MAX || (waiting > 0 && now_ms - oldest_ms >= WINDOW_MS);
    for (slurm_job *job = q->jobs; due && job && n < ARRAY_MAX; job = job->next)
        if (job->phase == JOB_NEW && !job->cancel &&
            (n == 0 || strcmp(job->flags, group[0]->flags) == 0))
            group[n++] = job;
    pthread_mutex_unlock(&q->lock);
    return n;
}

/* A new folder of the batch's name, which becomes the name in the queue too. */
static itp_status make_batch(slurm_job *const *group, size_t n, char folder[PATH_MAX],
                             char name[192], itp_error *err)
{
    char batches[PATH_MAX];
    if (!batches_of(group[0], batches)) return itp_fail(err, ITP_EIO, "%s: no folder", batches);
    for (int i = 1; i < 1000; i++) {
        char count[24] = "", again[16] = "";
        if (n > 1) snprintf(count, sizeof count, "+%zu", n - 1);
        if (i > 1) snprintf(again, sizeof again, ":%d", i);
        snprintf(name, 192, "%s%s%s", group[0]->name, count, again);
        if (snprintf(folder, PATH_MAX, "%s/%s", batches, name) >= PATH_MAX) break;
        if (mkdir(folder, 0755) == 0) return ITP_OK;
        if (errno != EEXIST) break;
    }
    return itp_fail(err, ITP_EIO, "%s: %s", folder, strerror(errno));
}

static itp_status write_batch(slurm_job *const *group, size_t n, const char *folder, itp_error *err)
{
    size_t size = 1;
    for (size_t i = 0; i < n; i++) size += strlen(group[i]->folder) + 1;
    char *list = calloc(size, 1);
    if (!list) return itp_fail(err, ITP_ENOMEM, "batch");
    for (size_t i = 0, at = 0; i < n; i++)
        at += (size_t)snprintf(list + at, size - at, "%s\n", group[i]->folder);
    itp_status st = record_write(folder, "list", list, err);
    free(list);
    if (st == ITP_OK) st = record_write(folder, "script", RECORD_SCRIPT, err);
    if (st == ITP_OK && n > 1) st = record_write(folder, "array", "1", err);
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        char text[PATH_MAX + 32];
        if (snprintf(text, sizeof text, "%s\n%zu\n", folder, i) >= (int)sizeof text)
            st = itp_fail(err, ITP_EINVAL, "%s: path is too long", folder);
        else
            st = record_write(group[i]->folder, ".job/batch", text, err);
    }
    return st;
}

static itp_status call_sbatch(slurm_queue *q, const char *folder, const char *name,
                              const char *flags, size_t n, char **out, itp_error *err)
{
    char *argv[FLAGS_MAX + 16], chdir[PATH_MAX + 16], script[PATH_MAX + 16], array[48], log[32];
    char job_name[224];
    char *copy = strdup(flags);
    size_t k = 0;
    if (!copy) return itp_fail(err, ITP_ENOMEM, "sbatch");
    snprintf(chdir, sizeof chdir, "--chdir=%s", folder);
    snprintf(script, sizeof script, "%s/script", folder);
    snprintf(job_name, sizeof job_name, "--job-name=%s", name);
    snprintf(array, sizeof array, "--array=0-%zu", n - 1);
    snprintf(log, sizeof log, "--output=log-%s", n > 1 ? "%a" : "0");
    argv[k++] = "sbatch";
    argv[k++] = "--parsable";
    argv[k++] = "--no-requeue";
    argv[k++] = job_name;
    argv[k++] = chdir;
    argv[k++] = log;
    if (n > 1) argv[k++] = array;
    for (char *rest = copy, *line; (line = strtok_r(rest, "\n", &rest)) && k < FLAGS_MAX + 8;)
        argv[k++] = line;
    argv[k++] = script;
    argv[k] = NULL;
    itp_status st = queue_tool(q, argv, out, err);
    free(copy);
    return st;
}

static void set_phase(slurm_queue *q, slurm_job *const *group, size_t n, const char *folder,
                      job_phase phase, const char *id)
{
    pthread_mutex_lock(&q->lock);
    for (size_t i = 0; i < n; i++) {
        snprintf(group[i]->batch, sizeof group[i]->batch, "%s", folder);
        group[i]->index = i;
        group[i]->phase = phase;
        group[i]->missing = group[i]->idle = 0;
        if (id) queue_number(group[i], id);
    }
    q->poll_at_ms = queue_now_ms() + q->poll_every_ms;
    pthread_mutex_unlock(&q->lock);
}

static void submit_group(slurm_queue *q, slurm_job *const *group, size_t n)
{
    char folder[PATH_MAX], name[192], *id = NULL;
    itp_error err = {.status = ITP_OK};
    itp_status st = make_batch(group, n, folder, name, &err);
    if (st == ITP_OK) st = write_batch(group, n, folder, &err);
    if (st != ITP_OK) {
        for (size_t i = 0; i < n; i++) queue_over(q, group[i], END_REFUSED, err.text);
        return;
    }
    st = call_sbatch(q, folder, name, group[0]->flags, n, &id, &err);
    if (st == ITP_OK) {
        id[strcspn(id, ";\n")] = '\0';
        record_write(folder, "id", id, NULL); /* if it cannot be kept, the name finds it */
        set_phase(q, group, n, folder, JOB_WAITING, id);
    } else if (st == ITP_EREFUSED) {
        for (size_t i = 0; i < n; i++) queue_over(q, group[i], END_REFUSED, err.text);
    } else { /* It may have arrived all the same. */
        set_phase(q, group, n, folder, JOB_ASKED, NULL);
    }
    free(id);
}

void queue_submit(slurm_queue *q)
{
    slurm_job *group[ARRAY_MAX];
    size_t n;
    while (queue_now_ms() >= q->retry_at_ms && !hurries(q) && (n = gather(q, group)) > 0)
        submit_group(q, group, n);
}

void queue_call_off(slurm_queue *q)
{
    slurm_job *group[CALL_OFF_MAX];
    char *argv[CALL_OFF_MAX + 2] = {"scancel"}, *out = NULL;
    size_t n = 0, k = 1;
    if (queue_now_ms() < q->retry_at_ms) return;
    pthread_mutex_lock(&q->lock);
    for (slurm_job *job = q->jobs; job && n < CALL_OFF_MAX; job = job->next)
        if (job->cancel && job->phase != JOB_OVER && job->phase != JOB_ASKED) {
            group[n++] = job;
            if (job->id[0]) argv[k++] = job->id;
        }
    pthread_mutex_unlock(&q->lock);
    if (n == 0) return;
    itp_error err;
    itp_status st = k > 1 ? queue_tool(q, argv, &out, &err) : ITP_OK;
    free(out);
    /* Refused: Slurm knows it no more. Not answered: once more, later. */
    if (st != ITP_OK && st != ITP_EREFUSED) return;
    for (size_t i = 0; i < n; i++) {
        char began[RECORD_ID];
        record_void(group[i]->folder, began); /* whatever is still on its way */
        queue_over(q, group[i], END_CANCELLED, "cancelled");
    }
}
