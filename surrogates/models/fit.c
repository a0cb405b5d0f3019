/* fit.c - maximises the log posterior from each start and keeps the best; the earliest wins ties.
 *   Where noise is inferred, sigma^2 = 1e-6 is tried as well: on exact data the prior of the noise
 * would otherwise hold it near e^-5 and hide the last digits of an optimum. It is kept when its
 * evidence, the noise prior left out on both sides, is at least 2 nats higher; then the floor of
 * sigma^2 is tried from there and kept unless its evidence is lower, since 1e-6 itself hides digits
 * (median regret on Branin after 40 trials 8e-5 with it, 1.3e-5 below it).
 *   The likelihood has two explanations of scattered readings: a function of short lengthscales
 * with little noise, and a smooth one with much (Rasmussen & Williams 2006, figure 5.5). One start
 * begins at the second, and what is loud is kept where its evidence, the noise prior left out on
 * both sides, is clearly higher: that prior alone would outweigh a hundred readings. Where there
 * are many sites the starts race on a sample of the rows, and the winner alone (or the warm start,
 * if it is the better one there) climbs on all of them; so does sigma^2 = 1e-6, unless the sample
 * rules it out. SPDX-License-Identifier: GPL-3.0-or-later */
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "blas.h"
#include "lbfgs.h"
#include "parallel.h"
#include "subset.h"

static const double QUIET_NATS = 2;
/* Of the evidence: one campaign in twenty is this loud, ln 20. */
static const double LOUD_NATS = 3;
static const double LOUD_LN = -2; /* ln of the noise, from where on it is most of what is seen */
static const double LOUD_START_LN = -0.7, LOUD_LENGTH = 0.6; /* half of it; x sqrt d */
/* On a sample: so far behind, a smaller noise is worse on all rows too, whose evidence for noise is
 * larger by their number. */
static const double HOPELESS_NATS = 10;
enum { SAMPLE_ROWS = 250, SAMPLE_ABOVE = 400 }; /* sites */
static const double NOISE_RAISED = 1e-4; /* the ladder's larger floor, of the outcome's variance */

typedef struct {
    double *u;
    double value, noise_prior;
    itp_fit_step step;
    itp_status status;
    unsigned evaluations;
} start;

typedef struct {
    const itp_task_spec *spec;
    const itp_fit_plan *plan;
    const double *lower, *upper;
    start *starts;
    double f_tol_abs;
} race;

static double negative(void *context, size_t n, const double *u, double *grad)
{
    double value = itp_target_eval(context, u, grad);
    for (size_t i = 0; grad && i < n; i++) grad[i] = -grad[i];
    return -value;
}

static void run_start(void *context, size_t index, unsigned worker)
{
    race *r = context;
    start *s = &r->starts[index];
    itp_target target;
    itp_lbfgs_result result = {.value = INFINITY}; /* as it stays where memory runs out */
    itp_lbfgs_options options = {
        .evaluations_max = r->plan->evaluations, .f_tol_abs = r->f_tol_abs, .x_tol_rel = 1e-7};
    (void)worker;
    s->value = -INFINITY;
    if ((s->status = itp_target_init(&target, r->spec)) != ITP_OK) return;
    s->status = itp_lbfgs_minimise(target.n, r->lower, r->upper, negative, &target, &options, s->u,
                                   &result);
    s->evaluations = result.evaluations;
    s->value = -result.value;
    if (r->spec->learns_noise && r->spec->has_prior)
        s->noise_prior = itp_prior_noise(r->spec->measure, s->u[target.n - 1], NULL);
    itp_target_deinit(&target);
}

void itp_fit_spec(const itp_kernel *kernel, const itp_pool *pool, const double *z,
                  const itp_fit_plan *plan, itp_task_spec *spec)
{
    *spec = (itp_task_spec){
        kernel, pool, z, plan->known, plan->extra, plan->warp, .criterion = plan->criterion};
    spec->measure = ITP_MEASURE_NATURAL;
    spec->has_prior = plan->criterion == ITP_CRITERION_MAP;
    spec->learns_noise = plan->noise == ITP_NOISE_INFERRED;
    spec->zero_mean = plan->zero_mean;
    spec->ln_noise = log(ITP_NOISE_EXACT);
    spec->ln_noise_least = log(ITP_NOISE_FLOOR);
}

/* Many starts where an evaluation is cheap. */
static unsigned default_starts(size_t n_sites)
{
    return n_sites <= 100 ? 4 : 3;
}

/* Smooth, and half of what is seen is noise. */
static void place_loud(const itp_kernel *kernel, itp_hyper *at)
{
    const itp_param *params = itp_kernel_params(kernel);
    itp_kernel_default(kernel, at->theta);
    for (size_t p = 0; p < itp_kernel_n_params(kernel); p++)
        if (params[p].kind == ITP_PARAM_LENGTH)
            at->theta[p] = log(LOUD_LENGTH) + 0.5 * log((double)itp_kernel_dims(kernel));
    at->ln_noise = LOUD_START_LN;
}

/* Warm start if there is one, the mode, a loud one, then draws: count of them, each with its u. */
static unsigned place_starts(const itp_task_spec *spec, const itp_fit_plan *plan,
                             const itp_hyper *scratch, start *starts, unsigned count)
{
    unsigned filled = 0;
    itp_stream stream;
    itp_hyper at = *scratch;
    itp_stream_init(&stream, plan->seed, 0, "fit.starts");
    if (plan->warm) {
        itp_target_encode(spec, plan->warm, starts[filled].u);
        starts[filled++].step = ITP_FIT_WARM;
    }
    for (unsigned k = 0; filled < count; k++, filled++) {
        if (k == 0) {
            itp_kernel_default(spec->kernel, at.theta);
            at.ln_noise = ITP_NOISE_LN_MODE;
        } else if (k == 1) {
            place_loud(spec->kernel, &at);
        } else {
            itp_prior_draw(spec->kernel, &stream, at.theta);
            at.ln_noise = ITP_NOISE_LN_MODE + 1.5 * itp_stream_normal(&stream);
        }
        itp_target_encode(spec, &at, starts[filled].u);
        starts[filled].step = k == 0 ? ITP_FIT_MODE : ITP_FIT_DRAWS;
    }
    return filled;
}

/* A fit may hold three matrices of n x n; a start holds one, by leave-one-out two. */
static unsigned race_threads(const race *r, size_t n_sites, unsigned count)
{
    unsigned threads = itp_parallel_workers(count, r->plan->threads);
    unsigned most = n_sites <= 100 ? threads : 2;
    if (r->plan->criterion == ITP_CRITERION_LOO && n_sites > 100) most = 1;
    if (n_sites * n_sites * count < 4000) most = 1; /* a thread costs more than that */
    return threads < most ? threads : most;
}

/* What the data say, without the prior of the noise. */
static double apart_from_noise(const start *s)
{
    return s->value - s->noise_prior;
}

/* The loud start that takes the winner's place, or the winner. */
static const start *or_loud(const race *r, const start *best, unsigned count)
{
    const itp_task_spec *spec = r->spec;
    if (!best || !spec->learns_noise || !spec->has_prior) return best;
    size_t noise = itp_task_size(spec) - 1;
    if (best->u[noise] > LOUD_LN) return best;
    const start *loud = NULL;
    for (unsigned s = 0; s < count; s++) {
        const start *one = &r->starts[s];
        if (!isfinite(one->value) || one->u[noise] <= LOUD_LN) continue;
        if (!loud || apart_from_noise(one) > apart_from_noise(loud) + 1e-6) loud = one;
    }
    int wins = loud && apart_from_noise(loud) > apart_from_noise(best) + LOUD_NATS;
    return wins ? loud : best;
}

/* Runs the starts; returns the winner, or NULL when none came to a finite value. */
static const start *run_race(race *r, size_t n_sites, unsigned count)
{
    unsigned threads = race_threads(r, n_sites, count);
    itp_blas_serial();
    itp_parallel_for(count, threads, run_start, r);
    const start *best = NULL;
    for (unsigned s = 0; s < count; s++) {
        if (!isfinite(r->starts[s].value)) continue;
        if (!best || r->starts[s].value > best->value + 1e-6) best = &r->starts[s];
    }
    return or_loud(r, best, count);
}

/* At hyper: mean, and the report's numbers. -infinity when the matrix cannot be factored. */
static double evaluate(const itp_task_spec *spec, itp_hyper *hyper, const double *u,
                       itp_fit_result *result)
{
    itp_target target;
    if (itp_target_init(&target, spec) != ITP_OK) return -INFINITY;
    double value = itp_target_eval(&target, u, NULL);
    hyper->mean = target.evidence.mean;
    result->objective = value;
    result->log_likelihood = target.evidence.log_likelihood;
    itp_target_deinit(&target);
    return value;
}

static itp_task_spec quiet_task(const itp_task_spec *spec)
{
    itp_task_spec quiet = *spec;
    quiet.learns_noise = 0;
    quiet.ln_noise = log(ITP_NOISE_QUIET);
    return quiet;
}

/* The quiet task from `count` starts in spare. NULL: not within `margin` nats of what is asked. */
static const start *race_quiet(const race *r, const itp_task_spec *quiet, const start *best,
                               start *spare, unsigned count, double margin, itp_fit_result *result)
{
    race again = *r;
    again.spec = quiet;
    again.starts = spare;
    const start *won = run_race(&again, quiet->pool->n_sites, count);
    for (unsigned s = 0; s < count; s++) result->evaluations += spare[s].evaluations;
    double to_beat = best->value - best->noise_prior + QUIET_NATS;
    return won && won->value >= to_beat - margin ? won : NULL;
}

/* Whether these could be exact data: the noise found is at most 0.13 of the variance. */
static int may_be_quiet(const itp_task_spec *spec, const start *best)
{
    return spec->learns_noise && spec->has_prior && best->u[itp_task_size(spec) - 1] <= -2;
}

/* From where the quiet task ended to the floor of sigma^2, in `spare`; the better of the two, and
 * *quiet is its task. */
static const start *go_quieter(const race *r, itp_task_spec *quiet, const start *won, start *spare,
                               itp_fit_result *result)
{
    race again = *r;
    itp_task_spec least = *quiet;
    least.ln_noise = quiet->ln_noise_least;
    again.spec = &least;
    again.starts = spare;
    memcpy(spare->u, won->u, itp_task_size(quiet) * sizeof *won->u);
    spare->step = won->step;
    const start *quieter = run_race(&again, quiet->pool->n_sites, 1);
    result->evaluations += spare->evaluations;
    if (!quieter || quieter->value < won->value) return won;
    *quiet = least;
    return quieter;
}

/* Two starts of the quiet task: the winner's lengthscales and the mode. */
static void place_quiet(const itp_task_spec *quiet, const start *best, const itp_hyper *scratch,
                        start *spare)
{
    itp_hyper mode = *scratch;
    memcpy(spare[0].u, best->u, itp_task_size(quiet) * sizeof *best->u);
    itp_kernel_default(quiet->kernel, mode.theta);
    itp_target_encode(quiet, &mode, spare[1].u);
    spare[0].step = best->step;
    spare[1].step = ITP_FIT_MODE;
}

/* sigma^2 = 1e-6 from `count` starts in spare; kept where it is clearly the better one. */
static void try_quiet(const itp_task_spec *spec, const race *r, const start *best, start *spare,
                      unsigned count, itp_hyper *hyper, itp_fit_result *result)
{
    itp_task_spec quiet = quiet_task(spec);
    const start *won = race_quiet(r, &quiet, best, spare, count, 0, result);
    if (won && count == 2) /* on many sites one start came from a sample: there that is enough */
        won = go_quieter(r, &quiet, won, won == spare ? spare + 1 : spare, result);
    itp_target_decode(won ? &quiet : spec, won ? won->u : best->u, hyper);
    if (!won) return;
    result->step = won->step;
    evaluate(&quiet, hyper, won->u, result);
}

/* The race on a sample. Leaves the winner's u in starts[0], and in spare[0] that of the quiet task;
 * *quiet_starts is 0 where the sample rules that out. Returns whether any start came to something.
 */
static int race_on_sample(const race *r, const itp_hyper *scratch, unsigned count, start *spare,
                          unsigned *quiet_starts, itp_fit_result *result, itp_status *st)
{
    itp_subset sample;
    if ((*st = itp_subset_take(&sample, r->spec, SAMPLE_ROWS)) != ITP_OK) return 0;
    race small = *r;
    size_t n = itp_task_size(r->spec);
    small.spec = &sample.spec;
    small.f_tol_abs = 1e-3;
    const start *best = run_race(&small, sample.pool.n_sites, count);
    *quiet_starts = 0;
    for (unsigned s = 0; s < count; s++) result->evaluations += r->starts[s].evaluations;
    if (best && may_be_quiet(&sample.spec, best)) {
        itp_task_spec quiet = quiet_task(&sample.spec);
        place_quiet(&quiet, best, scratch, spare);
        const start *won = race_quiet(&small, &quiet, best, spare, 2, HOPELESS_NATS, result);
        if (won) memmove(spare[0].u, won->u, n * sizeof *won->u);
        *quiet_starts = won != NULL;
    }
    if (best && best != r->starts) {
        memcpy(r->starts[0].u, best->u, n * sizeof *best->u);
        r->starts[0].step = best->step;
    }
    itp_subset_free(&sample);
    return best != NULL;
}

/* Many sites: a race on a sample, then one climb. NULL: nothing came of it. */
static const start *climb_from_sample(race *r, const itp_hyper *scratch, unsigned count,
                                      start *spare, unsigned *quiet_starts, itp_fit_result *result,
                                      itp_status *st)
{
    itp_hyper at = *scratch;
    itp_fit_result seen = {.step = ITP_FIT_PRIOR};
    start *first = &r->starts[0];
    int found = race_on_sample(r, scratch, count, spare, quiet_starts, result, st);
    if (!found || *st != ITP_OK) return NULL;
    if (r->plan->warm && first->step != ITP_FIT_WARM) {
        double *warm = r->starts[1].u;
        itp_target_encode(r->spec, r->plan->warm, warm);
        if (evaluate(r->spec, &at, warm, &seen) > evaluate(r->spec, &at, first->u, &seen)) {
            first->u = warm;
            first->step = ITP_FIT_WARM;
        }
        result->evaluations += 2;
    }
    const start *best = run_race(r, r->spec->pool->n_sites, 1);
    result->evaluations += first->evaluations;
    return best;
}

/* No start came to anything: a larger floor, then nothing but defaults. */
static void climb(itp_task_spec *spec, race *r, itp_hyper *hyper, itp_fit_result *result)
{
    spec->ln_noise_least = log(NOISE_RAISED);
    if (!spec->learns_noise) spec->ln_noise = log(NOISE_RAISED);
    itp_kernel_default(spec->kernel, hyper->theta);
    hyper->ln_noise = ITP_NOISE_LN_MODE;
    itp_target_encode(spec, hyper, r->starts[0].u);
    const start *best = run_race(r, spec->pool->n_sites, 1);
    result->step = best ? ITP_FIT_JITTER : ITP_FIT_DEFAULTS;
    itp_kernel_default(spec->kernel, hyper->theta);
    hyper->ln_noise = ITP_NOISE_LN_MODE;
    if (best) itp_target_decode(spec, best->u, hyper);
    itp_target_encode(spec, hyper, r->starts[0].u);
    evaluate(spec, hyper, r->starts[0].u, result);
}

itp_status itp_fit(const itp_kernel *kernel, const itp_pool *pool, const double *z,
                   const itp_fit_plan *plan, itp_hyper *hyper, itp_fit_result *result)
{
    itp_task_spec spec;
    itp_fit_spec(kernel, pool, z, plan, &spec);
    size_t n = itp_task_size(&spec);
    unsigned count = plan->starts ? plan->starts : default_starts(pool->n_sites);
    if (plan->warm && !plan->starts) count++;
    start *starts = calloc(count + 2, sizeof *starts);
    double *memory = malloc(((count + 4) * n + 1) * sizeof *memory);
    itp_status st = starts && memory ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK && plan->warp) st = itp_warp_copy(&hyper->warp, plan->warp);
    if (st != ITP_OK) goto done;
    for (unsigned s = 0; s < count + 2; s++) starts[s].u = memory + s * n;
    double *lower = memory + (count + 2) * n, *upper = lower + n;
    itp_target_box(&spec, lower, upper);
    int has_sample = !plan->starts && pool->n_sites > SAMPLE_ABOVE;
    race r = {&spec, plan, lower, upper, starts, has_sample ? 1e-3 : 1e-5};
    if (plan->f_tol_abs > 0) r.f_tol_abs = plan->f_tol_abs;
    *result = (itp_fit_result){.starts = place_starts(&spec, plan, hyper, starts, count)};
    const start *best = NULL;
    unsigned quiet_starts = 2;
    if (has_sample) {
        best = climb_from_sample(&r, hyper, count, starts + count, &quiet_starts, result, &st);
    } else {
        best = run_race(&r, pool->n_sites, count);
        for (unsigned s = 0; s < count; s++) result->evaluations += starts[s].evaluations;
        if (best) place_quiet(&spec, best, hyper, starts + count);
    }
    for (unsigned s = 0; s < count; s++)
        if (starts[s].status == ITP_ENOMEM) st = ITP_ENOMEM;
    if (st != ITP_OK) goto done;
    if (!best) {
        climb(&spec, &r, hyper, result);
        goto done;
    }
    itp_target_decode(&spec, best->u, hyper);
    result->step = best->step;
    evaluate(&spec, hyper, best->u, result);
    if (quiet_starts && may_be_quiet(&spec, best))
        try_quiet(&spec, &r, best, starts + count, quiet_starts, hyper, result);
done:
    free(starts);
    free(memory);
    return st;
}
