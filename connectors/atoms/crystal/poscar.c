/* poscar.c - VASP's structure file.
 *   title / scale / three vectors / [symbols] / counts / [Selective dynamics] / Direct|Cartesian /
 *   one line an atom. A negative scale is the wanted volume. Without a line of symbols (VASP 4) the
 *   title must begin with them, as many as there are counts. Velocities after the atoms are left.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "element.h"
#include "files.h"
#include "vec.h"

enum { SPECIES_MAX = ITP_SCAN_WORDS_MAX };

typedef struct poscar {
    double scale[3];
    double cell[3][3];
    int z[SPECIES_MAX];
    long count[SPECIES_MAX];
    size_t species, atoms;
    int cartesian;
} poscar;

static itp_status read_numbers(itp_scan *scan, size_t least, double *numbers, size_t *n,
                               const char *of, itp_error *err)
{
    itp_word line, words[ITP_SCAN_WORDS_MAX];
    if (!itp_scan_line(scan, &line)) return itp_scan_fail(scan, err, "ends before %s", of);
    size_t count = itp_scan_split(line, ITP_SCAN_WORDS_MAX, words);
    if (count < least)
        return itp_scan_fail(scan, err, "%s: %zu numbers, not %zu", of, count, least);
    size_t got = 0;
    while (got < 3 && got < count && itp_scan_number(words[got], &numbers[got])) got++;
    if (got < least)
        return itp_scan_fail(scan, err, "%s: '%.*s' is not a number", of,
                             (int)(words[got].length > 40 ? 40 : words[got].length), words[got].at);
    *n = got;
    return ITP_OK;
}

static itp_status read_cell(itp_scan *scan, poscar *p, itp_error *err)
{
    size_t n;
    itp_status st = read_numbers(scan, 1, p->scale, &n, "the scale", err);
    if (st != ITP_OK) return st;
    if (n == 2) n = 1;
    if (n == 1) p->scale[1] = p->scale[2] = p->scale[0];
    for (int i = 0; i < 3; i++) {
        size_t got;
        st = read_numbers(scan, 3, p->cell[i], &got, "a cell vector", err);
        if (st != ITP_OK) return st;
    }
    if (p->scale[0] < 0) {
        double volume = fabs(vec_det((const double(*)[3])p->cell));
        if (n != 1 || !(volume > 1e-12)) return itp_scan_fail(scan, err, "the scale is negative");
        double s = cbrt(-p->scale[0] / volume);
        p->scale[0] = p->scale[1] = p->scale[2] = s;
    }
    for (int j = 0; j < 3; j++) {
        if (!(p->scale[j] > 0)) return itp_scan_fail(scan, err, "the scale must not be zero");
        for (int i = 0; i < 3; i++) p->cell[i][j] *= p->scale[j];
    }
    return ITP_OK;
}

/* "Li", "Li_sv", "Li/0123abc": the symbol in front is what counts. */
static int symbol_of(itp_word word)
{
    size_t length = 0;
    while (length < word.length && length < 3 && word.at[length] != '_' && word.at[length] != '/')
        length++;
    return itp_element_find(word.at, (int)length);
}

static itp_status read_species(itp_scan *scan, poscar *p, itp_word title, itp_error *err)
{
    itp_word line, words[SPECIES_MAX], names[SPECIES_MAX];
    long first;
    if (!itp_scan_line(scan, &line)) return itp_scan_fail(scan, err, "ends before the counts");
    size_t n = itp_scan_split(line, SPECIES_MAX, words), named;
    if (n == 0 || n > SPECIES_MAX) return itp_scan_fail(scan, err, "no symbols and no counts");
    if (itp_scan_whole(words[0], &first)) {
        named = itp_scan_split(title, SPECIES_MAX, names);
        if (named > n && named <= SPECIES_MAX) named = n;
    } else {
        named = n;
        memcpy(names, words, n * sizeof *names);
        if (!itp_scan_line(scan, &line)) return itp_scan_fail(scan, err, "ends before the counts");
        n = itp_scan_split(line, SPECIES_MAX, words);
    }
    if (n != named || n == 0 || n > SPECIES_MAX)
        return itp_scan_fail(scan, err, "%zu symbols for %zu counts", named, n);
    p->species = n;
    for (size_t i = 0; i < n; i++) {
        p->z[i] = symbol_of(names[i]);
        if (!p->z[i])
            return itp_scan_fail(scan, err, "'%.*s' is not an element",
                                 (int)(names[i].length > 40 ? 40 : names[i].length), names[i].at);
        if (!itp_scan_whole(words[i], &p->count[i]) || p->count[i] < 0)
            return itp_scan_fail(scan, err, "count %zu is not a whole number", i + 1);
        p->atoms += (size_t)p->count[i];
        if (p->atoms > ITP_CRYSTAL_ATOMS_MAX)
            return itp_scan_fail(scan, err, "more than %d atoms", ITP_CRYSTAL_ATOMS_MAX);
    }
    return ITP_OK;
}

static itp_status read_mode(itp_scan *scan, poscar *p, itp_error *err)
{
    itp_word line, word;
    for (int tries = 0; tries < 2; tries++) {
        if (!itp_scan_line(scan, &line) || itp_scan_split(line, 1, &word) == 0)
            return itp_scan_fail(scan, err, "says neither Direct nor Cartesian");
        char c = word.at[0];
        if ((c == 's' || c == 'S') && tries == 0) continue;
        p->cartesian = strchr("cCkK", c) && c;
        if (p->cartesian || c == 'd' || c == 'D' || c == 'f' || c == 'F') return ITP_OK;
        break;
    }
    return itp_scan_fail(scan, err, "says neither Direct nor Cartesian");
}

itp_status itp_poscar_read(itp_crystal **out, itp_scan *scan, itp_error *err)
{
    poscar p = {.atoms = 0};
    itp_word title;
    itp_status st;
    if (!itp_scan_line(scan, &title)) return itp_scan_fail(scan, err, "is empty");
    if ((st = read_cell(scan, &p, err)) != ITP_OK ||
        (st = read_species(scan, &p, title, err)) != ITP_OK ||
        (st = read_mode(scan, &p, err)) != ITP_OK)
        return st;
    if (p.cartesian && fabs(vec_det((const double(*)[3])p.cell)) < 1e-9)
        return itp_scan_fail(scan, err, "the cell is flat");
    itp_crystal *crystal;
    if ((st = itp_crystal_create(&crystal, p.atoms)) != ITP_OK)
        return itp_fail(err, st, "%s: %zu atoms", scan->what, p.atoms);
    memcpy(crystal->cell, p.cell, sizeof p.cell);
    size_t k = 0;
    for (size_t s = 0; s < p.species; s++)
        for (long i = 0; i < p.count[s]; i++, k++) {
            size_t got;
            st = read_numbers(scan, 3, crystal->frac[k], &got, "an atom", err);
            if (st != ITP_OK) {
                itp_crystal_destroy(crystal);
                return st;
            }
            crystal->z[k] = p.z[s];
            if (!p.cartesian) continue;
            for (int j = 0; j < 3; j++) crystal->frac[k][j] *= p.scale[j];
            vec_unframe(crystal->frac[k], (const double(*)[3])crystal->cell, crystal->frac[k]);
        }
    *out = crystal;
    return ITP_OK;
}

void itp_poscar_print(FILE *stream, const itp_crystal *crystal, const char *title)
{
    fprintf(stream, "%s\n1.0\n", title);
    for (int i = 0; i < 3; i++)
        fprintf(stream, "  %.17g %.17g %.17g\n", crystal->cell[i][0], crystal->cell[i][1],
                crystal->cell[i][2]);
    long count[ITP_ELEMENT_MAX + 1] = {0};
    for (size_t i = 0; i < crystal->n; i++) count[crystal->z[i]]++;
    for (int z = 1; z <= ITP_ELEMENT_MAX; z++)
        if (count[z]) fprintf(stream, " %s", itp_element_at(z)->symbol);
    fputc('\n', stream);
    for (int z = 1; z <= ITP_ELEMENT_MAX; z++)
        if (count[z]) fprintf(stream, " %ld", count[z]);
    fputs("\nDirect\n", stream);
    for (int z = 1; z <= ITP_ELEMENT_MAX; z++)
        for (size_t i = 0; count[z] && i < crystal->n; i++)
            if (crystal->z[i] == z)
                fprintf(stream, "  %.17g %.17g %.17g\n", crystal->frac[i][0], crystal->frac[i][1],
                        crystal->frac[i][2]);
}
