/* process.c - fork, exec, wait, and when it must be, kill.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* pipe2: no other thread's child may keep our pipe open */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { PATH_MAX_LENGTH = 4096, ENVIRONMENT_MAX = 1024 };
static const rlim_t OUTPUT_MAX = (rlim_t)1 << 30; /* bytes a file may grow to */
static const double GRACE_S = 2.0;
static const long POLL_NS = 4000000; /* 4 ms: a tenth of the quickest engine run */

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Where argv[0] is, as execvp would find it: done before fork, so that the child need not. */
static int find_program(const char *name, char path[PATH_MAX_LENGTH])
{
    if (strchr(name, '/')) {
        snprintf(path, PATH_MAX_LENGTH, "%s", name);
        return access(path, X_OK) == 0;
    }
    const char *at = getenv("PATH");
    if (!at) at = "/usr/local/bin:/usr/bin:/bin";
    while (*at) {
        size_t length = strcspn(at, ":");
        snprintf(path, PATH_MAX_LENGTH, "%.*s/%s", (int)length, at, name);
        if (length && access(path, X_OK) == 0) return 1;
        at += length;
        if (*at == ':') at++;
    }
    return 0;
}

/* Ours, with one thread a process: slots already use the cores. */
static void make_environment(char *list[ENVIRONMENT_MAX])
{
    static char threads[] = "OMP_NUM_THREADS=1", blas[] = "OPENBLAS_NUM_THREADS=1";
    static char root[] = "OMPI_ALLOW_RUN_AS_ROOT=1", really[] = "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1";
    size_t n = 0;
    for (char **e = environ; *e && n + 5 < ENVIRONMENT_MAX; e++)
        if (strncmp(*e, "OMP_NUM_THREADS=", 16) != 0 &&
            strncmp(*e, "OPENBLAS_NUM_THREADS=", 21) != 0)
            list[n++] = *e;
    list[n++] = threads;
    list[n++] = blas;
    if (geteuid() == 0) { /* Open MPI asks twice before it runs as root, as in a container */
        list[n++] = root;
        list[n++] = really;
    }
    list[n] = NULL;
}

static void child(const itp_process *p, const char *path, char *const environment[], int report,
                  pid_t parent)
{
    struct rlimit output = {OUTPUT_MAX, OUTPUT_MAX}, core = {0, 0};
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    setrlimit(RLIMIT_FSIZE, &output);
    setrlimit(RLIMIT_CORE, &core);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int failed = chdir(p->workdir) != 0;
    int in = open("/dev/null", O_RDONLY), out = open("out.txt", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    int error = open("err.txt", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    failed |=
        in < 0 || out < 0 || error < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(error, 2) < 0;
    if (!failed) {
        /* exec takes a list it may not change; the cast is the interface's history, not a write. */
        execve(path, (char *const *)p->argv, environment);
    }
    int why = errno;
    ssize_t told = write(report, &why, sizeof why);
    _exit(told == (ssize_t)sizeof why ? 127 : 126);
}

static void pause_briefly(void)
{
    struct timespec t = {0, POLL_NS};
    nanosleep(&t, NULL);
}

/* Waits; kills the group when asked to or when time is up. */
static void attend(const itp_process *p, pid_t pid, double start, itp_ended *ended)
{
    double kill_at = -1;
    int status = 0, over = 0;
    ended->end = ITP_END_EXITED;
    for (;;) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid || (got < 0 && errno != EINTR)) break;
        double now = now_s();
        if (!over && now - start > p->limit_s) {
            ended->end = ITP_END_TIMEOUT;
            over = 1;
        } else if (!over && p->cancelled && p->cancelled(p->ctx)) {
            ended->end = ITP_END_CANCELLED;
            over = 1;
        }
        if (over && kill_at < 0) {
            kill(-pid, SIGTERM);
            kill_at = now + GRACE_S;
        } else if (over && now > kill_at) {
            kill(-pid, SIGKILL);
        }
        pause_briefly();
    }
    kill(-pid, SIGKILL); /* children it left behind */
    ended->seconds = now_s() - start;
    if (ended->end != ITP_END_EXITED) return;
    ended->end = WIFSIGNALED(status) ? ITP_END_SIGNALLED : ITP_END_EXITED;
    ended->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

itp_status itp_process_run(const itp_process *p, itp_ended *ended, itp_error *err)
{
    char path[PATH_MAX_LENGTH];
    int report[2], why = 0;
    if (!find_program(p->argv[0], path))
        return itp_fail(err, ITP_ENOTFOUND, "program %s is not installed here", p->argv[0]);
    char **environment = calloc(ENVIRONMENT_MAX, sizeof *environment);
    if (!environment) return itp_fail(err, ITP_ENOMEM, "%s", p->argv[0]);
    make_environment(environment);
    if (pipe2(report, O_CLOEXEC) != 0) {
        free(environment);
        return itp_fail(err, ITP_ERESOURCE, "program %s: %s", p->argv[0], strerror(errno));
    }
    double start = now_s();
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) child(p, path, environment, report[1], parent);
    int failed = errno;
    close(report[1]);
    free(environment);
    if (pid < 0) {
        close(report[0]);
        return itp_fail(err, ITP_ERESOURCE, "program %s: %s", p->argv[0], strerror(failed));
    }
    setpgid(pid, pid); /* both sides do it, so that neither order loses */
    ssize_t got = read(report[0], &why, sizeof why);
    close(report[0]);
    *ended = (itp_ended){ITP_END_EXITED, 0, 0};
    attend(p, pid, start, ended);
    if (got == (ssize_t)sizeof why)
        return itp_fail(err, ITP_ERESOURCE, "program %s in %s: %s", p->argv[0], p->workdir,
                        strerror(why));
    return ITP_OK;
}
