/* bench_runs.c - a pool of processes, and the reading of their journals.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#define _XOPEN_SOURCE 700 /* nftw */
#include "bench_runs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX (2 * (APP_SETTINGS_MAX + 5) + 16)
#define LOG_TAIL 400 /* bytes of a failed run's log that are shown */

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static void execute(const bench_run *r)
{
    char self[PATH_MAX], seed[24], log[320];
    const char *args[ARGS_MAX];
    size_t n = 0;
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = '\0';
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)r->seed);
    snprintf(log, sizeof log, "%s.log", r->journal);
    const char *fixed[] = {self,     "run", r->campaign, "--journal", r->journal,
                           "--seed", seed,  "--workers", "1",         "--quiet"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) args[n++] = fixed[i];
    for (size_t i = 0; i < r->n_settings; i++) {
        args[n++] = "--with";
        args[n++] = r->settings[i];
    }
    args[n] = NULL;
    int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (out >= 0) dup2(out, 1);
    if (out >= 0) dup2(out, 2);
    execv(self, (char *const *)args);
    _exit(127);
}

static void show_failure(const bench_run *r)
{
    char path[320], tail[LOG_TAIL + 1] = "";
    snprintf(path, sizeof path, "%s.log", r->journal);
    FILE *file = fopen(path, "re");
    if (file) {
        if (fseek(file, -(long)LOG_TAIL, SEEK_END) != 0) rewind(file);
        tail[fread(tail, 1, LOG_TAIL, file)] = '\0';
        fclose(file);
    }
    fprintf(stderr, "\rinterphase: bench: seed %llu of %s failed; its log %s ends with:\n%s\n",
            (unsigned long long)r->seed, r->campaign, path, tail);
}

static void reap(bench_run *runs, size_t n, size_t *busy, size_t *ended)
{
    int status;
    pid_t pid = waitpid(-1, &status, 0);
    for (size_t i = 0; pid > 0 && i < n; i++) {
        if (runs[i].pid != pid || runs[i].done) continue;
        runs[i].done = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FINISHED ? 1 : -1;
        if (runs[i].done < 0 && !interrupted) show_failure(&runs[i]);
        --*busy;
        ++*ended;
    }
}

itp_status bench_runs(bench_run *runs, size_t n, size_t parallel, itp_error *err)
{
    const struct sigaction act = {.sa_handler = on_signal};
    struct sigaction was_int, was_term;
    size_t next = 0, busy = 0, ended = 0;
    int terminal = isatty(STDERR_FILENO);
    itp_status st = ITP_OK;
    sigaction(SIGINT, &act, &was_int);
    sigaction(SIGTERM, &act, &was_term);
    while (ended < next || (next < n && !interrupted && st == ITP_OK)) {
        while (next < n && busy < parallel && !interrupted && st == ITP_OK) {
            pid_t pid = fork();
            if (pid == 0) execute(&runs[next]);
            if (pid < 0) {
                st = itp_fail(err, ITP_ERESOURCE, "bench: cannot fork: %s", strerror(errno));
                break;
            }
            runs[next++].pid = pid;
            busy++;
        }
        /* The children hear Ctrl-C as well, since they are of this terminal's group. */
        if (busy > 0) reap(runs, n, &busy, &ended);
        if (terminal) fprintf(stderr, "\r\033[K%zu of %zu campaigns", ended, n);
    }
    if (terminal) fprintf(stderr, "\r\033[K");
    sigaction(SIGINT, &was_int, NULL);
    sigaction(SIGTERM, &was_term, NULL);
    return st == ITP_OK && interrupted ? itp_fail(err, ITP_EINTERRUPTED, "bench: interrupted") : st;
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place)
{
    (void)stat, (void)kind, (void)place;
    remove(path);
    return 0;
}

void bench_remove(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* --- Curves ----------------------------------------------------------------------------------- */

double bench_merit(const itp_objective *objective, double value)
{
    if (objective->sense == ITP_GOAL_MAXIMISE) return value;
    if (objective->sense == ITP_GOAL_MINIMISE) return -value;
    return -fabs(value - objective->target);
}

/* The objective of a trial; NaN when it is not known, or a limit is broken. */
static double judge(const itp_campaign *c, const itp_trial_view *t)
{
    if (t->state != ITP_TRIAL_MEASURED) return NAN;
    for (size_t i = 0; i < c->n_limits; i++) {
        double value = itp_expression_eval(c->limits[i].what, t->values);
        if (!(value >= c->limits[i].low && value <= c->limits[i].high)) return NAN;
    }
    return itp_expression_eval(c->objectives[0].what, t->values);
}

static itp_status draw(bench_curve *curve, const itp_engine *engine)
{
    const itp_campaign *c = itp_engine_campaign(engine);
    const itp_loop *loop = itp_engine_loop(engine);
    size_t n = itp_loop_counts(loop).trials;
    double best = NAN;
    curve->best = malloc((n + 1) * sizeof *curve->best);
    curve->value = malloc((n + 1) * sizeof *curve->value);
    if (!curve->best || !curve->value) return ITP_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        itp_trial_view t;
        if (itp_loop_trial(loop, i + 1, &t) != ITP_OK) return ITP_ESTATE;
        double value = judge(c, &t);
        if (isfinite(value) &&
            !(bench_merit(&c->objectives[0], best) >= bench_merit(&c->objectives[0], value)))
            best = value;
        curve->value[i] = value;
        curve->best[i] = best;
        curve->n = i + 1;
    }
    return ITP_OK;
}

itp_status bench_curve_read(bench_curve *out, const char *journal, itp_error *err)
{
    itp_engine *engine;
    *out = (bench_curve){0};
    itp_status st = app_open(&engine, journal, err);
    if (st != ITP_OK) return st;
    if ((st = draw(out, engine)) != ITP_OK) {
        itp_fail(err, st, "bench: %s", journal);
        bench_curve_deinit(out);
    }
    itp_engine_close(engine);
    return st;
}

void bench_curve_deinit(bench_curve *curve)
{
    free(curve->best);
    free(curve->value);
    *curve = (bench_curve){0};
}
