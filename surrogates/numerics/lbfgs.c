/* lbfgs.c - NLopt's LD_LBFGS (Liu & Nocedal 1989, code of Luksan), watched.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lbfgs.h"

#include <math.h>
#include <nlopt.h>
#include <stdlib.h>
#include <string.h>

static const double PLATEAU = 1e100; /* stands for a value that is not finite */

typedef struct {
    itp_objective objective;
    void *context;
    double *best_x, best;
    unsigned evaluations;
} watch;

static double watched(unsigned n, const double *x, double *grad, void *data)
{
    watch *w = data;
    double value = w->objective(w->context, n, x, grad);
    int finite = isfinite(value);
    for (unsigned i = 0; finite && grad && i < n; i++) finite = isfinite(grad[i]);
    w->evaluations++;
    if (!finite) {
        if (grad) memset(grad, 0, n * sizeof *grad);
        return PLATEAU;
    }
    if (value < w->best) {
        w->best = value;
        memcpy(w->best_x, x, n * sizeof *x);
    }
    return value;
}

static double clamp(double x, double lower, double upper)
{
    return x < lower ? lower : x > upper ? upper : x;
}

itp_status itp_lbfgs_minimise(size_t n, const double *lower, const double *upper,
                              itp_objective objective, void *context,
                              const itp_lbfgs_options *options, double *x, itp_lbfgs_result *result)
{
    for (size_t i = 0; lower && i < n; i++) x[i] = clamp(x[i], lower[i], upper[i]);
    double *best_x = malloc((n + 1) * sizeof *best_x), value;
    nlopt_opt opt = best_x ? nlopt_create(NLOPT_LD_LBFGS, (unsigned)n) : NULL;
    if (!opt) {
        free(best_x);
        return ITP_ENOMEM;
    }
    watch w = {objective, context, best_x, INFINITY, 0};
    memcpy(best_x, x, n * sizeof *x);
    if (lower) {
        nlopt_set_lower_bounds(opt, lower);
        nlopt_set_upper_bounds(opt, upper);
    }
    nlopt_set_min_objective(opt, watched, &w);
    nlopt_set_maxeval(opt, options->evaluations_max ? (int)options->evaluations_max : 200);
    nlopt_set_ftol_rel(opt, options->f_tol_rel);
    nlopt_set_ftol_abs(opt, options->f_tol_abs);
    nlopt_set_xtol_rel(opt, options->x_tol_rel);
    if (options->memory) nlopt_set_vector_storage(opt, options->memory);
    nlopt_result stop = n ? nlopt_optimize(opt, x, &value) : NLOPT_SUCCESS;
    if (n == 0) w.best = objective(context, 0, x, NULL);
    nlopt_destroy(opt);
    memcpy(x, best_x, n * sizeof *x);
    free(best_x);
    *result = (itp_lbfgs_result){w.best, w.evaluations, stop == NLOPT_MAXEVAL_REACHED};
    return stop == NLOPT_OUT_OF_MEMORY ? ITP_ENOMEM : ITP_OK;
}
