/* main.c - `interphase-cell` (or `interphase cell`): run a protocol or a task on a cell, for a
 * person. interphase-cell run PROTOCOL.json [OPTION...] [NAME=VALUE...] interphase-cell
 * discharge|charge|cycle_life|eis|formation [OPTION...] [NAME=VALUE...] interphase-cell sets |
 * parameters [OPTION...] Exit codes  0 finished   2 usage or invalid input   3 the simulation
 * failed   4 interrupted SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"
#include "tasks.h"

static const char USAGE[] =
    "usage: interphase-cell run PROTOCOL.json [OPTION...] [NAME=VALUE...]\n"
    "       interphase-cell discharge|charge|cycle_life|eis|formation [OPTION...] [NAME=VALUE...]\n"
    "       interphase-cell sets\n"
    "       interphase-cell parameters [OPTION...]\n"
    "options:\n"
    "  --model spm|spme|dfn      --set NAME | --bpx FILE\n"
    "  --sei none|reaction|solvent|interstitial\n"
    "  --plating none|reversible|irreversible|partial\n"
    "  --lam   --thermal         --tolerance X\n"
    "  --series FILE.csv         time series (Battery Data Format)\n"
    "  --plot FILE.png|FILE.svg  the series drawn by gnuplot\n"
    "NAME=VALUE is an input of the task or a parameter of the cell, in the unit that\n"
    "`interphase-cell parameters` shows.\n";

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

itp_status itp_cell_command_poll(void *ctx)
{
    (void)ctx;
    return interrupted ? ITP_ECANCELLED : ITP_OK;
}

/* Options are gathered into the JSON that the connector takes, so both mean the same. */
typedef struct arguments {
    char options[4096];
    const char *series, *plot, *protocol;
    char *pairs[64];
    size_t n_pairs;
} arguments;

static int add_text(arguments *a, const char *key, const char *value)
{
    size_t used = strlen(a->options);
    if (strpbrk(value, "\"\\")) return 0;
    int n = snprintf(a->options + used, sizeof a->options - used, "%s\"%s\": \"%s\"",
                     used > 1 ? ", " : "", key, value);
    return n > 0 && (size_t)n < sizeof a->options - used;
}

static int add_word(arguments *a, const char *key, const char *value)
{
    size_t used = strlen(a->options);
    int n = snprintf(a->options + used, sizeof a->options - used, "%s\"%s\": %s",
                     used > 1 ? ", " : "", key, value);
    return n > 0 && (size_t)n < sizeof a->options - used;
}

/* 1: taken, with *used arguments; 0: not an option we know, or malformed. */
static int take_option(arguments *a, char **argv, int left, int *used)
{
    static const char *const TEXTS[] = {"model", "set", "bpx", "sei", "plating", NULL};
    const char *name = argv[0] + 2, *value = left > 1 ? argv[1] : NULL;
    *used = 2;
    for (int i = 0; TEXTS[i]; i++)
        if (!strcmp(name, TEXTS[i])) return value && add_text(a, name, value);
    if (!strcmp(name, "tolerance")) {
        char *end;
        if (value) strtod(value, &end);
        return value && !*end && add_word(a, name, value);
    }
    if (!strcmp(name, "series")) return (a->series = value) != NULL;
    if (!strcmp(name, "plot")) return (a->plot = value) != NULL;
    *used = 1;
    if (!strcmp(name, "lam") || !strcmp(name, "thermal")) return add_word(a, name, "true");
    return 0;
}

static int read_arguments(arguments *a, int argc, char **argv)
{
    memset(a, 0, sizeof *a);
    a->options[0] = '{';
    for (int i = 0; i < argc;) {
        int used = 1;
        if (!strncmp(argv[i], "--", 2)) {
            if (!take_option(a, argv + i, argc - i, &used)) {
                fprintf(stderr, "interphase-cell: %s is not an option, or lacks its value\n",
                        argv[i]);
                return 0;
            }
        } else if (strchr(argv[i], '=') && a->n_pairs < sizeof a->pairs / sizeof *a->pairs) {
            a->pairs[a->n_pairs++] = argv[i];
        } else if (!a->protocol) {
            a->protocol = argv[i];
        } else {
            fprintf(stderr, "interphase-cell: unexpected argument %s\n", argv[i]);
            return 0;
        }
        i += used;
    }
    size_t used = strlen(a->options);
    if (used + 2 > sizeof a->options) return 0;
    a->options[used] = '}';
    return 1;
}

static itp_status set_pairs(itp_cell_job *job, const arguments *a, itp_error *err)
{
    for (size_t i = 0; i < a->n_pairs; i++) {
        char name[64], *end;
        const char *equals = strchr(a->pairs[i], '=');
        size_t n = (size_t)(equals - a->pairs[i]);
        if (n >= sizeof name) return itp_fail(err, ITP_EPARSE, "%s: too long", a->pairs[i]);
        memcpy(name, a->pairs[i], n);
        name[n] = 0;
        double value = strtod(equals + 1, &end);
        if (end == equals + 1)
            return itp_fail(err, ITP_EPARSE, "%s: a number is wanted after =", a->pairs[i]);
        itp_status st = itp_cell_job_set(job, name, value, *end ? end : NULL, err);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

static int code_of(itp_status st)
{
    switch (st) {
    case ITP_OK: return 0;
    case ITP_ECANCELLED: return 4;
    case ITP_ESCIENTIFIC:
    case ITP_ENOMEM:
    case ITP_EIO: return 3;
    default: return 2;
    }
}

static itp_status perform(const char *verb, const arguments *a, itp_cell_job *job, itp_error *err)
{
    itp_cell_view view = {.series = a->series, .plot = a->plot};
    if (!strcmp(verb, "parameters")) return itp_cell_show_parameters(&job->p);
    if (!strcmp(verb, "run")) {
        if (!a->protocol) return itp_fail(err, ITP_EINVAL, "run: name a protocol file");
        return itp_cell_show_protocol(job, a->protocol, &view, err);
    }
    return itp_cell_show_task(job, &view, err);
}

int main(int argc, char **argv)
{
    arguments a;
    itp_error err = {0};
    itp_cell_job *job = NULL;
    char task[64];
    const char *verb = argc > 1 ? argv[1] : "--help";
    if (!strcmp(verb, "--help") || !strcmp(verb, "-h")) {
        fputs(USAGE, argc > 1 ? stdout : stderr);
        return argc > 1 ? 0 : 2;
    }
    if (!strcmp(verb, "sets")) return itp_cell_show_sets() == ITP_OK ? 0 : 3;
    int plain = !strcmp(verb, "run") || !strcmp(verb, "parameters");
    snprintf(task, sizeof task, "cell.%s", plain ? "discharge" : verb);
    const itp_cell_task *t = itp_cell_task_named(task);
    if (!t) {
        fprintf(stderr, "interphase-cell: no verb %s\n%s", verb, USAGE);
        return 2;
    }
    if (!read_arguments(&a, argc - 2, argv + 2)) return 2;
    struct sigaction act = {.sa_handler = on_signal};
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
    itp_status st = itp_cell_job_create(&job, t, a.options, &err);
    if (st == ITP_OK) st = set_pairs(job, &a, &err);
    if (st == ITP_OK) st = itp_cell_check(&job->p, &err);
    if (st == ITP_OK) st = perform(verb, &a, job, &err);
    if (st != ITP_OK) fprintf(stderr, "interphase-cell: %s\n", err.text);
    itp_cell_job_destroy(job);
    return code_of(st);
}
