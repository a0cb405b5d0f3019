/* test_process.c - nothing that a program has started outlives the worker that started it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suite.h"

enum { WAIT_MS = 20000 };

static int never(void *ctx)
{
    (void)ctx;
    return 0;
}

static int at_once(void *ctx)
{
    (void)ctx;
    return 1;
}

/* Runs a shell script in `folder`, as a slot of a worker does. */
static itp_status run(const char *folder, char *script, int (*stop)(void *ctx), process_end *end)
{
    char *argv[] = {"sh", "-c", script, NULL}, *envp[] = {"PATH=/usr/bin:/bin", NULL};
    char path[200];
    snprintf(path, sizeof path, "%s/" PROCESS_STDIN, folder);
    FILE *in = fopen(path, "w");
    if (in) fclose(in);
    const process_start start = {
        .path = "/bin/sh", .folder = folder, .argv = argv, .envp = envp, .file_bytes_max = 1 << 20};
    return process_run(&start, -1, stop, NULL, end, NULL);
}

static void make_folder(char folder[64])
{
    strcpy(folder, "/tmp/itp_process_XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
}

static void remove_folder(const char *folder)
{
    char command[100];
    snprintf(command, sizeof command, "rm -r %s", folder);
    CU_ASSERT_EQUAL(system(command), 0);
}

/* The numbers that the script has written, once there are n of them; 0 when they never come. */
static int await_pids(const char *folder, int n, pid_t *pids)
{
    char path[100];
    snprintf(path, sizeof path, "%s/pids", folder);
    for (int waited = 0; waited < WAIT_MS; waited += 10) {
        FILE *in = fopen(path, "r");
        int got = 0;
        while (in && got < n && fscanf(in, "%d", &pids[got]) == 1) got++;
        if (in) fclose(in);
        if (got == n) return 1;
        poll(NULL, 0, 10);
    }
    return 0;
}

/* A pidfd is readable once its process is dead. */
static int is_gone(pid_t pid)
{
    struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    if (end.fd < 0) return errno == ESRCH;
    int dead = poll(&end, 1, WAIT_MS) == 1;
    close(end.fd);
    return dead;
}

/* How: the "worker" is a process that is killed, which no handler sees; the program has a child
 * and a grandchild that are deaf to SIGTERM. */
static void what_a_killed_workers_program_started_dies_too(void)
{
    static char SCRIPT[] = "trap '' TERM; (echo $$ >> pids; sleep 300) & "
                           "(sh -c 'echo $$ >> pids; exec sleep 300') & "
                           "sh -c 'echo $PPID >> pids; exec sleep 300'";
    char folder[64];
    pid_t pids[3] = {0};
    make_folder(folder);
    pid_t worker = fork();
    if (worker == 0) {
        process_end end;
        _exit(run(folder, SCRIPT, never, &end) == ITP_OK ? 0 : 1);
    }
    CU_ASSERT_TRUE(await_pids(folder, 3, pids));
    kill(worker, SIGKILL);
    waitpid(worker, NULL, 0);
    for (int i = 0; i < 3; i++) CU_ASSERT_TRUE(is_gone(pids[i]));
    remove_folder(folder);
}

static void what_it_left_behind_goes_when_it_ends_or_is_stopped(void)
{
    static char ENDS[] = "sh -c 'echo $$ > pids; exec sleep 300' & "
                         "while ! test -s pids; do sleep 0.01; done; exit 7";
    static char STAYS[] = "sleep 300";
    char folder[64];
    pid_t left = 0;
    process_end end = {0};
    make_folder(folder);
    CU_ASSERT_EQUAL(run(folder, ENDS, never, &end), ITP_OK);
    CU_ASSERT_EQUAL(end.code, 7);
    CU_ASSERT_TRUE(await_pids(folder, 1, &left) && is_gone(left));
    CU_ASSERT_EQUAL(run(folder, STAYS, at_once, &end), ITP_ECANCELLED);
    CU_ASSERT_EQUAL(end.signal, SIGTERM);
    CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1); /* and nobody is left unreaped */
    CU_ASSERT_EQUAL(errno, ECHILD);
    remove_folder(folder);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"what a killed worker's program started dies too",
         what_a_killed_workers_program_started_dies_too},
        {"what it left behind goes when it ends or is stopped",
         what_it_left_behind_goes_when_it_ends_or_is_stopped},
        CU_TEST_INFO_NULL,
    };
    return suite_run("connectors/command/process", tests);
}
