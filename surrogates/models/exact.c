/* exact.c - the default model: one exact Gaussian process at the best hyperparameters.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "model.h"

static itp_posterior *state(const itp_surrogate *s)
{
    return s->state;
}

static itp_status prepare(itp_surrogate *s)
{
    if (s->state) return ITP_OK;
    if (!(s->state = malloc(sizeof(itp_posterior)))) return ITP_ENOMEM;
    itp_posterior_init(s->state, s->kernel, s->d);
    return ITP_OK;
}

/* The ladder's last steps: at any of them the matrix is as good as diagonal. */
static itp_status build_surely(itp_surrogate *s, itp_hyper *hyper, itp_fit_report *report)
{
    itp_status st = itp_posterior_build(state(s), &s->rows, hyper, NULL);
    if (st != ITP_ENOTPD) return st;
    itp_kernel_default(s->kernel, hyper->theta);
    report->step = ITP_FIT_DEFAULTS;
    for (hyper->ln_noise = -2; hyper->ln_noise < 10; hyper->ln_noise += 2) {
        st = itp_posterior_build(state(s), &s->rows, hyper, NULL);
        if (st != ITP_ENOTPD) return st;
    }
    return st;
}

static itp_status fit(itp_surrogate *s, uint64_t seed, itp_fit_report *report)
{
    itp_fit_plan plan = itp_surrogate_plan(s, seed);
    itp_fit_result result = {.step = ITP_FIT_PRIOR, .objective = 0};
    itp_hyper hyper = {0}, warm = {0};
    itp_pool pool;
    itp_pool_init(&pool, s->d);
    itp_status st = itp_hyper_init(&hyper, s->kernel);
    size_t n_params = itp_kernel_n_params(s->kernel);
    if (st == ITP_OK && s->state && state(s)->hyper.theta) {
        if ((st = itp_hyper_copy(&warm, &state(s)->hyper, n_params)) == ITP_OK) plan.warm = &warm;
    }
    if (s->state) itp_posterior_deinit(state(s)); /* a fit must not hold two factors */
    if (st == ITP_OK) st = prepare(s);
    if (st == ITP_OK) st = itp_pool_fill(&pool, s->rows.n, s->rows.x);
    if (st == ITP_OK && s->noise == ITP_NOISE_NONE) hyper.ln_noise = log(ITP_NOISE_EXACT);
    if (st == ITP_OK && s->rows.n > 0)
        st = itp_fit(s->kernel, &pool, s->rows.z, &plan, &hyper, &result);
    itp_pool_deinit(&pool);
    report->step = result.step;
    if (st == ITP_OK) st = build_surely(s, &hyper, report);
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
    return st;
}

static itp_status append(itp_surrogate *s)
{
    return itp_posterior_append(state(s), &s->rows);
}

static itp_status remove_row(itp_surrogate *s, size_t i)
{
    return itp_posterior_remove(state(s), &s->rows, i);
}

static void clear(itp_surrogate *s)
{
    if (s->state) itp_posterior_deinit(state(s));
    free(s->state);
    s->state = NULL;
}

static itp_status save(const itp_surrogate *s, json_t *into)
{
    json_t *hyper = itp_hyper_to_json(&state(s)->hyper, itp_kernel_n_params(s->kernel));
    return json_object_set_new(into, "hyper", hyper) == 0 ? ITP_OK : ITP_ENOMEM;
}

static itp_status restore(itp_surrogate *s, const json_t *from)
{
    itp_hyper hyper = {0};
    itp_status st = prepare(s);
    if (st == ITP_OK)
        st = itp_hyper_from_json(json_object_get(from, "hyper"), s->kernel, &s->warp, &hyper);
    if (st == ITP_OK) st = itp_posterior_build(state(s), &s->rows, &hyper, NULL);
    itp_hyper_deinit(&hyper);
    return st;
}

static size_t members(const itp_surrogate *s)
{
    (void)s;
    return 1;
}

static const itp_posterior *member(const itp_surrogate *s, size_t index)
{
    (void)index;
    return state(s);
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

const itp_model_class ITP_MODEL_EXACT = {.name = "exact",
                                         .fit = fit,
                                         .append = append,
                                         .remove = remove_row,
                                         .clear = clear,
                                         .save = save,
                                         .restore = restore,
                                         .members = members,
                                         .member = member,
                                         .noise_var = noise_var,
                                         .hyper = hyper};
