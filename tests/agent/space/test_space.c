/* test_space.c - encoding, candidates, linear and curved constraints as optimisers see them.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <float.h>
#include <math.h>
#include <string.h>

#include "interphase/space.h"
#include "suite.h"

static const char *const SALTS[] = {"LiPF6", "LiFSI", "LiTFSI"};
static const double STOPS[] = {10, 25, 40};
static const double DESCRIPTORS[] = {1, 10, 7, 2, 30, 7, 4, 20, 7}; /* the third is constant */

enum { C1, POROSITY, CYCLES, STOP_AT, SALT, TWIST, AMOUNT, N };

static itp_space *mixed_space(const double *descriptors, size_t m)
{
    const itp_param params[N] = {
        [C1] = {.name = "c1", .unit = "1/h", .kind = ITP_REAL, .low = 3, .high = 8},
        [POROSITY] =
            {.name = "porosity", .kind = ITP_REAL, .scale = ITP_LOG, .low = .1, .high = .5},
        [CYCLES] = {.name = "cycles", .kind = ITP_INTEGER, .low = 1, .high = 5},
        [STOP_AT] = {.name = "stop_at", .kind = ITP_DISCRETE, .n_levels = 3, .levels = STOPS},
        [SALT] = {.name = "salt",
                  .kind = ITP_CATEGORICAL,
                  .n_levels = 3,
                  .labels = SALTS,
                  .n_descriptors = m,
                  .descriptors = descriptors},
        [TWIST] = {.name = "twist", .kind = ITP_REAL, .low = 0, .high = 90, .period = 90},
        [AMOUNT] = {.name = "amount",
                    .unit = "%",
                    .kind = ITP_REAL,
                    .low = 0,
                    .high = 5,
                    .when = "salt == LiFSI"}};
    itp_space *space = NULL;
    itp_error err = {0};
    if (itp_space_create(&space, N, params, &err) != ITP_OK) printf("\n  %s\n", err.text);
    return space;
}

static void columns_say_what_coordinates_mean(void)
{
    itp_space *space = mixed_space(NULL, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(space);
    const itp_column *c = itp_space_columns(space);
    CU_ASSERT_EQUAL(itp_space_d(space), 7);
    CU_ASSERT_EQUAL(c[SALT].kind, ITP_COLUMN_CATEGORY);
    CU_ASSERT_EQUAL(c[SALT].levels, 3);
    CU_ASSERT_EQUAL(c[TWIST].kind, ITP_COLUMN_PERIODIC);
    CU_ASSERT_EQUAL(c[AMOUNT].inactive, 1);
    CU_ASSERT_EQUAL(c[C1].inactive, 0);
    CU_ASSERT_EQUAL(itp_space_find(space, "twist"), TWIST);
    CU_ASSERT_EQUAL(itp_space_find(space, "twists"), -1);
    CU_ASSERT_EQUAL(itp_space_combinations(space, 0, 1000), 45);
    CU_ASSERT_EQUAL(itp_space_combinations(space, 0, 40), 41);
    CU_ASSERT_EQUAL(itp_space_combinations(space, 1, 1000), 0);
    itp_space_destroy(space);
    space = mixed_space(DESCRIPTORS, 3);
    CU_ASSERT_EQUAL(itp_space_d(space), 8); /* two descriptors say something, one does not */
    CU_ASSERT_EQUAL(itp_space_columns(space)[SALT].kind, ITP_COLUMN_DESCRIPTOR);
    CU_ASSERT_EQUAL(itp_space_columns(space)[SALT + 1].parameter, SALT);
    itp_space_destroy(space);
    const double alike[] = {1, 2, 2};
    space = mixed_space(alike, 1);
    CU_ASSERT_EQUAL(itp_space_d(space), 8); /* a code keeps the two alike apart */
    CU_ASSERT_EQUAL(itp_space_columns(space)[SALT + 1].kind, ITP_COLUMN_CATEGORY);
    itp_space_destroy(space);
}

/* How: every sampled point there and back; discrete kinds bit for bit. */
static void round_trip_is_exact_for_discrete_kinds(void)
{
    static const double alike[] = {1, 2, 2};
    const double *const descriptors[] = {NULL, DESCRIPTORS, alike};
    const size_t widths[] = {0, 3, 1};
    for (int k = 0; k < 3; k++) {
        itp_space *space = mixed_space(descriptors[k], widths[k]);
        double points[200 * N], x[10], back[N];
        CU_ASSERT_EQUAL_FATAL(itp_space_sample(space, 200, 5, points, NULL), ITP_OK);
        for (size_t i = 0; i < 200; i++) {
            const double *p = points + i * N;
            CU_ASSERT_EQUAL(itp_space_violation(space, p, NULL), 0);
            CU_ASSERT_EQUAL(itp_space_encode(space, p, x, NULL), ITP_OK);
            CU_ASSERT_EQUAL(itp_space_decode(space, x, back), ITP_OK);
            for (size_t j = CYCLES; j <= SALT; j++) CU_ASSERT_EQUAL(back[j], p[j]);
            CU_ASSERT_DOUBLE_EQUAL(back[C1], p[C1], 8 * 4 * DBL_EPSILON);
            CU_ASSERT_DOUBLE_EQUAL(back[POROSITY], p[POROSITY], 8 * DBL_EPSILON);
            CU_ASSERT_DOUBLE_EQUAL(back[TWIST], p[TWIST], 90 * 4 * DBL_EPSILON);
            CU_ASSERT_EQUAL(isnan(p[AMOUNT]), p[SALT] != 1);
            CU_ASSERT_EQUAL(isnan(back[AMOUNT]), p[SALT] != 1);
        }
        itp_space_destroy(space);
    }
}

static void decoding_rounds_and_clips(void)
{
    itp_space *space = mixed_space(NULL, 0);
    double x[7] = {2, -1, 0.6, 0.3, 1.4, 1.25, 0.5}, point[N];
    CU_ASSERT_EQUAL(itp_space_decode(space, x, point), ITP_OK);
    CU_ASSERT_EQUAL(point[C1], 8);
    CU_ASSERT_EQUAL(point[POROSITY], 0.1);
    CU_ASSERT_EQUAL(point[CYCLES], 3);
    CU_ASSERT_EQUAL(point[STOP_AT], 25);
    CU_ASSERT_EQUAL(point[SALT], 1);
    CU_ASSERT_DOUBLE_EQUAL(point[TWIST], 22.5, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(point[AMOUNT], 2.5, 1e-12);
    x[4] = 0;
    CU_ASSERT_EQUAL(itp_space_decode(space, x, point), ITP_OK);
    CU_ASSERT(isnan(point[AMOUNT]));
    point[AMOUNT] = 3;
    CU_ASSERT_EQUAL(itp_space_encode(space, point, x, NULL), ITP_ERANGE);
    itp_space_destroy(space);
}

static void encoding_refuses_what_is_outside(void)
{
    itp_space *space = mixed_space(NULL, 0);
    const double good[N] = {4, 0.2, 2, 25, 0, 45, NAN};
    const struct {
        int param;
        double value;
    } CASES[] = {{C1, 8.1}, {C1, NAN}, {CYCLES, 2.5}, {CYCLES, 6}, {STOP_AT, 26}, {SALT, 3}};
    double point[N], x[7];
    itp_error err;
    CU_ASSERT_EQUAL(itp_space_encode(space, good, x, NULL), ITP_OK);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        memcpy(point, good, sizeof point);
        point[CASES[i].param] = CASES[i].value;
        CU_ASSERT_EQUAL(itp_space_encode(space, point, x, &err), ITP_ERANGE);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.text, itp_space_param(space, CASES[i].param)->name));
        CU_ASSERT(itp_space_violation(space, point, NULL) > 1e-9);
    }
    itp_space_destroy(space);
}

static void bad_spaces_are_refused(void)
{
    static const double unsorted[] = {2, 1};
    static const char *const twice[] = {"a", "a"};
    const itp_param ok = {.name = "x", .kind = ITP_REAL, .low = 0, .high = 1};
    const itp_param CASES[] = {
        {.name = "", .kind = ITP_REAL, .high = 1},
        {.name = "x", .kind = ITP_REAL, .high = 1},
        {.name = "y", .kind = ITP_REAL, .low = 2, .high = 1},
        {.name = "y", .kind = ITP_REAL, .low = 0, .high = INFINITY},
        {.name = "y", .kind = ITP_REAL, .scale = ITP_LOG, .low = 0, .high = 1},
        {.name = "y", .kind = ITP_INTEGER, .low = 0.5, .high = 2},
        {.name = "y", .kind = ITP_DISCRETE, .n_levels = 2, .levels = unsorted},
        {.name = "y", .kind = ITP_DISCRETE},
        {.name = "y", .kind = ITP_CATEGORICAL, .n_levels = 2, .labels = twice},
        {.name = "y", .kind = ITP_REAL, .high = 2, .period = 1},
        {.name = "y", .kind = ITP_REAL, .high = 1, .when = "y > 0.5"},
        {.name = "y", .kind = ITP_REAL, .high = 1, .when = "z > 0.5"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        itp_param params[2] = {ok, CASES[i]};
        itp_space *space = NULL;
        itp_error err = {0};
        CU_ASSERT_EQUAL(itp_space_create(&space, 2, params, &err), ITP_EINVAL);
        CU_ASSERT_PTR_NULL(space);
        CU_ASSERT(err.text[0] != 0);
    }
}

/* How: inequality rows and curved values must agree with itp_space_violation at random points. */
static void optimisers_see_the_same_constraints(void)
{
    static const char *const texts[] = {"c1 >= 4.4",       "c1 + 2*cycles <= 12",
                                        "porosity <= 0.3", "porosity*c1 <= 2",
                                        "twist/10 < c1",   "c1 + porosity >= 3.5"};
    itp_space *space = mixed_space(NULL, 0);
    for (size_t i = 0; i < 6; i++)
        CU_ASSERT_EQUAL(itp_space_add_constraint(space, texts[i], NULL), ITP_OK);
    const itp_linear *linear = itp_space_linear(space);
    CU_ASSERT_EQUAL(linear->n_le, 4);
    CU_ASSERT_EQUAL(linear->n_eq, 0);
    CU_ASSERT_EQUAL(itp_space_nonlinear(space, NULL, NULL, NULL, NULL), 2);
    itp_space *box = mixed_space(NULL, 0);
    double points[300 * N], x[7], value[2], grad[14], up[2], down[2];
    CU_ASSERT_EQUAL_FATAL(itp_space_sample(box, 300, 3, points, NULL), ITP_OK);
    int inside = 0;
    for (size_t i = 0; i < 300; i++) {
        double worst = -INFINITY;
        CU_ASSERT_EQUAL(itp_space_encode(space, points + i * N, x, NULL), ITP_OK);
        for (size_t r = 0; r < linear->n_le; r++) {
            double sum = -linear->b[r];
            for (size_t j = 0; j < 7; j++)
                if (linear->a[r * 7 + j] != 0) sum += linear->a[r * 7 + j] * x[j];
            worst = fmax(worst, sum);
        }
        itp_space_nonlinear(space, x, value, grad, NULL);
        worst = fmax(worst, fmax(value[0], value[1]));
        CU_ASSERT_EQUAL(worst <= 0, itp_space_violation(space, points + i * N, NULL) == 0);
        inside += worst <= 0;
        for (size_t j = 0; j < 2; j++) { /* c1 and porosity, away from the box's edge */
            double h = 1e-6, was = x[j];
            if (was < 0.01 || was > 0.99) continue;
            x[j] = was + h;
            itp_space_nonlinear(space, x, up, NULL, NULL);
            x[j] = was - h;
            itp_space_nonlinear(space, x, down, NULL, NULL);
            x[j] = was;
            for (int k = 0; k < 2; k++)
                CU_ASSERT_DOUBLE_EQUAL(grad[k * 7 + j], (up[k] - down[k]) / (2 * h), 1e-7);
        }
    }
    CU_ASSERT(inside > 10);
    itp_space_destroy(box);
    itp_space_destroy(space);
}

static void constraints_are_refused_with_reasons(void)
{
    static const char *const texts[] = {"c1 + 3",    "c1 = 3",  "c1 <= porsity",
                                        "salt <= 2", "c1 != 3", "",
                                        "<= 3",      "c1 < (3", "salt == LiFSI"};
    itp_space *space = mixed_space(NULL, 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        itp_error err = {0};
        CU_ASSERT_EQUAL(itp_space_add_constraint(space, texts[i], &err), ITP_EINVAL);
        CU_ASSERT(err.text[0] != 0);
    }
    const char *const unknown[] = {"c1", "nobody"}, *const label[] = {"c1", "salt"};
    CU_ASSERT_EQUAL(itp_space_add_cardinality(space, 0, 1, 2, unknown, NULL), ITP_EINVAL);
    CU_ASSERT_EQUAL(itp_space_add_cardinality(space, 0, 1, 2, label, NULL), ITP_EINVAL);
    double point[N] = {4, 0.2, 2, 25, 0, 45, NAN};
    CU_ASSERT_EQUAL(itp_space_violation(space, point, NULL), 0); /* nothing was half added */
    itp_space_destroy(space);
}

static void violation_is_relative_to_the_terms(void)
{
    const itp_param params[] = {{.name = "a", .kind = ITP_REAL, .high = 1e6},
                                {.name = "b", .kind = ITP_REAL, .high = 1e6}};
    itp_space *space;
    const char *which = NULL;
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 2, params, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "a + b == 1e6", NULL), ITP_OK);
    double v = itp_space_violation(space, (double[]){4e5, 6e5 + 2}, &which);
    CU_ASSERT_DOUBLE_EQUAL(v, 2 / (2e6 + 2), 1e-15);
    CU_ASSERT_STRING_EQUAL(which, "a + b == 1e6");
    CU_ASSERT_EQUAL(itp_space_violation(space, (double[]){4e5, 6e5}, &which), 0);
    CU_ASSERT_PTR_NULL(which);
    itp_space_destroy(space);
}

static void inactive_amounts_count_as_zero(void)
{
    const itp_param params[] = {
        {.name = "salt", .kind = ITP_CATEGORICAL, .n_levels = 3, .labels = SALTS},
        {.name = "a", .kind = ITP_REAL, .low = 0, .high = 5},
        {.name = "b", .kind = ITP_REAL, .low = 0, .high = 5, .when = "salt == LiFSI"},
        {.name = "c", .kind = ITP_REAL, .low = 1, .high = 5, .when = "salt == LiFSI"}};
    itp_space *space;
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 4, params, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "a + b <= 3", NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "a < c", NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_violation(space, (double[]){0, 3, NAN, NAN}, NULL), 0);
    CU_ASSERT(itp_space_violation(space, (double[]){0, 3.1, NAN, NAN}, NULL) > 1e-3);
    CU_ASSERT(itp_space_violation(space, (double[]){1, 2, 0, 1}, NULL) > 1e-3);
    CU_ASSERT(itp_space_violation(space, (double[]){1, 2, 0, 2}, NULL) > 1e-3); /* strict */
    CU_ASSERT_EQUAL(itp_space_violation(space, (double[]){1, 2, 1, 3}, NULL), 0);
    CU_ASSERT(itp_space_violation(space, (double[]){1, 2, 1.5, 3}, NULL) > 1e-3);
    itp_space_destroy(space);
}

static void candidates_are_found_and_kept(void)
{
    static const char *const names[] = {"EC", "FEC", "VC"};
    const itp_param params[] = {
        {.name = "additive", .kind = ITP_CATEGORICAL, .n_levels = 3, .labels = names},
        {.name = "amount", .kind = ITP_REAL, .low = 0, .high = 5}};
    const double rows[] = {0, 1, 1, 2, 2, 3, 0, 4};
    const double descriptors[] = {0.5, 3, 1.5, 3, 2.5, 3, 0.5, 3};
    const int described[] = {1, 0};
    itp_space *space;
    double x[2], point[2], design[8];
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 2, params, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_set_candidates(space, 4, rows, 2, descriptors, NULL, described, NULL),
                    ITP_OK);
    CU_ASSERT_EQUAL(itp_space_d(space), 2);
    CU_ASSERT_EQUAL(itp_space_columns(space)[1].kind, ITP_COLUMN_DESCRIPTOR);
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(itp_space_find_candidate(space, rows + 2 * i), (long)i);
        CU_ASSERT_EQUAL(itp_space_encode(space, rows + 2 * i, x, NULL), ITP_OK);
        CU_ASSERT(!memcmp(x, itp_space_candidates(space) + 2 * i, sizeof x));
        CU_ASSERT_EQUAL(itp_space_decode(space, x, point), ITP_OK);
        CU_ASSERT(!memcmp(point, rows + 2 * i, sizeof point));
    }
    CU_ASSERT_EQUAL(itp_space_linear(space)->d, 2);
    CU_ASSERT_EQUAL(itp_space_find_candidate(space, (double[]){0, 2}), -1);
    CU_ASSERT_EQUAL(itp_space_encode(space, (double[]){0, 2}, x, NULL), ITP_ERANGE);
    for (int kind = ITP_DESIGN_SOBOL; kind <= ITP_DESIGN_RANDOM; kind++) {
        int used[4] = {0};
        CU_ASSERT_EQUAL(itp_space_design(space, kind, 9, 0, 4, design, NULL), ITP_OK);
        for (size_t i = 0; i < 4; i++) used[itp_space_find_candidate(space, design + 2 * i)]++;
        for (size_t i = 0; i < 4; i++) CU_ASSERT_EQUAL(used[i], 1);
        CU_ASSERT_EQUAL(itp_space_design(space, kind, 9, 1, 4, design, NULL), ITP_ENONE);
    }
    CU_ASSERT_EQUAL(itp_space_repair(space, memcpy(point, (double[]){0, 3.7}, sizeof point)),
                    ITP_OK);
    CU_ASSERT_EQUAL(point[1], 4);
    itp_space_destroy(space);
    const double same[] = {0, 1, 0, 1};
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 2, params, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_set_candidates(space, 2, same, 0, NULL, NULL, NULL, NULL),
                    ITP_EEXISTS);
    CU_ASSERT_EQUAL(itp_space_n_candidates(space), 0);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "amount <= 0.5", NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_set_candidates(space, 1, same, 0, NULL, NULL, NULL, NULL),
                    ITP_ERANGE);
    itp_space_destroy(space);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"columns say what coordinates mean", columns_say_what_coordinates_mean},
        {"a round trip is exact for discrete kinds", round_trip_is_exact_for_discrete_kinds},
        {"decoding rounds and clips", decoding_rounds_and_clips},
        {"encoding refuses what is outside", encoding_refuses_what_is_outside},
        {"bad spaces are refused", bad_spaces_are_refused},
        {"optimisers see the same constraints", optimisers_see_the_same_constraints},
        {"constraints are refused with reasons", constraints_are_refused_with_reasons},
        {"violation is relative to the terms", violation_is_relative_to_the_terms},
        {"inactive amounts count as zero", inactive_amounts_count_as_zero},
        {"candidates are found and kept", candidates_are_found_and_kept},
        CU_TEST_INFO_NULL};
    return suite_run("space/space", tests);
}
