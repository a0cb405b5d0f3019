/* guard.h - reads the skeleton of a frame before msgpack-c may: a frame that claims more than it
 * holds, nests too deep or counts too far is refused before anything is allocated for it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_WIRE_GUARD_H
#define ITP_WIRE_GUARD_H

#include <stddef.h>

#include "interphase/status.h"

/* ITP_OK when bytes are exactly one msgpack object within the limits of wire.h, else ITP_EPROTO. */
itp_status wire_guard(const void *bytes, size_t size, itp_error *err);

/* 1 when text is UTF-8 (no surrogates, no overlong forms, at most U+10FFFF) without NUL. */
int wire_is_text(const char *text, size_t size);

#endif
