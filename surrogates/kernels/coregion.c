/* coregion.c - how outcomes of one coregionalised model go together: k(a, b) = r_a r_b for
 * different codes and 1 for the same one, r = tanh(theta), one loading an outcome on a common
 * factor. As a matrix over outcomes r r' + diag(1 - r^2): positive definite, unit diagonal, every
 * correlation of a pair in (-1, 1). Times the kernel of the inputs it is the intrinsic
 * coregionalisation model (Goovaerts 1997; Bonilla et al. 2008) of standardised outcomes, any of
 * which may be unobserved anywhere. dk/dtheta_a = (1 - r_a^2) r_b.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "node.h"

static void embed(const itp_node *node, const double *theta, size_t n, size_t d, const double *x,
                  itp_points *points, size_t at)
{
    double *f = points->f + node->feature0 * points->stride + at;
    (void)theta;
    for (size_t i = 0; i < n; i++) f[i] = x[i * d + node->features[0].column];
}

static void jacobian(const itp_node *node, const double *theta, const double *x, double *jac)
{
    (void)theta, (void)x;
    jac[node->feature0] = 0;
}

static const double *codes(const itp_node *node, const itp_row *row)
{
    return row->b->f + node->feature0 * row->b->stride + row->j0;
}

static void value(const itp_node *node, const itp_row *row, double *k)
{
    double a = row->fa[node->feature0 * row->sa];
    const double *b = codes(node, row), *theta = row->theta + node->param0;
    double own = tanh(theta[(size_t)a]);
    for (size_t j = 0; j < row->m; j++) k[j] = a == b[j] ? 1 : own * tanh(theta[(size_t)b[j]]);
}

static void backward(const itp_node *node, const itp_row *row, const double *w, double *grad)
{
    double a = row->fa[node->feature0 * row->sa];
    const double *b = codes(node, row), *theta = row->theta + node->param0;
    double own = tanh(theta[(size_t)a]), *out = grad + node->param0;
    for (size_t j = 0; j < row->m; j++) {
        if (a == b[j]) continue;
        double other = tanh(theta[(size_t)b[j]]);
        out[(size_t)a] += w[j] * (1 - own * own) * other;
        out[(size_t)b[j]] += w[j] * (1 - other * other) * own;
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

const itp_node_class ITP_NODE_COREGION = {embed, jacobian, value, backward, grad_x, mixed};
