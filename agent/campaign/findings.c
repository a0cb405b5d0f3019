/* findings.c - collecting, sorting and printing: message, source line, caret, hint.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "findings.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SHOWN 160 /* bytes of a source line */

typedef struct kept_finding {
    itp_finding is;
    span where;
    size_t order;
} kept_finding;

void itp_find_place(const char *text, size_t at, unsigned *line, unsigned *column)
{
    *line = *column = 1;
    for (size_t i = 0; text && i < at && text[i]; i++) {
        if (text[i] == '\n') {
            ++*line;
            *column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) { /* not inside a UTF-8 character */
            ++*column;
        }
    }
}

void itp_finding_add(finding_list *list, finding_kind kind, span where, const char *hint,
                     const char *format, ...)
{
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    for (char *c = message; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127) *c = ' '; /* one line, whatever the file held */
    if (kind == FINDING_ERROR) list->errors++;
    if (!list->kept)
        list->kept = itp_arena_alloc(&list->arena, ITP_FINDINGS_MAX, sizeof *list->kept);
    if (!list->kept || list->n == ITP_FINDINGS_MAX) {
        list->dropped++;
        list->out_of_memory |= !list->kept;
        return;
    }
    kept_finding *k = &list->kept[list->n];
    *k = (kept_finding){.where = where, .order = list->n};
    k->is.file = where.file;
    k->is.warning = kind == FINDING_WARNING;
    k->is.message = itp_arena_string(&list->arena, message);
    k->is.hint = hint && *hint ? itp_arena_string(&list->arena, hint) : NULL;
    itp_find_place(where.text, where.at, &k->is.line, &k->is.column);
    list->n++;
    list->out_of_memory |= !k->is.message;
}

static int by_place(const void *a, const void *b)
{
    const kept_finding *x = a, *y = b;
    int files = strcmp(x->is.file, y->is.file);
    if (files) return files;
    if (x->is.line != y->is.line) return x->is.line < y->is.line ? -1 : 1;
    if (x->is.column != y->is.column) return x->is.column < y->is.column ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

/* The source line with a caret under its first byte and tildes under the rest. */
static void print_source(itp_buffer *out, const kept_finding *k)
{
    const char *text = k->where.text;
    size_t start = k->where.at, end = k->where.at;
    while (start > 0 && text[start - 1] != '\n') start--;
    while (text[end] && text[end] != '\n' && text[end] != '\r') end++;
    if (k->where.at - start > LINE_SHOWN) return;
    size_t shown = end - start > LINE_SHOWN ? LINE_SHOWN : end - start;
    while (shown > 0 && ((unsigned char)text[start + shown] & 0xc0) == 0x80) shown--;
    itp_buffer_print(out, "%5u | ", k->is.line);
    for (size_t i = 0; i < shown; i++) {
        char c = text[start + i];
        itp_buffer_append(out, (unsigned char)c < ' ' && c != '\t' ? "?" : &c, 1);
    }
    itp_buffer_text(out, "\n      | ");
    for (size_t i = start; i < k->where.at; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            itp_buffer_text(out, text[i] == '\t' ? "\t" : " ");
    itp_buffer_text(out, "^");
    for (size_t i = k->where.at + 1; i < k->where.at + k->where.length && i < start + shown; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80) itp_buffer_text(out, "~");
    itp_buffer_text(out, "\n");
}

static void print_all(const finding_list *list, itp_buffer *out)
{
    for (size_t i = 0; i < list->n; i++) {
        const kept_finding *k = &list->kept[i];
        itp_buffer_print(out, "%s:", k->is.file);
        if (k->where.text) itp_buffer_print(out, "%u:%u:", k->is.line, k->is.column);
        itp_buffer_print(out, " %s: %s\n", k->is.warning ? "warning" : "error", k->is.message);
        if (k->where.text) print_source(out, k);
        if (k->is.hint) itp_buffer_print(out, "      = hint: %s\n", k->is.hint);
    }
    if (list->dropped) itp_buffer_print(out, "and %zu more\n", list->dropped);
}

static char *copy_text(const char *text)
{
    return text ? strdup(text) : NULL;
}

itp_status itp_findings_take(finding_list *list, itp_findings *out)
{
    itp_buffer text = {0};
    if (list->n) qsort(list->kept, list->n, sizeof *list->kept, by_place);
    print_all(list, &text);
    itp_findings taken = {.text = strdup(text.data ? text.data : "")};
    itp_buffer_deinit(&text);
    taken.items = calloc(list->n + 1, sizeof *taken.items);
    int failed = !taken.text || !taken.items || list->out_of_memory;
    for (size_t i = 0; !failed && i < list->n; i++, taken.n++) {
        itp_finding *f = &taken.items[i];
        *f = list->kept[i].is;
        f->file = copy_text(list->kept[i].is.file);
        f->message = copy_text(list->kept[i].is.message);
        f->hint = copy_text(list->kept[i].is.hint);
        failed = !f->file || !f->message || (list->kept[i].is.hint && !f->hint);
    }
    if (failed) {
        itp_findings_deinit(&taken);
        return ITP_ENOMEM;
    }
    *out = taken;
    return ITP_OK;
}

void itp_findings_deinit(itp_findings *findings)
{
    for (size_t i = 0; findings->items && i < findings->n; i++) {
        free((void *)(uintptr_t)findings->items[i].file);
        free((void *)(uintptr_t)findings->items[i].message);
        free((void *)(uintptr_t)findings->items[i].hint);
    }
    free(findings->items);
    free(findings->text);
    *findings = (itp_findings){0};
}

void itp_finding_list_deinit(finding_list *list)
{
    itp_arena_deinit(&list->arena);
    *list = (finding_list){0};
}
