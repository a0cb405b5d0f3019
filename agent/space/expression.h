/* expression.h - arithmetic and conditions over named numbers, with exact derivatives.
 *   number     + - * / ^ (right associative; ** too), unary -, ( ), pi, and the functions of
 *              expression.c: sqrt cbrt exp log (natural; ln too) log10 log2 abs min max pow hypot
 *              sin cos tan asin acos atan sinh cosh tanh erf
 *   condition  numbers compared by < <= > >= == != (chains: a < b <= c), a label beside == or !=
 *              ("salt == LiFSI"), joined by and, or, not
 *   name       letters, digits, _ and . (task.output); any other name stands in `back quotes`, any
 *              other label in 'quotes'
 * Life cycle  compile -> (read only) -> destroy
 * Threads     pure and reentrant: any number of threads may evaluate one expression at once
 * Cost        value O(nodes), gradient about three times as much; nothing is allocated
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_EXPRESSION_H
#define ITP_EXPRESSION_H

#include <stddef.h>

#include "interphase/status.h"

#define ITP_EXPRESSION_TEXT_MAX  4096 /* bytes */
#define ITP_EXPRESSION_NODES_MAX 1024
#define ITP_EXPRESSION_DEPTH_MAX 100 /* of parentheses and calls */
#define ITP_RELATIONS_MAX        8   /* in a chain a < b < c ... */

typedef struct itp_expression itp_expression; /* opaque; owned by the caller of compile */

/* A name that may occur; labels of a categorical one, NULL for numbers. */
typedef struct itp_symbol {
    const char *name;
    size_t n_labels;
    const char *const *labels;
} itp_symbol;

/* What is wrong with a text, and where. */
typedef struct itp_fault {
    size_t at, length; /* bytes from the start of the text; length 0 at its end */
    char message[200]; /* what was found, what is allowed */
    char hint[120];    /* the remedy or nearest spelling; "" when there is none */
} itp_fault;

/* A number made of n names. `names` is not kept. ITP_EPARSE with *fault (may be NULL), ITP_ENOMEM.
 * The text may be anything at all: it is bounded, checked and fuzzed. */
itp_status itp_expression_compile(itp_expression **out, const char *text, size_t n,
                                  const char *const *names, itp_fault *fault);
/* A condition, true or false. */
itp_status itp_expression_compile_condition(itp_expression **out, const char *text, size_t n,
                                            const itp_symbol *symbols, itp_fault *fault);
void itp_expression_destroy(itp_expression *e);

/* Value at x (n, in the order of the names). A condition gives 1 or 0; a comparison with NaN (an
 * inactive parameter) is false. Outside a function's domain the value is NaN. */
double itp_expression_eval(const itp_expression *e, const double *x);
/* The same with its gradient (n): exact, by reverse accumulation; at a kink of abs, min or max one
 * of the sides. */
double itp_expression_gradient(const itp_expression *e, const double *x, double *grad);
/* Sum of the sizes of the terms that the outermost sum adds up, at x: what rounding and tolerances
 * are relative to. 0 only where every term is 0. */
double itp_expression_size(const itp_expression *e, const double *x);

size_t itp_expression_n(const itp_expression *e);
/* 1 when name i occurs in it. */
int itp_expression_uses(const itp_expression *e, size_t i);
/* >= 0: it is exactly this name and nothing else; otherwise -1. */
int itp_expression_is_name(const itp_expression *e);
/* 1 when it is linear: then coefficients (n) and *constant are filled (each may be NULL). */
int itp_expression_linear(const itp_expression *e, double *coefficients, double *constant);

/* --- The comparisons inside a condition --------------------------------------------------------
 */
/* What keeps the outcome of one comparison as it is somewhere: a . x + constant <= 0 or == 0. */
typedef enum itp_frozen_kind {
    ITP_FROZEN_LE,
    ITP_FROZEN_EQ,
    ITP_FROZEN_NONE /* curved, or an inequality of two points: no such row */
} itp_frozen_kind;
typedef struct itp_frozen {
    itp_frozen_kind kind;
    double constant;
} itp_frozen;

/* How many comparisons there are, wherever they stand. */
size_t itp_expression_comparisons(const itp_expression *e);
/* The rows that keep each of them as it is at x: out and a (x n) have room for all. Returns how
 * many were written: all, or 0 when out of memory. */
size_t itp_expression_freeze(const itp_expression *e, const double *x, itp_frozen *out, double *a);

/* --- Comparisons at the top of a text: limits and constraints ----------------------------------
 */
typedef enum itp_relation_op {
    ITP_RELATION_LT,
    ITP_RELATION_LE,
    ITP_RELATION_GT,
    ITP_RELATION_GE,
    ITP_RELATION_EQ
} itp_relation_op;

/* A text cut at its comparisons: n_parts parts with n_parts - 1 operators between. */
typedef struct itp_chain {
    size_t n_parts;
    size_t at[ITP_RELATIONS_MAX + 1], length[ITP_RELATIONS_MAX + 1]; /* of the parts, trimmed */
    itp_relation_op op[ITP_RELATIONS_MAX];
} itp_chain;

/* Cuts a text; one without a comparison has one part. ITP_EPARSE with *fault (may be NULL) for !=,
 * a single =, an empty part or too many of them. */
itp_status itp_chain_cut(itp_chain *out, const char *text, itp_fault *fault);

/* Scans a decimal number ("1", "2.5e-3", no sign) at the start of a text, whatever the locale.
 * Returns its length, 0 when there is none. */
size_t itp_number_scan(const char *text, double *out);

#endif
