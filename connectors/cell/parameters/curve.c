/* curve.c - compiles expressions to postfix and evaluates them with dual numbers.
 *   Grammar   sum := product (('+'|'-') product)*      product := unary (('*'|'/') unary)*
 *             unary := ('-'|'+') unary | power         power := atom (('**'|'^') unary)?
 *             atom := number | 'x' | name '(' sum ')' | '(' sum ')'
 * Constants are folded while compiling: a published formula is mostly constants.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "curve.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    OP_CONST,
    OP_X,
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_POW,
    OP_NEG,
    OP_EXP,
    OP_LOG,
    OP_LOG10,
    OP_SQRT,
    OP_TANH,
    OP_SINH,
    OP_COSH,
    OP_TAN,
    OP_SIN,
    OP_COS,
    OP_ABS
};

static const struct {
    const char *name;
    int code;
} FUNCTIONS[] = {{"exp", OP_EXP},   {"log", OP_LOG},   {"ln", OP_LOG},    {"log10", OP_LOG10},
                 {"sqrt", OP_SQRT}, {"tanh", OP_TANH}, {"sinh", OP_SINH}, {"cosh", OP_COSH},
                 {"tan", OP_TAN},   {"sin", OP_SIN},   {"cos", OP_COS},   {"abs", OP_ABS},
                 {NULL, 0}};

typedef struct dual {
    double value, slope;
} dual;

static dual apply_unary(int code, dual a)
{
    double v;
    switch (code) {
    case OP_NEG: return (dual){-a.value, -a.slope};
    case OP_EXP: v = exp(a.value); return (dual){v, v * a.slope};
    case OP_LOG: return (dual){log(a.value), a.slope / a.value};
    case OP_LOG10: return (dual){log10(a.value), a.slope / (a.value * log(10.0))};
    case OP_SQRT: v = sqrt(a.value); return (dual){v, 0.5 * a.slope / v};
    case OP_TANH: v = tanh(a.value); return (dual){v, (1 - v * v) * a.slope};
    case OP_SINH: return (dual){sinh(a.value), cosh(a.value) * a.slope};
    case OP_COSH: return (dual){cosh(a.value), sinh(a.value) * a.slope};
    case OP_TAN: v = tan(a.value); return (dual){v, (1 + v * v) * a.slope};
    case OP_SIN: return (dual){sin(a.value), cos(a.value) * a.slope};
    case OP_COS: return (dual){cos(a.value), -sin(a.value) * a.slope};
    default: return (dual){fabs(a.value), a.value < 0 ? -a.slope : a.slope};
    }
}

static dual apply_power(dual a, dual b)
{
    if (b.slope == 0) { /* the usual case: a constant exponent */
        double square = a.value * a.value;
        if (b.value == 2) return (dual){square, 2 * a.value * a.slope};
        if (b.value == 3) return (dual){square * a.value, 3 * square * a.slope};
        if (b.value == 4) return (dual){square * square, 4 * square * a.value * a.slope};
        if (b.value == -2) return (dual){1 / square, -2 / (square * a.value) * a.slope};
        if (b.value == 1.5) {
            double root = sqrt(a.value);
            return (dual){a.value * root, 1.5 * root * a.slope};
        }
        double v = pow(a.value, b.value);
        double s = a.slope == 0 ? 0 : b.value * pow(a.value, b.value - 1) * a.slope;
        return (dual){v, s};
    }
    double v = pow(a.value, b.value);
    return (dual){v, v * (b.slope * log(a.value) + b.value * a.slope / a.value)};
}

static dual apply_binary(int code, dual a, dual b)
{
    switch (code) {
    case OP_ADD: return (dual){a.value + b.value, a.slope + b.slope};
    case OP_SUB: return (dual){a.value - b.value, a.slope - b.slope};
    case OP_MUL: return (dual){a.value * b.value, a.slope * b.value + a.value * b.slope};
    case OP_DIV: {
        double v = a.value / b.value;
        return (dual){v, (a.slope - v * b.slope) / b.value};
    }
    default: return apply_power(a, b);
    }
}

static int is_binary(int code)
{
    return code >= OP_ADD && code <= OP_POW;
}

/* --- compiling --- */
typedef struct parser {
    const char *text, *at;
    itp_curve *curve;
    int depth; /* operands on the stack after the last instruction */
    int nesting;
    itp_error *err;
    itp_status status;
} parser;

static void parse_sum(parser *p);

static void fail(parser *p, itp_status status, const char *expected)
{
    if (p->status == ITP_OK)
        p->status = itp_fail(p->err, status, "expression column %d: %s in \"%.80s\"",
                             (int)(p->at - p->text) + 1, expected, p->text);
}

static void skip_blanks(parser *p)
{
    while (isspace((unsigned char)*p->at)) p->at++;
}

/* Appends an instruction, or folds it when its operands are constants. */
static void emit(parser *p, int code, double value)
{
    itp_curve *c = p->curve;
    if (p->status != ITP_OK) return;
    if (code == OP_CONST || code == OP_X) {
        if (++p->depth > ITP_CURVE_DEPTH) {
            fail(p, ITP_ERANGE, "nested too deeply");
            return;
        }
    } else if (is_binary(code)) {
        p->depth--;
        if (c->n >= 2 && c->ops[c->n - 1].code == OP_CONST && c->ops[c->n - 2].code == OP_CONST) {
            dual r = apply_binary(code, (dual){c->ops[c->n - 2].value, 0},
                                  (dual){c->ops[c->n - 1].value, 0});
            c->n -= 1;
            c->ops[c->n - 1].value = r.value;
            return;
        }
    } else if (c->n >= 1 && c->ops[c->n - 1].code == OP_CONST) {
        c->ops[c->n - 1].value = apply_unary(code, (dual){c->ops[c->n - 1].value, 0}).value;
        return;
    }
    if (c->n == ITP_CURVE_OPS) {
        fail(p, ITP_ERANGE, "too long an expression");
        return;
    }
    c->ops[c->n++] = (itp_curve_op){code, value};
}

static void parse_call(parser *p)
{
    const char *start = p->at;
    while (isalnum((unsigned char)*p->at)) p->at++;
    size_t length = (size_t)(p->at - start);
    if (length == 1 && *start == 'x') {
        emit(p, OP_X, 0);
        return;
    }
    int code = -1;
    for (size_t i = 0; FUNCTIONS[i].name; i++)
        if (strlen(FUNCTIONS[i].name) == length && !memcmp(FUNCTIONS[i].name, start, length))
            code = FUNCTIONS[i].code;
    skip_blanks(p);
    if (code < 0 || *p->at != '(') {
        p->at = start;
        fail(p, ITP_EPARSE, "expected x or a known function");
        return;
    }
    p->at++;
    parse_sum(p);
    skip_blanks(p);
    if (*p->at != ')') {
        fail(p, ITP_EPARSE, "expected )");
        return;
    }
    p->at++;
    emit(p, code, 0);
}

static void parse_atom(parser *p)
{
    skip_blanks(p);
    if (p->status != ITP_OK) return;
    if (*p->at == '(') {
        p->at++;
        parse_sum(p);
        skip_blanks(p);
        if (*p->at != ')') {
            fail(p, ITP_EPARSE, "expected )");
            return;
        }
        p->at++;
    } else if (isdigit((unsigned char)*p->at) || *p->at == '.') {
        char *end;
        double value = strtod(p->at, &end);
        if (end == p->at) {
            fail(p, ITP_EPARSE, "expected a number");
            return;
        }
        p->at = end;
        emit(p, OP_CONST, value);
    } else if (isalpha((unsigned char)*p->at)) {
        parse_call(p);
    } else {
        fail(p, ITP_EPARSE, "expected a number, x, a function or (");
    }
}

static void parse_unary(parser *p)
{
    skip_blanks(p);
    if (++p->nesting > 200) fail(p, ITP_ERANGE, "nested too deeply");
    if (p->status != ITP_OK) return;
    if (*p->at == '-' || *p->at == '+') {
        int negative = *p->at++ == '-';
        parse_unary(p);
        if (negative) emit(p, OP_NEG, 0);
    } else {
        parse_atom(p);
        skip_blanks(p);
        if (*p->at == '^' || (p->at[0] == '*' && p->at[1] == '*')) {
            p->at += *p->at == '^' ? 1 : 2;
            parse_unary(p);
            emit(p, OP_POW, 0);
        }
    }
    p->nesting--;
}

static void parse_product(parser *p)
{
    parse_unary(p);
    for (skip_blanks(p); p->status == ITP_OK && (*p->at == '*' || *p->at == '/'); skip_blanks(p)) {
        int code = *p->at++ == '*' ? OP_MUL : OP_DIV;
        parse_unary(p);
        emit(p, code, 0);
    }
}

static void parse_sum(parser *p)
{
    parse_product(p);
    for (skip_blanks(p); p->status == ITP_OK && (*p->at == '+' || *p->at == '-'); skip_blanks(p)) {
        int code = *p->at++ == '+' ? OP_ADD : OP_SUB;
        parse_product(p);
        emit(p, code, 0);
    }
}

itp_status itp_curve_parse(itp_curve *curve, const char *text, itp_error *err)
{
    itp_curve built = {.kind = ITP_CURVE_EXPRESSION};
    parser p = {.text = text, .at = text, .curve = &built, .err = err, .status = ITP_OK};
    parse_sum(&p);
    skip_blanks(&p);
    if (p.status == ITP_OK && *p.at) fail(&p, ITP_EPARSE, "expected an operator or the end");
    if (p.status != ITP_OK) return p.status;
    if (built.n == 1 && built.ops[0].code == OP_CONST)
        itp_curve_constant(&built, built.ops[0].value);
    *curve = built;
    return ITP_OK;
}

void itp_curve_constant(itp_curve *curve, double value)
{
    curve->kind = ITP_CURVE_CONSTANT;
    curve->n = 0;
    curve->constant = value;
}

itp_status itp_curve_table(itp_curve *curve, size_t n, const double *x, const double *y,
                           itp_error *err)
{
    if (n < 2 || n > ITP_CURVE_POINTS)
        return itp_fail(err, ITP_EINVAL, "table of %zu rows; 2 to %d are allowed", n,
                        ITP_CURVE_POINTS);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]) || !isfinite(y[i]) || (i > 0 && x[i] <= x[i - 1]))
            return itp_fail(err, ITP_EINVAL, "table row %zu: not finite, or x does not increase",
                            i + 1);
    curve->kind = ITP_CURVE_TABLE;
    curve->n = n;
    memcpy(curve->table.x, x, n * sizeof *x);
    memcpy(curve->table.y, y, n * sizeof *y);
    return ITP_OK;
}

itp_status itp_curve_scale(itp_curve *curve, double factor, itp_error *err)
{
    if (curve->kind == ITP_CURVE_CONSTANT) {
        curve->constant *= factor;
    } else if (curve->kind == ITP_CURVE_TABLE) {
        for (size_t i = 0; i < curve->n; i++) curve->table.y[i] *= factor;
    } else if (curve->n + 2 > ITP_CURVE_OPS) {
        return itp_fail(err, ITP_ERANGE, "too long an expression");
    } else {
        curve->ops[curve->n++] = (itp_curve_op){OP_CONST, factor};
        curve->ops[curve->n++] = (itp_curve_op){OP_MUL, 0};
    }
    return ITP_OK;
}

/* --- evaluating --- */
static double run(const itp_curve *curve, double x, double *slope)
{
    dual stack[ITP_CURVE_DEPTH + 2]; /* one more than parsed: itp_curve_scale adds one */
    dual *top = stack;               /* one past the last operand */
    for (const itp_curve_op *op = curve->ops, *end = op + curve->n; op < end; op++) {
        if (op->code == OP_CONST) {
            *top++ = (dual){op->value, 0};
        } else if (op->code == OP_X) {
            *top++ = (dual){x, 1};
        } else if (is_binary(op->code)) {
            top--;
            top[-1] = apply_binary(op->code, top[-1], top[0]);
        } else {
            top[-1] = apply_unary(op->code, top[-1]);
        }
    }
    if (slope) *slope = stack[0].slope;
    return stack[0].value;
}

static double interpolate(const itp_curve *curve, double x, double *slope)
{
    const double *xs = curve->table.x, *ys = curve->table.y;
    size_t low = 0, high = curve->n - 1;
    if (slope) *slope = 0;
    if (!(x > xs[0])) return ys[0];
    if (x >= xs[high]) return ys[high];
    while (high - low > 1) {
        size_t mid = (low + high) / 2;
        if (xs[mid] > x)
            high = mid;
        else
            low = mid;
    }
    double rise = (ys[high] - ys[low]) / (xs[high] - xs[low]);
    if (slope) *slope = rise;
    return ys[low] + rise * (x - xs[low]);
}

double itp_curve_at(const itp_curve *curve, double x, double *slope)
{
    switch (curve->kind) {
    case ITP_CURVE_EXPRESSION: return run(curve, x, slope);
    case ITP_CURVE_TABLE: return interpolate(curve, x, slope);
    default:
        if (slope) *slope = 0;
        return curve->constant;
    }
}
