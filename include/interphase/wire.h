/* wire.h - the messages between agent and workers, and their layout.
 *   Transport  ZeroMQ: the agent binds a ROUTER, a worker connects with a DEALER. One message is
 *              one frame: a msgpack map with the integer keys of ITP_KEYS. Key 0 is the wire
 *              version, key 1 the verb's number. A field that is 0, NULL, NaN (index: -1) is left
 *              out, nil reads as left out; unknown keys and further items of an array are
 *              skipped, so that a newer peer can say more.
 *   Arrays     value     [name, number|nil, sd|nil, unit|nil, label|nil]
 *              port      [name, unit|nil, iri|nil, low|nil, high|nil, [label...]|nil, optional]
 *              progress  [request, epoch, fraction|nil, text|nil]
 *              attempt   [request, epoch]
 *              roster    [[task...], connector, [attempt...], slots, class, ledger|nil,
 *                        schema|nil, sample|nil, [bound...]]; the last two may be left out
 *              bound     [task|nil, input, unit|nil, low|nil, high|nil]
 *   Limits     ITP_WIRE_MAX bytes a frame, depth ITP_WIRE_DEPTH, ITP_WIRE_ITEMS items an array
 *              or map, ITP_WIRE_TEXT bytes a string, ITP_WIRE_NAME bytes a name. Text is UTF-8
 *              without NUL, a name without control characters. Beyond that: ITP_EPROTO.
 *   Identity   `campaign` is the journal's identity, not only its title: two journals of one
 *              campaign file differ in it (title, and a token drawn at creation), because workers
 *              key outbox and ledger by (campaign, request, epoch). Every verb that names an
 *              attempt carries it.
 *   Life       any frame counts as life; HEARTBEAT each interval_ms of WELCOME while there is
 *              nothing else to say.
 *   Order      HELLO, WELCOME, REGISTER, CREDIT; then a repeatable OFFER runs at once (its first
 *              HEARTBEAT or RESULT says so), a physical one goes ACCEPT, START, STARTED. A worker
 *              that connects anew says HELLO again, so that a restarted agent knows it at once.
 *   Results    are kept by the worker until RESULT_ACK, which leaves only after the commit; they
 *              are offered again after each REGISTER.
 * SPDX-License-Identifier: GPL-3.0-or-later */
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
#define ITP_WIRE_NAME    1024
#define ITP_HEARTBEAT_MS 1000

/* verb, name; below: direction (w worker, a agent) and the fields it uses */
#define ITP_VERBS(X)                                                                               \
    X(HELLO, "HELLO")                                                                              \
    X(WELCOME, "WELCOME")                                                                          \
    X(REGISTER, "REGISTER")                                                                        \
    X(REREGISTER, "REREGISTER")                                                                    \
    X(CREDIT, "CREDIT")                                                                            \
    X(OFFER, "OFFER")                                                                              \
    X(ACCEPT, "ACCEPT")                                                                            \
    X(DECLINE, "DECLINE")                                                                          \
    X(START, "START")                                                                              \
    X(STARTED, "STARTED")                                                                          \
    X(HEARTBEAT, "HEARTBEAT")                                                                      \
    X(RESULT, "RESULT")                                                                            \
    X(RESULT_ACK, "RESULT_ACK")                                                                    \
    X(FAILURE, "FAILURE")                                                                          \
    X(QUERY, "QUERY")                                                                              \
    X(ANSWER, "ANSWER")                                                                            \
    X(CANCEL, "CANCEL")                                                                            \
    X(PAUSE, "PAUSE")                                                                              \
    X(RESUME, "RESUME")                                                                            \
    X(BYE, "BYE")                                                                                  \
    X(SAFE_STOP, "SAFE_STOP")                                                                      \
    X(ERROR, "ERROR")
/* HELLO       w>a  worker, text: version
 * WELCOME     a>w  campaign, text: safe-stop endpoint or NULL, interval_ms
 * REGISTER    w>a  worker, roster
 * REREGISTER  a>w  you are not known here: HELLO, then REGISTER again
 * CREDIT      w>a  number: slots from now on (0 drains)
 * OFFER       a>w  attempt, trial, task, source, options, sample, class, values (inputs), wanted,
 *                  replicate, time_limit_s, lease_s, seed
 * ACCEPT      w>a  attempt, sample (loaded): physical, and ready
 * DECLINE     w>a  attempt, text
 * START       a>w  attempt: physical work may begin
 * STARTED     w>a  attempt: in the ledger, before anything moves
 * HEARTBEAT   both progress: one of each attempt held
 * RESULT      w>a  attempt, index (-1: final), values, cost, provenance
 * FAILURE     w>a  attempt, cause, text, cost, provenance; acknowledged as a result is
 * RESULT_ACK  a>w  attempt, index (-1 also for a FAILURE), text: NULL accepted, else what was done
 * QUERY       a>w  attempt
 * ANSWER      w>a  attempt, number: itp_answer_kind, text
 * CANCEL      a>w  attempt, text
 * PAUSE       a>w  start nothing new
 * RESUME      a>w  worker: given when a person has said that a station is ready after SAFE_STOP
 * BYE         both text
 * SAFE_STOP   a>w  worker (left out: every one), text; on its own socket, until acknowledged
 *             w>a  the acknowledgement, on the usual one: nothing physical begins until RESUME
 * ERROR       both text: what was wrong with the peer's frame */
typedef enum itp_verb {
#define X(name, text) ITP_VERB_##name,
    ITP_VERBS(X)
#undef X
        ITP_VERB_COUNT
} itp_verb;

/* Keys of the map. A number, once given, keeps its meaning for ever. */
#define ITP_KEYS(X)                                                                                \
    X(VERSION, 0)                                                                                  \
    X(VERB, 1)                                                                                     \
    X(CAMPAIGN, 2)                                                                                 \
    X(WORKER, 3)                                                                                   \
    X(TEXT, 4)                                                                                     \
    X(REQUEST, 5)                                                                                  \
    X(TRIAL, 6)                                                                                    \
    X(EPOCH, 7)                                                                                    \
    X(REPLICATE, 8)                                                                                \
    X(INDEX, 9)                                                                                    \
    X(NUMBER, 10)                                                                                  \
    X(INTERVAL_MS, 11)                                                                             \
    X(TASK, 12)                                                                                    \
    X(SOURCE, 13)                                                                                  \
    X(OPTIONS, 14)                                                                                 \
    X(SAMPLE, 15)                                                                                  \
    X(CLASS, 16)                                                                                   \
    X(TIME_LIMIT_S, 17)                                                                            \
    X(LEASE_S, 18)                                                                                 \
    X(COST, 19)                                                                                    \
    X(SEED, 20)                                                                                    \
    X(CAUSE, 21)                                                                                   \
    X(VALUES, 22)                                                                                  \
    X(WANTED, 23)                                                                                  \
    X(PROGRESS, 24)                                                                                \
    X(ROSTER, 25)                                                                                  \
    X(PROVENANCE, 26)
typedef enum itp_key {
#define X(name, number) ITP_KEY_##name = number,
    ITP_KEYS(X)
#undef X
} itp_key;

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
