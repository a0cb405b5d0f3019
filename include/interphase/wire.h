/* wire.h - the messages between agent and workers.
 *   Transport  ZeroMQ: the agent binds a ROUTER, a worker connects with a DEALER. One message is
 * one frame: a msgpack map with integer keys (ITP_KEY_*); unknown keys are skipped, so that a newer
 * peer can say more. Key 0 is the wire version, key 1 the verb; the rest as the verb needs. Limits
 * ITP_WIRE_MAX bytes a frame, depth ITP_WIRE_DEPTH, ITP_WIRE_ITEMS items an array or map,
 *              ITP_WIRE_TEXT bytes a string; beyond them a frame is refused with ITP_EPROTO.
 *   Life       any frame counts as life; HEARTBEAT each ITP_HEARTBEAT_MS while there is nothing
 * else to say. Results    are kept by the worker until RESULT_ACK, which leaves only after the
 * commit. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_WIRE_H
#define ITP_WIRE_H

#include "interphase/event.h"
#include "interphase/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ITP_WIRE_MAX     (4u << 20)
#define ITP_WIRE_DEPTH   8
#define ITP_WIRE_ITEMS   65536
#define ITP_WIRE_TEXT    (1u << 20)
#define ITP_HEARTBEAT_MS 1000

/* verb, name, direction and fields */
#define ITP_VERBS(X)                                                                               \
    X(HELLO, "HELLO")           /* w>a  worker, text: version */                                   \
    X(WELCOME, "WELCOME")       /* a>w  campaign, text: safe-stop endpoint or NULL, interval_ms */ \
    X(REGISTER, "REGISTER")     /* w>a  worker, roster */                                          \
    X(REREGISTER, "REREGISTER") /* a>w  you are not known here: HELLO, then REGISTER again */      \
    X(CREDIT, "CREDIT")         /* w>a  number: slots from now on */                               \
    X(OFFER,                                                                                       \
      "OFFER") /* a>w  attempt, trial, task, source, options, inputs, wanted, limits, seed */      \
    X(ACCEPT, "ACCEPT")         /* w>a  attempt */                                                 \
    X(DECLINE, "DECLINE")       /* w>a  attempt, text */                                           \
    X(START, "START")           /* a>w  attempt: physical work may begin */                        \
    X(STARTED, "STARTED")       /* w>a  attempt: in the ledger, before anything moves */           \
    X(HEARTBEAT, "HEARTBEAT")   /* both  holding; progress of each */                              \
    X(RESULT, "RESULT")         /* w>a  attempt, index, values, cost, provenance */                \
    X(RESULT_ACK, "RESULT_ACK") /* a>w  attempt, index, text */                                    \
    X(FAILURE, "FAILURE") /* w>a  attempt, cause, text, cost, provenance; acked as a result is */  \
    X(QUERY, "QUERY")     /* a>w  attempt */                                                       \
    X(ANSWER, "ANSWER")   /* w>a  attempt, number: itp_answer_kind, text */                        \
    X(CANCEL, "CANCEL")   /* a>w  attempt, text */                                                 \
    X(PAUSE, "PAUSE")     /* a>w */                                                                \
    X(RESUME, "RESUME")   /* a>w */                                                                \
    X(BYE, "BYE")         /* both  text */                                                         \
    X(SAFE_STOP, "SAFE_STOP") /* a>w  on its own socket */                                         \
    X(ERROR, "ERROR")         /* both  text: what was wrong with the peer's frame */
typedef enum itp_verb {
#define X(name, text) ITP_VERB_##name,
    ITP_VERBS(X)
#undef X
        ITP_VERB_COUNT
} itp_verb;

typedef struct itp_progress {
    itp_attempt attempt;
    double fraction; /* NaN: not known */
    const char *text;
} itp_progress;

/* One message, decoded: fields that the verb does not use are 0, NULL or NaN. */
typedef struct itp_message {
    itp_verb verb;
    const char *campaign, *worker, *text;
    itp_id request, trial;
    uint32_t epoch, replicate; /* replicate: number among requests of equal inputs */
    int64_t index;             /* of an indexed measurement; -1: final */
    int64_t number;
    uint32_t interval_ms;
    const char *task, *source, *options, *sample;
    itp_class cls;
    double time_limit_s, lease_s, cost;
    uint64_t seed;
    itp_cause cause;
    size_t n_values, n_wanted, n_progress;
    const itp_value *values; /* inputs of an OFFER, outputs of a RESULT */
    const itp_port *wanted;  /* outputs declared: name, unit */
    const itp_progress *progress;
    const itp_roster *roster;
    const char *provenance; /* JSON object */
} itp_message;

#ifdef __cplusplus
}
#endif
#endif
