/* vec.h - three-vectors and 3x3 matrices, the arithmetic of lattices.
 *   A lattice is a matrix whose rows are its vectors, in angstrom; a Cartesian point is frac *
 * cell. vec_unframe needs |det| > 0: callers refuse flat cells at the door (crystal_check).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_VEC_H
#define ITP_VEC_H

#include <math.h>

#define ITP_PI 3.14159265358979323846

static inline double vec_dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static inline double vec_norm(const double a[3])
{
    return sqrt(vec_dot(a, a));
}

static inline void vec_cross(const double a[3], const double b[3], double out[3])
{
    double x = a[1] * b[2] - a[2] * b[1], y = a[2] * b[0] - a[0] * b[2],
           z = a[0] * b[1] - a[1] * b[0];
    out[0] = x;
    out[1] = y;
    out[2] = z;
}

static inline double vec_det(const double m[3][3])
{
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

/* out = a * m (row vector times matrix): fractional to Cartesian when m is a cell. */
static inline void vec_frame(const double a[3], const double m[3][3], double out[3])
{
    double x[3];
    for (int j = 0; j < 3; j++) x[j] = a[0] * m[0][j] + a[1] * m[1][j] + a[2] * m[2][j];
    for (int j = 0; j < 3; j++) out[j] = x[j];
}

static inline void vec_invert(const double m[3][3], double out[3][3])
{
    double det = vec_det(m), inverse[3][3];
    for (int i = 0; i < 3; i++) {
        int i1 = (i + 1) % 3, i2 = (i + 2) % 3;
        for (int j = 0; j < 3; j++) {
            int j1 = (j + 1) % 3, j2 = (j + 2) % 3;
            inverse[j][i] = (m[i1][j1] * m[i2][j2] - m[i1][j2] * m[i2][j1]) / det;
        }
    }
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) out[i][j] = inverse[i][j];
}

/* out = a * b */
static inline void vec_multiply(const double a[3][3], const double b[3][3], double out[3][3])
{
    double product[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            product[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) out[i][j] = product[i][j];
}

/* Cartesian to fractional. */
static inline void vec_unframe(const double a[3], const double m[3][3], double out[3])
{
    double inverse[3][3];
    vec_invert(m, inverse);
    vec_frame(a, (const double(*)[3])inverse, out);
}

/* Into [0, 1), with what is within `snap` of 1 taken as 0. */
static inline double vec_wrap(double x, double snap)
{
    double y = x - floor(x);
    return y >= 1 - snap ? 0 : y;
}

/* Distance of two fractions on the circle. */
static inline double vec_circle(double a, double b)
{
    double d = a - b;
    return fabs(d - round(d));
}

static inline long vec_gcd(long a, long b)
{
    while (b != 0) {
        long r = a % b;
        a = b;
        b = r;
    }
    return a < 0 ? -a : a;
}

#endif
