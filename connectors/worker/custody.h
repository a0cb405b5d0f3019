/* custody.h - what a station says of itself beside its tasks: which sample is loaded, and within
 * which bounds it operates; and what it refuses because of them. The sample's id is the first line
 * of a file that whoever loads it writes; the bounds are those of the connector's inputs, and
 * tighter ones of this very station ("temperature=15..45 degC"). Threads     the main thread
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CUSTODY_H
#define ITP_CUSTODY_H

#include "interphase/event.h"
#include "plugin.h"
#include "units.h"

#define CUSTODY_SAMPLE_MAX 256
#define CUSTODY_NONE       "(none)" /* nothing is loaded */

typedef struct custody {
    const char *file; /* NULL: this station does not say what is loaded */
    itp_units *units;
    itp_margin *bounds; /* of this station; own_bounds of them were given by its owner */
    size_t n_bounds, own_bounds;
    char sample[CUSTODY_SAMPLE_MAX]; /* as last read */
} custody;

/* texts: "NAME=LOW..HIGH UNIT", either end may be missing. ITP_EINVAL says which is wrong. */
itp_status custody_open(custody *c, const char *file, size_t n, const char *const *texts,
                        const itp_tasks *tasks, itp_units *units, itp_error *err);
void custody_close(custody *c);

/* Reads the file again; 1 when another sample is loaded than before. */
int custody_look(custody *c);
/* The sample that is loaded, or NULL when the station does not say. */
const char *custody_sample(const custody *c);
/* Why work on this sample with these inputs cannot be done here: "" when it can. */
void custody_judge(custody *c, const char *sample, size_t n, const itp_value *inputs,
                   char text[256]);

#endif
