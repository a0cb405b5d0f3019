/* scan.h - reading numbers and words out of text that may be damaged.
 *   A scan walks a byte range line by line; nothing is assumed to end in NUL, nothing is written.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SCAN_H
#define ITP_SCAN_H

#include <stddef.h>

#include "interphase/status.h"

#define ITP_SCAN_WORDS_MAX 64

typedef struct itp_word {
    const char *at;
    size_t length;
} itp_word;

typedef struct itp_scan {
    const char *at, *end, *what; /* what: the file's name for messages */
    size_t line;                 /* of the line last given, from 1 */
} itp_scan;

void itp_scan_init(itp_scan *scan, const char *text, size_t length, const char *what);
/* The next line without its end (LF, CRLF or CR); 0 at the end of the text. */
int itp_scan_line(itp_scan *scan, itp_word *line);
/* Splits at blanks; returns how many words there are, of which at most `max` are stored. */
size_t itp_scan_split(itp_word line, size_t max, itp_word *words);
/* A finite decimal number and nothing else, perhaps with an uncertainty: 1.234(5). */
int itp_scan_number(itp_word word, double *number);
int itp_scan_whole(itp_word word, long *number);
int itp_word_is(itp_word word, const char *text);   /* exact */
int itp_word_like(itp_word word, const char *text); /* ignoring case (ASCII) */
/* ITP_EPARSE with the file and the line in front of the reason. */
itp_status itp_scan_fail(const itp_scan *scan, itp_error *err, const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#endif
