/* robust.c - relevance pursuit (Ament et al. 2024): a few rows get noise of their own.
 *   v_i = sigma^2 + known_i + rho_i,  rho_i = (1 + sigma^2) (1/(1 - s_i) - 1),  s_i in [0, 0.999],
 * rho_i > 0 on a small support S. S grows by the rows that leave-one-out contradicts most; for each
 * S hyperparameters and s are optimised together; the size k is chosen by the evidence with the
 * prior exp(-k/m) / C(n, k), m = n/5: exp(-k/m) for how many, and all sets of one size alike.
 * Members that the others' data do not contradict are dropped again at the end.
 *   Under "auto" it only names suspects, with residuals beyond GROSS quartile-sds of all outcomes:
 * gross.c judges them. The outcomes are first scaled by quartiles, since a gross outlier would
 * shrink all others to nothing, and at the end standardised by the rows outside S.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "lbfgs.h"

static const double S_MOST = 0.999;
static const double ADD_ABOVE = 3, KEEP_ABOVE = 5; /* leave-one-out residuals, in sd */
static const double SHARE_MOST = 0.35, SHARE_STEP = 0.05;
enum { EVALUATIONS = 60, PASSES_MOST = 20 };

typedef struct {
    itp_surrogate *s;
    itp_pool pool;
    itp_task_spec spec;
    itp_target target;
    size_t n, k;    /* rows; members of the support */
    size_t *member; /* rows of S */
    double *rho;    /* n: spec.extra */
    double *u;      /* base parameters, then s of each member */
    double *order;  /* n: scratch for medians */
    double *gap;    /* n: residuals, latent */
    double gross;   /* smaller ones are let be */
    double *box;    /* 2 x length of u */
    size_t base;    /* parameters before s */
    double value;   /* log posterior at u */
    unsigned evaluations;
} pursuit;

static void spread_rho(pursuit *p, const double *u)
{
    double noise = exp(p->spec.learns_noise ? u[p->base - 1] : p->spec.ln_noise);
    memset(p->rho, 0, p->n * sizeof *p->rho);
    for (size_t j = 0; j < p->k; j++) {
        double s = u[p->base + j];
        p->rho[p->member[j]] = (1 + noise) * s / (1 - s);
    }
}

static double objective(void *context, size_t n, const double *u, double *grad)
{
    pursuit *p = context;
    double noise = exp(p->spec.learns_noise ? u[p->base - 1] : p->spec.ln_noise);
    spread_rho(p, u);
    double value = itp_target_eval(&p->target, u, grad);
    for (size_t j = 0; grad && j < p->k; j++) {
        double s = u[p->base + j], g = p->target.grad_v[p->member[j]];
        grad[p->base + j] = g * (1 + noise) / ((1 - s) * (1 - s));
        if (p->spec.learns_noise) grad[p->base - 1] += g * noise * s / (1 - s);
    }
    for (size_t i = 0; grad && i < n; i++) grad[i] = -grad[i];
    return -value;
}

static itp_status optimise(pursuit *p)
{
    itp_lbfgs_options options = {.evaluations_max = EVALUATIONS, .f_tol_abs = 1e-3};
    itp_lbfgs_result result;
    double *lower = p->box, *upper = p->box + p->base + p->n;
    itp_target_box(&p->spec, lower, upper);
    for (size_t j = 0; j < p->k; j++) lower[p->base + j] = 0, upper[p->base + j] = S_MOST;
    itp_status st =
        itp_lbfgs_minimise(p->base + p->k, lower, upper, objective, p, &options, p->u, &result);
    p->value = -result.value;
    p->evaluations += result.evaluations;
    return st;
}

/* Evidence of the support with its prior. */
static double evidence(const pursuit *p)
{
    double n = (double)p->n, k = (double)p->k;
    return p->value - k / (n / 5) - (lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1));
}

/* Standardised leave-one-out residual of each row at u, its own rho left out. Many outliers inflate
 * the noise until none of them stands out: where the residuals' median says that sd is too large
 * for most rows, they are scaled by it. */
static itp_status residuals(pursuit *p, double *out)
{
    itp_posterior post;
    itp_hyper hyper = {0};
    itp_posterior_init(&post, p->s->kernel, p->s->d);
    itp_status st = itp_hyper_init(&hyper, p->s->kernel);
    if (st == ITP_OK && p->spec.warp) st = itp_warp_copy(&hyper.warp, p->spec.warp);
    if (st == ITP_OK) {
        objective(p, p->base + p->k, p->u, NULL);
        itp_target_decode(&p->spec, p->u, &hyper);
        hyper.mean = p->target.evidence.mean;
        st = itp_posterior_build(&post, &p->s->rows, &hyper, p->rho);
    }
    for (size_t i = 0; i < p->n && st == ITP_OK; i++) {
        double mean, var;
        itp_posterior_loo(&post, &p->s->rows, i, &mean, &var);
        double gap = p->s->rows.z[i] - mean;
        out[i] = fabs(gap) / sqrt(var);
        p->gap[i] = gap;
    }
    if (st == ITP_OK) itp_unmask(p->n, out, p->order);
    for (size_t i = 0; i < p->n && st == ITP_OK; i++)
        if (fabs(p->gap[i]) < p->gross) out[i] = 0;
    itp_posterior_deinit(&post);
    itp_hyper_deinit(&hyper);
    return st;
}

static int is_member(const pursuit *p, size_t row)
{
    for (size_t j = 0; j < p->k; j++)
        if (p->member[j] == row) return 1;
    return 0;
}

/* Adds the rows that are contradicted most; returns how many. */
static size_t grow(pursuit *p, double *residual)
{
    size_t added = 0, step = (size_t)ceil(SHARE_STEP * (double)p->n);
    for (; added < step && (double)p->k < SHARE_MOST * (double)p->n; added++) {
        size_t worst = p->n;
        for (size_t i = 0; i < p->n; i++)
            if (residual[i] > ADD_ABOVE && !is_member(p, i) &&
                (worst == p->n || residual[i] > residual[worst]))
                worst = i;
        if (worst == p->n) break;
        double r2 = residual[worst] * residual[worst];
        p->member[p->k] = worst;
        p->u[p->base + p->k++] = fmin(r2 / (1 + r2), 0.99) * 0.9;
        residual[worst] = 0;
    }
    return added;
}

static void drop(pursuit *p, size_t j)
{
    size_t after = p->k - j - 1;
    memmove(p->member + j, p->member + j + 1, after * sizeof *p->member);
    memmove(p->u + p->base + j, p->u + p->base + j + 1, after * sizeof *p->u);
    p->k--;
}

/* Drops members that the rest does not contradict; returns how many. */
static size_t prune(pursuit *p, const double *residual)
{
    size_t before = p->k;
    for (size_t j = p->k; j-- > 0;)
        if (residual[p->member[j]] < KEEP_ABOVE || p->u[p->base + j] < 1e-3) drop(p, j);
    return before - p->k;
}

typedef struct {
    double evidence, value;
    size_t k, *member;
    double *u;
} snapshot;

static void keep(const pursuit *p, snapshot *best)
{
    best->evidence = evidence(p);
    best->value = p->value;
    best->k = p->k;
    memcpy(best->member, p->member, p->k * sizeof *p->member);
    memcpy(best->u, p->u, (p->base + p->k) * sizeof *p->u);
}

static void back_to(pursuit *p, const snapshot *best)
{
    p->k = best->k;
    p->value = best->value;
    memcpy(p->member, best->member, best->k * sizeof *p->member);
    memcpy(p->u, best->u, (p->base + best->k) * sizeof *p->u);
}

/* From the empty support (u is set) to the best one. */
static itp_status pursue(pursuit *p, double *residual, snapshot *best)
{
    itp_status st = optimise(p);
    keep(p, best);
    for (int pass = 0; pass < PASSES_MOST && st == ITP_OK; pass++) {
        if ((st = residuals(p, residual)) != ITP_OK || grow(p, residual) == 0) break;
        if ((st = optimise(p)) == ITP_OK && evidence(p) > best->evidence) keep(p, best);
    }
    back_to(p, best);
    for (int pass = 0; pass < PASSES_MOST && p->k > 0 && st == ITP_OK; pass++) {
        if ((st = residuals(p, residual)) != ITP_OK || prune(p, residual) == 0) break;
        st = optimise(p);
    }
    return st;
}

/* Median and quartile distance of y, as a transform. */
static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void scale_by_quartiles(itp_surrogate *s, double *scratch)
{
    size_t n = s->rows.n;
    if (strcmp(s->transform_name, "auto") == 0) /* what was chosen was chosen to bend outliers in */
        itp_surrogate_fit_transforms(s, ITP_TRANSFORM_STANDARDISE);
    memcpy(scratch, s->rows.y, n * sizeof *scratch);
    qsort(scratch, n, sizeof *scratch, ascending);
    double iqr = (scratch[3 * n / 4] - scratch[n / 4]) / 1.349; /* of a normal: its sd */
    if (!(iqr > 0) || s->transform[0].kind != ITP_TRANSFORM_STANDARDISE) return;
    if (iqr > s->transform[0].s0) return;
    s->transform[0].c0 = scratch[n / 2];
    s->transform[0].s0 = iqr;
}

static void scale_by_others(itp_surrogate *s, const pursuit *p, double *scratch)
{
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++)
        if (!is_member(p, i)) scratch[n++] = s->rows.y[i];
    itp_transform_fit(&s->transform[0], s->transform[0].kind, n, scratch);
}

static itp_status open_pursuit(pursuit *p, itp_surrogate *s, const itp_fit_plan *plan)
{
    size_t n = s->rows.n;
    *p = (pursuit){.s = s, .n = n};
    itp_pool_init(&p->pool, s->d);
    itp_status st = itp_pool_fill(&p->pool, n, s->rows.x);
    itp_fit_spec(s->kernel, &p->pool, s->rows.z, plan, &p->spec);
    p->base = itp_task_size(&p->spec);
    p->member = malloc((n + 1) * sizeof *p->member);
    p->rho = calloc(n + 1, sizeof *p->rho);
    p->u = malloc((p->base + n + 1) * sizeof *p->u);
    p->box = malloc((2 * (p->base + n) + 1) * sizeof *p->box);
    p->order = malloc((n + 1) * sizeof *p->order);
    p->gap = calloc(n + 1, sizeof *p->gap);
    if (!p->member || !p->rho || !p->u || !p->box || !p->order || !p->gap) return ITP_ENOMEM;
    p->spec.extra = p->rho;
    return st == ITP_OK ? itp_target_init(&p->target, &p->spec) : st;
}

static void close_pursuit(pursuit *p)
{
    if (p->target.spec) itp_target_deinit(&p->target);
    itp_pool_deinit(&p->pool);
    free(p->member);
    free(p->rho);
    free(p->u);
    free(p->box);
    free(p->order);
    free(p->gap);
}

static void latent_again(itp_surrogate *s)
{
    for (size_t i = 0; i < s->rows.n; i++) itp_surrogate_to_latent_row(s, i);
}

/* Searches with robust scaling, then once more in the scale of the rows outside the support. */
static itp_status search(itp_surrogate *s, pursuit *p, const itp_hyper *start, double *scratch,
                         snapshot *best)
{
    scale_by_quartiles(s, scratch);
    latent_again(s);
    itp_target_encode(&p->spec, start, p->u);
    itp_status st = pursue(p, scratch, best);
    if (st != ITP_OK) return st;
    scale_by_others(s, p, scratch);
    latent_again(s);
    st = optimise(p);
    for (int pass = 0; pass < PASSES_MOST && p->k > 0 && st == ITP_OK; pass++) {
        if ((st = residuals(p, scratch)) != ITP_OK || prune(p, scratch) == 0) break;
        st = optimise(p);
    }
    return st;
}

static itp_status install(itp_surrogate *s, pursuit *p, itp_hyper *hyper, itp_fit_report *report)
{
    objective(p, p->base + p->k, p->u, NULL);
    itp_target_decode(&p->spec, p->u, hyper);
    hyper->mean = p->target.evidence.mean;
    itp_status st = itp_posterior_build(s->state, &s->rows, hyper, p->rho);
    report->objective = p->value;
    report->log_likelihood = p->target.evidence.log_likelihood;
    report->evaluations += p->evaluations;
    report->outliers = (unsigned)p->k;
    report->jitter = ((itp_posterior *)s->state)->gp.info.jitter;
    return st;
}

/* From the exact fit in force: leaves the best support in p, and s in the scale of its rows. */
static itp_status run(itp_surrogate *s, pursuit *p, double gross, uint64_t seed, itp_hyper *start)
{
    size_t n = s->rows.n;
    itp_fit_plan plan = itp_surrogate_plan(s, seed);
    double *scratch = malloc((n + 1) * sizeof *scratch);
    snapshot best = {.member = malloc((n + 1) * sizeof *best.member)};
    itp_status st =
        itp_hyper_copy(start, &((itp_posterior *)s->state)->hyper, itp_kernel_n_params(s->kernel));
    plan.criterion = ITP_CRITERION_MAP;
    if (st == ITP_OK) st = open_pursuit(p, s, &plan);
    p->gross = gross;
    best.u = st == ITP_OK ? malloc((p->base + n + 1) * sizeof *best.u) : NULL;
    if (st == ITP_OK && (!scratch || !best.member || !best.u)) st = ITP_ENOMEM;
    if (st == ITP_OK) st = search(s, p, start, scratch, &best);
    free(scratch);
    free(best.member);
    free(best.u);
    return st;
}

static itp_status fit(itp_surrogate *s, uint64_t seed, itp_fit_report *report)
{
    itp_status st = itp_exact_fit(s, seed, report); /* the empty support, and where to start */
    if (st != ITP_OK || s->rows.n < 5) return st;
    itp_hyper start = {0};
    itp_transform_kind kind = s->transform[0].kind;
    pursuit p = {0};
    st = run(s, &p, 0, seed, &start);
    if (st == ITP_OK && p.k > 0) {
        st = install(s, &p, &start, report);
    } else if (st == ITP_OK) { /* nothing to declare: the exact model, in its own scale */
        itp_surrogate_fit_transforms(s, kind);
        latent_again(s);
    }
    close_pursuit(&p);
    itp_hyper_deinit(&start);
    return st;
}

itp_status itp_robust_suspect(itp_surrogate *s, uint64_t seed, unsigned char *apart)
{
    itp_hyper start = {0};
    itp_transform kept = s->transform[0];
    pursuit p = {0};
    itp_status st = run(s, &p, ITP_GROSS, seed, &start);
    for (size_t j = 0; j < p.k && st == ITP_OK; j++) apart[p.member[j]] = ITP_APART;
    s->transform[0] = kept;
    latent_again(s);
    close_pursuit(&p);
    itp_hyper_deinit(&start);
    return st;
}

static size_t outliers(const itp_surrogate *s, size_t *rows, size_t max)
{
    const itp_posterior *post = s->state;
    size_t count = 0;
    for (size_t i = 0; post->extra && i < post->pool.n_rows; i++) {
        if (!(post->extra[i] > 0)) continue;
        if (count < max) rows[count] = i;
        count++;
    }
    return count;
}

const itp_model_class ITP_MODEL_ROBUST = {
    .name = "robust", .fit = fit, ITP_EXACT_METHODS, .outliers = outliers};
