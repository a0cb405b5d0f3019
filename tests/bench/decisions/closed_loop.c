/* closed_loop.c - one campaign. SPDX-License-Identifier: GPL-3.0-or-later */
#include "closed_loop.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stream.h"

typedef struct {
    const bench_world *world;
    const bench_settings *set;
    bench_trace *out;
    size_t d, n_params, fitted; /* rows that the models have seen */
    double *x;                  /* trials x d */
    double *column;
    itp_surrogate **models;
    itp_error *err;
} campaign;

double bench_now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bench_cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Of this thread, which runs the whole campaign: fair on a busy machine. */
static double own_cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Off by 3 to 10 in either direction: as large as the whole range of what it is used for. */
double bench_outlier(uint64_t seed, uint64_t trial, double share)
{
    itp_stream stream;
    if (share <= 0) return 0;
    itp_stream_init(&stream, seed, trial, "bench.outliers");
    if (itp_stream_uniform(&stream) >= share) return 0;
    double side = itp_stream_uniform(&stream) < 0.5 ? -1 : 1;
    return side * (3 + 7 * itp_stream_uniform(&stream));
}

static itp_status measure(campaign *c, const double *point)
{
    const bench_world *w = c->world;
    bench_trace *t = c->out;
    memcpy(t->points + t->n * c->n_params, point, c->n_params * sizeof *point);
    itp_status st = itp_space_encode(w->space, point, c->x + t->n * c->d, c->err);
    if (st != ITP_OK) return st;
    t->rows[t->n] =
        itp_space_n_candidates(w->space) ? itp_space_find_candidate(w->space, point) : -1;
    w->measure(w->context, point, t->rows[t->n], t->n, t->y + t->n * w->m);
    t->spent_s[t->n] = t->fit_s + t->propose_s;
    t->n++;
    return ITP_OK;
}

static itp_status start(campaign *c)
{
    const bench_settings *s = c->set;
    size_t have = 0;
    double *points = malloc(s->start * c->n_params * sizeof *points);
    itp_status st = points ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK)
        st = itp_space_design(c->world->space,
                              s->random_start ? ITP_DESIGN_RANDOM : ITP_DESIGN_SOBOL, s->seed, 0,
                              s->start, points, c->err);
    for (; st == ITP_OK && have < s->start; have++) st = measure(c, points + have * c->n_params);
    free(points);
    return st;
}

static itp_status learn(campaign *c)
{
    const bench_world *w = c->world;
    bench_trace *t = c->out;
    itp_status st = ITP_OK;
    for (size_t k = 0; k < w->m && st == ITP_OK; k++) {
        for (size_t i = 0; i < t->n; i++) c->column[i] = t->y[i * w->m + k];
        itp_data data = {.n = t->n, .d = c->d, .x = c->x, .y = c->column};
        if (c->fitted > 0) {
            itp_data more = {.n = t->n - c->fitted,
                             .d = c->d,
                             .x = c->x + c->fitted * c->d,
                             .y = c->column + c->fitted};
            if (more.n > 0) st = itp_surrogate_append(c->models[k], &more);
        }
        if (st == ITP_OK && (c->fitted == 0 || itp_surrogate_wants_fit(c->models[k])))
            st = itp_surrogate_fit(c->models[k], &data, c->set->seed + t->n, NULL);
    }
    c->fitted = t->n;
    return st;
}

static itp_problem state_problem(const campaign *c)
{
    const bench_world *w = c->world;
    return (itp_problem){.space = w->space,
                         .m = w->m,
                         .belief = (const itp_surrogate *const *)c->models,
                         .n_goals = w->n_goals,
                         .goals = w->goals,
                         .n_bounds = w->n_bounds,
                         .bounds = w->bounds,
                         .n_measured = c->out->n,
                         .measured = c->x,
                         .measured_y = c->out->y,
                         .seed = c->set->seed,
                         .number = c->out->n,
                         .budget = c->set->trials,
                         .budget_left = c->set->trials - c->out->n,
                         .exact = c->set->noise == ITP_NOISE_NONE};
}

static itp_status decide(campaign *c)
{
    bench_trace *t = c->out;
    itp_problem problem = state_problem(c);
    size_t left = c->set->trials - t->n, q = c->set->q ? c->set->q : 1;
    itp_propose_options options = {.acquisition = c->set->acquisition,
                                   .q = q < left ? q : left,
                                   .threads = 1,
                                   .trust_region = c->set->trust_region,
                                   .one_start = c->set->regret > 0};
    itp_proposal proposal;
    double begin = own_cpu_s();
    itp_status st = itp_propose(&problem, &options, &proposal, c->err);
    t->propose_s += own_cpu_s() - begin;
    if (st != ITP_OK) return st;
    memcpy(t->note, proposal.why, sizeof t->note);
    for (size_t i = 0; i < proposal.n_chosen && st == ITP_OK; i++)
        st = measure(c, proposal.chosen[i].point);
    itp_proposal_deinit(&proposal);
    return st;
}

static int goes_on(const campaign *c)
{
    const bench_settings *s = c->set;
    return c->out->n < s->trials && !(s->enough && s->enough(s->enough_context, c->out));
}

static itp_status consider_stop(campaign *c)
{
    itp_problem problem = state_problem(c);
    itp_regret bound;
    double begin = bench_cpu_s();
    itp_status st = itp_regret_bound(&problem, c->set->regret, c->set->confidence, &bound);
    c->out->stopped = st == ITP_OK && bound.low >= c->set->confidence;
    c->out->bound_s += bench_cpu_s() - begin;
    return st;
}

static itp_status run(campaign *c)
{
    const bench_world *w = c->world;
    itp_surrogate_options options = {.model = c->set->model,
                                     .kernel = c->set->kernel,
                                     .transform = c->set->transform,
                                     .noise = c->set->noise,
                                     .averaged = itp_acquisition_averages(c->set->acquisition),
                                     .threads = 1};
    if (w->n_goals > 1) options.transform = "standardise"; /* as the loop does */
    itp_status st = start(c);
    for (size_t k = 0; k < w->m && st == ITP_OK; k++)
        st = itp_surrogate_create(&c->models[k], c->d, itp_space_columns(w->space), &options,
                                  c->err);
    while (st == ITP_OK && goes_on(c)) {
        double begin = own_cpu_s();
        st = learn(c);
        c->out->fit_s += own_cpu_s() - begin;
        if (st == ITP_OK && c->set->regret > 0) st = consider_stop(c);
        if (c->out->stopped) break;
        if (st == ITP_OK) st = decide(c);
        if (st == ITP_ENONE) { /* a table may be used up */
            st = ITP_OK;
            break;
        }
    }
    if (st == ITP_OK) st = learn(c);
    itp_problem problem = state_problem(c);
    itp_incumbent best;
    c->out->recommended = -1;
    if (st == ITP_OK) st = itp_find_incumbent(&problem, 0.5, &best);
    if (st == ITP_OK) c->out->recommended = best.index;
    return st;
}

itp_status bench_run(const bench_world *world, const bench_settings *settings, bench_trace *out,
                     itp_error *err)
{
    size_t n = settings->trials + 1;
    campaign c = {.world = world, .set = settings, .out = out, .err = err};
    c.d = itp_space_d(world->space), c.n_params = itp_space_n_params(world->space);
    *out = (bench_trace){.recommended = -1};
    out->points = calloc(n * c.n_params, sizeof *out->points);
    out->y = calloc(n * world->m, sizeof *out->y);
    out->rows = calloc(n, sizeof *out->rows);
    out->spent_s = calloc(n, sizeof *out->spent_s);
    c.x = calloc(n * c.d, sizeof *c.x);
    c.column = calloc(n, sizeof *c.column);
    c.models = calloc(world->m, sizeof(itp_surrogate *));
    int held = out->points && out->y && out->rows && out->spent_s && c.x && c.column && c.models;
    itp_status st = held ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) st = run(&c);
    for (size_t k = 0; c.models && k < world->m; k++) itp_surrogate_destroy(c.models[k]);
    free(c.models);
    free(c.x);
    free(c.column);
    if (st != ITP_OK) bench_trace_deinit(out);
    return st;
}

void bench_trace_deinit(bench_trace *trace)
{
    free(trace->points);
    free(trace->y);
    free(trace->rows);
    free(trace->spent_s);
    *trace = (bench_trace){0};
}
