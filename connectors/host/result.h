/* result.h - what a connector has put so far, and whether it is what the campaign wants.
 * Threads     the slot's          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_RESULT_H
#define ITP_RESULT_H

#include <jansson.h>

#include "slot.h"

struct itp_result {
    const itp_request *request;
    const itp_task *task;
    itp_units *units;
    size_t n, capacity;
    itp_value *values; /* strings owned one by one */
    json_t *notes, *artefacts;
    double cost; /* NaN: wall seconds */
    itp_cause cause;
    int started; /* 1 once host->started has succeeded */
};

itp_status result_init(itp_result *result, const itp_request *request, const itp_task *task,
                       itp_units *units);
void result_deinit(itp_result *result);
/* Forgets the values put so far (behind an indexed measurement). */
void result_clear(itp_result *result);

/* number and unit, or label; a name put before is put anew. */
itp_status result_put(itp_result *result, const itp_value *value);

/* The wanted outputs, in the campaign's units, as one block. ITP_ERESULT or ITP_EUNIT names the
 * output and both units. `final`: 0 lets outputs be missing, as an indexed measurement may. */
itp_status result_take(const itp_result *result, int final, itp_value **out, size_t *n,
                       itp_error *err);

/* The request's inputs in the units that the task declares, within its envelope, as one block. */
itp_status result_inputs(const itp_task *task, const itp_request *request, itp_units *units,
                         itp_value **out, itp_error *err);

#endif
