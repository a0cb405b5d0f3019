/* test_match.c - the search for superlattices against an enumeration that does not search.
 *   The brute force knows nothing of Hermite forms, reduced vectors or annuli: it tries all integer
 *   matrices with entries up to a bound for both sides and measures each. Two of its finds are the
 *   same match when some basis change and some symmetries lead from one to the other, tried one by
 *   one in floating point on the placed lattices themselves.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "match.h"

#include "connectors/interface/disguise.h"
#include "suite.h"

static const char GALLERY[] = ITP_SOURCE_DIR "/tests/connectors/interface/structures";

static itp_phase *phase_of(const char *name)
{
    char path[1024];
    itp_crystal *c = NULL;
    itp_phase *p = NULL;
    snprintf(path, sizeof path, "%s/%s.vasp", GALLERY, name);
    if (itp_crystal_read(&c, path, NULL) != ITP_OK) return NULL;
    (void)itp_phase_create(&p, c, ITP_SYMPREC, NULL);
    itp_crystal_destroy(c);
    return p;
}

/* What a match is, without integers: the linear map that lays the upper lattice on the lower one,
 * in Cartesian coordinates, and the common area. Equivalent when A' = g2^-1 A g1 for symmetries of
 * the two lattices' surfaces. */
typedef struct laid {
    double map[2][2]; /* upper plane (row) times map = lower plane */
    long cells;
} laid;

static void multiply2(const double a[2][2], const double b[2][2], double out[2][2])
{
    double made[2][2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) made[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j];
    memcpy(out, made, sizeof made);
}

static void invert2(const double m[2][2], double out[2][2])
{
    double det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    double made[2][2] = {{m[1][1] / det, -m[0][1] / det}, {-m[1][0] / det, m[0][0] / det}};
    memcpy(out, made, sizeof made);
}

/* The plane op as a Cartesian map: cell^-1 m cell. */
static void cartesian(const itp_planeop *op, const double cell[2][2], int turned, double out[2][2])
{
    double m[2][2], inverse[2][2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) m[i][j] = turned && i != j ? -op->m[i][j] : op->m[i][j];
    invert2(cell, inverse);
    multiply2((const double(*)[2])inverse, (const double(*)[2])m, out);
    multiply2((const double(*)[2])out, cell, out);
}

static int same_laid(const laid *x, const laid *y, const itp_facet *lower, const itp_facet *upper)
{
    double c1[2][2], c2[2][2];
    if (x->cells != y->cells) return 0;
    itp_match_lower_cell(lower, c1);
    itp_match_upper_cell(upper, c2);
    for (size_t i = 0; i < lower->n_ops; i++)
        for (size_t j = 0; j < upper->n_ops; j++) {
            double g1[2][2], g2[2][2], m[2][2];
            cartesian(&lower->ops[i], (const double(*)[2])c1, 0, g1);
            cartesian(&upper->ops[j], (const double(*)[2])c2, 1, g2);
            double d1 = g1[0][0] * g1[1][1] - g1[0][1] * g1[1][0];
            double d2 = g2[0][0] * g2[1][1] - g2[0][1] * g2[1][0];
            if (d1 * d2 < 0) continue;
            multiply2((const double(*)[2])g2, x->map, m);
            multiply2((const double(*)[2])m, (const double(*)[2])g1, m);
            double worst = 0;
            for (int k = 0; k < 4; k++)
                worst = fmax(worst, fabs(m[k / 2][k % 2] - y->map[k / 2][k % 2]));
            if (worst < 1e-6) return 1;
        }
    return 0;
}

static laid lay(const long m1[2][2], const long m2[2][2], const itp_facet *lower,
                const itp_facet *upper)
{
    double c1[2][2], c2[2][2], a[2][2], b[2][2];
    laid out;
    itp_match_lower_cell(lower, c1);
    itp_match_upper_cell(upper, c2);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            a[i][j] = (double)m1[i][j];
            b[i][j] = (double)m2[i][j];
        }
    multiply2((const double(*)[2])a, (const double(*)[2])c1, a);
    multiply2((const double(*)[2])b, (const double(*)[2])c2, b);
    invert2((const double(*)[2])b, b);
    multiply2((const double(*)[2])b, (const double(*)[2])a, out.map);
    out.cells = labs(itp_pair_det(m1));
    return out;
}

static double worst_strain(const laid *l)
{
    const double(*f)[2] = (const double(*)[2])l->map;
    double a = f[0][0] * f[0][0] + f[1][0] * f[1][0], d = f[0][1] * f[0][1] + f[1][1] * f[1][1];
    double b = f[0][0] * f[0][1] + f[1][0] * f[1][1];
    double mean = (a + d) / 2, half = sqrt((a - d) * (a - d) / 4 + b * b);
    return fmax(fabs(sqrt(mean + half) - 1), fabs(sqrt(mean - half) - 1));
}

/* Some smaller common cell exists when an integer matrix divides both on the left: tried outright.
 */
static int is_multiple(const long m1[2][2], const long m2[2][2])
{
    for (long p = 2; p <= 64; p++)
        for (long a = 1; a <= p; a++) {
            if (p % a) continue;
            for (long b = 0; b < a; b++) { /* k = (a b; 0 d): is k^-1 m whole for both? */
                long d = p / a;
                int whole = 1;
                for (int j = 0; j < 2; j++) {
                    whole &= m1[1][j] % d == 0 && m2[1][j] % d == 0;
                    if (whole)
                        whole &= (m1[0][j] - b * (m1[1][j] / d)) % a == 0 &&
                                 (m2[0][j] - b * (m2[1][j] / d)) % a == 0;
                }
                if (whole) return 1;
            }
        }
    return 0;
}

/* All matches by trying every integer matrix; m1 runs over one basis of each superlattice. */
static size_t brute_force(const itp_facet *lower, const itp_facet *upper, const itp_bounds *bounds,
                          laid *list, size_t room)
{
    enum { REACH = 6 };
    double c1[2][2], c2[2][2];
    long cells = (long)(bounds->area / lower->area);
    size_t n = 0;
    itp_match_lower_cell(lower, c1);
    itp_match_upper_cell(upper, c2);
    for (long p = 1; p <= cells; p++)
        for (long a = 1; a <= p; a++)
            for (long b = 0; p % a == 0 && b < p / a; b++) {
                long m1[2][2] = {{a, b}, {0, p / a}};
                long most =
                    REACH + 2 * p; /* rows of m2 are about rows of m1 times the lattice ratio */
                for (long u = -most; u <= most; u++)
                    for (long v = -most; v <= most; v++) {
                        double r = hypot((double)u * c2[0][0] + (double)v * c2[1][0],
                                         (double)v * c2[1][1]);
                        double s = hypot((double)a * c1[0][0] + (double)b * c1[1][0],
                                         (double)b * c1[1][1]);
                        if (fabs(r / s - 1) > 1.2 * bounds->strain + 0.01) continue;
                        for (long x = -most; x <= most; x++)
                            for (long y = -most; y <= most; y++) {
                                long m2[2][2] = {{u, v}, {x, y}};
                                double ratio = (double)itp_pair_det((const long(*)[2])m2) *
                                               upper->area / ((double)p * lower->area);
                                if (ratio < 0.5 || ratio > 2) continue;
                                laid one =
                                    lay((const long(*)[2])m1, (const long(*)[2])m2, lower, upper);
                                if (worst_strain(&one) > bounds->strain) continue;
                                if (is_multiple((const long(*)[2])m1, (const long(*)[2])m2))
                                    continue;
                                size_t k = 0;
                                while (k < n && !same_laid(&list[k], &one, lower, upper)) k++;
                                if (k == n && n < room) list[n++] = one;
                            }
                    }
            }
    return n;
}

static const struct {
    const char *a, *b;
    int ha[3], hb[3];
    double cells, strain; /* area bound in surface cells of the lower side */
} PAIRS[] = {
    {"Li", "Mg", {1, 0, 0}, {0, 0, 1}, 12, 0.06},
    {"Li", "Mg", {1, 1, 0}, {0, 0, 1}, 12, 0.05},
    {"Li", "Mg", {1, 1, 1}, {0, 0, 1}, 6, 0.08},
    {"Li", "Si", {1, 0, 0}, {1, 0, 0}, 12, 0.05},
    {"Li", "Si", {1, 1, 0}, {1, 1, 1}, 12, 0.06},
    {"Al", "Si", {1, 1, 1}, {1, 1, 1}, 18, 0.05},
    {"Al", "Mg", {1, 1, 1}, {0, 0, 1}, 14, 0.15},
    {"Al", "Li", {1, 0, 0}, {1, 0, 0}, 12, 0.10},
    {"Al", "Li", {1, 1, 1}, {1, 1, 0}, 12, 0.08},
    {"LiF", "Li", {1, 0, 0}, {1, 0, 0}, 12, 0.08},
    {"LiF", "Li", {1, 1, 0}, {1, 0, 0}, 8, 0.08},
    {"SrTiO3", "Li", {1, 0, 0}, {1, 1, 0}, 8, 0.08},
    {"SrTiO3", "TiO2", {1, 0, 0}, {1, 1, 0}, 8, 0.1},
    {"ZnO", "Mg", {0, 0, 1}, {0, 0, 1}, 14, 0.05},
    {"C", "C", {0, 0, 1}, {0, 0, 1}, 14, 0.001},
    {"SiO2", "Mg", {0, 0, 1}, {0, 0, 1}, 8, 0.08},
    {"Sn", "Li", {1, 0, 0}, {1, 0, 0}, 8, 0.08},
    {"U", "Mg", {0, 1, 0}, {1, 0, 0}, 10, 0.06},
    {"ZrO2", "Li", {0, 0, 1}, {1, 0, 0}, 6, 0.08},
    {"NaPS", "Li", {0, 0, 1}, {1, 0, 0}, 6, 0.1},
};

static void search_equals_brute_force(void)
{ /* Every distinct match found, none twice, for 20 pairs of facets. */
    enum { ROOM = 4000 };
    laid *list = malloc(ROOM * sizeof *list);
    size_t all = 0;
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        itp_phase *a = phase_of(PAIRS[i].a), *b = phase_of(PAIRS[i].b);
        itp_facet *lower = NULL, *upper = NULL;
        itp_miller ma, mb;
        memcpy(ma.h, PAIRS[i].ha, sizeof ma.h);
        memcpy(mb.h, PAIRS[i].hb, sizeof mb.h);
        CU_ASSERT_EQUAL_FATAL(itp_facet_create(&lower, a, ma, NULL), ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_facet_create(&upper, b, mb, NULL), ITP_OK);
        itp_bounds bounds = {PAIRS[i].cells * lower->area * 1.0001, PAIRS[i].strain, 0};
        itp_match *found = NULL;
        size_t n = 0, wanted = brute_force(lower, upper, &bounds, list, ROOM), missing = 0,
               twice = 0;
        CU_ASSERT_EQUAL_FATAL(itp_match_list(lower, upper, &bounds, ITP_TURN_NO, &found, &n, NULL),
                              ITP_OK);
        for (size_t k = 0; k < wanted; k++) {
            size_t times = 0;
            for (size_t m = 0; m < n; m++) {
                laid one = lay((const long(*)[2])found[m].pair.m1,
                               (const long(*)[2])found[m].pair.m2, lower, upper);
                times += (size_t)same_laid(&list[k], &one, lower, upper);
            }
            missing += times == 0;
            twice += times > 1;
        }
        if (n != wanted || missing || twice)
            printf("\n  %s/%s: %zu found, %zu by brute force, %zu missing, %zu twice", PAIRS[i].a,
                   PAIRS[i].b, n, wanted, missing, twice);
        CU_ASSERT_EQUAL(n, wanted);
        CU_ASSERT_EQUAL(missing, 0);
        CU_ASSERT_EQUAL(twice, 0);
        all += wanted;
        free(found);
        itp_facet_destroy(lower);
        itp_facet_destroy(upper);
        itp_phase_destroy(a);
        itp_phase_destroy(b);
    }
    printf("\n  %zu matches of 20 pairs", all);
    CU_ASSERT(all > 100);
    free(list);
}

static void graphene_twists_are_the_known_ones(void)
{ /* Commensurate bilayers: 7 cells at 21.787 degrees, 13 at 27.796, 19 at 13.174 (Lopes dos Santos
     2007). */
    itp_phase *c = phase_of("C");
    itp_facet *f = NULL;
    itp_match *list = NULL;
    size_t n = 0;
    CU_ASSERT_EQUAL_FATAL(itp_facet_create(&f, c, (itp_miller){{0, 0, 1}}, NULL), ITP_OK);
    itp_bounds bounds = {19.01 * f->area, 1e-6, 0};
    CU_ASSERT_EQUAL_FATAL(itp_match_list(f, f, &bounds, ITP_TURN_YES, &list, &n, NULL), ITP_OK);
    const struct {
        double twist;
        long cells;
    } known[] = {{21.787, 7}, {38.213, 7}, {27.796, 13}, {13.174, 19}, {0, 1}};
    for (size_t i = 0; i < 5; i++) {
        double off;
        size_t k = itp_match_nearest(list, n, f, f, known[i].twist, &off);
        CU_ASSERT(off < 1e-3);
        CU_ASSERT_EQUAL(list[k].n1, known[i].cells);
        CU_ASSERT_EQUAL(list[k].n2, known[i].cells);
        /* six-fold: any angle and its sixth of a turn away are the same twist */
        CU_ASSERT_EQUAL(itp_match_nearest(list, n, f, f, known[i].twist + 120, &off), k);
    }
    free(list);
    itp_facet_destroy(f);
    itp_phase_destroy(c);
}

static void bounds_are_kept(void)
{
    itp_phase *li = phase_of("Li"), *mg = phase_of("Mg");
    itp_facet *a = NULL, *b = NULL;
    itp_match *list = NULL;
    size_t n = 0;
    CU_ASSERT_EQUAL_FATAL(itp_facet_create(&a, li, (itp_miller){{2, 1, 0}}, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_facet_create(&b, mg, (itp_miller){{1, 0, 1}}, NULL), ITP_OK);
    itp_bounds bounds = {500, 0.05, 0};
    CU_ASSERT_EQUAL_FATAL(itp_match_list(a, b, &bounds, ITP_TURN_NO, &list, &n, NULL), ITP_OK);
    CU_ASSERT(n > 10);
    for (size_t i = 0; i < n; i++) {
        CU_ASSERT(list[i].area <= 500);
        CU_ASSERT(fabs(list[i].strain[0]) <= 0.05 + 1e-9 && fabs(list[i].strain[1]) <= 0.05 + 1e-9);
        CU_ASSERT(i == 0 || list[i].n1 >= list[i - 1].n1);
    }
    free(list);
    bounds.most = 5;
    CU_ASSERT_EQUAL(itp_match_list(a, b, &bounds, ITP_TURN_NO, &list, &n, NULL), ITP_ERANGE);
    bounds.strain = -1;
    CU_ASSERT_EQUAL(itp_match_list(a, b, &bounds, ITP_TURN_NO, &list, &n, NULL), ITP_ERANGE);
    itp_facet_destroy(a);
    itp_facet_destroy(b);
    itp_phase_destroy(li);
    itp_phase_destroy(mg);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"search equals brute force", search_equals_brute_force},
        {"graphene twists are the known ones", graphene_twists_are_the_known_ones},
        {"bounds are kept", bounds_are_kept},
        CU_TEST_INFO_NULL};
    return suite_run("interface/match/match", tests);
}
