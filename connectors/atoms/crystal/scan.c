/* scan.c - a scanner that trusts nothing: bounded words, whole-word numbers, counted lines.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "scan.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_MAX = 64 };

void itp_scan_init(itp_scan *scan, const char *text, size_t length, const char *what)
{
    *scan = (itp_scan){text, text + length, what, 0};
}

int itp_scan_line(itp_scan *scan, itp_word *line)
{
    if (scan->at >= scan->end) return 0;
    const char *p = scan->at;
    while (p < scan->end && *p != '\n' && *p != '\r') p++;
    *line = (itp_word){scan->at, (size_t)(p - scan->at)};
    if (p + 1 < scan->end && p[0] == '\r' && p[1] == '\n') p++;
    scan->at = p < scan->end ? p + 1 : p;
    scan->line++;
    return 1;
}

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == 0;
}

size_t itp_scan_split(itp_word line, size_t max, itp_word *words)
{
    size_t count = 0, i = 0;
    while (i < line.length) {
        while (i < line.length && is_blank(line.at[i])) i++;
        size_t from = i;
        while (i < line.length && !is_blank(line.at[i])) i++;
        if (i == from) break;
        if (count < max) words[count] = (itp_word){line.at + from, i - from};
        count++;
    }
    return count;
}

/* "1.234(5)": what stands in brackets is an uncertainty; returns the length before it. */
static size_t without_uncertainty(itp_word word)
{
    if (word.length < 4 || word.at[word.length - 1] != ')') return word.length;
    size_t i = word.length - 1;
    while (i > 0 && word.at[i - 1] >= '0' && word.at[i - 1] <= '9') i--;
    return i > 1 && i < word.length - 1 && word.at[i - 1] == '(' ? i - 1 : word.length;
}

int itp_scan_number(itp_word word, double *number)
{
    char text[NUMBER_MAX];
    size_t length = without_uncertainty(word);
    if (length == 0 || length >= sizeof text) return 0;
    for (size_t i = 0; i < length; i++) {
        char c = word.at[i];
        int digit = c >= '0' && c <= '9';
        if (!digit && !strchr("+-.eEdD", c)) return 0; /* no hex, no nan, no inf */
        text[i] = c == 'd' || c == 'D' ? 'e' : c;
    }
    text[length] = 0;
    char *rest;
    double value = strtod(text, &rest);
    if (rest == text || *rest || !isfinite(value)) return 0;
    *number = value;
    return 1;
}

int itp_scan_whole(itp_word word, long *number)
{
    char text[NUMBER_MAX];
    if (word.length == 0 || word.length > 9) return 0;
    memcpy(text, word.at, word.length);
    text[word.length] = 0;
    char *rest;
    errno = 0;
    long value = strtol(text, &rest, 10);
    if (rest == text || *rest || errno) return 0;
    *number = value;
    return 1;
}

int itp_word_is(itp_word word, const char *text)
{
    return strlen(text) == word.length && memcmp(word.at, text, word.length) == 0;
}

int itp_word_like(itp_word word, const char *text)
{
    if (strlen(text) != word.length) return 0;
    for (size_t i = 0; i < word.length; i++) {
        char a = word.at[i], b = text[i];
        if (a >= 'A' && a <= 'Z') a = (char)(a + 32);
        if (b >= 'A' && b <= 'Z') b = (char)(b + 32);
        if (a != b) return 0;
    }
    return 1;
}

itp_status itp_scan_fail(const itp_scan *scan, itp_error *err, const char *format, ...)
{
    char why[512];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return itp_fail(err, ITP_EPARSE, "%s:%zu: %s", scan->what, scan->line, why);
}
