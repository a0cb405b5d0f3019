/* files.c - files that a definition names, and its options as JSON.
 *   A path is relative to the campaign file's folder; ${INTERPHASE_DATA} stands for the folder of
 * measured data. What was read is kept under the path as written, so that a journal can give it
 * back without the disk.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder.h"

#define FILE_SIZE_MAX (512u << 20)
#define FILES_MAX     64

void *builder_alloc(builder *b, size_t count, size_t size)
{
    void *memory = itp_arena_alloc(&b->whole->arena, count + !count, size);
    if (!memory) b->findings.out_of_memory = 1;
    return memory;
}

const char *builder_expand(builder *b, const yaml_node *node, const char *text)
{
    static const char NAME[] = "${INTERPHASE_DATA}";
    const char *at = strstr(text, NAME), *folder = getenv("INTERPHASE_DATA");
    if (!at) return text;
    if (!folder || !*folder) {
        if (!b->from_disk) return text; /* a journal is read where the data may not be */
        schema_error(&b->s, node, "export INTERPHASE_DATA=/path/to/the/data",
                     "${INTERPHASE_DATA} is used here, but the environment does not set it");
        return NULL;
    }
    return itp_arena_print(&b->whole->arena, "%.*s%s%s", (int)(at - text), text, folder,
                           at + sizeof NAME - 1);
}

static const char *whole_path(builder *b, const char *path)
{
    if (path[0] == '/' || !*b->folder) return path;
    return itp_arena_print(&b->whole->arena, "%s%s", b->folder, path);
}

itp_status itp_read_text(const char *path, char **out, size_t *size, itp_error *err)
{
    FILE *in = fopen(path, "rb");
    char *bytes = NULL;
    long end = -1;
    if (!in) return itp_fail(err, ITP_EIO, "file %s cannot be read: %s", path, strerror(errno));
    if (fseek(in, 0, SEEK_END) == 0 && (end = ftell(in)) >= 0 && fseek(in, 0, SEEK_SET) == 0) {
        errno = EFBIG;
        if ((size_t)end <= FILE_SIZE_MAX) bytes = malloc((size_t)end + 1);
    }
    if (bytes && fread(bytes, 1, (size_t)end, in) != (size_t)end) {
        errno = EIO;
        free(bytes);
        bytes = NULL;
    }
    int why = errno;
    fclose(in);
    if (!bytes) return itp_fail(err, ITP_EIO, "file %s cannot be read: %s", path, strerror(why));
    bytes[end] = 0;
    *out = bytes;
    *size = (size_t)end;
    return ITP_OK;
}

static const itp_campaign_file *keep(builder *b, const char *path, const char *bytes, size_t size)
{
    itp_campaign_file *f = &b->files[b->whole->is.n_files++];
    *f = (itp_campaign_file){path, bytes, size};
    return f;
}

static const char JOURNAL_MAGIC[] = "SQLite format 3"; /* with its NUL */
/* How a table of trials begins (interphase export --format csv). */
static const char TRIALS_BEGIN[] = "trial,replicate,state,";

/* 1 journal, 0 another file, -1 none that can be read. */
static int is_journal(const char *full)
{
    char head[sizeof JOURNAL_MAGIC] = "";
    FILE *in = fopen(full, "rb");
    if (!in) return -1;
    size_t n = fread(head, 1, sizeof head, in);
    fclose(in);
    return n == sizeof head && !memcmp(head, JOURNAL_MAGIC, sizeof head);
}

static const itp_campaign_file *find_kept(const builder *b, const char *path)
{
    for (size_t i = 0; b->earlier && i < b->earlier->n_kept; i++) {
        const itp_campaign_file *f = &b->earlier->kept[i];
        if (!strcmp(f->path, path) && f->size >= sizeof TRIALS_BEGIN - 1 &&
            !memcmp(f->bytes, TRIALS_BEGIN, sizeof TRIALS_BEGIN - 1))
            return f;
    }
    return NULL;
}

static const itp_campaign_file *keep_copy(builder *b, const char *path, const char *bytes,
                                          size_t size)
{
    char *copy = builder_alloc(b, size + 1, 1);
    if (copy && size) memcpy(copy, bytes, size);
    return copy ? keep(b, path, copy, size) : NULL;
}

static int make_room(builder *b)
{
    if (!b->files) b->files = builder_alloc(b, FILES_MAX, sizeof *b->files);
    b->whole->is.files = b->files;
    return b->files != NULL;
}

const itp_campaign_file *builder_earlier(builder *b, const yaml_node *node, const char *path)
{
    const char *expanded = b->from_disk ? builder_expand(b, node, path) : NULL;
    const char *full = expanded ? whole_path(b, expanded) : NULL;
    const itp_campaign_file *kept = find_kept(b, path);
    int journal = full ? is_journal(full) : 0;
    int known = 0;
    for (size_t i = 0; i < b->whole->is.n_files; i++) known |= !strcmp(b->files[i].path, path);
    if (known || !make_room(b) || b->whole->is.n_files == FILES_MAX || journal == 0 ||
        (journal < 0 && !kept))
        return builder_file(b, node, path);
    if (kept) return keep_copy(b, path, kept->bytes, kept->size);
    char *table = NULL;
    size_t size = 0;
    itp_error err = {0};
    if (!b->earlier || !b->earlier->read) {
        schema_error(&b->s, node,
                     itp_arena_print(&b->whole->arena,
                                     "interphase export %s --format csv -o earlier.csv", path),
                     "data: a journal is taken as its table of trials");
        return NULL;
    }
    if (b->earlier->read(full, &table, &size, &err) != ITP_OK) {
        schema_error(&b->s, node, NULL, "data: %s", err.text);
        return NULL;
    }
    const itp_campaign_file *file = keep_copy(b, path, table, size);
    free(table);
    return file;
}

const itp_campaign_file *builder_file(builder *b, const yaml_node *node, const char *path)
{
    if (!make_room(b)) return NULL;
    for (size_t i = 0; i < b->whole->is.n_files; i++)
        if (!strcmp(b->files[i].path, path)) return &b->files[i];
    if (b->whole->is.n_files == FILES_MAX) {
        schema_error(&b->s, node, NULL, "more than %d files", FILES_MAX);
        return NULL;
    }
    for (size_t i = 0; i < b->n_given; i++) {
        if (strcmp(b->given[i].path, path) != 0) continue;
        return keep_copy(b, path, b->given[i].bytes, b->given[i].size);
    }
    size_t size;
    const char *expanded = b->from_disk ? builder_expand(b, node, path) : NULL;
    if (b->from_disk && !expanded) return NULL;
    if (expanded && strstr(expanded, "${")) {
        schema_error(&b->s, node, NULL,
                     "\"%.200s\": only ${INTERPHASE_DATA} has a meaning in a path", path);
        return NULL;
    }
    const char *full = expanded ? whole_path(b, expanded) : NULL;
    itp_error err = {0};
    char *text = NULL;
    if (!full) itp_fail(&err, ITP_EIO, "file %s is not among those that came along", path);
    if (!full || itp_read_text(full, &text, &size, &err) != ITP_OK) {
        schema_error(&b->s, node, NULL, "%s", err.text);
        return NULL;
    }
    char *bytes = builder_alloc(b, size + 1, 1);
    if (bytes) memcpy(bytes, text, size);
    free(text);
    return bytes ? keep(b, path, bytes, size) : NULL;
}

const csv_table *builder_table(builder *b, const yaml_node *node, const char *path)
{
    const itp_campaign_file *file = builder_file(b, node, path);
    if (!file) return NULL;
    return itp_csv_parse(file->path, file->bytes, file->size, &b->whole->arena, &b->findings);
}

/* --- JSON ----------------------------------------------------------------------------------------
 */

static void put_string(itp_buffer *out, const char *text)
{
    itp_buffer_text(out, "\"");
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            itp_buffer_print(out, "\\%c", *c);
        else if ((unsigned char)*c < ' ')
            itp_buffer_print(out, "\\u%04x", (unsigned)(unsigned char)*c);
        else
            itp_buffer_append(out, c, 1);
    }
    itp_buffer_text(out, "\"");
}

/* YAML's plain numbers that are also JSON's: no leading +, dot or zeros. */
static int is_json_number(const char *text)
{
    double value;
    size_t length = schema_scan_number(text, &value);
    const char *digits = text + (text[0] == '-');
    if (!length || text[length] || text[0] == '+' || digits[0] == '.') return 0;
    if (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') return 0;
    const char *dot = strchr(text, '.');
    return !dot || (dot[1] >= '0' && dot[1] <= '9');
}

/* Paths stay as they are written, so that a request says the same from whatever folder its campaign
 * is run or resumed: who performs it knows where they begin (--base). */
static void put_scalar(builder *b, itp_buffer *out, const yaml_node *node)
{
    const char *text = node->text;
    if (schema_is_null(node)) {
        itp_buffer_text(out, "null");
    } else if (!node->quoted &&
               (is_json_number(text) || !strcmp(text, "true") || !strcmp(text, "false"))) {
        itp_buffer_text(out, text);
    } else {
        text = builder_expand(b, node, text);
        put_string(out, text ? text : "");
    }
}

static void put(builder *b, itp_buffer *out, const yaml_node *node, const yaml_node *over);

static void put_map(builder *b, itp_buffer *out, const yaml_node *node, const yaml_node *over)
{
    int first = 1;
    const yaml_node *maps[2] = {node, over};
    itp_buffer_text(out, "{");
    for (int m = 0; m < 2; m++)
        for (size_t i = 0; maps[m] && i < maps[m]->n; i++) {
            const char *key = maps[m]->keys[i]->text;
            if (m == 0 && over && itp_yaml_get(over, key)) continue;
            if (!first) itp_buffer_text(out, ",");
            first = 0;
            put_string(out, key);
            itp_buffer_text(out, ":");
            put(b, out, maps[m]->values[i], NULL);
        }
    itp_buffer_text(out, "}");
}

static void put(builder *b, itp_buffer *out, const yaml_node *node, const yaml_node *over)
{
    if (!node || node->kind == NODE_MAP) {
        put_map(b, out, node, over);
    } else if (node->kind == NODE_SCALAR) {
        put_scalar(b, out, node);
    } else {
        itp_buffer_text(out, "[");
        for (size_t i = 0; i < node->n; i++) {
            if (i) itp_buffer_text(out, ",");
            put(b, out, node->values[i], NULL);
        }
        itp_buffer_text(out, "]");
    }
}

const char *builder_json(builder *b, const yaml_node *node, const yaml_node *over)
{
    itp_buffer out = {0};
    put(b, &out, node, over);
    const char *text = itp_arena_string(&b->whole->arena, out.data ? out.data : "{}");
    itp_buffer_deinit(&out);
    if (!text) b->findings.out_of_memory = 1;
    return text;
}

const char *builder_carry(builder *b, size_t n, const int *which, const key_rule *rules,
                          const yaml_node **slot)
{
    enum { CARRIED_MOST = 4 };
    yaml_node *keys[CARRIED_MOST], *values[CARRIED_MOST], names[CARRIED_MOST];
    yaml_node map = {.kind = NODE_MAP, .text = "", .keys = keys, .values = values};
    for (size_t i = 0; i < n && map.n < CARRIED_MOST; i++) {
        if (!slot[which[i]]) continue;
        names[map.n] = (yaml_node){.kind = NODE_SCALAR, .text = rules[which[i]].name};
        keys[map.n] = &names[map.n];
        values[map.n++] = (yaml_node *)slot[which[i]];
    }
    return builder_json(b, &map, NULL);
}
