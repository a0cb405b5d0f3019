/* tools.c - see tools.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "tools.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"
#include "options.h"
#include "process.h"
#include "render.h"

enum { PRINTED_MAX = 32 << 20 };

extern char **environ;

/* What Slurm 20 to 24 say when the trouble is theirs and passes, not the request's. */
static int passes(const char *words)
{
    static const char *const TROUBLES[] = {
        "Unable to contact", "timed out",     "Socket",      "Connection refused",
        "Zero Bytes",        "try again",     "temporarily", "Communication connection failure",
        "SubmitJob",         "Protocol auth", "munge",       "slurm_persist",
        "in standby",        "not responding"};
    for (size_t i = 0; i < sizeof TROUBLES / sizeof *TROUBLES; i++)
        if (strstr(words, TROUBLES[i])) return 1;
    return 0;
}

itp_status tool_run(const tool_call *call, char *const *argv, char **out, itp_error *err)
{
    char path[PATH_MAX];
    process_end end = {0};
    itp_status st = command_find(argv[0], NULL, path, err);
    if (st == ITP_OK) st = render_file(call->folder, PROCESS_STDIN, "", err);
    if (st != ITP_OK) return st;
    const process_start start = {.path = path,
                                 .folder = call->folder,
                                 .argv = argv,
                                 .envp = environ,
                                 .file_bytes_max = PRINTED_MAX};
    st = process_run(&start, call->wake, call->stop, call->ctx, &end, err);
    if (st != ITP_OK) return st;
    if (end.code == 0) return render_read(call->folder, PROCESS_STDOUT, PRINTED_MAX, out, err);
    char *words = NULL;
    folder_tail(call->folder, PROCESS_STDERR, 400, &words);
    for (char *c = words; c && *c; c++)
        if (*c == '\n') *c = c[1] ? ';' : '\0';
    st = end.signal || !words || passes(words) ? ITP_EWORKER : ITP_EREFUSED;
    itp_fail(err, st, "%s", words && *words ? words : "it failed without a word");
    free(words);
    return st;
}
