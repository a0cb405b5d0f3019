/* fields.h - where each key of a frame lives in itp_message: what encoder and decoder both walk.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_WIRE_FIELDS_H
#define ITP_WIRE_FIELDS_H

#include "interphase/wire.h"

typedef enum wire_type {
    WIRE_NAME,  /* const char *, printable, at most ITP_WIRE_NAME bytes */
    WIRE_TEXT,  /* const char *, at most ITP_WIRE_TEXT bytes */
    WIRE_U64,   /* left out when 0 */
    WIRE_U32,   /* left out when 0 */
    WIRE_I64,   /* left out when 0 */
    WIRE_INDEX, /* int64_t, left out when -1 */
    WIRE_REAL,  /* left out when NaN */
    WIRE_CLASS,
    WIRE_CAUSE,
    WIRE_VALUES,
    WIRE_PORTS,
    WIRE_PROGRESS,
    WIRE_ROSTER
} wire_type;

typedef struct wire_field {
    itp_key key;
    wire_type type;
    size_t at;    /* offset in itp_message */
    size_t count; /* offset of the number of items, for arrays */
} wire_field;

enum { WIRE_FIELDS = 25 };
extern const wire_field wire_fields[WIRE_FIELDS];

/* Keys (as bits) that a message of this verb cannot do without. */
uint32_t wire_needs(itp_verb verb);

/* "request"; static. */
const char *wire_key_name(itp_key key);

#endif
