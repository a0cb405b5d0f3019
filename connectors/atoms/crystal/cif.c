/* cif.c - a sound subset of CIF 1.1: one structure, fully occupied.
 *   The text is cut into tokens (words, quoted strings, ;-blocks); names and loops are walked once.
 *   Symmetry comes from the list of operations, else from a space-group name with its setting; a
 *   file that says nothing of symmetry, or leaves the origin open, is refused rather than guessed.
 *   Images of a site that fall together are averaged, which puts 0.3333 back on 1/3.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cifsites.h"
#include "vec.h"

typedef struct token {
    itp_word word;
    int quoted;
} token;

/* ---- tokens ---------------------------------------------------------------------------------- */

typedef struct lexer {
    itp_scan *scan;
    const char *line_start;
} lexer;

static int at_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f' || c == 0;
}

static void advance(itp_scan *s)
{
    if (*s->at == '\n') s->line++;
    s->at++;
}

/* A ;-block: from a ; that begins a line to the next such ;. */
static itp_status block(lexer *lx, token *out, itp_error *err)
{
    itp_scan *s = lx->scan;
    const char *from = ++s->at;
    while (s->at < s->end) {
        if (*s->at == '\n' && s->at + 1 < s->end && s->at[1] == ';') {
            *out = (token){{from, (size_t)(s->at - from)}, 1};
            advance(s);
            s->at++;
            return ITP_OK;
        }
        advance(s);
    }
    return itp_scan_fail(s, err, "a text that begins with ; has no end");
}

/* 1 and a token, 0 at the end, or a status < 0. A quote ends a string only before a blank. */
static int next(lexer *lx, const char *begin, token *out, itp_error *err)
{
    itp_scan *s = lx->scan;
    for (;;) {
        while (s->at < s->end && at_blank(*s->at)) advance(s);
        if (s->at >= s->end) return 0;
        if (*s->at != '#') break;
        while (s->at < s->end && *s->at != '\n') s->at++;
    }
    char c = *s->at;
    if (c == ';' && (s->at == begin || s->at[-1] == '\n')) {
        itp_status st = block(lx, out, err);
        return st == ITP_OK ? 1 : (int)st;
    }
    const char *from = s->at;
    if (c == '\'' || c == '"') {
        for (s->at++; s->at < s->end && *s->at != '\n'; s->at++)
            if (*s->at == c && (s->at + 1 == s->end || at_blank(s->at[1]))) {
                *out = (token){{from + 1, (size_t)(s->at - from - 1)}, 1};
                s->at++;
                return 1;
            }
        return (int)itp_scan_fail(s, err, "a quoted text has no end");
    }
    while (s->at < s->end && !at_blank(*s->at)) s->at++;
    *out = (token){{from, (size_t)(s->at - from)}, 0};
    return 1;
}

static itp_status tokenise(itp_scan *scan, token **tokens, size_t *count, itp_error *err)
{
    lexer lx = {scan, scan->at};
    const char *begin = scan->at;
    size_t room = 0, n = 0;
    token *list = NULL, one;
    int more;
    scan->line = 1;
    while ((more = next(&lx, begin, &one, err)) > 0) {
        if (n == room) {
            room = room ? 2 * room : 256;
            token *grown = realloc(list, room * sizeof *list);
            if (!grown) {
                free(list);
                return itp_fail(err, ITP_ENOMEM, "%s", scan->what);
            }
            list = grown;
        }
        list[n++] = one;
    }
    if (more < 0) {
        free(list);
        return (itp_status)more;
    }
    *tokens = list;
    *count = n;
    return ITP_OK;
}

/* ---- structure: names, loops, blocks ----------------------------------------------------------
 */

static int begins(itp_word word, const char *prefix)
{
    size_t length = strlen(prefix);
    return word.length >= length && itp_word_like((itp_word){word.at, length}, prefix);
}

static int is_control(const token *t)
{
    return !t->quoted &&
           (begins(t->word, "_") || begins(t->word, "loop_") || begins(t->word, "data_") ||
            begins(t->word, "save_") || begins(t->word, "stop_") || begins(t->word, "global_"));
}

static itp_status take_loop(itp_scan *scan, const token *t, size_t n, size_t *at, cif_facts *facts,
                            itp_error *err)
{
    itp_word names[ITP_SCAN_WORDS_MAX];
    size_t width = 0, i = *at;
    for (; i < n && !t[i].quoted && begins(t[i].word, "_"); i++) {
        if (width == ITP_SCAN_WORDS_MAX)
            return itp_scan_fail(scan, err, "a loop has more than %d columns", ITP_SCAN_WORDS_MAX);
        names[width++] = t[i].word;
    }
    if (width == 0) return itp_scan_fail(scan, err, "a loop_ without names");
    while (i < n && !is_control(&t[i])) {
        itp_word row[ITP_SCAN_WORDS_MAX];
        for (size_t j = 0; j < width; j++, i++) {
            if (i >= n || is_control(&t[i]))
                return itp_scan_fail(scan, err, "the loop of %.*s ends in the middle of a row",
                                     (int)(names[0].length > 60 ? 60 : names[0].length),
                                     names[0].at);
            row[j] = t[i].word;
        }
        itp_status st = cif_row(facts, scan, width, names, row, err);
        if (st != ITP_OK) return st;
    }
    *at = i;
    return ITP_OK;
}

static itp_status walk(itp_scan *scan, const token *t, size_t n, cif_facts *facts, itp_error *err)
{
    int blocks = 0;
    for (size_t i = 0; i < n;) {
        if (t[i].quoted || !is_control(&t[i]))
            return itp_scan_fail(scan, err, "'%.*s' stands where a name is expected",
                                 (int)(t[i].word.length > 40 ? 40 : t[i].word.length),
                                 t[i].word.at);
        if (begins(t[i].word, "data_")) {
            /* A second block is refused only when both hold atoms: many files end in an empty one.
             */
            if (blocks++ && facts->n_sites) {
                for (size_t k = i; k < n; k++)
                    if (!t[k].quoted && itp_word_like(t[k].word, "_atom_site_fract_x"))
                        return itp_fail(err, ITP_ENOTSUP, "%s: holds several structures",
                                        scan->what);
                return ITP_OK;
            }
            i++;
        } else if (begins(t[i].word, "loop_")) {
            i++;
            itp_status st = take_loop(scan, t, n, &i, facts, err);
            if (st != ITP_OK) return st;
        } else if (begins(t[i].word, "_")) {
            if (i + 1 >= n || is_control(&t[i + 1]))
                return itp_scan_fail(scan, err, "%.*s has no value",
                                     (int)(t[i].word.length > 60 ? 60 : t[i].word.length),
                                     t[i].word.at);
            itp_status st = cif_row(facts, scan, 1, &t[i].word, &t[i + 1].word, err);
            if (st != ITP_OK) return st;
            i += 2;
        } else {
            return itp_fail(err, ITP_ENOTSUP, "%s: save, stop and global blocks are not read",
                            scan->what);
        }
    }
    return ITP_OK;
}

itp_status itp_cif_read(itp_crystal **out, itp_scan *scan, itp_error *err)
{
    token *tokens = NULL;
    size_t count = 0;
    itp_status st = tokenise(scan, &tokens, &count, err);
    if (st != ITP_OK) return st;
    cif_facts facts = {.n_sites = 0};
    st = walk(scan, tokens, count, &facts, err);
    free(tokens);
    if (st == ITP_OK) st = cif_build(out, &facts, scan, err);
    free(facts.sites);
    free(facts.operations);
    return st;
}

void itp_cif_print(FILE *stream, const itp_crystal *crystal, const char *title)
{
    static const char *const LENGTHS[3] = {"a", "b", "c"};
    static const char *const ANGLES[3] = {"alpha", "beta", "gamma"};
    fprintf(stream, "# %s\ndata_structure\n_symmetry_space_group_name_H-M 'P 1'\n", title);
    for (int i = 0; i < 3; i++)
        fprintf(stream, "_cell_length_%s %.15g\n", LENGTHS[i], vec_norm(crystal->cell[i]));
    for (int i = 0; i < 3; i++) {
        const double *u = crystal->cell[(i + 1) % 3], *v = crystal->cell[(i + 2) % 3];
        fprintf(stream, "_cell_angle_%s %.15g\n", ANGLES[i],
                acos(vec_dot(u, v) / (vec_norm(u) * vec_norm(v))) * 180 / ITP_PI);
    }
    fputs("loop_\n_symmetry_equiv_pos_as_xyz\n'x, y, z'\nloop_\n_atom_site_type_symbol\n"
          "_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
          "_atom_site_occupancy\n",
          stream);
    for (size_t i = 0; i < crystal->n; i++) {
        const char *symbol = itp_element_at(crystal->z[i])->symbol;
        fprintf(stream, "%s %s%zu %.15g %.15g %.15g 1\n", symbol, symbol, i + 1,
                crystal->frac[i][0], crystal->frac[i][1], crystal->frac[i][2]);
    }
}
