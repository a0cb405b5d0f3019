/* exact.c - the default model: one exact Gaussian process at the best hyperparameters.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "exact.h"

static itp_posterior *state(const itp_surrogate *s)
{
    return s->state;
}

itp_status itp_exact_prepare(itp_surrogate *s)
{
    if (s->state) return ITP_OK;
    if (!(s->state = malloc(sizeof(itp_posterior)))) return ITP_ENOMEM;
    itp_posterior_init(s->state, s->kernel, s->d);
    return ITP_OK;
}

/* The ladder's last steps: at any of them the matrix is as good as diagonal. */
static itp_status build_surely(itp_surrogate *s, itp_hyper *hyper, const double *extra,
                               itp_fit_report *report)
{
    itp_status st = itp_posterior_build(state(s), &s->rows, hyper, extra);
    if (st != ITP_ENOTPD) return st;
    itp_kernel_default(s->kernel, hyper->theta);
    report->step = ITP_FIT_DEFAULTS;
    for (hyper->ln_noise = -2; hyper->ln_noise < 10; hyper->ln_noise += 2) {
        st = itp_posterior_build(state(s), &s->rows, hyper, extra);
        if (st != ITP_ENOTPD) return st;
    }
    return st;
}

/* Latent variance of a reading that is set apart: in units of the function's own, so that it says
 * nothing of it, and the factor stays well scaled. */
static const double APART = 1e6;

/* NULL where none is set apart, and where memory ran out. */
static double *apart_variances(const itp_surrogate *s)
{
    double *extra = s->apart ? calloc(s->rows.n + 1, sizeof *extra) : NULL;
    for (size_t i = 0; extra && i < s->rows.n; i++)
        if (s->apart[i] == ITP_APART) extra[i] = APART;
    return extra;
}

itp_status itp_exact_fit(itp_surrogate *s, uint64_t seed, itp_fit_report *report)
{
    itp_fit_plan plan = itp_surrogate_plan(s, seed);
    itp_fit_result result = {.step = ITP_FIT_PRIOR, .objective = 0};
    itp_hyper hyper = {0}, warm = {0};
    itp_pool pool;
    itp_pool_init(&pool, s->d);
    itp_status st = itp_hyper_init(&hyper, s->kernel);
    double *extra = apart_variances(s);
    if (s->apart && !extra) st = ITP_ENOMEM;
    plan.extra = extra;
    size_t n_params = itp_kernel_n_params(s->kernel);
    if (st == ITP_OK && s->state && state(s)->hyper.theta) {
        if ((st = itp_hyper_copy(&warm, &state(s)->hyper, n_params)) == ITP_OK) plan.warm = &warm;
    }
    if (s->state) itp_posterior_deinit(state(s)); /* a fit must not hold two factors */
    if (st == ITP_OK) st = itp_exact_prepare(s);
    if (st == ITP_OK) st = itp_pool_fill(&pool, s->rows.n, s->rows.x);
    if (st == ITP_OK && s->noise == ITP_NOISE_NONE) hyper.ln_noise = log(ITP_NOISE_EXACT);
    if (st == ITP_OK && s->rows.n > 0)
        st = itp_fit(s->kernel, &pool, s->rows.z, &plan, &hyper, &result);
    itp_pool_deinit(&pool);
    report->step = result.step;
    if (st == ITP_OK) st = build_surely(s, &hyper, extra, report);
    if (st == ITP_OK) {
        report->objective = result.objective;
        report->log_likelihood = result.log_likelihood;
        report->starts = result.starts;
        report->evaluations = result.evaluations;
        report->jitter = state(s)->gp.info.jitter;
        if (report->jitter > 0 && report->step < ITP_FIT_JITTER) report->step = ITP_FIT_JITTER;
    }
    itp_hyper_deinit(&hyper);
    itp_hyper_deinit(&warm);
    free(extra);
    return st;
}

itp_status itp_exact_append(itp_surrogate *s)
{
    return itp_posterior_append(state(s), &s->rows);
}

itp_status itp_exact_remove(itp_surrogate *s, size_t i)
{
    return itp_posterior_remove(state(s), &s->rows, i);
}

void itp_exact_clear(itp_surrogate *s)
{
    if (s->state) itp_posterior_deinit(state(s));
    free(s->state);
    s->state = NULL;
}

itp_status itp_exact_save(const itp_surrogate *s, json_t *into)
{
    const itp_posterior *post = state(s);
    json_t *hyper = itp_hyper_to_json(&post->hyper, itp_kernel_n_params(s->kernel));
    json_t *extra = json_array(); /* [row, variance] of each declared outlier */
    for (size_t i = 0; post->extra && i < post->pool.n_rows; i++)
        if (post->extra[i] > 0)
            json_array_append_new(extra, json_pack("[I, f]", (json_int_t)i, post->extra[i]));
    if (json_object_set_new(into, "hyper", hyper) != 0) return ITP_ENOMEM;
    return json_object_set_new(into, "extra", extra) == 0 ? ITP_OK : ITP_ENOMEM;
}

/* Fills extra (n, zeroed); 0: not as save wrote it. */
static int read_extra(const json_t *from, size_t n, double *extra)
{
    const json_t *array = json_object_get(from, "extra");
    if (!json_is_array(array)) return 0;
    for (size_t k = 0; k < json_array_size(array); k++) {
        json_int_t row;
        double variance;
        json_t *pair = json_array_get(array, k);
        if (json_unpack(pair, "[I, F]", &row, &variance) != 0) return 0;
        if (row < 0 || (size_t)row >= n || !(variance > 0)) return 0;
        extra[row] = variance;
    }
    return 1;
}

itp_status itp_exact_restore(itp_surrogate *s, const json_t *from)
{
    itp_hyper hyper = {0};
    double *extra = calloc(s->rows.n + 1, sizeof *extra);
    itp_status st = extra ? itp_exact_prepare(s) : ITP_ENOMEM;
    if (st == ITP_OK && !read_extra(from, s->rows.n, extra)) st = ITP_EPARSE;
    if (st == ITP_OK)
        st = itp_hyper_from_json(json_object_get(from, "hyper"), s->kernel, &s->warp, &hyper);
    if (st == ITP_OK) st = itp_posterior_build(state(s), &s->rows, &hyper, extra);
    itp_hyper_deinit(&hyper);
    free(extra);
    return st;
}

size_t itp_exact_members(const itp_surrogate *s)
{
    (void)s;
    return 1;
}

const itp_posterior *itp_exact_member(const itp_surrogate *s, size_t index)
{
    (void)index;
    return state(s);
}

double itp_exact_noise_var(const itp_surrogate *s, size_t index)
{
    (void)index;
    return exp(state(s)->hyper.ln_noise);
}

const itp_hyper *itp_exact_hyper(const itp_surrogate *s, size_t index)
{
    (void)index;
    return &state(s)->hyper;
}

const itp_model_class ITP_MODEL_EXACT = {.name = "exact", .fit = itp_exact_fit, ITP_EXACT_METHODS};
