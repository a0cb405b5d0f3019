/* test_files.c - structures in and out: round trips, known files, and damage at every byte.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "crystal.h"
#include "suite.h"
#include "symmetry.h"
#include "vec.h"

static const char LIF[] =
    "data_LiF\n_symmetry_space_group_name_H-M 'F m -3 m'\n"
    "_symmetry_Int_Tables_number 225\n_cell_length_a 4.027(2)\n_cell_length_b 4.027\n"
    "_cell_length_c 4.027\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
    "_cell_angle_gamma 90\nloop_\n_atom_site_label\n_atom_site_type_symbol\n"
    "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
    "_atom_site_occupancy\nLi1 Li1+ 0 0 0 1.0\nF1 F1- 0.5 0.5 0.5 1.0\n";

static const char MG[] = "Mg\n3.2\n1 0 0\n-0.5 0.86602540378443865 0\n0 0 1.6234\n2\nDirect\n"
                         "0.3333333333 0.6666666667 0.25\n0.6666666667 0.3333333333 0.75\n";

static const char QUARTZ[] =
    "data_q\n_cell_length_a 4.913\n_cell_length_b 4.913\n_cell_length_c 5.405\n_cell_angle_alpha "
    "90\n"
    "_cell_angle_beta 90\n_cell_angle_gamma 120\nloop_\n_symmetry_equiv_pos_as_xyz\n'x,y,z'\n"
    "'-y,x-y,z+1/3'\n'-x+y,-x,z+2/3'\n'y,x,-z'\n'x-y,-y,-z+2/3'\n'-x,-x+y,-z+1/3'\n"
    "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n"
    "Si 0.4697 0 0.333333\nO 0.4135 0.2669 0.2144\n";

static itp_crystal *parsed(const char *text, itp_format format)
{
    itp_crystal *c = NULL;
    itp_error err = {0};
    if (itp_crystal_parse(&c, text, strlen(text), format, "text", &err) != ITP_OK)
        printf("\n  %s\n", err.text);
    return c;
}

static void known_files_give_known_groups(void)
{
    const struct {
        const char *text;
        size_t atoms;
        int group;
        const char *pearson, *formula;
    } files[] = {
        {LIF, 8, 225, "cF8", "FLi"}, {MG, 2, 194, "hP2", "Mg"}, {QUARTZ, 9, 152, "hP9", "O2Si"}};
    for (size_t i = 0; i < 3; i++) {
        itp_crystal *c = parsed(files[i].text, ITP_FORMAT_AUTO);
        CU_ASSERT_PTR_NOT_NULL_FATAL(c);
        CU_ASSERT_EQUAL(c->n, files[i].atoms);
        itp_symmetry *s = NULL;
        CU_ASSERT_EQUAL_FATAL(itp_symmetry_find(&s, c, ITP_SYMPREC, NULL), ITP_OK);
        CU_ASSERT_EQUAL(s->group, files[i].group);
        CU_ASSERT_STRING_EQUAL(s->pearson, files[i].pearson);
        char formula[32];
        itp_crystal_formula(c, sizeof formula, formula);
        CU_ASSERT_STRING_EQUAL(formula, files[i].formula);
        itp_symmetry_destroy(s);
        itp_crystal_destroy(c);
    }
}

static double difference(const itp_crystal *a, const itp_crystal *b)
{
    double worst = a->n == b->n ? 0 : INFINITY;
    for (int i = 0; i < 9; i++)
        worst = fmax(worst, fabs(a->cell[i / 3][i % 3] - b->cell[i / 3][i % 3]));
    for (size_t i = 0; i < a->n && isfinite(worst); i++) {
        if (a->z[i] != b->z[i]) return INFINITY;
        for (int j = 0; j < 3; j++)
            worst = fmax(worst, vec_circle(a->frac[i][j], b->frac[i][j]) * 10);
    }
    return worst;
}

static void every_format_round_trips(void)
{ /* CIF goes through lengths and angles, so only an orthogonal cell comes back as it was. */
    const itp_format formats[] = {ITP_FORMAT_POSCAR, ITP_FORMAT_EXTXYZ, ITP_FORMAT_CIF};
    const char *texts[] = {LIF, MG};
    for (size_t f = 0; f < 3; f++)
        for (size_t t = 0; t < 2; t++) {
            itp_crystal *c = parsed(texts[t], ITP_FORMAT_AUTO), *sorted = NULL;
            char *text = NULL;
            CU_ASSERT_EQUAL_FATAL(itp_crystal_print(&text, c, ITP_FORMAT_POSCAR, "Li F"), ITP_OK);
            sorted = parsed(text, ITP_FORMAT_POSCAR); /* POSCAR groups atoms by element */
            free(text);
            CU_ASSERT_EQUAL_FATAL(itp_crystal_print(&text, sorted, formats[f], "title"), ITP_OK);
            itp_crystal *back = parsed(text, formats[f]);
            CU_ASSERT_PTR_NOT_NULL_FATAL(back);
            CU_ASSERT(difference(sorted, back) < 1e-11);
            free(text);
            itp_crystal_destroy(back);
            itp_crystal_destroy(sorted);
            itp_crystal_destroy(c);
        }
}

/* What must hold of any text: a crystal that passes the check, or a status with a reason. */
static int sound(const char *text, size_t length, itp_format format)
{
    itp_crystal *c = NULL;
    itp_error err = {0};
    itp_status st = itp_crystal_parse(&c, text, length, format, "damaged", &err);
    if (st != ITP_OK) return c == NULL && err.text[0] != 0;
    int good = itp_crystal_check(c, NULL) == ITP_OK;
    itp_crystal_destroy(c);
    return good;
}

static void damage_at_every_byte_is_refused_or_read(void)
{ /* Truncation at each byte, and each byte replaced by eight others. The copy has the exact size,
     so that the sanitizer sees a read past the end. */
    static const char BYTES[] = {0, '\n', ' ', '9', '-', 'x', '\'', (char)0xff};
    char *xyz = NULL;
    itp_crystal *c = parsed(LIF, ITP_FORMAT_CIF);
    CU_ASSERT_EQUAL_FATAL(itp_crystal_print(&xyz, c, ITP_FORMAT_EXTXYZ, "t"), ITP_OK);
    const char *texts[] = {LIF, MG, QUARTZ, xyz};
    size_t unsound = 0;
    for (size_t t = 0; t < 4; t++) {
        size_t length = strlen(texts[t]);
        for (size_t at = 0; at <= length; at++)
            for (size_t b = 0; b <= sizeof BYTES; b++) {
                size_t size = b == sizeof BYTES ? at : length;
                char *copy = malloc(size ? size : 1);
                memcpy(copy, texts[t], size);
                if (b < sizeof BYTES && at < length) copy[at] = BYTES[b];
                unsound += !sound(copy, size, ITP_FORMAT_AUTO);
                free(copy);
            }
    }
    CU_ASSERT_EQUAL(unsound, 0);
    free(xyz);
    itp_crystal_destroy(c);
}

static void refusals_name_their_reason(void)
{
    const struct {
        const char *text;
        itp_format format;
        itp_status status;
        const char *says;
    } cases[] = {
        {"", ITP_FORMAT_POSCAR, ITP_EPARSE, "empty"},
        {"Li\n1\n1 0 0\n0 1 0\n0 0\n", ITP_FORMAT_POSCAR, ITP_EPARSE, ":5: a cell vector"},
        {"Li\n1\n3 0 0\n0 3 0\n0 0 3\nQq\n1\nDirect\n0 0 0\n", ITP_FORMAT_POSCAR, ITP_EPARSE,
         "'Qq' is not an element"},
        {"Li\n1\n3 0 0\n0 3 0\n3 3 0\nLi\n1\nDirect\n0 0 0\n", ITP_FORMAT_POSCAR, ITP_ERANGE,
         "cell volume"},
        {"Li\n1\n0 3 0\n3 0 0\n0 0 3\nLi\n1\nDirect\n0 0 0\n", ITP_FORMAT_POSCAR, ITP_ERANGE,
         "left-handed"},
        {"Li\n1\n3 0 0\n0 3 0\n0 0 3\nLi\n2\nDirect\n0 0 0\n0 0 0.01\n", ITP_FORMAT_POSCAR,
         ITP_ERANGE, "apart"},
        {"Li\n1\n3 0 0\n0 3 0\n0 0 3\nLi\n1\nDirect\n0 nan 0\n", ITP_FORMAT_POSCAR, ITP_EPARSE,
         "'nan'"},
        {"Li\n1\n3 0 0\n0 3 0\n0 0 3\nLi\n999999999\nDirect\n", ITP_FORMAT_POSCAR, ITP_EPARSE,
         "more than"},
        {"2\nno lattice\nLi 0 0 0\nLi 1 1 1\n", ITP_FORMAT_EXTXYZ, ITP_EPARSE, "Lattice"},
        {"data_x\n_cell_length_a 3\n", ITP_FORMAT_CIF, ITP_EPARSE, "not complete"},
        {"data_x\nloop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_"
         "fract_z\n"
         "_atom_site_occupancy\nLi 0 0 0 0.5\n",
         ITP_FORMAT_CIF, ITP_ENOTSUP, "disorder"},
        {"data_x\nloop_\n_symmetry_equiv_pos_as_xyz\n'x,y,y'\n", ITP_FORMAT_CIF, ITP_EPARSE,
         "not a symmetry operation"},
        {"data_x\n_cell_length_a 3\n_cell_length_b 3\n_cell_length_c 3\n_cell_angle_alpha 90\n"
         "_cell_angle_beta 90\n_cell_angle_gamma 90\n_symmetry_Int_Tables_number 227\nloop_\n"
         "_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nSi 0 0 0\n",
         ITP_FORMAT_CIF, ITP_ENOTSUP, "setting open"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        itp_crystal *c = NULL;
        itp_error err = {0};
        itp_status st =
            itp_crystal_parse(&c, cases[i].text, strlen(cases[i].text), cases[i].format, "f", &err);
        if (st != cases[i].status || !strstr(err.text, cases[i].says))
            printf("\n  case %zu: %s: %s\n", i, itp_status_name(st), err.text);
        CU_ASSERT_EQUAL(st, cases[i].status);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].says));
        CU_ASSERT_PTR_NULL(c);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"known files give known groups", known_files_give_known_groups},
        {"every format round trips", every_format_round_trips},
        {"damage at every byte is refused or read", damage_at_every_byte_is_refused_or_read},
        {"refusals name their reason", refusals_name_their_reason},
        CU_TEST_INFO_NULL};
    return suite_run("atoms/crystal/files", tests);
}
