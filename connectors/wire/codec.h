/* codec.h - messages to bytes and back: the layout that stands at the top of wire.h, nothing else.
 *   Pure: no sockets, no clock, no globals. Bytes are hostile until itp_wire_decode has said
 * ITP_OK: size, depth, item counts, types, enumerations, UTF-8 and the fields that a verb needs are
 * checked; what a verb does not use is 0, NULL or NaN.
 * Threads     none shared; an arena belongs to one decoder
 * Cost        linear in the frame; no allocation per frame once the arena has grown
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CODEC_H
#define ITP_CODEC_H

#include "buffer.h"
#include "interphase/wire.h"

/* Owns the strings and arrays of the messages decoded into it since its last reset.
 * A zeroed arena is an empty one. */
typedef struct itp_wire_arena {
    struct itp_wire_block *blocks; /* the newest first */
} itp_wire_arena;

/* Ends the life of every message decoded into it; keeps the memory for the next frame. */
void itp_wire_arena_reset(itp_wire_arena *arena);
void itp_wire_arena_deinit(itp_wire_arena *arena);
/* size zeroed bytes, aligned for any type; NULL when memory is out. */
void *itp_wire_arena_take(itp_wire_arena *arena, size_t size);

/* A message with every field unused: 0, NULL, NaN (time_limit_s, lease_s, cost), index -1. */
void itp_message_init(itp_message *message, itp_verb verb);

/* Replaces the contents of out by the frame. ITP_EINVAL when a string, an array or the frame would
 * exceed the limits of wire.h, or a field that the verb needs is not set; ITP_ENOMEM. */
itp_status itp_wire_encode(const itp_message *message, itp_buffer *out);

/* Reads one frame; out borrows from the arena, not from bytes. Does not reset the arena, so that
 * several messages can be held: the caller resets it when it is done with them (per frame).
 * ITP_EPROTO says in err what is wrong with the frame, ITP_EVERSION that the peer's wire version is
 * another one, ITP_ENOMEM. *out is untouched on failure. */
itp_status itp_wire_decode(const void *bytes, size_t size, itp_wire_arena *arena, itp_message *out,
                           itp_error *err);

/* "OFFER"; static; "?" for what is no verb. */
const char *itp_verb_name(itp_verb verb);
/* "scientific"; static; "?" for what is no cause. */
const char *itp_cause_name(itp_cause cause);
/* The cause of that name, or ITP_CAUSE_NONE when there is none such. */
itp_cause itp_cause_from(const char *name);

#endif
