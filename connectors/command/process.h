/* process.h - one program in a process group of its own, started without a shell, waited for
 * without polling, and ended with everything it has started, also when the worker is killed.
 * Threads     the slot's; process_wake any          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMAND_PROCESS_H
#define COMMAND_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "interphase/connector.h"

#define PROCESS_STDOUT "stdout"
#define PROCESS_STDERR "stderr"
#define PROCESS_STDIN  "stdin"

typedef struct process_start {
    const char *path, *folder; /* program; the folder it runs in, which holds its three streams */
    char *const *argv, *const *envp;
    uint64_t file_bytes_max; /* of any file it writes */
} process_start;

typedef struct process_end {
    int code;   /* exit code, or -1 */
    int signal; /* that killed it, or 0 */
} process_end;

/* Runs to the end. `stop` is asked whenever `wake` (an eventfd) is readable; when it says 1 the
 * group gets SIGTERM, and after a grace of 2 s SIGKILL; then ITP_ECANCELLED. ITP_EIO or
 * ITP_EREFUSED (the program cannot be executed) with words when it could not be started. */
itp_status process_run(const process_start *start, int wake, int (*stop)(void *ctx), void *ctx,
                       process_end *end, itp_error *err);

#endif
