/* attempt.h - runs single attempts on a connector of the build tree, for the tests of connectors.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TEST_ATTEMPT_H
#define ITP_TEST_ATTEMPT_H

#include <math.h>

#include "slot.h"

typedef struct attempt {
    itp_plugin *plugin;
    itp_units *units;
    itp_slot *slot;
    char folder[64]; /* state; removed by attempt_close */
    itp_slot_setting setting;
    itp_request request; /* with a default for everything; tests change what they need */
    itp_report report;   /* of the last run */
    unsigned started, emitted;
} attempt;

/* Loads NAME.so of the build tree (or a path) and opens one slot with this config. */
void attempt_open(attempt *a, const char *connector, const char *config);
void attempt_close(attempt *a);
/* Runs the request; the report replaces the last one. */
itp_cause attempt_run(attempt *a, const char *options);
/* Output of the last report; NaN or NULL when it is not there. */
double attempt_number(const attempt *a, const char *name);
const char *attempt_label(const attempt *a, const char *name);

/* Input and wanted output in one line. */
#define NUMBER(name, number, unit)                                                                 \
    {                                                                                              \
        name, number, NAN, unit, NULL                                                              \
    }
#define LABEL(name, label)                                                                         \
    {                                                                                              \
        name, NAN, NAN, NULL, label                                                                \
    }
#define WANT(name, unit)                                                                           \
    {                                                                                              \
        name, unit, NULL, NAN, NAN, NULL, 0                                                        \
    }
#define INPUTS(a, array)                                                                           \
    ((a)->request.inputs = array, (a)->request.n_inputs = sizeof array / sizeof *array)
#define WANTED(a, array)                                                                           \
    ((a)->request.wanted = array, (a)->request.n_wanted = sizeof array / sizeof *array)

#endif
