/* encode.c - itp_message to bytes, by msgpack-c. Limits are checked as they are written: what one
 * side could not read, the other must not send. SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <math.h>
#include <msgpack.h>
#include <string.h>

#include "codec.h"
#include "fields.h"
#include "guard.h"

/* The first thing that went wrong stays; msgpack's own returns are that of the buffer. */
typedef struct {
    msgpack_packer pack;
    itp_buffer *out;
    itp_status status;
} writer;

static int write_bytes(void *ctx, const char *bytes, size_t size)
{
    writer *w = ctx;
    if (w->status == ITP_OK) w->status = itp_buffer_append(w->out, bytes, size);
    return w->status == ITP_OK ? 0 : -1;
}

static void refuse(writer *w)
{
    if (w->status == ITP_OK) w->status = ITP_EINVAL;
}

static int is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) return 0;
    return size <= ITP_WIRE_NAME;
}

static void put_text(writer *w, const char *text, wire_type type)
{
    if (!text) {
        msgpack_pack_nil(&w->pack);
        return;
    }
    size_t size = strlen(text);
    if (size > ITP_WIRE_TEXT || !wire_is_text(text, size)) refuse(w);
    if (type == WIRE_NAME && !is_name(text, size)) refuse(w);
    msgpack_pack_str_with_body(&w->pack, text, size);
}

static void put_real(writer *w, double number)
{
    if (isnan(number))
        msgpack_pack_nil(&w->pack);
    else
        msgpack_pack_double(&w->pack, number);
}

static void put_array(writer *w, size_t n)
{
    if (n > ITP_WIRE_ITEMS) refuse(w);
    msgpack_pack_array(&w->pack, w->status == ITP_OK ? n : 0);
}

static void put_values(writer *w, size_t n, const itp_value *values)
{
    put_array(w, n);
    for (size_t i = 0; i < n && w->status == ITP_OK; i++) {
        if (!values[i].name) refuse(w);
        msgpack_pack_array(&w->pack, 5);
        put_text(w, values[i].name, WIRE_NAME);
        put_real(w, values[i].number);
        put_real(w, values[i].sd);
        put_text(w, values[i].unit, WIRE_NAME);
        put_text(w, values[i].label, WIRE_TEXT);
    }
}

static void put_labels(writer *w, const char *const *labels)
{
    if (!labels) {
        msgpack_pack_nil(&w->pack);
        return;
    }
    size_t n = 0;
    while (labels[n]) n++;
    put_array(w, n);
    for (size_t i = 0; i < n && w->status == ITP_OK; i++) put_text(w, labels[i], WIRE_TEXT);
}

static void put_ports(writer *w, size_t n, const itp_port *ports)
{
    put_array(w, n);
    for (size_t i = 0; i < n && w->status == ITP_OK; i++) {
        if (!ports[i].name) refuse(w);
        msgpack_pack_array(&w->pack, 7);
        put_text(w, ports[i].name, WIRE_NAME);
        put_text(w, ports[i].unit, WIRE_NAME);
        put_text(w, ports[i].iri, WIRE_NAME);
        put_real(w, ports[i].low);
        put_real(w, ports[i].high);
        put_labels(w, ports[i].labels);
        msgpack_pack_uint32(&w->pack, ports[i].optional);
    }
}

static void put_progress(writer *w, size_t n, const itp_progress *progress)
{
    put_array(w, n);
    for (size_t i = 0; i < n && w->status == ITP_OK; i++) {
        msgpack_pack_array(&w->pack, 4);
        msgpack_pack_uint64(&w->pack, progress[i].attempt.request);
        msgpack_pack_uint32(&w->pack, progress[i].attempt.epoch);
        put_real(w, progress[i].fraction);
        put_text(w, progress[i].text, WIRE_TEXT);
    }
}

static void put_roster(writer *w, const itp_roster *roster)
{
    int more = roster->sample || roster->n_bounds; /* else as peers of old said it */
    msgpack_pack_array(&w->pack, more ? 9 : 7);
    put_array(w, roster->n_tasks);
    for (size_t i = 0; i < roster->n_tasks && w->status == ITP_OK; i++) {
        if (!roster->tasks[i]) refuse(w);
        put_text(w, roster->tasks[i], WIRE_NAME);
    }
    put_text(w, roster->connector, WIRE_NAME);
    put_array(w, roster->n_holding);
    for (size_t i = 0; i < roster->n_holding && w->status == ITP_OK; i++) {
        msgpack_pack_array(&w->pack, 2);
        msgpack_pack_uint64(&w->pack, roster->holding[i].request);
        msgpack_pack_uint32(&w->pack, roster->holding[i].epoch);
    }
    msgpack_pack_uint32(&w->pack, roster->slots);
    msgpack_pack_uint32(&w->pack, (uint32_t)roster->cls);
    put_text(w, roster->ledger, WIRE_NAME);
    put_text(w, roster->schema, WIRE_TEXT);
    if (!more) return;
    put_text(w, roster->sample, WIRE_NAME);
    put_array(w, roster->n_bounds);
    for (size_t i = 0; i < roster->n_bounds && w->status == ITP_OK; i++) {
        const itp_margin *bound = &roster->bounds[i];
        msgpack_pack_array(&w->pack, 5);
        put_text(w, bound->task, WIRE_NAME);
        if (!bound->input) refuse(w);
        put_text(w, bound->input, WIRE_NAME);
        put_text(w, bound->unit, WIRE_NAME);
        put_real(w, isfinite(bound->low) ? bound->low : NAN);
        put_real(w, isfinite(bound->high) ? bound->high : NAN);
    }
}

/* 1 when the field holds something to say. */
static int is_set(const wire_field *field, const itp_message *message)
{
    const char *at = (const char *)message + field->at;
    switch (field->type) {
    case WIRE_NAME:
    case WIRE_TEXT: return *(const char *const *)at != NULL;
    case WIRE_U64: return *(const uint64_t *)at != 0;
    case WIRE_U32: return *(const uint32_t *)at != 0;
    case WIRE_I64: return *(const int64_t *)at != 0;
    case WIRE_INDEX: return *(const int64_t *)at != -1;
    case WIRE_REAL: return !isnan(*(const double *)at);
    case WIRE_CLASS: return *(const itp_class *)at != ITP_REPEATABLE;
    case WIRE_CAUSE: return *(const itp_cause *)at != ITP_CAUSE_NONE;
    case WIRE_ROSTER: return *(const itp_roster *const *)at != NULL;
    case WIRE_VALUES:
    case WIRE_PORTS:
    case WIRE_PROGRESS: break;
    }
    return *(const size_t *)((const char *)message + field->count) > 0;
}

static void put_field(writer *w, const wire_field *field, const itp_message *message)
{
    const char *at = (const char *)message + field->at;
    size_t n = field->count ? *(const size_t *)((const char *)message + field->count) : 0;
    msgpack_pack_uint32(&w->pack, (uint32_t)field->key);
    switch (field->type) {
    case WIRE_NAME:
    case WIRE_TEXT: put_text(w, *(const char *const *)at, field->type); break;
    case WIRE_U64: msgpack_pack_uint64(&w->pack, *(const uint64_t *)at); break;
    case WIRE_U32: msgpack_pack_uint32(&w->pack, *(const uint32_t *)at); break;
    case WIRE_I64:
    case WIRE_INDEX: msgpack_pack_int64(&w->pack, *(const int64_t *)at); break;
    case WIRE_REAL: put_real(w, *(const double *)at); break;
    case WIRE_CLASS: msgpack_pack_uint32(&w->pack, (uint32_t) * (const itp_class *)at); break;
    case WIRE_CAUSE: msgpack_pack_uint32(&w->pack, (uint32_t) * (const itp_cause *)at); break;
    case WIRE_VALUES: put_values(w, n, *(const itp_value *const *)at); break;
    case WIRE_PORTS: put_ports(w, n, *(const itp_port *const *)at); break;
    case WIRE_PROGRESS: put_progress(w, n, *(const itp_progress *const *)at); break;
    case WIRE_ROSTER: put_roster(w, *(const itp_roster *const *)at); break;
    }
}

itp_status itp_wire_encode(const itp_message *message, itp_buffer *out)
{
    if ((unsigned)message->verb >= ITP_VERB_COUNT) return ITP_EINVAL;
    uint32_t set = 0, n_set = 0;
    for (size_t i = 0; i < WIRE_FIELDS; i++) {
        if (!is_set(&wire_fields[i], message)) continue;
        set |= 1u << wire_fields[i].key;
        n_set++;
    }
    if (wire_needs(message->verb) & ~set) return ITP_EINVAL;
    writer w = {.out = out, .status = ITP_OK};
    itp_buffer_clear(out);
    msgpack_packer_init(&w.pack, &w, write_bytes);
    msgpack_pack_map(&w.pack, n_set + 2);
    msgpack_pack_uint32(&w.pack, ITP_KEY_VERSION);
    msgpack_pack_uint32(&w.pack, ITP_WIRE_VERSION);
    msgpack_pack_uint32(&w.pack, ITP_KEY_VERB);
    msgpack_pack_uint32(&w.pack, (uint32_t)message->verb);
    for (size_t i = 0; i < WIRE_FIELDS && w.status == ITP_OK; i++)
        if (set & 1u << wire_fields[i].key) put_field(&w, &wire_fields[i], message);
    if (w.status == ITP_OK && out->size > ITP_WIRE_MAX) w.status = ITP_EINVAL;
    if (w.status != ITP_OK) itp_buffer_clear(out);
    return w.status;
}
