/* provenance.h - where a measurement comes from, as one JSON object.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_PROVENANCE_H
#define ITP_PROVENANCE_H

#include "result.h"

typedef struct provenance {
    const itp_plugin *plugin;
    const char *worker;
    const itp_result *result;
    int64_t started_utc_ms, finished_utc_ms;
    double wall_s;
} provenance;

/* The caller's to free; NULL when memory is out. */
char *provenance_text(const provenance *p);

/* Digest of what determines the answer: task, source, options, inputs with their units, replicate.
 * The same inputs have the same hash on every machine. */
void provenance_input_hash(const itp_request *request, char out[65]);

#endif
