/* arena.c - a list of blocks; a request that does not fit the last one opens the next.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 8192
#define ALIGNMENT  16

typedef struct itp_arena_block {
    struct itp_arena_block *before;
    size_t used, capacity;
    _Alignas(ALIGNMENT) char data[];
} block;

void *itp_arena_alloc(itp_arena *arena, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX / 2 - 2 * BLOCK_SIZE) / size) return NULL;
    size_t wanted = (count * size + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    block *last = arena->last;
    if (!last || last->capacity - last->used < wanted) {
        size_t capacity = wanted > BLOCK_SIZE / 4 ? wanted : BLOCK_SIZE;
        block *fresh = calloc(1, sizeof *fresh + capacity);
        if (!fresh) return NULL;
        fresh->capacity = capacity;
        if (last && capacity == wanted) { /* a large one must not bury a half-empty block */
            fresh->before = last->before;
            last->before = fresh;
        } else {
            fresh->before = last;
            arena->last = fresh;
        }
        last = fresh;
    }
    last->used += wanted;
    return last->data + last->used - wanted;
}

void *itp_arena_copy(itp_arena *arena, const void *bytes, size_t size)
{
    void *copy = bytes ? itp_arena_alloc(arena, 1, size) : NULL;
    if (copy && size) memcpy(copy, bytes, size);
    return copy;
}

char *itp_arena_span(itp_arena *arena, const char *text, size_t length)
{
    char *copy = itp_arena_alloc(arena, 1, length + 1);
    if (copy) memcpy(copy, text, length);
    return copy;
}

char *itp_arena_string(itp_arena *arena, const char *text)
{
    return text ? itp_arena_span(arena, text, strlen(text)) : NULL;
}

char *itp_arena_print(itp_arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : itp_arena_alloc(arena, 1, (size_t)length + 1);
    if (!text) return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

void itp_arena_deinit(itp_arena *arena)
{
    for (block *b = arena->last, *before; b; b = before) {
        before = b->before;
        free(b);
    }
    arena->last = NULL;
}
