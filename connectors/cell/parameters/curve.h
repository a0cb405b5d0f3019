/* curve.h - a material property of one variable: a number, a published expression, or a table.
 *   Expressions are written as in papers and in BPX files, in the variable x:
 *     "0.2482 - 0.0909*tanh(29.8538*(x-0.1234))"     + - * / ** ^ ( ) and
 *     exp log log10 sqrt tanh sinh cosh tan sin cos abs
 * They are compiled once and evaluated with their derivative (forward mode), so that a Jacobian
 * needs no second formula. Tables are interpolated linearly, and constant beyond their ends.
 * Life cycle  a plain value: copied by assignment, nothing to free
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CELL_CURVE_H
#define ITP_CELL_CURVE_H

#include <stddef.h>

#include "interphase/status.h"

#define ITP_CURVE_OPS    192 /* instructions of one expression */
#define ITP_CURVE_DEPTH  24  /* operands waiting at once */
#define ITP_CURVE_POINTS 192 /* rows of one table */

typedef enum itp_curve_kind {
    ITP_CURVE_CONSTANT,
    ITP_CURVE_EXPRESSION,
    ITP_CURVE_TABLE
} itp_curve_kind;

typedef struct itp_curve_op {
    int code;     /* see curve.c */
    double value; /* of a constant */
} itp_curve_op;

typedef struct itp_curve {
    itp_curve_kind kind;
    size_t n;        /* instructions or rows */
    double constant; /* ITP_CURVE_CONSTANT */
    union {
        itp_curve_op ops[ITP_CURVE_OPS];
        struct {
            double x[ITP_CURVE_POINTS], y[ITP_CURVE_POINTS];
        } table;
    };
} itp_curve;

void itp_curve_constant(itp_curve *curve, double value);

/* ITP_EPARSE names the column and what was expected; ITP_ERANGE when it is too long or too deep. */
itp_status itp_curve_parse(itp_curve *curve, const char *text, itp_error *err);

/* x strictly increasing, all finite, 2 <= n <= ITP_CURVE_POINTS; else ITP_EINVAL. */
itp_status itp_curve_table(itp_curve *curve, size_t n, const double *x, const double *y,
                           itp_error *err);

/* Multiplies the curve. ITP_ERANGE when an expression has no room left for that. */
itp_status itp_curve_scale(itp_curve *curve, double factor, itp_error *err);

/* Value at x; *slope (may be NULL) its derivative. May be infinite or NaN where the expression is.
 */
double itp_curve_at(const itp_curve *curve, double x, double *slope);

#endif
