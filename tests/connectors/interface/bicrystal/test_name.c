/* test_name.c - the name of an interface: the same for all its descriptions, and the way back.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "bicrystal.h"

#include "connectors/interface/disguise.h"
#include "suite.h"

static const char GALLERY[] = ITP_SOURCE_DIR "/tests/connectors/interface/structures";

static itp_crystal *crystal_of(const char *name)
{
    char path[1024];
    itp_crystal *c = NULL;
    snprintf(path, sizeof path, "%s/%s.vasp", GALLERY, name);
    (void)itp_crystal_read(&c, path, NULL);
    return c;
}

static const struct {
    const char *a, *b;
    int ha[3], hb[3];
    double area, strain;
} PAIRS[] = {
    {"Li", "Mg", {1, 0, 0}, {0, 0, 1}, 260, 0.05},
    {"Li", "Mg", {2, 1, 0}, {1, 0, 1}, 300, 0.05},
    {"Al", "Al", {2, 1, 0}, {2, 1, 0}, 120, 1e-6},
    {"Li", "Si", {1, 1, 0}, {1, 1, 1}, 240, 0.06},
    {"SrTiO3", "TiO2", {1, 0, 0}, {1, 1, 0}, 240, 0.1},
    {"ZnO", "SiO2", {0, 0, -1}, {1, 0, 1}, 320, 0.08},
    {"LiCoO2", "Li", {1, 0, 4}, {1, 1, 0}, 320, 0.06},
    {"FeS2", "Li", {2, 1, 0}, {1, 1, 1}, 360, 0.06},
    {"ZrO2", "U", {0, 0, 1}, {0, 1, 0}, 240, 0.08},
    {"NaPS", "Li", {0, 1, 0}, {1, 0, 0}, 260, 0.08},
    {"Li2CO3", "Li", {0, 0, 1}, {1, 1, 0}, 340, 0.06},
    {"C", "C", {0, 0, 1}, {0, 0, 1}, 120, 1e-6},
};
enum { N_PAIRS = sizeof PAIRS / sizeof *PAIRS };

typedef struct sides {
    itp_phase *phase[2];
    itp_facet *facet[2];
} sides;

static int sides_init(sides *s, const itp_crystal *a, const itp_crystal *b, itp_miller ma,
                      itp_miller mb)
{
    memset(s, 0, sizeof *s);
    return itp_phase_create(&s->phase[0], a, ITP_SYMPREC, NULL) == ITP_OK &&
           itp_phase_create(&s->phase[1], b, ITP_SYMPREC, NULL) == ITP_OK &&
           itp_facet_create(&s->facet[0], s->phase[0], itp_phase_miller(s->phase[0], ma), NULL) ==
               ITP_OK &&
           itp_facet_create(&s->facet[1], s->phase[1], itp_phase_miller(s->phase[1], mb), NULL) ==
               ITP_OK;
}

static void sides_deinit(sides *s)
{
    for (int i = 0; i < 2; i++) {
        itp_facet_destroy(s->facet[i]);
        itp_phase_destroy(s->phase[i]);
    }
}

static int open_pair(size_t i, sides *s)
{
    itp_crystal *a = crystal_of(PAIRS[i].a), *b = crystal_of(PAIRS[i].b);
    itp_miller ma, mb;
    memcpy(ma.h, PAIRS[i].ha, sizeof ma.h);
    memcpy(mb.h, PAIRS[i].hb, sizeof mb.h);
    int good = sides_init(s, a, b, ma, mb);
    itp_crystal_destroy(a);
    itp_crystal_destroy(b);
    return good;
}

/* Largest distance of the two structures, atom by atom: they must also list atoms alike. */
static double distance(const itp_crystal *a, const itp_crystal *b)
{
    double worst = 0;
    if (a->n != b->n) return INFINITY;
    for (int k = 0; k < 9; k++)
        worst = fmax(worst, fabs(a->cell[k / 3][k % 3] - b->cell[k / 3][k % 3]));
    for (size_t i = 0; i < a->n; i++) {
        double best = INFINITY; /* order may differ where two atoms tie: the set must not */
        for (size_t k = 0; k < b->n; k++) {
            double d[3], r[3];
            if (a->z[i] != b->z[k]) continue;
            for (int j = 0; j < 3; j++) {
                d[j] = a->frac[i][j] - b->frac[k][j];
                if (j < 2) d[j] -= round(d[j]);
            }
            vec_frame(d, (const double(*)[3])a->cell, r);
            best = fmin(best, vec_norm(r));
        }
        worst = fmax(worst, best);
    }
    return worst;
}

static const itp_recipe RECIPE = {{6, 6}, 10, NAN, 0};

static itp_join random_join(const sides *s, const itp_match *m, uint64_t *state)
{
    itp_join j = {s->facet[0], s->facet[1], 0, 0, m->pair, 500};
    j.lower_cut = disguise_next(state) % s->facet[0]->n_terminations;
    j.upper_cut = disguise_next(state) % s->facet[1]->n_terminations;
    j.pair.registry[0] = (long)(disguise_next(state) % ITP_REGISTRY);
    j.pair.registry[1] = (long)(disguise_next(state) % ITP_REGISTRY);
    j.share = (int)(disguise_next(state) % 1001);
    return j;
}

static void name_is_the_same_for_equivalent_choices(void)
{ /* 1,000 random interfaces, each described again by random symmetries of both sides, another basis
     of the common cell, and seen from the other side; and its name leads back to the same atoms. */
    uint64_t state = 7;
    size_t different = 0, lost = 0, trials = 0;
    double worst = 0;
    for (size_t i = 0; i < N_PAIRS; i++) {
        sides s;
        itp_match *list = NULL;
        size_t n = 0;
        CU_ASSERT_FATAL(open_pair(i, &s));
        itp_bounds bounds = {PAIRS[i].area, PAIRS[i].strain, 0};
        CU_ASSERT_EQUAL_FATAL(
            itp_match_list(s.facet[0], s.facet[1], &bounds, ITP_TURN_NO, &list, &n, NULL), ITP_OK);
        CU_ASSERT_FATAL(n > 0);
        for (int k = 0; k < 84; k++, trials++) {
            itp_join join = random_join(&s, &list[disguise_next(&state) % n], &state), other = join;
            char name[ITP_NAME_MAX], again[ITP_NAME_MAX];
            itp_join normal = itp_join_normal(&join);
            itp_join_name(&normal, name);
            long u[2][2] = {{1, (long)(disguise_next(&state) % 5) - 2},
                            {0, disguise_next(&state) % 2 ? 1 : -1}};
            while (!itp_pair_image(
                &join.pair, join.lower, join.upper, disguise_next(&state) % join.lower->n_ops,
                disguise_next(&state) % join.upper->n_ops, (const long(*)[2])u, &other.pair))
                ;
            if (disguise_next(&state) % 2) {
                other.lower = join.upper;
                other.upper = join.lower;
                other.lower_cut = join.upper_cut;
                other.upper_cut = join.lower_cut;
                other.share = 1000 - join.share;
                other.pair = itp_pair_swap(&other.pair);
            }
            itp_join same = itp_join_normal(&other);
            itp_join_name(&same, again);
            different += strcmp(name, again) != 0;
            if (strcmp(name, again) != 0 && different < 4) printf("\n  %s\n  %s", name, again);
            const itp_phase *phases[2] = {s.phase[1], s.phase[0]};
            itp_named named;
            itp_error err = {0};
            if (itp_name_resolve(name, phases, 2, &named, &err) != ITP_OK) {
                printf("\n  %s", err.text);
                lost++;
                continue;
            }
            if (k % 8 == 0) {
                itp_bicrystal *a = NULL, *b = NULL;
                itp_status st = itp_bicrystal_create(&a, &normal, &RECIPE, &err);
                if (st == ITP_OK) st = itp_bicrystal_create(&b, &named.join, &RECIPE, &err);
                worst = st == ITP_OK ? fmax(worst, distance(a->crystal, b->crystal)) : INFINITY;
                itp_bicrystal_destroy(a);
                itp_bicrystal_destroy(b);
            }
            itp_named_deinit(&named);
        }
        free(list);
        sides_deinit(&s);
    }
    printf("\n  %zu interfaces, %g angstrom apart after reading back", trials, worst);
    CU_ASSERT(trials >= 1000);
    CU_ASSERT_EQUAL(different, 0);
    CU_ASSERT_EQUAL(lost, 0);
    CU_ASSERT(worst < 1e-6);
}

/* What an isometry keeps and little else: two sums over all pairs within 5 angstrom, smooth at the
 * edge so that rounding cannot drop a pair. */
static int fingerprint(const itp_join *join, double sum[2])
{
    itp_bicrystal *b = NULL;
    sum[0] = sum[1] = 0;
    if (itp_bicrystal_create(&b, join, &RECIPE, NULL) != ITP_OK) return 0;
    const itp_crystal *c = b->crystal;
    for (size_t p = 0; p < c->n; p++)
        for (size_t q = 0; q < p; q++)
            for (int x = -4; x <= 4; x++)
                for (int y = -4; y <= 4; y++) {
                    double d[3] = {c->frac[p][0] - c->frac[q][0] + x,
                                   c->frac[p][1] - c->frac[q][1] + y,
                                   c->frac[p][2] - c->frac[q][2]},
                           r[3];
                    vec_frame(d, (const double(*)[3])c->cell, r);
                    double l = vec_norm(r), weight = c->z[p] * c->z[q];
                    if (l >= 5) continue;
                    sum[0] += weight * (25 - l * l) * (25 - l * l);
                    sum[1] += weight * l * (25 - l * l) * (25 - l * l);
                }
    itp_bicrystal_destroy(b);
    return 1;
}

static double unlike(const itp_join *a, const itp_join *b)
{
    double x[2], y[2];
    if (!fingerprint(a, x) || !fingerprint(b, y)) return INFINITY;
    return fmax(fabs(x[0] / y[0] - 1), fabs(x[1] / y[1] - 1));
}

static void equivalent_choices_build_the_same_atoms(void)
{ /* Each symmetry of either side, turning over, and the normal form: what is called equal is equal.
   */
    static const long UNIT[2][2] = {{1, 0}, {0, 1}};
    uint64_t state = 11;
    double worst = 0;
    size_t compared = 0;
    for (size_t i = 0; i < N_PAIRS; i++) {
        sides s;
        itp_match *list = NULL;
        size_t n = 0;
        CU_ASSERT_FATAL(open_pair(i, &s));
        itp_bounds bounds = {PAIRS[i].area / 2, PAIRS[i].strain, 0};
        (void)itp_match_list(s.facet[0], s.facet[1], &bounds, ITP_TURN_NO, &list, &n, NULL);
        for (int k = 0; n && k < 3; k++) {
            itp_join join = random_join(&s, &list[k < (int)n ? k : 0], &state), other = join;
            itp_join normal = itp_join_normal(&join);
            worst = fmax(worst, unlike(&join, &normal));
            itp_join over = {join.upper,
                             join.lower,
                             join.upper_cut,
                             join.lower_cut,
                             itp_pair_swap(&join.pair),
                             1000 - join.share};
            double turned = unlike(&join, &over);
            if (turned > 1e-7) printf("\n  %s/%s: turned over %g", PAIRS[i].a, PAIRS[i].b, turned);
            worst = fmax(worst, turned);
            for (size_t g1 = 0; k == 0 && g1 < join.lower->n_ops; g1++)
                for (size_t g2 = 0; g2 < join.upper->n_ops; g2++) {
                    if (!itp_pair_image(&join.pair, join.lower, join.upper, g1, g2, UNIT,
                                        &other.pair))
                        continue;
                    double off = unlike(&join, &other);
                    if (off > 1e-7 && worst < 1e-7)
                        printf("\n  %s/%s: operations %zu %zu", PAIRS[i].a, PAIRS[i].b, g1, g2);
                    worst = fmax(worst, off);
                    compared++;
                }
        }
        free(list);
        sides_deinit(&s);
    }
    printf("\n  %zu images", compared);
    CU_ASSERT(compared > 50);
    CU_ASSERT(worst < 1e-7);
}

static void name_does_not_know_how_crystals_were_written(void)
{ /* The phases from random cells, origins, orders and orientations: the same list of names. */
    uint64_t state = 3;
    size_t different = 0, names = 0;
    double worst = 0;
    for (size_t i = 0; i < N_PAIRS; i++) {
        sides s;
        CU_ASSERT_FATAL(open_pair(i, &s));
        itp_crystal *ca = crystal_of(PAIRS[i].a), *cb = crystal_of(PAIRS[i].b);
        itp_match *list = NULL;
        size_t n = 0;
        itp_bounds bounds = {PAIRS[i].area, PAIRS[i].strain, 0};
        (void)itp_match_list(s.facet[0], s.facet[1], &bounds, ITP_TURN_NO, &list, &n, NULL);
        for (int k = 0; k < 4; k++) {
            itp_crystal *da = disguise(ca, &state, 1 + k % 2), *db = disguise(cb, &state, 1);
            sides t;
            itp_match *again = NULL;
            size_t m = 0;
            CU_ASSERT_FATAL(sides_init(&t, da, db, s.facet[0]->miller, s.facet[1]->miller));
            (void)itp_match_list(t.facet[0], t.facet[1], &bounds, ITP_TURN_NO, &again, &m, NULL);
            CU_ASSERT_EQUAL_FATAL(n, m);
            for (size_t q = 0; q < n; q++, names++) {
                char one[ITP_NAME_MAX], two[ITP_NAME_MAX];
                itp_join a = {s.facet[0], s.facet[1], 0, 0, list[q].pair, 500};
                itp_join b = {t.facet[0], t.facet[1], 0, 0, again[q].pair, 500};
                a.pair.registry[0] = b.pair.registry[0] = 123457;
                a = itp_join_normal(&a);
                b = itp_join_normal(&b);
                itp_join_name(&a, one);
                itp_join_name(&b, two);
                different += strcmp(one, two) != 0;
                if (q) continue;
                itp_bicrystal *x = NULL, *y = NULL;
                CU_ASSERT_EQUAL_FATAL(itp_bicrystal_create(&x, &a, &RECIPE, NULL), ITP_OK);
                CU_ASSERT_EQUAL_FATAL(itp_bicrystal_create(&y, &b, &RECIPE, NULL), ITP_OK);
                worst = fmax(worst, distance(x->crystal, y->crystal));
                itp_bicrystal_destroy(x);
                itp_bicrystal_destroy(y);
            }
            free(again);
            sides_deinit(&t);
            itp_crystal_destroy(da);
            itp_crystal_destroy(db);
        }
        free(list);
        itp_crystal_destroy(ca);
        itp_crystal_destroy(cb);
        sides_deinit(&s);
    }
    printf("\n  %zu names, %g angstrom apart", names, worst);
    CU_ASSERT(names > 1000);
    CU_ASSERT_EQUAL(different, 0);
    CU_ASSERT(worst < 1e-6);
}

static void bad_names_are_refused(void)
{
    const struct {
        const char *name, *says;
        itp_status status;
    } cases[] = {
        {"", "phase", ITP_EPARSE},
        {"Li-cI2-229(100)a", "'|' after the lower surface", ITP_EPARSE},
        {"Li-cI2-229(10)a|Mg-hP2-194(001)a|1.0.1x1.0.0.1|e+0.00+0.00s0.5|r0+0", "Miller",
         ITP_EPARSE},
        {"Li-cI2-229(100)a|Mg-hP2-194(001)a|1.0.0x1.0.0.1|e+0.00+0.00s0.5|r0+0", "positive area",
         ITP_EPARSE},
        {"Li-cI2-229(100)a|Mg-hP2-194(001)a|1.0.1x1.0.0.1|e+0.00+0.00s1.5|r0+0",
         "share from 0 to 1", ITP_EPARSE},
        {"Li-cI2-229(100)a|Mg-hP2-194(001)a|1.0.1x1.0.0.1|e+0.00+0.00s0.5|r1/7+0", "grid",
         ITP_EPARSE},
        {"Li-cI2-229(100)a|Mg-hP2-194(001)a|1.0.1x1.0.0.1|e+0.00+0.00s0.5|r0+0;", "nothing more",
         ITP_EPARSE},
        {"Li-cI2-229(100)a|Na-cI2-229(001)a|1.0.1x1.0.0.1|e+0.00+0.00s0.5|r0+0",
         "no phase 'Na-cI2-229'", ITP_ENOTFOUND},
        {"Li-cI2-229(100)c|Mg-hP2-194(001)a|1.0.1x1.0.0.1|e+0.00+0.00s0.5|r0+0", "terminations",
         ITP_ENOTFOUND},
        {"Li-cI2-229(100)a|Mg-hP2-194(001)a|1.0.1x1.0.0.1|e+0.00+0.00s0.5|r0+0",
         "lattice constants", ITP_EINVAL},
        {"Mg-hP2-194(001)a|Li-cI2-229(100)a|1.0.1x1.0.0.1|e+20.00-21.00s0.5|r0+0",
         "lattice constants", ITP_EINVAL},
    };
    sides s;
    CU_ASSERT_FATAL(open_pair(0, &s));
    const itp_phase *phases[2] = {s.phase[0], s.phase[1]};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        itp_named named;
        itp_error err = {0};
        itp_status st = itp_name_resolve(cases[i].name, phases, 2, &named, &err);
        if (st != cases[i].status || !strstr(err.text, cases[i].says))
            printf("\n  %s: %s", itp_status_name(st), err.text);
        CU_ASSERT_EQUAL(st, cases[i].status);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, cases[i].says));
    }
    sides_deinit(&s);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"name is the same for equivalent choices", name_is_the_same_for_equivalent_choices},
        {"equivalent choices build the same atoms", equivalent_choices_build_the_same_atoms},
        {"name does not know how crystals were written",
         name_does_not_know_how_crystals_were_written},
        {"bad names are refused", bad_names_are_refused},
        CU_TEST_INFO_NULL};
    return suite_run("interface/bicrystal/name", tests);
}
