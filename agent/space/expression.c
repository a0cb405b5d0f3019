/* expression.c - value, gradient and structure of a compiled expression.
 *   Gradient: reverse accumulation (Griewank & Walther 2008, ch. 3): one pass forward for the
 * values, one back for the adjoints.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "expression.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expression_tree.h"

static const double LN2 = 0.69314718055994530942, LN10 = 2.30258509299404568402;
static const double TWO_OVER_SQRT_PI = 1.12837916709551257390;

void itp_expression_destroy(itp_expression *e)
{
    if (!e) return;
    free(e->nodes);
    free(e->used);
    free(e);
}

static double function(node_op op, double a, double b)
{
    switch (op) {
    case NODE_POW: return pow(a, b);
    case NODE_MIN: return isnan(a) || isnan(b) ? NAN : fmin(a, b);
    case NODE_MAX: return isnan(a) || isnan(b) ? NAN : fmax(a, b);
    case NODE_HYPOT: return hypot(a, b);
    case NODE_SQRT: return sqrt(a);
    case NODE_CBRT: return cbrt(a);
    case NODE_EXP: return exp(a);
    case NODE_LOG: return log(a);
    case NODE_LOG10: return log10(a);
    case NODE_LOG2: return log2(a);
    case NODE_ABS: return fabs(a);
    case NODE_SIN: return sin(a);
    case NODE_COS: return cos(a);
    case NODE_TAN: return tan(a);
    case NODE_ASIN: return asin(a);
    case NODE_ACOS: return acos(a);
    case NODE_ATAN: return atan(a);
    case NODE_SINH: return sinh(a);
    case NODE_COSH: return cosh(a);
    case NODE_TANH: return tanh(a);
    case NODE_ERF: return erf(a);
    default: assert(!"an operation without a value"); return NAN;
    }
}

static double apply(const node *k, const double *v, const double *x)
{
    switch (k->op) {
    case NODE_CONST: return k->number;
    case NODE_NAME: return x[k->a];
    case NODE_NEG: return -v[k->a];
    case NODE_ADD: return v[k->a] + v[k->b];
    case NODE_SUB: return v[k->a] - v[k->b];
    case NODE_MUL: return v[k->a] * v[k->b];
    case NODE_DIV: return v[k->a] / v[k->b];
    case NODE_LT: return v[k->a] < v[k->b];
    case NODE_LE: return v[k->a] <= v[k->b];
    case NODE_EQ: return v[k->a] == v[k->b];
    case NODE_NE: return v[k->a] < v[k->b] || v[k->a] > v[k->b];
    case NODE_AND: return v[k->a] != 0 && v[k->b] != 0;
    case NODE_OR: return v[k->a] != 0 || v[k->b] != 0;
    case NODE_NOT: return v[k->a] == 0;
    default: return function(k->op, v[k->a], v[k->b]);
    }
}

static void forward(const itp_expression *e, const double *x, double *v)
{
    for (size_t i = 0; i < e->n_nodes; i++) v[i] = apply(&e->nodes[i], v, x);
}

double itp_expression_eval(const itp_expression *e, const double *x)
{
    double v[ITP_EXPRESSION_NODES_MAX];
    forward(e, x, v);
    return v[e->n_nodes - 1];
}

/* d/da of a function of one operand whose value is f. */
static double slope(node_op op, double a, double f)
{
    switch (op) {
    case NODE_SQRT: return 0.5 / f;
    case NODE_CBRT: return 1 / (3 * f * f);
    case NODE_EXP: return f;
    case NODE_LOG: return 1 / a;
    case NODE_LOG10: return 1 / (a * LN10);
    case NODE_LOG2: return 1 / (a * LN2);
    case NODE_ABS: return (a > 0) - (a < 0);
    case NODE_SIN: return cos(a);
    case NODE_COS: return -sin(a);
    case NODE_TAN: return 1 + f * f;
    case NODE_ASIN: return 1 / sqrt(1 - a * a);
    case NODE_ACOS: return -1 / sqrt(1 - a * a);
    case NODE_ATAN: return 1 / (1 + a * a);
    case NODE_SINH: return cosh(a);
    case NODE_COSH: return sinh(a);
    case NODE_TANH: return 1 - f * f;
    case NODE_ERF: return TWO_OVER_SQRT_PI * exp(-a * a);
    default: return 0; /* truths do not change by a little */
    }
}

/* a^b: the exponent's share exists only for a > 0; 0^b has none. */
static void power_back(double a, double b, double f, double w, double *da, double *db)
{
    if (b != 0) *da += w * b * pow(a, b - 1);
    if (a > 0) *db += w * f * log(a);
}

/* Adds node k's adjoint w to those of its operands. */
static void back(const node *k, const double *v, double f, double w, double *adjoint)
{
    double a = v[k->a], b = v[k->b], *da = &adjoint[k->a], *db = &adjoint[k->b];
    switch (k->op) {
    case NODE_NEG: *da -= w; break;
    case NODE_ADD: *da += w, *db += w; break;
    case NODE_SUB: *da += w, *db -= w; break;
    case NODE_MUL: *da += w * b, *db += w * a; break;
    case NODE_DIV: *da += w / b, *db -= w * f / b; break;
    case NODE_POW: power_back(a, b, f, w, da, db); break;
    case NODE_MIN: *(a <= b ? da : db) += w; break;
    case NODE_MAX: *(a >= b ? da : db) += w; break;
    case NODE_HYPOT:
        if (f > 0) *da += w * a / f, *db += w * b / f;
        break;
    default: *da += w * slope(k->op, a, f);
    }
}

double itp_expression_gradient(const itp_expression *e, const double *x, double *grad)
{
    double v[ITP_EXPRESSION_NODES_MAX], adjoint[ITP_EXPRESSION_NODES_MAX];
    forward(e, x, v);
    memset(adjoint, 0, e->n_nodes * sizeof *adjoint);
    memset(grad, 0, e->n * sizeof *grad);
    adjoint[e->n_nodes - 1] = 1;
    for (size_t i = e->n_nodes; i-- > 0;) {
        const node *k = &e->nodes[i];
        if (adjoint[i] == 0 || k->op == NODE_CONST) continue; /* 0 times infinity is no share */
        if (k->op == NODE_NAME)
            grad[k->a] += adjoint[i];
        else
            back(k, v, v[i], adjoint[i], adjoint);
    }
    return v[e->n_nodes - 1];
}

/* Follows the outermost sums down; every other node is one term. A node may be met twice only
 * below a comparison, which is one term. */
double itp_expression_size(const itp_expression *e, const double *x)
{
    double v[ITP_EXPRESSION_NODES_MAX], size = 0;
    unsigned char in_sum[ITP_EXPRESSION_NODES_MAX] = {0};
    forward(e, x, v);
    in_sum[e->n_nodes - 1] = 1;
    for (size_t i = e->n_nodes; i-- > 0;) {
        const node *k = &e->nodes[i];
        if (!in_sum[i]) continue;
        if (k->op == NODE_ADD || k->op == NODE_SUB)
            in_sum[k->a] = in_sum[k->b] = 1;
        else if (k->op == NODE_NEG)
            in_sum[k->a] = 1;
        else
            size += fabs(v[i]);
    }
    return size;
}

size_t itp_expression_n(const itp_expression *e)
{
    return e->n;
}

int itp_expression_uses(const itp_expression *e, size_t i)
{
    return i < e->n && e->used[i];
}

int itp_expression_is_name(const itp_expression *e)
{
    const node *root = &e->nodes[e->n_nodes - 1];
    return root->op == NODE_NAME ? (int)root->a : -1;
}

/* A linear form: n coefficients, then the constant. */
static void combine(size_t n, double *out, double s, const double *a, double t, const double *b)
{
    for (size_t i = 0; i <= n; i++) out[i] = s * a[i] + t * b[i];
}

static int is_constant(size_t n, const double *form)
{
    for (size_t i = 0; i < n; i++)
        if (form[i] != 0) return 0;
    return 1;
}

/* The form of node i from those before it; 0 when it is not linear. */
static int linear_node(const itp_expression *e, size_t i, double *forms)
{
    size_t n = e->n;
    const node *k = &e->nodes[i];
    double *out = forms + i * (n + 1);
    const double *a = forms + k->a * (n + 1), *b = forms + k->b * (n + 1);
    switch (k->op) {
    case NODE_CONST: out[n] = k->number; return 1;
    case NODE_NAME: out[k->a] = 1; return 1;
    case NODE_NEG: combine(n, out, -1, a, 0, a); return 1;
    case NODE_ADD: combine(n, out, 1, a, 1, b); return 1;
    case NODE_SUB: combine(n, out, 1, a, -1, b); return 1;
    case NODE_MUL:
        if (is_constant(n, b))
            combine(n, out, b[n], a, 0, a);
        else if (is_constant(n, a))
            combine(n, out, a[n], b, 0, b);
        else
            return 0;
        return 1;
    case NODE_DIV:
        if (!is_constant(n, b) || b[n] == 0) return 0;
        for (size_t j = 0; j <= n; j++) out[j] = a[j] / b[n];
        return 1;
    default: {
        double v[2] = {a[n], b[n]};
        node alone = {k->op, 0, 1, 0};
        if (k->op >= NODE_LT || !is_constant(n, a)) return 0;
        if (k->op >= NODE_POW && k->op <= NODE_HYPOT && !is_constant(n, b)) return 0;
        out[n] = apply(&alone, v, NULL);
        return 1;
    }
    }
}

/* Forms of all nodes (n_nodes x (n + 1)), and which nodes have one. 0 when out of memory. */
static int linear_forms(const itp_expression *e, double **forms, unsigned char **linear)
{
    *forms = calloc(e->n_nodes * (e->n + 1), sizeof **forms);
    *linear = calloc(e->n_nodes, 1);
    if (!*forms || !*linear) return 0;
    for (size_t i = 0; i < e->n_nodes; i++) {
        const node *k = &e->nodes[i];
        int leaf = k->op == NODE_CONST || k->op == NODE_NAME;
        int pair = (k->op >= NODE_ADD && k->op <= NODE_HYPOT) || k->op >= NODE_LT;
        int below = leaf || ((*linear)[k->a] && (!pair || (*linear)[k->b]));
        (*linear)[i] = below && linear_node(e, i, *forms);
        for (size_t j = 0; (*linear)[i] && j <= e->n; j++)
            (*linear)[i] = isfinite((*forms)[i * (e->n + 1) + j]) != 0;
    }
    return 1;
}

int itp_expression_linear(const itp_expression *e, double *coefficients, double *constant)
{
    double *forms;
    unsigned char *linear;
    int yes = linear_forms(e, &forms, &linear) && linear[e->n_nodes - 1];
    if (yes) {
        const double *form = forms + (e->n_nodes - 1) * (e->n + 1);
        if (coefficients) memcpy(coefficients, form, e->n * sizeof *coefficients);
        if (constant) *constant = form[e->n];
    }
    free(linear);
    free(forms);
    return yes;
}

static int is_comparison(const node *k)
{
    return k->op >= NODE_LT && k->op <= NODE_NE;
}

size_t itp_expression_comparisons(const itp_expression *e)
{
    size_t count = 0;
    for (size_t i = 0; i < e->n_nodes; i++) count += is_comparison(&e->nodes[i]);
    return count;
}

size_t itp_expression_freeze(const itp_expression *e, const double *x, itp_frozen *out, double *a)
{
    double *forms, v[ITP_EXPRESSION_NODES_MAX];
    unsigned char *linear;
    size_t count = 0, n = e->n;
    forward(e, x, v);
    int known = linear_forms(e, &forms, &linear);
    for (size_t i = 0; known && i < e->n_nodes; i++) {
        const node *k = &e->nodes[i];
        int same = k->op == NODE_EQ || k->op == NODE_NE, holds = v[i] != 0;
        if (!is_comparison(k)) continue;
        const double *left = forms + k->a * (n + 1), *right = forms + k->b * (n + 1);
        itp_frozen *f = &out[count];
        double *row = a + count++ * n, form[n + 1], sign = holds || same ? 1 : -1;
        combine(n, form, sign, left, -sign, right);
        memcpy(row, form, n * sizeof *row);
        f->constant = form[n];
        f->kind = !same                         ? ITP_FROZEN_LE
                  : (k->op == NODE_EQ) == holds ? ITP_FROZEN_EQ
                                                : ITP_FROZEN_NONE;
        if (!linear[k->a] || !linear[k->b]) f->kind = ITP_FROZEN_NONE;
    }
    free(linear);
    free(forms);
    return count;
}
