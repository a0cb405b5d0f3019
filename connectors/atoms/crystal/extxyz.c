/* extxyz.c - extended XYZ: count / key=value line / one line an atom.
 *   Needs Lattice="ax ay az bx ...", takes Properties=species:S:1:pos:R:3:... (that order is the
 *   default) and pbc="T T F". Columns other than species and pos are skipped. Only the first frame.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "element.h"
#include "files.h"
#include "vec.h"

/* The value of key= in the line, without its quotes; 0 when it is not there. */
static int value_of(itp_word line, const char *key, itp_word *value)
{
    size_t length = strlen(key), i = 0;
    while (i < line.length) {
        while (i < line.length && (line.at[i] == ' ' || line.at[i] == '\t')) i++;
        size_t from = i;
        while (i < line.length && line.at[i] != '=' && line.at[i] != ' ') i++;
        itp_word name = {line.at + from, i - from};
        if (i >= line.length || line.at[i] != '=') continue;
        char quote = ++i < line.length ? line.at[i] : 0;
        int quoted = quote == '"' || quote == '\'';
        if (quoted) i++;
        from = i;
        while (i < line.length && (quoted ? line.at[i] != quote : line.at[i] != ' ')) i++;
        *value = (itp_word){line.at + from, i - from};
        if (quoted && i < line.length) i++;
        if (name.length == length && itp_word_like(name, key)) return 1;
    }
    return 0;
}

typedef struct columns {
    size_t species, position, total;
} columns;

static itp_status read_columns(const itp_scan *scan, itp_word line, columns *c, itp_error *err)
{
    *c = (columns){0, 1, 4};
    itp_word value;
    if (!value_of(line, "Properties", &value)) return ITP_OK;
    size_t at = 0, i = 0;
    int species = 0, position = 0;
    while (i < value.length) {
        itp_word part[3];
        for (int k = 0; k < 3; k++) {
            size_t from = i;
            while (i < value.length && value.at[i] != ':') i++;
            part[k] = (itp_word){value.at + from, i - from};
            if (i < value.length) i++;
        }
        long width;
        if (!itp_scan_whole(part[2], &width) || width < 1 || width > ITP_SCAN_WORDS_MAX)
            return itp_scan_fail(scan, err, "Properties is damaged");
        if (itp_word_like(part[0], "species") && width == 1) species = 1, c->species = at;
        if (itp_word_like(part[0], "pos") && width == 3) position = 1, c->position = at;
        at += (size_t)width;
    }
    c->total = at;
    if (!species || !position || at > ITP_SCAN_WORDS_MAX)
        return itp_scan_fail(scan, err, "Properties needs species:S:1 and pos:R:3");
    return ITP_OK;
}

static itp_status read_lattice(const itp_scan *scan, itp_word line, itp_crystal *crystal,
                               itp_error *err)
{
    itp_word value, words[9];
    if (!value_of(line, "Lattice", &value))
        return itp_scan_fail(scan, err, "has no Lattice=\"...\": not a periodic structure");
    if (itp_scan_split(value, 9, words) != 9)
        return itp_scan_fail(scan, err, "Lattice needs 9 numbers");
    for (int i = 0; i < 9; i++)
        if (!itp_scan_number(words[i], &crystal->cell[i / 3][i % 3]))
            return itp_scan_fail(scan, err, "Lattice: number %d is damaged", i + 1);
    if (!(fabs(vec_det((const double(*)[3])crystal->cell)) > 1e-9))
        return itp_scan_fail(scan, err, "the cell is flat");
    if (!value_of(line, "pbc", &value)) return ITP_OK;
    if (itp_scan_split(value, 3, words) != 3)
        return itp_scan_fail(scan, err, "pbc needs three letters");
    for (int i = 0; i < 3; i++) crystal->pbc[i] = words[i].at[0] == 'T' || words[i].at[0] == '1';
    return ITP_OK;
}

static itp_status read_atom(itp_scan *scan, const columns *c, itp_crystal *crystal, size_t k,
                            itp_error *err)
{
    itp_word line, words[ITP_SCAN_WORDS_MAX];
    if (!itp_scan_line(scan, &line))
        return itp_scan_fail(scan, err, "ends after %zu of %zu atoms", k, crystal->n);
    if (itp_scan_split(line, ITP_SCAN_WORDS_MAX, words) < c->total)
        return itp_scan_fail(scan, err, "an atom needs %zu columns", c->total);
    itp_word species = words[c->species];
    long z = itp_element_find(species.at, species.length > 2 ? 3 : (int)species.length);
    if (!z && !(itp_scan_whole(species, &z) && itp_element_at((int)z)))
        return itp_scan_fail(scan, err, "'%.*s' is not an element",
                             (int)(species.length > 40 ? 40 : species.length), species.at);
    crystal->z[k] = (int)z;
    for (size_t j = 0; j < 3; j++)
        if (!itp_scan_number(words[c->position + j], &crystal->frac[k][j]))
            return itp_scan_fail(scan, err, "coordinate %zu is not a number", j + 1);
    return ITP_OK;
}

itp_status itp_extxyz_read(itp_crystal **out, itp_scan *scan, itp_error *err)
{
    itp_word line, word;
    long n;
    if (!itp_scan_line(scan, &line) || itp_scan_split(line, 1, &word) != 1 ||
        !itp_scan_whole(word, &n) || n < 1)
        return itp_scan_fail(scan, err, "the first line is not a number of atoms");
    if (n > ITP_CRYSTAL_ATOMS_MAX)
        return itp_scan_fail(scan, err, "%ld atoms, at most %d", n, ITP_CRYSTAL_ATOMS_MAX);
    if (!itp_scan_line(scan, &line)) return itp_scan_fail(scan, err, "ends before its second line");
    itp_crystal *crystal;
    columns c;
    itp_status st = itp_crystal_create(&crystal, (size_t)n);
    if (st != ITP_OK) return itp_fail(err, st, "%s: %ld atoms", scan->what, n);
    if ((st = read_columns(scan, line, &c, err)) != ITP_OK) goto fail;
    if ((st = read_lattice(scan, line, crystal, err)) != ITP_OK) goto fail;
    double inverse[3][3];
    vec_invert((const double(*)[3])crystal->cell, inverse);
    for (size_t k = 0; k < crystal->n; k++) {
        if ((st = read_atom(scan, &c, crystal, k, err)) != ITP_OK) goto fail;
        vec_frame(crystal->frac[k], (const double(*)[3])inverse, crystal->frac[k]);
    }
    *out = crystal;
    return ITP_OK;
fail:
    itp_crystal_destroy(crystal);
    return st;
}

void itp_extxyz_print(FILE *stream, const itp_crystal *crystal, const char *title)
{
    fprintf(stream, "%zu\nLattice=\"", crystal->n);
    for (int i = 0; i < 9; i++)
        fprintf(stream, "%s%.17g", i ? " " : "", crystal->cell[i / 3][i % 3]);
    fprintf(stream, "\" Properties=species:S:1:pos:R:3 pbc=\"%c %c %c\"",
            crystal->pbc[0] ? 'T' : 'F', crystal->pbc[1] ? 'T' : 'F', crystal->pbc[2] ? 'T' : 'F');
    if (title && *title) fprintf(stream, " title=\"%s\"", title);
    fputc('\n', stream);
    for (size_t i = 0; i < crystal->n; i++) {
        double r[3];
        vec_frame(crystal->frac[i], (const double(*)[3])crystal->cell, r);
        fprintf(stream, "%-2s %.17g %.17g %.17g\n", itp_element_at(crystal->z[i])->symbol, r[0],
                r[1], r[2]);
    }
}
