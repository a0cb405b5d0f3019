/* chain.c - a text cut at its outermost comparisons: "0 <= a + b < c" into three parts.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <string.h>

#include "expression.h"
#include "expression_lex.h"

static itp_status fail_chain(itp_fault *fault, const token *t, const char *message,
                             const char *hint)
{
    if (fault) {
        *fault = (itp_fault){.at = t->at, .length = t->length};
        snprintf(fault->message, sizeof fault->message, "%s", message);
        snprintf(fault->hint, sizeof fault->hint, "%s", hint);
    }
    return ITP_EPARSE;
}

static int comparison(const token *t, itp_relation_op *op)
{
    static const char *const SPELT[] = {"<", "<=", ">", ">=", "=="};
    for (int i = 0; i < 5; i++) {
        if (t->kind != TOKEN_SIGN || strcmp(t->sign, SPELT[i]) != 0) continue;
        *op = (itp_relation_op)i;
        return 1;
    }
    return 0;
}

/* Ends the open part before byte `end`, without the blanks around it. */
static void close_part(itp_chain *chain, const char *text, size_t from, size_t end)
{
    while (from < end && isspace((unsigned char)text[from])) from++;
    while (end > from && isspace((unsigned char)text[end - 1])) end--;
    chain->at[chain->n_parts] = from;
    chain->length[chain->n_parts++] = end - from;
}

itp_status itp_chain_cut(itp_chain *out, const char *text, itp_fault *fault)
{
    itp_chain chain = {0};
    size_t pos = 0, from = 0, depth = 0;
    token open = {0};
    if (strnlen(text, ITP_EXPRESSION_TEXT_MAX + 1) > ITP_EXPRESSION_TEXT_MAX)
        return fail_chain(fault, &(token){0}, "text is too long", "");
    for (;;) {
        token t = itp_lex(text, &pos);
        itp_relation_op op = ITP_RELATION_LE;
        if (t.kind == TOKEN_BROKEN) return fail_chain(fault, &t, t.why, "");
        if (t.kind == TOKEN_SIGN && t.sign[0] == '(' && depth++ == 0) open = t;
        if (t.kind == TOKEN_SIGN && t.sign[0] == ')' && depth > 0) depth--;
        if (t.kind == TOKEN_SIGN && !strcmp(t.sign, "="))
            return fail_chain(fault, &t, "a single = means nothing here", "write == for equality");
        if (t.kind == TOKEN_SIGN && !strcmp(t.sign, "!="))
            return fail_chain(fault, &t, "!= leaves nothing to hold on to here",
                              "allowed are <, <=, >, >= and ==");
        if (t.kind == TOKEN_END && depth > 0)
            return fail_chain(fault, &open, "this \"(\" is never closed", "");
        int cut = depth == 0 && comparison(&t, &op);
        if (!cut && t.kind != TOKEN_END) continue;
        close_part(&chain, text, from, t.kind == TOKEN_END ? strlen(text) : t.at);
        if (!chain.length[chain.n_parts - 1])
            return fail_chain(fault, &t, "an expression is missing here", "");
        if (t.kind == TOKEN_END) break;
        if (chain.n_parts > ITP_RELATIONS_MAX)
            return fail_chain(fault, &t, "too many comparisons in one chain", "");
        chain.op[chain.n_parts - 1] = op;
        from = pos;
    }
    *out = chain;
    return ITP_OK;
}
