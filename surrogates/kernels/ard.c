/* ard.c - a radial family over scaled features: one lengthscale a column (automatic relevance).
 *   s = sum_e (a_e - b_e)^2 with features already divided by their lengthscale, so
 *   dk/d ln l_c = -2 h sum_(e of c) (a_e - b_e)^2,  dk/dx_c = 2 h sum_e (a_e - b_e) da_e/dx_c,
 * h = dk/ds. Periodic columns lie on a circle of circumference 1, columns that may be inactive on
 * an arc whose centre is "inactive" (Swersky et al. 2014), both locally as long as the plain
 * column. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "node.h"
#include "normal.h"
#include "simd.h"

double itp_feature_value(const itp_feature *feature, double x)
{
    double turn = 2 * ITP_PI, arc = ITP_PI / 2;
    switch (feature->kind) {
    case ITP_FEATURE_PLAIN: return x;
    case ITP_FEATURE_COS: return cos(turn * x) / turn;
    case ITP_FEATURE_SIN: return sin(turn * x) / turn;
    case ITP_FEATURE_ARC_COS: return isnan(x) ? 0 : cos(arc * x) / arc;
    case ITP_FEATURE_ARC_SIN: return isnan(x) ? 0 : sin(arc * x) / arc;
    case ITP_FEATURE_DESCRIPTOR: return x * 0.28867513459481287; /* 1/sqrt(12) */
    }
    return 0;
}

double itp_feature_slope(const itp_feature *feature, double x)
{
    double turn = 2 * ITP_PI, arc = ITP_PI / 2;
    switch (feature->kind) {
    case ITP_FEATURE_PLAIN: return 1;
    case ITP_FEATURE_COS: return -sin(turn * x);
    case ITP_FEATURE_SIN: return cos(turn * x);
    case ITP_FEATURE_ARC_COS: return isnan(x) ? 0 : -sin(arc * x);
    case ITP_FEATURE_ARC_SIN: return isnan(x) ? 0 : cos(arc * x);
    case ITP_FEATURE_DESCRIPTOR: return 0.28867513459481287;
    }
    return 0;
}

static void embed(const itp_node *node, const double *theta, size_t n, size_t d, const double *x,
                  itp_points *points, size_t at)
{
    for (size_t e = 0; e < node->n_features; e++) {
        const itp_feature *feature = &node->features[e];
        double scale = exp(-theta[feature->param]);
        double *f = points->f + (node->feature0 + e) * points->stride + at;
        const double *from = x + feature->column;
        if (feature->kind == ITP_FEATURE_PLAIN)
            for (size_t i = 0; i < n; i++) f[i] = scale * from[i * d];
        else
            for (size_t i = 0; i < n; i++) f[i] = scale * itp_feature_value(feature, from[i * d]);
    }
}

static void jacobian(const itp_node *node, const double *theta, const double *x, double *jac)
{
    for (size_t e = 0; e < node->n_features; e++) {
        const itp_feature *feature = &node->features[e];
        jac[node->feature0 + e] =
            exp(-theta[feature->param]) * itp_feature_slope(feature, x[feature->column]);
    }
}

/* s_j of m whole vectors of points. */
ITP_CLONES static void distances(size_t features, const double *a, size_t sa, const double *b,
                                 size_t sb, size_t m, double *restrict s)
{
    for (size_t j = 0; j < m; j += ITP_LANES) {
        itp_lanes sum = {0};
        for (size_t e = 0; e < features; e++) {
            itp_lanes t = a[e * sa] - *(const itp_lanes *)(b + e * sb + j);
            sum += t * t;
        }
        *(itp_lanes *)(s + j) = sum;
    }
}

enum { TOGETHER = 4 };

/* out[e] = sum_j g_j (a_e - b_ej)^2 over m whole vectors, TOGETHER features at a time. */
ITP_CLONES static void weighted_squares(size_t features, const double *a, size_t sa,
                                        const double *b, size_t sb, size_t m,
                                        const double *restrict g, double *restrict out)
{
    size_t e = 0;
    for (; e + TOGETHER <= features; e += TOGETHER) {
        itp_lanes sum[TOGETHER] = {{0}};
        for (size_t j = 0; j < m; j += ITP_LANES) {
            itp_lanes weight = *(const itp_lanes *)(g + j);
#pragma GCC unroll 4
            for (size_t f = 0; f < TOGETHER; f++) {
                itp_lanes t = a[(e + f) * sa] - *(const itp_lanes *)(b + (e + f) * sb + j);
                sum[f] += weight * t * t;
            }
        }
        for (size_t f = 0; f < TOGETHER; f++) {
            out[e + f] = 0;
            for (size_t l = 0; l < ITP_LANES; l++) out[e + f] += sum[f][l];
        }
    }
    for (; e < features; e++) {
        itp_lanes sum = {0};
        for (size_t j = 0; j < m; j += ITP_LANES) {
            itp_lanes t = a[e * sa] - *(const itp_lanes *)(b + e * sb + j);
            sum += *(const itp_lanes *)(g + j) * t * t;
        }
        out[e] = 0;
        for (size_t l = 0; l < ITP_LANES; l++) out[e] += sum[l];
    }
}

/* g = h w, followed by zeros up to a whole vector. */
ITP_CLONES static void weigh(size_t m, const double *restrict h, const double *restrict w,
                             double *restrict g)
{
    for (size_t j = m; j < itp_whole_lanes(m); j++) g[j] = 0;
    for (size_t j = 0; j < m; j++) g[j] = h[j] * w[j];
}

static double shape_of(const itp_node *node, const double *theta)
{
    return node->radial->has_shape ? exp(theta[node->param0 + node->n_params - 1]) : 0;
}

static const double *row_features(const itp_node *node, const itp_row *row)
{
    return row->b->f + node->feature0 * row->b->stride + row->j0;
}

static void row_distances(const itp_node *node, const itp_row *row, double *s)
{
    distances(node->n_features, row->fa + node->feature0 * row->sa, row->sa,
              row_features(node, row), row->b->stride, itp_whole_lanes(row->m), s);
}

static void value(const itp_node *node, const itp_row *row, double *k)
{
    double s[ITP_TILE], whole[ITP_TILE];
    row_distances(node, row, s);
    node->radial->value(itp_whole_lanes(row->m), s, shape_of(node, row->theta), whole);
    memcpy(k, whole, row->m * sizeof *k);
}

void itp_ard_both(const itp_node *node, const itp_row *row, double *k, double *h)
{
    double s[ITP_TILE];
    row_distances(node, row, s);
    node->radial->both(itp_whole_lanes(row->m), s, k, h);
}

void itp_ard_push(const itp_node *node, const itp_row *row, const double *h, const double *w,
                  double *grad)
{
    double g[ITP_TILE], sums[node->n_features];
    weigh(row->m, h, w, g);
    weighted_squares(node->n_features, row->fa + node->feature0 * row->sa, row->sa,
                     row_features(node, row), row->b->stride, itp_whole_lanes(row->m), g, sums);
    for (size_t e = 0; e < node->n_features; e++) grad[node->features[e].param] -= 2 * sums[e];
}

static void backward(const itp_node *node, const itp_row *row, const double *w, double *grad)
{
    double s[ITP_TILE], h[ITP_TILE], shape = shape_of(node, row->theta);
    row_distances(node, row, s);
    if (node->radial->has_shape) {
        node->radial->by_shape(row->m, s, shape, h);
        double *out = &grad[node->param0 + node->n_params - 1];
        for (size_t j = 0; j < row->m; j++) *out += w[j] * h[j];
    }
    node->radial->slope(itp_whole_lanes(row->m), s, shape, h);
    itp_ard_push(node, row, h, w, grad);
}

static void grad_x(const itp_node *node, const itp_row *row, const double *jac, const double *w,
                   double *dk, size_t ld)
{
    double s[ITP_TILE], g[ITP_TILE];
    row_distances(node, row, s);
    node->radial->slope(itp_whole_lanes(row->m), s, shape_of(node, row->theta), g);
    for (size_t j = 0; j < row->m; j++) g[j] *= 2 * w[j];
    for (size_t e = 0; e < node->n_features; e++) {
        size_t f = node->feature0 + e;
        double a = row->fa[f * row->sa], slope = jac[f];
        const double *b = row->b->f + f * row->b->stride + row->j0;
        double *out = dk + node->features[e].column * ld;
        for (size_t j = 0; j < row->m; j++) out[j] += g[j] * (a - b[j]) * slope;
    }
}

/* d2k/dx_c dy_e = -4 k'' t_c t_e - 2 k' [same feature], through both jacobians. */
static void mixed(const itp_node *node, const itp_row *row, const double *ja, const double *jb,
                  double w, size_t d, double *out)
{
    double s[ITP_TILE], h[ITP_TILE], shape = shape_of(node, row->theta);
    itp_row one = *row;
    one.m = 1;
    row_distances(node, &one, s);
    node->radial->slope(1, s, shape, h);
    double curve = node->radial->curve(s[0], shape);
    for (size_t e = 0; e < node->n_features; e++)
        for (size_t o = 0; o < node->n_features; o++) {
            size_t fe = node->feature0 + e, fo = node->feature0 + o;
            double te = row->fa[fe * row->sa] - row->b->f[fe * row->b->stride + row->j0];
            double to = row->fa[fo * row->sa] - row->b->f[fo * row->b->stride + row->j0];
            double second = -(e == o) * 2 * h[0] - (te * to != 0 ? 4 * curve * te * to : 0);
            out[node->features[e].column * d + node->features[o].column] +=
                w * second * ja[fe] * jb[fo];
        }
}

const itp_node_class ITP_NODE_ARD = {embed, jacobian, value, backward, grad_x, mixed};
