/* fuzz_structure.c - arbitrary bytes as a structure file: no crash, no leak, no hang.
 *   What is read passes the check, comes back the same from POSCAR and extended XYZ, and has a
 * symmetry or a refusal with its reason. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crystal.h"
#include "symmetry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ATOMS_MAX 64 /* symmetry of more takes longer than it teaches */

static void must(int holds)
{
    if (!holds) abort();
}

/* POSCAR groups atoms by element, so only their number is compared. */
static void read_back(const itp_crystal *c, itp_format format)
{
    char *text = NULL;
    itp_crystal *back = NULL;
    itp_error err = {0};
    must(itp_crystal_print(&text, c, format, "t") == ITP_OK);
    must(itp_crystal_parse(&back, text, strlen(text), format, "back", &err) == ITP_OK);
    must(back->n == c->n && memcmp(back->cell, c->cell, sizeof c->cell) == 0);
    itp_crystal_destroy(back);
    free(text);
}

static void find_symmetry(const itp_crystal *c)
{
    itp_symmetry *s = NULL;
    itp_crystal *canonical = NULL;
    itp_error err = {0};
    if (itp_symmetry_find(&s, c, ITP_SYMPREC, &err) == ITP_OK)
        must(s->group >= 1 && s->group <= 230);
    else
        must(err.text[0] != 0);
    itp_symmetry_destroy(s);
    err.text[0] = 0;
    if (itp_crystal_canonical(&canonical, c, ITP_SYMPREC, &err) != ITP_OK) must(err.text[0] != 0);
    itp_crystal_destroy(canonical);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    itp_crystal *c = NULL;
    itp_error err = {0};
    /* The first byte chooses the format, so that each reader meets what is not its own. */
    itp_format format = size ? (itp_format)(data[0] % 4) : ITP_FORMAT_AUTO;
    char *text = malloc(size ? size : 1); /* exactly so long: a read past the end is seen */
    if (!text) return 0;
    size_t length = size ? size - 1 : 0;
    if (length) memcpy(text, data + 1, length);
    itp_status st = itp_crystal_parse(&c, text, length, format, "fuzz", &err);
    free(text);
    if (st != ITP_OK) {
        must(!c && err.text[0] != 0);
        return 0;
    }
    must(itp_crystal_check(c, NULL) == ITP_OK);
    read_back(c, ITP_FORMAT_POSCAR);
    read_back(c, ITP_FORMAT_EXTXYZ);
    if (c->n <= ATOMS_MAX) find_symmetry(c);
    itp_crystal_destroy(c);
    return 0;
}
