/* folder.h - the attempt's folder after the run: how large it is, what of it is kept.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMAND_FOLDER_H
#define COMMAND_FOLDER_H

#include <stdint.h>

#include "interphase/connector.h"

/* Bytes of all regular files under it; symbolic links are not followed. */
uint64_t folder_bytes(const char *folder);
/* Removes everything under it but its files of these two names. */
void folder_empty(const char *folder, const char *keep, const char *keep_too);
/* Tells the host of every regular file that matches the pattern. */
void folder_artefacts(const char *folder, const char *pattern, const itp_host *host,
                      itp_result *res);
/* The last `most` bytes of a file, as text, malloc'ed; bytes that are no ASCII text become '?'. */
itp_status folder_tail(const char *folder, const char *name, long most, char **out);

#endif
