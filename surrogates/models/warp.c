/* warp.c - at the ends of the range slopes of powers below 1 are infinite: x is kept 1e-9 inside.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "warp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double INSIDE = 1e-9;

itp_status itp_warp_init(itp_warp *warp, size_t d, const itp_column *columns)
{
    *warp = (itp_warp){0};
    warp->column = calloc(d + 1, sizeof *warp->column);
    warp->p = calloc(2 * d + 1, sizeof *warp->p);
    if (!warp->column || !warp->p) {
        itp_warp_deinit(warp);
        return ITP_ENOMEM;
    }
    for (size_t c = 0; c < d; c++)
        if (columns[c].kind == ITP_COLUMN_REAL) warp->column[warp->n++] = (unsigned)c;
    return ITP_OK;
}

itp_status itp_warp_copy(itp_warp *to, const itp_warp *from)
{
    itp_warp copy = {from->n, malloc((from->n + 1) * sizeof *copy.column),
                     malloc((2 * from->n + 1) * sizeof *copy.p)};
    if (!copy.column || !copy.p) {
        itp_warp_deinit(&copy);
        return ITP_ENOMEM;
    }
    if (from->n) {
        memcpy(copy.column, from->column, from->n * sizeof *copy.column);
        memcpy(copy.p, from->p, 2 * from->n * sizeof *copy.p);
    }
    itp_warp_deinit(to);
    *to = copy;
    return ITP_OK;
}

void itp_warp_deinit(itp_warp *warp)
{
    free(warp->column);
    free(warp->p);
    *warp = (itp_warp){0};
}

static double keep_inside(double x)
{
    return x < INSIDE ? INSIDE : x > 1 - INSIDE ? 1 - INSIDE : x;
}

void itp_warp_apply(const itp_warp *warp, size_t n, size_t d, const double *x, double *out)
{
    if (n && out != x) memcpy(out, x, n * d * sizeof *x);
    for (size_t i = 0; i < warp->n; i++) {
        double a = exp(warp->p[2 * i]), b = exp(warp->p[2 * i + 1]);
        for (size_t r = 0; r < n; r++) {
            double *v = &out[r * d + warp->column[i]];
            if (!isnan(*v)) *v = -expm1(b * log1p(-pow(keep_inside(*v), a)));
        }
    }
}

double itp_warp_slope(const itp_warp *warp, size_t i, double x)
{
    if (isnan(x)) return 0;
    double a = exp(warp->p[2 * i]), b = exp(warp->p[2 * i + 1]), u = keep_inside(x);
    double t = pow(u, a);
    return a * b * t / u * pow(1 - t, b - 1);
}

void itp_warp_by_params(const itp_warp *warp, size_t i, double x, double *by_a, double *by_b)
{
    *by_a = *by_b = 0;
    if (isnan(x)) return;
    double a = exp(warp->p[2 * i]), b = exp(warp->p[2 * i + 1]), u = keep_inside(x);
    double t = pow(u, a), power = pow(1 - t, b);
    *by_a = b * power / (1 - t) * t * a * log(u);
    *by_b = -power * b * log1p(-t);
}
