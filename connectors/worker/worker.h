/* worker.h - the life of a worker process: connects to an agent or several, says what its connector
 * can do, runs what it is offered in its slots, and keeps what it owes until the agent has it.
 *   An agent that goes away is waited for; results pile up in the outbox meanwhile. SIGTERM and
 * SIGINT end it cleanly: running repeatable work is given up (with `drain`: finished first),
 * physical work is always finished, results are on disk, the agent hears BYE.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_WORKER_H
#define ITP_WORKER_H

#include "log.h"
#include "plugin.h"

#define ITP_WORKER_SLOTS_MAX  1024
#define ITP_WORKER_AGENTS_MAX 64

typedef struct itp_worker_options {
    /* ipc://... or tcp://... of each agent; none: where the key file says */
    const char *const *endpoints;
    const char *connector; /* name or path; REGISTER says the same word, its schema the id */
    const char *config;    /* JSON object for the connector; NULL: none */
    const char *name;      /* as the agent shows it; NULL: HOST-CONNECTOR */
    const char *state;     /* folder of outbox, ledger and attempts; NULL: by name in the home */
    const char *base;      /* relative paths start here, the connector's too; NULL: this folder */
    const char *key;       /* TCP: file or name of ours; NULL: one that knows the agent */
    /* TCP: of each agent in turn, or a file with it; the last serves the rest, none: as the key
     * file says */
    const char *const *server_keys;
    const char *const *allow; /* programs that `command` may run; each a path or a name */
    const char
        *sample_file; /* its first line is the id of the sample loaded; NULL: it does not say */
    const char *const *bounds; /* of this station: "temperature=15..45 degC" */
    unsigned n_endpoints, n_server_keys, slots, n_allow, n_bounds;
    int drain;           /* 1: a signal lets running work finish */
    int die_with_parent; /* 1: ends when the process that started it does, and on its BYE; SIGINT is
                            left to that parent */
} itp_worker_options;

/* Returns when told to stop: ITP_OK. ITP_ETIMEOUT when a connector did not give up its attempt:
 * then its threads still run, and the process should leave by _exit. */
itp_status itp_worker_run(const itp_worker_options *options, const itp_log_to *log, itp_error *err);

#endif
