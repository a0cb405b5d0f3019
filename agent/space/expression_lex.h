/* expression_lex.h - a text as tokens: numbers, words, quoted names and labels, signs.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_EXPRESSION_LEX_H
#define ITP_EXPRESSION_LEX_H

#include "expression.h"

typedef enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,
    TOKEN_WORD,
    TOKEN_QUOTED,
    TOKEN_SIGN,
    TOKEN_BROKEN /* a number too large, a quote never closed: `why` says which */
} token_kind;

typedef struct token {
    token_kind kind;
    size_t at, length; /* in the text; of a quoted one without its quotes */
    char sign[3];      /* TOKEN_SIGN in its plain spelling: "<=" also for the mathematician's */
    int name_only;     /* TOKEN_QUOTED in back quotes: a name, never a label */
    double number;     /* TOKEN_NUMBER */
    const char *why;   /* TOKEN_BROKEN */
} token;

/* The token at or after *pos, which moves behind it. */
token itp_lex(const char *text, size_t *pos);

#endif
