/* surrogate.c - life of a surrogate: created, fitted, extended, shrunk. Questions are answered in
 * ask.c and interval.c (units of the outcome) and latent.c; saving is in save.c.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blas.h"
#include "model.h"

/* Up to here the exact model is fitted after every row: that costs less than the search for the
 * next point, and of two goals the median campaign ended nearer to the whole front. */
enum { ROWS_FEW = 100 };
static const double GROWN = 1.1;     /* beyond: rows since the fit that ask for another */
static const double DEGRADED = 0.25; /* nats a row of leave-one-out density */

static itp_status check_names(itp_surrogate *s, itp_error *err)
{
    if (strcmp(s->model_name, "auto") != 0 && !itp_model_find(s->model_name))
        return itp_fail(err, ITP_EINVAL, "surrogate model \"%s\" is unknown", s->model_name);
    if (strcmp(s->transform_name, "auto") != 0 && itp_transform_find(s->transform_name) < 0)
        return itp_fail(err, ITP_EINVAL, "transform \"%s\" is unknown", s->transform_name);
    const char *warp = s->options.warp;
    if (warp && strcmp(warp, "none") != 0 && strcmp(warp, "kumaraswamy") != 0)
        return itp_fail(err, ITP_EINVAL, "warp \"%s\" is unknown", warp);
    return ITP_OK;
}

static itp_status check_columns(itp_surrogate *s, itp_error *err)
{
    s->outcome_column = -1;
    s->outcomes = 1;
    if (s->d == 0) return itp_fail(err, ITP_EINVAL, "surrogate: no column");
    for (size_t c = 0; c < s->d; c++) {
        const itp_column *column = &s->columns[c];
        int is_code = column->kind == ITP_COLUMN_CATEGORY || column->kind == ITP_COLUMN_SOURCE ||
                      column->kind == ITP_COLUMN_OUTCOME;
        if (is_code != (column->levels > 0))
            return itp_fail(err, ITP_EINVAL, "surrogate: column %zu has %u levels", c,
                            column->levels);
        if (column->kind != ITP_COLUMN_OUTCOME) continue;
        if (s->outcome_column >= 0)
            return itp_fail(err, ITP_EINVAL, "surrogate: two OUTCOME columns");
        s->outcome_column = (int)c;
        s->outcomes = column->levels;
    }
    return ITP_OK;
}

static void take_name(char to[ITP_NAME_MAX], const char *name)
{
    snprintf(to, ITP_NAME_MAX, "%s", name && *name ? name : "auto");
}

itp_status itp_surrogate_create(itp_surrogate **out, size_t d, const itp_column *columns,
                                const itp_surrogate_options *options, itp_error *err)
{
    static const itp_surrogate_options DEFAULTS = {0};
    itp_surrogate *s = calloc(1, sizeof *s);
    if (!s) return itp_fail(err, ITP_ENOMEM, "surrogate");
    s->d = d;
    s->options = options ? *options : DEFAULTS;
    s->noise = s->options.noise;
    itp_rows_init(&s->rows, d);
    take_name(s->model_name, s->options.model);
    take_name(s->kernel_name, s->options.kernel);
    take_name(s->transform_name, s->options.transform);
    itp_status st = ITP_ENOMEM;
    if (!(s->columns = malloc((d + 1) * sizeof *columns))) goto fail;
    memcpy(s->columns, columns, d * sizeof *columns);
    if ((st = check_columns(s, err)) != ITP_OK || (st = check_names(s, err)) != ITP_OK) goto fail;
    st = ITP_ENOMEM;
    if (!(s->transform = calloc(s->outcomes, sizeof *s->transform))) goto fail;
    for (unsigned k = 0; k < s->outcomes; k++)
        itp_transform_fit(&s->transform[k], ITP_TRANSFORM_STANDARDISE, 0, NULL);
    int is_auto = strcmp(s->kernel_name, "auto") == 0;
    st = itp_kernel_create(&s->kernel, is_auto ? "matern52" : s->kernel_name, d, columns, err);
    if (st == ITP_OK && s->options.warp && strcmp(s->options.warp, "kumaraswamy") == 0)
        st = itp_warp_init(&s->warp, d, columns);
    if (st != ITP_OK) goto fail;
    itp_blas_serial();
    *out = s;
    return ITP_OK;
fail:
    itp_surrogate_destroy(s);
    return st;
}

itp_status itp_surrogate_create_like(itp_surrogate **out, const itp_surrogate *s, itp_error *err)
{
    itp_surrogate_options options = s->options;
    options.model = s->model_name;
    options.kernel = s->kernel_name;
    options.transform = s->transform_name;
    options.warp = s->warp.n > 0 ? "kumaraswamy" : NULL;
    itp_status st = itp_surrogate_create(out, s->d, s->columns, &options, err);
    if (st == ITP_OK) (*out)->mean = s->mean;
    return st;
}

void itp_surrogate_destroy(itp_surrogate *s)
{
    if (!s) return;
    if (s->class) s->class->clear(s);
    itp_kernel_destroy(s->kernel);
    itp_warp_deinit(&s->warp);
    itp_rows_deinit(&s->rows);
    free(s->scales);
    free(s->apart);
    free(s->transform);
    free(s->columns);
    free(s);
}

const itp_transform *itp_surrogate_transform(const itp_surrogate *s, const double *x)
{
    return &s->transform[s->outcome_column < 0 ? 0 : (size_t)x[s->outcome_column]];
}

const char *itp_surrogate_kernel_name(const itp_surrogate *s)
{
    return itp_kernel_name(s->kernel);
}

const char *itp_surrogate_transform_name(const itp_surrogate *s)
{
    return itp_transform_name(s->transform[0].kind);
}

itp_fit_plan itp_surrogate_plan(const itp_surrogate *s, uint64_t seed)
{
    return (itp_fit_plan){.noise = s->noise,
                          .criterion = s->options.criterion,
                          .known = s->rows.known,
                          .warp = s->warp.n ? &s->warp : NULL,
                          .starts = s->is_choosing ? 2 : s->options.starts,
                          .f_tol_abs = s->is_choosing ? 1e-2 : 0,
                          .threads = s->options.threads,
                          .seed = seed};
}

/* Latent value and latent noise variance of row i: the noise by the transform's slope at y. */
void itp_surrogate_to_latent_row(itp_surrogate *s, size_t i)
{
    const itp_transform *t = itp_surrogate_transform(s, s->rows.x + i * s->d);
    double sd = s->rows.sd[i], level = 0;
    (void)itp_surrogate_level(s, s->rows.x + i * s->d, &level, NULL);
    s->rows.z[i] = itp_transform_to(t, s->rows.y[i]) - level;
    s->rows.known[i] = 0;
    if (isnan(sd) || s->noise == ITP_NOISE_NONE) return;
    double latent = sd / itp_transform_slope(t, s->rows.z[i]);
    s->rows.known[i] = latent * latent;
}

/* Fits outcome k's transform to its rows. */
static itp_status fit_transform(itp_surrogate *s, unsigned k, itp_transform_kind kind)
{
    size_t n = 0;
    double *y = malloc((s->rows.n + 1) * sizeof *y);
    if (!y) return ITP_ENOMEM;
    for (size_t i = 0; i < s->rows.n; i++) y[i] = -s->rows.y[i];
    if (s->mean) { /* of what the prior mean leaves; the scale is not known yet */
        itp_transform_fit(&s->transform[k], ITP_TRANSFORM_STANDARDISE, 0, NULL);
        (void)itp_surrogate_add_levels(s, s->rows.n, s->rows.x, y);
    }
    for (size_t i = 0; i < s->rows.n; i++)
        if (itp_surrogate_transform(s, s->rows.x + i * s->d) == &s->transform[k] &&
            !(s->apart && s->apart[i] == ITP_APART))
            y[n++] = -y[i];
    itp_status st = itp_transform_fit(&s->transform[k], kind, n, y);
    free(y);
    return st;
}

itp_status itp_surrogate_fit_transforms(itp_surrogate *s, itp_transform_kind kind)
{
    itp_status st = ITP_OK;
    for (unsigned k = 0; k < s->outcomes && st == ITP_OK; k++) st = fit_transform(s, k, kind);
    return st;
}

itp_status itp_surrogate_use_kernel(itp_surrogate *s, const char *expression)
{
    itp_kernel *kernel;
    if (s->class) s->class->clear(s);
    s->class = NULL;
    if (strcmp(itp_kernel_name(s->kernel), expression) == 0) return ITP_OK;
    itp_status st = itp_kernel_create(&kernel, expression, s->d, s->columns, NULL);
    if (st != ITP_OK) return st;
    itp_kernel_destroy(s->kernel);
    s->kernel = kernel;
    return ITP_OK;
}

static itp_status take_rows(itp_surrogate *s, const itp_data *data)
{
    s->rows.n = 0;
    itp_status st = itp_rows_add(&s->rows, data);
    s->noise = s->options.noise;
    for (size_t i = 0; i < s->rows.n && s->noise == ITP_NOISE_KNOWN; i++)
        if (isnan(s->rows.sd[i])) s->noise = ITP_NOISE_INFERRED;
    return st;
}

itp_status itp_surrogate_take(itp_surrogate *s, const itp_data *data)
{
    s->rows.n = 0;
    itp_status st = itp_rows_add(&s->rows, data);
    for (size_t i = 0; st == ITP_OK && i < s->rows.n; i++) itp_surrogate_to_latent_row(s, i);
    return st;
}

static itp_status fit_as(itp_surrogate *s, const itp_model_class *class, uint64_t seed,
                         itp_fit_report *report)
{
    int shares_state = s->class && s->class->append == class->append;
    if (s->class && !shares_state) s->class->clear(s);
    s->class = class;
    return class->fit(s, seed, report);
}

/* Under "auto": gross errors are set apart from the fitted model's rows; an average over
 * hyperparameters gives way to one fit where there are any. */
static itp_status set_errors_apart(itp_surrogate *s, uint64_t seed, itp_fit_report *report)
{
    if (strcmp(s->model_name, "auto") != 0) return ITP_OK;
    if (s->class == &ITP_MODEL_EXACT) {
        itp_status st = itp_gross_fit(s, seed, report);
        int is_averaged = itp_model_choose(s) == &ITP_MODEL_BAYES;
        if (st != ITP_OK || s->class != &ITP_MODEL_EXACT || !is_averaged) return st;
        return fit_as(s, &ITP_MODEL_BAYES, seed, report); /* none is set apart any more */
    }
    if (s->class != &ITP_MODEL_BAYES || !itp_gross_is_suspicious(s)) return ITP_OK;
    itp_status st = fit_as(s, &ITP_MODEL_EXACT, seed, report);
    if (st == ITP_OK) st = itp_gross_fit(s, seed, report);
    if (st != ITP_OK || s->class != &ITP_MODEL_EXACT) return st;
    return fit_as(s, &ITP_MODEL_BAYES, seed, report);
}

itp_status itp_surrogate_fit(itp_surrogate *s, const itp_data *data, uint64_t seed,
                             itp_fit_report *report)
{
    itp_fit_report own = {.step = ITP_FIT_PRIOR, .r_hat = NAN, .ess = NAN};
    itp_status st = itp_rows_check(data, s->d, s->columns);
    if (st != ITP_OK) return st;
    s->is_calibrated = 0;
    if ((st = itp_gross_carry(s, data)) != ITP_OK) return st;
    if ((st = take_rows(s, data)) != ITP_OK) return st;
    itp_blas_serial();
    if (itp_surrogate_should_choose(s)) {
        st = itp_surrogate_choose(s, seed);
    } else {
        int kind = itp_transform_find(s->transform_name); /* auto keeps what was chosen */
        st = itp_surrogate_fit_transforms(s, kind < 0 ? s->transform[0].kind
                                                      : (itp_transform_kind)kind);
    }
    if (st != ITP_OK) return st;
    for (size_t i = 0; i < s->rows.n; i++) itp_surrogate_to_latent_row(s, i);
    const itp_model_class *class = itp_model_choose(s);
    if (s->apart && class == &ITP_MODEL_BAYES) class = &ITP_MODEL_EXACT;
    st = fit_as(s, class, seed, &own);
    if (st == ITP_OK) st = set_errors_apart(s, seed, &own);
    free(s->apart);
    s->apart = NULL;
    if (st != ITP_OK) {
        if (s->class) s->class->clear(s);
        s->class = NULL;
        return st;
    }
    s->n_fit = s->rows.n;
    s->loo_fit = itp_surrogate_loo_density(s);
    snprintf(own.model, sizeof own.model, "%s", s->class->name);
    snprintf(own.kernel, sizeof own.kernel, "%s", itp_surrogate_kernel_name(s));
    snprintf(own.transform, sizeof own.transform, "%s", itp_surrogate_transform_name(s));
    s->report = own;
    if (report) *report = own;
    return ITP_OK;
}

itp_status itp_surrogate_append(itp_surrogate *s, const itp_data *rows)
{
    if (!s->class) return ITP_ENOTFIT;
    itp_status st = itp_rows_check(rows, s->d, s->columns);
    s->is_calibrated = 0;
    for (size_t i = 0; i < rows->n && st == ITP_OK; i++) {
        itp_data one = {1, s->d, rows->x + i * s->d, rows->y + i,
                        rows->noise_sd ? rows->noise_sd + i : NULL};
        if ((st = itp_rows_add(&s->rows, &one)) != ITP_OK) return st;
        itp_surrogate_to_latent_row(s, s->rows.n - 1);
        itp_blas_serial();
        if ((st = s->class->append(s)) != ITP_OK) s->rows.n--;
    }
    return st;
}

itp_status itp_surrogate_remove(itp_surrogate *s, size_t i)
{
    if (!s->class) return ITP_ENOTFIT;
    if (i >= s->rows.n) return ITP_EINVAL;
    s->is_calibrated = 0;
    itp_blas_serial();
    itp_status st = s->class->remove(s, i);
    if (st == ITP_OK) itp_rows_remove(&s->rows, i);
    return st;
}

int itp_surrogate_wants_fit(const itp_surrogate *s)
{
    if (!s->class) return 1;
    if (s->rows.n == s->n_fit) return 0;
    int is_exact = s->class == &ITP_MODEL_EXACT || s->class == &ITP_MODEL_ROBUST;
    if (s->rows.n <= ROWS_FEW && is_exact) return 1;
    if ((double)s->rows.n >= GROWN * (double)s->n_fit) return 1;
    if (GROWN * (double)s->rows.n <= (double)s->n_fit) return 1;
    return itp_surrogate_loo_density(s) < s->loo_fit - DEGRADED;
}

size_t itp_surrogate_n(const itp_surrogate *s)
{
    return s->rows.n;
}
