/* problems.c - domains, optima and starts of the bars. Most formulas are the connector function's;
 * here are those that are shifted, limited or scaled otherwise (Coello Coello & Mezura-Montes 2002
 * for welded beam and pressure vessel), and those of five goals (Deb et al. 2002 for DTLZ2).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "problems.h"

#include <math.h>
#include <string.h>

#include "function/problems.h"

static double square(double x)
{
    return x * x;
}

/* What the connector `function` has as well is asked of its table. */
static void ask(const char *name, size_t d, const double *x, double *y)
{
    problem_find(name)->eval(d, x, y);
}

static void branin(const double *x, double *y)
{
    ask("branin", 2, x, y);
}

static void hartmann6(const double *x, double *y)
{
    ask("hartmann-6", 6, x, y);
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
    double x[5];
    for (int i = 0; i < 5; i++) x[i] = 65.536 * (u[i] - SHIFT[i]);
    ask("ackley", 5, x, y);
}

static void levy8(const double *x, double *y)
{
    ask("levy", 8, x, y);
}

static void rosenbrock4(const double *x, double *y)
{
    ask("rosenbrock", 4, x, y);
}

static void branin_currin(const double *u, double *y)
{
    ask("branin-currin", 2, u, y);
}

static void dtlz2(const double *x, double *y)
{
    ask("dtlz2", 6, x, y);
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
