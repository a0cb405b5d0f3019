/* build.c - from an expression to a tree:  sum := product { "+" product },  product := word { "*"
 * word }. The table FAMILIES lists the words. Terms of a sum each get a variance (scale.c); a
 * factor does not, its product has one. Default parameters are the modes of their priors
 * (numerics.md 1). SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_tree.h"

typedef enum { READS_NUMERIC, READS_CODES, READS_DESCRIPTORS, READS_CIRCLE } reads;

typedef struct {
    const char *word;
    const itp_node_class *class;
    const itp_radial *radial;
    reads reads;
} family;

static const family FAMILIES[] = {
    {"matern52", &ITP_NODE_ARD, &ITP_MATERN52, READS_NUMERIC},
    {"matern32", &ITP_NODE_ARD, &ITP_MATERN32, READS_NUMERIC},
    {"matern12", &ITP_NODE_ARD, &ITP_MATERN12, READS_NUMERIC},
    {"rbf", &ITP_NODE_ARD, &ITP_RBF, READS_NUMERIC},
    {"rq", &ITP_NODE_ARD, &ITP_RQ, READS_NUMERIC},
    {"linear", &ITP_NODE_LINEAR, NULL, READS_NUMERIC},
    {"periodic", &ITP_NODE_ARD, &ITP_RBF, READS_CIRCLE}, /* exp(-2 sin^2(pi t) / (2 pi l)^2) */
    {"hamming", &ITP_NODE_HAMMING, NULL, READS_CODES},
    {"descriptor", &ITP_NODE_ARD, &ITP_MATERN52, READS_DESCRIPTORS},
};

typedef struct {
    itp_kernel *kernel;
    const itp_column *columns;
    const char *at;
    int explicit_codes; /* the expression says hamming itself */
    int failed;         /* out of memory */
} builder;

static int is_code(const itp_column *column)
{
    return column->kind == ITP_COLUMN_CATEGORY || column->kind == ITP_COLUMN_SOURCE;
}

static int is_read(reads what, const itp_column *column)
{
    if (column->kind == ITP_COLUMN_OUTCOME) return 0; /* with_outcomes reads it */
    if (what == READS_CODES) return is_code(column);
    if (what == READS_DESCRIPTORS) return column->kind == ITP_COLUMN_DESCRIPTOR;
    return !is_code(column);
}

static void node_free(itp_node *node)
{
    if (!node) return;
    for (unsigned c = 0; c < node->n_children; c++) node_free(node->child[c]);
    free(node->features);
    free(node);
}

static itp_node *node_new(builder *b, const itp_node_class *class)
{
    itp_node *node = calloc(1, sizeof *node);
    if (!node) {
        b->failed = 1;
        return NULL;
    }
    node->class = class;
    node->param0 = b->kernel->n_params;
    node->feature0 = b->kernel->n_features;
    return node;
}

static unsigned param_new(builder *b, itp_node *node, itp_param_kind kind, int column)
{
    itp_kernel *k = b->kernel;
    itp_param *grown = realloc(k->params, (k->n_params + 1) * sizeof *grown);
    if (!grown) {
        b->failed = 1;
        return 0;
    }
    k->params = grown;
    k->params[k->n_params] = (itp_param){kind, column};
    node->n_params++;
    return (unsigned)k->n_params++;
}

static void add_features(builder *b, itp_node *node, const family *f, unsigned column)
{
    const itp_column *c = &b->columns[column];
    itp_param_kind kind = f->reads == READS_CODES        ? ITP_PARAM_MISMATCH
                          : f->class == &ITP_NODE_LINEAR ? ITP_PARAM_SLOPE
                                                         : ITP_PARAM_LENGTH;
    itp_feature one = {ITP_FEATURE_PLAIN, column, param_new(b, node, kind, (int)column)};
    itp_feature *at = node->features + node->n_features;
    int circle = f->reads == READS_CIRCLE || c->kind == ITP_COLUMN_PERIODIC;
    if (f->class == &ITP_NODE_ARD && (circle || c->inactive)) {
        at[0] = at[1] = one;
        at[0].kind = c->inactive ? ITP_FEATURE_ARC_COS : ITP_FEATURE_COS;
        at[1].kind = c->inactive ? ITP_FEATURE_ARC_SIN : ITP_FEATURE_SIN;
        node->n_features += 2;
        return;
    }
    if (c->kind == ITP_COLUMN_DESCRIPTOR) one.kind = ITP_FEATURE_DESCRIPTOR;
    at[0] = one;
    node->n_features++;
}

static itp_node *leaf_new(builder *b, const family *f)
{
    size_t d = b->kernel->d, count = 0;
    for (size_t c = 0; c < d; c++) count += is_read(f->reads, &b->columns[c]);
    if (count == 0) return NULL;
    itp_node *node = node_new(b, f->class);
    if (!node || !(node->features = calloc(2 * count, sizeof *node->features))) {
        b->failed = 1;
        return node;
    }
    node->radial = f->radial;
    for (size_t c = 0; c < d; c++)
        if (is_read(f->reads, &b->columns[c])) add_features(b, node, f, (unsigned)c);
    if (f->radial && f->radial->has_shape) param_new(b, node, ITP_PARAM_SHAPE, -1);
    b->kernel->n_features += node->n_features;
    return node;
}

static const family *family_find(const char *word, size_t length)
{
    for (size_t i = 0; i < sizeof FAMILIES / sizeof *FAMILIES; i++)
        if (strlen(FAMILIES[i].word) == length && memcmp(FAMILIES[i].word, word, length) == 0)
            return &FAMILIES[i];
    return NULL;
}

static void adopt(itp_node *parent, itp_node *child)
{
    parent->child[parent->n_children++] = child;
}

static itp_node *parse_word(builder *b)
{
    while (isspace((unsigned char)*b->at)) b->at++;
    size_t length = 0;
    while (isalnum((unsigned char)b->at[length])) length++;
    const family *f = family_find(b->at, length);
    if (!f) return NULL;
    b->at += length;
    while (isspace((unsigned char)*b->at)) b->at++;
    const family *codes = family_find("hamming", 7);
    size_t n_codes = 0, n_numeric = 0;
    for (size_t c = 0; c < b->kernel->d; c++) {
        n_codes += (size_t)is_code(&b->columns[c]);
        n_numeric += (size_t)is_read(READS_NUMERIC, &b->columns[c]);
    }
    if (f->reads == READS_CODES || b->explicit_codes || n_codes == 0) return leaf_new(b, f);
    if (n_numeric == 0) return leaf_new(b, codes);
    itp_node *mixed = node_new(b, &ITP_NODE_MIXED);
    if (!mixed) return NULL;
    param_new(b, mixed, ITP_PARAM_MIX, -1);
    itp_node *numeric = leaf_new(b, f), *other = numeric ? leaf_new(b, codes) : NULL;
    if (numeric) adopt(mixed, numeric);
    if (other) adopt(mixed, other);
    if (other) return mixed;
    node_free(mixed);
    return NULL;
}

/* One or more of `parse` joined by `sign`, under a node of this class when there are several. */
static itp_node *parse_list(builder *b, char sign, const itp_node_class *class,
                            itp_node *(*parse)(builder *))
{
    itp_node *node = node_new(b, class), *item = NULL;
    while (node && node->n_children < ITP_CHILDREN_MAX && (item = parse(b))) {
        adopt(node, item);
        if (*b->at != sign) break;
        b->at++;
        item = NULL;
    }
    if (!item) {
        node_free(node);
        return NULL;
    }
    if (node->n_children > 1) return node;
    node->n_children = 0;
    node_free(node);
    return item;
}

static itp_node *parse_product(builder *b)
{
    return parse_list(b, '*', &ITP_NODE_PRODUCT, parse_word);
}

static itp_node *parse_term(builder *b)
{
    itp_node *scale = node_new(b, &ITP_NODE_SCALE);
    if (!scale) return NULL;
    param_new(b, scale, ITP_PARAM_VARIANCE, -1);
    itp_node *product = parse_product(b);
    if (product) adopt(scale, product);
    if (product) return scale;
    node_free(scale);
    return NULL;
}

static itp_node *parse_sum(builder *b)
{
    return parse_list(b, '+', &ITP_NODE_SUM, parse_term);
}

/* The kernel of the inputs times that of the outcomes, where a column says which outcome. */
static itp_node *with_outcomes(builder *b, itp_node *inputs)
{
    size_t c = 0;
    while (c < b->kernel->d && b->columns[c].kind != ITP_COLUMN_OUTCOME) c++;
    if (!inputs || c == b->kernel->d) return inputs;
    itp_node *leaf = node_new(b, &ITP_NODE_COREGION), *product = node_new(b, &ITP_NODE_PRODUCT);
    if (leaf) leaf->features = calloc(1, sizeof *leaf->features);
    if (!leaf || !product || !leaf->features) {
        b->failed = 1;
        node_free(leaf);
        node_free(product);
        return inputs;
    }
    for (unsigned level = 0; level < b->columns[c].levels; level++)
        param_new(b, leaf, ITP_PARAM_LOADING, (int)c);
    leaf->features[0] = (itp_feature){ITP_FEATURE_PLAIN, (unsigned)c, (unsigned)leaf->param0};
    leaf->n_features = 1;
    b->kernel->n_features++;
    b->kernel->dims--;
    adopt(product, inputs);
    adopt(product, leaf);
    return product;
}

itp_status itp_kernel_create(itp_kernel **out, const char *expression, size_t d,
                             const itp_column *columns, itp_error *err)
{
    itp_kernel *kernel = calloc(1, sizeof *kernel);
    if (!kernel) return itp_fail(err, ITP_ENOMEM, "kernel %s", expression);
    builder b = {kernel, columns, expression, strstr(expression, "hamming") != NULL, 0};
    kernel->d = kernel->dims = d;
    snprintf(kernel->name, sizeof kernel->name, "%s", expression);
    kernel->root = strchr(expression, '+') ? parse_sum(&b) : parse_product(&b);
    kernel->root = with_outcomes(&b, kernel->root);
    itp_status st = b.failed ? ITP_ENOMEM : !kernel->root || *b.at != '\0' ? ITP_EINVAL : ITP_OK;
    if (st == ITP_OK) {
        *out = kernel;
        return ITP_OK;
    }
    itp_kernel_destroy(kernel);
    return itp_fail(err, st,
                    "kernel \"%s\": at \"%.20s\": unknown word, or no column that it reads",
                    expression, b.at);
}

void itp_kernel_destroy(itp_kernel *kernel)
{
    if (!kernel) return;
    node_free(kernel->root);
    free(kernel->params);
    free(kernel);
}

void itp_kernel_default(const itp_kernel *kernel, double *theta)
{
    double mode = sqrt(2) - 3 + 0.5 * log((double)kernel->dims);
    for (size_t p = 0; p < kernel->n_params; p++) switch (kernel->params[p].kind) {
        case ITP_PARAM_LENGTH:
        case ITP_PARAM_MISMATCH: theta[p] = mode; break;
        case ITP_PARAM_SHAPE:
        case ITP_PARAM_MIX: theta[p] = 0; break;
        case ITP_PARAM_VARIANCE: theta[p] = -log(2); break;
        case ITP_PARAM_SLOPE: theta[p] = 0; break;
        case ITP_PARAM_LOADING: theta[p] = 0.8; break; /* 0 would be a saddle */
        }
}
