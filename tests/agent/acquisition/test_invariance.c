/* test_invariance.c - the order in which data came and parameters are listed says nothing:
 * acquisition values stay, in closed form to what two fits may differ by, over draws to their
 * error. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bed.h"
#include "scorer.h"

enum { N = 20, D = 3, PROBES = 12 };

static const struct {
    const char *name;
    double tolerance; /* natural logs */
} GAINS[] = {
    {"logei", 1e-4}, {"ucb", 1e-4}, {"variance", 1e-4}, {"straddle", 1e-4}, {"qlognei", 0.3}};

static void evaluate(bed *b, const char *name, const double *x, double *value)
{
    itp_view view;
    itp_scorer scorer;
    CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b->problem), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_scorer_init(&scorer, &view, itp_gain_find(name), 1), ITP_OK);
    double *work = malloc((itp_scorer_work(&scorer) + 1) * sizeof *work);
    for (size_t i = 0; i < PROBES; i++)
        value[i] = itp_scorer_eval(&scorer, x + i * D, NULL, NULL, work);
    free(work);
    itp_scorer_deinit(&scorer);
    itp_view_deinit(&view);
}

static void refit(bed *b)
{
    itp_surrogate_options options = {.noise = ITP_NOISE_NONE};
    itp_data data = {.n = N, .d = D, .x = b->x, .y = b->y};
    itp_surrogate_destroy(b->models[0]);
    CU_ASSERT_EQUAL_FATAL(
        itp_surrogate_create(&b->models[0], D, itp_space_columns(b->space), &options, NULL),
        ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_fit(b->models[0], &data, 20, NULL), ITP_OK);
    b->belief[0] = b->models[0];
}

/* Row i of the one is row rows[i] of the other, coordinate j columns[j]. */
static void compare(const size_t *rows, const size_t *columns)
{
    bed a, b;
    double x[PROBES * D], moved[PROBES * D], va[PROBES], vb[PROBES];
    bed_init(&a, bed_space(D), N, 1, 0, ITP_NOISE_NONE, 20);
    bed_init(&b, bed_space(D), N, 1, 0, ITP_NOISE_NONE, 20);
    for (size_t i = 0; i < N; i++) {
        b.y[i] = a.y[rows[i]];
        for (size_t j = 0; j < D; j++) b.x[i * D + j] = a.x[rows[i] * D + columns[j]];
    }
    refit(&b);
    itp_stream stream;
    itp_stream_init(&stream, 4, 0, "probes");
    for (size_t i = 0; i < PROBES * D; i++) x[i] = itp_stream_uniform(&stream);
    for (size_t i = 0; i < PROBES; i++)
        for (size_t j = 0; j < D; j++) moved[i * D + j] = x[i * D + columns[j]];
    for (size_t g = 0; g < sizeof GAINS / sizeof *GAINS; g++) {
        evaluate(&a, GAINS[g].name, x, va);
        evaluate(&b, GAINS[g].name, moved, vb);
        for (size_t i = 0; i < PROBES; i++) {
            if (GAINS[g].tolerance > 0.01 && va[i] < -6) continue; /* few draws gain at all */
            CU_ASSERT_DOUBLE_EQUAL(va[i], vb[i], GAINS[g].tolerance * (1 + fabs(va[i])));
        }
    }
    bed_deinit(&a);
    bed_deinit(&b);
}

static void the_order_of_data_does_not_matter(void)
{
    size_t rows[N];
    for (size_t i = 0; i < N; i++) rows[i] = (7 * i + 3) % N;
    compare(rows, (const size_t[]){0, 1, 2});
}

static void the_order_of_parameters_does_not_matter(void)
{
    size_t rows[N];
    for (size_t i = 0; i < N; i++) rows[i] = i;
    compare(rows, (const size_t[]){2, 0, 1});
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"the order of data does not matter", the_order_of_data_does_not_matter},
        {"the order of parameters does not matter", the_order_of_parameters_does_not_matter},
        CU_TEST_INFO_NULL,
    };
    return suite_run("acquisition/invariance", tests);
}
