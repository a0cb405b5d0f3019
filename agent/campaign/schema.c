/* schema.c - maps, lists and the messages about them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "schema.h"

#include <stdarg.h>
#include <string.h>

#include "spelling.h"

#define KEYS_MAX 48 /* rules of one map */

span schema_span(const schema *s, const yaml_node *node)
{
    size_t length = node->end > node->at ? node->end - node->at : 0;
    return (span){s->file, s->text, node->at, length};
}

span schema_part(const schema *s, const yaml_node *node, size_t at, size_t length)
{
    span whole = schema_span(s, node);
    if (!node->verbatim || at > whole.length) return whole;
    return (span){s->file, s->text, node->at + at, length};
}

static void report(const schema *s, finding_kind kind, const yaml_node *node, const char *hint,
                   const char *format, va_list args)
{
    char message[768];
    vsnprintf(message, sizeof message, format, args);
    span where = schema_span(s, node);
    itp_finding_add(s->findings, kind, where, hint, "%s", message);
}

void schema_error(const schema *s, const yaml_node *node, const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(s, FINDING_ERROR, node, hint, format, args);
    va_end(args);
}

void schema_warning(const schema *s, const yaml_node *node, const char *hint, const char *format,
                    ...)
{
    va_list args;
    va_start(args, format);
    report(s, FINDING_WARNING, node, hint, format, args);
    va_end(args);
}

const char *schema_hint(const schema *s, const char *word, size_t n, const char *const *words)
{
    const char *nearest = itp_nearest(word, n, words);
    return nearest ? itp_arena_print(s->arena, "did you mean \"%s\"?", nearest) : NULL;
}

static const char *kind_name(const yaml_node *node)
{
    if (node->kind == NODE_MAP) return "a map";
    if (node->kind == NODE_LIST) return "a list";
    return schema_is_null(node) ? "nothing" : "a value";
}

int schema_expect(const schema *s, const yaml_node *node, node_kind kind, const char *what)
{
    static const char *const WANTED[] = {"a value", "a map {key: value}", "a list [a, b]"};
    if (node->kind == kind && (kind != NODE_SCALAR || !schema_is_null(node))) return 1;
    schema_error(s, node, NULL, "%s: found %s where %s is wanted", what, kind_name(node),
                 WANTED[kind]);
    return 0;
}

static void unknown_key(const schema *s, const yaml_node *key, const char *what, size_t n,
                        const key_rule *rules)
{
    const char *names[KEYS_MAX];
    char allowed[512] = "";
    size_t used = 0;
    for (size_t i = 0; i < n && i < KEYS_MAX; i++) {
        names[i] = rules[i].name;
        if (used < sizeof allowed - 40)
            used += (size_t)snprintf(allowed + used, sizeof allowed - used, "%s%s", i ? ", " : "",
                                     rules[i].name);
    }
    schema_error(s, key, schema_hint(s, key->text, n, names),
                 "%s: unknown key \"%.60s\"; allowed: %s", what, key->text, allowed);
}

int schema_map(const schema *s, const yaml_node *node, const char *what, size_t n,
               const key_rule *rules, const yaml_node **slots)
{
    memset(slots, 0, n * sizeof *slots);
    if (!schema_expect(s, node, NODE_MAP, what)) return 0;
    for (size_t i = 0; i < node->n; i++) {
        size_t k = 0;
        while (k < n && strcmp(rules[k].name, node->keys[i]->text) != 0) k++;
        if (k < n)
            slots[k] = node->values[i];
        else
            unknown_key(s, node->keys[i], what, n, rules);
    }
    for (size_t k = 0; k < n; k++)
        if (rules[k].required && !slots[k])
            schema_error(s, node, NULL, "%s: key \"%s\" is missing", what, rules[k].name);
    return 1;
}
