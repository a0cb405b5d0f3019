/* regret.c - knowing when to stop: P(max f - f(best) <= epsilon | data) (Wilson 2024).
 *   While one place alone speaks against it (ceiling.h) nothing is drawn. Then posterior samples
 * are functions (pathwise, Wilson et al. 2020): each is maximised over points that stand for the
 * space and by climbs from the best of them, and compared with its own value at the incumbent.
 * Looks are made after 32, 64, 128, ... draws; the interval at each look is Wilson's score interval
 * three standard deviations wide, so that the few looks near the threshold together err in about 1
 * %. A bound that would stop a campaign must also hold with the hyperparameters averaged over.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "blas.h"
#include "ceiling.h"
#include "lbfgs.h"
#include "parallel.h"
#include "reference.h"
#include "search.h"
#include "stream.h"

enum {
    LOOK = 32,        /* draws before the first look; each further look has twice as many */
    BATCH_MAX = 256,  /* draws made together */
    DRAWS_MAX = 768,  /* after which what is known is returned */
    POINTS = 1024,    /* that stand for the space */
    KEPT_LEAST = 128, /* of them, for the draws */
    BEST = 32,        /* measured points that join them */
    CLIMBS = 3,       /* from the best points of each draw */
    CLIMB_STEPS = 40,
    CONFIRMED_MAX = 200 /* measured points; beyond, hyperparameters are known well enough */
};
static const double LOOK_SD = 3;
/* Climbs end where a step gains less than this share of epsilon; those on the ceiling, less than
 * this probability. */
static const double CLIMB_GAIN = 1e-4;
/* Points that matter are kept for the draws: all others together can be above the incumbent by more
 * than epsilon with no more than this share of the probability that stopping may err with.
 * KEPT_LEAST of them stay, where climbs begin: there is more room between points than at them. */
static const double DROPPED = 0.1;
/* Starts of climbs are at least so far apart in each coordinate, on average. */
static const double START_APART = 0.1;

typedef struct {
    const itp_view *view;
    const itp_paths *paths;
    size_t n, d, n_free, free_columns[64];
    double *x;     /* n points, the incumbent last */
    double *value; /* of each path at them */
    double epsilon;
    int close[BATCH_MAX]; /* per draw: 1 when within epsilon */
} looking;

typedef struct {
    const looking *look;
    const itp_ceiling *ceiling; /* what goes down; NULL: the path goes up */
    size_t path;
    double *x, *grad;
} climbing;

static double descend(void *context, size_t n, const double *free_x, double *grad)
{
    climbing *c = context;
    double value, sign = c->ceiling ? -1 : c->look->view->sign;
    for (size_t i = 0; i < n; i++) c->x[c->look->free_columns[i]] = free_x[i];
    itp_status st = c->ceiling ? itp_ceiling_slope(c->ceiling, c->x, &value, c->grad)
                               : itp_paths_eval(c->look->paths, c->path, 1, c->x, &value,
                                                grad ? c->grad : NULL);
    if (st != ITP_OK) return INFINITY;
    for (size_t i = 0; grad && i < n; i++) grad[i] = -sign * c->grad[c->look->free_columns[i]];
    return -sign * value;
}

/* The highest value of a path, upwards, or of minus the ceiling, that a climb from x reaches, which
 * ends where steps gain less than the tolerance. work: 5 d. */
static double climb(const looking *look, const itp_ceiling *ceiling, size_t path, const double *x,
                    double tolerance, double *work)
{
    size_t d = look->d;
    double *at = work, *grad = at + d, *free_x = grad + d, *low = free_x + d, *high = low + d;
    climbing c = {look, ceiling, path, at, grad};
    memcpy(at, x, d * sizeof *at);
    for (size_t i = 0; i < look->n_free; i++)
        free_x[i] = x[look->free_columns[i]], low[i] = 0, high[i] = 1;
    itp_lbfgs_options options = {CLIMB_STEPS, 0, 0, tolerance, 1e-8};
    itp_lbfgs_result result;
    if (itp_lbfgs_minimise(look->n_free, low, high, descend, &c, &options, free_x, &result) !=
        ITP_OK)
        return -INFINITY;
    return -result.value;
}

/* The best points of a path that are not near a better one: where climbs may end differently. */
static size_t find_starts(const looking *look, const double *value, size_t *top)
{
    size_t found = 0;
    while (found < CLIMBS) {
        size_t best = look->n;
        for (size_t i = 0; i < look->n; i++) {
            if (best < look->n && value[i] <= value[best]) continue;
            int near = 0;
            for (size_t k = 0; k < found && !near; k++) {
                double square = 0;
                for (size_t j = 0; j < look->d; j++) {
                    double off = look->x[i * look->d + j] - look->x[top[k] * look->d + j];
                    square += isnan(off) ? 0 : off * off;
                }
                near = square < START_APART * START_APART * (double)look->d;
            }
            if (!near) best = i;
        }
        if (best == look->n) break;
        top[found++] = best;
    }
    return found;
}

/* Is the path nowhere more than epsilon above what it has at the incumbent? Decided as soon as a
 * point is found where it is. */
static void judge(void *context, size_t path, unsigned worker)
{
    looking *look = context;
    const itp_view *view = look->view;
    const itp_surrogate *model = view->problem->belief[view->goal_outcome];
    size_t n = look->n, top[CLIMBS];
    double sign = view->sign, *value = look->value + path * n;
    (void)worker;
    look->close[path] = 0; /* what cannot be judged does not speak for stopping */
    for (size_t i = 0; i < n; i++) value[i] *= sign;
    double *work = malloc(5 * look->d * sizeof *work);
    size_t tops = work ? find_starts(look, value, top) : 0;
    double own = itp_surrogate_from_latent(model, sign * value[n - 1]);
    double slope = itp_surrogate_from_latent_slope(model, sign * value[n - 1]);
    double tolerance = CLIMB_GAIN * look->epsilon / fmax(fabs(slope), look->epsilon);
    int close = tops > 0;
    for (size_t k = 0; k < tops && close; k++) {
        double best = value[top[k]];
        close = sign * (itp_surrogate_from_latent(model, sign * best) - own) <= look->epsilon;
        if (!close || look->n_free == 0) continue;
        best = fmax(best, climb(look, NULL, path, look->x + top[k] * look->d, tolerance, work));
        close = sign * (itp_surrogate_from_latent(model, sign * best) - own) <= look->epsilon;
    }
    look->close[path] = close;
    free(work);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Keeps the points that matter, by what the chance of a point above (n) is at most, and the
 * incumbent. sorted: n. */
static void keep_what_matters(looking *look, const double *above, double allowed, double *sorted)
{
    size_t n = look->n, d = look->d, first = 0, kept = 0;
    double sum = 0;
    memcpy(sorted, above, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_size);
    while (first + KEPT_LEAST < n && sum + sorted[first] <= allowed) sum += sorted[first++];
    for (size_t i = 0; i < n; i++)
        if (above[i] >= sorted[first] || i + 1 == n)
            memmove(look->x + kept++ * d, look->x + i * d, d * sizeof *look->x);
    look->n = kept;
}

/* The lowest ceiling, out->high; one below `confidence` will do, and otherwise the points that
 * matter are kept. */
static itp_status find_ceiling(looking *look, double epsilon, double confidence, itp_regret *out)
{
    size_t n = look->n, top[CLIMBS];
    double *minus = look->value, *floor = minus + n, *work = malloc(5 * look->d * sizeof *work);
    itp_ceiling *ceiling = NULL;
    itp_status st = work ? itp_ceiling_create(&ceiling, look->view, epsilon) : ITP_ENOMEM;
    if (st == ITP_OK) st = itp_ceiling_at(ceiling, n, look->x, minus, floor, &out->high);
    if (st == ITP_OK) {
        for (size_t i = 0; i < n; i++) minus[i] = -minus[i];
        size_t tops = find_starts(look, minus, top);
        for (size_t k = 0; k < tops && look->n_free > 0 && out->high >= confidence; k++)
            out->high = fmin(
                out->high, -climb(look, ceiling, 0, look->x + top[k] * look->d, CLIMB_GAIN, work));
        for (size_t i = 0; i < n; i++) floor[i] = 1 - floor[i];
        keep_what_matters(look, floor, DROPPED * (1 - confidence), minus);
    }
    itp_ceiling_destroy(ceiling);
    free(work);
    return st;
}

/* Coordinates that climbs may move: continuous ones of a space without further constraints. (Under
 * constraints the points that stand for the space are feasible, and a climb would leave them.) */
static void find_free(looking *look, const itp_space *space)
{
    const itp_linear *linear = itp_space_linear(space);
    const itp_column *columns = itp_space_columns(space);
    if (itp_space_n_candidates(space) > 0 || linear->n_le + linear->n_eq > 0 ||
        itp_space_nonlinear(space, NULL, NULL, NULL, NULL) > 0)
        return;
    for (size_t j = 0; j < look->d && look->n_free < 64; j++) {
        const itp_param *p = itp_space_param(space, columns[j].parameter);
        if (columns[j].kind == ITP_COLUMN_REAL && p->kind == ITP_REAL && !p->context && !p->when)
            look->free_columns[look->n_free++] = j;
    }
}

static void interval(size_t hits, size_t n, itp_regret *out)
{
    double p = (double)hits / (double)n, z2 = LOOK_SD * LOOK_SD / (double)n;
    double middle = (p + z2 / 2) / (1 + z2), half = sqrt(z2 * (p * (1 - p) + z2 / 4)) / (1 + z2);
    *out = (itp_regret){p, fmax(0, middle - half), fmin(1, middle + half), n};
}

static itp_status look_on(looking *look, double confidence, itp_regret *out)
{
    const itp_problem *p = look->view->problem;
    size_t hits = 0, n = 0;
    while (n < DRAWS_MAX) {
        size_t more = n == 0 ? LOOK : n < BATCH_MAX ? n : BATCH_MAX;
        itp_stream stream;
        itp_paths *paths;
        itp_stream_init(&stream, p->seed, p->number + ((uint64_t)n << 32), "regret");
        itp_status st = itp_paths_create(&paths, p->belief[look->view->goal_outcome], more, 0,
                                         itp_stream_bits(&stream));
        if (st != ITP_OK) return st;
        look->paths = paths;
        st = itp_paths_eval_all(paths, look->n, look->x, look->value);
        if (st == ITP_OK) itp_parallel_for(more, 0, judge, look);
        itp_paths_destroy(paths);
        if (st != ITP_OK) return st;
        for (size_t i = 0; i < more; i++) hits += (size_t)look->close[i];
        n += more;
        interval(hits, n, out);
        if (out->low >= confidence || out->high < confidence) break;
    }
    return ITP_OK;
}

static itp_status bound(const itp_view *view, double epsilon, double confidence, itp_regret *out)
{
    const itp_problem *problem = view->problem;
    double *x = NULL;
    size_t n;
    itp_status st = itp_reference_and_best(view, POINTS, BEST + 1, "regret", &n, &x);
    if (st == ITP_OK) {
        looking look = {.view = view, .d = view->d, .x = x, .epsilon = epsilon};
        /* Room was asked for one more than BEST: the incumbent, last. */
        look.n = n < POINTS + BEST + 1 ? n + 1 : n;
        memcpy(x + (look.n - 1) * view->d, problem->measured + (size_t)view->incumbent * view->d,
               view->d * sizeof *x);
        find_free(&look, problem->space);
        look.value = malloc(BATCH_MAX * look.n * sizeof *look.value);
        *out = (itp_regret){NAN, 0, 1, 0};
        st = look.value ? find_ceiling(&look, epsilon, confidence, out) : ITP_ENOMEM;
        if (st == ITP_OK && out->high < confidence)
            out->probability = out->high;
        else if (st == ITP_OK)
            st = look_on(&look, confidence, out);
        free(look.value);
    }
    free(x);
    return st;
}

/* The same bound averaged over hyperparameters, of the same kernel and transform. The most likely
 * ones of a few points are too sure of themselves: on draws from the prior in two dimensions 8 of
 * 60 campaigns stopped by them were wrong where 3 were allowed (bench_decisions 8). */
static itp_status confirm(const itp_view *view, double epsilon, double confidence, itp_regret *out)
{
    const itp_problem *p = view->problem;
    size_t m = p->m, goal = view->goal_outcome;
    itp_surrogate *model = NULL;
    const itp_surrogate **belief = malloc(m * sizeof *belief);
    double *y = malloc(p->n_measured * sizeof *y);
    const itp_surrogate *own = p->belief[goal];
    itp_surrogate_options options = {.model = "bayes",
                                     .kernel = itp_surrogate_kernel_name(own),
                                     .transform = itp_surrogate_transform_name(own),
                                     .noise = p->exact ? ITP_NOISE_NONE : ITP_NOISE_INFERRED};
    itp_view averaged;
    itp_status st = belief && y ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK)
        st = itp_surrogate_create(&model, view->d, itp_space_columns(p->space), &options, NULL);
    if (st == ITP_OK) {
        for (size_t i = 0; i < p->n_measured; i++) y[i] = p->measured_y[i * m + goal];
        itp_data data = {.n = p->n_measured, .d = view->d, .x = p->measured, .y = y};
        st = itp_surrogate_fit(model, &data, itp_mix64(p->seed + p->number), NULL);
    }
    if (st == ITP_OK) {
        itp_problem problem = *p;
        memcpy(belief, p->belief, m * sizeof *belief);
        belief[goal] = model;
        problem.belief = belief;
        st = itp_view_init(&averaged, &problem);
        if (st == ITP_OK) {
            averaged.incumbent = view->incumbent;
            st = bound(&averaged, epsilon, confidence, out);
            itp_view_deinit(&averaged);
        }
    }
    itp_surrogate_destroy(model);
    free(belief);
    free(y);
    return st;
}

itp_status itp_regret_bound(const itp_problem *problem, double epsilon, double confidence,
                            itp_regret *out)
{
    itp_view view;
    itp_blas_serial();
    itp_status st = itp_view_init(&view, problem);
    if (st != ITP_OK) return st;
    *out = (itp_regret){NAN, 0, 1, 0};
    int bounded = view.believed && view.goal_direct && problem->n_goals == 1 &&
                  problem->goals[0].kind != ITP_TARGET && view.incumbent >= 0;
    if (bounded) st = bound(&view, epsilon, confidence, out);
    int averages = bounded && itp_surrogate_members(problem->belief[view.goal_outcome]) > 1;
    if (st == ITP_OK && bounded && !averages && out->low >= confidence &&
        problem->n_measured <= CONFIRMED_MAX)
        st = confirm(&view, epsilon, confidence, out);
    itp_view_deinit(&view);
    return st;
}
