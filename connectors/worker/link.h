/* link.h - the sockets of a worker and what goes over them; knows frames, not their meaning.
 *   A DEALER to the agent, its monitor (so that a new connection is greeted at once), and a SUB for
 * SAFE_STOP, which is never queued behind data. Nothing here blocks.
 * Threads     the main thread          SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_LINK_H
#define ITP_LINK_H

#include "codec.h"
#include "keys.h"
#include "log.h"

typedef struct agent_link {
    void *zmq, *dealer, *monitor, *stop;
    itp_buffer out;
    itp_wire_arena arena; /* of the message received last */
    int64_t sent_ms;      /* monotonic; when something last went out */
    int blocked;          /* 1: the agent takes no more for now; poll for writing */
    char stop_endpoint[ITP_WIRE_NAME + 1];
    itp_credentials who; /* the agent's endpoint, our key and its own */
    int64_t again_ms;    /* refused: connects again at this time; INT64_MAX: connected or trying */
    int refused;         /* 1: has been logged since it was last connected */
    const itp_log_to *log;
} agent_link;

typedef enum link_change { LINK_SAME, LINK_UP, LINK_DOWN } link_change;

/* TCP is always under CURVE. */
itp_status link_open(agent_link *link, const itp_credentials *who, const itp_log_to *log,
                     itp_error *err);
/* Lets what was sent go out, for a second at most. */
void link_close(agent_link *link);

/* ITP_ERESOURCE when the agent is away or takes no more; ITP_EINVAL when it cannot be encoded. */
itp_status link_send(agent_link *link, const itp_message *message);
itp_status link_send_frame(agent_link *link, const void *frame, size_t size);

/* The next message of the agent, or ITP_ENOTFOUND; borrowed until the next call. Frames that are no
 * messages are answered with ERROR and skipped. */
itp_status link_receive(agent_link *link, itp_message *out);

/* Whether the connection came or went since the last call. Who was refused at the door knocks again
 * from time to time: the key may be admitted meanwhile. */
link_change link_watch(agent_link *link, int64_t now_ms);

/* Listens for SAFE_STOP at this endpoint (NULL: nowhere). */
void link_listen_stop(agent_link *link, const char *endpoint);
/* 1 when a SAFE_STOP for this worker has come since the last call. */
int link_stopped(agent_link *link, const char *name);

#endif
