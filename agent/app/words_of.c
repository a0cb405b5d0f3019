/* words_of.c - NAME=VALUE[+-SD][unit].
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "words_of.h"

#include <stdlib.h>
#include <string.h>

/* Splits at the first '='; the name is copied into `name`. */
static const char *after_name(const char *text, char *name, size_t size, itp_error *err)
{
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || (size_t)(equals - text) >= size || !equals[1]) {
        itp_fail(err, ITP_EINVAL, "%s: expected NAME=VALUE", text);
        return NULL;
    }
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    return equals + 1;
}

static const char *skip_spaces(const char *at)
{
    return at + strspn(at, " ");
}

itp_status app_add_value(json_t *array, const char *text, itp_error *err)
{
    char name[128], *end;
    const char *at = after_name(text, name, sizeof name, err);
    if (!at) return ITP_EINVAL;
    double number = strtod(at, &end);
    json_t *value = json_pack("{s:s}", "name", name);
    if (end == at) {
        json_object_set_new(value, "label", json_string(at));
        json_array_append_new(array, value);
        return ITP_OK;
    }
    json_object_set_new(value, "number", json_real(number));
    at = skip_spaces(end);
    size_t mark = strncmp(at, "+-", 2) == 0 ? 2 : strncmp(at, "\xc2\xb1", 2) == 0 ? 2 : 0;
    if (mark) {
        double sd = strtod(at + mark, &end);
        if (end == at + mark || !(sd >= 0)) {
            json_decref(value);
            return itp_fail(err, ITP_EINVAL, "%s: a standard deviation is expected behind +-",
                            text);
        }
        json_object_set_new(value, "sd", json_real(sd));
        at = skip_spaces(end);
    }
    if (*at) json_object_set_new(value, "unit", json_string(at));
    json_array_append_new(array, value);
    return ITP_OK;
}

itp_status app_set_point(json_t *object, const char *text, itp_error *err)
{
    char name[128], *end;
    const char *at = after_name(text, name, sizeof name, err);
    if (!at) return ITP_EINVAL;
    double number = strtod(at, &end);
    json_object_set_new(object, name, *end == '\0' ? json_real(number) : json_string(at));
    return ITP_OK;
}
