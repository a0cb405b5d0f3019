/* watch.c - what has become of the jobs: exit codes on disk, one squeue for all, the completion
 * record for what squeue has forgotten.
 *   An exit code on disk is the program's own word and ends the matter, unless it speaks of a
 * signal: then Slurm says whose it was. SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "queue_inner.h"
#include "render.h"

enum { RECORD_TAIL = 4 << 20, LOG_TAIL = 4000, SIGNALLED = 128 };

static int ends_by_slurm(const char *state)
{
    static const char *const ENDS[] = {"TIMEOUT",   "OUT_OF_MEMORY", "CANCELLED", "DEADLINE",
                                       "NODE_FAIL", "BOOT_FAIL",     "PREEMPTED", "REVOKED"};
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++)
        if (strncmp(state, ENDS[i], strlen(ENDS[i])) == 0) return 1;
    return 0;
}

static int is_over(const char *state)
{
    return ends_by_slurm(state) || strcmp(state, "COMPLETED") == 0 || strcmp(state, "FAILED") == 0;
}

/* Node gone, or the job put aside for another: nothing that the request could help. */
static int is_lost(const char *state)
{
    return strcmp(state, "NODE_FAIL") == 0 || strcmp(state, "BOOT_FAIL") == 0 ||
           strcmp(state, "PREEMPTED") == 0 || strcmp(state, "REVOKED") == 0;
}

/* What Slurm itself has written on the job's output, its last line; 1 when that is about memory:
 * without cgroups the state is only FAILED then. */
static int read_log(const slurm_job *job, char *words, size_t size)
{
    char name[48], *text = NULL;
    words[0] = '\0';
    snprintf(name, sizeof name, "log-%zu", job->index);
    if (folder_tail(job->batch, name, LOG_TAIL, &text) != ITP_OK) return 0;
    int memory = strstr(text, "exceeded memory limit") || strstr(text, "Exceeded job memory") ||
                 strstr(text, "oom-kill") || strstr(text, "oom_kill") ||
                 strstr(text, "Out Of Memory");
    char *at = memory ? strstr(text, "xceeded") : NULL;
    if (!at) at = text;
    while (at > text && at[-1] != '\n') at--;
    snprintf(words, size, "%.*s", (int)strcspn(at, "\n"), at);
    free(text);
    return memory;
}

static void end_by_state(slurm_queue *q, slurm_job *job, const char *state)
{
    char words[640], log[300];
    int memory = read_log(job, log, sizeof log);
    pthread_mutex_lock(&q->lock);
    snprintf(job->state, sizeof job->state, "%s", memory ? "OUT_OF_MEMORY" : state);
    pthread_mutex_unlock(&q->lock);
    snprintf(words, sizeof words, "Slurm job %s%s%s: %s%s%s", job->id, job->node[0] ? " on " : "",
             job->node, job->state, log[0] ? ": " : "", log);
    queue_over(q, job, is_lost(job->state) ? END_LOST : END_KILLED, words);
}

/* The job lost sight of: whether it never ran or was killed with its controller's memory, it must
 * not begin any more. */
static void end_lost(slurm_queue *q, slurm_job *job)
{
    char words[512], began[RECORD_ID] = "";
    int never = record_void(job->folder, began);
    snprintf(words, sizeof words, "Slurm knows no job %s any more; it %s",
             job->id[0] ? job->id : job->name,
             never ? "had not begun" : "had begun and left no exit code");
    queue_over(q, job, END_LOST, words);
}

/* 1 when the exit code is there and is the program's own. */
static int take_exit(slurm_queue *q, slurm_job *job, int with_signals)
{
    char text[32], began[256];
    if (!record_read(job->folder, ".job/exit", text, sizeof text)) return 0;
    int code = atoi(text);
    if (code >= SIGNALLED && !with_signals) return 0;
    pthread_mutex_lock(&q->lock);
    job->code = code;
    if (record_read(job->folder, ".job/began", began, sizeof began)) {
        char *space = strchr(began, ' ');
        if (space) snprintf(job->node, sizeof job->node, "%.*s", 100, space + 1);
        snprintf(job->id, sizeof job->id, "%.*s", (int)strcspn(began, " "), began);
    }
    pthread_mutex_unlock(&q->lock);
    queue_over(q, job, END_EXITED, "");
    return 1;
}

/* Slurm says that the job is over (or, missing, that it knows none). */
static void settle(slurm_queue *q, slurm_job *job, const char *state)
{
    char began[256];
    if (take_exit(q, job, !ends_by_slurm(state))) return;
    /* Submitted twice: the other one runs, or has run. */
    if (record_read(job->folder, ".job/began", began, sizeof began)) {
        began[strcspn(began, " ")] = '\0';
        if (strcmp(began, "void") != 0 && job->id[0] && strcmp(began, job->id) != 0) {
            pthread_mutex_lock(&q->lock);
            snprintf(job->id, sizeof job->id, "%.30s", began);
            job->idle = job->missing = 0;
            pthread_mutex_unlock(&q->lock);
            return;
        }
    }
    if (ends_by_slurm(state) || ++job->idle >= LAG_POLLS) {
        if (strcmp(state, "COMPLETED") == 0)
            end_lost(q, job);
        else
            end_by_state(q, job, state);
    }
}

/* --- squeue
 * ------------------------------------------------------------------------------------ */

static char *cut(char **line)
{
    char *field = *line;
    size_t n = strcspn(field, "|");
    *line = field + n + (field[n] == '|');
    field[n] = '\0';
    return field;
}

static int hear(slurm_queue *q, slurm_job *job, const char *state, const char *reason,
                const char *node)
{
    pthread_mutex_lock(&q->lock);
    int changed = strcmp(job->state, state) != 0;
    snprintf(job->state, sizeof job->state, "%s", state);
    snprintf(job->reason, sizeof job->reason, "%s", reason);
    if (*node) snprintf(job->node, sizeof job->node, "%s", node);
    if (!is_over(state))
        job->phase = strcmp(state, "RUNNING") == 0 || strcmp(state, "COMPLETING") == 0
                         ? JOB_RUNNING
                         : JOB_WAITING;
    if (job->phase != JOB_RUNNING)
        job->running_ms = 0;
    else if (!job->running_ms)
        job->running_ms = queue_now_ms();
    job->missing = 0;
    pthread_mutex_unlock(&q->lock);
    return changed;
}

/* Slurm says that the job runs, and nothing of it does: so it is with a controller that was killed,
 * has lost its latest numbers and gives them away once more. */
static void doubt(slurm_queue *q, slurm_job *job)
{
    char began[RECORD_ID], words[256];
    char *argv[] = {"scancel", job->id, NULL}, *out = NULL;
    if (job->phase != JOB_RUNNING || queue_now_ms() - job->running_ms < LAUNCH_MS) return;
    if (record_void(job->folder, began) == 0) {
        job->running_ms = queue_now_ms(); /* it has begun, all is well */
        return;
    }
    queue_tool(q, argv, &out, NULL);
    free(out);
    snprintf(words, sizeof words, "Slurm job %s should run but has not begun within a minute",
             job->id);
    queue_over(q, job, END_LOST, words);
}

/* A batch of which it was not known whether Slurm has it. */
static void find_by_name(slurm_queue *q, const char *name, const char *array_id)
{
    for (slurm_job *job = q->jobs; job; job = job->next) {
        const char *slash = strrchr(job->batch, '/');
        if (job->phase != JOB_ASKED || !slash || strcmp(slash + 1, name) != 0) continue;
        record_write(job->batch, "id", array_id, NULL);
        pthread_mutex_lock(&q->lock);
        job->phase = JOB_WAITING;
        queue_number(job, array_id);
        pthread_mutex_unlock(&q->lock);
    }
}

/* One line a job: id, array, name, state, reason, node. */
static int read_queue(slurm_queue *q, char *text)
{
    int changed = 0;
    for (char *line, *rest = text; (line = strtok_r(rest, "\n", &rest));) {
        char *id = cut(&line), *array = cut(&line), *name = cut(&line), *state = cut(&line),
             *reason = cut(&line), *node = cut(&line);
        find_by_name(q, name, array);
        for (slurm_job *job = q->jobs; job; job = job->next) {
            if (job->phase == JOB_OVER || strcmp(job->id, id) != 0) continue;
            job->missing = 0;
            changed |= hear(q, job, state, reason, node);
            if (is_over(state))
                settle(q, job, state);
            else
                doubt(q, job);
            break;
        }
    }
    return changed;
}

/* --- The completion record (jobcomp/filetxt), where it can be read
 * -------------------------------------------------------------- */

static void find_record(slurm_queue *q)
{
    char *argv[] = {"scontrol", "show", "config", NULL}, *text = NULL;
    if (q->record_known || queue_tool(q, argv, &text, NULL) != ITP_OK) return;
    q->record_known = 1;
    char *type = strstr(text, "JobCompType"), *place = strstr(text, "JobCompLoc");
    if (type && place && strstr(type, "jobcomp/filetxt")) {
        place += strcspn(place, "=\n");
        place += strspn(place, "= ");
        snprintf(q->record, sizeof q->record, "%.*s", (int)strcspn(place, " \n"), place);
        if (access(q->record, R_OK) != 0) q->record[0] = '\0';
    }
    free(text);
}

/* The state that the record has for this job; 0: none. */
static int look_up(slurm_queue *q, const slurm_job *job, char *state, size_t size)
{
    char *text = NULL, key[96];
    find_record(q);
    if (!q->record[0]) return 0;
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", q->record);
    char *slash = strrchr(folder, '/');
    if (!slash) return 0;
    *slash = '\0';
    if (folder_tail(folder, slash + 1, RECORD_TAIL, &text) != ITP_OK) return 0;
    const char *mark = strchr(job->id, '_');
    if (mark)
        snprintf(key, sizeof key, "ArrayJobId=%.*s ArrayTaskId=%s ", (int)(mark - job->id), job->id,
                 mark + 1);
    else
        snprintf(key, sizeof key, "JobId=%s ", job->id);
    char *found = NULL;
    for (char *at = text; (at = strstr(at, key)); at++)
        if (mark || at == text || at[-1] == '\n') found = at;
    while (found && found > text && found[-1] != '\n') found--;
    char *word = found ? strstr(found, "JobState=") : NULL;
    if (word) snprintf(state, size, "%.*s", (int)strcspn(word + 9, " \n"), word + 9);
    free(text);
    return word != NULL;
}

/* Jobs that squeue has not named several times. */
static void miss(slurm_queue *q, slurm_job *job)
{
    char state[32];
    if (++job->missing < LOST_POLLS) return;
    if (job->phase == JOB_ASKED) { /* never arrived; `began` guards against the one that did */
        pthread_mutex_lock(&q->lock);
        job->phase = JOB_NEW;
        job->since_ms = queue_now_ms();
        pthread_mutex_unlock(&q->lock);
        return;
    }
    if (take_exit(q, job, 1)) return;
    if (look_up(q, job, state, sizeof state)) {
        job->idle = LAG_POLLS;
        settle(q, job, state);
    } else if (!q->trouble[0]) {
        end_lost(q, job);
    }
}

static void poll_queue(slurm_queue *q)
{
    char user[24], *text = NULL;
    char *argv[] = {"squeue",
                    "--noheader",
                    "--array",
                    "--states=all",
                    "--user",
                    user,
                    "--format=%i|%F|%j|%T|%r|%N",
                    NULL};
    snprintf(user, sizeof user, "%lu", (unsigned long)geteuid());
    for (slurm_job *job = q->jobs; job; job = job->next)
        if (job->phase != JOB_OVER && job->phase != JOB_NEW) job->missing |= MISSING_MARK;
    itp_status st = queue_tool(q, argv, &text, NULL);
    int changed = st == ITP_OK ? read_queue(q, text) : 0;
    free(text);
    for (slurm_job *job = q->jobs; job; job = job->next) {
        int missed = job->missing & MISSING_MARK;
        job->missing &= ~(unsigned)MISSING_MARK;
        if (missed && st == ITP_OK && job->phase != JOB_OVER && job->phase != JOB_NEW) miss(q, job);
    }
    pthread_mutex_lock(&q->lock);
    if (!q->poll_fixed_ms) {
        q->poll_every_ms = changed ? POLL_LEAST_MS : q->poll_every_ms * 5 / 4;
        if (q->poll_every_ms > POLL_MOST_MS) q->poll_every_ms = POLL_MOST_MS;
    }
    q->poll_at_ms = queue_now_ms() + q->poll_every_ms;
    pthread_mutex_unlock(&q->lock);
}

void queue_watch(slurm_queue *q)
{
    int asked = 0;
    for (slurm_job *job = q->jobs; job; job = job->next) {
        if (job->phase == JOB_OVER || job->phase == JOB_NEW) continue;
        asked += !take_exit(q, job, 0);
    }
    if (asked && queue_now_ms() >= q->poll_at_ms && queue_now_ms() >= q->retry_at_ms) poll_queue(q);
}
