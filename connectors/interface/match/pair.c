/* pair.c - Hermite forms of pairs and the action of symmetries on registries.
 *   With x fractions in the common cell, A's symmetry y' = y g1 + w1 acts as x' = x u^-1 + w1
 * h1^-1, where h1 = u m1 g1; B's has to undo itself, so its shift over A becomes t' = t u^-1 + w1
 * h1^-1 - w2 h2^-1 . SPDX-License-Identifier: GPL-3.0-or-later */
#include "pair.h"

#include <stdlib.h>
#include <string.h>

#include "vec.h"

long itp_pair_det(const long m[2][2])
{
    return m[0][0] * m[1][1] - m[0][1] * m[1][0];
}

static void product(const long a[2][2], const long b[2][2], long out[2][2])
{
    long made[2][2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) made[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j];
    memcpy(out, made, sizeof made);
}

/* out with m out = det(m) */
static void adjugate(const long m[2][2], long out[2][2])
{
    long made[2][2] = {{m[1][1], -m[0][1]}, {-m[1][0], m[0][0]}};
    memcpy(out, made, sizeof made);
}

static long modulo(long a, long n)
{
    long r = a % n;
    return r < 0 ? r + n : r;
}

/* Row operations u with u m = (a b; 0 d), a, d > 0, 0 <= b < d. m is not singular. */
static void hermite(const long m[2][2], long h[2][2], long u[2][2])
{
    long w[2][4] = {{m[0][0], m[0][1], 1, 0}, {m[1][0], m[1][1], 0, 1}};
    while (w[1][0] != 0) {
        long q = w[0][0] / w[1][0];
        for (int j = 0; j < 4; j++) {
            long t = w[0][j] - q * w[1][j];
            w[0][j] = w[1][j];
            w[1][j] = t;
        }
    }
    for (int i = 0; i < 2; i++)
        if (w[i][i] < 0)
            for (int j = 0; j < 4; j++) w[i][j] = -w[i][j];
    long q = (w[0][1] - modulo(w[0][1], w[1][1])) / w[1][1];
    for (int j = 0; j < 4; j++) w[0][j] -= q * w[1][j];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            h[i][j] = w[i][j];
            u[i][j] = w[i][j + 2];
        }
}

int itp_pair_is_primitive(const itp_pair *p)
{
    long c[2][4];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            c[i][j] = p->m1[i][j];
            c[i][j + 2] = p->m2[i][j];
        }
    long divisor = 0;
    for (int i = 0; i < 4; i++)
        for (int j = i + 1; j < 4; j++)
            divisor = vec_gcd(divisor, c[0][i] * c[1][j] - c[0][j] * c[1][i]);
    return divisor == 1;
}

/* Hermite form of the lattice that four integer rows span (rank 2). */
static void span(const long rows[4][2], long h[2][2])
{
    long w[4][2];
    memcpy(w, rows, sizeof w);
    for (int col = 0; col < 2; col++)
        for (;;) {
            int pivot = -1, others = 0;
            for (int i = col; i < 4; i++)
                if (w[i][col] != 0 && (pivot < 0 || labs(w[i][col]) < labs(w[pivot][col])))
                    pivot = i;
            for (int j = 0; j < 2; j++) {
                long t = w[col][j];
                w[col][j] = w[pivot][j];
                w[pivot][j] = t;
            }
            for (int i = col + 1; i < 4; i++) {
                long q = w[i][col] / w[col][col];
                for (int j = 0; j < 2; j++) w[i][j] -= q * w[col][j];
                others |= w[i][col] != 0;
            }
            if (!others) break;
        }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) h[i][j] = w[i][i] < 0 ? -w[i][j] : w[i][j];
    long q = (h[0][1] - modulo(h[0][1], h[1][1])) / h[1][1];
    h[0][1] -= q * h[1][1];
}

void itp_pair_shifts(const itp_pair *pair, long rows[2][2], long *denominator)
{
    long n1 = itp_pair_det(pair->m1), n2 = itp_pair_det(pair->m2), a1[2][2], a2[2][2], all[4][2];
    adjugate(pair->m1, a1);
    adjugate(pair->m2, a2);
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            all[i][j] = n2 * a1[i][j]; /* a1 / n1 over n1 n2 */
            all[i + 2][j] = n1 * a2[i][j];
        }
    span((const long(*)[2])all, rows);
    *denominator = labs(n1 * n2);
}

/* ---- registries -------------------------------------------------------------------------------
 */

/* What moving along one side's symmetry shift w (24ths of that side's lattice, h its matrix) means
 * in registry units: w h^-1 in shift-lattice rows, which are a superset of the side's lattice. */
static void add_shift(const long h[2][2], const int w[2], long sign, const long inverse[2][2],
                      long inverse_det, long denominator, long registry[2])
{
    long a[2][2], n = itp_pair_det(h);
    adjugate(h, a);
    for (int j = 0; j < 2; j++) {
        long sum = 0;
        for (int k = 0; k < 2; k++)
            /* row k of h^-1 over the shift rows: integer, since the side's lattice is among them */
            sum += w[k] * ((a[k][0] * inverse[0][j] + a[k][1] * inverse[1][j]) *
                           (denominator / labs(n)) * (n < 0 ? -1 : 1) / inverse_det);
        registry[j] += sign * sum * (ITP_REGISTRY / ITP_SHIFTS);
    }
}

/* Registry of `from` carried over to the basis h = u m g of `to`. */
static void carry(const itp_pair *from, const long u[2][2], const int w1[2], const int w2[2],
                  itp_pair *to)
{
    long d0[2][2], d1[2][2], n0, n1, inverse[2][2], back[2][2], step[2][2];
    itp_pair_shifts(from, d0, &n0);
    itp_pair_shifts(to, d1, &n1);
    adjugate((const long(*)[2])d1, inverse);
    long det = itp_pair_det((const long(*)[2])d1), sign = itp_pair_det(u);
    adjugate(u, back); /* u^-1 is sign * back */
    product((const long(*)[2])d0, (const long(*)[2])back, step);
    product((const long(*)[2])step, (const long(*)[2])inverse, step);
    to->registry[0] = to->registry[1] = 0;
    for (int j = 0; j < 2; j++)
        for (int k = 0; k < 2; k++)
            to->registry[j] += from->registry[k] * (sign * step[k][j] / det); /* n0 equals n1 */
    add_shift((const long(*)[2])to->m1, w1, 1, (const long(*)[2])inverse, det, n1, to->registry);
    add_shift((const long(*)[2])to->m2, w2, -1, (const long(*)[2])inverse, det, n1, to->registry);
    for (int j = 0; j < 2; j++) to->registry[j] = modulo(to->registry[j], ITP_REGISTRY);
}

static int compare_whole(const long *a, const long *b, int n)
{
    for (int i = 0; i < n; i++)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}

int itp_pair_compare(const itp_pair *a, const itp_pair *b)
{
    int order = 0;
    for (int i = 0; i < 2 && !order; i++) order = compare_whole(a->m1[i], b->m1[i], 2);
    /* The greater one first: a plain stacking reads 1.0.0.1, not its turned twin. */
    for (int i = 0; i < 2 && !order; i++) order = compare_whole(b->m2[i], a->m2[i], 2);
    return order ? order : compare_whole(a->registry, b->registry, 2);
}

/* B's symmetry in its turned vectors a, -b. */
static itp_planeop turned(const itp_planeop *op)
{
    itp_planeop t = *op;
    t.m[0][1] = -t.m[0][1];
    t.m[1][0] = -t.m[1][0];
    t.shift[1] = -t.shift[1];
    return t;
}

static int sign_of(const itp_planeop *op)
{
    return op->m[0][0] * op->m[1][1] - op->m[0][1] * op->m[1][0];
}

static void widen(const int m[2][2], long out[2][2])
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) out[i][j] = m[i][j];
}

static itp_pair image(const itp_pair *p, const itp_planeop *g1, const itp_planeop *g2,
                      itp_normal how)
{
    long r1[2][2], r2[2][2], u[2][2], a[2][2];
    itp_pair out;
    widen((const int(*)[2])g1->m, r1);
    widen((const int(*)[2])g2->m, r2);
    product(p->m1, (const long(*)[2])r1, a);
    hermite((const long(*)[2])a, out.m1, u);
    product(p->m2, (const long(*)[2])r2, a);
    product((const long(*)[2])u, (const long(*)[2])a, out.m2);
    if (how == ITP_NORMAL_FULL)
        carry(p, (const long(*)[2])u, g1->shift, g2->shift, &out);
    else
        out.registry[0] = out.registry[1] = 0;
    return out;
}

static itp_pair least_image(const itp_pair *p, const itp_facet *lower, const itp_facet *upper,
                            itp_normal how)
{
    itp_pair best = {.registry = {0, 0}};
    int any = 0;
    for (size_t j = 0; j < upper->n_ops; j++) {
        itp_planeop g2 = turned(&upper->ops[j]);
        for (size_t i = 0; i < lower->n_ops; i++) {
            if (sign_of(&lower->ops[i]) != sign_of(&g2)) continue;
            itp_pair one = image(p, &lower->ops[i], &g2, how);
            if (any && itp_pair_compare(&one, &best) >= 0) continue;
            best = one;
            any = 1;
        }
    }
    return best;
}

itp_pair itp_pair_swap(const itp_pair *p)
{
    static const long MIRROR[2][2] = {{1, 0}, {0, -1}};
    itp_pair out;
    product(p->m2, MIRROR, out.m1);
    product(p->m1, MIRROR, out.m2);
    /* The shift lattice in units of the common cell is unchanged; A now lies at minus the shift. */
    for (int j = 0; j < 2; j++) out.registry[j] = modulo(-p->registry[j], ITP_REGISTRY);
    return out;
}

itp_pair itp_pair_normal(const itp_pair *pair, const itp_facet *lower, const itp_facet *upper,
                         itp_turn turn, itp_normal how)
{
    itp_pair best = least_image(pair, lower, upper, how);
    if (turn == ITP_TURN_YES) {
        itp_pair over = itp_pair_swap(pair), other = least_image(&over, lower, upper, how);
        if (itp_pair_compare(&other, &best) < 0) best = other;
    }
    return best;
}

int itp_pair_image(const itp_pair *pair, const itp_facet *lower, const itp_facet *upper, size_t g1,
                   size_t g2, const long u[2][2], itp_pair *out)
{
    const itp_planeop *a = &lower->ops[g1];
    itp_planeop b = turned(&upper->ops[g2]);
    if (sign_of(a) != sign_of(&b)) return 0;
    itp_pair one = image(pair, a, &b, ITP_NORMAL_FULL), moved;
    static const int NONE[2] = {0, 0};
    product(u, (const long(*)[2])one.m1, moved.m1);
    product(u, (const long(*)[2])one.m2, moved.m2);
    carry(&one, u, NONE, NONE, &moved);
    *out = moved;
    return 1;
}
