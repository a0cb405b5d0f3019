/* kernel.c - embedding points and walking blocks of covariances, tile by tile.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

#include "kernel_tree.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void itp_points_deinit(itp_points *points)
{
    free(points->f);
    *points = (itp_points){0};
}

static itp_status reserve(itp_points *points, size_t features, size_t n)
{
    if (n <= points->stride && features == points->features) return ITP_OK;
    size_t stride = n + (points->n ? n / 4 + 8 : 0), kept = points->n;
    double *f = calloc(features * stride + ITP_POINTS_SLACK, sizeof *f);
    if (!f) return ITP_ENOMEM;
    if (features != points->features) kept = 0;
    for (size_t e = 0; e < features && kept; e++)
        memcpy(f + e * stride, points->f + e * points->stride, kept * sizeof *f);
    free(points->f);
    *points = (itp_points){kept, stride, features, f};
    return ITP_OK;
}

static void embed(const itp_kernel *kernel, const itp_node *node, const double *theta, size_t n,
                  const double *x, itp_points *points, size_t at)
{
    if (node->class->embed) node->class->embed(node, theta, n, kernel->d, x, points, at);
    for (unsigned c = 0; c < node->n_children; c++)
        embed(kernel, node->child[c], theta, n, x, points, at);
}

itp_status itp_kernel_embed_more(const itp_kernel *kernel, const double *theta, size_t n,
                                 const double *x, itp_points *points)
{
    itp_status st = reserve(points, kernel->n_features, points->n + n);
    if (st != ITP_OK) return st;
    embed(kernel, kernel->root, theta, n, x, points, points->n);
    points->n += n;
    return ITP_OK;
}

itp_status itp_kernel_embed(const itp_kernel *kernel, const double *theta, size_t n,
                            const double *x, itp_points *points)
{
    points->n = 0;
    return itp_kernel_embed_more(kernel, theta, n, x, points);
}

void itp_points_remove(itp_points *points, size_t i)
{
    for (size_t e = 0; e < points->features; e++) {
        double *f = points->f + e * points->stride + i;
        memmove(f, f + 1, (points->n - i - 1) * sizeof *f);
    }
    points->n--;
}

static void jacobian(const itp_node *node, const double *theta, const double *x, double *jac)
{
    if (node->class->jacobian) node->class->jacobian(node, theta, x, jac);
    for (unsigned c = 0; c < node->n_children; c++) jacobian(node->child[c], theta, x, jac);
}

static void value_row(const itp_kernel *kernel, itp_row row, size_t nj, double *out)
{
    const itp_node *root = kernel->root;
    double k[ITP_TILE];
    for (size_t j = 0; j < nj; j += ITP_TILE, row.j0 += ITP_TILE) {
        row.m = least(nj - j, ITP_TILE);
        root->class->value(root, &row, k);
        memcpy(out + j, k, row.m * sizeof *k);
    }
}

void itp_kernel_block(const itp_kernel *kernel, const double *theta, const itp_points *a, size_t i0,
                      size_t ni, const itp_points *b, size_t j0, size_t nj, double *out, size_t ld)
{
    for (size_t i = 0; i < ni; i++) {
        itp_row row = {theta, a->f + i0 + i, a->stride, b, j0, 0};
        value_row(kernel, row, nj, out + i * ld);
    }
}

void itp_kernel_lower(const itp_kernel *kernel, const double *theta, const itp_points *a, size_t i0,
                      size_t ni, double *out, size_t ld)
{
    for (size_t i = i0; i < i0 + ni; i++) {
        itp_row row = {theta, a->f + i, a->stride, a, 0, 0};
        value_row(kernel, row, i + 1, out + i * ld);
    }
}

int itp_kernel_lower_slopes(const itp_kernel *kernel, const double *theta, const itp_points *a,
                            double *out, size_t ld)
{
    const itp_node *root = kernel->root;
    double k[ITP_TILE], h[ITP_TILE];
    if (!root->radial || !root->radial->both) {
        itp_kernel_lower(kernel, theta, a, 0, a->n, out, ld);
        return 0;
    }
    for (size_t i = 0; i < a->n; i++) {
        double *slopes = out + (a->n - 1 - i) * ld + a->n - i;
        itp_row row = {theta, a->f + i, a->stride, a, 0, 0};
        for (size_t j = 0; j <= i; j += ITP_TILE, row.j0 += ITP_TILE) {
            row.m = least(i + 1 - j, ITP_TILE);
            itp_ard_both(root, &row, k, h);
            memcpy(out + i * ld + j, k, row.m * sizeof *k);
            memcpy(slopes + j, h, least(i - j, ITP_TILE) * sizeof *h);
        }
    }
    return 1;
}

void itp_kernel_push(const itp_kernel *kernel, const itp_points *a, size_t i, const double *slopes,
                     const double *w, double *grad)
{
    itp_row row = {NULL, a->f + i, a->stride, a, 0, 0};
    for (size_t j = 0; j < i; j += ITP_TILE, row.j0 += ITP_TILE) {
        row.m = least(i - j, ITP_TILE);
        itp_ard_push(kernel->root, &row, slopes + j, w + j, grad);
    }
}

void itp_kernel_diag(const itp_kernel *kernel, const double *theta, const itp_points *a,
                     double *out)
{
    for (size_t i = 0; i < a->n; i++) {
        itp_row row = {theta, a->f + i, a->stride, a, i, 1};
        kernel->root->class->value(kernel->root, &row, out + i);
    }
}

void itp_kernel_backward(const itp_kernel *kernel, const double *theta, const itp_points *a,
                         size_t i, const itp_points *b, size_t j0, size_t nj, const double *w,
                         double *grad)
{
    itp_row row = {theta, a->f + i, a->stride, b, j0, 0};
    for (size_t j = 0; j < nj; j += ITP_TILE, row.j0 += ITP_TILE) {
        row.m = least(nj - j, ITP_TILE);
        kernel->root->class->backward(kernel->root, &row, w + j, grad);
    }
}

itp_status itp_kernel_embed_one(const itp_kernel *kernel, const double *theta, const double *x,
                                itp_points *point)
{
    size_t features = kernel->n_features;
    *point = (itp_points){1, 1, features, calloc(2 * features + ITP_POINTS_SLACK, sizeof(double))};
    if (!point->f) return ITP_ENOMEM;
    embed(kernel, kernel->root, theta, 1, x, point, 0);
    jacobian(kernel->root, theta, x, point->f + features);
    return ITP_OK;
}

itp_status itp_kernel_grad_x(const itp_kernel *kernel, const double *theta, const double *x,
                             const itp_points *b, double *value, double *dk)
{
    double ones[ITP_TILE];
    itp_points point;
    for (size_t j = 0; j < ITP_TILE; j++) ones[j] = 1;
    itp_status st = itp_kernel_embed_one(kernel, theta, x, &point);
    if (st != ITP_OK) return st;
    const itp_node *root = kernel->root;
    itp_row row = {theta, point.f, 1, b, 0, 0};
    if (value) value_row(kernel, row, b->n, value);
    memset(dk, 0, kernel->d * b->n * sizeof *dk);
    for (size_t j = 0; j < b->n; j += ITP_TILE, row.j0 += ITP_TILE) {
        row.m = least(b->n - j, ITP_TILE);
        root->class->grad_x(root, &row, point.f + point.features, ones, dk + j, b->n);
    }
    itp_points_deinit(&point);
    return ITP_OK;
}

itp_status itp_kernel_grad_diag(const itp_kernel *kernel, const double *theta, const double *x,
                                double *dk)
{
    /* k(x, x) as a function of x: both arguments move, and k is symmetric, so twice the first's. */
    itp_points point;
    itp_status st = itp_kernel_embed_one(kernel, theta, x, &point);
    if (st != ITP_OK) return st;
    double two = 2;
    itp_row row = {theta, point.f, 1, &point, 0, 1};
    memset(dk, 0, kernel->d * sizeof *dk);
    kernel->root->class->grad_x(kernel->root, &row, point.f + point.features, &two, dk, 1);
    itp_points_deinit(&point);
    return ITP_OK;
}

static int is_smooth(const itp_node *node)
{
    if (node->radial && !node->radial->is_smooth) return 0;
    for (unsigned c = 0; c < node->n_children; c++)
        if (!is_smooth(node->child[c])) return 0;
    return 1;
}

itp_status itp_kernel_mixed_second(const itp_kernel *kernel, const double *theta, const double *x,
                                   const double *y, double *out)
{
    if (!is_smooth(kernel->root)) return ITP_ENOTSUP;
    itp_points a, b;
    itp_status st = itp_kernel_embed_one(kernel, theta, x, &a);
    if (st != ITP_OK) return st;
    if ((st = itp_kernel_embed_one(kernel, theta, y, &b)) == ITP_OK) {
        itp_row row = {theta, a.f, 1, &b, 0, 1};
        memset(out, 0, kernel->d * kernel->d * sizeof *out);
        kernel->root->class->mixed(kernel->root, &row, a.f + a.features, b.f + b.features, 1,
                                   kernel->d, out);
        itp_points_deinit(&b);
    }
    itp_points_deinit(&a);
    return st;
}

size_t itp_kernel_n_params(const itp_kernel *kernel)
{
    return kernel->n_params;
}

const itp_param *itp_kernel_params(const itp_kernel *kernel)
{
    return kernel->params;
}

size_t itp_kernel_dims(const itp_kernel *kernel)
{
    return kernel->dims;
}

const char *itp_kernel_name(const itp_kernel *kernel)
{
    return kernel->name;
}
