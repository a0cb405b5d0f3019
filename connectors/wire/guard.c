/* guard.c - one pass over the type bytes of msgpack, with a stack of how many items are still to
 * come at each depth. Specification: github.com/msgpack/msgpack, spec.md, "Formats".
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "guard.h"

#include <stdint.h>
#include <string.h>

#include "interphase/wire.h"

/* What one type byte announces. */
typedef struct {
    size_t head;    /* bytes of the length that follow it */
    size_t payload; /* bytes that follow the head, when fixed */
    uint64_t items; /* of a container, when fixed */
    enum { SCALAR, SIZED, ARRAY, MAP, BAD } kind;
} form;

static form read_form(uint8_t byte)
{
    if (byte <= 0x7f || byte >= 0xe0) return (form){.kind = SCALAR};
    if (byte <= 0x8f) return (form){.kind = MAP, .items = byte & 0x0f};
    if (byte <= 0x9f) return (form){.kind = ARRAY, .items = byte & 0x0f};
    if (byte <= 0xbf) return (form){.kind = SIZED, .payload = byte & 0x1f};
    switch (byte) {
    case 0xc0: /* nil */
    case 0xc2: /* false */
    case 0xc3: return (form){.kind = SCALAR};
    case 0xc4: /* bin 8, 16, 32 */
    case 0xc5:
    case 0xc6: return (form){.kind = SIZED, .head = (size_t)1 << (byte - 0xc4)};
    case 0xc7: /* ext 8, 16, 32: one byte of type behind the length */
    case 0xc8:
    case 0xc9: return (form){.kind = SIZED, .head = (size_t)1 << (byte - 0xc7), .payload = 1};
    case 0xca: return (form){.kind = SCALAR, .payload = 4}; /* float 32, 64 */
    case 0xcb: return (form){.kind = SCALAR, .payload = 8};
    case 0xcc: /* uint 8, 16, 32, 64 */
    case 0xcd:
    case 0xce:
    case 0xcf: return (form){.kind = SCALAR, .payload = (size_t)1 << (byte - 0xcc)};
    case 0xd0: /* int 8, 16, 32, 64 */
    case 0xd1:
    case 0xd2:
    case 0xd3: return (form){.kind = SCALAR, .payload = (size_t)1 << (byte - 0xd0)};
    case 0xd4: /* fixext 1, 2, 4, 8, 16 */
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8: return (form){.kind = SIZED, .payload = ((size_t)1 << (byte - 0xd4)) + 1};
    case 0xd9: /* str 8, 16, 32 */
    case 0xda:
    case 0xdb: return (form){.kind = SIZED, .head = (size_t)1 << (byte - 0xd9)};
    case 0xdc: /* array 16, 32 */
    case 0xdd: return (form){.kind = ARRAY, .head = (size_t)2 << (byte - 0xdc)};
    case 0xde: /* map 16, 32 */
    case 0xdf: return (form){.kind = MAP, .head = (size_t)2 << (byte - 0xde)};
    default: return (form){.kind = BAD}; /* 0xc1, never used */
    }
}

static uint64_t read_length(const uint8_t *at, size_t bytes)
{
    uint64_t length = 0;
    for (size_t i = 0; i < bytes; i++) length = length << 8 | at[i];
    return length;
}

/* Objects still to come at each depth; the frame itself is one object at depth 0. */
typedef struct {
    uint64_t left[ITP_WIRE_DEPTH + 1];
    int depth;
} nest;

static void close_finished(nest *nest)
{
    while (nest->depth >= 0 && nest->left[nest->depth] == 0) nest->depth--;
}

static itp_status enter(nest *nest, uint64_t objects, itp_error *err)
{
    if (nest->depth == ITP_WIRE_DEPTH)
        return itp_fail(err, ITP_EPROTO, "frame nests deeper than %d", ITP_WIRE_DEPTH);
    nest->left[++nest->depth] = objects;
    return ITP_OK;
}

itp_status wire_guard(const void *bytes, size_t size, itp_error *err)
{
    const uint8_t *at = bytes;
    if (size > ITP_WIRE_MAX)
        return itp_fail(err, ITP_EPROTO, "frame of %zu bytes, at most %u", size, ITP_WIRE_MAX);
    nest nest = {.left = {1}, .depth = 0};
    size_t left = size;
    while (nest.depth >= 0) {
        if (left == 0) return itp_fail(err, ITP_EPROTO, "frame ends too early");
        form form = read_form(*at++);
        left--;
        nest.left[nest.depth]--;
        if (form.kind == BAD) return itp_fail(err, ITP_EPROTO, "frame is not msgpack");
        if (left < form.head) return itp_fail(err, ITP_EPROTO, "frame ends too early");
        uint64_t length = read_length(at, form.head);
        at += form.head;
        left -= form.head;
        uint64_t payload = form.payload + (form.kind == SIZED ? length : 0);
        uint64_t items = form.items + (form.kind == SIZED ? 0 : length);
        if (payload > left) return itp_fail(err, ITP_EPROTO, "frame ends too early");
        if (form.kind == SIZED && payload > ITP_WIRE_TEXT)
            return itp_fail(err, ITP_EPROTO, "string of %llu bytes, at most %u",
                            (unsigned long long)payload, ITP_WIRE_TEXT);
        at += payload;
        left -= payload;
        if (form.kind == ARRAY || form.kind == MAP) {
            if (items > ITP_WIRE_ITEMS)
                return itp_fail(err, ITP_EPROTO, "%llu items, at most %d",
                                (unsigned long long)items, ITP_WIRE_ITEMS);
            if (form.kind == MAP) items *= 2;
            if (items > left) return itp_fail(err, ITP_EPROTO, "frame ends too early");
            itp_status st = enter(&nest, items, err);
            if (st != ITP_OK) return st;
        }
        close_finished(&nest);
    }
    return left == 0 ? ITP_OK : itp_fail(err, ITP_EPROTO, "%zu bytes behind the frame", left);
}

int wire_is_text(const char *text, size_t size)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + size;
    while (at < end) {
        uint8_t byte = *at++;
        if (byte == 0) return 0;
        if (byte < 0x80) continue;
        int more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
        if (byte < 0xc2 || byte > 0xf4 || end - at < more) return 0;
        /* The second byte excludes overlong forms, surrogates and what is beyond U+10FFFF. */
        uint8_t low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
        uint8_t high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
        if (*at < low || *at > high) return 0;
        for (int i = 1; i < more; i++)
            if ((at[i] & 0xc0) != 0x80) return 0;
        at += more;
    }
    return 1;
}
