/* process.h - a program run as a subprocess that cannot outlive its welcome.
 *   The program gets its own process group, /dev/null as stdin, files for its output, a cap on what
 * it may write, and dies with its parent. At the deadline, or when cancelled, the whole group is
 * asked to end and two seconds later made to. Threads  safe to call from several: the child does
 * nothing but async-signal-safe calls before exec SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PROCESS_H
#define ITP_PROCESS_H

#include "interphase/status.h"

typedef enum itp_end {
    ITP_END_EXITED,    /* `code` is its exit code */
    ITP_END_SIGNALLED, /* `code` is the signal */
    ITP_END_TIMEOUT,   /* killed at the deadline */
    ITP_END_CANCELLED  /* killed because cancelled() said so */
} itp_end;

typedef struct itp_process {
    const char *const *argv;     /* argv[0] is looked for in PATH; NULL ends */
    const char *workdir;         /* exists; out.txt and err.txt are written there */
    double limit_s;              /* wall time; INFINITY: none */
    int (*cancelled)(void *ctx); /* polled; may be NULL */
    void *ctx;
} itp_process;

typedef struct itp_ended {
    itp_end end;
    int code;
    double seconds; /* wall */
} itp_ended;

/* ITP_ENOTFOUND when there is no such program, ITP_ERESOURCE when it cannot be started; otherwise
 * ITP_OK and `ended` says how it went. */
itp_status itp_process_run(const itp_process *process, itp_ended *ended, itp_error *err);

#endif
