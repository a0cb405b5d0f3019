/* arena.h - memory that is freed all at once: what a parsed file or a set-up object is made of.
 *   A zeroed itp_arena is an empty one; what it gave stays where it is until deinit.
 * Life cycle  zeroed -> { alloc | copy }* -> deinit
 * Threads     one owner
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ARENA_H
#define ITP_ARENA_H

#include <stddef.h>

typedef struct itp_arena {
    struct itp_arena_block *last;
} itp_arena;

/* Zeroed, aligned for anything; a size of 0 gives a valid pointer. NULL when out of memory. */
void *itp_arena_alloc(itp_arena *arena, size_t count, size_t size);
/* Copies; NULL when out of memory or when given NULL. */
void *itp_arena_copy(itp_arena *arena, const void *bytes, size_t size);
char *itp_arena_string(itp_arena *arena, const char *text);
char *itp_arena_span(itp_arena *arena, const char *text, size_t length);
#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
char *
itp_arena_print(itp_arena *arena, const char *format, ...);
void itp_arena_deinit(itp_arena *arena);

#endif
