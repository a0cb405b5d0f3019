/* attempt.h - one run of a program for one request, wherever the program runs: its files before,
 * its answer after. The connectors `command` and `slurm` differ in what lies between.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMAND_ATTEMPT_H
#define COMMAND_ATTEMPT_H

#include "options.h"
#include "process.h"

/* Everything is borrowed. */
typedef struct attempt {
    const itp_host *host;
    const command_options *options;
    const char *base;       /* folder of the campaign file */
    const char *folder;     /* of the attempt, absolute */
    const char *program;    /* absolute path */
    const itp_request *req; /* with the options' `values` among its inputs */
} attempt;

/* The program as an absolute path of PATH_MAX, if the worker's owner allows it (an array of
 * programs): he decides what runs here, not the campaign. ITP_EREFUSED, ITP_ENOTFOUND. */
itp_status attempt_find(const json_t *allow, const char *base, const command_options *options,
                        char *path, itp_error *err);
/* The request with `values` added to its inputs, in an array that is the caller's to free. */
itp_status attempt_inputs(const command_options *options, const itp_request *req, itp_request *out,
                          itp_value **inputs, itp_error *err);
/* Standard input, files and templates into the folder. */
itp_status attempt_write(const attempt *a, itp_error *err);
/* NULL-terminated and malloc'ed; NULL: no memory. The environment: `env` of the options, then what
 * of the given one has another name. */
char **attempt_arguments(const attempt *a);
char **attempt_environment(const attempt *a, char *const *given);
void attempt_free(char **strings);

/* The outputs, or why there are none: a problem found in what the program wrote, its exit code or
 * signal, an output that is missing. */
itp_status attempt_judge(const attempt *a, const process_end *end, itp_result *res, itp_error *err);
/* The ends of its output into the provenance, where there is no judgement. */
void attempt_tell(const attempt *a, itp_result *res);
/* What stays of the attempt: artefacts by reference, and the folder when it is small enough. */
void attempt_keep(const attempt *a, itp_result *res);

#endif
