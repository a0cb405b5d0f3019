/* options_check.c - a campaign's `with:` is the connector's business: a worker of it is asked.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app.h"

#define ANSWER_MAX 1000 /* bytes of what it says */

static void execute(const itp_campaign *c, const itp_campaign_task *task, const itp_source *source,
                    int to)
{
    char self[PATH_MAX], folder[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 20);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    strcpy(slash ? slash + 1 : self, "interphase-worker");
    snprintf(folder, sizeof folder, "%s", c->path);
    dup2(to, 1);
    dup2(to, 2);
    close(to);
    execl(self, self, "--connector", source->connector, "--base", dirname(folder), "--check",
          task->name, source->options, (char *)NULL);
    _exit(127);
}

/* The worker's exit code, and what it said. */
static int ask(const itp_campaign *c, const itp_campaign_task *task, const itp_source *source,
               char answer[ANSWER_MAX + 1])
{
    int ends[2], status = 0;
    size_t n = 0;
    answer[0] = '\0';
    if (pipe(ends) != 0) return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        execute(c, task, source, ends[1]);
    }
    close(ends[1]);
    for (ssize_t got = 1; pid > 0 && got > 0; n += got > 0 ? (size_t)got : 0)
        got = read(ends[0], answer + n, ANSWER_MAX - n);
    close(ends[0]);
    while (n > 0 && answer[n - 1] == '\n') n--;
    answer[n] = '\0';
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

size_t app_check_options(const itp_campaign *c)
{
    size_t errors = 0;
    char answer[ANSWER_MAX + 1];
    for (size_t t = 0; t < c->n_tasks; t++) {
        const itp_campaign_task *task = &c->tasks[t];
        for (size_t s = 0; s < task->n_sources; s++) {
            const itp_source *source = &task->sources[s];
            if (!source->connector) continue;
            int code = ask(c, task, source, answer);
            if (code == EXIT_FINISHED) continue;
            /* A connector that is not here may be where the workers are. */
            int wrong = code == EXIT_USAGE;
            fprintf(stderr, "%s:%u:%u: %s: task %s: connector %s%s%s\n", c->path, source->line,
                    source->column, wrong ? "error" : "warning", task->name, source->connector,
                    wrong ? ": " : " could not be asked about its options: ", answer);
            errors += wrong != 0;
        }
    }
    return errors;
}
