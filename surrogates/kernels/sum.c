/* sum.c - k = k_1 + k_2 + ...: effects that add up. Every derivative is the sum of the terms'.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "node.h"

static void value(const itp_node *node, const itp_row *row, double *k)
{
    double term[ITP_TILE];
    memset(k, 0, row->m * sizeof *k);
    for (unsigned c = 0; c < node->n_children; c++) {
        node->child[c]->class->value(node->child[c], row, term);
        for (size_t j = 0; j < row->m; j++) k[j] += term[j];
    }
}

static void backward(const itp_node *node, const itp_row *row, const double *w, double *grad)
{
    for (unsigned c = 0; c < node->n_children; c++)
        node->child[c]->class->backward(node->child[c], row, w, grad);
}

static void grad_x(const itp_node *node, const itp_row *row, const double *jac, const double *w,
                   double *dk, size_t ld)
{
    for (unsigned c = 0; c < node->n_children; c++)
        node->child[c]->class->grad_x(node->child[c], row, jac, w, dk, ld);
}

static void mixed(const itp_node *node, const itp_row *row, const double *ja, const double *jb,
                  double w, size_t d, double *out)
{
    for (unsigned c = 0; c < node->n_children; c++)
        node->child[c]->class->mixed(node->child[c], row, ja, jb, w, d, out);
}

const itp_node_class ITP_NODE_SUM = {NULL, NULL, value, backward, grad_x, mixed};
