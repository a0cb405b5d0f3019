/* node.h - how a kernel tree is made inside: leaves read features, inner nodes combine children.
 *   Offsets into theta and into the features are absolute, so a node works on the vectors of the
 * whole tree. A row is one point a (its features `fa`, one every `sa`) against m <= ITP_TILE points
 * of b from j0 on. Weighted accumulation makes products simple: to differentiate k1 k2 one asks k1
 * with the weights times k2.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_NODE_H
#define ITP_NODE_H

#include "kernel.h"
#include "radial.h"

enum { ITP_TILE = 256, ITP_CHILDREN_MAX = 6 };

typedef struct itp_row {
    const double *theta, *fa;
    size_t sa; /* stride of fa */
    const itp_points *b;
    size_t j0, m;
} itp_row;

typedef struct itp_node itp_node;

typedef struct itp_node_class {
    /* Features of n points (x: n x d) at positions `at` ..; leaves only. */
    void (*embed)(const itp_node *node, const double *theta, size_t n, size_t d, const double *x,
                  itp_points *points, size_t at);
    /* jac[e] = d feature_e / d x of the one column it reads; leaves only. */
    void (*jacobian)(const itp_node *node, const double *theta, const double *x, double *jac);
    void (*value)(const itp_node *node, const itp_row *row, double *k);
    /* grad[p] += sum_j w_j dk_j/dtheta_p, p absolute. */
    void (*backward)(const itp_node *node, const itp_row *row, const double *w, double *grad);
    /* dk[c ld + j] += w_j dk_j/dx_c. */
    void (*grad_x)(const itp_node *node, const itp_row *row, const double *jac, const double *w,
                   double *dk, size_t ld);
    /* out[c d + e] += w d2k/dx_c dy_e of the row's first pair; jb: the jacobian of that point. */
    void (*mixed)(const itp_node *node, const itp_row *row, const double *ja, const double *jb,
                  double w, size_t d, double *out);
} itp_node_class;

/* How a column becomes features. */
typedef enum itp_feature_kind {
    ITP_FEATURE_PLAIN,     /* x / l */
    ITP_FEATURE_COS,       /* cos(2 pi x) / (2 pi l): a circle of circumference 1 */
    ITP_FEATURE_SIN,       /* sin(2 pi x) / (2 pi l) */
    ITP_FEATURE_ARC_COS,   /* (2/pi) cos(pi x / 2) / l, inactive 0: Swersky et al. 2014 */
    ITP_FEATURE_ARC_SIN,   /* (2/pi) sin(pi x / 2) / l, inactive 0 */
    ITP_FEATURE_DESCRIPTOR /* x / (sqrt(12) l): a standardised column spread as a uniform one */
} itp_feature_kind;

typedef struct itp_feature {
    itp_feature_kind kind;
    unsigned column;
    unsigned param; /* absolute index of its lengthscale in theta */
} itp_feature;

struct itp_node {
    const itp_node_class *class;
    size_t param0, n_params;
    size_t feature0, n_features;
    itp_feature *features; /* leaves: n_features */
    const itp_radial *radial;
    itp_node *child[ITP_CHILDREN_MAX];
    unsigned n_children;
};

extern const itp_node_class ITP_NODE_ARD, ITP_NODE_LINEAR, ITP_NODE_HAMMING, ITP_NODE_COREGION,
    ITP_NODE_SUM, ITP_NODE_PRODUCT, ITP_NODE_SCALE, ITP_NODE_MIXED;

/* ard.c: values and slopes dk/ds of a row at once (ITP_TILE each), for families that have `both`;
 * and the gradient from those slopes, grad[p] += sum_j w_j h_j ds_j/dtheta_p. */
void itp_ard_both(const itp_node *node, const itp_row *row, double *k, double *h);
void itp_ard_push(const itp_node *node, const itp_row *row, const double *h, const double *w,
                  double *grad);

/* Shared by the leaves over numeric columns. */
double itp_feature_value(const itp_feature *feature, double x);
double itp_feature_slope(const itp_feature *feature, double x);

#endif
