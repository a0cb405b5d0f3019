/* yaml.c - libfyaml's events, turned into a tree. Its own messages are collected, not printed.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

typedef struct anchor {
    const char *name;
    yaml_node *node;
    int open; /* 1: still being read; an alias to it would be a circle */
} anchor;

typedef struct reader {
    const char *file, *text;
    size_t size, n_nodes, n_anchors;
    itp_arena *arena;
    finding_list *findings;
    struct fy_parser *fyp;
    anchor *anchors; /* a document has at most one a node */
    int stop;        /* 1: what follows is not worth reading */
} reader;

static span span_of(const reader *r, size_t at, size_t end)
{
    if (at > r->size) at = r->size;
    if (end > r->size) end = r->size;
    return (span){r->file, r->text, at, end > at ? end - at : 0};
}

static void fail(reader *r, size_t at, size_t end, const char *hint, const char *message)
{
    itp_finding_add(r->findings, FINDING_ERROR, span_of(r, at, end), hint, "%s", message);
    r->stop = 1;
}

/* Length of the UTF-8 character at text, 0 when it is none that YAML allows. */
static size_t character(const unsigned char *t, size_t left)
{
    if (t[0] < 0x80)
        return t[0] == '\t' || t[0] == '\n' || t[0] == '\r' || (t[0] >= ' ' && t[0] < 127);
    size_t length = t[0] >= 0xc2 && t[0] < 0xe0   ? 2
                    : t[0] >= 0xe0 && t[0] < 0xf0 ? 3
                    : t[0] >= 0xf0 && t[0] < 0xf5 ? 4
                                                  : 0;
    if (length > left) return 0;
    for (size_t i = 1; i < length; i++)
        if ((t[i] & 0xc0) != 0x80) return 0;
    int surrogate = t[0] == 0xed && t[1] >= 0xa0, overlong = t[0] == 0xe0 && t[1] < 0xa0;
    int outside = (t[0] == 0xf0 && t[1] < 0x90) || (t[0] == 0xf4 && t[1] >= 0x90);
    int control = t[0] == 0xc2 && t[1] < 0xa0;
    return surrogate || overlong || outside || control ? 0 : length;
}

static int is_text(reader *r)
{
    for (size_t i = 0; i < r->size;) {
        size_t length = character((const unsigned char *)r->text + i, r->size - i);
        if (length == 0) {
            fail(r, i, i + 1, "save the file as UTF-8", "a byte that is no text");
            return 0;
        }
        i += length;
    }
    return 1;
}

static yaml_node *add_node(reader *r, node_kind kind, struct fy_event *event)
{
    const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
    size_t at = start ? start->input_pos : 0;
    if (++r->n_nodes > ITP_YAML_NODES_MAX) {
        if (!r->stop) fail(r, at, at + 1, NULL, "the file has too many values");
        return NULL;
    }
    yaml_node *node = itp_arena_alloc(r->arena, 1, sizeof *node);
    if (!node) {
        r->findings->out_of_memory = r->stop = 1;
        return NULL;
    }
    node->kind = kind;
    node->text = "";
    node->at = at > r->size ? r->size : at;
    node->end = end && end->input_pos >= node->at ? end->input_pos : node->at;
    if (node->end > r->size) node->end = r->size;
    return node;
}

/* The name of an anchor or alias; NULL when there is none. */
static const char *name_of(reader *r, struct fy_token *token)
{
    size_t length = 0;
    const char *text = token ? fy_token_get_text(token, &length) : NULL;
    return text ? itp_arena_span(r->arena, text, length) : NULL;
}

static anchor *remember(reader *r, const char *name, yaml_node *node)
{
    if (!name || !node || r->n_anchors == ITP_YAML_NODES_MAX) return NULL;
    r->anchors[r->n_anchors] = (anchor){name, node, 1};
    return &r->anchors[r->n_anchors++];
}

/* What single quotes hold (YAML 1.2.2, 7.3.2): '' is a quote; blanks around a line break go, one
 * break is a space, each further one a break. Ours, because libfyaml 0.7 loses memory over many ''.
 */
static const char *unquote(reader *r, const char *raw, size_t size)
{
    char *out = itp_arena_alloc(r->arena, 1, size + 1), *to = out;
    for (size_t i = 0; out && i < size;) {
        if (raw[i] != '\n' && raw[i] != '\r') {
            i += raw[i] == '\'' && i + 1 < size && raw[i + 1] == '\'' ? 2 : 1;
            *to++ = raw[i - 1];
            continue;
        }
        size_t breaks = 0;
        while (to > out && (to[-1] == ' ' || to[-1] == '\t')) to--;
        for (; i < size && strchr(" \t\r\n", raw[i]); i++) breaks += raw[i] == '\n';
        if (breaks <= 1) *to++ = ' ';
        for (; breaks > 1; breaks--) *to++ = '\n';
    }
    return out;
}

static yaml_node *read_scalar(reader *r, struct fy_event *event)
{
    yaml_node *node = add_node(r, NODE_SCALAR, event);
    struct fy_token *value = event->scalar.value;
    enum fy_scalar_style style = value ? fy_token_scalar_style(value) : FYSS_PLAIN;
    size_t length = 0;
    if (!node) return NULL;
    const char *raw = r->text + node->at, *text = NULL;
    if (style == FYSS_SINGLE_QUOTED)
        node->text = unquote(r, raw, node->end - node->at);
    else if (value && (text = fy_token_get_text(value, &length)))
        node->text = itp_arena_span(r->arena, text, length);
    node->quoted = style != FYSS_PLAIN;
    if (!node->text) {
        r->findings->out_of_memory = r->stop = 1;
        return NULL;
    }
    length = strlen(node->text);
    node->verbatim =
        length > 0 && length == node->end - node->at && !memcmp(raw, node->text, length);
    return node;
}

static yaml_node *read_alias(reader *r, struct fy_event *event)
{
    const struct fy_mark *start = fy_event_start_mark(event);
    const char *name = name_of(r, event->alias.anchor);
    size_t at = start ? start->input_pos : 0;
    for (size_t i = r->n_anchors; name && i-- > 0;) {
        if (strcmp(r->anchors[i].name, name) != 0) continue;
        if (r->anchors[i].open) break;
        return r->anchors[i].node;
    }
    if (at > 0 && at <= r->size && r->text[at - 1] == '*') at--;
    fail(r, at, at + 1, NULL, "this alias names no anchor before it");
    return NULL;
}

static yaml_node *read_node(reader *r, struct fy_event *event, size_t depth);

static struct fy_event *next_event(reader *r)
{
    return r->stop ? NULL : fy_parser_parse(r->fyp);
}

static int append(reader *r, yaml_node *node, yaml_node *key, yaml_node *value)
{
    if ((node->n & (node->n - 1)) == 0) { /* a power of two, or none: full */
        size_t room = node->n ? 2 * node->n : 1;
        yaml_node **values = itp_arena_alloc(r->arena, room, sizeof *values);
        yaml_node **keys = itp_arena_alloc(r->arena, room, sizeof *keys);
        if (!values || !keys) {
            r->findings->out_of_memory = r->stop = 1;
            return 0;
        }
        for (size_t i = 0; i < node->n; i++) {
            values[i] = node->values[i];
            keys[i] = node->keys[i];
        }
        node->values = values;
        node->keys = keys;
    }
    node->keys[node->n] = key;
    node->values[node->n++] = value;
    return 1;
}

static int is_duplicate(reader *r, const yaml_node *map, const yaml_node *key)
{
    if (!itp_yaml_get(map, key->text)) return 0;
    itp_finding_add(r->findings, FINDING_ERROR, span_of(r, key->at, key->end), NULL,
                    "key \"%.60s\" stands twice here", key->text);
    return 1;
}

/* The inside of a map or list, up to its end event. */
static void read_inside(reader *r, yaml_node *node, size_t depth)
{
    enum fy_event_type end = node->kind == NODE_MAP ? FYET_MAPPING_END : FYET_SEQUENCE_END;
    yaml_node *key = NULL;
    for (;;) {
        struct fy_event *event = next_event(r);
        if (!event) {
            r->stop = 1;
            return;
        }
        if (event->type == end) {
            const struct fy_mark *mark = fy_event_end_mark(event);
            if (mark && mark->input_pos > node->end && mark->input_pos <= r->size)
                node->end = mark->input_pos;
            fy_parser_event_free(r->fyp, event);
            return;
        }
        yaml_node *child = read_node(r, event, depth + 1);
        fy_parser_event_free(r->fyp, event);
        if (!child) {
            r->stop = 1;
            return;
        }
        if (node->kind == NODE_MAP && !key) {
            if (child->kind != NODE_SCALAR) {
                fail(r, child->at, child->end, NULL, "a key must be a word");
                return;
            }
            key = child;
        } else {
            int nothing = child->kind == NODE_SCALAR && !*child->text && child->end == 0;
            if (key && nothing) child->at = child->end = key->end; /* it has no place of its own */
            int twice = key && is_duplicate(r, node, key);
            if (!twice && !append(r, node, key, child)) return;
            key = NULL;
        }
    }
}

static yaml_node *read_node(reader *r, struct fy_event *event, size_t depth)
{
    yaml_node *node = NULL;
    struct fy_token *named = NULL;
    const struct fy_mark *mark = fy_event_start_mark(event);
    size_t at = mark ? mark->input_pos : 0;
    if (depth > ITP_YAML_DEPTH_MAX) {
        fail(r, at, at + 1, NULL, "nested too deeply");
        return NULL;
    }
    struct fy_token *tag = event->type == FYET_ALIAS ? NULL : fy_event_get_tag_token(event);
    if (tag) {
        const struct fy_mark *start = fy_token_start_mark(tag);
        if (start) at = start->input_pos;
        fail(r, at, at + 1, NULL, "tags (!) have no meaning here");
        return NULL;
    }
    switch (event->type) {
    case FYET_ALIAS: return read_alias(r, event);
    case FYET_SCALAR:
        node = read_scalar(r, event);
        named = event->scalar.anchor;
        break;
    case FYET_MAPPING_START:
        node = add_node(r, NODE_MAP, event);
        named = event->mapping_start.anchor;
        break;
    case FYET_SEQUENCE_START:
        node = add_node(r, NODE_LIST, event);
        named = event->sequence_start.anchor;
        break;
    default: break;
    }
    anchor *a = node ? remember(r, name_of(r, named), node) : NULL;
    size_t index = a ? (size_t)(a - r->anchors) : 0;
    if (node && node->kind != NODE_SCALAR) read_inside(r, node, depth);
    if (a) r->anchors[index].open = 0;
    return r->stop ? NULL : node;
}

/* What libfyaml itself complained about. */
static void take_complaints(reader *r, struct fy_diag *diag)
{
    void *iterator = NULL;
    struct fy_diag_error *e;
    while ((e = fy_diag_errors_iterate(diag, &iterator))) {
        size_t at = 0, line = e->line > 0 ? (size_t)e->line : 1;
        for (size_t k = 1; k < line && r->text[at]; at++) k += r->text[at] == '\n';
        for (int k = 1; k < e->column && r->text[at] && r->text[at] != '\n'; k++) {
            at++;
            while (((unsigned char)r->text[at] & 0xc0) == 0x80) at++;
        }
        itp_finding_add(r->findings, FINDING_ERROR, span_of(r, at, at + 1), NULL, "not YAML: %s",
                        e->msg ? e->msg : "cannot be parsed");
        r->stop = 1;
    }
}

static yaml_node *read_document(reader *r)
{
    yaml_node *root = NULL;
    struct fy_event *event;
    int documents = 0;
    while ((event = next_event(r))) {
        const struct fy_mark *mark = fy_event_start_mark(event);
        size_t at = mark ? mark->input_pos : 0;
        enum fy_event_type type = event->type;
        if (type == FYET_DOCUMENT_START && ++documents > 1)
            fail(r, at, at + 3, NULL, "a second document begins here; a campaign is one");
        else if (type >= FYET_MAPPING_START && !root)
            root = read_node(r, event, 0);
        fy_parser_event_free(r->fyp, event);
        if (type == FYET_STREAM_END) break;
    }
    return root;
}

yaml_node *itp_yaml_parse(const char *file, const char *text, size_t size, itp_arena *arena,
                          finding_list *findings)
{
    reader r = {.file = file, .text = text, .size = size, .arena = arena, .findings = findings};
    size_t errors = findings->errors;
    yaml_node *root = NULL;
    if (size > ITP_YAML_SIZE_MAX) {
        r.size = 0;
        fail(&r, 0, 0, NULL, "the file is larger than 1 MiB");
        return NULL;
    }
    if (!is_text(&r)) return NULL;
    struct fy_diag_cfg how;
    fy_diag_cfg_default(&how);
    how.fp = NULL;
    how.colorize = 0;
    how.level = FYET_ERROR;
    struct fy_diag *diag = fy_diag_create(&how);
    if (diag) fy_diag_set_collect_errors(diag, true);
    struct fy_parse_cfg cfg = {
        .search_path = "", .flags = FYPCF_QUIET | FYPCF_DISABLE_MMAP_OPT, .diag = diag};
    r.anchors = malloc(ITP_YAML_NODES_MAX * sizeof *r.anchors);
    r.fyp = diag && r.anchors ? fy_parser_create(&cfg) : NULL;
    if (r.fyp && fy_parser_set_string(r.fyp, text, size) == 0) {
        root = read_document(&r);
        take_complaints(&r, diag);
        if (!root && findings->errors == errors)
            fail(&r, 0, 0, NULL, "the file is empty; a campaign begins with \"campaign: NAME\"");
    } else {
        findings->out_of_memory = 1;
    }
    if (r.fyp) fy_parser_destroy(r.fyp);
    if (diag) fy_diag_destroy(diag);
    free(r.anchors);
    return r.stop ? NULL : root;
}

const yaml_node *itp_yaml_get(const yaml_node *map, const char *key)
{
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->n; i++)
        if (!strcmp(map->keys[i]->text, key)) return map->values[i];
    return NULL;
}
