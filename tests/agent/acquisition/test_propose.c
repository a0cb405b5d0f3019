/* test_propose.c - proposals end to end: good, feasible, distinct, reproducible, and honest about
 * what was done. SPDX-License-Identifier: GPL-3.0-or-later */
#include "bed.h"
#include "search.h"

static itp_propose_options ask_for(size_t q, const char *name)
{
    return (itp_propose_options){.acquisition = name, .q = q, .threads = 2};
}

static int among(const bed *b, const double *x, size_t n, const double *set)
{
    for (size_t i = 0; i < n; i++) {
        size_t same = 0;
        for (size_t j = 0; j < b->d; j++)
            same +=
                fabs(x[j] - set[i * b->d + j]) < 1e-9 || (isnan(x[j]) && isnan(set[i * b->d + j]));
        if (same == b->d) return 1;
    }
    return 0;
}

static void the_best_of_a_fine_grid_is_not_better(void)
{
    bed b;
    bed_init(&b, bed_space(1), 6, 1, 0, ITP_NOISE_NONE, 11);
    itp_propose_options options = ask_for(1, NULL);
    itp_proposal proposal, grid;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &proposal, NULL), ITP_OK);
    CU_ASSERT_STRING_EQUAL(proposal.acquisition, "logei");
    /* The same question asked of a candidate table of 20001 points. */
    double *rows = malloc(20001 * sizeof *rows);
    for (int i = 0; i <= 20000; i++) rows[i] = i / 20000.0;
    CU_ASSERT_EQUAL_FATAL(itp_space_set_candidates(b.space, 20001, rows, 0, NULL, NULL, NULL, NULL),
                          ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &grid, NULL), ITP_OK);
    CU_ASSERT(proposal.chosen[0].parts.total >= grid.chosen[0].parts.total - 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(proposal.chosen[0].x[0], grid.chosen[0].x[0], 1e-4);
    CU_ASSERT(proposal.n_runners_up > 0);
    CU_ASSERT(isfinite(proposal.chosen[0].mean[0]) && proposal.chosen[0].sd[0] > 0);
    free(rows);
    itp_proposal_deinit(&proposal);
    itp_proposal_deinit(&grid);
    bed_deinit(&b);
}

static void batches_are_distinct_and_avoid_what_is_pending(void)
{
    const char *names[] = {NULL, "logei",    "ucb",  "thompson", "mes",
                           "kg", "variance", "imse", "qlognei"};
    bed b;
    bed_init(&b, bed_space(2), 12, 1, 0.1, ITP_NOISE_INFERRED, 12);
    double pending[] = {0.25, 0.5, 0.5, 0.25};
    b.problem.pending = pending, b.problem.n_pending = 2;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        itp_propose_options options = ask_for(4, names[i]);
        itp_proposal p;
        CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
        CU_ASSERT_EQUAL(p.n_chosen, 4);
        for (size_t j = 0; j < p.n_chosen; j++) {
            CU_ASSERT(!among(&b, p.chosen[j].x, 2, pending));
            for (size_t k = 0; k < j; k++) CU_ASSERT(!among(&b, p.chosen[j].x, 1, p.chosen[k].x));
        }
        if (names[i]) CU_ASSERT_STRING_EQUAL(p.acquisition, names[i]);
        itp_proposal_deinit(&p);
    }
    bed_deinit(&b);
}

static void the_first_of_several_is_what_one_would_be(void)
{
    for (int noisy = 0; noisy < 2; noisy++) {
        bed b;
        bed_init(&b, bed_space(2), 12, 1, noisy ? 0.5 : 0,
                 noisy ? ITP_NOISE_INFERRED : ITP_NOISE_NONE, 19);
        itp_propose_options one = ask_for(1, NULL), four = ask_for(4, NULL);
        itp_proposal alone, several;
        CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &one, &alone, NULL), ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &four, &several, NULL), ITP_OK);
        CU_ASSERT_EQUAL(several.n_chosen, 4);
        CU_ASSERT(among(&b, alone.chosen[0].x, 1, several.chosen[0].x));
        CU_ASSERT_STRING_EQUAL(several.acquisition, "qlognei");
        if (!noisy) CU_ASSERT_STRING_EQUAL(alone.acquisition, "logei");
        for (size_t k = 1; k < 4; k++)
            CU_ASSERT(!among(&b, several.chosen[k].x, 1, several.chosen[0].x));
        itp_proposal_deinit(&alone);
        itp_proposal_deinit(&several);
        bed_deinit(&b);
    }
}

static void threads_change_nothing(void)
{
    bed b;
    bed_init(&b, bed_space(4), 20, 2, 0.1, ITP_NOISE_INFERRED, 13);
    b.bounds[0] = b.bounds[1];
    b.bounds[0].low = 2.5;
    b.problem.n_bounds = 1;
    for (int name = 0; name < 2; name++) {
        itp_propose_options one = ask_for(2, name ? "logei" : NULL), four = one;
        one.threads = 1, four.threads = 4;
        itp_proposal p, q;
        CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &one, &p, NULL), ITP_OK);
        CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &four, &q, NULL), ITP_OK);
        for (size_t i = 0; i < 2; i++) {
            CU_ASSERT(memcmp(p.chosen[i].x, q.chosen[i].x, b.d * sizeof(double)) == 0);
            CU_ASSERT(memcmp(&p.chosen[i].parts.total, &q.chosen[i].parts.total, sizeof(double)) ==
                      0);
        }
        itp_proposal_deinit(&p);
        itp_proposal_deinit(&q);
    }
    bed_deinit(&b);
}

static void limits_are_respected_when_known(void)
{
    /* The limit's model knows that outcome 1 falls below its bound over most of the interval. */
    bed b;
    bed_init(&b, bed_space(1), 24, 2, 0, ITP_NOISE_NONE, 14);
    b.bounds[0] = b.bounds[1];
    b.bounds[0].low = 3, b.bounds[0].high = 3.6;
    b.problem.n_bounds = 1;
    itp_propose_options options = ask_for(3, NULL);
    itp_proposal p;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    for (size_t i = 0; i < p.n_chosen; i++) {
        double y = bed_function(b.space, p.chosen[i].point, 1);
        CU_ASSERT(y > 3 - 0.02 && y < 3.6 + 0.02);
    }
    itp_incumbent best;
    CU_ASSERT_EQUAL(itp_find_incumbent(&b.problem, 0.95, &best), ITP_OK);
    for (size_t i = 0; i < b.n; i++) { /* no measured feasible point is better */
        int feasible = b.y[2 * i + 1] >= 3 && b.y[2 * i + 1] <= 3.6;
        if (feasible && best.index >= 0)
            CU_ASSERT(b.y[2 * i] <= b.y[2 * (size_t)best.index] + 1e-3);
    }
    itp_proposal_deinit(&p);
    bed_deinit(&b);
}

static void nothing_feasible_asks_for_feasibility(void)
{
    bed b;
    bed_init(&b, bed_space(2), 10, 2, 0, ITP_NOISE_NONE, 15);
    b.bounds[0] = b.bounds[1];
    b.bounds[0].low = 1e3;
    b.problem.n_bounds = 1;
    itp_propose_options options = ask_for(1, NULL);
    itp_proposal p;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    CU_ASSERT_STRING_EQUAL(p.acquisition, "feasibility");
    CU_ASSERT(isnan(p.chosen[0].parts.gain) && isfinite(p.chosen[0].parts.feasible));
    itp_incumbent best;
    CU_ASSERT_EQUAL(itp_find_incumbent(&b.problem, 0.5, &best), ITP_OK);
    CU_ASSERT_EQUAL(best.index, -1);
    itp_proposal_deinit(&p);
    options.q = 3;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    CU_ASSERT_EQUAL(p.n_chosen, 3);
    itp_proposal_deinit(&p);
    bed_deinit(&b);
}

static void failures_push_away(void)
{
    /* Everything with a > 0.5 failed; the failed points themselves never come back. */
    bed b;
    bed_init(&b, bed_space(2), 12, 1, 0, ITP_NOISE_NONE, 16);
    enum { N = 30 };
    double x[2 * N], avoid[2 * N];
    int labels[N];
    size_t failed = 0;
    itp_stream stream;
    itp_stream_init(&stream, 1, 0, "failures");
    for (int i = 0; i < N; i++) {
        x[2 * i] = itp_stream_uniform(&stream), x[2 * i + 1] = itp_stream_uniform(&stream);
        labels[i] = x[2 * i] < 0.5;
        if (!labels[i]) memcpy(avoid + 2 * failed++, x + 2 * i, 2 * sizeof *x);
    }
    itp_classifier *works;
    CU_ASSERT_EQUAL_FATAL(itp_classifier_create(&works, 2, itp_space_columns(b.space)), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_classifier_fit(works, N, x, labels, 1), ITP_OK);
    b.problem.works = works, b.problem.avoid = avoid, b.problem.n_avoid = failed;
    itp_propose_options options = ask_for(2, NULL);
    itp_proposal p;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT(p.chosen[i].x[0] < 0.6);
        CU_ASSERT(!among(&b, p.chosen[i].x, failed, avoid));
    }
    itp_proposal_deinit(&p);
    itp_classifier_destroy(works);
    bed_deinit(&b);
}

static void a_table_is_used_up_and_says_so(void)
{
    itp_space *space = bed_space(2);
    double rows[2 * 15];
    for (int i = 0; i < 15; i++) rows[2 * i] = (i % 5) / 4.0, rows[2 * i + 1] = (i / 5) / 2.0;
    CU_ASSERT_EQUAL_FATAL(itp_space_set_candidates(space, 15, rows, 0, NULL, NULL, NULL, NULL),
                          ITP_OK);
    bed b;
    bed_init(&b, space, 8, 1, 0, ITP_NOISE_NONE, 17);
    itp_propose_options options = ask_for(20, NULL);
    itp_proposal p;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    size_t distinct = 0;
    for (size_t i = 0; i < b.n; i++) distinct += !among(&b, b.x + 2 * i, i, b.x);
    CU_ASSERT_EQUAL(p.n_chosen, 15 - distinct);
    CU_ASSERT(strstr(p.why, "no further point") != NULL);
    double *all = malloc((b.n + p.n_chosen) * 2 * sizeof *all);
    memcpy(all, b.x, b.n * 2 * sizeof *all);
    for (size_t i = 0; i < p.n_chosen; i++) {
        CU_ASSERT(!among(&b, p.chosen[i].x, b.n + i, all));
        memcpy(all + 2 * (b.n + i), p.chosen[i].x, 2 * sizeof *all);
    }
    b.problem.pending = all + 2 * b.n, b.problem.n_pending = p.n_chosen;
    itp_proposal none;
    itp_error err;
    CU_ASSERT_EQUAL(itp_propose(&b.problem, &options, &none, &err), ITP_ENONE);
    CU_ASSERT(strstr(err.text, "measured, pending or failed") != NULL);
    itp_proposal_deinit(&p);
    free(all);
    bed_deinit(&b);
}

/* A mixed space under every kind of known constraint. */
static itp_space *constrained_space(void)
{
    static const char *const SALTS[] = {"LiPF6", "LiFSI", "LiTFSI"};
    static const double STEPS[] = {0, 0.25, 0.5, 2};
    itp_param list[] = {
        bed_real("a", 0, 1),
        bed_real("b", 0, 1),
        bed_real("c", 0, 1),
        {.name = "e", .unit = "1", .kind = ITP_REAL, .scale = ITP_LOG, .low = 0.01, .high = 10},
        {.name = "n", .unit = "1", .kind = ITP_INTEGER, .low = 1, .high = 40},
        {.name = "s", .unit = "1", .kind = ITP_DISCRETE, .n_levels = 4, .levels = STEPS},
        {.name = "salt", .unit = "1", .kind = ITP_CATEGORICAL, .n_levels = 3, .labels = SALTS},
        {.name = "extra",
         .unit = "1",
         .kind = ITP_REAL,
         .low = 0,
         .high = 5,
         .when = "salt == LiFSI"},
    };
    const char *const NAMES[] = {"a", "b", "c"};
    itp_space *space;
    itp_error err;
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 8, list, &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "a + b + c == 1", &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "a <= 0.7", &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "e * (1 + b) <= 4", &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "n + 10 * s <= 45", &err), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_add_cardinality(space, 1, 2, 3, NAMES, &err), ITP_OK);
    return space;
}

static void known_constraints_hold(void)
{
    bed b;
    bed_init(&b, constrained_space(), 16, 1, 0, ITP_NOISE_NONE, 18);
    const char *names[] = {NULL, "logei", "ucb"};
    for (size_t i = 0; i < 3; i++) {
        itp_propose_options options = ask_for(i == 0 ? 3 : 1, names[i]);
        itp_proposal p;
        itp_error err = {0};
        itp_status st = itp_propose(&b.problem, &options, &p, &err);
        CU_ASSERT_EQUAL_FATAL(st, ITP_OK);
        for (size_t j = 0; j < p.n_chosen; j++) {
            const char *which = NULL;
            CU_ASSERT(itp_space_violation(b.space, p.chosen[j].point, &which) <= 1e-9);
        }
        itp_proposal_deinit(&p);
    }
    bed_deinit(&b);
}

/* A normal around 0.9 in every coordinate. */
static double expects_far(const void *ctx, const double *x, double *grad)
{
    double sum = 0;
    for (size_t j = 0; j < *(const size_t *)ctx; j++) {
        sum -= 0.5 * (x[j] - 0.9) * (x[j] - 0.9) / 0.01;
        if (grad) grad[j] = -(x[j] - 0.9) / 0.01;
    }
    return sum;
}

/* It leads while little is measured, and fades as beta/n (Hvarfner et al. 2022). */
static void a_person_s_prior_leads_and_fades(void)
{
    bed b;
    bed_init(&b, bed_space(2), 12, 1, 0, ITP_NOISE_NONE, 41);
    itp_propose_options options = ask_for(1, NULL);
    double prior_of[2], away[2];
    b.problem.log_prior_at = expects_far, b.problem.log_prior_ctx = &b.d;
    for (int late = 0; late < 2; late++) {
        itp_proposal p;
        b.problem.budget = late ? 1 : 1200; /* beta/n: 1/120 or 10 */
        CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
        const itp_choice *c = &p.chosen[0];
        double weight = late ? 0.1 / 12 : 10;
        CU_ASSERT_DOUBLE_EQUAL(c->parts.prior, weight * expects_far(&b.d, c->x, NULL), 1e-9);
        CU_ASSERT_DOUBLE_EQUAL(c->parts.total, c->parts.gain + c->parts.prior, 1e-9);
        prior_of[late] = expects_far(&b.d, c->x, NULL);
        away[late] = hypot(c->x[0] - 0.9, c->x[1] - 0.9);
        itp_proposal_deinit(&p);
    }
    CU_ASSERT(away[0] < 0.2 && away[1] > 0.5);
    CU_ASSERT(prior_of[0] > prior_of[1]);
    bed_deinit(&b);
}

static void nothing_known_means_space_filling(void)
{
    bed b;
    bed_init(&b, bed_space(2), 3, 1, 0, ITP_NOISE_NONE, 19);
    b.problem.n_measured = 0;
    itp_propose_options options = ask_for(5, NULL);
    itp_proposal p;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    CU_ASSERT_STRING_EQUAL(p.acquisition, "design");
    CU_ASSERT_EQUAL(p.n_chosen, 5);
    itp_proposal_deinit(&p);
    itp_error err;
    options.acquisition = "nosuch";
    b.problem.n_measured = 3;
    CU_ASSERT_EQUAL(itp_propose(&b.problem, &options, &p, &err), ITP_ENOTFOUND);
    CU_ASSERT(strstr(err.text, "logei") != NULL);
    bed_deinit(&b);
}

/* Two values, one of them failed: the other is proposed, whichever the design begins with. */
static void a_design_that_runs_out_begins_again(void)
{
    static const double LEVELS[] = {0, 0.5};
    for (size_t failed = 0; failed < 2; failed++) {
        itp_param param = {
            .name = "a", .unit = "1", .kind = ITP_DISCRETE, .n_levels = 2, .levels = LEVELS};
        itp_space *space;
        bed b;
        itp_proposal p;
        itp_error err = {0};
        double avoid;
        CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 1, &param, NULL), ITP_OK);
        bed_init(&b, space, 0, 1, 0, ITP_NOISE_NONE, 7);
        CU_ASSERT_EQUAL_FATAL(itp_space_encode(space, &LEVELS[failed], &avoid, NULL), ITP_OK);
        b.problem.avoid = &avoid, b.problem.n_avoid = 1;
        CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, NULL, &p, &err), ITP_OK);
        CU_ASSERT_EQUAL(p.chosen[0].point[0], LEVELS[1 - failed]);
        itp_proposal_deinit(&p);
        double all[] = {0, 1};
        b.problem.avoid = all, b.problem.n_avoid = 2;
        CU_ASSERT_EQUAL(itp_propose(&b.problem, NULL, &p, &err), ITP_ENONE);
        bed_deinit(&b);
    }
}

/* Parameters that are there only sometimes: what is left when they are not is a point as well. */
static void conditional_points_are_used_up_one_by_one(void)
{
    static const char *const LABELS[] = {"red", "green", "blue"};
    static const double LEVELS[] = {0, 0.5, 1};
    itp_param params[] = {
        {.name = "a", .unit = "1", .kind = ITP_CATEGORICAL, .n_levels = 3, .labels = LABELS},
        {.name = "b",
         .unit = "1",
         .kind = ITP_DISCRETE,
         .n_levels = 3,
         .levels = LEVELS,
         .when = "a == red"}};
    itp_space *space;
    bed b;
    itp_proposal p;
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 2, params, NULL), ITP_OK);
    bed_init(&b, space, 1, 1, 0, ITP_NOISE_NONE, 7);
    itp_propose_options options = ask_for(9, NULL);
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    CU_ASSERT_EQUAL(p.n_chosen, 4); /* of (red, 3 levels), green and blue one is measured */
    for (size_t i = 0; i < p.n_chosen; i++)
        CU_ASSERT_EQUAL(isnan(p.chosen[i].point[1]), p.chosen[i].point[0] != 0);
    itp_proposal_deinit(&p);
    bed_deinit(&b);
}

/* With a continuous parameter beside, from the other branch: changing one discrete value reaches
 * the branch without it. */
static void neighbours_reach_the_other_branch(void)
{
    static const char *const LABELS[] = {"with", "without"};
    itp_param params[] = {
        {.name = "a", .unit = "1", .kind = ITP_CATEGORICAL, .n_levels = 2, .labels = LABELS},
        {.name = "n", .unit = "1", .kind = ITP_INTEGER, .high = 4000, .when = "a == with"},
        bed_real("x", 0, 1)};
    itp_space *space;
    bed b;
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 3, params, NULL), ITP_OK);
    bed_init(&b, space, 14, 1, 0, ITP_NOISE_NONE, 5);
    double y[BED_MAX]; /* the branch with n is far worse */
    for (size_t i = 0; i < b.n; i++) y[i] = isnan(b.x[i * b.d + 1]) ? b.x[i * b.d + 2] : -20;
    itp_data data = {.n = b.n, .d = b.d, .x = b.x, .y = y};
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_fit(b.models[0], &data, 3, NULL), ITP_OK);
    itp_view view;
    itp_scorer scorer;
    CU_ASSERT_EQUAL_FATAL(itp_view_init(&view, &b.problem), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_scorer_init(&scorer, &view, &itp_gain_ucb, 1), ITP_OK);
    itp_search search = {.space = space, .scorer = &scorer, .threads = 1};
    double point[] = {0, 17, 0.4}, spare[] = {0, 3, 0.5}, x[8];
    double *work = malloc((itp_scorer_work(&scorer) + 8 * b.d + 12 + 1) * sizeof *work);
    size_t evaluations = 0;
    CU_ASSERT_EQUAL_FATAL(itp_space_encode(space, point, x, NULL), ITP_OK);
    (void)itp_search_neighbours(&search, spare, x, point, -1e9, work, &evaluations);
    CU_ASSERT(point[0] == 1 && isnan(point[1]));
    free(work);
    itp_scorer_deinit(&scorer);
    itp_view_deinit(&view);
    bed_deinit(&b);
}

static void units_do_not_matter(void)
{
    /* The same data in another unit, and minimised with its sign changed: the same proposal. */
    bed a, c;
    bed_init(&a, bed_space(2), 15, 1, 0, ITP_NOISE_NONE, 20);
    bed_init(&c, bed_space(2), 15, 1, 0, ITP_NOISE_NONE, 20);
    double column[15];
    for (size_t i = 0; i < 15; i++) column[i] = c.y[i] = -1024 * a.y[i];
    itp_surrogate_options options = {.noise = ITP_NOISE_NONE};
    itp_data data = {.n = 15, .d = 2, .x = c.x, .y = column};
    itp_surrogate_destroy(c.models[0]);
    CU_ASSERT_EQUAL_FATAL(
        itp_surrogate_create(&c.models[0], 2, itp_space_columns(c.space), &options, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_fit(c.models[0], &data, 20, NULL), ITP_OK);
    c.belief[0] = c.models[0];
    c.goals[0].kind = ITP_MINIMISE;
    itp_propose_options one = ask_for(1, NULL);
    itp_proposal p, q;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&a.problem, &one, &p, NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_propose(&c.problem, &one, &q, NULL), ITP_OK);
    /* A power of two and a sign change no digit; the two fits may stop a few ulp apart. */
    for (size_t j = 0; j < 2; j++) CU_ASSERT_DOUBLE_EQUAL(p.chosen[0].x[j], q.chosen[0].x[j], 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(p.chosen[0].parts.total, q.chosen[0].parts.total, 1e-6);
    itp_proposal_deinit(&p);
    itp_proposal_deinit(&q);
    bed_deinit(&a);
    bed_deinit(&c);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"the best of a fine grid is not better", the_best_of_a_fine_grid_is_not_better},
        {"batches are distinct and avoid what is pending",
         batches_are_distinct_and_avoid_what_is_pending},
        {"the first of several is what one would be", the_first_of_several_is_what_one_would_be},
        {"threads change nothing", threads_change_nothing},
        {"limits are respected when known", limits_are_respected_when_known},
        {"nothing feasible asks for feasibility", nothing_feasible_asks_for_feasibility},
        {"failures push away", failures_push_away},
        {"a table is used up and says so", a_table_is_used_up_and_says_so},
        {"known constraints hold", known_constraints_hold},
        {"a person's prior leads and fades", a_person_s_prior_leads_and_fades},
        {"nothing known means space filling", nothing_known_means_space_filling},
        {"a design that runs out begins again", a_design_that_runs_out_begins_again},
        {"conditional points are used up one by one", conditional_points_are_used_up_one_by_one},
        {"neighbours reach the other branch", neighbours_reach_the_other_branch},
        {"units do not matter", units_do_not_matter},
        CU_TEST_INFO_NULL,
    };
    return suite_run("acquisition/propose", tests);
}
