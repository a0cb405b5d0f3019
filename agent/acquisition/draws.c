/* draws.c - one factor a member and outcome, grown by rows.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "draws.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chol.h"
#include "sobol.h"
#include "stream.h"

enum { NEW_SLOTS = 24 }; /* points that may join before the normals are drawn in more dimensions */

/* Pivots and conditional variances below this (latent units) are exact knowledge. */
static const double VAR_MIN = 1e-12;

/* One outcome under one member. */
typedef struct {
    itp_anchors *anchors;
    itp_chol factor;
    size_t first, count; /* its draws */
} strand;

struct itp_draws {
    const itp_view *view;
    size_t d, m, n, b, b_max, measured;
    uint64_t seed;
    size_t *members;  /* m; 0: outcome without a model */
    strand **strands; /* m x members */
    double *normal;   /* b_max + 1 slots, each m x n */
    double *value;    /* b_max anchors, each m x n: latent values */
};

/* Slots: measured anchors come last, so that a new point and those pending get Sobol's first and
 * best dimensions. Slot i of b_max + 1 holds dimensions slot * m .. slot * m + m - 1. */
static size_t slot_of(const itp_draws *w, size_t anchor)
{
    if (anchor >= w->measured) return anchor - w->measured;
    return w->b_max - w->measured + 1 + anchor;
}

static double *normals(const itp_draws *w, size_t anchor, size_t outcome)
{
    return w->normal + (slot_of(w, anchor) * w->m + outcome) * w->n;
}

/* Draws the normals of all slots. */
static itp_status draw_normals(itp_draws *w)
{
    size_t dims = (w->b_max + 1) * w->m;
    double *row = malloc(dims * sizeof *row);
    itp_sobol *sobol = NULL;
    itp_status st = row ? itp_sobol_create(&sobol, dims, w->seed) : ITP_ENOMEM;
    for (size_t s = 0; s < w->n && st == ITP_OK; s++) {
        itp_sobol_next_normal(sobol, row);
        for (size_t i = 0; i < dims; i++) w->normal[i * w->n + s] = row[i];
    }
    itp_sobol_destroy(sobol);
    free(row);
    return st;
}

/* z += L row j times normals for anchor j of one strand. */
static void value_at_anchor(itp_draws *w, const strand *t, size_t k, size_t j, double mean)
{
    double *z = w->value + (j * w->m + k) * w->n;
    const double *row = t->factor.l + j * t->factor.stride;
    for (size_t s = t->first; s < t->first + t->count; s++) z[s] = mean;
    for (size_t i = 0; i <= j; i++) {
        const double *e = normals(w, i, k);
        for (size_t s = t->first; s < t->first + t->count; s++) z[s] += row[i] * e[s];
    }
}

static itp_status join(itp_draws *w, strand *t, size_t k, const double *x, double *row)
{
    double mean, var;
    itp_status st = itp_anchors_cross(t->anchors, x, &mean, &var, row, NULL, NULL, NULL);
    if (st == ITP_OK) st = itp_chol_append(&t->factor, row, var, VAR_MIN);
    if (st == ITP_OK) st = itp_anchors_add(t->anchors, x);
    if (st == ITP_OK) value_at_anchor(w, t, k, w->b, mean);
    return st;
}

static itp_status add(itp_draws *w, const double *x)
{
    double *row = malloc((w->b + 1) * sizeof *row);
    itp_status st = row ? ITP_OK : ITP_ENOMEM;
    for (size_t k = 0; k < w->m; k++)
        for (size_t i = 0; i < w->members[k] && st == ITP_OK; i++)
            st = join(w, &w->strands[k][i], k, x, row);
    if (st == ITP_OK) w->b++;
    free(row);
    return st;
}

static itp_status open_strands(itp_draws *w, const double *x)
{
    for (size_t k = 0; k < w->m; k++) {
        const itp_surrogate *model = w->view->problem->belief[k];
        size_t members = model ? itp_surrogate_members(model) : 0;
        if (members > w->n) members = w->n;
        if (members == 0) continue;
        w->strands[k] = calloc(members, sizeof **w->strands);
        if (!w->strands[k]) return ITP_ENOMEM;
        w->members[k] = members;
        for (size_t i = 0; i < members; i++) {
            strand *t = &w->strands[k][i];
            itp_chol_init(&t->factor);
            t->first = i * w->n / members;
            t->count = (i + 1) * w->n / members - t->first;
            itp_status st = itp_anchors_create(&t->anchors, model, i, 0, x);
            if (st != ITP_OK) return st;
        }
    }
    return ITP_OK;
}

itp_status itp_draws_create(itp_draws **out, const itp_view *view, size_t n_draws, size_t b,
                            const double *x, size_t measured, const char *purpose)
{
    itp_draws *w = calloc(1, sizeof *w);
    if (!w) return ITP_ENOMEM;
    *w = (itp_draws){.view = view, .d = view->d, .m = view->m, .n = n_draws, .measured = measured};
    w->b_max = b + NEW_SLOTS;
    itp_stream stream;
    itp_stream_init(&stream, view->problem->seed, view->problem->number, purpose);
    w->seed = itp_stream_bits(&stream);
    w->members = calloc(w->m + 1, sizeof *w->members);
    w->strands = calloc(w->m + 1, sizeof *w->strands);
    w->normal = malloc((w->b_max + 1) * w->m * w->n * sizeof *w->normal + 1);
    w->value = malloc(w->b_max * w->m * w->n * sizeof *w->value + 1);
    itp_status st = ITP_ENOMEM;
    if (w->members && w->strands && w->normal && w->value) st = draw_normals(w);
    if (st == ITP_OK) st = open_strands(w, x);
    for (size_t j = 0; j < b && st == ITP_OK; j++) st = add(w, x + j * w->d);
    if (st == ITP_OK)
        *out = w;
    else
        itp_draws_destroy(w);
    return st;
}

void itp_draws_destroy(itp_draws *w)
{
    if (!w) return;
    for (size_t k = 0; w->strands && w->members && k < w->m; k++) {
        for (size_t i = 0; i < w->members[k]; i++) {
            itp_anchors_destroy(w->strands[k][i].anchors);
            itp_chol_deinit(&w->strands[k][i].factor);
        }
        free(w->strands[k]);
    }
    free(w->strands);
    free(w->members);
    free(w->normal);
    free(w->value);
    free(w);
}

/* More slots: the leading dimensions of the sequence stay what they were, those of the measured
 * anchors move, so all values at anchors are made again from the same factors. */
static itp_status widen(itp_draws *w)
{
    size_t b_max = w->b_max + 2 * NEW_SLOTS;
    double *normal = malloc((b_max + 1) * w->m * w->n * sizeof *normal);
    double *value = malloc(b_max * w->m * w->n * sizeof *value);
    double *mean = malloc((w->b + w->b * w->b + 1) * sizeof *mean);
    if (!normal || !value || !mean) {
        free(normal);
        free(value);
        free(mean);
        return ITP_ENOMEM;
    }
    free(w->normal);
    free(w->value);
    w->normal = normal, w->value = value, w->b_max = b_max;
    itp_status st = draw_normals(w);
    for (size_t k = 0; k < w->m; k++) {
        for (size_t i = 0; i < w->members[k] && st == ITP_OK; i++) {
            const strand *t = &w->strands[k][i];
            st = itp_anchors_joint(t->anchors, mean, mean + w->b);
            for (size_t j = 0; j < w->b && st == ITP_OK; j++) value_at_anchor(w, t, k, j, mean[j]);
        }
    }
    free(mean);
    return st;
}

itp_status itp_draws_extend(itp_draws *w, const double *x)
{
    itp_status st = w->b == w->b_max ? widen(w) : ITP_OK;
    return st == ITP_OK ? add(w, x) : st;
}

size_t itp_draws_count(const itp_draws *w)
{
    return w->n;
}

size_t itp_draws_anchors(const itp_draws *w)
{
    return w->b;
}

void itp_draws_anchor(const itp_draws *w, size_t j, size_t s, double *z)
{
    for (size_t k = 0; k < w->m; k++)
        z[k] = w->members[k] ? w->value[(j * w->m + k) * w->n + s] : 0;
}

/* --- A new point ------------------------------------------------------------------------------ */

/* Work of one strand: sd, dmean d, dvar d, cov b, w b, dcov b x d. */
static size_t strand_work(const itp_draws *w)
{
    return 1 + 2 * w->d + 2 * w->b + w->b * w->d;
}

size_t itp_draws_work(const itp_draws *w)
{
    size_t strands = 0;
    for (size_t k = 0; k < w->m; k++) strands += w->members[k];
    return strands * strand_work(w) + w->b;
}

static itp_status strand_at(const itp_draws *w, const strand *t, size_t k, const double *x,
                            double *z, int grad, double *work)
{
    size_t b = w->b, d = w->d;
    double mean, var, taken = 0;
    double *sd = work, *dmean = sd + 1, *dvar = dmean + d, *cov = dvar + d, *v = cov + b;
    itp_status st = itp_anchors_cross(t->anchors, x, &mean, &var, cov, grad ? dmean : NULL,
                                      grad ? dvar : NULL, grad ? v + b : NULL);
    if (st != ITP_OK) return st;
    memcpy(v, cov, b * sizeof *v);
    if (b > 0) itp_chol_solve_l(&t->factor, 1, v, 1);
    for (size_t j = 0; j < b; j++) taken += v[j] * v[j];
    *sd = sqrt(fmax(var - taken, VAR_MIN));
    const double *e = w->normal + (slot_of(w, b) * w->m + k) * w->n;
    for (size_t s = t->first; s < t->first + t->count; s++) z[s] = mean + *sd * e[s];
    for (size_t j = 0; j < b; j++) {
        const double *ej = normals(w, j, k);
        for (size_t s = t->first; s < t->first + t->count; s++) z[s] += v[j] * ej[s];
    }
    return ITP_OK;
}

itp_status itp_draws_at(const itp_draws *w, const double *x, double *z, int grad, double *work)
{
    for (size_t k = 0; k < w->m; k++) {
        if (!w->members[k]) memset(z + k * w->n, 0, w->n * sizeof *z);
        for (size_t i = 0; i < w->members[k]; i++, work += strand_work(w)) {
            itp_status st = strand_at(w, &w->strands[k][i], k, x, z + k * w->n, grad, work);
            if (st != ITP_OK) return st;
        }
    }
    return ITP_OK;
}

/* With a = sum g, c = sum g e_new and B_j = sum g e_j: the gradient is
 *   a dmean + c/(2 sd) dvar + [L^-T (B - (c/sd) w)]' dcov. */
static void strand_pull(const itp_draws *w, const strand *t, size_t k, const double *g,
                        const double *work, double *pulled, double *grad)
{
    size_t b = w->b, d = w->d, end = t->first + t->count;
    const double *dmean = work + 1, *dvar = dmean + d, *v = dvar + d + b, *dcov = v + b;
    const double *e = w->normal + (slot_of(w, b) * w->m + k) * w->n;
    double sd = work[0], a = 0, c = 0;
    for (size_t s = t->first; s < end; s++) a += g[s], c += g[s] * e[s];
    if (sd * sd <= VAR_MIN) c = 0; /* clamped: the variance does not answer */
    for (size_t j = 0; j < b; j++) {
        const double *ej = normals(w, j, k);
        double sum = 0;
        for (size_t s = t->first; s < end; s++) sum += g[s] * ej[s];
        pulled[j] = sum - c / sd * v[j];
    }
    if (b > 0) itp_chol_solve_lt(&t->factor, 1, pulled, 1);
    for (size_t j = 0; j < d; j++) grad[j] += a * dmean[j] + 0.5 * c / sd * dvar[j];
    for (size_t i = 0; i < b; i++)
        for (size_t j = 0; j < d; j++) grad[j] += pulled[i] * dcov[i * d + j];
}

void itp_draws_pull(const itp_draws *w, const double *g, double *work, double *grad)
{
    double *pulled = work + itp_draws_work(w) - w->b;
    for (size_t k = 0; k < w->m; k++)
        for (size_t i = 0; i < w->members[k]; i++, work += strand_work(w))
            strand_pull(w, &w->strands[k][i], k, g + k * w->n, work, pulled, grad);
}

/* Work: z and g (m x n), the logs (n), z, dz and spare of one draw (m each), then the draws' own.
 */
size_t itp_draws_log_mean_work(const itp_draws *w)
{
    return (2 * w->m + 1) * w->n + 3 * w->m + itp_draws_work(w);
}

double itp_draws_log_mean(const itp_draws *w, const double *x, itp_draw_value *f,
                          const void *context, double *grad, double *work)
{
    size_t n = w->n, m = w->m;
    double *z = work, *g = z + m * n, *logs = g + m * n, *one = logs + n, *dz = one + m;
    double *spare = dz + m, *rest = spare + m, top = -INFINITY, sum = 0;
    if (itp_draws_at(w, x, z, grad != NULL, rest) != ITP_OK) return -INFINITY;
    for (size_t s = 0; s < n; s++) {
        for (size_t k = 0; k < m; k++) one[k] = z[k * n + s];
        logs[s] = f(context, s, one, grad ? dz : NULL, spare);
        for (size_t k = 0; grad && k < m; k++) g[k * n + s] = logs[s] == -INFINITY ? 0 : dz[k];
        top = fmax(top, logs[s]);
    }
    if (top == -INFINITY) return top;
    for (size_t s = 0; s < n; s++) sum += logs[s] = exp(logs[s] - top);
    for (size_t k = 0; grad && k < m; k++)
        for (size_t s = 0; s < n; s++) g[k * n + s] *= logs[s] / sum;
    if (grad) itp_draws_pull(w, g, rest, grad);
    return top + log(sum / (double)n);
}
