/* buffer.h - bytes that grow: what an encoder writes into and a socket or file takes from.
 *   A zeroed itp_buffer is an empty one. A failed append leaves it as it was.
 * Life cycle  zeroed -> { append | clear }* -> deinit          Threads  one owner
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_BUFFER_H
#define ITP_BUFFER_H

#include <stddef.h>

#include "interphase/status.h"

typedef struct itp_buffer {
    char *data; /* NUL-terminated after itp_buffer_text and itp_buffer_print */
    size_t size, capacity;
} itp_buffer;

/* ITP_ENOMEM when it cannot grow. */
itp_status itp_buffer_append(itp_buffer *buffer, const void *bytes, size_t size);
/* Appends a string; the NUL behind it is kept but not counted. */
itp_status itp_buffer_text(itp_buffer *buffer, const char *text);
#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
itp_status
itp_buffer_print(itp_buffer *buffer, const char *format, ...);
/* Empty again; the memory is kept for the next use. */
void itp_buffer_clear(itp_buffer *buffer);
void itp_buffer_deinit(itp_buffer *buffer);

#endif
