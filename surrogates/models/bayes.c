/* bayes.c - fully Bayesian: a mixture of exact posteriors at draws of the hyperparameters.
 *   "bayes": the priors of prior.h as densities of ln l and ln sigma^2. "saas" (Eriksson &
 * Jankowiak 2021), for many columns of which few matter: 1/l_c^2 = tau k_c, k_c ~ HC(1), tau ~
 * HC(0.1) with one more coordinate ln tau; in theirs, with t = ln k_c, log density t - ln(1 + e^2t)
 * + const. CHAINS chains of NUTS from the MAP point and from draws around it, on all cores; every
 * STRIDE-th draw is a member. R-hat and the effective size (worst over coordinates) are recorded.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "nuts.h"
#include "parallel.h"

enum { CHAINS = 2, WARMUP = 150, DRAWS = 64, STRIDE = 8, MEMBERS = CHAINS * DRAWS / STRIDE };
static const double TAU_SCALE = 0.1;

typedef struct {
    size_t n;
    itp_posterior post[MEMBERS];
} mixture;

static mixture *state(const itp_surrogate *s)
{
    return s->state;
}

typedef struct {
    itp_target target;
    int is_saas;
} walk;

/* Half-Cauchy of x = e^t with this scale, as a density of t; slope in t. */
static double half_cauchy(double t, double scale, double *slope)
{
    double r = 2 * (t - log(scale)), share = r > 0 ? 1 / (1 + exp(-r)) : exp(r) / (1 + exp(r));
    *slope = 1 - 2 * share;
    return t - (r > 0 ? r + log1p(exp(-r)) : log1p(exp(r)));
}

/* Lengthscales under tau: t_c = -2 ln l_c - ln tau. */
static double saas_prior(const itp_target *target, const double *q, double *grad)
{
    const itp_param *params = itp_kernel_params(target->spec->kernel);
    double ln_tau = q[target->n], slope, sum = half_cauchy(ln_tau, TAU_SCALE, &slope);
    grad[target->n] = slope;
    for (size_t p = 0; p < target->n_params; p++) {
        int is_length = params[p].kind == ITP_PARAM_LENGTH || params[p].kind == ITP_PARAM_MISMATCH;
        if (!is_length) { /* a unit normal */
            sum -= 0.5 * q[p] * q[p];
            grad[p] -= q[p];
            continue;
        }
        sum += half_cauchy(-2 * q[p] - ln_tau, 1, &slope);
        grad[p] -= 2 * slope;
        grad[target->n] -= slope;
    }
    if (target->spec->learns_noise)
        sum += itp_prior_noise(ITP_MEASURE_LOG, q[target->n - 1], &grad[target->n - 1]);
    return sum;
}

static double density(void *context, size_t n, const double *q, double *grad)
{
    walk *w = context;
    for (size_t i = 0; i < n; i++)
        if (!(fabs(q[i]) < 30)) return -INFINITY; /* e^30: nothing is to be found there */
    double value = itp_target_eval(&w->target, q, grad);
    return w->is_saas && isfinite(value) ? value + saas_prior(&w->target, q, grad) : value;
}

typedef struct {
    const itp_task_spec *spec;
    const double *start;
    int is_saas;
    size_t n;
    uint64_t seed;
    double *draws; /* CHAINS x DRAWS x n */
    itp_nuts_report report[CHAINS];
    itp_status status[CHAINS];
} chains;

static void run_chain(void *context, size_t index, unsigned worker)
{
    chains *c = context;
    walk w = {.is_saas = c->is_saas};
    itp_stream stream;
    double q[c->n], grad[c->n];
    (void)worker;
    itp_stream_init(&stream, c->seed, index, "bayes.chain");
    if ((c->status[index] = itp_target_init(&w.target, c->spec)) != ITP_OK) return;
    for (double scale = index ? 0.5 : 0.1;;
         scale *= 0.5) { /* apart, but where there is a density */
        for (size_t i = 0; i < c->n; i++) q[i] = c->start[i] + scale * itp_stream_normal(&stream);
        if (isfinite(density(&w, c->n, q, grad)) || scale < 1e-6) break;
    }
    itp_nuts_options options = {WARMUP, DRAWS, 6};
    c->status[index] = itp_nuts_run(c->n, density, &w, q, &options, &stream,
                                    c->draws + index * DRAWS * c->n, &c->report[index]);
    itp_target_deinit(&w.target);
}

static void diagnose(const chains *c, itp_fit_report *report)
{
    double values[CHAINS * DRAWS];
    report->r_hat = 1;
    report->ess = INFINITY;
    for (size_t i = 0; i < c->n; i++) {
        for (size_t k = 0; k < CHAINS * DRAWS; k++) values[k] = c->draws[k * c->n + i];
        report->r_hat = fmax(report->r_hat, itp_split_r_hat(CHAINS, DRAWS, values));
        report->ess = fmin(report->ess, itp_effective_size(CHAINS, DRAWS, values));
    }
    for (int k = 0; k < CHAINS; k++) report->evaluations += (unsigned)c->report[k].evaluations;
}

static itp_status prepare(itp_surrogate *s)
{
    if (s->state) s->class->clear(s);
    if (!(s->state = calloc(1, sizeof(mixture)))) return ITP_ENOMEM;
    for (size_t k = 0; k < MEMBERS; k++) itp_posterior_init(&state(s)->post[k], s->kernel, s->d);
    return ITP_OK;
}

/* One member at u: the mean that goes with it, then the factor. */
static itp_status add_member(itp_surrogate *s, const itp_task_spec *spec, itp_target *target,
                             const double *u, itp_hyper *hyper)
{
    if (!isfinite(itp_target_eval(target, u, NULL))) return ITP_OK;
    itp_target_decode(spec, u, hyper);
    hyper->mean = target->evidence.mean;
    itp_status st = itp_posterior_build(&state(s)->post[state(s)->n], &s->rows, hyper, NULL);
    if (st == ITP_OK) state(s)->n++;
    return st == ITP_ENOTPD ? ITP_OK : st;
}

static itp_status sample(itp_surrogate *s, const itp_task_spec *spec, int is_saas, uint64_t seed,
                         itp_hyper *hyper, itp_fit_report *report)
{
    size_t base = itp_task_size(spec), n = base + (size_t)is_saas;
    chains c = {.spec = spec, .is_saas = is_saas, .n = n, .seed = seed};
    double *start = malloc((n + CHAINS * DRAWS * n) * sizeof *start);
    itp_target target;
    if (!start) return ITP_ENOMEM;
    c.start = start;
    c.draws = start + n;
    itp_target_encode(spec, hyper, start);
    if (is_saas) start[base] = log(TAU_SCALE);
    itp_parallel_for(CHAINS, s->options.threads, run_chain, &c);
    itp_status st = ITP_OK;
    for (int k = 0; k < CHAINS; k++)
        if (c.status[k] != ITP_OK) st = c.status[k];
    if (st == ITP_OK) st = itp_target_init(&target, spec);
    if (st == ITP_OK) {
        diagnose(&c, report);
        for (size_t k = 0; k < CHAINS * DRAWS && st == ITP_OK; k += STRIDE)
            st = add_member(s, spec, &target, c.draws + k * n, hyper);
        itp_target_deinit(&target);
    }
    free(start);
    return st;
}

static itp_status fit_with(itp_surrogate *s, uint64_t seed, itp_fit_report *report, int is_saas)
{
    itp_fit_plan plan = itp_surrogate_plan(s, seed);
    itp_fit_result result = {.step = ITP_FIT_PRIOR};
    itp_hyper hyper = {0};
    itp_pool pool;
    itp_task_spec spec;
    itp_pool_init(&pool, s->d);
    plan.criterion = ITP_CRITERION_MAP;
    itp_status st = prepare(s);
    if (st == ITP_OK) st = itp_hyper_init(&hyper, s->kernel);
    if (st == ITP_OK) st = itp_pool_fill(&pool, s->rows.n, s->rows.x);
    if (st == ITP_OK && s->rows.n > 0)
        st = itp_fit(s->kernel, &pool, s->rows.z, &plan, &hyper, &result);
    report->step = result.step;
    report->objective = result.objective;
    report->log_likelihood = result.log_likelihood;
    report->starts = result.starts;
    report->evaluations = result.evaluations;
    itp_fit_spec(s->kernel, &pool, s->rows.z, &plan, &spec);
    spec.measure = ITP_MEASURE_LOG;
    spec.has_prior = !is_saas;
    hyper.ln_noise = fmax(hyper.ln_noise, -10); /* a chain from the very floor would not move */
    if (s->noise != ITP_NOISE_INFERRED) hyper.ln_noise = log(ITP_NOISE_EXACT);
    if (st == ITP_OK && s->rows.n > 0) st = sample(s, &spec, is_saas, seed, &hyper, report);
    if (st == ITP_OK && state(s)->n == 0) { /* nothing to draw from: the point that was found */
        st = itp_posterior_build(&state(s)->post[0], &s->rows, &hyper, NULL);
        state(s)->n = 1;
    }
    report->jitter = st == ITP_OK ? state(s)->post[0].gp.info.jitter : 0;
    itp_hyper_deinit(&hyper);
    itp_pool_deinit(&pool);
    return st;
}

static itp_status fit_bayes(itp_surrogate *s, uint64_t seed, itp_fit_report *report)
{
    return fit_with(s, seed, report, 0);
}

static itp_status fit_saas(itp_surrogate *s, uint64_t seed, itp_fit_report *report)
{
    return fit_with(s, seed, report, 1);
}

static itp_status append(itp_surrogate *s)
{
    itp_status st = ITP_OK;
    for (size_t k = 0; k < state(s)->n && st == ITP_OK; k++)
        st = itp_posterior_append(&state(s)->post[k], &s->rows);
    return st;
}

static itp_status remove_row(itp_surrogate *s, size_t i)
{
    itp_status st = ITP_OK;
    for (size_t k = 0; k < state(s)->n && st == ITP_OK; k++)
        st = itp_posterior_remove(&state(s)->post[k], &s->rows, i);
    return st;
}

static void clear(itp_surrogate *s)
{
    for (size_t k = 0; s->state && k < MEMBERS; k++) itp_posterior_deinit(&state(s)->post[k]);
    free(s->state);
    s->state = NULL;
}

static itp_status save(const itp_surrogate *s, json_t *into)
{
    json_t *members = json_array();
    for (size_t k = 0; k < state(s)->n; k++)
        json_array_append_new(
            members, itp_hyper_to_json(&state(s)->post[k].hyper, itp_kernel_n_params(s->kernel)));
    return json_object_set_new(into, "members", members) == 0 ? ITP_OK : ITP_ENOMEM;
}

static itp_status restore(itp_surrogate *s, const json_t *from)
{
    const json_t *members = json_object_get(from, "members");
    size_t n = json_array_size(members);
    if (n == 0 || n > MEMBERS) return ITP_EPARSE;
    itp_status st = prepare(s);
    for (size_t k = 0; k < n && st == ITP_OK; k++) {
        itp_hyper hyper = {0};
        st = itp_hyper_from_json(json_array_get(members, k), s->kernel, &s->warp, &hyper);
        if (st == ITP_OK) st = itp_posterior_build(&state(s)->post[k], &s->rows, &hyper, NULL);
        if (st == ITP_OK) state(s)->n++;
        itp_hyper_deinit(&hyper);
    }
    return st;
}

static size_t members(const itp_surrogate *s)
{
    return state(s)->n;
}

static const itp_posterior *member(const itp_surrogate *s, size_t index)
{
    return &state(s)->post[index];
}

static double noise_var(const itp_surrogate *s, size_t index)
{
    return exp(state(s)->post[index].hyper.ln_noise);
}

static const itp_hyper *hyper(const itp_surrogate *s, size_t index)
{
    return &state(s)->post[index].hyper;
}

#define COMMON                                                                                     \
    .append = append, .remove = remove_row, .clear = clear, .save = save, .restore = restore,      \
    .members = members, .member = member, .noise_var = noise_var, .hyper = hyper

const itp_model_class ITP_MODEL_BAYES = {.name = "bayes", .fit = fit_bayes, COMMON};
const itp_model_class ITP_MODEL_SAAS = {.name = "saas", .fit = fit_saas, COMMON};
