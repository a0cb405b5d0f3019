/* expression_lex.c - see expression_lex.h.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* strtod_l: the decimal point is a point in every locale */
#include "expression_lex.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t itp_number_scan(const char *text, double *out)
{
    size_t i = 0, digits = 0;
    while (isdigit((unsigned char)text[i])) i++, digits++;
    if (text[i] == '.') {
        i++;
        while (isdigit((unsigned char)text[i])) i++, digits++;
    }
    if (!digits) return 0;
    if (text[i] == 'e' || text[i] == 'E') {
        size_t j = i + 1 + (text[i + 1] == '+' || text[i + 1] == '-');
        if (isdigit((unsigned char)text[j])) {
            while (isdigit((unsigned char)text[j])) j++;
            i = j;
        }
    }
    char copy[64];
    if (i >= sizeof copy) return 0; /* nobody writes a number this long */
    memcpy(copy, text, i);
    copy[i] = 0;
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    *out = strtod_l(copy, NULL, c);
    freelocale(c);
    return i;
}

static int is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t word_length(const char *text)
{
    size_t i = 0;
    for (;;) {
        while (is_name_byte(text[i])) i++;
        if (text[i] != '.' || !is_name_byte(text[i + 1]) || isdigit((unsigned char)text[i + 1]))
            return i;
        i++;
    }
}

/* Signs of more than one byte; the mathematician's spelling means the plain one. */
static const struct {
    const char *spelt, *means;
} SIGNS[] = {{"≤", "<="},  {"≥", ">="},  {"≠", "!="}, {"<=", "<="}, {">=", ">="},
             {"==", "=="}, {"!=", "!="}, {"**", "^"}, {"&&", "&&"}, {"||", "||"}};

static size_t scan_sign(const char *text, char sign[3])
{
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++) {
        size_t length = strlen(SIGNS[i].spelt);
        if (!strncmp(text, SIGNS[i].spelt, length)) {
            memcpy(sign, SIGNS[i].means, strlen(SIGNS[i].means) + 1);
            return length;
        }
    }
    return 0;
}

static token scan_quoted(const char *text, size_t *pos)
{
    token t = {.kind = TOKEN_QUOTED, .at = *pos + 1, .name_only = text[*pos] == '`'};
    const char *end = strchr(text + *pos + 1, text[*pos]);
    if (!end) {
        t = (token){.kind = TOKEN_BROKEN, .at = *pos, .length = 1};
        t.why = "this quote is never closed";
        *pos += strlen(text + *pos);
        return t;
    }
    t.length = (size_t)(end - text) - t.at;
    *pos = (size_t)(end - text) + 1;
    return t;
}

token itp_lex(const char *text, size_t *pos)
{
    while (isspace((unsigned char)text[*pos])) ++*pos;
    const char *rest = text + *pos;
    token t = {.kind = TOKEN_END, .at = *pos};
    if (!*rest) return t;
    if (*rest == '`' || *rest == '\'' || *rest == '"') return scan_quoted(text, pos);
    if ((t.length = itp_number_scan(rest, &t.number)) > 0) {
        t.kind = isfinite(t.number) ? TOKEN_NUMBER : TOKEN_BROKEN;
        t.why = "number is too large";
    } else if ((t.length = scan_sign(rest, t.sign)) > 0) {
        t.kind = TOKEN_SIGN;
    } else if ((t.length = word_length(rest)) > 0) {
        t.kind = TOKEN_WORD;
    } else {
        t.kind = TOKEN_SIGN; /* whatever it is, the grammar has no use for it */
        t.length = 1;
        t.sign[0] = *rest;
    }
    *pos += t.length;
    return t;
}
