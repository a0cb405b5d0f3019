/* hyper_json.c - hyperparameters as JSON; 17 digits bring every double back exactly.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "model.h"

static json_t *reals(const double *v, size_t n)
{
    json_t *array = json_array();
    for (size_t i = 0; i < n; i++) json_array_append_new(array, json_real(v[i]));
    return array;
}

json_t *itp_hyper_to_json(const itp_hyper *hyper, size_t n_params)
{
    return json_pack("{s:o, s:o, s:f, s:f}", "theta", reals(hyper->theta, n_params), "warp",
                     reals(hyper->warp.p, 2 * hyper->warp.n), "ln_noise", hyper->ln_noise, "mean",
                     hyper->mean);
}

static int read_reals(const json_t *array, size_t n, double *v)
{
    if (!json_is_array(array) || json_array_size(array) != n) return 0;
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_array_get(array, i);
        if (!json_is_number(item)) return 0;
        v[i] = json_number_value(item);
    }
    return 1;
}

itp_status itp_hyper_from_json(const json_t *from, const itp_kernel *kernel, const itp_warp *warp,
                               itp_hyper *hyper)
{
    itp_status st = itp_hyper_init(hyper, kernel);
    if (st == ITP_OK && warp->n) st = itp_warp_copy(&hyper->warp, warp);
    if (st != ITP_OK) return st;
    const json_t *noise = json_object_get(from, "ln_noise"), *mean = json_object_get(from, "mean");
    if (!json_is_number(noise) || !json_is_number(mean)) return ITP_EPARSE;
    hyper->ln_noise = json_number_value(noise);
    hyper->mean = json_number_value(mean);
    if (!read_reals(json_object_get(from, "theta"), itp_kernel_n_params(kernel), hyper->theta) ||
        !read_reals(json_object_get(from, "warp"), 2 * warp->n, hyper->warp.p))
        return ITP_EPARSE;
    return ITP_OK;
}
