/* decode.c - bytes to itp_message. wire_guard has bounded the frame before msgpack-c unpacks it;
 * here every type, range and text is checked and copied into the arena.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <msgpack.h>
#include <string.h>

#include "codec.h"
#include "fields.h"
#include "guard.h"

/* What is being read, for messages, and where its copy goes. */
typedef struct {
    itp_wire_arena *arena;
    itp_error *err;
    const char *what;
} reader;

static itp_status wrong(const reader *r, const char *expected)
{
    return itp_fail(r->err, ITP_EPROTO, "%s: expected %s", r->what, expected);
}

static itp_status no_memory(const reader *r)
{
    return itp_fail(r->err, ITP_ENOMEM, "%s: out of memory", r->what);
}

static itp_status get_text(reader *r, const msgpack_object *from, wire_type type, const char **out)
{
    if (from->type == MSGPACK_OBJECT_NIL) return ITP_OK;
    if (from->type != MSGPACK_OBJECT_STR) return wrong(r, "text");
    size_t size = from->via.str.size;
    const char *text = size > 0 ? from->via.str.ptr : ""; /* msgpack-c may say NULL for "" */
    if (!wire_is_text(text, size)) return wrong(r, "UTF-8 without NUL");
    if (type == WIRE_NAME) {
        if (size > ITP_WIRE_NAME) return wrong(r, "a name, which this is too long for");
        for (size_t i = 0; i < size; i++)
            if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
                return wrong(r, "a name without control characters");
    }
    char *copy = itp_wire_arena_take(r->arena, size + 1);
    if (!copy) return no_memory(r);
    memcpy(copy, text, size);
    *out = copy;
    return ITP_OK;
}

/* For what cannot be missing. */
static itp_status get_name(reader *r, const msgpack_object *from, const char **out)
{
    if (from->type == MSGPACK_OBJECT_NIL) return wrong(r, "a name, found nil");
    return get_text(r, from, WIRE_NAME, out);
}

static itp_status get_unsigned(reader *r, const msgpack_object *from, uint64_t most, uint64_t *out)
{
    *out = 0;
    if (from->type == MSGPACK_OBJECT_NIL) return ITP_OK;
    if (from->type != MSGPACK_OBJECT_POSITIVE_INTEGER || from->via.u64 > most)
        return wrong(r, "a whole number in range");
    *out = from->via.u64;
    return ITP_OK;
}

static itp_status get_u32(reader *r, const msgpack_object *from, uint32_t *out)
{
    uint64_t number;
    itp_status st = get_unsigned(r, from, UINT32_MAX, &number);
    *out = (uint32_t)number;
    return st;
}

static itp_status get_signed(reader *r, const msgpack_object *from, int64_t *out)
{
    if (from->type == MSGPACK_OBJECT_NIL) return ITP_OK;
    if (from->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        *out = from->via.i64;
    else if (from->type == MSGPACK_OBJECT_POSITIVE_INTEGER && from->via.u64 <= INT64_MAX)
        *out = (int64_t)from->via.u64;
    else
        return wrong(r, "a whole number in range");
    return ITP_OK;
}

static itp_status get_real(reader *r, const msgpack_object *from, double *out)
{
    switch (from->type) {
    case MSGPACK_OBJECT_NIL: *out = NAN; return ITP_OK;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64: *out = from->via.f64; return ITP_OK;
    case MSGPACK_OBJECT_POSITIVE_INTEGER: *out = (double)from->via.u64; return ITP_OK;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER: *out = (double)from->via.i64; return ITP_OK;
    default: return wrong(r, "a number");
    }
}

/* The items of an array of at least `least` items. */
static itp_status get_items(reader *r, const msgpack_object *from, size_t least,
                            const msgpack_object **items, size_t *n)
{
    *items = NULL;
    *n = 0;
    if (from->type == MSGPACK_OBJECT_NIL && least == 0) return ITP_OK;
    if (from->type != MSGPACK_OBJECT_ARRAY || from->via.array.size < least)
        return wrong(r, "an array with all its items");
    *items = from->via.array.ptr;
    *n = from->via.array.size;
    return ITP_OK;
}

static itp_status get_value(reader *r, const msgpack_object *from, itp_value *out)
{
    const msgpack_object *item;
    size_t n;
    itp_status st = get_items(r, from, 5, &item, &n);
    if (st == ITP_OK) st = get_name(r, &item[0], &out->name);
    if (st == ITP_OK) st = get_real(r, &item[1], &out->number);
    if (st == ITP_OK) st = get_real(r, &item[2], &out->sd);
    if (st == ITP_OK) st = get_text(r, &item[3], WIRE_NAME, &out->unit);
    if (st == ITP_OK) st = get_text(r, &item[4], WIRE_TEXT, &out->label);
    return st;
}

static itp_status get_labels(reader *r, const msgpack_object *from, const char *const **out)
{
    const msgpack_object *item;
    size_t n;
    if (from->type == MSGPACK_OBJECT_NIL) return ITP_OK;
    itp_status st = get_items(r, from, 0, &item, &n);
    if (st != ITP_OK) return st;
    const char **labels = itp_wire_arena_take(r->arena, (n + 1) * sizeof *labels);
    if (!labels) return no_memory(r);
    for (size_t i = 0; i < n; i++) {
        if ((st = get_text(r, &item[i], WIRE_TEXT, &labels[i])) != ITP_OK) return st;
        if (!labels[i]) return wrong(r, "a label, found nil");
    }
    *out = labels;
    return ITP_OK;
}

static itp_status get_port(reader *r, const msgpack_object *from, itp_port *out)
{
    const msgpack_object *item;
    size_t n;
    itp_status st = get_items(r, from, 7, &item, &n);
    if (st == ITP_OK) st = get_name(r, &item[0], &out->name);
    if (st == ITP_OK) st = get_text(r, &item[1], WIRE_NAME, &out->unit);
    if (st == ITP_OK) st = get_text(r, &item[2], WIRE_NAME, &out->iri);
    if (st == ITP_OK) st = get_real(r, &item[3], &out->low);
    if (st == ITP_OK) st = get_real(r, &item[4], &out->high);
    if (st == ITP_OK) st = get_labels(r, &item[5], &out->labels);
    if (st == ITP_OK) st = get_u32(r, &item[6], &out->optional);
    return st;
}

static itp_status get_attempt(reader *r, const msgpack_object *item, itp_attempt *out)
{
    itp_status st = get_unsigned(r, &item[0], UINT64_MAX, &out->request);
    if (st == ITP_OK) st = get_u32(r, &item[1], &out->epoch);
    return st;
}

static itp_status get_one_progress(reader *r, const msgpack_object *from, itp_progress *out)
{
    const msgpack_object *item;
    size_t n;
    itp_status st = get_items(r, from, 4, &item, &n);
    if (st == ITP_OK) st = get_attempt(r, item, &out->attempt);
    if (st == ITP_OK) st = get_real(r, &item[2], &out->fraction);
    if (st == ITP_OK) st = get_text(r, &item[3], WIRE_TEXT, &out->text);
    return st;
}

/* Arrays of things of one size, each read by `one`. */
#define GET_ARRAY(name, item_type, one)                                                            \
    static itp_status name(reader *r, const msgpack_object *from, const item_type **out,           \
                           size_t *count)                                                          \
    {                                                                                              \
        const msgpack_object *item;                                                                \
        size_t n;                                                                                  \
        itp_status st = get_items(r, from, 0, &item, &n);                                          \
        if (st != ITP_OK || n == 0) return st;                                                     \
        item_type *copy = itp_wire_arena_take(r->arena, n * sizeof *copy);                         \
        if (!copy) return no_memory(r);                                                            \
        for (size_t i = 0; i < n && st == ITP_OK; i++) st = one(r, &item[i], &copy[i]);            \
        if (st != ITP_OK) return st;                                                               \
        *out = copy;                                                                               \
        *count = n;                                                                                \
        return ITP_OK;                                                                             \
    }

static itp_status get_held(reader *r, const msgpack_object *from, itp_attempt *out)
{
    const msgpack_object *item;
    size_t n;
    itp_status st = get_items(r, from, 2, &item, &n);
    return st == ITP_OK ? get_attempt(r, item, out) : st;
}

GET_ARRAY(get_values, itp_value, get_value)
GET_ARRAY(get_ports, itp_port, get_port)
GET_ARRAY(get_progress, itp_progress, get_one_progress)
GET_ARRAY(get_holding, itp_attempt, get_held)

static itp_status get_task_names(reader *r, const msgpack_object *from, itp_roster *roster)
{
    const msgpack_object *item;
    itp_status st = get_items(r, from, 0, &item, &roster->n_tasks);
    const char **tasks = itp_wire_arena_take(r->arena, (roster->n_tasks + 1) * sizeof *tasks);
    if (!tasks) return no_memory(r);
    for (size_t i = 0; i < roster->n_tasks && st == ITP_OK; i++)
        st = get_name(r, &item[i], &tasks[i]);
    roster->tasks = tasks;
    return st;
}

static itp_status get_class(reader *r, const msgpack_object *from, itp_class *out)
{
    uint64_t number;
    itp_status st = get_unsigned(r, from, ITP_PHYSICAL, &number);
    *out = (itp_class)number;
    return st;
}

static itp_status get_bounds(reader *r, const msgpack_object *from, itp_roster *roster)
{
    const msgpack_object *list, *item;
    size_t n;
    itp_status st = get_items(r, from, 0, &list, &roster->n_bounds);
    if (st != ITP_OK || roster->n_bounds == 0) return st;
    itp_margin *bounds = itp_wire_arena_take(r->arena, roster->n_bounds * sizeof *bounds);
    if (!bounds) return no_memory(r);
    for (size_t i = 0; st == ITP_OK && i < roster->n_bounds; i++) {
        st = get_items(r, &list[i], 5, &item, &n);
        if (st == ITP_OK) st = get_text(r, &item[0], WIRE_NAME, &bounds[i].task);
        if (st == ITP_OK) st = get_name(r, &item[1], &bounds[i].input);
        if (st == ITP_OK) st = get_text(r, &item[2], WIRE_NAME, &bounds[i].unit);
        if (st == ITP_OK) st = get_real(r, &item[3], &bounds[i].low);
        if (st == ITP_OK) st = get_real(r, &item[4], &bounds[i].high);
        if (st == ITP_OK && isnan(bounds[i].low)) bounds[i].low = -INFINITY;
        if (st == ITP_OK && isnan(bounds[i].high)) bounds[i].high = INFINITY;
    }
    roster->bounds = bounds;
    return st;
}

static itp_status get_roster(reader *r, const msgpack_object *from, const itp_roster **out)
{
    const msgpack_object *item;
    size_t n;
    if (from->type == MSGPACK_OBJECT_NIL) return ITP_OK;
    itp_status st = get_items(r, from, 7, &item, &n);
    if (st != ITP_OK) return st;
    itp_roster *roster = itp_wire_arena_take(r->arena, sizeof *roster);
    if (!roster) return no_memory(r);
    st = get_task_names(r, &item[0], roster);
    if (st == ITP_OK) st = get_text(r, &item[1], WIRE_NAME, &roster->connector);
    if (st == ITP_OK) st = get_holding(r, &item[2], &roster->holding, &roster->n_holding);
    if (st == ITP_OK) st = get_u32(r, &item[3], &roster->slots);
    if (st == ITP_OK) st = get_class(r, &item[4], &roster->cls);
    if (st == ITP_OK) st = get_text(r, &item[5], WIRE_NAME, &roster->ledger);
    if (st == ITP_OK) st = get_text(r, &item[6], WIRE_TEXT, &roster->schema);
    if (st == ITP_OK && n > 7) st = get_text(r, &item[7], WIRE_NAME, &roster->sample);
    if (st == ITP_OK && n > 8) st = get_bounds(r, &item[8], roster);
    if (st == ITP_OK) *out = roster;
    return st;
}

static itp_status get_cause(reader *r, const msgpack_object *from, itp_cause *out)
{
    uint64_t number;
    itp_status st = get_unsigned(r, from, ITP_CAUSE_CANCELLED, &number);
    *out = (itp_cause)number;
    return st;
}

static itp_status get_field(reader *r, const wire_field *field, const msgpack_object *from,
                            itp_message *message)
{
    char *at = (char *)message + field->at;
    size_t *count = (size_t *)(void *)((char *)message + field->count);
    void *to = at;
    switch (field->type) {
    case WIRE_NAME:
    case WIRE_TEXT: return get_text(r, from, field->type, to);
    case WIRE_U64: return get_unsigned(r, from, UINT64_MAX, to);
    case WIRE_U32: return get_u32(r, from, to);
    case WIRE_I64:
    case WIRE_INDEX: return get_signed(r, from, to);
    case WIRE_REAL: return get_real(r, from, to);
    case WIRE_CLASS: return get_class(r, from, to);
    case WIRE_CAUSE: return get_cause(r, from, to);
    case WIRE_VALUES: return get_values(r, from, to, count);
    case WIRE_PORTS: return get_ports(r, from, to, count);
    case WIRE_PROGRESS: return get_progress(r, from, to, count);
    case WIRE_ROSTER: return get_roster(r, from, to);
    }
    return ITP_EPROTO;
}

/* Keys that are no whole number, or none of ours, are from a newer peer: skipped. */
static const wire_field *find_field(const msgpack_object *key)
{
    if (key->type != MSGPACK_OBJECT_POSITIVE_INTEGER) return NULL;
    for (size_t i = 0; i < WIRE_FIELDS; i++)
        if ((uint64_t)wire_fields[i].key == key->via.u64) return &wire_fields[i];
    return NULL;
}

static itp_status get_number_at(reader *r, const msgpack_object_map *map, itp_key key,
                                const char *what, uint64_t *out)
{
    r->what = what;
    for (size_t i = 0; i < map->size; i++) {
        const msgpack_object *found = &map->ptr[i].key;
        if (found->type == MSGPACK_OBJECT_POSITIVE_INTEGER && found->via.u64 == (uint64_t)key)
            return get_unsigned(r, &map->ptr[i].val, UINT64_MAX, out);
    }
    return wrong(r, "in every frame");
}

/* Version first: the rest of another version's frame means nothing to us. */
static itp_status get_verb(reader *r, const msgpack_object_map *map, itp_verb *out)
{
    uint64_t version, verb;
    itp_status st = get_number_at(r, map, ITP_KEY_VERSION, "VERSION", &version);
    if (st != ITP_OK) return st;
    if (version != ITP_WIRE_VERSION)
        return itp_fail(r->err, ITP_EVERSION, "wire version %llu, this is version %d (%s)",
                        (unsigned long long)version, ITP_WIRE_VERSION, ITP_VERSION);
    if ((st = get_number_at(r, map, ITP_KEY_VERB, "VERB", &verb)) != ITP_OK) return st;
    if (verb >= ITP_VERB_COUNT) return wrong(r, "a verb that this version knows");
    *out = (itp_verb)verb;
    return ITP_OK;
}

static itp_status get_message(reader *r, const msgpack_object *frame, itp_message *out)
{
    if (frame->type != MSGPACK_OBJECT_MAP)
        return itp_fail(r->err, ITP_EPROTO, "frame is not a map");
    const msgpack_object_map *map = &frame->via.map;
    itp_verb verb = ITP_VERB_COUNT;
    itp_status st = get_verb(r, map, &verb);
    if (st != ITP_OK) return st;
    itp_message message;
    itp_message_init(&message, verb);
    uint32_t seen = 0;
    for (size_t i = 0; i < map->size; i++) {
        const wire_field *field = find_field(&map->ptr[i].key);
        if (!field || map->ptr[i].val.type == MSGPACK_OBJECT_NIL) continue;
        r->what = wire_key_name(field->key);
        if (seen & 1u << field->key) return wrong(r, "once");
        seen |= 1u << field->key;
        if ((st = get_field(r, field, &map->ptr[i].val, &message)) != ITP_OK) return st;
    }
    /* A zero is as good as missing: requests and epochs count from 1. */
    if (message.request == 0) seen &= ~(1u << ITP_KEY_REQUEST);
    if (message.epoch == 0) seen &= ~(1u << ITP_KEY_EPOCH);
    if (message.cause == ITP_CAUSE_NONE) seen &= ~(1u << ITP_KEY_CAUSE);
    uint32_t missing = wire_needs(verb) & ~seen;
    for (size_t i = 0; i < WIRE_FIELDS; i++)
        if (missing & 1u << wire_fields[i].key)
            return itp_fail(r->err, ITP_EPROTO, "%s lacks %s", itp_verb_name(verb),
                            wire_key_name(wire_fields[i].key));
    *out = message;
    return ITP_OK;
}

itp_status itp_wire_decode(const void *bytes, size_t size, itp_wire_arena *arena, itp_message *out,
                           itp_error *err)
{
    itp_status st = wire_guard(bytes, size, err);
    if (st != ITP_OK) return st;
    reader r = {arena, err, "frame"};
    msgpack_unpacked unpacked;
    msgpack_unpacked_init(&unpacked);
    size_t offset = 0;
    switch (msgpack_unpack_next(&unpacked, bytes, size, &offset)) {
    case MSGPACK_UNPACK_SUCCESS: st = get_message(&r, &unpacked.data, out); break;
    case MSGPACK_UNPACK_NOMEM_ERROR: st = no_memory(&r); break;
    default: st = itp_fail(err, ITP_EPROTO, "frame is not msgpack");
    }
    msgpack_unpacked_destroy(&unpacked);
    return st;
}
