/* problems.c - the table of test functions. Formulas after: Surjanovic & Bingham, Virtual Library
 * of Simulation Experiments (sfu.ca/~ssurjano); Deb et al. 2002 (DTLZ); Zitzler et al. 2000 (ZDT);
 * Coello 2000 (welded beam, pressure vessel, spring); Gramacy et al. 2016 (toy constraints);
 * Belakaria et al. 2019 (Branin-Currin). SPDX-License-Identifier: GPL-3.0-or-later */
#include "problems.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

static double square(double x)
{
    return x * x;
}

static double branin_of(double x1, double x2)
{
    double a = x2 - 5.1 / (4 * PI * PI) * x1 * x1 + 5 / PI * x1 - 6;
    return a * a + 10 * (1 - 1 / (8 * PI)) * cos(x1) + 10;
}

static void branin(size_t d, const double *x, double *out)
{
    (void)d;
    out[0] = branin_of(x[0], x[1]);
}

static double hartmann_of(size_t d, const double *x, const double (*a)[6], const double (*p)[6])
{
    static const double ALPHA[] = {1, 1.2, 3, 3.2};
    double sum = 0;
    for (size_t i = 0; i < 4; i++) {
        double inner = 0;
        for (size_t j = 0; j < d; j++) inner += a[i][j] * square(x[j] - 1e-4 * p[i][j]);
        sum -= ALPHA[i] * exp(-inner);
    }
    return sum;
}

static void hartmann3(size_t d, const double *x, double *out)
{
    static const double A[][6] = {{3, 10, 30}, {0.1, 10, 35}, {3, 10, 30}, {0.1, 10, 35}};
    static const double P[][6] = {
        {3689, 1170, 2673}, {4699, 4387, 7470}, {1091, 8732, 5547}, {381, 5743, 8828}};
    out[0] = hartmann_of(d, x, A, P);
}

static void hartmann6(size_t d, const double *x, double *out)
{
    static const double A[][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                  {0.05, 10, 17, 0.1, 8, 14},
                                  {3, 3.5, 1.7, 10, 17, 8},
                                  {17, 8, 0.05, 10, 0.1, 14}};
    static const double P[][6] = {{1312, 1696, 5569, 124, 8283, 5886},
                                  {2329, 4135, 8307, 3736, 1004, 9991},
                                  {2348, 1451, 3522, 2883, 3047, 6650},
                                  {4047, 8828, 8732, 5743, 1091, 381}};
    out[0] = hartmann_of(d, x, A, P);
}

static void ackley(size_t d, const double *x, double *out)
{
    double squares = 0, cosines = 0;
    for (size_t i = 0; i < d; i++) {
        squares += x[i] * x[i];
        cosines += cos(2 * PI * x[i]);
    }
    double n = (double)d;
    out[0] = -20 * exp(-0.2 * sqrt(squares / n)) - exp(cosines / n) + 20 + exp(1);
}

static void levy(size_t d, const double *x, double *out)
{
    double first = 1 + (x[0] - 1) / 4, last = 1 + (x[d - 1] - 1) / 4;
    double sum = square(sin(PI * first));
    for (size_t i = 0; i + 1 < d; i++) {
        double w = 1 + (x[i] - 1) / 4;
        sum += square(w - 1) * (1 + 10 * square(sin(PI * w + 1)));
    }
    out[0] = sum + square(last - 1) * (1 + square(sin(2 * PI * last)));
}

static void rosenbrock(size_t d, const double *x, double *out)
{
    out[0] = 0;
    for (size_t i = 0; i + 1 < d; i++)
        out[0] += 100 * square(x[i + 1] - x[i] * x[i]) + square(x[i] - 1);
}

static void michalewicz(size_t d, const double *x, double *out)
{
    out[0] = 0;
    for (size_t i = 0; i < d; i++)
        out[0] -= sin(x[i]) * pow(sin((double)(i + 1) * x[i] * x[i] / PI), 20);
}

static void styblinski_tang(size_t d, const double *x, double *out)
{
    out[0] = 0;
    for (size_t i = 0; i < d; i++) {
        double s = x[i] * x[i];
        out[0] += 0.5 * (s * s - 16 * s + 5 * x[i]);
    }
}

static void rastrigin(size_t d, const double *x, double *out)
{
    out[0] = 10 * (double)d;
    for (size_t i = 0; i < d; i++) out[0] += x[i] * x[i] - 10 * cos(2 * PI * x[i]);
}

static void griewank(size_t d, const double *x, double *out)
{
    double sum = 0, product = 1;
    for (size_t i = 0; i < d; i++) {
        sum += x[i] * x[i] / 4000;
        product *= cos(x[i] / sqrt((double)(i + 1)));
    }
    out[0] = sum - product + 1;
}

static void schwefel(size_t d, const double *x, double *out)
{
    out[0] = 418.98288727243369 * (double)d;
    for (size_t i = 0; i < d; i++) out[0] -= x[i] * sin(sqrt(fabs(x[i])));
}

static void sphere(size_t d, const double *x, double *out)
{
    out[0] = 0;
    for (size_t i = 0; i < d; i++) out[0] += x[i] * x[i];
}

static void zero(size_t d, const double *x, double *out)
{
    (void)d, (void)x;
    out[0] = 0;
}

static void six_hump_camel(size_t d, const double *x, double *out)
{
    (void)d;
    double a = x[0] * x[0], b = x[1] * x[1];
    out[0] = (4 - 2.1 * a + a * a / 3) * a + x[0] * x[1] + (-4 + 4 * b) * b;
}

static void goldstein_price(size_t d, const double *p, double *out)
{
    (void)d;
    double x = p[0], y = p[1];
    double a = 19 - 14 * x + 3 * x * x - 14 * y + 6 * x * y + 3 * y * y;
    double b = 18 - 32 * x + 12 * x * x + 48 * y - 36 * x * y + 27 * y * y;
    out[0] = (1 + square(x + y + 1) * a) * (30 + square(2 * x - 3 * y) * b);
}

static void beale(size_t d, const double *x, double *out)
{
    (void)d;
    double y = x[1];
    out[0] = square(1.5 - x[0] + x[0] * y) + square(2.25 - x[0] + x[0] * y * y) +
             square(2.625 - x[0] + x[0] * y * y * y);
}

static void eggholder(size_t d, const double *x, double *out)
{
    (void)d;
    double y = x[1] + 47;
    out[0] = -y * sin(sqrt(fabs(y + x[0] / 2))) - x[0] * sin(sqrt(fabs(x[0] - y)));
}

static void forrester(size_t d, const double *x, double *out)
{
    (void)d;
    out[0] = square(6 * x[0] - 2) * sin(12 * x[0] - 4);
}

static void branin_currin(size_t d, const double *x, double *out)
{
    (void)d;
    double a = x[0], b = x[1];
    double factor = b > 0 ? 1 - exp(-1 / (2 * b)) : 1;
    out[0] = branin_of(15 * a - 5, 15 * b);
    out[1] = factor * (2300 * a * a * a + 1900 * a * a + 2092 * a + 60) /
             (100 * a * a * a + 500 * a * a + 4 * a + 20);
}

static void dtlz2(size_t d, const double *x, double *out)
{
    double g = 0;
    for (size_t i = 1; i < d; i++) g += square(x[i] - 0.5);
    out[0] = (1 + g) * cos(x[0] * PI / 2);
    out[1] = (1 + g) * sin(x[0] * PI / 2);
}

static double zdt_distance(size_t d, const double *x)
{
    double sum = 0;
    for (size_t i = 1; i < d; i++) sum += x[i];
    return 1 + 9 * sum / (double)(d - 1);
}

static void zdt1(size_t d, const double *x, double *out)
{
    double g = zdt_distance(d, x);
    out[0] = x[0];
    out[1] = g * (1 - sqrt(x[0] / g));
}

static void zdt2(size_t d, const double *x, double *out)
{
    double g = zdt_distance(d, x);
    out[0] = x[0];
    out[1] = g * (1 - square(x[0] / g));
}

static void gramacy(size_t d, const double *x, double *out)
{
    (void)d;
    out[0] = x[0] + x[1];
    out[1] = 1.5 - x[0] - 2 * x[1] - 0.5 * sin(2 * PI * (x[0] * x[0] - 2 * x[1]));
    out[2] = x[0] * x[0] + x[1] * x[1] - 1.5;
}

/* Load 6000 lb on a beam of 14 in; x: weld height, weld length, bar height, bar thickness (in). */
static void welded_beam(size_t d, const double *x, double *out)
{
    static const double P = 6000, L = 14, E = 30e6, G = 12e6, TAU = 13600, SIGMA = 30000;
    (void)d;
    double h = x[0], l = x[1], t = x[2], b = x[3];
    double direct = P / (sqrt(2) * h * l), arm = square((h + t) / 2);
    double moment = P * (L + l / 2), radius = sqrt(l * l / 4 + arm);
    double polar = 2 * sqrt(2) * h * l * (l * l / 12 + arm);
    double bending = moment * radius / polar;
    double tau = sqrt(direct * direct + direct * bending * l / radius + bending * bending);
    double buckling =
        4.013 * E * sqrt(t * t * pow(b, 6) / 36) / (L * L) * (1 - t / (2 * L) * sqrt(E / (4 * G)));
    out[0] = 1.10471 * h * h * l + 0.04811 * t * b * (14 + l);
    out[1] = tau - TAU;
    out[2] = 6 * P * L / (b * t * t) - SIGMA;
    out[3] = h - b;
    out[4] = 0.10471 * h * h + 0.04811 * t * b * (14 + l) - 5;
    out[5] = 0.125 - h;
    out[6] = 4 * P * L * L * L / (E * t * t * t * b) - 0.25;
    out[7] = P - buckling;
}

/* x: thickness of shell and of head (made in steps of 0.0625 in), inner radius, length (in). */
static void pressure_vessel(size_t d, const double *x, double *out)
{
    (void)d;
    double r = x[2], l = x[3];
    out[0] = 0.6224 * x[0] * r * l + 1.7781 * x[1] * r * r + 3.1661 * x[0] * x[0] * l +
             19.84 * x[0] * x[0] * r;
    out[1] = 0.0193 * r - x[0];
    out[2] = 0.00954 * r - x[1];
    out[3] = 1296000 - PI * r * r * l - 4.0 / 3 * PI * r * r * r;
    out[4] = l - 240;
}

/* x: diameter of wire and of coil (in), active coils. */
static void tension_spring(size_t n, const double *x, double *out)
{
    (void)n;
    double d = x[0], D = x[1], d4 = d * d * d * d;
    out[0] = (x[2] + 2) * D * d * d;
    out[1] = 1 - D * D * D * x[2] / (71785 * d4);
    out[2] = (4 * D * D - d * D) / (12566 * (D * d * d * d - d4)) + 1 / (5108 * d * d) - 1;
    out[3] = 1 - 140.45 * d / (D * D * x[2]);
    out[4] = (D + d) / 1.5 - 1;
}

#define ANY PROBLEM_INPUTS_MAX

static const problem PROBLEMS[] = {
    {"branin", 2, 2, 1, 0, {-5, 0}, {10, 15}, 0, 0.39788735772973816, {9.42477796, 2.475}, branin},
    {"hartmann-3", 3, 3, 1, 0, {0}, {1}, 1, -3.86278, {0.114614, 0.555649, 0.852547}, hartmann3},
    {"hartmann-6",
     6,
     6,
     1,
     0,
     {0},
     {1},
     1,
     -3.32237,
     {0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573},
     hartmann6},
    {"ackley", 1, ANY, 1, 0, {-32.768}, {32.768}, 1, 0, {0}, ackley},
    {"levy", 1, ANY, 1, 0, {-10}, {10}, 1, 0, {1}, levy},
    {"rosenbrock", 2, ANY, 1, 0, {-5}, {10}, 1, 0, {1, 1}, rosenbrock},
    {"michalewicz",
     2,
     ANY,
     1,
     0,
     {0},
     {3.14159265358979323846},
     1,
     -1.8013034,
     {2.202906, 1.570796},
     michalewicz},
    {"styblinski-tang",
     1,
     ANY,
     1,
     0,
     {-5},
     {5},
     1,
     -39.16616570377142,
     {-2.90353403},
     styblinski_tang},
    {"rastrigin", 1, ANY, 1, 0, {-5.12}, {5.12}, 1, 0, {0}, rastrigin},
    {"griewank", 1, ANY, 1, 0, {-600}, {600}, 1, 0, {0}, griewank},
    {"schwefel", 1, ANY, 1, 0, {-500}, {500}, 1, 0, {420.968746}, schwefel},
    {"sphere", 1, ANY, 1, 0, {-5}, {5}, 1, 0, {0}, sphere},
    {"six-hump-camel",
     2,
     2,
     1,
     0,
     {-3, -2},
     {3, 2},
     0,
     -1.031628453,
     {0.08984201, -0.7126564},
     six_hump_camel},
    {"goldstein-price", 2, 2, 1, 0, {-2}, {2}, 1, 3, {0, -1}, goldstein_price},
    {"beale", 2, 2, 1, 0, {-4.5}, {4.5}, 1, 0, {3, 0.5}, beale},
    {"eggholder", 2, 2, 1, 0, {-512}, {512}, 1, -959.6406627, {512, 404.231805}, eggholder},
    {"forrester", 1, 1, 1, 0, {0}, {1}, 1, -6.020740, {0.757249}, forrester},
    {"branin-currin",
     2,
     2,
     2,
     0,
     {0},
     {1},
     1,
     0.39788735772973816,
     {0.5427728435726529, 2.275 / 15},
     branin_currin},
    {"dtlz2", 2, ANY, 2, 0, {0}, {1}, 1, 0, {1, 0.5}, dtlz2},
    {"zdt1", 2, ANY, 2, 0, {0}, {1}, 1, 0, {0, 0}, zdt1},
    {"zdt2", 2, ANY, 2, 0, {0}, {1}, 1, 0, {0, 0}, zdt2},
    {"gramacy", 2, 2, 1, 2, {0}, {1}, 1, 0.599788, {0.19539, 0.40440}, gramacy},
    {"welded-beam",
     4,
     4,
     1,
     7,
     {0.1, 0.1, 0.1, 0.1},
     {2, 10, 10, 2},
     0,
     1.724852,
     {0.205730, 3.470489, 9.036624, 0.205730},
     welded_beam},
    {"pressure-vessel",
     4,
     4,
     1,
     4,
     {0.0625, 0.0625, 10, 10},
     {6.1875, 6.1875, 200, 240},
     0,
     6059.714335,
     {0.8125, 0.4375, 42.0984456, 176.6365958},
     pressure_vessel},
    {"tension-spring",
     3,
     3,
     1,
     4,
     {0.05, 0.25, 2},
     {2, 1.3, 15},
     0,
     0.012665,
     {0.051689, 0.356718, 11.288966},
     tension_spring},
    {"zero", 1, ANY, 1, 0, {-1e9}, {1e9}, 1, 0, {0}, zero},
};

const problem *problem_at(size_t i)
{
    return i < sizeof PROBLEMS / sizeof *PROBLEMS ? &PROBLEMS[i] : NULL;
}

/* '-' and '_' are one, and may be left out: hartmann6 is hartmann-6. */
static int same_name(const char *a, const char *b)
{
    for (;;) {
        while (*a == '-' || *a == '_') a++;
        while (*b == '-' || *b == '_') b++;
        if (*a != *b) return 0;
        if (!*a) return 1;
        a++, b++;
    }
}

const problem *problem_find(const char *name)
{
    for (size_t i = 0; problem_at(i); i++)
        if (same_name(name, PROBLEMS[i].name)) return &PROBLEMS[i];
    return NULL;
}

const char *problem_output(const problem *problem, size_t k, char out[16])
{
    int constraint = k >= problem->objectives;
    snprintf(out, 16, "%c%zu", constraint ? 'g' : 'f',
             constraint ? k - problem->objectives + 1 : k + 1);
    return out;
}
