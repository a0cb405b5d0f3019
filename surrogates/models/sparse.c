/* sparse.c - the model "vecchia" for many rows: hyperparameters by Vecchia's likelihood, answers
 * from the exact model of the sites near the question. Start: the exact fit of a subset. Then two
 * rounds of (arrange, maximise), since neighbours depend on the lengthscales. A point's posterior
 * is that of its ASKED nearest sites and of a coarse cover of all; what concerns several points
 * (joint, anchors, paths) that of the union of theirs. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit.h"
#include "kdtree.h"
#include "lbfgs.h"
#include "model.h"
#include "parallel.h"
#include "vecchia.h"

enum {
    ASKED = 400,
    ASKED_LEAST = 30,
    ASKED_TOGETHER = 1500,
    COVER = 320,
    SUBSET = 800,
    ROUNDS = 2,
    EVALUATIONS = 20,
    BLOCK = 256
};

typedef struct {
    itp_pool pool;
    itp_hyper hyper;
    double *v, *y_site, *v_site; /* rows; sites */
    double *places;              /* n_sites x features: where the tree lives */
    itp_kdtree *tree;
    size_t *cover, n_cover; /* sites that cover the whole, coarse first */
} sparse;

static sparse *state(const itp_surrogate *s)
{
    return s->state;
}

static void drop_tree(sparse *p)
{
    itp_kdtree_destroy(p->tree);
    free(p->v);
    free(p->y_site);
    free(p->v_site);
    free(p->places);
    free(p->cover);
    p->tree = NULL;
    p->v = p->y_site = p->v_site = p->places = NULL;
    p->cover = NULL;
}

static void clear(itp_surrogate *s)
{
    sparse *p = s->state;
    if (!p) return;
    drop_tree(p);
    itp_pool_deinit(&p->pool);
    itp_hyper_deinit(&p->hyper);
    free(p);
    s->state = NULL;
}

static itp_status embed(const itp_surrogate *s, size_t n, const double *x, double *places)
{
    itp_points points = {0};
    double *warped = malloc((n * s->d + 1) * sizeof *warped);
    itp_status st = warped ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) {
        itp_warp_apply(&state(s)->hyper.warp, n, s->d, x, warped);
        st = itp_kernel_embed(s->kernel, state(s)->hyper.theta, n, warped, &points);
    }
    for (size_t i = 0; i < n && st == ITP_OK; i++)
        for (size_t e = 0; e < points.features; e++)
            places[i * points.features + e] = points.f[e * points.stride + i];
    free(warped);
    itp_points_deinit(&points);
    return st;
}

static itp_status count_features(const itp_surrogate *s, size_t *out)
{
    itp_points none = {0};
    itp_status st = itp_kernel_embed(s->kernel, state(s)->hyper.theta, 0, NULL, &none);
    *out = none.features;
    itp_points_deinit(&none);
    return st;
}

/* Sites' values, tree and cover at the hyperparameters in force. */
static itp_status build(itp_surrogate *s)
{
    sparse *p = state(s);
    drop_tree(p);
    itp_pool_deinit(&p->pool);
    itp_pool_init(&p->pool, s->d);
    size_t features = 0;
    itp_status st = itp_pool_fill(&p->pool, s->rows.n, s->rows.x);
    if (st == ITP_OK) st = count_features(s, &features);
    if (st != ITP_OK) return st;
    size_t n = p->pool.n_sites;
    p->v = malloc((s->rows.n + 1) * sizeof *p->v);
    p->y_site = malloc((n + 1) * sizeof *p->y_site);
    p->v_site = malloc((n + 1) * sizeof *p->v_site);
    p->places = malloc((n * features + 1) * sizeof *p->places);
    p->cover = malloc((n + 1) * sizeof *p->cover);
    if (!p->v || !p->y_site || !p->v_site || !p->places || !p->cover) return ITP_ENOMEM;
    for (size_t i = 0; i < s->rows.n; i++) p->v[i] = exp(p->hyper.ln_noise) + s->rows.known[i];
    itp_pool_weigh(&p->pool, s->rows.z, p->v, p->y_site, p->v_site);
    if ((st = embed(s, n, p->pool.x, p->places)) != ITP_OK) return st;
    p->n_cover = n < COVER ? n : COVER;
    if ((st = itp_coarse_to_fine(n, features, p->places, p->cover)) != ITP_OK) return st;
    return itp_kdtree_build(&p->tree, n, features, p->places);
}

typedef struct {
    const itp_vecchia *vecchia;
    const itp_surrogate *s;
    size_t n_params;
    unsigned evaluations;
} goal;

static double objective(void *context, size_t n, const double *u, double *grad)
{
    goal *g = context;
    int learns = n > g->n_params;
    double ln_noise = learns ? u[g->n_params] : log(ITP_NOISE_EXACT), own[g->n_params + 1];
    double value = itp_vecchia_eval(g->vecchia, u, exp(ln_noise), grad ? own : NULL);
    g->evaluations++;
    if (grad) memcpy(grad, own, n * sizeof *grad);
    if (g->s->options.criterion != ITP_CRITERION_LIKELIHOOD) {
        value += itp_prior_kernel(g->s->kernel, ITP_MEASURE_NATURAL, u, grad);
        if (learns)
            value +=
                itp_prior_noise(ITP_MEASURE_NATURAL, ln_noise, grad ? grad + g->n_params : NULL);
    }
    for (size_t i = 0; grad && i < n; i++) grad[i] = -grad[i];
    return -value;
}

/* Exact fit of a coarse subset: where to start, and the scale of the neighbourhoods. */
static itp_status fit_subset(itp_surrogate *s, const itp_pool *pool, uint64_t seed,
                             itp_fit_report *report)
{
    size_t n = pool->n_rows < SUBSET ? pool->n_rows : SUBSET, d = s->d;
    double *x = malloc((n * d + 2 * n + 1) * sizeof *x), *z = x + n * d, *known = z + n;
    itp_pool few;
    itp_fit_result result = {.step = ITP_FIT_PRIOR};
    itp_pool_init(&few, d);
    itp_status st = x ? ITP_OK : ITP_ENOMEM;
    for (size_t k = 0; k < n && st == ITP_OK; k++) {
        size_t i = k * pool->n_rows / n;
        memcpy(x + k * d, s->rows.x + i * d, d * sizeof *x);
        z[k] = s->rows.z[i];
        known[k] = s->rows.known[i];
    }
    if (st == ITP_OK) st = itp_pool_fill(&few, n, x);
    itp_fit_plan plan = itp_surrogate_plan(s, seed);
    plan.known = known;
    plan.zero_mean = 1;
    if (st == ITP_OK && n > 0) st = itp_fit(s->kernel, &few, z, &plan, &state(s)->hyper, &result);
    report->step = result.step;
    report->starts = result.starts;
    report->evaluations = result.evaluations;
    itp_pool_deinit(&few);
    free(x);
    return st;
}

/* Rows, not sites: replicates are neighbours like others, each with its own noise. */
static itp_status maximise(itp_surrogate *s, itp_fit_report *report)
{
    sparse *p = state(s);
    size_t n_params = itp_kernel_n_params(s->kernel), n = s->rows.n;
    int learns = s->noise == ITP_NOISE_INFERRED;
    double u[n_params + 1], lower[n_params + 1], upper[n_params + 1];
    double *warped = malloc((n * s->d + 1) * sizeof *warped);
    itp_vecchia vecchia = {0};
    itp_status st = warped ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) {
        itp_warp_apply(&p->hyper.warp, n, s->d, s->rows.x, warped);
        st = itp_vecchia_init(&vecchia, s->kernel, n, s->d, warped, s->options.threads);
    }
    memcpy(u, p->hyper.theta, n_params * sizeof *u);
    u[n_params] = p->hyper.ln_noise;
    itp_prior_box(s->kernel, lower, upper);
    lower[n_params] = log(ITP_NOISE_FLOOR);
    upper[n_params] = ITP_NOISE_LN_MOST;
    for (int round = 0; round < ROUNDS && st == ITP_OK; round++) {
        itp_lbfgs_options options = {.evaluations_max = EVALUATIONS, .f_tol_abs = 1e-5 * (double)n};
        itp_lbfgs_result result;
        goal g = {&vecchia, s, n_params, 0};
        if ((st = itp_vecchia_arrange(&vecchia, u, s->rows.z, s->rows.known)) != ITP_OK) break;
        st = itp_lbfgs_minimise(n_params + (size_t)learns, lower, upper, objective, &g, &options, u,
                                &result);
        report->evaluations += g.evaluations;
        report->objective = -result.value;
        report->log_likelihood =
            itp_vecchia_eval(&vecchia, u, exp(learns ? u[n_params] : log(ITP_NOISE_EXACT)), NULL);
    }
    memcpy(p->hyper.theta, u, n_params * sizeof *u);
    if (learns) p->hyper.ln_noise = u[n_params];
    itp_vecchia_deinit(&vecchia);
    free(warped);
    return st;
}

static itp_status prepare(itp_surrogate *s)
{
    clear(s);
    if (!(s->state = calloc(1, sizeof(sparse)))) return ITP_ENOMEM;
    itp_pool_init(&state(s)->pool, s->d);
    return itp_hyper_init(&state(s)->hyper, s->kernel);
}

static itp_status fit(itp_surrogate *s, uint64_t seed, itp_fit_report *report)
{
    itp_pool pool;
    itp_pool_init(&pool, s->d);
    itp_status st = prepare(s);
    if (st == ITP_OK) st = itp_pool_fill(&pool, s->rows.n, s->rows.x);
    if (st == ITP_OK) st = fit_subset(s, &pool, seed, report);
    if (st == ITP_OK && s->noise != ITP_NOISE_INFERRED)
        state(s)->hyper.ln_noise = log(ITP_NOISE_EXACT);
    if (st == ITP_OK && s->rows.n > SUBSET) st = maximise(s, report);
    if (st == ITP_OK) state(s)->hyper.mean = 0;
    itp_pool_deinit(&pool);
    return st == ITP_OK ? build(s) : st;
}

static itp_status append(itp_surrogate *s)
{
    return build(s);
}

static itp_status remove_row(itp_surrogate *s, size_t i)
{
    itp_rows all = s->rows, less;
    itp_status st = ITP_OK;
    itp_rows_init(&less, all.d);
    for (size_t r = 0; r < all.n && st == ITP_OK; r++) {
        if (r == i) continue;
        itp_data row = {1, all.d, all.x + r * all.d, all.y + r, all.sd + r};
        if ((st = itp_rows_add(&less, &row)) != ITP_OK) break;
        less.z[less.n - 1] = all.z[r];
        less.known[less.n - 1] = all.known[r];
    }
    s->rows = less;
    if (st == ITP_OK) st = build(s);
    less = s->rows;
    s->rows = all;
    itp_rows_deinit(&less);
    return st;
}

/* The exact model of these sites. */
static itp_status factor(const itp_surrogate *s, size_t n, const size_t *site, itp_gp *gp)
{
    const sparse *p = state(s);
    size_t d = s->d;
    double *x = malloc((n * (d + 2) + 1) * sizeof *x), *y = x + n * d, *v = y + n;
    if (!x) return ITP_ENOMEM;
    for (size_t k = 0; k < n; k++) {
        memcpy(x + k * d, p->pool.x + site[k] * d, d * sizeof *x);
        y[k] = p->y_site[site[k]];
        v[k] = p->v_site[site[k]];
    }
    itp_status st = itp_gp_factor(gp, p->hyper.theta, &p->hyper.warp, p->hyper.mean, n, x, y, v);
    free(x);
    return st;
}

static int ascending(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Sites near q points, and the cover; sorted, each once. */
static itp_status near_sites(const itp_surrogate *s, size_t q, const double *x, size_t **out,
                             size_t *count)
{
    const sparse *p = state(s);
    size_t features = 0, n = 0, kept = 0, each = ASKED;
    itp_status st = count_features(s, &features);
    if (q > 0 && q * each > ASKED_TOGETHER) each = ASKED_TOGETHER / q;
    if (each < ASKED_LEAST) each = ASKED_LEAST;
    double *places = malloc((q * features + 1) * sizeof *places), distance[ASKED];
    size_t *site = malloc((q * ASKED + COVER + 1) * sizeof *site);
    if (st == ITP_OK) st = places && site ? embed(s, q, x, places) : ITP_ENOMEM;
    for (size_t i = 0; i < q && st == ITP_OK; i++)
        n += itp_kdtree_nearest(p->tree, places + i * features, SIZE_MAX, each, site + n, distance);
    for (size_t k = 0; st == ITP_OK && k < p->n_cover; k++) site[n++] = p->cover[k];
    if (st == ITP_OK) qsort(site, n, sizeof *site, ascending);
    for (size_t k = 0; k < n && st == ITP_OK; k++)
        if (k == 0 || site[k] != site[k - 1]) site[kept++] = site[k];
    free(places);
    *out = site;
    *count = kept;
    return st;
}

static itp_status local(const itp_surrogate *s, size_t member, size_t q, const double *x,
                        itp_gp *out)
{
    size_t *site, n;
    (void)member;
    itp_status st = near_sites(s, q, x, &site, &n);
    if (st == ITP_OK) st = factor(s, n, site, out);
    free(site);
    return st;
}

/* The exact model of what is nearest to one point; the cover says what neighbours cannot, the trend
 * of a smooth function over the whole (without it the error at n = 4000 was 2 % higher). */
static itp_status around(const itp_surrogate *s, const double *x, itp_gp *gp)
{
    size_t *site, n;
    itp_status st = near_sites(s, 1, x, &site, &n);
    if (st == ITP_OK) st = factor(s, n, site, gp);
    free(site);
    return st;
}

typedef struct {
    const itp_surrogate *s;
    size_t n;
    const double *x;
    double *mean, *var;
    itp_status *status;
} questions;

static void answer_block(void *context, size_t block, unsigned worker)
{
    questions *q = context;
    size_t d = q->s->d, to = (block + 1) * BLOCK < q->n ? (block + 1) * BLOCK : q->n;
    (void)worker;
    for (size_t i = block * BLOCK; i < to && q->status[block] == ITP_OK; i++) {
        itp_gp gp;
        double var;
        itp_gp_init(&gp, q->s->kernel, d);
        itp_status st = around(q->s, q->x + i * d, &gp);
        if (st == ITP_OK)
            st = itp_gp_predict_grad(&gp, q->x + i * d, &q->mean[i], &var, NULL, NULL);
        if (st == ITP_OK && q->var) q->var[i] = var;
        q->status[block] = st;
        itp_gp_deinit(&gp);
    }
}

static itp_status predict(const itp_surrogate *s, size_t member, size_t n, const double *x,
                          double *mean, double *var)
{
    size_t blocks = (n + BLOCK - 1) / BLOCK;
    questions q = {s, n, x, mean, var, calloc(blocks + 1, sizeof *q.status)};
    itp_status st = q.status ? ITP_OK : ITP_ENOMEM;
    (void)member;
    if (st == ITP_OK) itp_parallel_for(blocks, s->options.threads, answer_block, &q);
    for (size_t b = 0; b < blocks && st == ITP_OK; b++) st = q.status[b];
    free(q.status);
    return st;
}

static itp_status predict_grad(const itp_surrogate *s, size_t member, const double *x, double *mean,
                               double *var, double *dmean, double *dvar)
{
    itp_gp gp;
    (void)member;
    itp_gp_init(&gp, s->kernel, s->d);
    itp_status st = around(s, x, &gp);
    if (st == ITP_OK) st = itp_gp_predict_grad(&gp, x, mean, var, dmean, dvar);
    itp_gp_deinit(&gp);
    return st;
}

static itp_status joint(const itp_surrogate *s, size_t member, size_t q, const double *x,
                        double *mean, double *cov)
{
    size_t *site, n;
    itp_gp gp;
    (void)member;
    itp_gp_init(&gp, s->kernel, s->d);
    itp_status st = near_sites(s, q, x, &site, &n);
    if (st == ITP_OK) st = factor(s, n, site, &gp);
    if (st == ITP_OK) st = itp_gp_joint(&gp, q, x, mean, cov);
    free(site);
    itp_gp_deinit(&gp);
    return st;
}

/* The row's own site is left out, with its replicates: a little more than the exact model does. */
static void loo(const itp_surrogate *s, size_t i, double *mean, double *var)
{
    const sparse *p = state(s);
    size_t own = p->pool.site[i], *site, n, kept = 0;
    const double *x = s->rows.x + i * s->d;
    itp_gp gp;
    *mean = p->hyper.mean;
    *var = 1 + p->v[i];
    itp_gp_init(&gp, s->kernel, s->d);
    if (near_sites(s, 1, x, &site, &n) == ITP_OK) {
        for (size_t k = 0; k < n; k++)
            if (site[k] != own) site[kept++] = site[k];
        double m, v;
        if (factor(s, kept, site, &gp) == ITP_OK &&
            itp_gp_predict_grad(&gp, x, &m, &v, NULL, NULL) == ITP_OK) {
            *mean = m;
            *var = v + p->v[i];
        }
    }
    free(site);
    itp_gp_deinit(&gp);
}

static itp_status save(const itp_surrogate *s, json_t *into)
{
    json_t *hyper = itp_hyper_to_json(&state(s)->hyper, itp_kernel_n_params(s->kernel));
    return json_object_set_new(into, "hyper", hyper) == 0 ? ITP_OK : ITP_ENOMEM;
}

static itp_status restore(itp_surrogate *s, const json_t *from)
{
    itp_status st = prepare(s);
    if (st != ITP_OK) return st;
    itp_hyper_deinit(&state(s)->hyper);
    st = itp_hyper_from_json(json_object_get(from, "hyper"), s->kernel, &s->warp, &state(s)->hyper);
    return st == ITP_OK ? build(s) : st;
}

static size_t members(const itp_surrogate *s)
{
    (void)s;
    return 1;
}

static double noise_var(const itp_surrogate *s, size_t index)
{
    (void)index;
    return exp(state(s)->hyper.ln_noise);
}

static const itp_hyper *hyper(const itp_surrogate *s, size_t index)
{
    (void)index;
    return &state(s)->hyper;
}

const itp_model_class ITP_MODEL_VECCHIA = {.name = "vecchia",
                                           .fit = fit,
                                           .append = append,
                                           .remove = remove_row,
                                           .clear = clear,
                                           .save = save,
                                           .restore = restore,
                                           .members = members,
                                           .noise_var = noise_var,
                                           .hyper = hyper,
                                           .predict = predict,
                                           .predict_grad = predict_grad,
                                           .joint = joint,
                                           .loo = loo,
                                           .local = local};
