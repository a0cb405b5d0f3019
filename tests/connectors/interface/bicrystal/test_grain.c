/* test_grain.c - coincidence boundaries of cubic crystals against the tables.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "grain.h"

#include <string.h>

#include "bicrystal.h"
#include "suite.h"

static itp_phase *aluminium(void)
{
    itp_crystal *c = NULL;
    itp_phase *p = NULL;
    if (itp_crystal_read(&c, ITP_SOURCE_DIR "/tests/connectors/interface/structures/Al.vasp",
                         NULL) == ITP_OK)
        (void)itp_phase_create(&p, c, ITP_SYMPREC, NULL);
    itp_crystal_destroy(c);
    return p;
}

static void boundaries_of_the_tables_are_found(void)
{ /* Sigma, axis, plane, angle (Warrington & Bufalini 1971), upper plane of the symmetric tilt. */
    const struct {
        int axis[3], plane[3];
        long sigma;
        double angle;
        int upper[3];
    } known[] = {
        {{0, 0, 1}, {2, 1, 0}, 5, 36.87, {2, 1, 0}},  {{0, 0, 1}, {3, 1, 0}, 5, 36.87, {3, 1, 0}},
        {{1, 1, 1}, {1, 1, 1}, 3, 60.00, {1, 1, 1}},  {{1, -1, 0}, {1, 1, 1}, 3, 70.53, {1, 1, 1}},
        {{1, 1, 1}, {1, 1, 1}, 7, 38.21, {1, 1, 1}},  {{0, 0, 1}, {3, 2, 0}, 13, 22.62, {3, 2, 0}},
        {{1, -1, 0}, {1, 1, 3}, 11, 50.48, {3, 1, 1}}};
    itp_phase *p = aluminium();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        itp_grain g = {.sigma = known[i].sigma};
        itp_named named;
        itp_error err = {0};
        memcpy(g.axis, known[i].axis, sizeof g.axis);
        memcpy(g.plane, known[i].plane, sizeof g.plane);
        itp_status st = itp_grain_boundary(&g, p, &named, &err);
        if (st != ITP_OK) printf("\n  Sigma %ld: %s", g.sigma, err.text);
        CU_ASSERT_EQUAL_FATAL(st, ITP_OK);
        CU_ASSERT_DOUBLE_EQUAL(g.angle, known[i].angle, 0.01);
        CU_ASSERT_EQUAL(memcmp(named.join.upper->miller.h, known[i].upper, sizeof known[i].upper),
                        0);
        itp_match m;
        itp_match_measure(&named.join.pair, named.join.lower, named.join.upper, &m);
        CU_ASSERT(fabs(m.strain[0]) < 1e-9 && fabs(m.strain[1]) < 1e-9);
        itp_bicrystal *b = NULL;
        itp_recipe recipe = {{8, 8}, 10, NAN, 0};
        CU_ASSERT_EQUAL_FATAL(itp_bicrystal_create(&b, &named.join, &recipe, NULL), ITP_OK);
        CU_ASSERT_EQUAL(itp_crystal_check(b->crystal, NULL), ITP_OK);
        itp_bicrystal_destroy(b);
        itp_named_deinit(&named);
    }
    itp_phase_destroy(p);
}

static void what_does_not_exist_is_refused(void)
{
    itp_phase *p = aluminium();
    itp_named named;
    itp_grain g = {{0, 0, 1}, {2, 1, 0}, 7, 0};
    CU_ASSERT_EQUAL(itp_grain_boundary(&g, p, &named, NULL), ITP_ENOTFOUND);
    g = (itp_grain){{0, 0, 0}, {2, 1, 0}, 5, 0};
    CU_ASSERT_EQUAL(itp_grain_boundary(&g, p, &named, NULL), ITP_EINVAL);
    itp_phase_destroy(p);
}

static void near_atoms_can_be_left_out(void)
{
    itp_phase *p = aluminium();
    itp_grain g = {{0, 0, 1}, {2, 1, 0}, 5, 0};
    itp_named named;
    itp_bicrystal *all = NULL, *fewer = NULL;
    itp_recipe recipe = {{12, 12}, 10, 0.6, 0};
    CU_ASSERT_EQUAL_FATAL(itp_grain_boundary(&g, p, &named, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_bicrystal_create(&all, &named.join, &recipe, NULL), ITP_OK);
    recipe.delete_below = 2.2;
    CU_ASSERT_EQUAL_FATAL(itp_bicrystal_create(&fewer, &named.join, &recipe, NULL), ITP_OK);
    CU_ASSERT(fewer->deleted > 0);
    CU_ASSERT_EQUAL(fewer->crystal->n + fewer->deleted, all->crystal->n);
    CU_ASSERT(itp_crystal_nearest(fewer->crystal, 6) >= 2.2 - 1e-9);
    itp_bicrystal_destroy(all);
    itp_bicrystal_destroy(fewer);
    itp_named_deinit(&named);
    itp_phase_destroy(p);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"boundaries of the tables are found", boundaries_of_the_tables_are_found},
        {"what does not exist is refused", what_does_not_exist_is_refused},
        {"near atoms can be left out", near_atoms_can_be_left_out},
        CU_TEST_INFO_NULL};
    return suite_run("interface/bicrystal/grain", tests);
}
