/* canonical.c - one description for all descriptions of a crystal (symmetry.h says which).
 *   Comparisons have a tolerance far above rounding and far below any real difference, so that
 *   candidates related by a symmetry tie instead of being ordered by noise.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "symmetry.h"
#include "vec.h"

enum { REACH = 2, BASES_MAX = 96 };
static const double SAME = 2.0e-5;   /* fractions: equal coordinates */
static const double METRIC = 1.0e-5; /* relative: equal lengths and products */

typedef struct site {
    double frac[3];
    int z;
} site;

static int compare_site(const site *a, const site *b)
{
    if (a->z != b->z) return a->z < b->z ? -1 : 1;
    for (int i = 0; i < 3; i++)
        if (fabs(a->frac[i] - b->frac[i]) > SAME) return a->frac[i] < b->frac[i] ? -1 : 1;
    return 0;
}

static int compare_sorting(const void *a, const void *b)
{
    return compare_site(a, b);
}

static int compare_lists(const site *a, const site *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int c = compare_site(&a[i], &b[i]);
        if (c) return c;
    }
    return 0;
}

/* ---- bases with the same metric and the same centring -----------------------------------------
 */

typedef struct bases {
    int rows[BASES_MAX][3][3];
    size_t n;
} bases;

static int is_translation(const itp_symmetry *s, const double t[3])
{
    static const int ONE[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    for (size_t o = 0; o < s->n; o++) {
        if (memcmp(s->operations[o].rotation, ONE, sizeof ONE) != 0) continue;
        int same = 1;
        for (int i = 0; i < 3; i++) same &= vec_circle(s->operations[o].shift[i], t[i]) < SAME;
        if (same) return 1;
    }
    return 0;
}

static int keeps_centring(const itp_symmetry *s, const int m[3][3])
{
    static const int ONE[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    double rows[3][3], inverse[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) rows[i][j] = m[i][j];
    vec_invert((const double(*)[3])rows, inverse);
    for (size_t o = 0; o < s->n; o++) {
        if (memcmp(s->operations[o].rotation, ONE, sizeof ONE) != 0) continue;
        double t[3];
        vec_frame(s->operations[o].shift, (const double(*)[3])inverse, t);
        if (!is_translation(s, t)) return 0;
    }
    return 1;
}

/* All right-handed triples of lattice vectors whose Gram matrix is that of the cell itself. */
static void find_bases(const itp_crystal *c, const itp_symmetry *s, bases *found)
{
    enum { SIDE = 2 * REACH + 1, POOL = SIDE * SIDE * SIDE };
    int pool[3][POOL][3];
    size_t count[3] = {0, 0, 0};
    double gram[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) gram[i][j] = vec_dot(c->cell[i], c->cell[j]);
    for (int k = 0; k < POOL; k++) {
        int v[3] = {k / (SIDE * SIDE) - REACH, k / SIDE % SIDE - REACH, k % SIDE - REACH};
        double f[3] = {v[0], v[1], v[2]}, r[3];
        vec_frame(f, (const double(*)[3])c->cell, r);
        for (int i = 0; i < 3; i++)
            if (fabs(vec_dot(r, r) - gram[i][i]) < METRIC * gram[i][i])
                memcpy(pool[i][count[i]++], v, sizeof v);
    }
    found->n = 0;
    for (size_t a = 0; a < count[0]; a++)
        for (size_t b = 0; b < count[1]; b++)
            for (size_t d = 0; d < count[2] && found->n < BASES_MAX; d++) {
                int m[3][3];
                double wide[3][3], r[3][3];
                memcpy(m[0], pool[0][a], sizeof m[0]);
                memcpy(m[1], pool[1][b], sizeof m[1]);
                memcpy(m[2], pool[2][d], sizeof m[2]);
                for (int i = 0; i < 9; i++) wide[i / 3][i % 3] = m[i / 3][i % 3];
                if (fabs(vec_det((const double(*)[3])wide) - 1) > 0.5) continue;
                vec_multiply((const double(*)[3])wide, (const double(*)[3])c->cell, r);
                int same = 1;
                for (int i = 0; i < 3; i++)
                    for (int j = 0; j < i; j++)
                        same &= fabs(vec_dot(r[i], r[j]) - gram[i][j]) <
                                METRIC * sqrt(gram[i][i] * gram[j][j]);
                if (same && keeps_centring(s, (const int(*)[3])m))
                    memcpy(found->rows[found->n++], m, sizeof m);
            }
}

/* ---- the choice -------------------------------------------------------------------------------
 */

static int rarest(const itp_crystal *c)
{
    size_t count[128] = {0};
    int best = 0;
    for (size_t i = 0; i < c->n; i++) count[c->z[i] & 127]++;
    for (int z = 1; z < 128; z++)
        if (count[z] && (!best || count[z] < count[best])) best = z;
    return best;
}

static void describe(const itp_crystal *c, const double inverse[3][3], size_t origin, site *list)
{
    for (size_t i = 0; i < c->n; i++) {
        double d[3];
        for (int j = 0; j < 3; j++) d[j] = c->frac[i][j] - c->frac[origin][j];
        vec_frame(d, inverse, list[i].frac);
        for (int j = 0; j < 3; j++) list[i].frac[j] = vec_wrap(list[i].frac[j], SAME);
        list[i].z = c->z[i];
    }
    qsort(list, c->n, sizeof *list, compare_sorting);
}

/* Cell of the given Gram matrix with a along x and b in the xy plane. */
static void upright(const double cell[3][3], double out[3][3])
{
    double a = vec_norm(cell[0]), ab = vec_dot(cell[0], cell[1]) / a,
           ac = vec_dot(cell[0], cell[2]) / a;
    double b2 = vec_dot(cell[1], cell[1]) - ab * ab, b = sqrt(b2);
    double bc = (vec_dot(cell[1], cell[2]) - ab * ac) / b;
    double made[3][3] = {
        {a, 0, 0}, {ab, b, 0}, {ac, bc, sqrt(vec_dot(cell[2], cell[2]) - ac * ac - bc * bc)}};
    /* Rounding of right angles is noise that would show in every later number. */
    for (int i = 1; i < 3; i++)
        for (int j = 0; j < i; j++)
            if (fabs(made[i][j]) < 1e-10 * vec_norm(made[i])) made[i][j] = 0;
    memcpy(out, made, sizeof made);
}

static itp_status choose(itp_crystal *c, const bases *found, itp_error *err)
{
    site *best = malloc(2 * c->n * sizeof *best), *trial = best + c->n;
    if (!best) return itp_fail(err, ITP_ENOMEM, "canonical cell of %zu atoms", c->n);
    size_t chosen = 0;
    int origin_z = rarest(c), any = 0;
    for (size_t b = 0; b < found->n; b++) {
        double rows[3][3], inverse[3][3];
        for (int i = 0; i < 9; i++) rows[i / 3][i % 3] = found->rows[b][i / 3][i % 3];
        vec_invert((const double(*)[3])rows, inverse);
        for (size_t o = 0; o < c->n; o++) {
            if (c->z[o] != origin_z) continue;
            describe(c, (const double(*)[3])inverse, o, trial);
            if (any && compare_lists(trial, best, c->n) >= 0) continue;
            memcpy(best, trial, c->n * sizeof *best);
            chosen = b;
            any = 1;
        }
    }
    double rows[3][3], cell[3][3];
    for (int i = 0; i < 9; i++) rows[i / 3][i % 3] = found->rows[chosen][i / 3][i % 3];
    vec_multiply((const double(*)[3])rows, (const double(*)[3])c->cell, cell);
    upright((const double(*)[3])cell, c->cell);
    for (size_t i = 0; i < c->n; i++) {
        c->z[i] = best[i].z;
        memcpy(c->frac[i], best[i].frac, sizeof best[i].frac);
    }
    free(best);
    return ITP_OK;
}

itp_status itp_crystal_canonical(itp_crystal **out, const itp_crystal *from, double symprec,
                                 itp_error *err)
{
    itp_crystal *c = NULL;
    itp_symmetry *s = NULL;
    bases found;
    itp_status st = itp_crystal_standard(&c, from, ITP_SETTING_CONVENTIONAL, symprec, err);
    if (st == ITP_OK) st = itp_symmetry_find(&s, c, symprec, err);
    if (st == ITP_OK) {
        find_bases(c, s, &found);
        if (found.n == 0)
            st = itp_fail(err, ITP_ESCIENTIFIC, "the standard cell has no basis of its own metric");
        else
            st = choose(c, &found, err);
    }
    itp_symmetry_destroy(s);
    if (st == ITP_OK)
        *out = c;
    else
        itp_crystal_destroy(c);
    return st;
}
