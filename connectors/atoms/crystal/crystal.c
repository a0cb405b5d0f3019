/* crystal.c - making, checking and re-describing crystals.
 *   Sublattice transforms enumerate the old cells inside the new one by the Hermite form of the
 *   integer matrix, so that every atom is produced exactly once, whatever the rounding.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "crystal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "element.h"
#include "vec.h"

static const double VOLUME_MIN = 1.0;   /* angstrom^3; the densest atoms need 5 */
static const double LENGTH_MAX = 1.0e4; /* angstrom */
static const double FLAT_MIN = 1.0e-3;  /* volume over product of lengths */
static const double NEAR_LIGHT = 0.2;   /* angstrom; half an H-H bond would be 0.37 */
static const double NEAR_HEAVY = 0.4;
static const double SNAP = 1.0e-9;

itp_status itp_crystal_create(itp_crystal **out, size_t n)
{
    if (n > ITP_CRYSTAL_ATOMS_MAX) return ITP_ERANGE;
    itp_crystal *crystal = calloc(1, sizeof *crystal);
    if (!crystal) return ITP_ENOMEM;
    crystal->n = n;
    crystal->z = calloc(n ? n : 1, sizeof *crystal->z);
    crystal->frac = calloc(n ? n : 1, sizeof *crystal->frac);
    for (int i = 0; i < 3; i++) crystal->pbc[i] = 1;
    if (!crystal->z || !crystal->frac) {
        itp_crystal_destroy(crystal);
        return ITP_ENOMEM;
    }
    *out = crystal;
    return ITP_OK;
}

itp_status itp_crystal_copy(itp_crystal **out, const itp_crystal *from)
{
    itp_crystal *copy;
    itp_status st = itp_crystal_create(&copy, from->n);
    if (st != ITP_OK) return st;
    memcpy(copy->cell, from->cell, sizeof copy->cell);
    memcpy(copy->pbc, from->pbc, sizeof copy->pbc);
    memcpy(copy->z, from->z, from->n * sizeof *copy->z);
    memcpy(copy->frac, from->frac, from->n * sizeof *copy->frac);
    *out = copy;
    return ITP_OK;
}

void itp_crystal_destroy(itp_crystal *crystal)
{
    if (!crystal) return;
    free(crystal->z);
    free(crystal->frac);
    free(crystal);
}

double itp_crystal_volume(const itp_crystal *crystal)
{
    return fabs(vec_det((const double(*)[3])crystal->cell));
}

void itp_crystal_wrap(itp_crystal *crystal)
{
    for (size_t i = 0; i < crystal->n; i++)
        for (int j = 0; j < 3; j++)
            if (crystal->pbc[j]) crystal->frac[i][j] = vec_wrap(crystal->frac[i][j], SNAP);
}

/* ---- nearest pair: a cell list over fractional bins, so that large slabs stay linear ----------
 */

typedef struct bins {
    int count[3], reach[3]; /* bins along each vector; how many neighbours to look at */
    size_t *first, *next;   /* heads (1 + atom index, 0 none) and chains */
} bins;

static int bin_of(double frac, int count)
{
    double f = frac - floor(frac);
    int b = (int)(f * count);
    return b >= count ? count - 1 : b;
}

static itp_status bins_fill(bins *b, const itp_crystal *crystal, double reach)
{
    double volume = itp_crystal_volume(crystal);
    size_t total = 1;
    for (int i = 0; i < 3; i++) {
        double normal[3];
        vec_cross(crystal->cell[(i + 1) % 3], crystal->cell[(i + 2) % 3], normal);
        double height = volume / vec_norm(normal);
        int count = (int)(height / reach);
        b->count[i] = count < 1 ? 1 : count > 64 ? 64 : count;
        b->reach[i] = (int)ceil(reach * b->count[i] / height);
        total *= (size_t)b->count[i];
    }
    b->first = calloc(total, sizeof *b->first);
    b->next = calloc(crystal->n ? crystal->n : 1, sizeof *b->next);
    if (!b->first || !b->next) return ITP_ENOMEM;
    for (size_t a = 0; a < crystal->n; a++) {
        size_t at = 0;
        for (int i = 0; i < 3; i++)
            at = at * (size_t)b->count[i] + (size_t)bin_of(crystal->frac[a][i], b->count[i]);
        b->next[a] = b->first[at];
        b->first[at] = a + 1;
    }
    return ITP_OK;
}

/* Nearest image of any atom of one bin to atom a; `shift` are the cells the bin lies away. */
static double bin_nearest(const bins *b, const itp_crystal *c, size_t a, size_t at,
                          const int shift[3], double best)
{
    for (size_t link = b->first[at]; link; link = b->next[link - 1]) {
        size_t o = link - 1;
        double d[3], r[3];
        for (int i = 0; i < 3; i++) {
            double fo = c->frac[o][i] - floor(c->frac[o][i]);
            double fa = c->frac[a][i] - floor(c->frac[a][i]);
            d[i] = fo + shift[i] - fa;
        }
        if (o == a && shift[0] == 0 && shift[1] == 0 && shift[2] == 0) continue;
        vec_frame(d, (const double(*)[3])c->cell, r);
        double length = vec_norm(r);
        if (length < best) best = length;
    }
    return best;
}

static double nearest_to(const bins *b, const itp_crystal *c, size_t a, double best)
{
    int home[3];
    for (int i = 0; i < 3; i++) home[i] = bin_of(c->frac[a][i], b->count[i]);
    for (int x = -b->reach[0]; x <= b->reach[0]; x++)
        for (int y = -b->reach[1]; y <= b->reach[1]; y++)
            for (int z = -b->reach[2]; z <= b->reach[2]; z++) {
                int step[3] = {x, y, z}, shift[3];
                size_t at = 0;
                for (int i = 0; i < 3; i++) {
                    int pos = home[i] + step[i];
                    shift[i] = (int)floor((double)pos / b->count[i]);
                    at = at * (size_t)b->count[i] + (size_t)(pos - shift[i] * b->count[i]);
                }
                best = bin_nearest(b, c, a, at, shift, best);
            }
    return best;
}

double itp_crystal_nearest(const itp_crystal *crystal, double cap)
{
    bins b = {{0}, {0}, NULL, NULL};
    double best = cap;
    if (bins_fill(&b, crystal, cap) == ITP_OK)
        for (size_t a = 0; a < crystal->n; a++) best = nearest_to(&b, crystal, a, best);
    free(b.first);
    free(b.next);
    return best;
}

static itp_status check_cell(const itp_crystal *crystal, itp_error *err)
{
    double lengths = 1;
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++)
            if (!isfinite(crystal->cell[i][j]))
                return itp_fail(err, ITP_ENONFINITE, "cell vector %d is not finite", i + 1);
        double length = vec_norm(crystal->cell[i]);
        if (!(length <= LENGTH_MAX))
            return itp_fail(err, ITP_ERANGE, "cell vector %d is %g angstrom long, at most %g",
                            i + 1, length, LENGTH_MAX);
        lengths *= length;
    }
    double det = vec_det((const double(*)[3])crystal->cell);
    if (!(fabs(det) >= VOLUME_MIN))
        return itp_fail(err, ITP_ERANGE, "cell volume is %g cubic angstrom, at least %g", fabs(det),
                        VOLUME_MIN);
    if (fabs(det) < FLAT_MIN * lengths)
        return itp_fail(err, ITP_ERANGE, "cell is nearly flat (volume %g of edges %g)", fabs(det),
                        lengths);
    if (det < 0)
        return itp_fail(err, ITP_ERANGE, "cell vectors are left-handed; exchange two of them");
    return ITP_OK;
}

itp_status itp_crystal_check(const itp_crystal *crystal, itp_error *err)
{
    if (crystal->n == 0) return itp_fail(err, ITP_ERANGE, "no atoms");
    itp_status st = check_cell(crystal, err);
    if (st != ITP_OK) return st;
    int light = 0;
    for (size_t i = 0; i < crystal->n; i++) {
        if (!itp_element_at(crystal->z[i]))
            return itp_fail(err, ITP_EPARSE, "atom %zu has no known element", i + 1);
        for (int j = 0; j < 3; j++)
            if (!isfinite(crystal->frac[i][j]) || fabs(crystal->frac[i][j]) > 1e6)
                return itp_fail(err, ITP_ENONFINITE, "atom %zu is nowhere", i + 1);
        light |= crystal->z[i] == 1;
    }
    double least = light ? NEAR_LIGHT : NEAR_HEAVY;
    if (crystal->n * 5.0e-2 * VOLUME_MIN > itp_crystal_volume(crystal))
        return itp_fail(err, ITP_ERANGE, "%zu atoms in %g cubic angstrom", crystal->n,
                        itp_crystal_volume(crystal));
    double nearest = itp_crystal_nearest(crystal, 2 * least);
    if (nearest < least)
        return itp_fail(err, ITP_ERANGE, "two atoms are %.3f angstrom apart", nearest);
    return ITP_OK;
}

/* ---- other cells of the same crystal --------------------------------------------------------- */

static void hermite_swap(long m[3][3], int a, int b)
{
    for (int j = 0; j < 3; j++) {
        long t = m[a][j];
        m[a][j] = m[b][j];
        m[b][j] = t;
    }
}

/* Row operations to an upper triangle with positive diagonal; |det| stays. */
static void hermite(long m[3][3])
{
    for (int col = 0; col < 3; col++) {
        for (;;) {
            int pivot = -1, others = 0;
            for (int i = col; i < 3; i++)
                if (m[i][col] != 0 && (pivot < 0 || labs(m[i][col]) < labs(m[pivot][col])))
                    pivot = i;
            if (pivot < 0) return; /* singular: refused by the caller */
            if (pivot != col) hermite_swap(m, pivot, col);
            for (int i = col + 1; i < 3; i++) {
                long q = m[i][col] / m[col][col];
                for (int j = 0; j < 3; j++) m[i][j] -= q * m[col][j];
                others |= m[i][col] != 0;
            }
            if (!others) break;
        }
        if (m[col][col] < 0)
            for (int j = 0; j < 3; j++) m[col][j] = -m[col][j];
    }
}

itp_status itp_crystal_transform(itp_crystal **out, const itp_crystal *from, const long rows[3][3],
                                 itp_error *err)
{
    long h[3][3];
    double wide[3][3], inverse[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            h[i][j] = rows[i][j];
            wide[i][j] = (double)rows[i][j];
        }
    double det = vec_det((const double(*)[3])wide);
    if (!(det >= 0.5) || det * (double)from->n > ITP_CRYSTAL_ATOMS_MAX)
        return itp_fail(err, ITP_ERANGE, "a cell of %g times %zu atoms", det, from->n);
    hermite(h);
    vec_invert((const double(*)[3])wide, inverse);
    size_t cells = (size_t)llround(det);
    itp_crystal *crystal;
    itp_status st = itp_crystal_create(&crystal, cells * from->n);
    if (st != ITP_OK) return itp_fail(err, st, "a cell of %zu atoms", cells * from->n);
    vec_multiply((const double(*)[3])wide, (const double(*)[3])from->cell, crystal->cell);
    memcpy(crystal->pbc, from->pbc, sizeof crystal->pbc);
    size_t k = 0;
    for (size_t a = 0; a < from->n; a++)
        for (long x = 0; x < h[0][0]; x++)
            for (long y = 0; y < h[1][1]; y++)
                for (long z = 0; z < h[2][2]; z++) {
                    double f[3] = {from->frac[a][0] + (double)x, from->frac[a][1] + (double)y,
                                   from->frac[a][2] + (double)z};
                    vec_frame(f, (const double(*)[3])inverse, crystal->frac[k]);
                    crystal->z[k++] = from->z[a];
                }
    itp_crystal_wrap(crystal);
    *out = crystal;
    return ITP_OK;
}

void itp_crystal_formula(const itp_crystal *crystal, size_t size, char *text)
{
    long count[ITP_ELEMENT_MAX + 1] = {0}, divisor = 0;
    for (size_t i = 0; i < crystal->n; i++) count[crystal->z[i]]++;
    for (int z = 1; z <= ITP_ELEMENT_MAX; z++) divisor = vec_gcd(divisor, count[z]);
    size_t used = 0;
    if (size) text[0] = 0;
    for (;;) {
        int first = 0;
        for (int z = 1; z <= ITP_ELEMENT_MAX; z++)
            if (count[z] &&
                (!first || strcmp(itp_element_at(z)->symbol, itp_element_at(first)->symbol) < 0))
                first = z;
        if (!first || used >= size) return;
        long each = count[first] / divisor;
        int wrote =
            each > 1
                ? snprintf(text + used, size - used, "%s%ld", itp_element_at(first)->symbol, each)
                : snprintf(text + used, size - used, "%s", itp_element_at(first)->symbol);
        used += (size_t)wrote;
        count[first] = 0;
    }
}
