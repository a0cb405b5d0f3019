/* json_value.c - single values to JSON: the rules for numbers and strings of event_json.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "event_json.h"

static int continues(const unsigned char *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    return 1;
}

/* Length of the well-formed sequence at `at` (The Unicode Standard, Table 3-7), or 0. */
static size_t sequence(const unsigned char *at, size_t left)
{
    unsigned char a = at[0], b = left > 1 ? at[1] : 0;
    if (a > 0 && a < 0x80) return 1;
    if (a >= 0xc2 && a <= 0xdf && left >= 2 && continues(at + 1, 1)) return 2;
    if ((a & 0xf0) == 0xe0 && left >= 3 && continues(at + 1, 2))
        return (a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) ? 0 : 3;
    if (a >= 0xf0 && a <= 0xf4 && left >= 4 && continues(at + 1, 3))
        return (a == 0xf0 && b < 0x90) || (a == 0xf4 && b > 0x8f) ? 0 : 4;
    return 0;
}

int itp_is_utf8(const char *bytes, size_t size)
{
    for (size_t i = 0, step; i < size; i += step)
        if (!(step = sequence((const unsigned char *)bytes + i, size - i))) return 0;
    return 1;
}

itp_status itp_json_put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new_nocheck(object, key, value) == 0 ? ITP_OK : ITP_ENOMEM;
}

static json_t *bytes_as_list(const char *bytes, size_t size)
{
    size_t room = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
    char *base64 = malloc(room);
    if (!base64) return NULL;
    sodium_bin2base64(base64, room, (const unsigned char *)bytes, size,
                      sodium_base64_VARIANT_ORIGINAL);
    json_t *list = json_pack("[ss]", "base64", base64);
    free(base64);
    return list;
}

/* Measured, then written into its own size: json_dumps grows its buffer as it goes, and where that
 * fails at a member's name (jansson 2.14) it leaves the name out and reports success. */
char *itp_json_dump(const json_t *value)
{
    size_t size = json_dumpb(value, NULL, 0, ITP_JSON_FLAGS);
    char *text = size ? malloc(size + 1) : NULL;
    if (!text) return NULL;
    if (json_dumpb(value, text, size, ITP_JSON_FLAGS) != size) {
        free(text);
        return NULL;
    }
    text[size] = '\0';
    return text;
}

json_t *itp_json_text(const char *text)
{
    if (!text) return json_null();
    size_t size = strlen(text);
    return itp_is_utf8(text, size) ? json_stringn_nocheck(text, size) : bytes_as_list(text, size);
}

itp_status itp_json_put_text(json_t *object, const char *key, const char *text)
{
    return text ? itp_json_put(object, key, itp_json_text(text)) : ITP_OK;
}

json_t *itp_json_real(double value)
{
    if (isnan(value)) return json_null();
    if (isinf(value)) return json_string(value > 0 ? "Infinity" : "-Infinity");
    return json_real(value);
}

itp_status itp_json_put_real(json_t *object, const char *key, double value)
{
    return isnan(value) ? ITP_OK : itp_json_put(object, key, itp_json_real(value));
}

itp_status itp_json_put_id(json_t *object, const char *key, uint64_t id)
{
    if (id > INT64_MAX) return ITP_EINVAL;
    return id == 0 ? ITP_OK : itp_json_put(object, key, json_integer((json_int_t)id));
}
