/* phase.c - from any description of a crystal to the phase that interfaces are made of.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "phase.h"

#include <stdlib.h>
#include <string.h>

#include "element.h"
#include "vec.h"

static const int ONE[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

/* ---- primitive lattice: the Hermite form of all translations, in sixths ------------------------
 */

static void insert_row(long basis[3][3], long row[3])
{
    for (int col = 0; col < 3; col++) {
        while (row[col] != 0) {
            if (basis[col][col] == 0) {
                memcpy(basis[col], row, 3 * sizeof *row);
                return;
            }
            long q = row[col] / basis[col][col];
            for (int j = 0; j < 3; j++) row[j] -= q * basis[col][j];
            if (row[col] == 0) break;
            for (int j = 0; j < 3; j++) {
                long t = basis[col][j];
                basis[col][j] = row[j];
                row[j] = t;
            }
        }
    }
}

static itp_status find_primitive(itp_phase *p, itp_error *err)
{
    long basis[3][3] = {{ITP_GRID, 0, 0}, {0, ITP_GRID, 0}, {0, 0, ITP_GRID}};
    for (size_t o = 0; o < p->symmetry->n; o++) {
        if (memcmp(p->symmetry->operations[o].rotation, ONE, sizeof ONE) != 0) continue;
        long row[3];
        for (int j = 0; j < 3; j++) {
            double t = p->symmetry->operations[o].shift[j] * ITP_GRID;
            row[j] = lround(t);
            if (fabs(t - (double)row[j]) > 0.01)
                return itp_fail(err, ITP_ESCIENTIFIC, "%s: a centring is no sixth of the cell",
                                p->label);
        }
        insert_row(basis, row);
    }
    for (int i = 0; i < 3; i++) {
        if (basis[i][i] < 0)
            for (int j = 0; j < 3; j++) basis[i][j] = -basis[i][j];
        for (int k = 0; k < i; k++) {
            long q = (long)floor((double)basis[k][i] / (double)basis[i][i]);
            for (int j = 0; j < 3; j++) basis[k][j] -= q * basis[i][j];
        }
    }
    memcpy(p->primitive, basis, sizeof basis);
    return ITP_OK;
}

/* ---- charges: the usual ones, with a single kind of cation adjusted to what is left ------------
 */

static void find_charges(itp_phase *p)
{
    double count[128] = {0}, sum = 0;
    int kinds = 0, cations = 0, cation = 0;
    for (size_t i = 0; i < p->crystal->n; i++) count[p->crystal->z[i]] += 1;
    for (int z = 1; z <= ITP_ELEMENT_MAX; z++) {
        if (count[z] == 0) continue;
        kinds++;
        p->charge[z] = itp_element_at(z)->charge;
        sum += count[z] * p->charge[z];
        if (p->charge[z] > 0) {
            cations++;
            cation = z;
        }
    }
    if (kinds == 1) {
        memset(p->charge, 0, sizeof p->charge);
        p->charges_known = 1;
        return;
    }
    if (cations == 1 && cations < kinds) {
        double rest = sum - count[cation] * p->charge[cation];
        if (rest < 0) {
            p->charge[cation] = -rest / count[cation];
            sum = 0;
        }
    }
    p->charges_known = fabs(sum) < 1e-9;
}

itp_status itp_phase_create(itp_phase **out, const itp_crystal *crystal, double symprec,
                            itp_error *err)
{
    itp_phase *p = calloc(1, sizeof *p);
    if (!p) return itp_fail(err, ITP_ENOMEM, "phase of %zu atoms", crystal->n);
    itp_status st = itp_crystal_canonical(&p->crystal, crystal, symprec, err);
    if (st == ITP_OK) st = itp_symmetry_find(&p->symmetry, p->crystal, symprec, err);
    if (st == ITP_OK) {
        itp_crystal_formula(p->crystal, sizeof p->formula, p->formula);
        snprintf(p->label, sizeof p->label, "%s-%s-%d", p->formula, p->symmetry->pearson,
                 p->symmetry->group);
        p->volume_atom = itp_crystal_volume(p->crystal) / (double)p->crystal->n;
        st = find_primitive(p, err);
    }
    if (st != ITP_OK) {
        itp_phase_destroy(p);
        return st;
    }
    find_charges(p);
    *out = p;
    return ITP_OK;
}

void itp_phase_destroy(itp_phase *phase)
{
    if (!phase) return;
    itp_crystal_destroy(phase->crystal);
    itp_symmetry_destroy(phase->symmetry);
    free(phase);
}

/* ---- facets ------------------------------------------------------------------------------------
 */

/* 1 when a is the nicer name of the two. */
static int nicer(itp_miller a, itp_miller b)
{
    int minus_a = 0, minus_b = 0;
    for (int i = 0; i < 3; i++) {
        minus_a += a.h[i] < 0;
        minus_b += b.h[i] < 0;
    }
    if (minus_a != minus_b) return minus_a < minus_b;
    for (int i = 0; i < 3; i++)
        if (a.h[i] != b.h[i]) return a.h[i] > b.h[i];
    return 0;
}

itp_miller itp_phase_miller(const itp_phase *phase, itp_miller miller)
{
    itp_miller best = miller;
    for (size_t o = 0; o < phase->symmetry->n; o++) {
        itp_miller image = {{0, 0, 0}};
        for (int j = 0; j < 3; j++)
            for (int i = 0; i < 3; i++)
                image.h[j] += miller.h[i] * phase->symmetry->operations[o].rotation[i][j];
        if (nicer(image, best)) best = image;
    }
    return best;
}

/* 1/d^2 of the facet, for sorting. */
static double inverse_spacing(const itp_phase *phase, itp_miller m)
{
    double inverse[3][3], g[3];
    vec_invert((const double(*)[3])phase->crystal->cell, inverse);
    for (int i = 0; i < 3; i++)
        g[i] = inverse[i][0] * m.h[0] + inverse[i][1] * m.h[1] + inverse[i][2] * m.h[2];
    return vec_dot(g, g);
}

itp_status itp_phase_facets(const itp_phase *phase, int most, itp_miller **list, size_t *n,
                            itp_error *err)
{
    if (most < 1 || most > 9)
        return itp_fail(err, ITP_ERANGE, "largest Miller index is %d, from 1 to 9", most);
    size_t side = (size_t)(2 * most + 1), count = 0;
    itp_miller *made = malloc(side * side * side * sizeof *made);
    if (!made) return itp_fail(err, ITP_ENOMEM, "facets up to %d", most);
    for (int h = most; h >= -most; h--)
        for (int k = most; k >= -most; k--)
            for (int l = most; l >= -most; l--) {
                itp_miller m = {{h, k, l}};
                if (vec_gcd(vec_gcd(h, k), l) != 1) continue;
                itp_miller nice = itp_phase_miller(phase, m);
                if (memcmp(&nice, &m, sizeof m) == 0) made[count++] = m;
            }
    for (size_t i = 1; i < count; i++) /* insertion: few, and stable for equal spacings */
        for (size_t j = i;
             j > 0 && inverse_spacing(phase, made[j]) < inverse_spacing(phase, made[j - 1]) - 1e-9;
             j--) {
            itp_miller t = made[j];
            made[j] = made[j - 1];
            made[j - 1] = t;
        }
    *list = made;
    *n = count;
    return ITP_OK;
}
