/* render.h - {name} in a text becomes the input of that name; all else stays as it is.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMAND_RENDER_H
#define COMMAND_RENDER_H

#include "interphase/connector.h"

/* Room for a number written so that it reads back to the same bits. */
#define RENDER_NUMBER 32

const char *render_number(double number, char out[RENDER_NUMBER]);
/* malloc'ed; NULL when memory is out. Also known: {request} {epoch} {trial} {seed} {index}. */
char *render(const char *text, const itp_request *req);
/* Writes a whole file; ITP_EIO names it. */
itp_status render_file(const char *folder, const char *name, const char *text, itp_error *err);
/* Reads a whole file of at most `most` bytes, NUL-terminated and malloc'ed. ITP_EIO, ITP_ERANGE. */
itp_status render_read(const char *folder, const char *name, size_t most, char **out,
                       itp_error *err);

#endif
