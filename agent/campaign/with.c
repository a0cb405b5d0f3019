/* with.c - the same campaign under other settings: KEY=VALUE put into the definition's own text, so
 * that what was asked for stands in the journal as if the file had said it.
 *   A value that is there is replaced, a key that is missing is added to its section, and a section
 * that is missing to the end. SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "builder.h"

typedef struct setting {
    const char *key, *section; /* section NULL: of the campaign itself */
} setting;

static const setting SETTINGS[] = {
    {"acquisition", "agent"}, {"surrogate", "agent"}, {"design", "agent"}, {"parallel", "agent"},
    {"trials", "budget"},     {"time", "budget"},     {"seed", NULL}};
#define N_SETTINGS (sizeof SETTINGS / sizeof *SETTINGS)

static const setting *find_setting(const char *key, size_t length)
{
    for (size_t i = 0; i < N_SETTINGS; i++)
        if (strlen(SETTINGS[i].key) == length && !memcmp(SETTINGS[i].key, key, length))
            return &SETTINGS[i];
    return NULL;
}

/* text[0, at) + what + text[end, ...); the caller's to free. */
static char *splice(const char *text, size_t at, size_t end, const char *what)
{
    size_t size = strlen(text), added = strlen(what);
    char *out = malloc(size - (end - at) + added + 1);
    if (!out) return NULL;
    memcpy(out, text, at);
    memcpy(out + at, what, added);
    memcpy(out + at + added, text + end, size - end + 1);
    return out;
}

static char *add_line(const char *text, const char *line)
{
    size_t size = strlen(text);
    char what[400];
    snprintf(what, sizeof what, "%s%s\n", size && text[size - 1] != '\n' ? "\n" : "", line);
    return splice(text, size, size, what);
}

/* In front of the first key of a map: in its braces, or on a line of its own with its indent. */
static char *add_key(const char *text, const yaml_node *map, const char *pair)
{
    char what[400];
    if (text[map->at] == '{') {
        snprintf(what, sizeof what, "%s%s", pair, map->n ? ", " : "");
        return splice(text, map->at + 1, map->at + 1, what);
    }
    size_t at = map->keys[0]->at, start = at;
    while (start > 0 && text[start - 1] != '\n') start--;
    snprintf(what, sizeof what, "%s\n%.*s", pair, (int)(at - start), text + start);
    return splice(text, at, at, what);
}

static char *put(const char *text, const yaml_node *root, const setting *to, const char *value)
{
    char pair[300], line[340];
    snprintf(pair, sizeof pair, "%s: %s", to->key, value);
    snprintf(line, sizeof line, "%s: {%s}", to->section ? to->section : "", pair);
    const yaml_node *map = to->section ? itp_yaml_get(root, to->section) : root;
    if (!map || map->kind != NODE_MAP || (map->n == 0 && text[map->at] != '{'))
        return add_line(text, line);
    const yaml_node *old = itp_yaml_get(map, to->key);
    if (!old) return to->section ? add_key(text, map, pair) : add_line(text, pair);
    size_t quote = old->kind == NODE_SCALAR && old->quoted;
    size_t at = old->at - quote, end = old->end + (quote && text[old->end] == text[at]);
    while (end > at && old->kind != NODE_SCALAR && strchr(" \n", text[end - 1])) end--;
    return splice(text, at, end, value);
}

static itp_status put_one(char **text, const char *path, const char *what, itp_error *err)
{
    const char *equals = strchr(what, '=');
    const setting *to = equals ? find_setting(what, (size_t)(equals - what)) : NULL;
    if (!to)
        return itp_fail(err, ITP_EINVAL,
                        "setting \"%.60s\": one of acquisition, surrogate, design, parallel, "
                        "trials, time and seed is wanted, as KEY=VALUE",
                        what);
    if (strlen(equals + 1) > 200)
        return itp_fail(err, ITP_EINVAL, "setting %s: the value is too long", to->key);
    itp_arena arena = {0};
    finding_list findings = {0};
    const yaml_node *root = itp_yaml_parse(path, *text, strlen(*text), &arena, &findings);
    char *fresh = root ? put(*text, root, to, equals + 1) : NULL;
    itp_finding_list_deinit(&findings);
    itp_arena_deinit(&arena);
    if (!fresh) return itp_fail(err, ITP_ENOMEM, "campaign %s: setting %s", path, to->key);
    free(*text);
    *text = fresh;
    return ITP_OK;
}

itp_status itp_campaign_with(itp_campaign **out, const itp_campaign *from, size_t n,
                             const char *const *settings, itp_error *err)
{
    char *text = strdup(from->text);
    itp_status st = text ? ITP_OK : itp_fail(err, ITP_ENOMEM, "campaign %s", from->path);
    for (size_t i = 0; st == ITP_OK && i < n; i++)
        st = put_one(&text, from->path, settings[i], err);
    itp_findings findings = {0};
    if (st == ITP_OK)
        st = itp_campaign_parse(out, from->path, text, from->n_files, from->files, &findings, err);
    for (size_t i = 0; st == ITP_ECAMPAIGN && i < findings.n; i++)
        if (!findings.items[i].warning) {
            itp_fail(err, st, "with %s: %s", n == 1 ? settings[0] : "these settings",
                     findings.items[i].message);
            break;
        }
    itp_findings_deinit(&findings);
    free(text);
    return st;
}
