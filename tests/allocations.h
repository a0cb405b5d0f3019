/* allocations.h - the N-th allocation of a program fails, once:
 *     allocations_break(n); ... what is to survive ...; met = allocations_mend();
 * For one file of a test program that is linked with -Wl,--wrap=malloc,--wrap=calloc,
 * --wrap=realloc,--wrap=strdup. What libraries allocate is not seen, unless they are given these
 * (sqlite_memory.h, json_set_alloc_funcs). SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ALLOCATIONS_H
#define ITP_ALLOCATIONS_H

#include <errno.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);

static long allocations_made, allocations_fail_at; /* 0: none */

/* From now on count, and refuse the n-th, n >= 1. */
static void allocations_break(long n)
{
    allocations_made = 0;
    allocations_fail_at = n;
}

/* None fails any more. Returns whether there were as many as n. */
static int allocations_mend(void)
{
    int met = allocations_made >= allocations_fail_at;
    allocations_fail_at = 0;
    return met;
}

static int allocations_refuse(void)
{
    if (allocations_fail_at == 0 || ++allocations_made != allocations_fail_at) return 0;
    errno = ENOMEM; /* as malloc says */
    return 1;
}
void *__wrap_malloc(size_t size)
{
    return allocations_refuse() ? NULL : __real_malloc(size);
}
void *__wrap_calloc(size_t n, size_t size)
{
    return allocations_refuse() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *old, size_t size)
{
    return allocations_refuse() ? NULL : __real_realloc(old, size);
}
char *__wrap_strdup(const char *text)
{
    char *copy = __wrap_malloc(strlen(text) + 1);
    return copy ? strcpy(copy, text) : NULL;
}

#endif
