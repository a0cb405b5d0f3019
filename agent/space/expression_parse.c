/* expression_parse.c - from text to nodes: a recursive descent, one function a level of precedence.
 *   condition = both { "or" both }        both = negated { "and" negated }
 *   negated = "not" negated | chain       chain = sum { comparison sum }
 *   sum = product { +|- product }         product = sign { *|/ sign }
 *   sign = -|+ sign | power               power = primary [ ^ sign ]
 *   primary = number | name | label | function ( condition { , condition } ) | ( condition )
 * Why not a library: libmatheval's parser and its values are shared by all threads (concurrent
 * calls crash it or answer wrongly), its derivatives grow with the square of the nesting; muParser
 * differentiates by differences only, takes assignments, and reads a < b < c as (a < b) < c.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expression_lex.h"
#include "expression_tree.h"
#include "spelling.h"

typedef enum operand_kind {
    OPERAND_NUMBER,
    OPERAND_TRUTH,
    OPERAND_CATEGORY,
    OPERAND_LABEL
} operand_kind;

typedef struct operand {
    operand_kind kind;
    unsigned node;
    const itp_symbol *symbol; /* OPERAND_CATEGORY */
    token token;              /* when it is one token: what a label would be spelt like */
    int bare;                 /* 1: it is one token */
} operand;

typedef struct parser {
    const char *text;
    size_t n, n_nodes, depth, pos;
    const itp_symbol *symbols;
    node *nodes;
    token now; /* the token not yet consumed */
    itp_fault *fault;
    itp_status status;
} parser;

static const struct {
    const char *name;
    node_op op;
    unsigned least, most; /* arguments */
} FUNCTIONS[] = {
    {"sqrt", NODE_SQRT, 1, 1}, {"cbrt", NODE_CBRT, 1, 1}, {"exp", NODE_EXP, 1, 1},
    {"log", NODE_LOG, 1, 1},   {"ln", NODE_LOG, 1, 1},    {"log10", NODE_LOG10, 1, 1},
    {"log2", NODE_LOG2, 1, 1}, {"abs", NODE_ABS, 1, 1},   {"min", NODE_MIN, 1, 32},
    {"max", NODE_MAX, 1, 32},  {"pow", NODE_POW, 2, 2},   {"hypot", NODE_HYPOT, 2, 2},
    {"sin", NODE_SIN, 1, 1},   {"cos", NODE_COS, 1, 1},   {"tan", NODE_TAN, 1, 1},
    {"asin", NODE_ASIN, 1, 1}, {"acos", NODE_ACOS, 1, 1}, {"atan", NODE_ATAN, 1, 1},
    {"sinh", NODE_SINH, 1, 1}, {"cosh", NODE_COSH, 1, 1}, {"tanh", NODE_TANH, 1, 1},
    {"erf", NODE_ERF, 1, 1},
};
#define FUNCTIONS_N (sizeof FUNCTIONS / sizeof *FUNCTIONS)

static operand parse_condition(parser *p);

/* Keeps the first fault only: the later ones follow from it. */
static void fail_at(parser *p, const token *where, const char *hint, const char *format, ...)
{
    if (p->status != ITP_OK) return;
    p->status = ITP_EPARSE;
    if (!p->fault) return;
    va_list args;
    va_start(args, format);
    vsnprintf(p->fault->message, sizeof p->fault->message, format, args);
    va_end(args);
    p->fault->at = where->at;
    p->fault->length = where->length;
    snprintf(p->fault->hint, sizeof p->fault->hint, "%s", hint ? hint : "");
}

static void advance(parser *p)
{
    p->now = itp_lex(p->text, &p->pos);
    if (p->now.kind == TOKEN_BROKEN) fail_at(p, &p->now, NULL, "%s", p->now.why);
}

static int is_sign(const parser *p, const char *sign)
{
    return p->now.kind == TOKEN_SIGN && !strcmp(p->now.sign, sign);
}

static int is_word(const parser *p, const token *t, const char *word)
{
    return t->length == strlen(word) && !memcmp(p->text + t->at, word, t->length);
}

static int is_joint(const parser *p, const char *word, const char *sign)
{
    return (p->now.kind == TOKEN_WORD && is_word(p, &p->now, word)) || is_sign(p, sign);
}

static unsigned add_node(parser *p, node_op op, unsigned a, unsigned b, double number)
{
    if (p->n_nodes == ITP_EXPRESSION_NODES_MAX) {
        fail_at(p, &p->now, NULL, "expression is too long (more than %d operations)",
                ITP_EXPRESSION_NODES_MAX);
        return 0;
    }
    p->nodes[p->n_nodes] = (node){op, a, b, number};
    return (unsigned)p->n_nodes++;
}

static void copy_token(const parser *p, const token *t, size_t size, char *out)
{
    size_t n = t->length < size - 1 ? t->length : size - 1;
    memcpy(out, p->text + t->at, n);
    out[n] = 0;
}

/* Says that a word is no name, with the nearest of the names and functions. */
static void fail_name(parser *p, const token *t)
{
    char word[64], hint[120] = "";
    copy_token(p, t, sizeof word, word);
    const char **known = calloc(p->n + FUNCTIONS_N + 1, sizeof *known);
    if (known) {
        size_t n = 0;
        for (size_t i = 0; i < p->n; i++) known[n++] = p->symbols[i].name;
        for (size_t i = 0; i < FUNCTIONS_N; i++) known[n++] = FUNCTIONS[i].name;
        const char *nearest = itp_nearest(word, n, known);
        if (nearest) snprintf(hint, sizeof hint, "did you mean \"%.80s\"?", nearest);
        free(known);
    }
    if (!hint[0] && p->n > 0 && p->n <= 6) {
        size_t used = (size_t)snprintf(hint, sizeof hint, "known here:");
        for (size_t i = 0; i < p->n && used + 16 < sizeof hint; i++)
            used += (size_t)snprintf(hint + used, sizeof hint - used, "%s %.14s", i ? "," : "",
                                     p->symbols[i].name);
    }
    fail_at(p, t, hint, "unknown name \"%s\"", word);
}

/* An operand as a number; anything else is a fault there. */
static unsigned number_of(parser *p, const operand *o)
{
    if (o->kind == OPERAND_LABEL) {
        fail_name(p, &o->token);
    } else if (o->kind == OPERAND_CATEGORY) {
        fail_at(p, &o->token,
                "labels stand only beside == or !=", "\"%.60s\" has labels, no number",
                o->symbol->name);
    } else if (o->kind == OPERAND_TRUTH) {
        fail_at(p, &o->token, NULL, "a number is wanted here, not a condition");
    }
    return o->node;
}

static unsigned truth_of(parser *p, const operand *o)
{
    if (o->kind == OPERAND_LABEL)
        fail_name(p, &o->token);
    else if (o->kind != OPERAND_TRUTH)
        fail_at(p, &o->token, "compare it: <, <=, >, >=, ==, !=", "a condition is wanted here");
    return o->node;
}

static operand number_operand(unsigned node, const operand *first)
{
    return (operand){.kind = OPERAND_NUMBER, .node = node, .token = first->token};
}

static operand parse_call(parser *p, const token *name)
{
    size_t f = 0;
    unsigned count = 0, node = 0;
    while (f < FUNCTIONS_N && !is_word(p, name, FUNCTIONS[f].name)) f++;
    if (f == FUNCTIONS_N) {
        fail_name(p, name);
        return (operand){.token = *name};
    }
    advance(p); /* the parenthesis */
    while (p->status == ITP_OK) {
        operand argument = parse_condition(p);
        unsigned value = number_of(p, &argument);
        if (++count == 1)
            node = FUNCTIONS[f].most == 1 ? add_node(p, FUNCTIONS[f].op, value, 0, 0) : value;
        else if (count <= FUNCTIONS[f].most)
            node = add_node(p, FUNCTIONS[f].op, node, value, 0);
        if (!is_sign(p, ",")) break;
        advance(p);
    }
    if (count < FUNCTIONS[f].least || count > FUNCTIONS[f].most)
        fail_at(p, name, NULL, "%s takes %u argument%s, not %u", FUNCTIONS[f].name,
                FUNCTIONS[f].least, FUNCTIONS[f].least > 1 ? "s" : "", count);
    if (!is_sign(p, ")"))
        fail_at(p, &p->now, NULL, "\")\" is missing after %s(", FUNCTIONS[f].name);
    advance(p);
    return (operand){.kind = OPERAND_NUMBER, .node = node, .token = *name};
}

static operand parse_name(parser *p)
{
    token t = p->now;
    advance(p);
    if (t.kind == TOKEN_WORD && is_sign(p, "(")) return parse_call(p, &t);
    operand o = {.kind = OPERAND_LABEL, .token = t, .bare = 1};
    if (t.kind == TOKEN_QUOTED && !t.name_only) return o;
    for (size_t i = 0; i < p->n; i++) {
        if (!is_word(p, &t, p->symbols[i].name)) continue;
        o.kind = p->symbols[i].n_labels ? OPERAND_CATEGORY : OPERAND_NUMBER;
        o.symbol = &p->symbols[i];
        o.node = add_node(p, NODE_NAME, (unsigned)i, 0, 0);
        return o;
    }
    if (t.kind == TOKEN_WORD && is_word(p, &t, "pi")) {
        o.kind = OPERAND_NUMBER;
        o.node = add_node(p, NODE_CONST, 0, 0, 3.14159265358979323846);
    }
    return o;
}

static operand parse_primary(parser *p)
{
    operand o = {.token = p->now};
    if (p->now.kind == TOKEN_NUMBER) {
        o.bare = 1;
        o.node = add_node(p, NODE_CONST, 0, 0, p->now.number);
        advance(p);
    } else if (p->now.kind == TOKEN_QUOTED ||
               (p->now.kind == TOKEN_WORD && !is_word(p, &p->now, "and") &&
                !is_word(p, &p->now, "or") && !is_word(p, &p->now, "not"))) {
        o = parse_name(p);
    } else if (is_sign(p, "(")) {
        token open = p->now;
        advance(p);
        o = parse_condition(p);
        o.bare = 0;
        if (!is_sign(p, ")")) fail_at(p, &open, NULL, "this \"(\" is never closed");
        advance(p);
    } else if (p->now.kind == TOKEN_END) {
        fail_at(p, &p->now, NULL, "a number, a name or \"(\" is missing at the end");
    } else {
        char found[24];
        copy_token(p, &p->now, sizeof found, found);
        fail_at(p, &p->now, NULL, "found \"%s\" where a number, a name or \"(\" is wanted", found);
    }
    return o;
}

static operand parse_sign(parser *p);

static operand parse_power(parser *p)
{
    operand base = parse_primary(p);
    if (!is_sign(p, "^") || p->status != ITP_OK) return base;
    advance(p);
    operand exponent = parse_sign(p);
    unsigned a = number_of(p, &base), b = number_of(p, &exponent);
    return number_operand(add_node(p, NODE_POW, a, b, 0), &base);
}

/* Every way down passes here, so this is where the depth is counted. */
static operand parse_sign(parser *p)
{
    operand o = {.token = p->now};
    if (++p->depth > ITP_EXPRESSION_DEPTH_MAX) {
        fail_at(p, &p->now, NULL, "nested too deeply (more than %d levels)",
                ITP_EXPRESSION_DEPTH_MAX);
    } else if (is_sign(p, "-") || is_sign(p, "+")) {
        int negative = is_sign(p, "-");
        token sign = p->now;
        advance(p);
        operand inner = parse_sign(p);
        unsigned value = number_of(p, &inner);
        o = number_operand(negative ? add_node(p, NODE_NEG, value, 0, 0) : value, &inner);
        o.token = sign;
    } else {
        o = parse_power(p);
    }
    p->depth--;
    return o;
}

static operand parse_product(parser *p)
{
    operand left = parse_sign(p);
    while (p->status == ITP_OK && (is_sign(p, "*") || is_sign(p, "/"))) {
        node_op op = is_sign(p, "*") ? NODE_MUL : NODE_DIV;
        advance(p);
        operand right = parse_sign(p);
        unsigned a = number_of(p, &left), b = number_of(p, &right);
        left = number_operand(add_node(p, op, a, b, 0), &left);
    }
    return left;
}

static operand parse_sum(parser *p)
{
    operand left = parse_product(p);
    while (p->status == ITP_OK && (is_sign(p, "+") || is_sign(p, "-"))) {
        node_op op = is_sign(p, "+") ? NODE_ADD : NODE_SUB;
        advance(p);
        operand right = parse_product(p);
        unsigned a = number_of(p, &left), b = number_of(p, &right);
        left = number_operand(add_node(p, op, a, b, 0), &left);
    }
    return left;
}

/* category == label, either way round. */
static unsigned compare_label(parser *p, node_op op, const operand *category, const operand *other)
{
    char word[64], hint[120] = "";
    if (!other->bare || other->kind == OPERAND_CATEGORY || (op != NODE_EQ && op != NODE_NE)) {
        fail_at(p, &category->token, NULL,
                "\"%.60s\" has labels: compare it with one of them by == or !=",
                category->symbol->name);
        return 0;
    }
    for (size_t i = 0; i < category->symbol->n_labels; i++)
        if (is_word(p, &other->token, category->symbol->labels[i]))
            return add_node(p, op, category->node, add_node(p, NODE_CONST, 0, 0, (double)i), 0);
    copy_token(p, &other->token, sizeof word, word);
    const char *near = itp_nearest(word, category->symbol->n_labels, category->symbol->labels);
    if (near) snprintf(hint, sizeof hint, "did you mean \"%.80s\"?", near);
    fail_at(p, &other->token, hint, "\"%s\" is no label of \"%.60s\"", word,
            category->symbol->name);
    return 0;
}

static unsigned compare(parser *p, const char *sign, const operand *left, const operand *right)
{
    int swap = sign[0] == '>';
    node_op op = sign[0] == '=' ? NODE_EQ : sign[0] == '!' ? NODE_NE : sign[1] ? NODE_LE : NODE_LT;
    if (left->kind == OPERAND_CATEGORY) return compare_label(p, op, left, right);
    if (right->kind == OPERAND_CATEGORY) return compare_label(p, op, right, left);
    unsigned a = number_of(p, left), b = number_of(p, right);
    return swap ? add_node(p, op, b, a, 0) : add_node(p, op, a, b, 0);
}

static int is_comparison(const parser *p)
{
    return is_sign(p, "<") || is_sign(p, "<=") || is_sign(p, ">") || is_sign(p, ">=") ||
           is_sign(p, "==") || is_sign(p, "!=");
}

static operand parse_chain(parser *p)
{
    operand left = parse_sum(p), whole = left;
    for (unsigned links = 0; p->status == ITP_OK && is_comparison(p); links++) {
        char sign[3];
        memcpy(sign, p->now.sign, sizeof sign);
        advance(p);
        operand right = parse_sum(p);
        unsigned truth = compare(p, sign, &left, &right);
        if (links) truth = add_node(p, NODE_AND, whole.node, truth, 0);
        whole = (operand){.kind = OPERAND_TRUTH, .node = truth, .token = whole.token};
        left = right;
    }
    return whole;
}

static operand parse_negated(parser *p)
{
    if (p->now.kind != TOKEN_WORD || !is_word(p, &p->now, "not")) return parse_chain(p);
    operand o = {.kind = OPERAND_TRUTH, .token = p->now};
    if (++p->depth > ITP_EXPRESSION_DEPTH_MAX) fail_at(p, &p->now, NULL, "nested too deeply");
    advance(p);
    if (p->status == ITP_OK) {
        operand inner = parse_negated(p);
        o.node = add_node(p, NODE_NOT, truth_of(p, &inner), 0, 0);
    }
    p->depth--;
    return o;
}

static operand parse_joined(parser *p, int either)
{
    operand left = either ? parse_joined(p, 0) : parse_negated(p);
    while (p->status == ITP_OK && (either ? is_joint(p, "or", "||") : is_joint(p, "and", "&&"))) {
        advance(p);
        operand right = either ? parse_joined(p, 0) : parse_negated(p);
        unsigned a = truth_of(p, &left), b = truth_of(p, &right);
        left = (operand){.kind = OPERAND_TRUTH, .token = left.token};
        left.node = add_node(p, either ? NODE_OR : NODE_AND, a, b, 0);
    }
    return left;
}

static operand parse_condition(parser *p)
{
    return parse_joined(p, 1);
}

/* Parses the whole text; on success the nodes move into *out. */
static itp_status compile(itp_expression **out, parser *p, int condition)
{
    token all = {.at = 0, .length = 0};
    if (strnlen(p->text, ITP_EXPRESSION_TEXT_MAX + 1) > ITP_EXPRESSION_TEXT_MAX) {
        fail_at(p, &all, NULL, "expression is longer than %d bytes", ITP_EXPRESSION_TEXT_MAX);
        return p->status;
    }
    advance(p);
    operand whole = parse_condition(p);
    if (p->status == ITP_OK && p->now.kind != TOKEN_END) {
        char found[24];
        copy_token(p, &p->now, sizeof found, found);
        fail_at(p, &p->now, !strcmp(found, "=") ? "write == for equality" : NULL,
                "found \"%s\" where an operator or the end is wanted", found);
    }
    unsigned root = condition ? truth_of(p, &whole) : number_of(p, &whole);
    if (p->status != ITP_OK) return p->status;
    itp_expression *e = calloc(1, sizeof *e);
    if (e) e->nodes = malloc((root + 1) * sizeof *e->nodes);
    if (e) e->used = calloc(p->n + 1, sizeof *e->used);
    if (!e || !e->nodes || !e->used) {
        itp_expression_destroy(e);
        return ITP_ENOMEM;
    }
    e->n = p->n;
    e->n_nodes = root + 1;
    memcpy(e->nodes, p->nodes, e->n_nodes * sizeof *e->nodes);
    for (size_t i = 0; i < e->n_nodes; i++)
        if (e->nodes[i].op == NODE_NAME) e->used[e->nodes[i].a] = 1;
    *out = e;
    return ITP_OK;
}

itp_status itp_expression_compile_condition(itp_expression **out, const char *text, size_t n,
                                            const itp_symbol *symbols, itp_fault *fault)
{
    parser p = {.text = text, .n = n, .symbols = symbols, .fault = fault};
    if (!(p.nodes = malloc(ITP_EXPRESSION_NODES_MAX * sizeof *p.nodes))) return ITP_ENOMEM;
    itp_status st = compile(out, &p, 1);
    free(p.nodes);
    return st;
}

itp_status itp_expression_compile(itp_expression **out, const char *text, size_t n,
                                  const char *const *names, itp_fault *fault)
{
    itp_symbol *symbols = calloc(n + 1, sizeof *symbols);
    parser p = {.text = text, .n = n, .symbols = symbols, .fault = fault};
    p.nodes = malloc(ITP_EXPRESSION_NODES_MAX * sizeof *p.nodes);
    itp_status st = ITP_ENOMEM;
    if (symbols && p.nodes) {
        for (size_t i = 0; i < n; i++) symbols[i].name = names[i];
        st = compile(out, &p, 0);
    }
    free(p.nodes);
    free(symbols);
    return st;
}
