/* test_symmetry.c - one canonical crystal for every way of writing it down.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "symmetry.h"

#include "connectors/interface/disguise.h"
#include "suite.h"

static const char GALLERY[] = ITP_SOURCE_DIR "/tests/connectors/interface/structures";

/* Largest difference in angstrom of two canonical crystals, atom by atom. */
static double distance(const itp_crystal *a, const itp_crystal *b)
{
    double worst = 0;
    if (a->n != b->n) return INFINITY;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) worst = fmax(worst, fabs(a->cell[i][j] - b->cell[i][j]));
    for (size_t i = 0; i < a->n; i++) {
        double d[3], r[3];
        if (a->z[i] != b->z[i]) return INFINITY;
        for (int j = 0; j < 3; j++) {
            d[j] = a->frac[i][j] - b->frac[i][j];
            d[j] -= round(d[j]);
        }
        vec_frame(d, (const double(*)[3])a->cell, r);
        worst = fmax(worst, vec_norm(r));
    }
    return worst;
}

static void canonical_is_the_same_for_every_description(void)
{ /* 34 disguises of each of 30 structures: 1,020 random equivalent cells. */
    char names[DISGUISE_FILES_MAX][32];
    itp_crystal *crystals[DISGUISE_FILES_MAX];
    size_t n = disguise_gallery(GALLERY, names, crystals);
    uint64_t state = 20260722;
    double worst = 0;
    CU_ASSERT_EQUAL(n, 30);
    for (size_t i = 0; i < n; i++) {
        itp_crystal *canonical = NULL;
        itp_error err = {0};
        CU_ASSERT_EQUAL_FATAL(itp_crystal_canonical(&canonical, crystals[i], ITP_SYMPREC, &err),
                              ITP_OK);
        double mine = 0;
        for (int k = 0; k < 34; k++) {
            itp_crystal *other = disguise(crystals[i], &state, 1 + k % 2), *again = NULL;
            itp_status st = itp_crystal_canonical(&again, other, ITP_SYMPREC, &err);
            CU_ASSERT_EQUAL_FATAL(st, ITP_OK);
            mine = fmax(mine, distance(canonical, again));
            itp_crystal_destroy(other);
            itp_crystal_destroy(again);
        }
        if (mine > 1e-7) printf("\n  %s: %g angstrom", names[i], mine);
        worst = fmax(worst, mine);
        itp_crystal_destroy(canonical);
        itp_crystal_destroy(crystals[i]);
    }
    CU_ASSERT(worst < 1e-7); /* a tenth of what the identifier promises */
}

static void canonical_is_the_same_crystal(void)
{ /* Same composition, volume per atom, space group and shortest distances. */
    char names[DISGUISE_FILES_MAX][32];
    itp_crystal *crystals[DISGUISE_FILES_MAX];
    size_t n = disguise_gallery(GALLERY, names, crystals);
    for (size_t i = 0; i < n; i++) {
        itp_crystal *c = NULL;
        itp_symmetry *a = NULL, *b = NULL;
        char before[64], after[64];
        CU_ASSERT_EQUAL_FATAL(itp_crystal_canonical(&c, crystals[i], ITP_SYMPREC, NULL), ITP_OK);
        itp_crystal_formula(crystals[i], sizeof before, before);
        itp_crystal_formula(c, sizeof after, after);
        CU_ASSERT_STRING_EQUAL(before, after);
        CU_ASSERT_DOUBLE_EQUAL(itp_crystal_volume(c) / (double)c->n,
                               itp_crystal_volume(crystals[i]) / (double)crystals[i]->n, 1e-6);
        CU_ASSERT_DOUBLE_EQUAL(itp_crystal_nearest(c, 8), itp_crystal_nearest(crystals[i], 8),
                               1e-4);
        CU_ASSERT_EQUAL_FATAL(itp_symmetry_find(&a, crystals[i], ITP_SYMPREC, NULL), ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_symmetry_find(&b, c, ITP_SYMPREC, NULL), ITP_OK);
        CU_ASSERT_EQUAL(a->group, b->group);
        CU_ASSERT_STRING_EQUAL(a->pearson, b->pearson);
        itp_symmetry_destroy(a);
        itp_symmetry_destroy(b);
        itp_crystal_destroy(c);
        itp_crystal_destroy(crystals[i]);
    }
}

int main(void)
{
    CU_TestInfo tests[] = {{"canonical is the same for every description",
                            canonical_is_the_same_for_every_description},
                           {"canonical is the same crystal", canonical_is_the_same_crystal},
                           CU_TEST_INFO_NULL};
    return suite_run("atoms/crystal/symmetry", tests);
}
