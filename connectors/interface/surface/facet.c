/* facet.c - the surface lattice of (hkl), found with integers.
 *   The facet's normal in the primitive reciprocal basis is m = P h, divided by its common divisor;
 *   Euclid's algorithm on m gives a unimodular matrix whose first two rows span the plane and whose
 *   third leads to the next lattice plane. What is then chosen among equal vectors is decided by
 *   integers, never by the last bit of a length.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "facet.h"

#include <stdlib.h>
#include <string.h>

#include "planes.h"
#include "vec.h"

static const double TIE = 1.0e-6; /* relative: equal lengths and products */

static void to_cartesian(const itp_phase *p, const long row[3], double r[3])
{
    double f[3] = {(double)row[0] / ITP_GRID, (double)row[1] / ITP_GRID, (double)row[2] / ITP_GRID};
    vec_frame(f, (const double(*)[3])p->crystal->cell, r);
}

/* Rows (in sixths) of a basis with m.u = (0, 0, 1): rows 0 and 1 lie in the plane. */
static void plane_basis(const itp_phase *p, const int h[3], long rows[3][3])
{
    long u[3][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, m[3];
    for (int i = 0; i < 3; i++)
        m[i] = h[0] * p->primitive[i][0] + h[1] * p->primitive[i][1] + h[2] * p->primitive[i][2];
    for (;;) {
        int small = -1, other = -1;
        for (int i = 0; i < 3; i++)
            if (m[i] != 0 && (small < 0 || labs(m[i]) < labs(m[small]))) small = i;
        for (int i = 0; i < 3; i++)
            if (i != small && m[i] != 0) other = i;
        if (other < 0) {
            for (int j = 0; j < 3; j++) {
                long t = u[2][j];
                u[2][j] = u[small][j] * (m[small] < 0 ? -1 : 1);
                if (small != 2) u[small][j] = t;
            }
            break;
        }
        long q = m[other] / m[small];
        m[other] -= q * m[small];
        for (int j = 0; j < 3; j++) u[other][j] -= q * u[small][j];
    }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            rows[i][j] = u[i][0] * p->primitive[0][j] + u[i][1] * p->primitive[1][j] +
                         u[i][2] * p->primitive[2][j];
}

/* Gauss's reduction of the two rows in the plane. */
static void reduce_plane(const itp_phase *p, long rows[3][3])
{
    for (int step = 0; step < 64; step++) {
        double a[3], b[3];
        to_cartesian(p, rows[0], a);
        to_cartesian(p, rows[1], b);
        if (vec_dot(b, b) < vec_dot(a, a) * (1 - TIE)) {
            for (int j = 0; j < 3; j++) {
                long t = rows[0][j];
                rows[0][j] = rows[1][j];
                rows[1][j] = t;
            }
            continue;
        }
        long q = lround(vec_dot(a, b) / vec_dot(a, a));
        if (fabs(vec_dot(a, b)) <= (0.5 + TIE) * vec_dot(a, a)) return;
        for (int j = 0; j < 3; j++) rows[1][j] -= q * rows[0][j];
    }
}

static int greater(const long a[3], const long b[3])
{
    for (int j = 0; j < 3; j++)
        if (a[j] != b[j]) return a[j] > b[j];
    return 0;
}

/* The canonical pair: a shortest, b shortest with 90 to 120 degrees to it and (a, b, normal)
 * right-handed; among equals the one with the greatest integers. */
static void choose_plane(const itp_phase *p, const double normal[3], long rows[3][3])
{
    long pool[25][3], best[2][3] = {{0}};
    double cartesian[25][3], best_a = INFINITY, best_b = INFINITY;
    for (int k = 0; k < 25; k++) {
        for (int j = 0; j < 3; j++)
            pool[k][j] = (k / 5 - 2) * rows[0][j] + (k % 5 - 2) * rows[1][j];
        to_cartesian(p, pool[k], cartesian[k]);
    }
    double(*c)[3] = cartesian;
    for (int k = 0; k < 25; k++) {
        double length = vec_dot(c[k], c[k]);
        if (k == 12 || length > best_a * (1 + TIE)) continue;
        if (length < best_a * (1 - TIE) || greater(pool[k], best[0])) {
            best_a = length;
            memcpy(best[0], pool[k], sizeof best[0]);
        }
    }
    double a[3];
    to_cartesian(p, best[0], a);
    for (int k = 0; k < 25; k++) {
        double cross[3], length = vec_dot(c[k], c[k]), along = vec_dot(a, c[k]);
        vec_cross(a, c[k], cross);
        if (vec_dot(cross, normal) < TIE * best_a * vec_norm(normal) || along > TIE * best_a)
            continue;
        if (length > best_b * (1 + TIE)) continue;
        if (length < best_b * (1 - TIE) || greater(pool[k], best[1])) {
            best_b = length;
            memcpy(best[1], pool[k], sizeof best[1]);
        }
    }
    memcpy(rows[0], best[0], sizeof best[0]);
    memcpy(rows[1], best[1], sizeof best[1]);
}

/* c as upright as the lattice allows; halves go down, so that rounding does not choose. */
static void straighten(const itp_phase *p, long rows[3][3])
{
    double a[3], b[3], c[3];
    to_cartesian(p, rows[0], a);
    to_cartesian(p, rows[1], b);
    to_cartesian(p, rows[2], c);
    double aa = vec_dot(a, a), bb = vec_dot(b, b), ab = vec_dot(a, b), det = aa * bb - ab * ab;
    double ca = vec_dot(c, a), cb = vec_dot(c, b);
    long qa = (long)ceil((ca * bb - cb * ab) / det - 0.5 - TIE);
    long qb = (long)ceil((cb * aa - ca * ab) / det - 0.5 - TIE);
    for (int j = 0; j < 3; j++) rows[2][j] -= qa * rows[0][j] + qb * rows[1][j];
}

/* Frame of the facet and the cell in it. */
static void set_frame(itp_facet *f, const double normal[3])
{
    double r[3][3], x[3], y[3], z[3];
    for (int i = 0; i < 3; i++) to_cartesian(f->phase, f->rows[i], r[i]);
    double a = vec_norm(r[0]), n = vec_norm(normal);
    for (int j = 0; j < 3; j++) {
        x[j] = r[0][j] / a;
        z[j] = normal[j] / n;
    }
    vec_cross(z, x, y);
    for (int j = 0; j < 3; j++) {
        f->frame[j][0] = x[j];
        f->frame[j][1] = y[j];
        f->frame[j][2] = z[j];
    }
    vec_multiply((const double(*)[3])r, (const double(*)[3])f->frame, f->cell);
    f->cell[0][1] = f->cell[0][2] = f->cell[1][2] = 0;
    f->area = f->cell[0][0] * f->cell[1][1];
    f->period = f->cell[2][2];
}

/* The atoms of one period: those of the conventional cell, one for each primitive lattice point. */
static itp_status fill(itp_facet *f, itp_error *err)
{
    const itp_crystal *c = f->phase->crystal;
    double rows[3][3], inverse[3][3];
    for (int i = 0; i < 9; i++) rows[i / 3][i % 3] = (double)f->rows[i / 3][i % 3] / ITP_GRID;
    vec_invert((const double(*)[3])rows, inverse);
    f->z = calloc(c->n, sizeof *f->z);
    f->frac = calloc(c->n, sizeof *f->frac);
    if (!f->z || !f->frac) return itp_fail(err, ITP_ENOMEM, "facet of %zu atoms", c->n);
    for (size_t i = 0; i < c->n; i++) {
        double y[3];
        vec_frame(c->frac[i], (const double(*)[3])inverse, y);
        for (int j = 0; j < 3; j++) y[j] = vec_wrap(y[j], 1e-6);
        size_t k = 0;
        for (; k < f->n; k++)
            if (f->z[k] == c->z[i] && vec_circle(f->frac[k][0], y[0]) < 1e-4 &&
                vec_circle(f->frac[k][1], y[1]) < 1e-4 && vec_circle(f->frac[k][2], y[2]) < 1e-4)
                break;
        if (k < f->n) continue;
        memcpy(f->frac[f->n], y, sizeof y);
        f->z[f->n++] = c->z[i];
    }
    double expected = (double)c->n * fabs(vec_det((const double(*)[3])rows));
    if (fabs((double)f->n - expected) > 0.01)
        return itp_fail(err, ITP_ESCIENTIFIC, "facet cell holds %zu atoms, not %g", f->n, expected);
    return ITP_OK;
}

itp_status itp_facet_create(itp_facet **out, const itp_phase *phase, itp_miller miller,
                            itp_error *err)
{
    const int *h = miller.h;
    if (h[0] == 0 && h[1] == 0 && h[2] == 0)
        return itp_fail(err, ITP_EINVAL, "%s: (000) is not a facet", phase->label);
    itp_facet *f = calloc(1, sizeof *f);
    if (!f) return itp_fail(err, ITP_ENOMEM, "facet");
    long common = vec_gcd(vec_gcd(h[0], h[1]), h[2]);
    double inverse[3][3], normal[3];
    f->phase = phase;
    for (int j = 0; j < 3; j++) f->miller.h[j] = (int)(h[j] / common);
    vec_invert((const double(*)[3])phase->crystal->cell, inverse);
    for (int i = 0; i < 3; i++)
        normal[i] = inverse[i][0] * f->miller.h[0] + inverse[i][1] * f->miller.h[1] +
                    inverse[i][2] * f->miller.h[2];
    plane_basis(phase, f->miller.h, f->rows);
    reduce_plane(phase, f->rows);
    choose_plane(phase, normal, f->rows);
    straighten(phase, f->rows);
    set_frame(f, normal);
    itp_status st = fill(f, err);
    if (st == ITP_OK) st = itp_facet_operations(f, err);
    if (st == ITP_OK) st = itp_facet_planes(f, err);
    if (st != ITP_OK) {
        itp_facet_destroy(f);
        return st;
    }
    *out = f;
    return ITP_OK;
}

void itp_facet_destroy(itp_facet *facet)
{
    if (!facet) return;
    free(facet->z);
    free(facet->frac);
    free(facet->planes);
    free(facet->terminations);
    free(facet->ops);
    free(facet->flips);
    free(facet);
}
