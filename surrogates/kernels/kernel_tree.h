/* kernel_tree.h - what an itp_kernel is inside: the root of its nodes and the table of parameters.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_KERNEL_TREE_H
#define ITP_KERNEL_TREE_H

#include "node.h"

struct itp_kernel {
    itp_node *root;
    size_t d, dims, n_params, n_features;
    itp_param *params; /* n_params */
    char name[64];
};

/* x embedded as one point, with its jacobian behind it: 2 x n_features doubles. */
itp_status itp_kernel_embed_one(const itp_kernel *kernel, const double *theta, const double *x,
                                itp_points *point);

#endif
