/* test_sampling.c - samples, designs and repairs of random spaces under random constraints.
 *   A space is grown together with a hidden point that satisfies everything, so that "none" is
 * known to be wrong. Feasibility is checked by arithmetic of the test's own.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "interphase/space.h"
#include "stream.h"
#include "suite.h"

#define N_MAX     6
#define RULES_MAX 5
#define SPACES    3000
#define FEASIBLE  1e-9

typedef enum rule_kind { SUM, ORDER, PRODUCT, CARDINALITY } rule_kind;

/* What the test knows of a constraint: lhs - rhs and the sizes of its terms. */
typedef struct rule {
    rule_kind kind;
    int equality;
    double a[N_MAX], b;
    size_t i, j, at_most, members[N_MAX], n_members;
} rule;

typedef struct grown {
    itp_space *space;
    size_t n, n_rules;
    rule rules[RULES_MAX];
    double hidden[N_MAX];
    int conditional[N_MAX]; /* 1 + index of its controller, active where that is >= 1 */
    char text[1024], all[6000];
} grown;

static const char *const NAMES[N_MAX] = {"p", "q", "r", "s", "t", "u"};
static const char *const LABELS[] = {"one", "two", "three"};
static const double LEVELS[] = {0, 0.5, 2, 3, 7};

/* Another seed tries other spaces. */
static uint64_t suite_seed(void)
{
    const char *seed = getenv("SUITE_SEED");
    return seed ? strtoull(seed, NULL, 10) : 11;
}

static double pick(itp_stream *stream, double low, double high)
{
    return low + (high - low) * itp_stream_uniform(stream);
}

static void grow_param(itp_stream *stream, size_t i, itp_param *p, double *hidden)
{
    *p = (itp_param){.name = NAMES[i], .unit = "1"};
    switch (itp_stream_below(stream, 6)) {
    case 0:
        p->kind = ITP_INTEGER;
        p->low = (double)itp_stream_below(stream, 3) - 1;
        p->high = p->low + 1 + (double)itp_stream_below(stream, 9);
        *hidden = p->low + (double)itp_stream_below(stream, (size_t)(p->high - p->low) + 1);
        break;
    case 1:
        p->kind = ITP_DISCRETE;
        p->n_levels = 2 + itp_stream_below(stream, 4);
        p->levels = LEVELS;
        *hidden = LEVELS[itp_stream_below(stream, p->n_levels)];
        break;
    case 2:
        p->kind = ITP_CATEGORICAL;
        p->n_levels = 3;
        p->labels = LABELS;
        *hidden = (double)itp_stream_below(stream, 3);
        break;
    case 3:
        p->kind = ITP_REAL;
        p->scale = ITP_LOG;
        p->low = 1e-2;
        p->high = 10;
        *hidden = exp(pick(stream, log(p->low), log(p->high)));
        break;
    default:
        p->kind = ITP_REAL;
        p->low = pick(stream, -5, 1);
        if (itp_stream_below(stream, 2)) p->low = 0;
        p->high = p->low + pick(stream, 0.5, 10);
        *hidden = pick(stream, p->low, p->high);
    }
}

static int is_number(const itp_param *p)
{
    return p->kind != ITP_CATEGORICAL;
}

/* Sum of a few terms against a bound that the hidden point meets, with little or no room. */
static void grow_sum(itp_stream *stream, grown *g, const itp_param *params, rule *r)
{
    static const double ROOM[] = {0, 0, 1e-6, 0.01, 0.3};
    double value = 0;
    char *text = g->text + strlen(g->text), *end = g->text + sizeof g->text;
    r->kind = SUM;
    r->equality = itp_stream_below(stream, 3) == 0;
    for (size_t i = 0; i < g->n; i++) {
        if (!is_number(&params[i]) || itp_stream_below(stream, 3) == 0) continue;
        r->a[i] = round(pick(stream, -4, 4));
        if (r->a[i] == 0) r->a[i] = 1;
        if (!isnan(g->hidden[i])) value += r->a[i] * g->hidden[i];
        text += snprintf(text, (size_t)(end - text), "%+.17g*%s ", r->a[i], NAMES[i]);
    }
    r->b = value + (r->equality ? 0 : ROOM[itp_stream_below(stream, 5)]);
    snprintf(text, (size_t)(end - text), "+0 %s %.17g", r->equality ? "==" : "<=", r->b);
}

static void grow_rule(itp_stream *stream, grown *g, const itp_param *params)
{
    rule *r = &g->rules[g->n_rules];
    const char *names[N_MAX];
    memset(r, 0, sizeof *r);
    g->text[0] = 0;
    size_t kind = itp_stream_below(stream, 6);
    if (kind == 5) {
        size_t nonzero = 0;
        r->kind = CARDINALITY;
        for (size_t i = 0; i < g->n; i++) {
            if (!is_number(&params[i])) continue;
            names[r->n_members] = NAMES[i];
            r->members[r->n_members++] = i;
            nonzero += !isnan(g->hidden[i]) && g->hidden[i] != 0;
        }
        if (r->n_members < 2) return;
        r->at_most = nonzero + itp_stream_below(stream, 2);
        snprintf(g->all + strlen(g->all), 100, "\n    at most %zu of %zu", r->at_most,
                 r->n_members);
        if (itp_space_add_cardinality(g->space, 0, r->at_most, r->n_members, names, NULL) == ITP_OK)
            g->n_rules++;
        return;
    }
    r->i = itp_stream_below(stream, g->n);
    r->j = itp_stream_below(stream, g->n);
    double x = g->hidden[r->i], y = g->hidden[r->j];
    int pair =
        r->i != r->j && is_number(&params[r->i]) && is_number(&params[r->j]) && !isnan(x + y);
    if (kind == 4 && pair) {
        r->kind = PRODUCT;
        r->equality = itp_stream_below(stream, 4) == 0 && params[r->i].kind == ITP_REAL;
        r->b = x * y + (x + 1) * (x + 1) + (r->equality ? 0 : pick(stream, 0, 0.2));
        snprintf(g->text, sizeof g->text, "%s*%s + (%s + 1)^2 %s %.17g", NAMES[r->i], NAMES[r->j],
                 NAMES[r->i], r->equality ? "==" : "<=", r->b);
    } else if (kind == 3 && pair && x != y) {
        r->kind = ORDER;
        if (x > y) {
            size_t swap = r->i;
            r->i = r->j;
            r->j = swap;
        }
        snprintf(g->text, sizeof g->text, "%s < %s", NAMES[r->i], NAMES[r->j]);
    } else {
        grow_sum(stream, g, params, r);
    }
    size_t used = strlen(g->all);
    snprintf(g->all + used, sizeof g->all - used, "\n    %s", g->text);
    itp_error err = {0};
    if (itp_space_add_constraint(g->space, g->text, &err) != ITP_OK)
        printf("\n  %s: %s\n", g->text, err.text);
    else
        g->n_rules++;
}

static int zero_is_a_value(const itp_param *p)
{
    double low = p->kind == ITP_DISCRETE ? p->levels[0] : p->low;
    double high = p->kind == ITP_DISCRETE ? p->levels[p->n_levels - 1] : p->high;
    return low <= 0 && high >= 0;
}

static int grow(uint64_t number, grown *g)
{
    itp_stream stream;
    itp_param params[N_MAX];
    itp_stream_init(&stream, suite_seed(), number, "test.grow");
    memset(g, 0, sizeof *g);
    g->n = 1 + itp_stream_below(&stream, N_MAX);
    for (size_t i = 0; i < g->n; i++) grow_param(&stream, i, &params[i], &g->hidden[i]);
    for (size_t i = 1; i < g->n; i++) {
        size_t c = itp_stream_below(&stream, i);
        if (itp_stream_below(&stream, 5) || !is_number(&params[c]) || params[c].when) continue;
        static const char *const WHEN[N_MAX] = {"p >= 1", "q >= 1", "r >= 1",
                                                "s >= 1", "t >= 1", "u >= 1"};
        params[i].when = WHEN[c];
        g->conditional[i] = 1 + (int)c;
        if (!(g->hidden[c] >= 1)) g->hidden[i] = NAN;
    }
    itp_error err = {0};
    if (itp_space_create(&g->space, g->n, params, &err) != ITP_OK) {
        printf("\n  %s\n", err.text);
        return 0;
    }
    size_t rules = itp_stream_below(&stream, RULES_MAX + 1);
    for (size_t k = 0; k < rules; k++) grow_rule(&stream, g, params);
    return 1;
}

static double broken(const grown *g, const rule *r, const double *point)
{
    double value = -r->b, size = fabs(r->b), at[N_MAX];
    for (size_t i = 0; i < g->n; i++) {
        int named = r->kind == SUM ? r->a[i] != 0 : i == r->i || i == r->j;
        at[i] = isnan(point[i]) ? 0 : point[i];
        if (isnan(point[i]) && named && r->kind != CARDINALITY &&
            !zero_is_a_value(itp_space_param(g->space, i)))
            return 0;
    }
    if (r->kind == CARDINALITY) {
        size_t nonzero = 0;
        for (size_t k = 0; k < r->n_members; k++) nonzero += at[r->members[k]] != 0;
        return nonzero > r->at_most;
    }
    if (r->kind == ORDER) return !(at[r->i] < at[r->j]);
    for (size_t i = 0; r->kind == SUM && i < g->n; i++) {
        value += r->a[i] * at[i];
        size += fabs(r->a[i] * at[i]);
    }
    if (r->kind == PRODUCT) {
        double square = (at[r->i] + 1) * (at[r->i] + 1), product = at[r->i] * at[r->j];
        value += square + product;
        size += square + fabs(product);
    }
    if (!r->equality && value <= 0) return 0;
    return value == 0 ? 0 : fabs(value) / size;
}

/* 1 when the point is what the space promises. */
static int holds(const grown *g, const double *point)
{
    for (size_t i = 0; i < g->n; i++) {
        const itp_param *p = itp_space_param(g->space, i);
        double v = point[i];
        int active = !g->conditional[i] || point[g->conditional[i] - 1] >= 1;
        if (active == isnan(v)) return 0;
        if (!active) continue;
        if (p->kind == ITP_DISCRETE) {
            int known = 0;
            for (size_t k = 0; k < p->n_levels; k++) known |= p->levels[k] == v;
            if (!known) return 0;
        } else if (p->kind == ITP_CATEGORICAL) {
            if (v != round(v) || v < 0 || v >= (double)p->n_levels) return 0;
        } else if (v < p->low || v > p->high || (p->kind == ITP_INTEGER && v != round(v))) {
            return 0;
        }
    }
    for (size_t k = 0; k < g->n_rules; k++)
        if (!(broken(g, &g->rules[k], point) <= FEASIBLE)) return 0;
    return 1;
}

static void describe(uint64_t number, const grown *g, const itp_error *err)
{
    printf("\n  space %d: %s", (int)number, err->text);
    for (size_t i = 0; i < g->n; i++) {
        const itp_param *p = itp_space_param(g->space, i);
        printf("\n    %s: kind %d scale %d %g .. %g levels %zu when %s; hidden %.17g", p->name,
               p->kind, p->scale, p->low, p->high, p->n_levels, p->when ? p->when : "-",
               g->hidden[i]);
    }
    printf("%s\n", g->all);
}

static void samples_are_feasible_and_found(void)
{
    size_t none = 0, wrong = 0, missed_hidden = 0;
    for (uint64_t number = 0; number < SPACES; number++) {
        grown g;
        double points[4 * N_MAX];
        itp_error err = {0};
        if (!grow(number, &g)) {
            CU_FAIL("space refused");
            continue;
        }
        if (!holds(&g, g.hidden)) missed_hidden++;
        itp_status st = itp_space_sample(g.space, 4, number, points, &err);
        if (st != ITP_OK) {
            none++;
            if (getenv("SUITE_VERBOSE")) describe(number, &g, &err);
        }
        for (size_t i = 0; st == ITP_OK && i < 4; i++)
            if (!holds(&g, points + i * g.n)) wrong++;
        itp_space_destroy(g.space);
    }
    printf("\n  %d spaces: %zu samples infeasible, %zu feasible spaces not found, hidden %zu\n",
           SPACES, wrong, none, missed_hidden);
    CU_ASSERT_EQUAL(missed_hidden, 0);
    CU_ASSERT_EQUAL(wrong, 0);
    /* Single points where curved equalities and bounds without room meet may be missed. */
    CU_ASSERT(none * 1000 <= SPACES);
}

/* How: designs and repairs over the same kind of spaces, fewer of them: they cost more. */
static void designs_are_feasible_and_cut_anywhere(void)
{
    size_t wrong = 0, differ = 0, refused = 0;
    for (uint64_t number = 0; number < 60; number++) {
        grown g;
        double whole[8 * N_MAX], part[3 * N_MAX];
        if (!grow(number, &g)) continue;
        for (int kind = ITP_DESIGN_SOBOL; kind <= ITP_DESIGN_RANDOM; kind++) {
            if (itp_space_design(g.space, kind, number, 0, 8, whole, NULL) != ITP_OK) {
                refused += itp_space_combinations(g.space, 1, 100) == 0;
                continue;
            }
            for (size_t i = 0; i < 8; i++) wrong += !holds(&g, whole + i * g.n);
            if (itp_space_design(g.space, kind, number, 5, 3, part, NULL) != ITP_OK ||
                memcmp(part, whole + 5 * g.n, 3 * g.n * sizeof *part) != 0)
                differ++;
        }
        itp_space_destroy(g.space);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(differ, 0);
    CU_ASSERT_EQUAL(refused, 0);
}

static void repairs_are_feasible(void)
{
    size_t wrong = 0, failed = 0, repaired = 0;
    itp_stream stream;
    itp_stream_init(&stream, 3, 0, "test.repair");
    for (uint64_t number = 0; number < 300; number++) {
        grown g;
        double point[N_MAX];
        if (!grow(number, &g)) continue;
        for (int trial = 0; trial < 4; trial++) {
            for (size_t i = 0; i < g.n; i++) {
                const itp_param *p = itp_space_param(g.space, i);
                double width = p->kind == ITP_DISCRETE ? 3 : p->high - p->low;
                point[i] = g.hidden[i];
                if (is_number(p)) point[i] += 0.05 * width * itp_stream_normal(&stream);
            }
            if (itp_space_repair(g.space, point) != ITP_OK)
                failed++;
            else if (++repaired, !holds(&g, point))
                wrong++;
        }
        itp_space_destroy(g.space);
    }
    printf("\n  %zu repaired, %zu not\n", repaired, failed);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(failed * 20 <= repaired); /* what it cannot mend it must say, and seldom */
}

/* A mixture of five that must add up to 100 %, some of it in a thin sliver. */
static void sums_are_held_and_slivers_filled(void)
{
    itp_param params[5];
    itp_space *space;
    enum { POINTS = 400 };
    static double points[POINTS * 5];
    for (size_t i = 0; i < 5; i++)
        params[i] = (itp_param){.name = NAMES[i], .unit = "%", .kind = ITP_REAL, .high = 100};
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 5, params, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "p + q + r + s + t == 100", NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_space_sample(space, POINTS, 1, points, NULL), ITP_OK);
    double mean[5] = {0};
    for (size_t i = 0; i < POINTS; i++) {
        CU_ASSERT(itp_space_violation(space, points + 5 * i, NULL) <= 1e-14);
        for (size_t j = 0; j < 5; j++) mean[j] += points[5 * i + j] / POINTS;
    }
    /* Uniform on the simplex: mean 20, sd sqrt(0.2 0.8 / 6) 100 = 16.3; correlated, so 5 sd of 400.
     */
    for (size_t j = 0; j < 5; j++) CU_ASSERT_DOUBLE_EQUAL(mean[j], 20, 5 * 16.3 / 20);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "30 <= p + 2*q <= 30.001", NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "r < s < t", NULL), ITP_OK);
    CU_ASSERT_EQUAL_FATAL(itp_space_sample(space, POINTS, 2, points, NULL), ITP_OK);
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < POINTS; i++) {
        double *p = points + 5 * i;
        CU_ASSERT(itp_space_violation(space, p, NULL) <= 1e-14);
        least = fmin(least, p[1]);
        most = fmax(most, p[1]);
    }
    CU_ASSERT(least < 1 && most > 14); /* q may be 0 .. 15 */
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "t <= 10", NULL), ITP_OK);
    itp_error err = {0};
    points[0] = 42;
    CU_ASSERT_EQUAL(itp_space_sample(space, 1, 2, points, &err), ITP_ENONE);
    CU_ASSERT_EQUAL(points[0], 42);
    CU_ASSERT(err.text[0] != 0);
    itp_space_destroy(space);
}

static void sobol_designs_are_stratified(void)
{
    const itp_param params[] = {{.name = "p", .kind = ITP_REAL, .high = 16},
                                {.name = "q", .kind = ITP_INTEGER, .high = 3}};
    itp_space *space;
    double points[32];
    int cell[16] = {0}, level[4] = {0};
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 2, params, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_design(space, ITP_DESIGN_SOBOL, 4, 0, 16, points, NULL), ITP_OK);
    for (size_t i = 0; i < 16; i++) {
        cell[(int)points[2 * i]]++;
        level[(int)points[2 * i + 1]]++;
    }
    for (size_t i = 0; i < 16; i++) CU_ASSERT_EQUAL(cell[i], 1);
    for (size_t i = 0; i < 4; i++) CU_ASSERT_EQUAL(level[i], 4);
    itp_space_destroy(space);
}

static void finite_spaces_are_used_up(void)
{
    const itp_param params[] = {{.name = "p", .kind = ITP_INTEGER, .high = 3},
                                {.name = "q", .kind = ITP_INTEGER, .high = 3}};
    itp_space *space;
    double points[12];
    CU_ASSERT_EQUAL_FATAL(itp_space_create(&space, 2, params, NULL), ITP_OK);
    CU_ASSERT_EQUAL(itp_space_add_constraint(space, "p < q", NULL), ITP_OK);
    for (int kind = ITP_DESIGN_SOBOL; kind <= ITP_DESIGN_RANDOM; kind++) {
        int seen[16] = {0};
        CU_ASSERT_EQUAL(itp_space_design(space, kind, 1, 0, 6, points, NULL), ITP_OK);
        for (size_t i = 0; i < 6; i++) seen[(int)(4 * points[2 * i] + points[2 * i + 1])]++;
        for (int i = 0; i < 16; i++) CU_ASSERT_EQUAL(seen[i], i / 4 < i % 4);
        CU_ASSERT_EQUAL(itp_space_design(space, kind, 1, 0, 7, points, NULL), ITP_ENONE);
    }
    itp_space_destroy(space);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"samples are feasible and found", samples_are_feasible_and_found},
        {"designs are feasible and cut anywhere", designs_are_feasible_and_cut_anywhere},
        {"repairs are feasible", repairs_are_feasible},
        {"sums are held and slivers filled", sums_are_held_and_slivers_filled},
        {"sobol designs are stratified", sobol_designs_are_stratified},
        {"finite spaces are used up", finite_spaces_are_used_up},
        CU_TEST_INFO_NULL};
    return suite_run("space/sampling", tests);
}
