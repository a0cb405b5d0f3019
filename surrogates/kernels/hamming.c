/* hamming.c - exponentiated Hamming distance over codes: k = exp(-sum_c w_c [a_c != b_c]).
 *   w_c = 1 / (12 l_c^2): a mismatch counts as the mean squared distance 1/6 of two uniform points
 * does in an RBF of lengthscale l_c, so that lengthscales of categories and of reals mean the same
 * and share a prior. dk/d ln l_c = 2 w_c [a_c != b_c] k. "Inactive" (NaN) is one more level.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "node.h"

static void embed(const itp_node *node, const double *theta, size_t n, size_t d, const double *x,
                  itp_points *points, size_t at)
{
    (void)theta;
    for (size_t e = 0; e < node->n_features; e++) {
        double *f = points->f + (node->feature0 + e) * points->stride + at;
        for (size_t i = 0; i < n; i++) {
            double code = x[i * d + node->features[e].column];
            f[i] = isnan(code) ? -1 : code;
        }
    }
}

static void jacobian(const itp_node *node, const double *theta, const double *x, double *jac)
{
    (void)theta, (void)x;
    memset(jac + node->feature0, 0, node->n_features * sizeof *jac);
}

static double weight(const itp_node *node, const double *theta, size_t e)
{
    return exp(-2 * theta[node->features[e].param]) / 12;
}

static void value(const itp_node *node, const itp_row *row, double *k)
{
    memset(k, 0, row->m * sizeof *k);
    for (size_t e = 0; e < node->n_features; e++) {
        size_t f = node->feature0 + e;
        double a = row->fa[f * row->sa], w = weight(node, row->theta, e);
        const double *b = row->b->f + f * row->b->stride + row->j0;
        for (size_t j = 0; j < row->m; j++) k[j] += a != b[j] ? w : 0;
    }
    for (size_t j = 0; j < row->m; j++) k[j] = exp(-k[j]);
}

static void backward(const itp_node *node, const itp_row *row, const double *w, double *grad)
{
    double k[ITP_TILE];
    value(node, row, k);
    for (size_t j = 0; j < row->m; j++) k[j] *= w[j];
    for (size_t e = 0; e < node->n_features; e++) {
        size_t f = node->feature0 + e;
        double a = row->fa[f * row->sa], sum = 0;
        const double *b = row->b->f + f * row->b->stride + row->j0;
        for (size_t j = 0; j < row->m; j++) sum += a != b[j] ? k[j] : 0;
        grad[node->features[e].param] += 2 * weight(node, row->theta, e) * sum;
    }
}

static void grad_x(const itp_node *node, const itp_row *row, const double *jac, const double *w,
                   double *dk, size_t ld)
{
    (void)node, (void)row, (void)jac, (void)w, (void)dk, (void)ld; /* codes have no slope */
}

static void mixed(const itp_node *node, const itp_row *row, const double *ja, const double *jb,
                  double w, size_t d, double *out)
{
    (void)node, (void)row, (void)ja, (void)jb, (void)w, (void)d, (void)out;
}

const itp_node_class ITP_NODE_HAMMING = {embed, jacobian, value, backward, grad_x, mixed};
