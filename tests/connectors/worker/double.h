/* double.h - a stand-in for the agent: a ROUTER on ipc in a folder of its own, and real worker
 * processes. Everything waits on sockets and processes with a deadline, nothing sleeps.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TEST_DOUBLE_H
#define ITP_TEST_DOUBLE_H

#include <sys/types.h>

#include "codec.h"

typedef struct agent_double {
    char folder[64], endpoint[96], stop_endpoint[96], state[96];
    void *zmq, *router, *publisher;
    unsigned char peer[256]; /* routing id of who spoke last */
    size_t peer_size;
    itp_wire_arena arena;
    itp_buffer out;
    const char *campaign;
    int interval_ms;
} agent_double;

/* Makes the folder and binds. */
void double_open(agent_double *agent);
void double_close(agent_double *agent);
/* The agent dies and comes back at the same endpoint. */
void double_restart(agent_double *agent);

/* interphase-worker with this connector and these further arguments (NULL at the end). */
pid_t double_spawn(agent_double *agent, const char *connector, const char *const *arguments);
/* Exit code, or -signal; -1000 when it does not end within the deadline (it is killed then). */
int double_wait(pid_t worker);

/* The next message of a worker; 0 when none comes. Borrowed until the next. */
int double_hear(agent_double *agent, itp_message *out);
/* Skips others until this verb comes (heartbeats and credits come when they like). */
int double_expect(agent_double *agent, itp_verb verb, itp_message *out);
void double_say(agent_double *agent, const itp_message *message);
/* A message about an attempt with nothing else in it. */
void double_tell(agent_double *agent, itp_verb verb, itp_id request, uint32_t epoch);
/* Once the worker listens for it. */
void double_safe_stop(agent_double *agent);
void double_ack(agent_double *agent, const itp_message *result);
/* HELLO, WELCOME, REGISTER, CREDIT; the last two are copied out where wanted. */
int double_greet(agent_double *agent, size_t *held, int64_t *credit);
/* OFFER of `task` with x1 = x2 = 1, `value` wanted. */
void double_offer(agent_double *agent, itp_id request, uint32_t epoch, itp_class cls,
                  const char *options, double limit_s);

#endif
