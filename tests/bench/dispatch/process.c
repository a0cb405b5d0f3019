/* process.c - the agent as a process, what it uses, and the report.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

void report(int json, const char *bar, double value, double limit, int below, const char *unit)
{
    int ok = below ? value <= limit : value >= limit;
    if (json)
        printf("{\"issue\": \"dispatch\", \"bar\": \"%s\", \"value\": %.6g, \"limit\": %.6g, "
               "\"ok\": %s}\n",
               bar, value, limit, ok ? "true" : "false");
    else
        printf("%-48s %12.1f %-10s %s %g  %s\n", bar, value, unit, below ? "at most" : "at least",
               limit, ok ? "ok" : "MISSED");
    fflush(stdout);
}

void write_campaign(const char *path, size_t trials, const char *more)
{
    FILE *file = fopen(path, "we");
    if (!file) exit(2);
    fprintf(file,
            "campaign: bench\n"
            "parameters:\n  x1: {real: [-5, 10]}\n  x2: {real: [0, 15]}\n"
            "tasks:\n  t: {connector: function, with: {name: branin}, outputs: {value: {unit: "
            "'1'}}%s}\n"
            "objectives: [{minimise: value}]\n"
            "agent: {design: {sobol: %zu}}\n"
            "budget: {trials: %zu}\n",
            more, trials, trials);
    fclose(file);
}

pid_t start_agent(const char *campaign, const char *const *words)
{
    const char *args[32] = {ITP_BUILD_DIR "/bin/interphase", "run", campaign};
    size_t n = 3;
    while (*words && n < 31) args[n++] = *words++;
    pid_t pid = fork();
    if (pid != 0) return pid;
    int log = open("bench.log", O_CREAT | O_WRONLY | O_APPEND, 0600);
    dup2(log, 1);
    dup2(log, 2);
    execv(args[0], (char *const *)args);
    _exit(127);
}

int wait_agent(pid_t pid, double *peak_mb)
{
    int status;
    struct rusage used;
    wait4(pid, &status, 0, &used);
    if (peak_mb) *peak_mb = (double)used.ru_maxrss / 1024; /* kilobytes on Linux */
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

double cpu_seconds(pid_t pid)
{
    char path[64], text[1024] = "";
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    const char *at = strrchr(text, ')'); /* The name may hold anything. */
    if (at) sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}
