/* options.h - the command line of interphase-interfaces.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_OPTIONS_H
#define ITP_OPTIONS_H

#include "catalogue.h"
#include "slab.h"

typedef enum verb {
    VERB_LIST,
    VERB_BUILD,
    VERB_SURFACES,
    VERB_SLAB,
    VERB_CANONICAL,
    VERB_VOCABULARY,
    VERB_HELP
} verb;

enum { FACETS_MAX = 64 };

typedef struct options {
    verb verb;
    const char *files[2];
    int n_files;
    const char *output; /* NULL: standard output */
    const char *name;   /* of the interface to build */
    itp_miller facets[2][FACETS_MAX];
    size_t n_facets[2];
    int miller_max;
    double area, strain;
    long registries, smallest, most;
    double step;
    int share; /* thousandths */
    double thickness[2], vacuum, gap;
    int leave_polar, quiet;
    itp_miller slab;
    long termination, periods;
    itp_slab_kind kind;
    double symprec;
} options;

/* ITP_EINVAL with what is wrong. */
itp_status options_read(options *o, int argc, char **argv, itp_error *err);
void options_help(void);

#endif
