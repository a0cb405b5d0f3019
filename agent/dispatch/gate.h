/* gate.h - what a peer may say, once the door has let it in: by its role, its campaign, and whether
 * the attempt it speaks of was its own. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_GATE_H
#define ITP_GATE_H

#include "allowed.h"
#include "interphase/wire.h"
#include "loop.h"
#include "roster.h"

#define ITP_GATE_NAME 256 /* of a worker, and a NUL */
/* Whatever is refused, the peer hears this and no more: not whether there was something to see. */
#define ITP_GATE_ANSWER    "refused"
#define ITP_GATE_WITHDRAWN "its key was withdrawn from the allow-list"

typedef enum itp_verdict {
    ITP_PASS,
    ITP_REFUSE, /* answered, logged, otherwise ignored */
    ITP_DROP    /* the peer has broken the protocol: it is not heard for a while */
} itp_verdict;

typedef struct itp_gate {
    const itp_loop *loop;
    const char *campaign;       /* as WELCOME has said it */
    const itp_allowed *allowed; /* of peers with a key */
} itp_gate;

/* A worker's frame. *why (static) is for the log. */
itp_verdict itp_gate_frame(const itp_gate *gate, const itp_peer *peer, const itp_message *message,
                           const char **why);
/* 1 while the holder of a key may stay connected as what it is. */
int itp_gate_stays(const itp_gate *gate, const itp_peer *peer, const char **why);
/* A person's verb from the holder of a key. */
itp_verdict itp_gate_word(const itp_gate *gate, const char *key, const char *verb,
                          const char **why);

/* The name under which a peer is known that calls itself `claimed`: over ipc, that; of a key, the
 * key's name, or KEY/CLAIMED, so that nobody can be taken for the holder of another key. */
const char *itp_gate_name(const itp_gate *gate, const itp_peer *peer, const char *claimed,
                          char name[ITP_GATE_NAME]);

#endif
