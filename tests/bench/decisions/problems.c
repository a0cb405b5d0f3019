/* problems.c - formulas and optima: Surjanovic & Bingham's virtual library of simulation
 * experiments for the single-objective ones; Belakaria et al. 2019 for Branin-Currin; Deb et al.
 * 2002 for DTLZ2; Coello Coello & Mezura-Montes 2002 for welded beam and pressure vessel.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "problems.h"

#include <math.h>
#include <string.h>

static double square(double x)
{
    return x * x;
}

static double branin_of(double a, double b)
{
    double c = b - 5.1 / (4 * M_PI * M_PI) * a * a + 5 / M_PI * a - 6;
    return c * c + 10 * (1 - 1 / (8 * M_PI)) * cos(a) + 10;
}

static void branin(const double *x, double *y)
{
    y[0] = branin_of(x[0], x[1]);
}

static void hartmann6(const double *x, double *y)
{
    static const double ALPHA[4] = {1, 1.2, 3, 3.2};
    static const double A[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                   {0.05, 10, 17, 0.1, 8, 14},
                                   {3, 3.5, 1.7, 10, 17, 8},
                                   {17, 8, 0.05, 10, 0.1, 14}};
    static const double P[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                                   {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                                   {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                                   {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        double inner = 0;
        for (int j = 0; j < 6; j++) inner += A[i][j] * square(x[j] - P[i][j]);
        sum += ALPHA[i] * exp(-inner);
    }
    y[0] = -sum;
}

/* An unknown limit that cuts the optimum off: the coordinates' sum may not pass 1.9 (0.2017 +
 * 0.1500 + 0.4769 + 0.2753 + 0.3117 + 0.6573 = 2.07 at the free optimum). */
static void hartmann6_limited(const double *x, double *y)
{
    hartmann6(x, y);
    y[1] = -1.9;
    for (int i = 0; i < 6; i++) y[1] += x[i];
}

static void ackley5(const double *u, double *y)
{
    static const double SHIFT[5] = {0.37, 0.62, 0.44, 0.71, 0.29};
    double squares = 0, cosines = 0;
    for (int i = 0; i < 5; i++) {
        double x = 65.536 * (u[i] - SHIFT[i]);
        squares += x * x / 5;
        cosines += cos(2 * M_PI * x) / 5;
    }
    y[0] = -20 * exp(-0.2 * sqrt(squares)) - exp(cosines) + 20 + M_E;
}

static void levy8(const double *x, double *y)
{
    double w[8];
    for (int i = 0; i < 8; i++) w[i] = 1 + (x[i] - 1) / 4;
    y[0] = square(sin(M_PI * w[0])) + square(w[7] - 1) * (1 + square(sin(2 * M_PI * w[7])));
    for (int i = 0; i < 7; i++) y[0] += square(w[i] - 1) * (1 + 10 * square(sin(M_PI * w[i] + 1)));
}

static void rosenbrock4(const double *x, double *y)
{
    y[0] = 0;
    for (int i = 0; i < 3; i++) y[0] += 100 * square(x[i + 1] - x[i] * x[i]) + square(1 - x[i]);
}

static void branin_currin(const double *u, double *y)
{
    double a = u[0], b = u[1];
    y[0] = branin_of(15 * a - 5, 15 * b);
    double head = b > 0 ? 1 - exp(-1 / (2 * b)) : 1;
    y[1] = head * (2300 * a * a * a + 1900 * a * a + 2092 * a + 60) /
           (100 * a * a * a + 500 * a * a + 4 * a + 20);
}

static void dtlz2(const double *x, double *y)
{
    double g = 0;
    for (int i = 1; i < 6; i++) g += square(x[i] - 0.5);
    y[0] = (1 + g) * cos(x[0] * M_PI / 2);
    y[1] = (1 + g) * sin(x[0] * M_PI / 2);
}

/* Five goals: the first four coordinates are angles, the other six a distance to be made 0. */
static void dtlz2_five(const double *x, double *y)
{
    double g = 1;
    for (int i = 4; i < 10; i++) g += square(x[i] - 0.5);
    for (int k = 0; k < 5; k++) {
        y[k] = g;
        for (int i = 0; i < 4 - k; i++) y[k] *= cos(x[i] * M_PI / 2);
        if (k > 0) y[k] *= sin(x[4 - k] * M_PI / 2);
    }
}

/* Five goals: squared distances to as many centres, ten coordinates. The front is what lies between
 * them. */
static void five_centres(const double *x, double *y)
{
    for (int k = 0; k < 5; k++) {
        y[k] = 0;
        for (int i = 0; i < 10; i++) y[k] += square(x[i] - (0.25 + 0.125 * ((i + 2 * k) % 5)));
    }
}

/* h, l, t, b in inches; limits on shear, bending, buckling, deflection and shape. */
static void welded_beam(const double *x, double *y)
{
    const double P = 6000, L = 14, E = 30e6, G = 12e6;
    double h = x[0], l = x[1], t = x[2], b = x[3], r = sqrt(l * l / 4 + square((h + t) / 2));
    double J = 2 * M_SQRT2 * h * l * (l * l / 12 + square((h + t) / 2));
    double direct = P / (M_SQRT2 * h * l), torsion = P * (L + l / 2) * r / J;
    double shear = sqrt(square(direct) + direct * torsion * l / r + square(torsion));
    double bending = 6 * P * L / (b * t * t), deflection = 4 * P * L * L * L / (E * b * t * t * t);
    double buckling =
        4.013 * E * t * b * b * b / (6 * L * L) * (1 - t / (2 * L) * sqrt(E / (4 * G)));
    y[0] = 1.10471 * h * h * l + 0.04811 * t * b * (14 + l);
    y[1] = shear / 13600 - 1;
    y[2] = bending / 30000 - 1;
    y[3] = h - b;
    y[4] = 1 - buckling / P;
    y[5] = deflection / 0.25 - 1;
}

/* Thicknesses of shell and head, radius and length in inches; all continuous. */
static void pressure_vessel(const double *x, double *y)
{
    double s = x[0], h = x[1], r = x[2], l = x[3];
    y[0] = 0.6224 * s * r * l + 1.7781 * h * r * r + 3.1661 * s * s * l + 19.84 * s * s * r;
    y[1] = 0.0193 * r - s;
    y[2] = 0.00954 * r - h;
    y[3] = 1 - (M_PI * r * r * l + 4.0 / 3 * M_PI * r * r * r) / 1296000;
}

const bench_problem bench_problems[] = {
    {"branin", 2, 1, 0, {-5, 0}, {10, 15}, branin, 0.39788735772973816, {0}, 6, 40},
    {"hartmann6", 6, 1, 0, {0}, {1, 1, 1, 1, 1, 1}, hartmann6, -3.3223680114155147, {0}, 10, 100},
    {"ackley5", 5, 1, 0, {0}, {1, 1, 1, 1, 1}, ackley5, 0, {0}, 10, 100},
    {"levy8",
     8,
     1,
     0,
     {-10, -10, -10, -10, -10, -10, -10, -10},
     {10, 10, 10, 10, 10, 10, 10, 10},
     levy8,
     0,
     {0},
     10,
     120},
    {"rosenbrock4", 4, 1, 0, {-5, -5, -5, -5}, {10, 10, 10, 10}, rosenbrock4, 0, {0}, 10, 80},
    {"branin_currin", 2, 2, 0, {0}, {1, 1}, branin_currin, NAN, {18, 6}, 6, 50},
    {"dtlz2", 6, 2, 0, {0}, {1, 1, 1, 1, 1, 1}, dtlz2, NAN, {1.1, 1.1}, 14, 50},
    {"dtlz2_five",
     10,
     5,
     0,
     {0},
     {1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
     dtlz2_five,
     NAN,
     {1.1, 1.1, 1.1, 1.1, 1.1},
     20,
     60},
    {"five_centres",
     10,
     5,
     0,
     {0},
     {1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
     five_centres,
     NAN,
     {1, 1, 1, 1, 1},
     20,
     60},
    {"welded_beam",
     4,
     1,
     5,
     {0.125, 0.1, 0.1, 0.1},
     {5, 10, 10, 5},
     welded_beam,
     1.7248523,
     {0},
     10,
     60},
    {"pressure_vessel",
     4,
     1,
     3,
     {0.0625, 0.0625, 10, 10},
     {6.1875, 6.1875, 200, 240},
     pressure_vessel,
     5804.376,
     {0},
     10,
     60},
    {"hartmann6_limited", 6, 1, 1, {0}, {1, 1, 1, 1, 1, 1}, hartmann6_limited, NAN, {0}, 10, 60},
};
const size_t bench_problem_count = sizeof bench_problems / sizeof *bench_problems;

const bench_problem *bench_problem_find(const char *name)
{
    for (size_t i = 0; i < bench_problem_count; i++)
        if (strcmp(bench_problems[i].name, name) == 0) return &bench_problems[i];
    return NULL;
}
