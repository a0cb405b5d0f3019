/* mixed.c - numeric and categorical parts together (Ru et al. 2020, with unit variance kept):
 *   k = (1 - m)/2 (k_x + k_h) + m k_x k_h,  m = 1/(1 + exp(-theta)): main effects and interaction.
 *   dk/dk_x = (1 - m)/2 + m k_h and likewise for k_h;  dk/dm = k_x k_h - (k_x + k_h)/2.
 * Child 0 is the numeric part, child 1 the categorical one, which has no slope in x.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "node.h"

typedef struct {
    double x[ITP_TILE], h[ITP_TILE], m;
} parts;

static void evaluate(const itp_node *node, const itp_row *row, parts *p)
{
    p->m = 1 / (1 + exp(-row->theta[node->param0]));
    node->child[0]->class->value(node->child[0], row, p->x);
    node->child[1]->class->value(node->child[1], row, p->h);
}

static void value(const itp_node *node, const itp_row *row, double *k)
{
    parts p;
    evaluate(node, row, &p);
    for (size_t j = 0; j < row->m; j++)
        k[j] = 0.5 * (1 - p.m) * (p.x[j] + p.h[j]) + p.m * p.x[j] * p.h[j];
}

static void backward(const itp_node *node, const itp_row *row, const double *w, double *grad)
{
    parts p;
    double wx[ITP_TILE], wh[ITP_TILE], by_m = 0;
    evaluate(node, row, &p);
    for (size_t j = 0; j < row->m; j++) {
        by_m += w[j] * (p.x[j] * p.h[j] - 0.5 * (p.x[j] + p.h[j]));
        wx[j] = w[j] * (0.5 * (1 - p.m) + p.m * p.h[j]);
        wh[j] = w[j] * (0.5 * (1 - p.m) + p.m * p.x[j]);
    }
    grad[node->param0] += by_m * p.m * (1 - p.m);
    node->child[0]->class->backward(node->child[0], row, wx, grad);
    node->child[1]->class->backward(node->child[1], row, wh, grad);
}

static void grad_x(const itp_node *node, const itp_row *row, const double *jac, const double *w,
                   double *dk, size_t ld)
{
    parts p;
    double wx[ITP_TILE];
    evaluate(node, row, &p);
    for (size_t j = 0; j < row->m; j++) wx[j] = w[j] * (0.5 * (1 - p.m) + p.m * p.h[j]);
    node->child[0]->class->grad_x(node->child[0], row, jac, wx, dk, ld);
}

static void mixed(const itp_node *node, const itp_row *row, const double *ja, const double *jb,
                  double w, size_t d, double *out)
{
    parts p;
    itp_row one = *row;
    one.m = 1;
    evaluate(node, &one, &p);
    w *= 0.5 * (1 - p.m) + p.m * p.h[0];
    node->child[0]->class->mixed(node->child[0], &one, ja, jb, w, d, out);
}

const itp_node_class ITP_NODE_MIXED = {NULL, NULL, value, backward, grad_x, mixed};
