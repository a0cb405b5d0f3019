/* slot.h - one instance of a connector, running one attempt after the other.
 *   Checks and converts the inputs to the units that the connector declares, gives it the host's
 * functions, and turns what it answers into a report: outputs in the units the campaign wants, or a
 * cause and words; with cost and provenance (code, version, host, times, input hash, artefacts).
 * Life cycle  open -> { ready -> [prepare] -> measure }* -> close
 * Threads     ready, prepare, measure, query, close: the slot's own; cancel, safe_stop: any
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_SLOT_H
#define ITP_SLOT_H

#include "log.h"
#include "plugin.h"
#include "units.h"

/* What became of an attempt. Owned by whom it is filled for; see itp_report_deinit. */
typedef struct itp_report {
    itp_cause cause; /* ITP_CAUSE_NONE: values are a measurement */
    char text[1024]; /* why not, in words a person can act on */
    int64_t index;   /* of an indexed measurement; -1: the final one */
    size_t n_values;
    itp_value *values; /* one block: free */
    double cost;       /* wall seconds unless the connector says otherwise */
    char *provenance;  /* JSON object */
} itp_report;

void itp_report_deinit(itp_report *report);

/* How the slot reaches its worker while it measures; called on the slot's thread. NULL: not needed.
 */
typedef struct itp_slot_hooks {
    void *ctx;
    /* Physical work: ITP_OK once the ledger has it, durably. */
    itp_status (*started)(void *ctx, const itp_request *request);
    /* An indexed measurement; the report is the callee's to copy. */
    itp_status (*emit)(void *ctx, const itp_request *request, const itp_report *report);
    void (*progress)(void *ctx, double fraction, const char *text);
} itp_slot_hooks;

/* Borrowed for the life of the slot. */
typedef struct itp_slot_setting {
    const itp_plugin *plugin;
    const char *config; /* JSON object for the connector's open */
    const char *folder; /* an attempt's own folder is FOLDER/CAMPAIGN/REQUEST.EPOCH */
    const char *worker; /* for the provenance; may be NULL */
    itp_units *units;
    const itp_log_to *log;
    itp_slot_hooks hooks;
} itp_slot_setting;

typedef struct itp_slot itp_slot;

/* Opens an instance. The connector's own reasons come back in err. */
itp_status itp_slot_open(itp_slot **out, const itp_slot_setting *setting, itp_error *err);
void itp_slot_close(itp_slot *slot);

/* A new attempt may come: forgets the last cancellation. Before anybody may cancel the new one. */
void itp_slot_ready(itp_slot *slot);

/* Sample, interlocks, envelope: whether the request could start now. Moves nothing. */
itp_status itp_slot_prepare(itp_slot *slot, const itp_request *request, itp_error *err);

/* Runs the attempt to its end; *out is always filled, and the caller's to deinit. */
void itp_slot_measure(itp_slot *slot, const itp_request *request, itp_report *out);

/* Asks the running attempt to end: ITP_CAUSE_CANCELLED or ITP_CAUSE_TIMEOUT; the first word stays.
 */
void itp_slot_cancel(itp_slot *slot, itp_cause why);
void itp_slot_safe_stop(itp_slot *slot);

/* What the connector knows of a request; ITP_ENOTSUP when it keeps no memory of its own. */
itp_status itp_slot_query(itp_slot *slot, itp_id request, itp_answer *out);

/* The cause that a status stands for when the connector names none. */
itp_cause itp_cause_of(itp_status status);

#endif
