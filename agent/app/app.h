/* app.h - the command line: what every subcommand looks like, and what they share.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_APP_H
#define ITP_APP_H

#include "decide.h"
#include "engine.h"

enum { EXIT_FINISHED = 0, EXIT_USAGE = 2, EXIT_FAILED = 3, EXIT_RESUMABLE = 4 };

#define APP_SETTINGS_MAX 16 /* --with KEY=VALUE of one command line */

typedef struct itp_command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the name; returns the exit code */
    const char *summary;               /* one line for the overview */
    const char *help;                  /* usage and options, as --help prints them */
} itp_command;

int itp_app_main(int argc, char **argv);

int app_check(int argc, char **argv);
int app_run(int argc, char **argv);
int app_ask(int argc, char **argv);
int app_tell(int argc, char **argv);
int app_status(int argc, char **argv);
int app_replay(int argc, char **argv);
int app_export(int argc, char **argv);
int app_pause(int argc, char **argv);
int app_resume(int argc, char **argv);
int app_drain(int argc, char **argv);
int app_safe_stop(int argc, char **argv);
int app_ready(int argc, char **argv);
int app_approve(int argc, char **argv);
int app_cancel(int argc, char **argv);
int app_retract(int argc, char **argv);
int app_resolve(int argc, char **argv);
int app_keygen(int argc, char **argv);
int app_enrol(int argc, char **argv);
int app_bench(int argc, char **argv);

/* Prints "interphase: TEXT" to standard error, a hint at --help where it is a matter of usage, and
 * returns the exit code that belongs to the status. */
int app_fail(itp_status status, const itp_error *err);
int app_usage(const char *command, const char *format, ...);
/* A whole number >= least; 0 when it is none. */
int app_number(const char *text, long long least, long long *out);
/* 1 for NAME.yaml or NAME.yml. */
int app_is_definition(const char *path);
/* The journal that belongs to a campaign file: NAME.journal in this folder. Prints what is wrong
 * with the file. The caller's to free; NULL after a failure, with the exit code in *code. */
char *app_journal_of(const char *campaign, int *code);
/* Asks each connector about its options (`with`); prints what it finds wrong, and returns how many
 * are errors. */
size_t app_check_options(const itp_campaign *campaign);
/* Opens a journal for reading and folds it. */
itp_status app_open(itp_engine **out, const char *journal, itp_error *err);

/* Waits until the stations stopped for safety (NULL: all of them) have said so; prints which have.
 * Returns the exit code. */
int app_await_halt(const char *journal, const char *station);

/* What the campaign has found so far, by its models now; the caller's to deinit. */
itp_status app_summarise(itp_engine *engine, itp_summary *out);

/* "1.234 +- 0.056 V" into text; returns text. sd NaN: without it. */
const char *app_quantity(char *text, size_t size, double value, double sd, const char *unit);
/* "name=value name=value ..." of a trial's parameters into text; returns text. */
const char *app_point(char *text, size_t size, const itp_campaign *campaign, const double *point);

#endif
