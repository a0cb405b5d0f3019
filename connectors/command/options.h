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
    const json_t *values;   /* constants: further inputs */
    const json_t *problems; /* patterns that make a run a failure; see attempt.c */
    const char *input;      /* text for standard input; NULL: the inputs as JSON */
    int no_input;           /* 1: standard input is empty */
    uint64_t keep_bytes;
    itp_cause causes[256]; /* by exit code; ITP_CAUSE_NONE: not stated */
} command_options;

/* `further` names a key that the caller reads from `root` himself; NULL: there is none. */
itp_status command_options_read(const char *text, const char *further, command_options *out,
                                itp_error *err);
void command_options_deinit(command_options *options);

/* "scientific" -> ITP_CAUSE_SCIENTIFIC; ITP_CAUSE_NONE for no cause's name. */
itp_cause command_cause(const char *name);
/* "500 MB", "2 GiB" or a number of bytes; 0 when it is no size. */
uint64_t command_size(const json_t *value);

/* The first element of `run` as an absolute path: a word with a slash is relative to base, another
 * is searched on PATH. ITP_ENOTFOUND. */
itp_status command_find(const char *program, const char *base, char *out, itp_error *err);

/* Whether the templates can be read from here. ITP_ENOTFOUND. */
itp_status command_find_templates(const command_options *options, itp_error *err);

#endif
