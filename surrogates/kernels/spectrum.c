/* spectrum.c - one random feature is a product: amplitude, at most one cosine (the cosines of a
 * product of radial parts merge, their frequencies side by side), signs of codes, linear forms.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_tree.h"
#include "normal.h"
#include "products.h"
#include "vector.h"

struct itp_spectrum {
    const itp_kernel *kernel;
    double *theta;
    size_t count;
    double *omega;             /* n_features x count: frequencies, over radial leaves */
    double *direction;         /* count x n_features: over linear leaves */
    uint64_t *key;             /* count x n_features: over hamming leaves, 0: the constant 1 */
    double *phase, *amplitude; /* count */
    unsigned char *has_cosine; /* count */
    int has_factors;           /* signs, linear forms */
};

/* z times this has the family's spectrum. */
static double spread(const itp_node *node, const double *theta, itp_stream *stream)
{
    static const struct {
        const itp_radial *radial;
        double nu;
    } MATERN[] = {{&ITP_MATERN12, 0.5}, {&ITP_MATERN32, 1.5}, {&ITP_MATERN52, 2.5}};
    for (size_t i = 0; i < 3; i++)
        if (node->radial == MATERN[i].radial)
            return 1 / sqrt(itp_stream_gamma(stream, MATERN[i].nu) / MATERN[i].nu);
    if (node->radial != &ITP_RQ) return 1;
    double alpha = exp(theta[node->param0 + node->n_params - 1]);
    return sqrt(itp_stream_gamma(stream, alpha) / alpha);
}

static void draw_leaf(itp_spectrum *s, const itp_node *node, size_t f, itp_stream *stream)
{
    size_t row = f * s->kernel->n_features + node->feature0;
    if (node->class == &ITP_NODE_ARD) {
        double scale = spread(node, s->theta, stream);
        s->has_cosine[f] = 1;
        for (size_t e = 0; e < node->n_features; e++)
            s->omega[(node->feature0 + e) * s->count + f] = scale * itp_stream_normal(stream);
        return;
    }
    for (size_t e = 0; e < node->n_features; e++) {
        if (node->class == &ITP_NODE_LINEAR) {
            s->direction[row + e] = itp_stream_bits(stream) >> 63 ? 1 : -1;
            continue;
        }
        if (node->class == &ITP_NODE_COREGION) {
            s->key[row + e] = itp_stream_bits(stream) | 1;
            continue;
        }
        double keep = exp(-exp(-2 * s->theta[node->features[e].param]) / 12);
        int constant = itp_stream_uniform(stream) < keep;
        uint64_t key = itp_stream_bits(stream) | 1;
        s->key[row + e] = constant ? 0 : key;
    }
}

static void draw(itp_spectrum *s, const itp_node *node, size_t f, double pick, itp_stream *stream);

/* Picks a term by its variance. */
static void draw_sum(itp_spectrum *s, const itp_node *node, size_t f, double pick,
                     itp_stream *stream)
{
    double total = 0, below = 0;
    for (unsigned c = 0; c < node->n_children; c++) total += exp(s->theta[node->child[c]->param0]);
    unsigned c = 0;
    for (; c + 1 < node->n_children; c++) {
        double share = exp(s->theta[node->child[c]->param0]) / total;
        if (pick < below + share) break;
        below += share;
    }
    s->amplitude[f] *= sqrt(total);
    draw(s, node->child[c]->child[0], f, itp_stream_uniform(stream), stream);
}

static void draw(itp_spectrum *s, const itp_node *node, size_t f, double pick, itp_stream *stream)
{
    if (node->class == &ITP_NODE_SUM) {
        draw_sum(s, node, f, pick, stream);
    } else if (node->class == &ITP_NODE_MIXED) {
        double m = 1 / (1 + exp(-s->theta[node->param0]));
        int both = pick < m, first = pick < m + 0.5 * (1 - m);
        if (both || first) draw(s, node->child[0], f, itp_stream_uniform(stream), stream);
        if (both || !first) draw(s, node->child[1], f, itp_stream_uniform(stream), stream);
    } else if (node->n_children > 0) {
        if (node->class == &ITP_NODE_SCALE) s->amplitude[f] *= exp(0.5 * s->theta[node->param0]);
        for (unsigned c = 0; c < node->n_children; c++)
            draw(s, node->child[c], f, itp_stream_uniform(stream), stream);
    } else {
        draw_leaf(s, node, f, stream);
    }
}

/* Leaves that multiply a feature by more than its cosine. */
static int has_factors(const itp_node *node)
{
    int found = node->class == &ITP_NODE_HAMMING || node->class == &ITP_NODE_COREGION ||
                node->class == &ITP_NODE_LINEAR;
    for (unsigned c = 0; c < node->n_children; c++) found |= has_factors(node->child[c]);
    return found;
}

itp_status itp_spectrum_create(itp_spectrum **out, const itp_kernel *kernel, const double *theta,
                               size_t count, itp_stream *stream)
{
    itp_spectrum *s = calloc(1, sizeof *s);
    if (!s) return ITP_ENOMEM;
    size_t features = kernel->n_features, params = kernel->n_params;
    s->kernel = kernel;
    s->count = count;
    s->has_factors = has_factors(kernel->root);
    s->theta = malloc((params + 1) * sizeof *s->theta);
    s->omega = calloc(count * features + 1, sizeof *s->omega);
    s->direction = calloc(count * features + 1, sizeof *s->direction);
    s->key = calloc(count * features + 1, sizeof *s->key);
    s->phase = calloc(count + 1, sizeof *s->phase);
    s->amplitude = calloc(count + 1, sizeof *s->amplitude);
    s->has_cosine = calloc(count + 1, 1);
    if (!s->theta || !s->omega || !s->direction || !s->key || !s->phase || !s->amplitude ||
        !s->has_cosine) {
        itp_spectrum_destroy(s);
        return ITP_ENOMEM;
    }
    memcpy(s->theta, theta, params * sizeof *theta);
    for (size_t f = 0; f < count; f++) { /* stratified picks: shares are met, not only expected */
        s->amplitude[f] = 1;
        draw(s, kernel->root, f, ((double)f + itp_stream_uniform(stream)) / (double)count, stream);
        if (!s->has_cosine[f]) continue;
        s->amplitude[f] *= ITP_SQRT_2;
        s->phase[f] = 2 * ITP_PI * itp_stream_uniform(stream);
    }
    *out = s;
    return ITP_OK;
}

void itp_spectrum_destroy(itp_spectrum *s)
{
    if (!s) return;
    free(s->theta);
    free(s->omega);
    free(s->direction);
    free(s->key);
    free(s->phase);
    free(s->amplitude);
    free(s->has_cosine);
    free(s);
}

typedef struct {
    const double *a, *jac, *x;
    double value;
    double *grad; /* d, or NULL */
} feature_value;

/* value *= factor; its gradient follows by the product rule: grad = grad factor + value dfactor. */
static void times(feature_value *v, size_t d, double factor)
{
    v->value *= factor;
    for (size_t c = 0; v->grad && c < d; c++) v->grad[c] *= factor;
}

static void leaf_factor(const itp_spectrum *s, const itp_node *node, size_t f, feature_value *v)
{
    size_t row = f * s->kernel->n_features, d = s->kernel->d;
    if (node->class == &ITP_NODE_HAMMING) {
        for (size_t e = node->feature0; e < node->feature0 + node->n_features; e++) {
            uint64_t key = s->key[row + e], code = (uint64_t)(int64_t)v->a[e];
            if (key && itp_mix64(key + code * 0x9e3779b97f4a7c15u) >> 63) times(v, d, -1);
        }
    } else if (node->class == &ITP_NODE_COREGION) {
        uint64_t key = s->key[row + node->feature0], code = (uint64_t)v->a[node->feature0];
        double loading = tanh(s->theta[node->param0 + code]);
        double common = itp_mix64(key) >> 63 ? 1 : -1;
        double own = itp_mix64(key + (code + 1) * 0x9e3779b97f4a7c15u) >> 63 ? 1 : -1;
        times(v, d, loading * common + sqrt(1 - loading * loading) * own);
    } else if (node->class == &ITP_NODE_LINEAR && s->direction[row + node->feature0] != 0) {
        double sum = 0, before = v->value;
        for (size_t e = node->feature0; e < node->feature0 + node->n_features; e++)
            sum += s->direction[row + e] * v->a[e];
        times(v, d, sum);
        for (size_t e = 0; v->grad && e < node->n_features; e++) {
            size_t at = node->feature0 + e;
            v->grad[node->features[e].column] += before * s->direction[row + at] * v->jac[at];
        }
    }
    for (unsigned c = 0; c < node->n_children; c++) leaf_factor(s, node->child[c], f, v);
}

/* Gradients amplitude dcos(w'a + b)/dx of every feature, through the radial leaves. */
static void add_cosine_grads(const itp_spectrum *s, const itp_node *node, const double *sine,
                             const double *jac, double *dphi)
{
    size_t d = s->kernel->d;
    for (size_t e = node->feature0; e < node->feature0 + node->n_features; e++) {
        if (node->class != &ITP_NODE_ARD) break;
        const double *omega = s->omega + e * s->count;
        double *grad = dphi + node->features[e - node->feature0].column;
        for (size_t f = 0; f < s->count; f++)
            grad[f * d] -= s->amplitude[f] * sine[f] * omega[f] * jac[e];
    }
    for (unsigned c = 0; c < node->n_children; c++)
        add_cosine_grads(s, node->child[c], sine, jac, dphi);
}

itp_status itp_spectrum_eval(const itp_spectrum *s, const double *x, double *phi, double *dphi)
{
    size_t features = s->kernel->n_features, d = s->kernel->d;
    double *sine = dphi ? malloc((s->count + 1) * sizeof *sine) : NULL;
    itp_points point;
    if (dphi && !sine) return ITP_ENOMEM;
    itp_status st = itp_kernel_embed_one(s->kernel, s->theta, x, &point);
    if (st != ITP_OK) {
        free(sine);
        return st;
    }
    const double *a = point.f, *jac = point.f + features;
    /* Features without a cosine have the angle 0. */
    memcpy(phi, s->phase, s->count * sizeof *phi);
    itp_times_t(features, s->count, 1, s->omega, s->count, a, 1, phi);
    itp_cosines(s->count, phi, sine);
    if (dphi) {
        memset(dphi, 0, s->count * d * sizeof *dphi);
        add_cosine_grads(s, s->kernel->root, sine, jac, dphi);
    }
    for (size_t f = 0; f < s->count; f++) phi[f] *= s->amplitude[f];
    for (size_t f = 0; s->has_factors && f < s->count; f++) {
        feature_value v = {a, jac, x, phi[f], dphi ? dphi + f * d : NULL};
        leaf_factor(s, s->kernel->root, f, &v);
        phi[f] = v.value;
    }
    itp_points_deinit(&point);
    free(sine);
    return ITP_OK;
}

/* Gradient of sum_f slope_f (w_f'a) through the radial leaves. */
static void add_angle_grads(const itp_spectrum *s, const itp_node *node, const double *slope,
                            const double *jac, double *grad)
{
    for (size_t e = node->feature0; e < node->feature0 + node->n_features; e++)
        if (node->class == &ITP_NODE_ARD)
            grad[node->features[e - node->feature0].column] +=
                jac[e] * itp_dot(s->count, s->omega + e * s->count, slope);
    for (unsigned c = 0; c < node->n_children; c++)
        add_angle_grads(s, node->child[c], slope, jac, grad);
}

itp_status itp_spectrum_sum(const itp_spectrum *s, const double *x, const double *w, double *value,
                            double *grad)
{
    size_t features = s->kernel->n_features, d = s->kernel->d, count = s->count;
    size_t room = s->has_factors ? count * (d + 1) : 2 * count;
    double *phi = malloc((room + 1) * sizeof *phi), *slope = phi + count;
    itp_points point;
    itp_status st = phi ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK && s->has_factors) {
        st = itp_spectrum_eval(s, x, phi, slope);
        if (st == ITP_OK) itp_times_t(count, d, 1, slope, d, w, 0, grad);
    } else if (st == ITP_OK) {
        st = itp_kernel_embed_one(s->kernel, s->theta, x, &point);
        if (st == ITP_OK) {
            memcpy(phi, s->phase, count * sizeof *phi);
            itp_times_t(features, count, 1, s->omega, count, point.f, 1, phi);
            itp_cosines(count, phi, slope);
            for (size_t f = 0; f < count; f++)
                phi[f] *= s->amplitude[f], slope[f] *= -w[f] * s->amplitude[f];
            memset(grad, 0, d * sizeof *grad);
            add_angle_grads(s, s->kernel->root, slope, point.f + features, grad);
            itp_points_deinit(&point);
        }
    }
    if (st == ITP_OK) *value = itp_dot(count, w, phi);
    free(phi);
    return st;
}
