/* buffer.c - doubling growth; see buffer.h. SPDX-License-Identifier: GPL-3.0-or-later */
#include "buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

/* Room for `more` bytes and a NUL behind them. */
static itp_status reserve(itp_buffer *buffer, size_t more)
{
    if (more >= SIZE_MAX / 2 - buffer->size) return ITP_ENOMEM;
    size_t wanted = buffer->size + more + 1, capacity = buffer->capacity;
    if (wanted <= capacity) return ITP_OK;
    if (capacity == 0) capacity = FIRST_CAPACITY;
    while (capacity < wanted) capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (!data) return ITP_ENOMEM;
    buffer->data = data;
    buffer->capacity = capacity;
    return ITP_OK;
}

itp_status itp_buffer_append(itp_buffer *buffer, const void *bytes, size_t size)
{
    itp_status st = reserve(buffer, size);
    if (st != ITP_OK) return st;
    if (size > 0) memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    return ITP_OK;
}

itp_status itp_buffer_text(itp_buffer *buffer, const char *text)
{
    itp_status st = itp_buffer_append(buffer, text, strlen(text));
    if (st == ITP_OK) buffer->data[buffer->size] = '\0';
    return st;
}

itp_status itp_buffer_print(itp_buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size < 0) return ITP_EINVAL;
    itp_status st = reserve(buffer, (size_t)size);
    if (st != ITP_OK) return st;
    va_start(args, format);
    vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, args);
    va_end(args);
    buffer->size += (size_t)size;
    return ITP_OK;
}

void itp_buffer_clear(itp_buffer *buffer)
{
    buffer->size = 0;
}

void itp_buffer_deinit(itp_buffer *buffer)
{
    if (!buffer) return;
    free(buffer->data);
    *buffer = (itp_buffer){0};
}
