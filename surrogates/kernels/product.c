/* product.c - k = k_1 k_2 ...: effects that modulate each other.
 *   d(k_1 k_2) = k_2 dk_1 + k_1 dk_2: each child is differentiated with the weights times the
 * others' values. Mixed second derivatives pick up the cross terms d_x k_1 d_y k_2 as well.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "node.h"

static void value(const itp_node *node, const itp_row *row, double *k)
{
    double factor[ITP_TILE];
    node->child[0]->class->value(node->child[0], row, k);
    for (unsigned c = 1; c < node->n_children; c++) {
        node->child[c]->class->value(node->child[c], row, factor);
        for (size_t j = 0; j < row->m; j++) k[j] *= factor[j];
    }
}

/* out = w times all children's values but those of `skip` and `also`. */
static void others(const itp_node *node, const itp_row *row, unsigned skip, unsigned also,
                   const double *w, double *out)
{
    double factor[ITP_TILE];
    memcpy(out, w, row->m * sizeof *out);
    for (unsigned c = 0; c < node->n_children; c++) {
        if (c == skip || c == also) continue;
        node->child[c]->class->value(node->child[c], row, factor);
        for (size_t j = 0; j < row->m; j++) out[j] *= factor[j];
    }
}

static void backward(const itp_node *node, const itp_row *row, const double *w, double *grad)
{
    double inner[ITP_TILE];
    for (unsigned c = 0; c < node->n_children; c++) {
        others(node, row, c, c, w, inner);
        node->child[c]->class->backward(node->child[c], row, inner, grad);
    }
}

static void grad_x(const itp_node *node, const itp_row *row, const double *jac, const double *w,
                   double *dk, size_t ld)
{
    double inner[ITP_TILE];
    for (unsigned c = 0; c < node->n_children; c++) {
        others(node, row, c, c, w, inner);
        node->child[c]->class->grad_x(node->child[c], row, jac, inner, dk, ld);
    }
}

/* Gradient of child c at the row's first pair in its first point, d values. */
static void first(const itp_node *child, const itp_row *row, const double *jac, size_t d,
                  double *out)
{
    double one = 1;
    memset(out, 0, d * sizeof *out);
    child->class->grad_x(child, row, jac, &one, out, 1);
}

static void mixed(const itp_node *node, const itp_row *row, const double *ja, const double *jb,
                  double w, size_t d, double *out)
{
    double dx[d], dy[d], inner;
    itp_row one = *row;
    one.m = 1;
    itp_points a = {1, row->sa, row->b->features, (double *)row->fa};
    itp_row swapped = {row->theta, row->b->f + row->j0, row->b->stride, &a, 0, 1};
    for (unsigned c = 0; c < node->n_children; c++) {
        others(node, &one, c, c, &w, &inner);
        node->child[c]->class->mixed(node->child[c], &one, ja, jb, inner, d, out);
        for (unsigned o = 0; o < node->n_children; o++) {
            if (o == c) continue;
            others(node, &one, c, o, &w, &inner);
            first(node->child[c], &one, ja, d, dx);
            first(node->child[o], &swapped, jb, d, dy);
            for (size_t i = 0; i < d; i++)
                for (size_t j = 0; j < d; j++) out[i * d + j] += inner * dx[i] * dy[j];
        }
    }
}

const itp_node_class ITP_NODE_PRODUCT = {NULL, NULL, value, backward, grad_x, mixed};
