/* scalar.c - words, numbers, quantities with units and durations.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "expression.h"
#include "schema.h"

#define NAME_MAX_BYTES 64
#define CHOICES_MAX    32

int schema_is_null(const yaml_node *node)
{
    if (node->kind != NODE_SCALAR || node->quoted) return 0;
    return !*node->text || !strcmp(node->text, "null") || !strcmp(node->text, "~");
}

int schema_is(const yaml_node *node, const char *word)
{
    return node->kind == NODE_SCALAR && !strcmp(node->text, word);
}

size_t schema_scan_number(const char *text, double *out)
{
    size_t sign = text[0] == '-' || text[0] == '+';
    double value;
    size_t length = itp_number_scan(text + sign, &value);
    if (length == 0) return 0;
    *out = text[0] == '-' ? -value : value;
    return sign + length;
}

int schema_text(const schema *s, const yaml_node *node, const char *what, const char **out)
{
    if (!schema_expect(s, node, NODE_SCALAR, what)) return 0;
    *out = node->text;
    return 1;
}

int schema_name(const schema *s, const yaml_node *node, const char *what, const char **out)
{
    const char *text;
    if (!schema_text(s, node, what, &text)) return 0;
    size_t length = strlen(text);
    int good = length > 0 && length <= NAME_MAX_BYTES;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == '`') good = 0;
    if (!good || text[0] == ' ' || text[length - 1] == ' ') {
        schema_error(s, node, NULL,
                     "%s: \"%.80s\" is no name: 1 to %d characters on one line, no `", what, text,
                     NAME_MAX_BYTES);
        return 0;
    }
    *out = text;
    return 1;
}

static int is_share(const char *rest, double *value)
{
    while (isspace((unsigned char)*rest)) rest++;
    if (*rest == '%') {
        *value /= 100;
        rest++;
    }
    while (isspace((unsigned char)*rest)) rest++;
    return *rest == 0;
}

int schema_number(const schema *s, const yaml_node *node, const char *what, number_kind kind,
                  double *out)
{
    static const char *const WANTED[] = {"a number", "a number above 0", "a number not below 0",
                                         "a share from 0 to 1 (or 0 % to 100 %)"};
    if (!schema_expect(s, node, NODE_SCALAR, what)) return 0;
    double value = NAN;
    size_t length = schema_scan_number(node->text, &value);
    const char *rest = node->text + length;
    int whole = length > 0 && (kind == NUMBER_SHARE ? is_share(rest, &value) : *rest == 0);
    int good = whole && isfinite(value);
    if (kind == NUMBER_POSITIVE && !(value > 0)) good = 0;
    if (kind == NUMBER_NOT_NEGATIVE && !(value >= 0)) good = 0;
    if (kind == NUMBER_SHARE && !(value >= 0 && value <= 1)) good = 0;
    if (!good) {
        const char *hint = length && !whole && kind != NUMBER_SHARE
                               ? "a unit stands in its own key, `unit`"
                               : NULL;
        schema_error(s, node, hint, "%s: \"%.60s\" where %s is wanted", what, node->text,
                     WANTED[kind]);
        return 0;
    }
    *out = value;
    return 1;
}

int schema_count(const schema *s, const yaml_node *node, const char *what, uint64_t least,
                 uint64_t *out)
{
    if (!schema_expect(s, node, NODE_SCALAR, what)) return 0;
    uint64_t value = 0;
    size_t i = 0;
    for (; isdigit((unsigned char)node->text[i]) && i < 19; i++)
        value = 10 * value + (uint64_t)(node->text[i] - '0');
    if (i == 0 || node->text[i] || value < least) {
        schema_error(s, node, NULL, "%s: \"%.60s\" where a whole number%s is wanted", what,
                     node->text, least ? " from 1 on" : "");
        return 0;
    }
    *out = value;
    return 1;
}

int schema_choice(const schema *s, const yaml_node *node, const char *what, size_t n,
                  const choice_rule *rules, int *out)
{
    const char *names[CHOICES_MAX];
    char allowed[256] = "";
    if (!schema_expect(s, node, NODE_SCALAR, what)) return 0;
    for (size_t i = 0, used = 0; i < n && i < CHOICES_MAX; i++) {
        names[i] = rules[i].name;
        if (!strcmp(node->text, rules[i].name)) {
            *out = rules[i].value;
            return 1;
        }
        if (used < sizeof allowed - 32)
            used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s", i ? ", " : "",
                                     rules[i].name);
    }
    schema_error(s, node, schema_hint(s, node->text, n, names), "%s: \"%.60s\" is none of %s", what,
                 node->text, allowed);
    return 0;
}

int schema_flag(const schema *s, const yaml_node *node, const char *what, int *out)
{
    static const choice_rule RULES[] = {{"true", 1}, {"false", 0}};
    return schema_choice(s, node, what, 2, RULES, out);
}

static const char *unit_hint(const schema *s, const char *unit)
{
    const char *right = itp_units_suggest(unit);
    return right ? itp_arena_print(s->arena, "write \"%s\"", right) : NULL;
}

int schema_unit(const schema *s, const yaml_node *node, const char **out)
{
    if (!schema_expect(s, node, NODE_SCALAR, "unit")) return 0;
    if (itp_units_check(s->units, node->text, NULL) != ITP_OK) {
        schema_error(s, node, unit_hint(s, node->text),
                     "\"%.60s\" is no unit that UDUNITS-2 knows (pure numbers have unit 1)",
                     node->text);
        return 0;
    }
    *out = node->text;
    return 1;
}

int schema_quantity_part(const schema *s, const yaml_node *node, size_t at, size_t length,
                         const char *what, const char *unit, double *out)
{
    char text[256];
    double value;
    span where = schema_part(s, node, at, length);
    snprintf(text, sizeof text, "%.*s", (int)(length < 255 ? length : 255), node->text + at);
    size_t number = schema_scan_number(text, &value), blank = number;
    while (isspace((unsigned char)text[blank])) blank++;
    const char *own = text + blank;
    if (number == 0 || !isfinite(value)) {
        itp_finding_add(s->findings, FINDING_ERROR, where, NULL,
                        "%s: \"%.60s\" where a number with a unit is wanted (%s)", what, text,
                        unit);
        return 0;
    }
    if (!*own) {
        if (!strcmp(unit, "1")) return *out = value, 1;
        const char *hint = itp_arena_print(s->arena, "write \"%s %s\"", text, unit);
        itp_finding_add(s->findings, FINDING_ERROR, where, hint,
                        "%s: %.60s has no unit; it must be convertible to \"%s\"", what, text,
                        unit);
        return 0;
    }
    if (itp_units_check(s->units, own, NULL) != ITP_OK) {
        span part = schema_part(s, node, at + blank, strlen(own));
        itp_finding_add(s->findings, FINDING_ERROR, part, unit_hint(s, own),
                        "%s: \"%.60s\" is no unit that UDUNITS-2 knows; \"%s\" is wanted", what,
                        own, unit);
        return 0;
    }
    if (itp_units_convert(s->units, own, unit, value, out, NULL) != ITP_OK) {
        span part = schema_part(s, node, at + blank, strlen(own));
        itp_finding_add(s->findings, FINDING_ERROR, part, NULL,
                        "%s: \"%.60s\" cannot be converted to \"%s\"", what, own, unit);
        return 0;
    }
    return 1;
}

int schema_quantity(const schema *s, const yaml_node *node, const char *what, const char *unit,
                    double *out)
{
    if (!schema_expect(s, node, NODE_SCALAR, what)) return 0;
    return schema_quantity_part(s, node, 0, strlen(node->text), what, unit, out);
}

int schema_difference(const schema *s, const yaml_node *node, const char *what, const char *unit,
                      double *out)
{
    double at;
    if (!schema_quantity(s, node, what, unit, out)) return 0;
    size_t i = schema_scan_number(node->text, &at);
    while (isspace((unsigned char)node->text[i])) i++;
    if (node->text[i]) itp_units_convert_sd(s->units, node->text + i, unit, at, at, out, NULL);
    return 1;
}

int schema_duration(const schema *s, const yaml_node *node, const char *what, int none_allowed,
                    double *out)
{
    double value;
    if (none_allowed && schema_is(node, "none")) return *out = INFINITY, 1;
    if (!schema_quantity(s, node, what, "s", &value)) return 0;
    if (!(value > 0)) {
        schema_error(s, node, NULL, "%s: a duration above 0 is wanted%s", what,
                     none_allowed ? ", or none" : "");
        return 0;
    }
    *out = value;
    return 1;
}
