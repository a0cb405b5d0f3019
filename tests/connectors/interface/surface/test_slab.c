/* test_slab.c - facets, terminations and slabs of known crystals, and what every slab must satisfy.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "slab.h"

#include "connectors/interface/disguise.h"
#include "suite.h"

static const char GALLERY[] = ITP_SOURCE_DIR "/tests/connectors/interface/structures";

static itp_phase *phase_of(const char *name)
{
    char path[1024];
    itp_crystal *c = NULL;
    itp_phase *p = NULL;
    itp_error err = {0};
    snprintf(path, sizeof path, "%s/%s.vasp", GALLERY, name);
    if (itp_crystal_read(&c, path, &err) != ITP_OK ||
        itp_phase_create(&p, c, ITP_SYMPREC, &err) != ITP_OK)
        printf("\n  %s\n", err.text);
    itp_crystal_destroy(c);
    return p;
}

static void known_facets_have_known_terminations(void)
{ /* Counts and planes from the textbooks: Tasker's perovskite, rutile (110) with three cuts. */
    const struct {
        const char *name;
        int h, k, l;
        size_t terminations, ops;
        const char *planes;
        double area, period;
    } known[] = {
        {"Li", 1, 0, 0, 1, 8, "Li", 3.51 * 3.51, 3.51 / 2},
        {"Li", 1, 1, 0, 1, 4, "Li", 3.51 * 3.51 / sqrt(2), 3.51 / sqrt(2)},
        {"Al", 1, 1, 1, 1, 6, "Al", 4.05 * 4.05 * sqrt(3) / 4, 4.05 / sqrt(3)},
        {"Si", 1, 1, 1, 2, 6, "Si Si", 5.431 * 5.431 * sqrt(3) / 4, 5.431 / sqrt(3)},
        {"LiF", 1, 1, 1, 2, 6, "Li F", 4.027 * 4.027 * sqrt(3) / 4, 4.027 / sqrt(3)},
        {"LiF", 1, 0, 0, 1, 8, "FLi", 4.027 * 4.027 / 2, 4.027 / 2},
        {"SrTiO3", 1, 0, 0, 2, 8, "OSr O2Ti", 3.905 * 3.905, 3.905},
        {"Mg", 0, 0, 1, 1, 6, "Mg", 3.209 * 3.209 * sqrt(3) / 2, 5.211},
        {"ZnO", 0, 0, 1, 2, 6, "Zn O", 3.25 * 3.25 * sqrt(3) / 2, 5.207},
        {"TiO2", 1, 1, 0, 3, 4, "O OTi O", 4.594 * sqrt(2) * 2.959, 4.594 / sqrt(2)},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        itp_phase *p = phase_of(known[i].name);
        CU_ASSERT_PTR_NOT_NULL_FATAL(p);
        itp_facet *f = NULL;
        itp_miller m = {{known[i].h, known[i].k, known[i].l}};
        CU_ASSERT_EQUAL_FATAL(itp_facet_create(&f, p, m, NULL), ITP_OK);
        if (f->n_terminations != known[i].terminations || f->n_ops != known[i].ops)
            printf("\n  %s(%d%d%d): %zu terminations, %zu operations", p->label, known[i].h,
                   known[i].k, known[i].l, f->n_terminations, f->n_ops);
        CU_ASSERT_EQUAL(f->n_terminations, known[i].terminations);
        CU_ASSERT_EQUAL(f->n_ops, known[i].ops);
        CU_ASSERT_DOUBLE_EQUAL(f->area, known[i].area, 1e-4);
        CU_ASSERT_DOUBLE_EQUAL(f->period, known[i].period, 1e-4);
        for (size_t t = 0; t < f->n_terminations; t++)
            CU_ASSERT_PTR_NOT_NULL(strstr(known[i].planes, f->planes[f->terminations[t]].formula));
        itp_facet_destroy(f);
        itp_phase_destroy(p);
    }
}

static void facets_are_counted_by_the_point_group(void)
{ /* Cubic m-3m up to 2: 100 110 111 210 211 221. Wurtzite: both ends of the polar axis. */
    itp_phase *li = phase_of("Li"), *zno = phase_of("ZnO"), *mg = phase_of("Mg");
    itp_miller *list = NULL;
    size_t n = 0, up = 0, down = 0;
    CU_ASSERT_EQUAL_FATAL(itp_phase_facets(li, 2, &list, &n, NULL), ITP_OK);
    CU_ASSERT_EQUAL(n, 6);
    free(list);
    CU_ASSERT_EQUAL_FATAL(itp_phase_facets(zno, 1, &list, &n, NULL), ITP_OK);
    for (size_t i = 0; i < n; i++) {
        up += list[i].h[0] == 0 && list[i].h[1] == 0 && list[i].h[2] == 1;
        down += list[i].h[0] == 0 && list[i].h[1] == 0 && list[i].h[2] == -1;
    }
    CU_ASSERT_EQUAL(up, 1);
    CU_ASSERT_EQUAL(down, 1);
    free(list);
    CU_ASSERT_EQUAL_FATAL(itp_phase_facets(mg, 1, &list, &n, NULL), ITP_OK);
    CU_ASSERT_EQUAL(n, 5); /* (001) (100) (110) (101) (111) of three-index hexagonal */
    free(list);
    CU_ASSERT_EQUAL(itp_phase_facets(mg, 0, &list, &n, NULL), ITP_ERANGE);
    itp_phase_destroy(li);
    itp_phase_destroy(zno);
    itp_phase_destroy(mg);
}

static void polarity_and_symmetry_follow_tasker(void)
{
    const struct {
        const char *name;
        int h, k, l, polar, symmetric;
    } known[] = {{"LiF", 1, 0, 0, 0, 1},    {"LiF", 1, 1, 1, 1, 0}, {"SrTiO3", 1, 1, 0, 1, 0},
                 {"SrTiO3", 1, 0, 0, 0, 0}, {"ZnO", 0, 0, 1, 1, 0}, {"Li", 1, 1, 1, 0, 1}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        itp_phase *p = phase_of(known[i].name);
        itp_facet *f = NULL;
        itp_slab *s = NULL;
        itp_miller m = {{known[i].h, known[i].k, known[i].l}};
        CU_ASSERT_EQUAL_FATAL(itp_facet_create(&f, p, m, NULL), ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_slab_create(&s, f, 0, ITP_SLAB_STOICHIOMETRIC, 4, 10, NULL),
                              ITP_OK);
        CU_ASSERT(s->charges_known);
        CU_ASSERT_EQUAL(fabs(s->dipole_period) > 1e-6, known[i].polar);
        CU_ASSERT_EQUAL(s->symmetric, known[i].symmetric);
        CU_ASSERT_DOUBLE_EQUAL(s->dipole, 4 * s->dipole_period, 1e-9);
        itp_slab_destroy(s);
        itp_facet_destroy(f);
        itp_phase_destroy(p);
    }
}

static void polar_slabs_can_be_mended(void)
{ /* LiF(111): symmetric slabs are off stoichiometry, compensated ones are not; both lose the
     dipole. */
    itp_phase *p = phase_of("LiF"), *zno = phase_of("ZnO");
    itp_facet *f = NULL, *z = NULL;
    itp_slab *s = NULL;
    CU_ASSERT_EQUAL_FATAL(itp_facet_create(&f, p, (itp_miller){{1, 1, 1}}, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_slab_create(&s, f, 0, ITP_SLAB_SYMMETRIC, 4, 10, NULL), ITP_OK);
    CU_ASSERT(s->symmetric && !s->stoichiometric);
    CU_ASSERT_EQUAL(s->crystal->n % 2, 1);
    itp_slab_destroy(s);
    CU_ASSERT_EQUAL_FATAL(itp_slab_create(&s, f, 0, ITP_SLAB_COMPENSATED, 4, 10, NULL), ITP_OK);
    CU_ASSERT_EQUAL(s->crystal->n, 16);
    CU_ASSERT_DOUBLE_EQUAL(s->dipole, 0, 1e-9);
    CU_ASSERT_EQUAL(itp_crystal_check(s->crystal, NULL), ITP_OK);
    itp_slab_destroy(s);
    CU_ASSERT_EQUAL_FATAL(itp_facet_create(&z, zno, (itp_miller){{0, 0, 1}}, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_slab_create(&s, z, 0, ITP_SLAB_SYMMETRIC, 4, 10, NULL), ITP_ENOTSUP);
    itp_facet_destroy(f);
    itp_facet_destroy(z);
    itp_phase_destroy(p);
    itp_phase_destroy(zno);
}

/* How many atoms have a neighbour nearer than the bulk allows, and whether the box is as promised.
 */
static int slab_is_sound(const itp_phase *p, const itp_facet *f, const itp_slab *s, size_t periods)
{
    itp_error err = {0};
    if (itp_crystal_check(s->crystal, &err) != ITP_OK) return 0;
    if (s->stoichiometric && s->crystal->n != periods * f->n) return 0;
    double bulk = itp_crystal_nearest(p->crystal, 6), slab = itp_crystal_nearest(s->crystal, 6);
    if (slab < bulk - 1e-4) return 0;
    if (fabs(s->crystal->cell[2][2] - s->thickness - 12) > 1e-9) return 0;
    return fabs(s->area * f->period -
                itp_crystal_volume(p->crystal) * (double)f->n / (double)p->crystal->n) < 1e-4;
}

static void every_slab_of_the_gallery_is_sound(void)
{ /* All facets up to 1, all terminations, three periods: volume, atoms, distances, vacuum. */
    char names[DISGUISE_FILES_MAX][32];
    itp_crystal *crystals[DISGUISE_FILES_MAX];
    size_t n = disguise_gallery(GALLERY, names, crystals), slabs = 0, bad = 0;
    for (size_t i = 0; i < n; i++) {
        itp_phase *p = NULL;
        itp_miller *list = NULL;
        size_t facets = 0;
        CU_ASSERT_EQUAL_FATAL(itp_phase_create(&p, crystals[i], ITP_SYMPREC, NULL), ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_phase_facets(p, 1, &list, &facets, NULL), ITP_OK);
        for (size_t k = 0; k < facets; k++) {
            itp_facet *f = NULL;
            CU_ASSERT_EQUAL_FATAL(itp_facet_create(&f, p, list[k], NULL), ITP_OK);
            for (size_t t = 0; t < f->n_terminations; t++, slabs++) {
                itp_slab *s = NULL;
                itp_status st = itp_slab_create(&s, f, t, ITP_SLAB_STOICHIOMETRIC, 3, 12, NULL);
                bad += st != ITP_OK || !slab_is_sound(p, f, s, 3);
                itp_slab_destroy(s);
                s = NULL;
                st = itp_slab_create(&s, f, t, ITP_SLAB_SYMMETRIC, 3, 12, NULL);
                bad += st != ITP_OK ? st != ITP_ENOTSUP
                                    : !s->symmetric || !slab_is_sound(p, f, s, 0 + 3);
                itp_slab_destroy(s);
            }
            itp_facet_destroy(f);
        }
        free(list);
        itp_phase_destroy(p);
        itp_crystal_destroy(crystals[i]);
    }
    printf("\n  %zu terminations of %zu structures", slabs, n);
    CU_ASSERT_EQUAL(bad, 0);
    CU_ASSERT(slabs > 500);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"known facets have known terminations", known_facets_have_known_terminations},
        {"facets are counted by the point group", facets_are_counted_by_the_point_group},
        {"polarity and symmetry follow Tasker", polarity_and_symmetry_follow_tasker},
        {"polar slabs can be mended", polar_slabs_can_be_mended},
        {"every slab of the gallery is sound", every_slab_of_the_gallery_is_sound},
        CU_TEST_INFO_NULL};
    return suite_run("interface/surface/slab", tests);
}
