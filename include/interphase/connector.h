/* connector.h - the plug-in ABI: how a worker reaches one kind of simulation or instrument.
 *   A plug-in is a shared object that exports one symbol, `itp_connector_entry`, and includes only
 * this header. The worker loads it, asks what tasks it can do, opens one instance per slot and runs
 * them. Life cycle  describe -> open -> { prepare -> measure }* -> close, per slot; query, cancel,
 * safe_stop beside Threads     each callback says which thread calls it; instances never share a
 * thread Stability   append only, never reorder; a changed meaning is a new ITP_CONNECTOR_ABI
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_CONNECTOR_H
#define ITP_CONNECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "interphase/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ITP_CONNECTOR_ABI 1

typedef uint64_t itp_id;

/* repeatable: may run again after a loss; physical: started at most once (design.md). */
typedef enum itp_class { ITP_REPEATABLE, ITP_PHYSICAL } itp_class;

/* Why an attempt failed; each leads to a different act of the agent. */
#define ITP_CAUSES(X)                                                                              \
    X(NONE, "none")                                                                                \
    X(TRANSPORT, "transport")                                                                      \
    X(WORKER_LOST, "worker_lost")                                                                  \
    X(TIMEOUT, "timeout")                                                                          \
    X(RESOURCE, "resource")                                                                        \
    X(SCIENTIFIC, "scientific")                                                                    \
    X(INVALID, "invalid_result")                                                                   \
    X(UNSAFE, "unsafe")                                                                            \
    X(REFUSED, "refused")                                                                          \
    X(CANCELLED, "cancelled")
typedef enum itp_cause {
#define X(name, text) ITP_CAUSE_##name,
    ITP_CAUSES(X)
#undef X
} itp_cause;

/* A named value: a number with a unit, or a label (then `label` is not NULL and number is NaN). */
typedef struct itp_value {
    const char *name;
    double number;
    double sd;         /* standard deviation, same unit; NaN when not known */
    const char *unit;  /* UDUNITS-2; "1" for pure numbers; NULL for labels */
    const char *label; /* categorical */
} itp_value;

/* An input or output of a task. An input with low/high NaN is unbounded; labels end with NULL. */
typedef struct itp_port {
    const char *name, *unit, *iri; /* iri: BattINFO/EMMO term or NULL */
    double low, high;              /* envelope, in `unit` */
    const char *const *labels;     /* allowed labels of a categorical input, or NULL */
    uint32_t optional; /* 1: an input that may be left out, or an output that may be missing */
} itp_port;

typedef struct itp_task {
    const char *name; /* "cell.charge" */
    itp_class cls;
    const itp_port *inputs;
    size_t n_inputs;
    const itp_port *outputs;
    size_t n_outputs;
    uint32_t open; /* 1: takes any inputs and gives whatever outputs the campaign names (command,
                      table) */
} itp_task;

/* Filled by describe; arrays stay the connector's and live until it is unloaded. */
typedef struct itp_tasks {
    const itp_task *tasks;
    size_t n_tasks;
} itp_tasks;

/* One execution asked for. Everything is borrowed for the duration of the call. */
typedef struct itp_request {
    itp_id request, trial;
    uint32_t epoch, index; /* attempt; replicate number among requests of equal inputs, from 0 */
    const char *campaign, *task, *source;
    const char *options; /* the task's and source's `with:` as JSON; "{}" when there is none */
    const itp_value *inputs;
    size_t n_inputs;
    const itp_port *wanted; /* outputs that the campaign declares, with their units */
    size_t n_wanted;
    const char *sample;  /* id of the sample it consumes, or NULL */
    double time_limit_s; /* wall time allowed; INFINITY when none */
    uint64_t seed;       /* stable for (campaign, request, epoch): the only source of randomness */
} itp_request;

/* Where measure puts its answer; the host copies what it is given. */
typedef struct itp_result itp_result;

/* What the host offers. Functions may be called from the measuring thread only, unless said
 * otherwise. */
typedef struct itp_host {
    uint32_t abi, struct_size;
    void *ctx; /* first argument of each function below */
    /* One output. unit NULL: as declared. sd NAN: not known. */
    itp_status (*put)(void *ctx, itp_result *res, const char *name, double number, double sd,
                      const char *unit);
    itp_status (*put_label)(void *ctx, itp_result *res, const char *name, const char *label);
    /* Indexed measurement (cycle 1, 2, ...): sends what was put so far as number `index`, keeps
     * going. */
    itp_status (*emit)(void *ctx, itp_result *res, int64_t index);
    /* A file made by the attempt, by reference: path on the worker; sha256 is taken by the host. */
    itp_status (*artefact)(void *ctx, itp_result *res, const char *name, const char *path);
    /* A fact for the provenance: key and text ("xtb", "6.5.1"). */
    itp_status (*note)(void *ctx, itp_result *res, const char *key, const char *text);
    /* Cost of the attempt in the source's cost unit (default: wall seconds, taken by the host). */
    void (*cost)(void *ctx, itp_result *res, double cost);
    /* Why the attempt failed, beside the returned status (default cause by status, see host.h). */
    void (*cause)(void *ctx, itp_result *res, itp_cause cause);
    /* Physical work: must return ITP_OK before anything moves; the ledger has it then. */
    itp_status (*started)(void *ctx, const itp_request *req);
    void (*progress)(void *ctx, double fraction, const char *text);
    int (*cancelled)(void *ctx);       /* [any thread] 1 once the attempt should end */
    const char *(*workdir)(void *ctx); /* folder of this attempt, created on first use */
    void (*log)(void *ctx, int level, const char *event, const char *text); /* [any thread] */
    /* 1 once the attempt should end because its worker does, not because it is called off: work
     * that goes on elsewhere (a batch job) may go on. [any thread] */
    int (*leaving)(void *ctx);
} itp_host;

/* What a connector knows of a request it may have run before. */
typedef enum itp_answer_kind {
    ITP_ANSWER_NEVER_STARTED,
    ITP_ANSWER_RUNNING,
    ITP_ANSWER_DONE,
    ITP_ANSWER_STARTED_UNKNOWN
} itp_answer_kind;

typedef struct itp_answer {
    itp_answer_kind kind;
    char text[256]; /* for people */
} itp_answer;

typedef struct itp_connector {
    uint32_t abi, struct_size; /* as compiled by the plug-in; the host reads nothing beyond */
    const char *id;            /* "org.example.dispenser"; static */
    const char *version;       /* of the plug-in; static */
    /* Its tasks: inputs, outputs, units, class. [any thread] */
    itp_status (*describe)(itp_tasks *out);
    /* config: the worker's own settings as JSON, "{}" when none. [worker thread] */
    itp_status (*open)(void **self, const itp_host *host, const char *config, itp_error *err);
    /* Sample, interlocks, ready? Must not move anything. NULL: always ready. [worker thread] */
    itp_status (*prepare)(void *self, const itp_request *req, itp_error *err);
    /* Calls host->started before matter moves, host->progress, host->cancelled as it goes. On
     * failure `err` says why in words a person can act on. [worker thread] */
    itp_status (*measure)(void *self, const itp_request *req, itp_result *res, itp_error *err);
    /* NULL: the worker answers from its ledger alone. [worker thread] */
    itp_status (*query)(void *self, itp_id request, itp_answer *out);
    void (*cancel)(void *self);    /* [any thread] NULL: cancellation is polled */
    void (*safe_stop)(void *self); /* [any thread] must not block; NULL: nothing moves */
    void (*close)(void *self);     /* [worker thread] never fails. One instance per slot. */
    /* A `with:` checked before the campaign starts (interphase check). NULL: anything. [any thread]
     */
    itp_status (*check)(const char *task, const char *options, itp_error *err);
} itp_connector;

/* The one exported symbol. */
typedef const itp_connector *itp_connector_entry_fn(void);
#ifdef __GNUC__
__attribute__((visibility("default")))
#endif
const itp_connector *
itp_connector_entry(void);

#ifdef __cplusplus
}
#endif
#endif
