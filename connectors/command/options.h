/* options.h - the `with:` of a command task, read and checked. See command.c for what it may say.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMAND_OPTIONS_H
#define COMMAND_OPTIONS_H

#include <jansson.h>
#include <stdint.h>

#include "interphase/connector.h"

typedef struct command_options {
    json_t *root; /* owns everything below */
    const json_t *run, *env, *files, *templates, *outputs, *artefacts;
    const char *input; /* text for standard input; NULL: the inputs as JSON */
    int no_input;      /* 1: standard input is empty */
    uint64_t keep_bytes;
    itp_cause causes[256]; /* by exit code; ITP_CAUSE_NONE: not stated */
} command_options;

itp_status command_options_read(const char *text, command_options *out, itp_error *err);
void command_options_deinit(command_options *options);

/* The first element of `run` as an absolute path: a word with a slash is relative to base, another
 * is searched on PATH. ITP_ENOTFOUND. */
itp_status command_find(const char *program, const char *base, char *out, itp_error *err);

#endif
