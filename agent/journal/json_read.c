/* json_read.c - recursive descent over a copy of the text. See json_read.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "json_read.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "event_json.h"

typedef struct cursor {
    itp_json_reader *reader;
    char *at; /* the text ends with a NUL, which is no part of any token */
    const char *wrong;
    itp_status st;
    int depth;
} cursor;

static int fail(cursor *in, itp_status st, const char *wrong)
{
    in->st = st;
    in->wrong = wrong;
    return 0;
}

static void skip_space(cursor *in)
{
    while (*in->at == ' ' || *in->at == '\t' || *in->at == '\n' || *in->at == '\r') in->at++;
}

/* The index of a new node; -1: no memory. Indices, because the array moves as it grows. */
static ptrdiff_t new_node(cursor *in)
{
    itp_json_reader *r = in->reader;
    if (r->n_nodes == r->nodes_capacity) {
        size_t capacity = r->nodes_capacity ? 2 * r->nodes_capacity : 64;
        itp_json_node *nodes = realloc(r->nodes, capacity * sizeof *nodes);
        if (!nodes || capacity > UINT32_MAX) {
            if (nodes) r->nodes = nodes;
            fail(in, ITP_ENOMEM, "no memory");
            return -1;
        }
        r->nodes = nodes;
        r->nodes_capacity = capacity;
    }
    r->nodes[r->n_nodes] = (itp_json_node){.skip = 1};
    return (ptrdiff_t)r->n_nodes++;
}

/* --- Strings ------------------------------------------------------------------------------------
 */

static int hex4(const char *at, unsigned *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return 0;
        *out = *out * 16 + (unsigned)digit;
    }
    return 1;
}

static char *put_utf8(char *to, unsigned code)
{
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char LEAD[] = {0, 0xc0, 0xe0, 0xf0};
    *to++ = (char)(LEAD[more] | code >> 6 * more);
    while (more-- > 0) *to++ = (char)(0x80 | (code >> 6 * more & 0x3f));
    return to;
}

/* \uXXXX, with its other half where it is one of a surrogate pair. */
static char *unescape_code(cursor *in, char *to)
{
    unsigned code, low;
    if (!hex4(in->at, &code) || code == 0 || (code >= 0xdc00 && code <= 0xdfff)) return NULL;
    in->at += 4;
    if (code >= 0xd800 && code <= 0xdbff) {
        if (in->at[0] != '\\' || in->at[1] != 'u' || !hex4(in->at + 2, &low) || low < 0xdc00 ||
            low > 0xdfff)
            return NULL;
        in->at += 6;
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return put_utf8(to, code);
}

/* The character behind a backslash; NULL when there is no such escape. What is written is never
 * longer than what was read. */
static char *unescape(cursor *in, char *to)
{
    static const char NAMES[] = "\"\\/bfnrt", MEANT[] = "\"\\/\b\f\n\r\t";
    char c = *in->at;
    if (c == 'u') {
        in->at++;
        return unescape_code(in, to);
    }
    const char *name = c ? strchr(NAMES, c) : NULL;
    if (!name) return NULL;
    in->at++;
    *to++ = MEANT[name - NAMES];
    return to;
}

/* A string in place, from behind its quote. */
static int read_string(cursor *in, const char **text, size_t *size)
{
    char *begin = in->at, *to;
    int foreign = 0; /* bytes beyond ASCII were seen: is it UTF-8? */
    for (;; in->at++) {
        unsigned char c = (unsigned char)*in->at;
        if (c == '"' || c == '\\' || c < 0x20) break;
        foreign |= c & 0x80;
    }
    for (to = in->at; *in->at != '"';) {
        unsigned char c = (unsigned char)*in->at++;
        if (c < 0x20) {
            in->at--;
            return fail(in, ITP_EPARSE, "a control character, or no end, in a string");
        }
        foreign |= c & 0x80;
        if (c != '\\')
            *to++ = (char)c;
        else if (!(to = unescape(in, to)))
            return fail(in, ITP_EPARSE, "an escape that is not one");
    }
    in->at++;
    *to = '\0';
    *text = begin;
    *size = (size_t)(to - begin);
    return !foreign || itp_is_utf8(begin, *size) || fail(in, ITP_EPARSE, "not UTF-8");
}

/* --- Numbers ------------------------------------------------------------------------------------
 */

static const char *digits(const char *at)
{
    while (*at >= '0' && *at <= '9') at++;
    return at;
}

/* The end of a number's whole part, with its sign; NULL when it is none. */
static const char *whole_part(const char *at)
{
    at += *at == '-';
    if (*at < '0' || *at > '9' || (at[0] == '0' && at[1] >= '0' && at[1] <= '9')) return NULL;
    return digits(at);
}

/* libinterphase lives in programs that may have set a locale with another decimal point. */
static double read_real(char *at, const char *end)
{
    char *stop, *point;
    double value = strtod(at, &stop);
    if (stop == end || !(point = memchr(at, '.', (size_t)(end - at)))) return value;
    *point = *localeconv()->decimal_point;
    value = strtod(at, NULL);
    *point = '.';
    return value;
}

static int read_number(cursor *in, itp_json_node *node)
{
    const char *end = whole_part(in->at), *rest = end;
    if (!end) return fail(in, ITP_EPARSE, "neither a value nor a number");
    if (*rest == '.' && (end = digits(rest + 1)) == rest + 1)
        return fail(in, ITP_EPARSE, "a fraction without digits");
    if (*end == 'e' || *end == 'E') {
        const char *power = end + 1 + (end[1] == '+' || end[1] == '-');
        if ((end = digits(power)) == power)
            return fail(in, ITP_EPARSE, "an exponent without digits");
    }
    errno = 0;
    if (end == rest) {
        node->type = ITP_JSON_INTEGER;
        node->integer = strtoll(in->at, NULL, 10);
        node->real = (double)node->integer;
        if (errno == ERANGE) return fail(in, ITP_EPARSE, "an integer of more than 64 bits");
    } else {
        node->type = ITP_JSON_REAL;
        node->real = read_real(in->at, end);
        if (isinf(node->real)) return fail(in, ITP_EPARSE, "a number beyond what a double holds");
    }
    in->at += end - in->at;
    return 1;
}

/* --- Values -------------------------------------------------------------------------------------
 */

static int read_value(cursor *in, const char *key);

/* Members are few, so looking back at each is quicker than any table. */
static int is_twice(const itp_json_reader *reader, size_t object, const char *key)
{
    const itp_json_node *node = &reader->nodes[object];
    const itp_json_node *member = node + 1;
    for (size_t i = 0; i < node->n; i++, member += member->skip)
        if (strcmp(member->key, key) == 0) return 1;
    return 0;
}

static int read_key(cursor *in, size_t object, const char **key)
{
    size_t size;
    skip_space(in);
    if (*in->at != '"') return fail(in, ITP_EPARSE, "a member without a name");
    in->at++;
    if (!read_string(in, key, &size)) return 0;
    if (is_twice(in->reader, object, *key)) return fail(in, ITP_EPARSE, "a duplicate member");
    skip_space(in);
    if (*in->at != ':') return fail(in, ITP_EPARSE, "a member without a colon");
    in->at++;
    return 1;
}

/* The members of a list or object, from behind its bracket. */
static int read_members(cursor *in, size_t parent, char close)
{
    const char *key = NULL;
    skip_space(in);
    if (*in->at == close) {
        in->at++;
        return 1;
    }
    for (;;) {
        if (close == '}' && !read_key(in, parent, &key)) return 0;
        if (!read_value(in, key)) return 0;
        in->reader->nodes[parent].n++;
        skip_space(in);
        char c = *in->at;
        if (c != ',' && c != close) return fail(in, ITP_EPARSE, "neither a comma nor an end");
        in->at++;
        if (c == close) return 1;
    }
}

static int read_word(cursor *in, itp_json_node *node)
{
    static const struct {
        const char *name;
        itp_json_type type;
    } WORDS[] = {{"null", ITP_JSON_NULL}, {"true", ITP_JSON_TRUE}, {"false", ITP_JSON_FALSE}};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        size_t size = strlen(WORDS[i].name);
        if (strncmp(in->at, WORDS[i].name, size) != 0) continue;
        node->type = WORDS[i].type;
        in->at += size;
        return 1;
    }
    return read_number(in, node);
}

static int read_value(cursor *in, const char *key)
{
    skip_space(in);
    ptrdiff_t index = new_node(in);
    if (index < 0) return 0;
    itp_json_node *node = &in->reader->nodes[index];
    node->key = key;
    char c = *in->at;
    if (c == '"') {
        in->at++;
        node->type = ITP_JSON_STRING;
        return read_string(in, &node->text, &node->n);
    }
    if (c != '{' && c != '[') return read_word(in, node);
    if (++in->depth > ITP_JSON_DEPTH_MAX) return fail(in, ITP_EPARSE, "nested too deeply");
    node->type = c == '{' ? ITP_JSON_OBJECT : ITP_JSON_LIST;
    in->at++;
    if (!read_members(in, (size_t)index, c == '{' ? '}' : ']')) return 0;
    in->reader->nodes[index].skip = (uint32_t)(in->reader->n_nodes - (size_t)index);
    in->depth--;
    return 1;
}

itp_status itp_json_parse(itp_json_reader *reader, const char *text, size_t size,
                          const itp_json_node **root, itp_error *err)
{
    if (size + 1 > reader->text_capacity) {
        char *copy = realloc(reader->text, size + 1);
        if (!copy) return itp_fail(err, ITP_ENOMEM, "out of memory");
        reader->text = copy;
        reader->text_capacity = size + 1;
    }
    if (size) memcpy(reader->text, text, size);
    reader->text[size] = '\0';
    reader->n_nodes = 0;
    cursor in = {.reader = reader, .at = reader->text};
    int ok = read_value(&in, NULL);
    if (ok) skip_space(&in);
    if (ok && in.at != reader->text + size) ok = fail(&in, ITP_EPARSE, "something behind the end");
    if (!ok) return itp_fail(err, in.st, "%s at byte %td", in.wrong, in.at - reader->text);
    *root = reader->nodes;
    return ITP_OK;
}

void itp_json_reader_deinit(itp_json_reader *reader)
{
    free(reader->text);
    free(reader->nodes);
    *reader = (itp_json_reader){0};
}

const itp_json_node *itp_json_get(const itp_json_node *object, const char *key)
{
    if (!object || object->type != ITP_JSON_OBJECT) return NULL;
    const itp_json_node *member = object + 1;
    for (size_t i = 0; i < object->n; i++, member += member->skip)
        if (strcmp(member->key, key) == 0) return member;
    return NULL;
}

const itp_json_node *itp_json_first(const itp_json_node *list)
{
    return list + 1;
}

const itp_json_node *itp_json_next(const itp_json_node *node)
{
    return node + node->skip;
}
