/* findings.h - what check found, with the place it was found at, and as a compiler prints it.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_FINDINGS_H
#define ITP_FINDINGS_H

#include <stddef.h>

#include "arena.h"
#include "buffer.h"
#include "campaign.h"

#define ITP_FINDINGS_MAX 200 /* more are counted, not kept */

/* A stretch of a file: byte offsets into its text. */
typedef struct span {
    const char *file; /* name for people */
    const char *text; /* the whole file, NUL-terminated; NULL: the place is the file itself */
    size_t at, length;
} span;

typedef struct finding_list {
    itp_arena arena; /* of the items' strings, and of the items */
    size_t n, errors, dropped;
    struct kept_finding *kept; /* ITP_FINDINGS_MAX */
    int out_of_memory;
} finding_list;

typedef enum finding_kind { FINDING_ERROR, FINDING_WARNING } finding_kind;

/* Adds one; hint may be NULL or "". */
#ifdef __GNUC__
__attribute__((format(printf, 5, 6)))
#endif
void
itp_finding_add(finding_list *list, finding_kind kind, span where, const char *hint,
                const char *format, ...);

/* Sorted by place; `out` gets copies that itp_findings_deinit frees. ITP_ENOMEM. */
itp_status itp_findings_take(finding_list *list, itp_findings *out);
void itp_finding_list_deinit(finding_list *list);

/* Line and column (from 1, in characters) of byte `at`. */
void itp_find_place(const char *text, size_t at, unsigned *line, unsigned *column);

#endif
