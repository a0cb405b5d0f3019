/* door.h - who comes in over TCP: CURVE on every such socket, and the answers that libzmq asks for
 * when a key knocks (ZAP, ZeroMQ RFC 27). A key that is not in the allow-list does not get in; one
 * that is carries its public key on every message (User-Id), and that key is its identity: routing
 * ids and names are what a peer says of itself. There is no switch that turns this off: a socket
 * without a door binds to ipc in a private folder only.
 * Life cycle  zeroed -> open -> guard* -> { answer | refresh }* -> close         Threads  one
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_DOOR_H
#define ITP_DOOR_H

#include "allowed.h"
#include "log.h"
#include "refusals.h"

#define ITP_DOOR_PATH 1024

typedef struct itp_door {
    void *zap, *monitor; /* ZeroMQ sockets; NULL: no TCP, nothing to do */
    itp_keys keys;       /* the agent's own */
    itp_allowed allowed;
    char list[ITP_DOOR_PATH]; /* path of the allow-list */
    itp_refusals refusals;
    const itp_log_to *log;
} itp_door;

/* Reads the agent's key and the allow-list from the key folder (NULL: the usual one), and listens
 * for ZAP requests. Before the first TCP socket is bound. ITP_EREFUSED names the remedy. */
itp_status itp_door_open(itp_door *door, void *zmq, const char *folder, const itp_log_to *log,
                         itp_error *err);
void itp_door_close(itp_door *door);

/* Puts the door before a socket that is about to be bound to TCP. */
itp_status itp_door_guard(const itp_door *door, void *socket, itp_error *err);
/* Notices handshakes that fail on this socket (one of them), so that they are logged. */
itp_status itp_door_watch(itp_door *door, void *zmq, void *socket, itp_error *err);

/* Answers the keys that knock, and logs who was refused. */
void itp_door_answer(itp_door *door, int64_t now_ms);
/* Reads the allow-list again if it has changed: 1. */
int itp_door_refresh(itp_door *door);
/* Logs a refusal, once a peer (its key, where it has one) and reason; detail: what else to say. */
void itp_door_refused(itp_door *door, const char *peer, const char *detail, const char *reason,
                      int64_t now_ms);

#endif
