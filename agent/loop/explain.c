/* explain.c - the model of a decision, asked what it thinks matters.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "belief.h"
#include "sensitivity.h"

#define SAMPLES 1024 /* pairs; indices are good to about 0.03 */

/* One group a name: the columns of a label's codes belong together, descriptors stand alone. */
static size_t group_columns(const itp_space *space, size_t *group, itp_influence *influences)
{
    size_t n = 0;
    for (size_t j = 0; j < itp_space_d(space); j++) {
        const char *name = itp_space_column_name(space, j);
        size_t g = 0;
        while (g < n && strcmp(influences[g].name, name) != 0) g++;
        if (g == n) influences[n++] = (itp_influence){.name = name};
        group[j] = g;
    }
    return n;
}

static itp_status draw(const itp_space *space, uint64_t seed, double *x)
{
    size_t p = itp_space_n_params(space), d = itp_space_d(space);
    double *points = malloc((SAMPLES * p + 1) * sizeof *points);
    itp_status st = points ? itp_space_sample(space, SAMPLES, seed, points, NULL) : ITP_ENOMEM;
    for (size_t i = 0; st == ITP_OK && i < SAMPLES; i++)
        st = itp_space_encode(space, points + i * p, x + i * d, NULL);
    free(points);
    return st;
}

static int by_total(const void *a, const void *b)
{
    double x = ((const itp_influence *)a)->total, y = ((const itp_influence *)b)->total;
    return (x < y) - (x > y);
}

static itp_status find_influences(const itp_surrogate *model, const itp_snapshot *s,
                                  const double *relevance, itp_explanation *out)
{
    const itp_space *space = s->campaign->space;
    size_t d = itp_space_d(space);
    double *a = malloc((2 * SAMPLES * d + 2 * d + 1) * sizeof *a);
    size_t *group = malloc((d + 1) * sizeof *group);
    out->influences = calloc(d + 1, sizeof *out->influences);
    itp_status st = a && group && out->influences ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) {
        double *b = a + SAMPLES * d, *first = b + SAMPLES * d, *total = first + d;
        out->n_influences = group_columns(space, group, out->influences);
        st = draw(space, s->campaign->seed, a);
        if (st == ITP_OK) st = draw(space, s->campaign->seed + 1, b);
        if (st == ITP_OK)
            st = itp_sensitivity(model, SAMPLES, d, a, b, out->n_influences, group, first, total);
        for (size_t g = 0; st == ITP_OK && g < out->n_influences; g++) {
            out->influences[g].first = first[g];
            out->influences[g].total = total[g];
        }
        for (size_t j = 0; j < d; j++)
            out->influences[group[j]].relevance =
                fmax(out->influences[group[j]].relevance, relevance[j]);
        qsort(out->influences, out->n_influences, sizeof *out->influences, by_total);
    }
    free(group);
    free(a);
    return st;
}

/* In lengthscales; a coordinate that only one of them has counts as one. */
static double distance(size_t d, const double *relevance, const double *x, const double *y)
{
    double sum = 0;
    for (size_t j = 0; j < d; j++) {
        double gap = isnan(x[j]) && isnan(y[j])   ? 0
                     : isnan(x[j]) || isnan(y[j]) ? 1
                                                  : relevance[j] * (x[j] - y[j]);
        sum += gap * gap;
    }
    return sqrt(sum);
}

static void find_neighbours(const posed *p, size_t d, const double *relevance, const double *x,
                            itp_explanation *out)
{
    for (size_t i = 0; i < p->problem.n_measured; i++) {
        double far = distance(d, relevance, x, p->measured + i * d);
        size_t at = out->n_neighbours;
        while (at > 0 && far < out->neighbours[at - 1].distance) at--;
        if (at == ITP_NEIGHBOURS_MAX) continue;
        if (out->n_neighbours < ITP_NEIGHBOURS_MAX) out->n_neighbours++;
        for (size_t k = out->n_neighbours - 1; k > at; k--)
            out->neighbours[k] = out->neighbours[k - 1];
        out->neighbours[at].trial = p->measured_id[i];
        out->neighbours[at].distance = far;
    }
}

/* The modelled outcome that the first objective is, or the first that it is made of. */
static size_t explained(const beliefs *b)
{
    int outcome = b->campaign->objectives[0].outcome;
    for (size_t i = 0; i < b->n; i++) {
        int of_it = outcome >= 0
                        ? b->outcome[i] == (unsigned)outcome
                        : itp_expression_uses(b->campaign->objectives[0].what, b->outcome[i]);
        if (of_it) return i;
    }
    return 0;
}

/* Where a measurement at x will lie. */
static itp_status find_interval(itp_surrogate *model, const double *x, itp_explanation *out)
{
    itp_status st = itp_surrogate_calibrate(model, &out->calibration);
    if (st == ITP_OK) st = itp_surrogate_quantile(model, 1, x, 0.025, &out->low);
    return st == ITP_OK ? itp_surrogate_quantile(model, 1, x, 0.975, &out->high) : st;
}

static itp_status explain(const beliefs *b, const itp_snapshot *s, const double *point,
                          itp_explanation *out)
{
    size_t d = itp_space_d(s->campaign->space), which = explained(b);
    posed p;
    itp_status st = problem_pose(&p, b, s);
    if (st != ITP_OK) return st;
    double *relevance = malloc((2 * d + 1) * sizeof *relevance), *x = relevance + d;
    out->outcome = b->outcome[which];
    st = relevance ? itp_surrogate_relevance(b->of[which].model, relevance) : ITP_ENOMEM;
    if (st == ITP_OK) st = find_influences(b->of[which].model, s, relevance, out);
    if (st == ITP_OK && itp_space_encode(s->campaign->space, point, x, NULL) == ITP_OK) {
        find_neighbours(&p, d, relevance, x, out);
        st = find_interval(b->of[which].model, x, out);
    }
    free(relevance);
    problem_deinit(&p);
    return st;
}

itp_status itp_explain(const itp_snapshot *s, const double *point, itp_explanation *out)
{
    unsigned char fitted[ITP_OUTCOMES_MAX];
    beliefs b;
    *out = (itp_explanation){.low = NAN, .high = NAN};
    beliefs_init(&b, s->campaign, 0);
    itp_status st = b.n ? beliefs_update(&b, s, fitted) : ITP_ENOTFIT;
    if (st == ITP_OK) st = explain(&b, s, point, out);
    beliefs_deinit(&b);
    if (st != ITP_OK) itp_explanation_deinit(out);
    return st;
}

void itp_explanation_deinit(itp_explanation *explanation)
{
    free(explanation->influences);
    *explanation = (itp_explanation){0};
}
