/* common.c - from integers and a misfit to one strained, reduced cell.
 *   S1 = S2 F; F^T F = V diag(sigma^2) V^T; P = V diag(sigma) V^T; the common rows are S1 P^(w-1),
 * which is S1 for w = 1 (all strain above) and S2 turned for w = 0 (all strain below).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "common.h"

#include <stdlib.h>
#include <string.h>

#include "vec.h"

static const double TIE = 1.0e-7;

static void times(const double a[2][2], const double b[2][2], double out[2][2])
{
    double made[2][2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) made[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j];
    memcpy(out, made, sizeof made);
}

static void invert(const double m[2][2], double out[2][2])
{
    double det = m[0][0] * m[1][1] - m[0][1] * m[1][0];
    double made[2][2] = {{m[1][1] / det, -m[0][1] / det}, {-m[1][0] / det, m[0][0] / det}};
    memcpy(out, made, sizeof made);
}

static void widen(const long m[2][2], double out[2][2])
{
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) out[i][j] = (double)m[i][j];
}

/* P^power of the deformation f. */
static void stretch_power(const double f[2][2], double power, double out[2][2])
{
    double a = f[0][0] * f[0][0] + f[1][0] * f[1][0], d = f[0][1] * f[0][1] + f[1][1] * f[1][1];
    double b = f[0][0] * f[0][1] + f[1][0] * f[1][1];
    double mean = (a + d) / 2, half = hypot((a - d) / 2, b);
    double x = pow(mean + half, power / 2), y = pow(mean - half, power / 2);
    double c2 = half > 1e-14 * mean ? (a - d) / 2 / half : 1,
           s2 = half > 1e-14 * mean ? b / half : 0;
    out[0][0] = (x + y) / 2 + (x - y) / 2 * c2;
    out[1][1] = (x + y) / 2 - (x - y) / 2 * c2;
    out[0][1] = out[1][0] = (x - y) / 2 * s2;
}

static double dot2(const double a[2], const double b[2])
{
    return a[0] * b[0] + a[1] * b[1];
}

/* Integer rows u so that u s is reduced: a shortest, b shortest at 90 to 120 degrees, right-handed;
 * ties go to the greater integers so that rounding does not choose. */
static void reduce(const double s[2][2], long u[2][2])
{
    long m[2][2] = {{1, 0}, {0, 1}}, best[2][2] = {{0}};
    double r[2][2];
    memcpy(r, s, sizeof r);
    for (int step = 0; step < 200; step++) {
        if (dot2(r[1], r[1]) < dot2(r[0], r[0]) * (1 - TIE)) {
            for (int j = 0; j < 2; j++) {
                double t = r[0][j];
                long k = m[0][j];
                r[0][j] = r[1][j];
                r[1][j] = -t;
                m[0][j] = m[1][j];
                m[1][j] = -k;
            }
            continue;
        }
        long q = lround(dot2(r[0], r[1]) / dot2(r[0], r[0]));
        if (fabs(dot2(r[0], r[1])) <= (0.5 + TIE) * dot2(r[0], r[0])) break;
        for (int j = 0; j < 2; j++) {
            r[1][j] -= (double)q * r[0][j];
            m[1][j] -= q * m[0][j];
        }
    }
    double v[25][2], limit[2] = {INFINITY, INFINITY};
    long k[25][2];
    for (int i = 0; i < 25; i++)
        for (int j = 0; j < 2; j++) {
            k[i][j] = (i / 5 - 2) * m[0][j] + (i % 5 - 2) * m[1][j];
            v[i][j] = (i / 5 - 2) * r[0][j] + (i % 5 - 2) * r[1][j];
        }
    int a = -1;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < 25; i++) {
            double length = dot2(v[i], v[i]);
            if (i == 12 || length > limit[pass] * (1 + TIE)) continue;
            if (pass && (v[a][0] * v[i][1] - v[a][1] * v[i][0] < TIE * limit[0] ||
                         dot2(v[a], v[i]) > TIE * limit[0]))
                continue;
            int more = k[i][0] != best[pass][0] ? k[i][0] > best[pass][0] : k[i][1] > best[pass][1];
            if (length >= limit[pass] * (1 - TIE) && !more) continue;
            limit[pass] = length;
            memcpy(best[pass], k[i], sizeof best[pass]);
            if (!pass) a = i;
        }
    memcpy(u, best, sizeof best);
}

/* Turns rows so that the first lies along x; returns the rotation applied on the right. */
static void lay_down(double cell[2][2], double turn[2][2])
{
    double length = hypot(cell[0][0], cell[0][1]);
    double c = cell[0][0] / length, s = cell[0][1] / length;
    double made[2][2] = {{c, -s}, {s, c}};
    times((const double(*)[2])cell, (const double(*)[2])made, cell);
    cell[0][1] = 0;
    memcpy(turn, made, sizeof made);
}

static void hermite_of(const long m[2][2], long h[2][2])
{
    long w[2][2];
    memcpy(w, m, sizeof w);
    while (w[1][0] != 0) {
        long q = w[0][0] / w[1][0];
        for (int j = 0; j < 2; j++) {
            long t = w[0][j] - q * w[1][j];
            w[0][j] = w[1][j];
            w[1][j] = t;
        }
    }
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) h[i][j] = w[i][i] < 0 ? -w[i][j] : w[i][j];
}

void common_find(const itp_join *join, common *c)
{
    double surface[2][2][2], m[2][2][2], s[2][2][2], f[2][2], p[2][2], base[2][2], u[2][2],
        iu[2][2];
    long ints[2][2], rows[2][2], denominator;
    itp_match_lower_cell(join->lower, surface[0]);
    itp_match_upper_cell(join->upper, surface[1]);
    widen((const long(*)[2])join->pair.m1, m[0]);
    widen((const long(*)[2])join->pair.m2, m[1]);
    for (int k = 0; k < 2; k++)
        times((const double(*)[2])m[k], (const double(*)[2])surface[k], s[k]);
    invert((const double(*)[2])s[1], f);
    times((const double(*)[2])f, (const double(*)[2])s[0], f);
    stretch_power((const double(*)[2])f, join->share / 1000.0 - 1, p);
    times((const double(*)[2])s[0], (const double(*)[2])p, base);
    reduce((const double(*)[2])base, ints);
    widen((const long(*)[2])ints, u);
    invert((const double(*)[2])u, iu);
    double turn[2][2];
    times((const double(*)[2])u, (const double(*)[2])base, c->cell);
    lay_down(c->cell, turn);
    c->area = c->cell[0][0] * c->cell[1][1];
    for (int k = 0; k < 2; k++) {
        double to[2][2];
        invert((const double(*)[2])m[k], to); /* surface fractions -> fractions of base */
        times((const double(*)[2])to, (const double(*)[2])iu, c->inverse[k]);
        hermite_of(k ? (const long(*)[2])join->pair.m2 : (const long(*)[2])join->pair.m1,
                   c->hermite[k]);
        invert((const double(*)[2])surface[k], to);
        times((const double(*)[2])to, (const double(*)[2])c->inverse[k], c->stretch[k]);
        times((const double(*)[2])c->stretch[k], (const double(*)[2])c->cell, c->stretch[k]);
    }
    itp_pair_shifts(&join->pair, rows, &denominator);
    double x[2];
    for (int j = 0; j < 2; j++)
        x[j] = ((double)join->pair.registry[0] * (double)rows[0][j] +
                (double)join->pair.registry[1] * (double)rows[1][j]) /
               ((double)ITP_REGISTRY * (double)denominator);
    for (int j = 0; j < 2; j++) c->shift[j] = x[0] * iu[0][j] + x[1] * iu[1][j];
}

void common_shrink(common *c, const itp_join *join, int side)
{
    double surface[2][2], cell[2][2], turn[2][2], u[2][2];
    long ints[2][2];
    if (side)
        itp_match_upper_cell(join->upper, surface);
    else
        itp_match_lower_cell(join->lower, surface);
    times((const double(*)[2])surface, (const double(*)[2])c->stretch[side], cell);
    reduce((const double(*)[2])cell, ints);
    widen((const long(*)[2])ints, u);
    times((const double(*)[2])u, (const double(*)[2])cell, c->cell);
    lay_down(c->cell, turn);
    c->area = c->cell[0][0] * c->cell[1][1];
    invert((const double(*)[2])u, c->inverse[side]);
    c->hermite[side][0][0] = c->hermite[side][1][1] = 1;
    c->hermite[side][0][1] = c->hermite[side][1][0] = 0;
    c->shift[0] = c->shift[1] = 0;
}
