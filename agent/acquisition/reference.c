/* reference.c - SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"

static size_t from_table(const itp_view *view, itp_stream *stream, size_t max, double *x)
{
    const itp_space *space = view->problem->space;
    const double *rows = itp_space_candidates(space);
    size_t all = itp_space_n_candidates(space), d = view->d, n = 0;
    /* Selection sampling (Knuth, algorithm S): each row equally likely, in their order. */
    for (size_t row = 0; row < all && n < max; row++) {
        double chance = (double)(max < all ? max - n : all - row) / (double)(all - row);
        if (max < all && itp_stream_uniform(stream) >= chance) continue;
        memcpy(x + n++ * d, rows + row * d, d * sizeof *x);
    }
    return n;
}

itp_status itp_reference_and_best(const itp_view *view, size_t max, size_t top, const char *purpose,
                                  size_t *n, double **x)
{
    const itp_problem *p = view->problem;
    size_t d = view->d, n_params = itp_space_n_params(p->space);
    itp_stream stream;
    itp_stream_init(&stream, p->seed, p->number, purpose);
    *n = 0;
    *x = malloc((max + top) * d * sizeof **x);
    double *points = malloc(max * n_params * sizeof *points);
    char *used = calloc(view->n + 1, 1);
    itp_status st = *x && points && used ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK && itp_space_n_candidates(p->space) > 0) {
        *n = from_table(view, &stream, max, *x);
    } else if (st == ITP_OK) {
        st = itp_space_sample(p->space, max, itp_stream_bits(&stream), points, NULL);
        for (size_t i = 0; i < max && st == ITP_OK; i++)
            *n += itp_space_encode(p->space, points + i * n_params, *x + *n * d, NULL) == ITP_OK;
    }
    for (size_t k = 0; k < top && st == ITP_OK && view->believed && p->n_goals > 0; k++) {
        double best = -INFINITY;
        size_t at = view->n;
        for (size_t i = 0; i < view->n; i++) {
            double value = itp_view_utility(view, view->mean + i * view->m, NULL);
            if (!used[i] && value > best) best = value, at = i;
        }
        if (at == view->n) break;
        used[at] = 1;
        memcpy(*x + (*n)++ * d, p->measured + at * d, d * sizeof **x);
    }
    free(points);
    free(used);
    if (st != ITP_OK) free(*x);
    return st;
}

itp_status itp_reference_points(const itp_view *view, size_t max, const char *purpose, size_t *n,
                                double **x)
{
    return itp_reference_and_best(view, max, 0, purpose, n, x);
}
