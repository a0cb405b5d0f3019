/* test_afresh.c - when a search begins again: where starts are cut, what the next one sees, and who
 * does not want it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "afresh.h"
#include "bed.h"

enum { BEFORE = 6, TOP = 4, N = BEFORE + TOP };

/* One coordinate: six rows over the space, then four at a top of 10 that differ by `apart` and by
 * `lower`. */
static void make_rows(double *x, double *up, double apart, double lower)
{
    for (size_t i = 0; i < BEFORE; i++) x[i] = 0.15 * (double)i, up[i] = (double)i;
    for (size_t i = 0; i < TOP; i++) {
        x[BEFORE + i] = 0.5 + apart * (double)i;
        up[BEFORE + i] = 10 - lower * (double)(i % 2);
    }
}

static size_t first_of(size_t n, const double *x, const double *up, size_t budget, size_t *starts)
{
    itp_afresh a;
    CU_ASSERT_EQUAL_FATAL(itp_afresh_fold(&a, n, 1, x, up, budget), ITP_OK);
    size_t first = a.first;
    *starts = a.starts;
    if (a.starts > 0) CU_ASSERT_EQUAL(a.tops[0], BEFORE);
    itp_afresh_deinit(&a);
    return first;
}

static void a_start_ends_when_trials_agree(void)
{
    double x[2 * N], up[2 * N];
    size_t starts;
    make_rows(x, up, 0.01, 1e-3); /* the lead over the median is 5, agreement within 1.5e-3 */
    CU_ASSERT_EQUAL(first_of(N, x, up, 0, &starts), N);
    CU_ASSERT_EQUAL(starts, 1);
    CU_ASSERT_EQUAL(first_of(N - 1, x, up, 0, &starts), 0); /* three are not enough */
    make_rows(x, up, 0.12, 1e-3);                           /* another top each */
    CU_ASSERT_EQUAL(first_of(N, x, up, 0, &starts), 0);
    make_rows(x, up, 0.01, 1e-2); /* still rising */
    CU_ASSERT_EQUAL(first_of(N, x, up, 0, &starts), 0);
}

static void a_start_needs_room(void)
{
    enum { ROOM = 4 + 3 * 2 }; /* a design of 2 d + 2 and 3 (d + 1) */
    double x[2 * N], up[2 * N];
    size_t starts;
    make_rows(x, up, 0.01, 1e-3);
    make_rows(x + N, up + N, 0.01, 1e-3);
    CU_ASSERT_EQUAL(first_of(N, x, up, N + ROOM, &starts), N);
    CU_ASSERT_EQUAL(first_of(N, x, up, N + ROOM - 1, &starts), 0);
    CU_ASSERT_EQUAL(starts, 0);
    CU_ASSERT_EQUAL(first_of(2 * N, x, up, 0, &starts), 2 * N);
    CU_ASSERT_EQUAL(starts, 2);
    /* The second start is over as well, and a third has no room: all rows together. */
    CU_ASSERT_EQUAL(first_of(2 * N - 1, x, up, 2 * N + 1, &starts), N);
    CU_ASSERT_EQUAL(first_of(2 * N, x, up, 2 * N + 1, &starts), 0);
}

/* Two hills, at 0.25 and, a little higher, at 0.75 of both coordinates. */
static double hills(const double *x)
{
    double a = 0, b = 0;
    for (size_t j = 0; j < 2; j++) {
        a += (x[j] - 0.25) * (x[j] - 0.25);
        b += (x[j] - 0.75) * (x[j] - 0.75);
    }
    return exp(-20 * a) + 1.1 * exp(-20 * b);
}

/* Over the lower hill, whose top four trials have found; then rows of the next start. */
static void over_one_hill(bed *b, size_t next)
{
    static const double ROWS[][2] = {
        {0.1, 0.9},   {0.9, 0.1},   {0.4, 0.3},    {0.1, 0.2},    {0.5, 0},      {0, 0.5},
        {0.3, 0.15},  {0.25, 0.25}, {0.251, 0.25}, {0.25, 0.251}, {0.249, 0.25}, {0.05, 0.95},
        {0.95, 0.05}, {0.6, 0.65},  {0.3, 0.3},    {0.95, 0.6},   {0.6, 0.05}};
    size_t n = 11 + next;
    bed_init(b, bed_space(2), n, 1, 0, ITP_NOISE_NONE, 5);
    for (size_t i = 0; i < n; i++) {
        memcpy(b->x + 2 * i, ROWS[i], sizeof ROWS[i]);
        b->y[i] = hills(ROWS[i]);
    }
    itp_data data = {.n = n, .d = 2, .x = b->x, .y = b->y};
    CU_ASSERT_EQUAL_FATAL(itp_surrogate_fit(b->models[0], &data, 5, NULL), ITP_OK);
}

static void the_next_start_covers_the_space_first(void)
{
    bed b;
    itp_proposal p;
    over_one_hill(&b, 0);
    itp_propose_options options = {.q = 1, .threads = 1};
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    CU_ASSERT_STRING_EQUAL(p.acquisition, "design");
    CU_ASSERT(strstr(p.why, "start 2, 0 trials so far; space filling") != NULL);
    CU_ASSERT(isfinite(p.chosen[0].mean[0]));
    itp_proposal_deinit(&p);
    bed_deinit(&b);
}

static void then_its_own_rows_are_believed(void)
{
    bed b;
    itp_proposal p, q;
    over_one_hill(&b, 6);
    itp_propose_options options = {.q = 1, .threads = 1};
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &p, NULL), ITP_OK);
    CU_ASSERT_STRING_EQUAL(p.acquisition, "logei");
    CU_ASSERT(strstr(p.why, "start 2, 6 trials so far") != NULL);
    CU_ASSERT(strstr(p.why, "1 on an earlier hill") != NULL); /* (0.3, 0.3) */
    const itp_choice *c = &p.chosen[0];
    CU_ASSERT(c->x[0] + c->x[1] > 0.8); /* away from the hill that is known */
    double mean, var;
    CU_ASSERT_EQUAL(itp_surrogate_predict(b.models[0], 1, c->x, &mean, &var), ITP_OK);
    CU_ASSERT_EQUAL(c->mean[0], mean); /* by all that is known */
    CU_ASSERT_EQUAL(c->sd[0], sqrt(var));
    options.threads = 4;
    CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &options, &q, NULL), ITP_OK);
    CU_ASSERT_EQUAL(memcmp(q.chosen[0].x, c->x, 2 * sizeof *c->x), 0);
    CU_ASSERT_EQUAL(q.chosen[0].parts.total, c->parts.total);
    itp_proposal_deinit(&q);
    itp_proposal_deinit(&p);
    bed_deinit(&b);
}

static void nobody_else_begins_again(void)
{
    bed b;
    itp_proposal p;
    over_one_hill(&b, 0);
    double pending[] = {0.5, 0.5};
    const itp_propose_options asked[] = {{.acquisition = "logei", .q = 1, .threads = 1},
                                         {.q = 2, .threads = 1},
                                         {.q = 1, .threads = 1, .trust_region = 1},
                                         {.q = 1, .threads = 1, .one_start = 1},
                                         {.q = 1, .threads = 1}};
    for (size_t i = 0; i < 5; i++) {
        if (i == 4) b.problem.pending = pending, b.problem.n_pending = 1;
        CU_ASSERT_EQUAL_FATAL(itp_propose(&b.problem, &asked[i], &p, NULL), ITP_OK);
        CU_ASSERT(strstr(p.why, "start 2") == NULL);
        itp_proposal_deinit(&p);
    }
    bed_deinit(&b);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"a start ends when trials agree", a_start_ends_when_trials_agree},
        {"a start needs room", a_start_needs_room},
        {"the next start covers the space first", the_next_start_covers_the_space_first},
        {"then its own rows are believed", then_its_own_rows_are_believed},
        {"nobody else begins again", nobody_else_begins_again},
        CU_TEST_INFO_NULL,
    };
    return suite_run("acquisition/afresh", tests);
}
