/* process.c - fork, exec, pidfd, killpg. See process.h. SPDX-License-Identifier: GPL-3.0-or-later
 */
#define _GNU_SOURCE /* pipe2: no other thread's child may inherit the ends */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GRACE_MS = 2000 };

/* In the child, between fork and exec: async-signal-safe calls only. Never returns. */
static void become(const process_start *start, int report)
{
    sigset_t none;
    struct rlimit limit = {start->file_bytes_max, start->file_bytes_max};
    sigemptyset(&none);
    int in = -1, out = -1, err = -1;
    setpgid(0, 0);
    /* If the worker is killed the program goes too; what it has started itself is in its hands. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(start->folder) == 0) {
        in = open(PROCESS_STDIN, O_RDONLY);
        out = open(PROCESS_STDOUT, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
        err = open(PROCESS_STDERR, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
    }
    if (in >= 0 && out >= 0 && err >= 0 && dup2(in, 0) >= 0 && dup2(out, 1) >= 0 &&
        dup2(err, 2) >= 0) {
        close(in);
        close(out);
        close(err);
        setrlimit(RLIMIT_FSIZE, &limit);
        signal(SIGPIPE, SIG_DFL);
        signal(SIGINT, SIG_DFL); /* a local worker ignores it */
        sigprocmask(SIG_SETMASK, &none, NULL);
        execve(start->path, start->argv, start->envp);
    }
    int why = errno;
    ssize_t written = write(report, &why, sizeof why);
    (void)written;
    _exit(127);
}

/* The program has its own wish to die with the worker; what it has started itself has not. So a
 * process in the program's group, deaf to what the group is told, waits for the worker's death and
 * then kills all of it, itself too. System calls only, for the worker has threads. Never returns.
 */
static void keep_watch(pid_t worker, pid_t group)
{
    static const int DEAF[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    enum { KEPT = 3 };
    setpgid(0, group);
    for (size_t i = 0; i < sizeof DEAF / sizeof *DEAF; i++) signal(DEAF[i], SIG_IGN);
    int alive = (int)syscall(SYS_pidfd_open, worker, 0);
    int known = alive >= 0 && dup2(alive, KEPT) == KEPT;
    struct pollfd end = {KEPT, POLLIN, 0};
    for (int fd = 0; fd < KEPT; fd++) close(fd);
    close_range(KEPT + known, ~0U, 0); /* sockets and locks are the worker's alone */
    while (getppid() == worker) poll(&end, (nfds_t)known, known ? -1 : 1000);
    kill(-group, SIGKILL);
    _exit(0);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until the process has ended; 1 when it was stopped. */
static int wait_for_end(pid_t pid, int ended, int wake, int (*stop)(void *ctx), void *ctx)
{
    int stopped = 0;
    int64_t kill_ms = INT64_MAX;
    struct pollfd fds[] = {{ended, POLLIN, 0}, {wake, POLLIN, 0}};
    for (;;) {
        uint64_t count;
        if (!stopped && stop(ctx)) {
            stopped = 1;
            kill_ms = now_ms() + GRACE_MS;
            kill(-pid, SIGTERM);
        }
        int64_t left = stopped ? kill_ms - now_ms() : -1;
        if (stopped && left <= 0) {
            kill(-pid, SIGKILL);
            left = -1;
        }
        fds[0].revents = fds[1].revents = 0;
        if (poll(fds, stopped ? 1 : 2, (int)left) < 0 && errno != EINTR) return stopped;
        if (fds[0].revents) return stopped;
        if (fds[1].revents && read(wake, &count, sizeof count) < 0 && errno != EAGAIN)
            return stopped;
    }
}

/* 0, or errno of what kept the program from running. */
static int read_report(int report)
{
    int why = 0;
    ssize_t size;
    do size = read(report, &why, sizeof why);
    while (size < 0 && errno == EINTR);
    return size == (ssize_t)sizeof why ? why : 0;
}

itp_status process_run(const process_start *start, int wake, int (*stop)(void *ctx), void *ctx,
                       process_end *end, itp_error *err)
{
    int report[2], status = 0;
    if (pipe2(report, O_CLOEXEC) != 0) return itp_fail(err, ITP_EIO, "pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) become(start, report[1]);
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        return itp_fail(err, ITP_ERESOURCE, "fork: %s", strerror(errno));
    }
    setpgid(pid, pid); /* here too: whoever is first, the group exists when it is to be killed */
    pid_t worker = getpid(), watch = fork();
    if (watch == 0) keep_watch(worker, pid);
    int why = read_report(report[0]);
    close(report[0]);
    if (watch < 0) why = EAGAIN;
    int ended = why ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    int stopped = 0;
    if (ended >= 0) {
        stopped = wait_for_end(pid, ended, wake, stop, ctx);
        close(ended);
    } else {
        kill(-pid, SIGKILL);
    }
    /* The leader is not reaped yet, so that its group cannot be anybody else's when it is killed.
     */
    siginfo_t info;
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    kill(-pid, SIGKILL);
    if (watch > 0) kill(watch, SIGKILL); /* it may not have joined the group yet */
    while (watch > 0 && waitpid(watch, &status, 0) < 0 && errno == EINTR) {
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (why)
        return itp_fail(err, why == ENOMEM || why == EAGAIN ? ITP_ERESOURCE : ITP_EREFUSED,
                        "%s: %s", start->path, strerror(why));
    if (ended < 0) return itp_fail(err, ITP_ERESOURCE, "no descriptor for the process");
    *end = (process_end){WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                         WIFSIGNALED(status) ? WTERMSIG(status) : 0};
    return stopped ? itp_fail(err, ITP_ECANCELLED, "stopped") : ITP_OK;
}
