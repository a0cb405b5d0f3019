/* arena.c - blocks that only grow and are reset together; see itp_wire_arena in codec.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"

enum { FIRST_BLOCK = 4096 };

struct itp_wire_block {
    struct itp_wire_block *older;
    size_t used, capacity;
    alignas(max_align_t) char bytes[];
};

void itp_wire_arena_reset(itp_wire_arena *arena)
{
    struct itp_wire_block *newest = arena->blocks;
    if (!newest) return;
    /* The newest block is the largest: frames of the same size will fit into it alone. */
    while (newest->older) {
        struct itp_wire_block *older = newest->older;
        newest->older = older->older;
        free(older);
    }
    newest->used = 0;
}

void itp_wire_arena_deinit(itp_wire_arena *arena)
{
    if (!arena) return;
    itp_wire_arena_reset(arena);
    free(arena->blocks);
    arena->blocks = NULL;
}

void *itp_wire_arena_take(itp_wire_arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 4) return NULL;
    size_t rounded = (size + align - 1) / align * align;
    struct itp_wire_block *block = arena->blocks;
    if (!block || block->capacity - block->used < rounded) {
        size_t capacity = block ? 2 * block->capacity : FIRST_BLOCK;
        while (capacity < rounded) capacity *= 2;
        struct itp_wire_block *newest = malloc(sizeof *newest + capacity);
        if (!newest) return NULL;
        *newest = (struct itp_wire_block){.older = block, .capacity = capacity};
        arena->blocks = block = newest;
    }
    void *taken = block->bytes + block->used;
    block->used += rounded;
    return memset(taken, 0, size);
}
