/* event_json.h - events to JSON payloads and back, exactly; and what a row's columns hold.
 *
 * Columns     seq, at, kind, and those of trial, request, epoch, worker, task, source, decision
 *             that the kind uses (itp_event_uses). Other kinds' columns are filled for people
 *             (itp_journal_entry) and not read back; so is the trial that `told` made at a point.
 * Payload     a JSON object with the members below; one that is absent was 0, NULL or NaN.
 *   text number index cost cause
 *   values      [{name, number | label, sd, unit}]      point  [number | null]
 *   files       [{path, text | base64}]                 provenance
 *   roster      {connector, class, slots, ledger, schema, sample, tasks: [text],
 *                bounds: [{task, input, unit, low, high}], holding: [[request, epoch]]}
 *   made        {number, saw, generation, wanted, method, why, machine, params, outcomes,
 *                designed, picks: [pick], runners_up: [pick], models: [model],
 *                incumbent: {trial, mean, sd, feasible}, regret: {probability, low, high, draws},
 *                stop, elapsed_ms}
 *   pick        {trial, task, source, point: [], parts: {total, gain, feasible, cost, prior},
 *                mean: [], sd: []}
 *   model       {outcome, n, saved, report: {step: name, ...}, loo: {...}}: as in surrogate.h
 *   For people only, never read back: terms, trials, offers: [{request, epoch, trial, worker, task,
 *   source}], correction: {rule, changed: {NAME: {number | label, unit}}}, ack (what was done with
 * a result that was not accepted), refused (why). Numbers     17 significant digits, so that they
 * come back to the same bits. NaN: absent as a member, null in a list; infinities: "Infinity",
 * "-Infinity". NaNs are all one. Strings     UTF-8 as it is; other bytes: ["base64", "..."].
 * Documents (provenance, schema) are strings too, so that they come back to the byte; json_extract
 * gives them as JSON. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_EVENT_JSON_H
#define ITP_EVENT_JSON_H

#include <jansson.h>

#include "journal.h"
#include "json_read.h"

/* How JSON is written: 17 digits, no white space. */
#define ITP_JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(17))

/* Columns and fields that a kind uses. */
enum {
    ITP_USES_TRIAL = 1,
    ITP_USES_REQUEST = 2,
    ITP_USES_EPOCH = 4,
    ITP_USES_WORKER = 8,
    ITP_USES_TASK = 16,
    ITP_USES_SOURCE = 32,
    ITP_USES_DECISION = 64,
    ITP_USES_INDEX = 128, /* else 0, whatever the event says */
    ITP_USES_COST = 256   /* else 0 */
};
unsigned itp_event_uses(itp_event_kind kind);

/* "worker_lost"; static; NULL for what is no kind. */
const char *itp_event_name(itp_event_kind kind);
/* The kind of that name; ITP_EPARSE. */
itp_status itp_event_from(const char *name, itp_event_kind *kind);

/* The payload as an object, to be released with json_decref. ITP_EINVAL for an id or size beyond
 * 2^63 - 1 or an unknown kind; ITP_ENOMEM. */
itp_status itp_event_encode(const itp_event *event, json_t **out, itp_error *err);

/* A decoded event and all it points to. A zeroed one is empty; one that is used again keeps its
 * memory. */
typedef struct itp_event_box {
    itp_event event;
    itp_json_reader json;           /* strings are borrowed from it */
    struct itp_event_block *blocks; /* arrays, and strings that were not UTF-8 */
} itp_event_box;

/* Fills box->event from a payload; its kind and columns are set by the caller and stay. The box is
 * cleared of what it pointed to. ITP_ECORRUPT says which member is not what it should be. */
itp_status itp_event_decode(const char *payload, size_t size, itp_event_box *box, itp_error *err);
void itp_event_box_clear(itp_event_box *box);

/* Shared by encoding for people and for the loop: object[key] = value, where NULL and NaN add
 * nothing. */
itp_status itp_json_put(json_t *object, const char *key, json_t *value); /* takes value */
itp_status itp_json_put_text(json_t *object, const char *key, const char *text);
/* A string as a member of a list: null for NULL. */
json_t *itp_json_text(const char *text);
itp_status itp_json_put_real(json_t *object, const char *key, double value);
itp_status itp_json_put_id(json_t *object, const char *key, uint64_t id); /* 0 adds nothing */
/* The text, as the journal keeps it; the caller's to free. NULL: no memory. */
char *itp_json_dump(const json_t *value);
/* A real as a member of a list: null for NaN. */
json_t *itp_json_real(double value);
/* 1: well-formed UTF-8 without a NUL in it. */
int itp_is_utf8(const char *bytes, size_t size);

#endif
