/* cifsites.c - from the facts of a CIF to a cell full of atoms.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "cifsites.h"

#include <math.h>
#include <spglib.h>
#include <stdlib.h>
#include <string.h>

#include "vec.h"

enum { OPERATIONS_MAX = 192, HALL_MAX = 530 };
static const double MERGE = 0.1;       /* angstrom: images of one site nearer than this are one */
static const double OCCUPIED = 1.0e-3; /* how far an occupancy may be from 1 */

static void *grown(void *list, size_t n, size_t *room, size_t size)
{
    if (n < *room) return list;
    size_t wanted = *room ? 2 * *room : 64;
    void *more = realloc(list, wanted * size);
    if (more) *room = wanted;
    return more;
}

/* ---- symmetry operations: "-x+1/2, y, 1/4+z" ------------------------------------------------- */

static int parse_part(const char **at, const char *end, double row[3], double *shift)
{
    const char *p = *at;
    double sign = 1;
    int terms = 0;
    for (; p < end && *p != ','; p++) {
        char c = *p;
        if (c == ' ' || c == '\t') continue;
        if (c == '+' || c == '-') {
            sign = c == '-' ? -1 : 1;
        } else if ((c | 32) >= 'x' && (c | 32) <= 'z') {
            row[(c | 32) - 'x'] += sign;
            terms++;
            sign = 1;
        } else if ((c >= '0' && c <= '9') || c == '.') {
            char digits[24] = {0};
            size_t n = 0;
            double number, divisor = 1;
            while (p < end && n < 20 && ((*p >= '0' && *p <= '9') || *p == '.')) digits[n++] = *p++;
            if (!itp_scan_number((itp_word){digits, n}, &number)) return 0;
            if (p < end && *p == '/') {
                n = 0;
                for (p++; p < end && n < 20 && *p >= '0' && *p <= '9';) digits[n++] = *p++;
                if (!itp_scan_number((itp_word){digits, n}, &divisor) || divisor == 0) return 0;
            }
            p--;
            *shift += sign * number / divisor;
            sign = 1;
        } else {
            return 0;
        }
    }
    *at = p;
    return terms > 0;
}

static itp_status add_operation(cif_facts *facts, const itp_scan *scan, itp_word word,
                                itp_error *err)
{
    cif_operation op = {{{0}}, {0}};
    const char *at = word.at, *end = word.at + word.length;
    int good = 1;
    for (int i = 0; i < 3 && good; i++) {
        good = parse_part(&at, end, op.rotation[i], &op.shift[i]);
        if (good && i < 2) good = at < end && *at++ == ',';
    }
    double det = vec_det((const double(*)[3])op.rotation);
    if (!good || at != end || fabs(fabs(det) - 1) > 1e-9)
        return itp_scan_fail(scan, err, "'%.*s' is not a symmetry operation",
                             (int)(word.length > 60 ? 60 : word.length), word.at);
    if (facts->n_operations >= OPERATIONS_MAX)
        return itp_scan_fail(scan, err, "more than %d symmetry operations", OPERATIONS_MAX);
    void *more = grown(facts->operations, facts->n_operations, &facts->operations_room, sizeof op);
    if (!more) return itp_fail(err, ITP_ENOMEM, "%s", scan->what);
    facts->operations = more;
    facts->operations[facts->n_operations++] = op;
    return ITP_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* "Li1+", "O2-", "Fe": the element in front. A label's second letter counts only in lower case. */
static int element_of(itp_word word, int label)
{
    char text[3] = {0};
    if (word.length == 0) return 0;
    char a = word.at[0], b = word.length > 1 ? word.at[1] : 0;
    text[0] = a >= 'a' && a <= 'z' ? (char)(a - 32) : a;
    int upper = b >= 'A' && b <= 'Z', lower = b >= 'a' && b <= 'z';
    if (lower || (upper && !label)) {
        text[1] = upper ? (char)(b + 32) : b;
        int z = itp_element_find(text, 2);
        if (z) return z;
    }
    return itp_element_find(text, 1);
}

static itp_status add_site(cif_facts *facts, const itp_scan *scan, size_t width,
                           const itp_word *names, const itp_word *row, itp_error *err)
{
    static const char *const AXES[3] = {"_atom_site_fract_x", "_atom_site_fract_y",
                                        "_atom_site_fract_z"};
    cif_site site = {0, {NAN, NAN, NAN}, 1};
    int from_label = 0;
    for (size_t j = 0; j < width; j++) {
        for (int k = 0; k < 3; k++)
            if (itp_word_like(names[j], AXES[k]) && !itp_scan_number(row[j], &site.frac[k]))
                return itp_scan_fail(scan, err, "%s: '%.*s' is not a number", AXES[k],
                                     (int)(row[j].length > 40 ? 40 : row[j].length), row[j].at);
        if (itp_word_like(names[j], "_atom_site_type_symbol")) site.z = element_of(row[j], 0);
        if (itp_word_like(names[j], "_atom_site_label")) from_label = element_of(row[j], 1);
        if (itp_word_like(names[j], "_atom_site_occupancy") && !itp_word_is(row[j], "?") &&
            !itp_word_is(row[j], ".") && !itp_scan_number(row[j], &site.occupancy))
            return itp_scan_fail(scan, err, "an occupancy is not a number");
    }
    if (!site.z) site.z = from_label;
    if (!site.z)
        return itp_scan_fail(scan, err, "site %zu has no known element", facts->n_sites + 1);
    for (int k = 0; k < 3; k++)
        if (!(fabs(site.frac[k]) < 1e3))
            return itp_scan_fail(scan, err, "site %zu lacks %s", facts->n_sites + 1, AXES[k]);
    if (!(fabs(site.occupancy - 1) <= OCCUPIED))
        return itp_fail(err, ITP_ENOTSUP, "%s: site %zu is occupied by %g: disorder is not read",
                        scan->what, facts->n_sites + 1, site.occupancy);
    if (facts->n_sites >= ITP_CRYSTAL_ATOMS_MAX)
        return itp_scan_fail(scan, err, "more than %d sites", ITP_CRYSTAL_ATOMS_MAX);
    void *more = grown(facts->sites, facts->n_sites, &facts->sites_room, sizeof site);
    if (!more) return itp_fail(err, ITP_ENOMEM, "%s", scan->what);
    facts->sites = more;
    facts->sites[facts->n_sites++] = site;
    return ITP_OK;
}

static void take_symbol(cif_facts *facts, itp_word word)
{
    size_t n = 0, i = 0;
    for (; i < word.length && word.at[i] != ':'; i++)
        if (word.at[i] != ' ' && word.at[i] != '_' && n + 1 < sizeof facts->symbol)
            facts->symbol[n++] = word.at[i];
    facts->symbol[n] = 0;
    for (n = 0, i++; i < word.length && n + 1 < sizeof facts->setting; i++)
        if (word.at[i] != ' ') facts->setting[n++] = word.at[i];
    facts->setting[n] = 0;
}

static itp_status take_cell(cif_facts *facts, const itp_scan *scan, itp_word name, itp_word value,
                            itp_error *err)
{
    static const char *const NAMES[6] = {"_cell_length_a",   "_cell_length_b",
                                         "_cell_length_c",   "_cell_angle_alpha",
                                         "_cell_angle_beta", "_cell_angle_gamma"};
    for (int i = 0; i < 6; i++) {
        if (!itp_word_like(name, NAMES[i])) continue;
        double *to = i < 3 ? &facts->length[i] : &facts->angle[i - 3];
        double most = i < 3 ? 1e4 : 180;
        if (!itp_scan_number(value, to) || !(*to > 0) || !(*to < most))
            return itp_scan_fail(scan, err, "%s is not a number between 0 and %g", NAMES[i], most);
    }
    return ITP_OK;
}

itp_status cif_row(cif_facts *facts, const itp_scan *scan, size_t width, const itp_word *names,
                   const itp_word *row, itp_error *err)
{
    for (size_t j = 0; j < width; j++) {
        itp_word name = names[j], value = row[j];
        itp_status st = ITP_OK;
        if (itp_word_like(name, "_atom_site_fract_x"))
            return add_site(facts, scan, width, names, row, err);
        if (itp_word_like(name, "_symmetry_equiv_pos_as_xyz") ||
            itp_word_like(name, "_space_group_symop_operation_xyz") ||
            itp_word_like(name, "_space_group_symop.operation_xyz"))
            st = add_operation(facts, scan, value, err);
        else if (itp_word_like(name, "_symmetry_space_group_name_H-M") ||
                 itp_word_like(name, "_space_group_name_H-M_alt"))
            take_symbol(facts, value);
        else if (itp_word_like(name, "_symmetry_Int_Tables_number") ||
                 itp_word_like(name, "_space_group_IT_number"))
            (void)(itp_scan_whole(value, &facts->group) || (facts->group = 0));
        else
            st = take_cell(facts, scan, name, value, err);
        if (st != ITP_OK) return st;
    }
    return ITP_OK;
}

/* ---- the crystal ------------------------------------------------------------------------------
 */

static int same_symbol(const char *listed, const char *asked)
{
    for (;; listed++) {
        while (*listed == ' ' || *listed == '_') listed++;
        if (*listed != *asked) return 0;
        if (!*asked++) return 1;
    }
}

/* The Hall number that name, number and setting leave, if it is only one; 0 otherwise. Hexagonal
 * axes are told from rhombohedral ones by the angle gamma. */
static int hall_of(const cif_facts *f)
{
    int found = 0, choices = 0;
    for (int hall = 1; hall <= HALL_MAX; hall++) {
        SpglibSpacegroupType type = spg_get_spacegroup_type(hall);
        if (f->group && type.number != f->group) continue;
        if (f->symbol[0] && !same_symbol(type.international_short, f->symbol) &&
            !same_symbol(type.international_full, f->symbol))
            continue;
        if (f->setting[0] && strcmp(type.choice, f->setting) != 0) continue;
        if (strcmp(type.choice, "H") == 0 && fabs(f->angle[2] - 120) > 0.01) continue;
        if (strcmp(type.choice, "R") == 0 && fabs(f->angle[2] - 120) < 0.01) continue;
        if (!choices++) found = hall;
    }
    /* A bare number of a group with several settings does not say which axes were meant. */
    return choices == 1 ? found : 0;
}

static itp_status look_up(cif_facts *f, const itp_scan *scan, itp_error *err)
{
    if (!f->group && !f->symbol[0])
        return itp_scan_fail(scan, err, "says nothing of symmetry; give the operations or 'P 1'");
    int rotations[OPERATIONS_MAX][3][3];
    double shifts[OPERATIONS_MAX][3];
    int hall = hall_of(f);
    if (!hall)
        return itp_fail(err, ITP_ENOTSUP,
                        "%s: space group '%s' %ld leaves the setting open; give its operations",
                        scan->what, f->symbol, f->group);
    int n = spg_get_symmetry_from_database(rotations, shifts, hall);
    f->operations = n > 0 ? calloc((size_t)n, sizeof *f->operations) : NULL;
    if (!f->operations) return itp_fail(err, ITP_ENOMEM, "%s", scan->what);
    f->n_operations = (size_t)n;
    for (int o = 0; o < n; o++)
        for (int i = 0; i < 3; i++) {
            f->operations[o].shift[i] = shifts[o][i];
            for (int j = 0; j < 3; j++) f->operations[o].rotation[i][j] = rotations[o][i][j];
        }
    return ITP_OK;
}

static itp_status frame(const cif_facts *f, double cell[3][3], const itp_scan *scan, itp_error *err)
{
    double c[3];
    for (int i = 0; i < 3; i++) {
        if (f->length[i] <= 0 || f->angle[i] <= 0)
            return itp_scan_fail(scan, err, "the cell is not complete");
        /* Exact zeros at right angles keep orthogonal cells orthogonal. */
        c[i] = f->angle[i] == 90 ? 0 : cos(f->angle[i] * ITP_PI / 180);
    }
    double s = sqrt(1 - c[2] * c[2]);
    double y = (c[0] - c[1] * c[2]) / s;
    double z2 = 1 - c[1] * c[1] - y * y;
    if (!(z2 > 1e-6)) return itp_scan_fail(scan, err, "no cell has these three angles");
    memset(cell, 0, 9 * sizeof(double));
    cell[0][0] = f->length[0];
    cell[1][0] = f->length[1] * c[2];
    cell[1][1] = f->length[1] * s;
    cell[2][0] = f->length[2] * c[1];
    cell[2][1] = f->length[2] * y;
    cell[2][2] = f->length[2] * sqrt(z2);
    return ITP_OK;
}

/* All images of one site, those that fall together averaged; returns how many positions. */
static size_t spread(const cif_facts *f, const cif_site *site, const double cell[3][3],
                     double (*at)[3])
{
    double weight[OPERATIONS_MAX];
    size_t n = 0;
    for (size_t o = 0; o < f->n_operations; o++) {
        double p[3];
        for (int i = 0; i < 3; i++)
            p[i] = vec_dot(f->operations[o].rotation[i], site->frac) + f->operations[o].shift[i];
        size_t k = 0;
        for (; k < n; k++) {
            double d[3], r[3];
            for (int i = 0; i < 3; i++) {
                d[i] = p[i] - at[k][i] / weight[k];
                d[i] -= round(d[i]);
            }
            vec_frame(d, cell, r);
            if (vec_norm(r) >= MERGE) continue;
            for (int i = 0; i < 3; i++) at[k][i] += at[k][i] / weight[k] + d[i];
            weight[k] += 1;
            break;
        }
        if (k < n) continue;
        memcpy(at[n], p, sizeof p);
        weight[n++] = 1;
    }
    for (size_t k = 0; k < n; k++)
        for (int i = 0; i < 3; i++) at[k][i] /= weight[k];
    return n;
}

itp_status cif_build(itp_crystal **out, cif_facts *f, const itp_scan *scan, itp_error *err)
{
    double cell[3][3], at[OPERATIONS_MAX][3];
    itp_status st = frame(f, cell, scan, err);
    if (st != ITP_OK) return st;
    if (f->n_sites == 0) return itp_scan_fail(scan, err, "no atoms with fractional coordinates");
    if (f->n_operations == 0 && (st = look_up(f, scan, err)) != ITP_OK) return st;
    if (f->n_sites * f->n_operations > ITP_CRYSTAL_ATOMS_MAX)
        return itp_scan_fail(scan, err, "%zu sites times %zu operations are too many", f->n_sites,
                             f->n_operations);
    itp_crystal *crystal;
    if ((st = itp_crystal_create(&crystal, f->n_sites * f->n_operations)) != ITP_OK)
        return itp_fail(err, st, "%s", scan->what);
    memcpy(crystal->cell, cell, sizeof cell);
    size_t n = 0;
    for (size_t s = 0; s < f->n_sites; s++) {
        size_t images = spread(f, &f->sites[s], (const double(*)[3])cell, at);
        for (size_t k = 0; k < images; k++, n++) {
            memcpy(crystal->frac[n], at[k], sizeof at[k]);
            crystal->z[n] = f->sites[s].z;
        }
    }
    crystal->n = n;
    itp_crystal_wrap(crystal);
    *out = crystal;
    return ITP_OK;
}
