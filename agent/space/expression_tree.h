/* expression_tree.h - what a compiled expression is made of; private to expression*.c.
 *   Nodes stand in order of evaluation: the operands of node i are nodes before i, the last is the
 * whole. So a value is one pass forward and a gradient one pass back, without a stack.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_EXPRESSION_TREE_H
#define ITP_EXPRESSION_TREE_H

#include "expression.h"

typedef enum node_op {
    NODE_CONST, /* number */
    NODE_NAME,  /* index */
    NODE_NEG,
    NODE_ADD,
    NODE_SUB,
    NODE_MUL,
    NODE_DIV,
    NODE_POW,
    NODE_MIN,
    NODE_MAX,
    NODE_HYPOT,
    NODE_SQRT,
    NODE_CBRT,
    NODE_EXP,
    NODE_LOG,
    NODE_LOG10,
    NODE_LOG2,
    NODE_ABS,
    NODE_SIN,
    NODE_COS,
    NODE_TAN,
    NODE_ASIN,
    NODE_ACOS,
    NODE_ATAN,
    NODE_SINH,
    NODE_COSH,
    NODE_TANH,
    NODE_ERF,
    NODE_LT, /* from here on truths */
    NODE_LE,
    NODE_EQ,
    NODE_NE,
    NODE_AND,
    NODE_OR,
    NODE_NOT
} node_op;

typedef struct node {
    node_op op;
    unsigned a, b; /* operands; NODE_NAME: a is the index of the name */
    double number; /* NODE_CONST */
} node;

struct itp_expression {
    size_t n, n_nodes;
    unsigned char *used; /* n */
    node *nodes;
};

#endif
