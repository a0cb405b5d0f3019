/* scale.c - k = v k_1 with theta = ln v: the variance of one term of a sum. dk/d ln v = k.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "node.h"

static void value(const itp_node *node, const itp_row *row, double *k)
{
    double v = exp(row->theta[node->param0]);
    node->child[0]->class->value(node->child[0], row, k);
    for (size_t j = 0; j < row->m; j++) k[j] *= v;
}

static void scaled(const itp_node *node, const itp_row *row, const double *w, double *out)
{
    double v = exp(row->theta[node->param0]);
    for (size_t j = 0; j < row->m; j++) out[j] = v * w[j];
}

static void backward(const itp_node *node, const itp_row *row, const double *w, double *grad)
{
    double k[ITP_TILE];
    value(node, row, k);
    for (size_t j = 0; j < row->m; j++) grad[node->param0] += w[j] * k[j];
    scaled(node, row, w, k);
    node->child[0]->class->backward(node->child[0], row, k, grad);
}

static void grad_x(const itp_node *node, const itp_row *row, const double *jac, const double *w,
                   double *dk, size_t ld)
{
    double inner[ITP_TILE];
    scaled(node, row, w, inner);
    node->child[0]->class->grad_x(node->child[0], row, jac, inner, dk, ld);
}

static void mixed(const itp_node *node, const itp_row *row, const double *ja, const double *jb,
                  double w, size_t d, double *out)
{
    w *= exp(row->theta[node->param0]);
    node->child[0]->class->mixed(node->child[0], row, ja, jb, w, d, out);
}

const itp_node_class ITP_NODE_SCALE = {NULL, NULL, value, backward, grad_x, mixed};
