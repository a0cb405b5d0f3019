/* save.c - what was chosen, as JSON: model, kernel, transforms, hyperparameters. Data are not in
 * it.
 *   {"version":1, "model":"exact", "kernel":"matern52", "noise":0, "n":40, "chosen":30, "loo":-0.1,
 *    "transforms":[{"kind":"standardise","c0":..,"s0":..,"lambda":1,"c1":0,"s1":1}], ...model's
 * own} SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blas.h"
#include "model.h"

enum { SAVE_VERSION = 1 };

static json_t *transforms(const itp_surrogate *s)
{
    json_t *array = json_array();
    for (unsigned k = 0; k < s->outcomes; k++) {
        const itp_transform *t = &s->transform[k];
        json_array_append_new(array,
                              json_pack("{s:s, s:f, s:f, s:f, s:f, s:f}", "kind",
                                        itp_transform_name(t->kind), "c0", t->c0, "s0", t->s0,
                                        "lambda", t->lambda, "c1", t->c1, "s1", t->s1));
    }
    return array;
}

itp_status itp_surrogate_save(const itp_surrogate *s, char **out)
{
    if (!s->class) return ITP_ENOTFIT;
    json_t *root =
        json_pack("{s:i, s:s, s:s, s:i, s:I, s:I, s:f, s:o}", "version", SAVE_VERSION, "model",
                  s->class->name, "kernel", itp_kernel_name(s->kernel), "noise", (int)s->noise, "n",
                  (json_int_t)s->n_fit, "chosen", (json_int_t)s->n_choice, "loo", s->loo_fit,
                  "transforms", transforms(s));
    itp_status st = root ? s->class->save(s, root) : ITP_ENOMEM;
    char *text = st == ITP_OK ? json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(root);
    if (!text) return st == ITP_OK ? ITP_ENOMEM : st;
    *out = text;
    return ITP_OK;
}

static int read_transform(const json_t *from, itp_transform *t)
{
    const char *kind;
    if (json_unpack((json_t *)from, "{s:s, s:F, s:F, s:F, s:F, s:F}", "kind", &kind, "c0", &t->c0,
                    "s0", &t->s0, "lambda", &t->lambda, "c1", &t->c1, "s1", &t->s1) != 0)
        return 0;
    int found = itp_transform_find(kind);
    if (found < 0 || !(t->s0 > 0) || !(t->s1 > 0)) return 0;
    t->kind = (itp_transform_kind)found;
    return 1;
}

/* Everything but the data and the model's own part. */
static itp_status read_frame(itp_surrogate *s, const json_t *root, itp_error *err)
{
    const char *model, *kernel;
    json_int_t n, chosen;
    int version, noise;
    double loo;
    if (json_unpack((json_t *)root, "{s:i, s:s, s:s, s:i, s:I, s:I, s:F}", "version", &version,
                    "model", &model, "kernel", &kernel, "noise", &noise, "n", &n, "chosen", &chosen,
                    "loo", &loo) != 0)
        return itp_fail(err, ITP_EPARSE, "saved surrogate: a field is missing");
    if (version != SAVE_VERSION)
        return itp_fail(err, ITP_EVERSION, "saved surrogate: version %d, not %d", version,
                        SAVE_VERSION);
    const itp_model_class *class = itp_model_find(model);
    if (!class) return itp_fail(err, ITP_EPARSE, "saved surrogate: model \"%s\" is unknown", model);
    const json_t *array = json_object_get(root, "transforms");
    if (json_array_size(array) != s->outcomes)
        return itp_fail(err, ITP_EPARSE, "saved surrogate: another number of outcomes");
    for (unsigned k = 0; k < s->outcomes; k++)
        if (!read_transform(json_array_get(array, k), &s->transform[k]))
            return itp_fail(err, ITP_EPARSE, "saved surrogate: transform %u", k);
    itp_kernel *replacement;
    itp_status st = itp_kernel_create(&replacement, kernel, s->d, s->columns, err);
    if (st != ITP_OK) return ITP_EPARSE;
    itp_kernel_destroy(s->kernel);
    s->kernel = replacement;
    s->class = class;
    s->noise = (itp_noise)noise;
    s->n_fit = (size_t)n;
    s->n_choice = (size_t)chosen;
    s->loo_fit = loo;
    return ITP_OK;
}

itp_status itp_surrogate_restore(itp_surrogate *s, const char *saved, const itp_data *data,
                                 itp_error *err)
{
    json_error_t where;
    itp_status st = itp_rows_check(data, s->d, s->columns);
    if (st != ITP_OK) return itp_fail(err, st, "saved surrogate: the data do not fit it");
    json_t *root = json_loads(saved, 0, &where);
    if (!root) return itp_fail(err, ITP_EPARSE, "saved surrogate: %s", where.text);
    if (s->class) s->class->clear(s);
    s->class = NULL;
    s->is_calibrated = 0;
    itp_blas_serial();
    st = read_frame(s, root, err);
    if (st == ITP_OK) st = itp_surrogate_take(s, data);
    if (st == ITP_OK) st = s->class->restore(s, root);
    if (st != ITP_OK && s->class) {
        s->class->clear(s);
        s->class = NULL;
        itp_fail(err, st, "saved surrogate: %s", itp_status_text(st));
    }
    json_decref(root);
    return st;
}
