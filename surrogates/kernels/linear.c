/* linear.c - k(a, b) = sum_c v_c a_c b_c over centred columns: Bayesian linear regression.
 *   Features sqrt(v_c) (x_c - 1/2), so that the prior is smallest at the centre of the cube; theta
 * holds ln v_c, dk/d ln v_c = a_c b_c. Rasmussen & Williams 2006, section 4.2.2.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "node.h"

static double centred(const itp_feature *feature, double x)
{
    if (feature->kind == ITP_FEATURE_DESCRIPTOR) return itp_feature_value(feature, x);
    return isnan(x) ? 0 : x - 0.5;
}

static void embed(const itp_node *node, const double *theta, size_t n, size_t d, const double *x,
                  itp_points *points, size_t at)
{
    for (size_t e = 0; e < node->n_features; e++) {
        const itp_feature *feature = &node->features[e];
        double scale = exp(0.5 * theta[feature->param]);
        double *f = points->f + (node->feature0 + e) * points->stride + at;
        for (size_t i = 0; i < n; i++) f[i] = scale * centred(feature, x[i * d + feature->column]);
    }
}

static void jacobian(const itp_node *node, const double *theta, const double *x, double *jac)
{
    for (size_t e = 0; e < node->n_features; e++) {
        const itp_feature *feature = &node->features[e];
        double slope = feature->kind == ITP_FEATURE_DESCRIPTOR ? itp_feature_slope(feature, 0) : 1;
        jac[node->feature0 + e] =
            isnan(x[feature->column]) ? 0 : slope * exp(0.5 * theta[feature->param]);
    }
}

static const double *column(const itp_node *node, const itp_row *row, size_t e)
{
    return row->b->f + (node->feature0 + e) * row->b->stride + row->j0;
}

static double own(const itp_node *node, const itp_row *row, size_t e)
{
    return row->fa[(node->feature0 + e) * row->sa];
}

static void value(const itp_node *node, const itp_row *row, double *k)
{
    memset(k, 0, row->m * sizeof *k);
    for (size_t e = 0; e < node->n_features; e++) {
        double a = own(node, row, e);
        const double *b = column(node, row, e);
        for (size_t j = 0; j < row->m; j++) k[j] += a * b[j];
    }
}

static void backward(const itp_node *node, const itp_row *row, const double *w, double *grad)
{
    for (size_t e = 0; e < node->n_features; e++) {
        double a = own(node, row, e), sum = 0;
        const double *b = column(node, row, e);
        for (size_t j = 0; j < row->m; j++) sum += w[j] * b[j];
        grad[node->features[e].param] += a * sum;
    }
}

static void grad_x(const itp_node *node, const itp_row *row, const double *jac, const double *w,
                   double *dk, size_t ld)
{
    for (size_t e = 0; e < node->n_features; e++) {
        double slope = jac[node->feature0 + e], *out = dk + node->features[e].column * ld;
        const double *b = column(node, row, e);
        for (size_t j = 0; j < row->m; j++) out[j] += w[j] * slope * b[j];
    }
}

static void mixed(const itp_node *node, const itp_row *row, const double *ja, const double *jb,
                  double w, size_t d, double *out)
{
    (void)row;
    for (size_t e = 0; e < node->n_features; e++) {
        size_t c = node->features[e].column;
        out[c * d + c] += w * ja[node->feature0 + e] * jb[node->feature0 + e];
    }
}

const itp_node_class ITP_NODE_LINEAR = {embed, jacobian, value, backward, grad_x, mixed};
