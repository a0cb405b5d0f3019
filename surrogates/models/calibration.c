/* calibration.c - how far rows fell that a fit had not seen, and the distribution learned from it.
 *   Closed-form leave-one-out keeps the hyperparameters, which the row itself helped to choose: its
 * residuals are too small by about one part in rows / parameters. So the sites are dealt to FOLDS,
 * and the rows of each are met by the model fitted without them (one climb from the hyperparameters
 * in force; kernel, transform and declared outliers stay). Their normal scores
 *   r_i = (z_i - mean_i) / sd_i   (of a mixture: Phi^-1 of the probability below z_i)
 * are standard normal where the model is right. What they are instead is learned (scales.h), and
 * P(z < t) becomes G(r(t)): recalibration as in Kuleshov, Fenner & Ermon 2018, with residuals
 * crossed as in the jackknife+ of Barber et al. 2021. By site, since questions are about new
 * places. Members of a mixture are weighted by 1 / p(z_i | others, theta_k) instead, which makes
 * draws given all rows draws given the others (Gelfand, Dey & Chang 1992): no fit. Above ROWS_MOST
 * rows, and where a model has no exact form, the closed form serves: the rows are many to a
 * parameter. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "blas.h"
#include "model.h"
#include "normal.h"
#include "parallel.h"
#include "stream.h"

enum { FOLDS = 10, ROWS_MOST = 1000 };
enum { WIDE_SITES = 100 }; /* above: two folds at once, as many matrices as a fit may hold */
static const double NATS_LOOSE = 1e-2; /* to which a fold is fitted */

typedef struct {
    const itp_surrogate *s;
    const itp_posterior *whole;
    const size_t *fold; /* of each site */
    double *residual;   /* of each row */
    itp_status status[FOLDS];
} judging;

/* The rows of one fold, or all others. */
typedef struct {
    itp_rows rows;
    double *extra;
    size_t *row; /* which ones */
} part;

static void part_free(part *p)
{
    itp_rows_deinit(&p->rows);
    free(p->extra);
    free(p->row);
}

static itp_status part_take(part *p, const judging *j, size_t fold, int others)
{
    const itp_rows *all = &j->s->rows;
    itp_status st = ITP_OK;
    itp_rows_init(&p->rows, all->d);
    p->extra = malloc((all->n + 1) * sizeof *p->extra);
    p->row = malloc((all->n + 1) * sizeof *p->row);
    if (!p->extra || !p->row) return ITP_ENOMEM;
    for (size_t i = 0; i < all->n && st == ITP_OK; i++) {
        if ((j->fold[j->whole->pool.site[i]] != fold) != others) continue;
        itp_data one = {1, all->d, all->x + i * all->d, all->y + i, all->sd + i};
        size_t to = p->rows.n;
        if ((st = itp_rows_add(&p->rows, &one)) != ITP_OK) break;
        p->rows.z[to] = all->z[i];
        p->rows.known[to] = all->known[i];
        p->extra[to] = j->whole->extra ? j->whole->extra[i] : 0;
        p->row[to] = i;
    }
    return st;
}

/* Hyperparameters by the rows of `others` alone, and the posterior there. */
static itp_status refit(const judging *j, const part *others, itp_posterior *post)
{
    const itp_surrogate *s = j->s;
    itp_fit_plan plan = itp_surrogate_plan(s, 0);
    itp_fit_result result;
    itp_hyper hyper = {0};
    itp_pool pool;
    itp_pool_init(&pool, s->d);
    plan.known = others->rows.known;
    plan.extra = j->whole->extra ? others->extra : NULL;
    plan.warm = &j->whole->hyper;
    plan.starts = plan.threads = 1;
    plan.f_tol_abs = NATS_LOOSE;
    itp_status st = itp_pool_fill(&pool, others->rows.n, others->rows.x);
    if (st == ITP_OK) st = itp_hyper_init(&hyper, s->kernel);
    if (st == ITP_OK) st = itp_fit(s->kernel, &pool, others->rows.z, &plan, &hyper, &result);
    if (st == ITP_OK) st = itp_posterior_build(post, &others->rows, &hyper, plan.extra);
    itp_pool_deinit(&pool);
    itp_hyper_deinit(&hyper);
    return st;
}

/* Rows of `own` as the posterior without them sees them. */
static itp_status meet(const itp_posterior *post, const part *own, double *residual)
{
    size_t n = own->rows.n;
    double *mean = malloc((2 * n + 1) * sizeof *mean), *var = mean + n;
    itp_status st = mean ? itp_gp_predict(&post->gp, n, own->rows.x, 1, mean, var) : ITP_ENOMEM;
    for (size_t k = 0; k < n && st == ITP_OK; k++) {
        double noise = exp(post->hyper.ln_noise) + own->rows.known[k];
        residual[own->row[k]] = (own->rows.z[k] - mean[k]) / sqrt(var[k] + noise);
    }
    free(mean);
    return st;
}

static void judge(void *context, size_t fold, unsigned worker)
{
    judging *j = context;
    part own = {0}, others = {0};
    itp_posterior post;
    (void)worker;
    itp_posterior_init(&post, j->s->kernel, j->s->d);
    itp_status st = part_take(&own, j, fold, 0);
    if (st == ITP_OK) st = part_take(&others, j, fold, 1);
    if (st == ITP_OK) st = refit(j, &others, &post);
    if (st == ITP_OK) st = meet(&post, &own, j->residual);
    j->status[fold] = st == ITP_ENOTPD ? ITP_OK : st; /* then the closed form stands */
    itp_posterior_deinit(&post);
    part_free(&own);
    part_free(&others);
}

static itp_status judge_folds(const itp_surrogate *s, size_t folds, double *residual)
{
    const itp_posterior *whole = s->class->member(s, 0);
    size_t n = whole->pool.n_sites;
    size_t *order = malloc((2 * n + 1) * sizeof *order), *fold = order + n;
    if (!order) return ITP_ENOMEM;
    judging j = {.s = s, .whole = whole, .fold = fold, .residual = residual};
    itp_stream stream;
    itp_stream_init(&stream, 0, 0, "calibration.folds");
    itp_stream_shuffle(&stream, n, order);
    for (size_t i = 0; i < n; i++) fold[order[i]] = i % folds;
    unsigned threads = itp_parallel_workers(folds, s->options.threads);
    itp_blas_serial();
    itp_parallel_for(folds, n > WIDE_SITES && threads > 2 ? 2 : threads, judge, &j);
    itp_status st = ITP_OK;
    for (size_t k = 0; k < folds; k++)
        if (j.status[k] != ITP_OK) st = j.status[k];
    free(order);
    return st;
}

/* Row i by closed form; t, log_share: scratch of one a member. */
static double closed_form(const itp_surrogate *s, size_t i, double *t, double *log_share)
{
    size_t members = itp_surrogate_members(s);
    double sum = -INFINITY;
    for (size_t k = 0; k < members; k++) {
        double mean, var;
        itp_surrogate_leave_out(s, k, i, &mean, &var);
        t[k] = (s->rows.z[i] - mean) / sqrt(var);
        log_share[k] = 0.5 * log(var) - itp_log_npdf(t[k]);
        sum = itp_log_add(sum, log_share[k]);
    }
    for (size_t k = 0; k < members; k++) log_share[k] -= sum;
    return itp_mixture_score(members, t, log_share);
}

/* Normal scores of the rows, each without itself; *folds is 0 where no fit was made for it. */
static itp_status find_residuals(const itp_surrogate *s, double *residual, size_t *folds)
{
    size_t members = itp_surrogate_members(s), n = s->rows.n;
    double *t = malloc((2 * members + 1) * sizeof *t);
    if (!t) return ITP_ENOMEM;
    for (size_t i = 0; i < n; i++) residual[i] = closed_form(s, i, t, t + members);
    free(t);
    *folds = 0;
    if (!s->class->member || members > 1 || n > ROWS_MOST) return ITP_OK;
    size_t sites = s->class->member(s, 0)->pool.n_sites;
    if (sites < 2) return ITP_OK;
    *folds = sites < FOLDS ? sites : FOLDS;
    return judge_folds(s, *folds, residual);
}

static size_t outcome_of(const itp_surrogate *s, size_t row)
{
    return (size_t)(itp_surrogate_transform(s, s->rows.x + row * s->d) - s->transform);
}

static itp_status learn(itp_surrogate *s, const double *residual)
{
    itp_status st = ITP_OK;
    double *some = malloc((s->rows.n + 1) * sizeof *some);
    if (!s->scales) s->scales = malloc(s->outcomes * sizeof *s->scales);
    if (!some || !s->scales) st = ITP_ENOMEM;
    for (unsigned k = 0; k < s->outcomes && st == ITP_OK; k++) {
        size_t n = 0;
        for (size_t i = 0; i < s->rows.n; i++)
            if (outcome_of(s, i) == k) some[n++] = residual[i];
        st = itp_scales_fit(&s->scales[k], n, some);
    }
    free(some);
    return st;
}

static void sum_up(itp_surrogate *s, const double *residual, size_t folds)
{
    itp_calibration *c = &s->calibration;
    double half50 = itp_ndtri(0.75), half95 = itp_ndtri(0.975);
    *c = (itp_calibration){.n = s->rows.n, .folds = (unsigned)folds};
    for (size_t i = 0; i < c->n; i++) {
        c->coverage50 += (fabs(residual[i]) <= half50) / (double)c->n;
        c->coverage95 += (fabs(residual[i]) <= half95) / (double)c->n;
    }
    c->widening50 = itp_scales_quantile(&s->scales[0], 0.75) / half50;
    c->widening95 = itp_scales_quantile(&s->scales[0], 0.975) / half95;
}

itp_status itp_surrogate_calibrate(itp_surrogate *s, itp_calibration *report)
{
    if (!s->class) return ITP_ENOTFIT;
    if (!s->is_calibrated) {
        size_t folds;
        double *residual = malloc((s->rows.n + 1) * sizeof *residual);
        itp_status st = residual ? find_residuals(s, residual, &folds) : ITP_ENOMEM;
        if (st == ITP_OK) st = learn(s, residual);
        if (st == ITP_OK) sum_up(s, residual, folds);
        free(residual);
        if (st != ITP_OK) return st;
        s->is_calibrated = 1;
    }
    if (report) *report = s->calibration;
    return ITP_OK;
}
