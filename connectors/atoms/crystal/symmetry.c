/* symmetry.c - spglib behind our own types.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "symmetry.h"

#include <spglib.h>
#include <stdlib.h>
#include <string.h>

#include "spglibcell.h"
#include "vec.h"

/* spglib keeps lattice vectors in columns. */
static void to_columns(const double rows[3][3], double columns[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) columns[j][i] = rows[i][j];
}

itp_status spglib_dataset(SpglibDataset **out, const itp_crystal *crystal, double symprec,
                          itp_error *err)
{
    double lattice[3][3];
    to_columns((const double(*)[3])crystal->cell, lattice);
    *out = spg_get_dataset(lattice, crystal->frac, crystal->z, (int)crystal->n, symprec);
    if (*out && (*out)->spacegroup_number > 0) return ITP_OK;
    if (*out) spg_free_dataset(*out);
    *out = NULL;
    return itp_fail(err, ITP_ESCIENTIFIC, "no space group at a tolerance of %g angstrom: %s",
                    symprec, spg_get_error_message(spg_get_error_code()));
}

/* Crystal family and centring by number and symbol; hR counts the primitive cell's atoms. */
static void pearson_of(const SpglibDataset *set, char text[16])
{
    static const struct {
        int last;
        char family;
    } FAMILIES[] = {{2, 'a'}, {15, 'm'}, {74, 'o'}, {142, 't'}, {194, 'h'}, {230, 'c'}};
    int k = 0, n = set->n_std_atoms;
    while (set->spacegroup_number > FAMILIES[k].last) k++;
    char centring = set->international_symbol[0];
    if (centring == 'A' || centring == 'B' || centring == 'C') centring = 'S';
    if (centring == 'R') n /= 3;
    snprintf(text, 16, "%c%c%d", FAMILIES[k].family, centring, n);
}

itp_status itp_symmetry_find(itp_symmetry **out, const itp_crystal *crystal, double symprec,
                             itp_error *err)
{
    SpglibDataset *set;
    itp_status st = spglib_dataset(&set, crystal, symprec, err);
    if (st != ITP_OK) return st;
    itp_symmetry *s = calloc(1, sizeof *s);
    if (s) {
        s->operations = calloc((size_t)set->n_operations, sizeof *s->operations);
        s->orbit = calloc(crystal->n, sizeof *s->orbit);
    }
    if (!s || !s->operations || !s->orbit) {
        itp_symmetry_destroy(s);
        spg_free_dataset(set);
        return itp_fail(err, ITP_ENOMEM, "symmetry of %zu atoms", crystal->n);
    }
    s->group = set->spacegroup_number;
    snprintf(s->symbol, sizeof s->symbol, "%s", set->international_symbol);
    pearson_of(set, s->pearson);
    s->n = (size_t)set->n_operations;
    for (size_t o = 0; o < s->n; o++) {
        memcpy(s->operations[o].rotation, set->rotations[o], sizeof set->rotations[o]);
        memcpy(s->operations[o].shift, set->translations[o], sizeof set->translations[o]);
    }
    memcpy(s->orbit, set->equivalent_atoms, crystal->n * sizeof *s->orbit);
    spg_free_dataset(set);
    *out = s;
    return ITP_OK;
}

void itp_symmetry_destroy(itp_symmetry *symmetry)
{
    if (!symmetry) return;
    free(symmetry->operations);
    free(symmetry->orbit);
    free(symmetry);
}

itp_status itp_crystal_standard(itp_crystal **out, const itp_crystal *from, itp_setting setting,
                                double symprec, itp_error *err)
{
    enum { CENTRED = 4 }; /* a conventional cell holds at most four primitive ones */
    double lattice[3][3];
    itp_crystal *made = NULL;
    size_t room = CENTRED * from->n;
    itp_status st = itp_crystal_create(&made, room);
    if (st != ITP_OK) return itp_fail(err, st, "standard cell of %zu atoms", from->n);
    to_columns((const double(*)[3])from->cell, lattice);
    memcpy(made->frac, from->frac, from->n * sizeof *from->frac);
    memcpy(made->z, from->z, from->n * sizeof *from->z);
    int n = spg_standardize_cell(lattice, made->frac, made->z, (int)from->n,
                                 setting == ITP_SETTING_PRIMITIVE, 0, symprec);
    if (n <= 0) {
        itp_crystal_destroy(made);
        return itp_fail(err, ITP_ESCIENTIFIC, "no standard cell at a tolerance of %g angstrom: %s",
                        symprec, spg_get_error_message(spg_get_error_code()));
    }
    made->n = (size_t)n;
    to_columns((const double(*)[3])lattice, made->cell);
    itp_crystal_wrap(made);
    *out = made;
    return ITP_OK;
}
