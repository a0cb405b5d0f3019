/* roster.h - who is connected, when each was last heard, and which attempts are under a lease.
 *   Wall clocks play no part: all times are monotonic milliseconds, passed in.
 * Life cycle  zeroed -> ... -> deinit        Threads  one        Cost  O(peers) or O(leases) a call
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_ROSTER_H
#define ITP_ROSTER_H

#include "allowance.h"
#include "interphase/event.h"
#include "keys.h"

#define ITP_PEERS_MAX  4096  /* connections remembered */
#define ITP_SHUT_MS    60000 /* for so long nothing is heard from a peer that broke the protocol */
#define ITP_ROUTE_MAX  255   /* bytes of a ZeroMQ routing id */
#define ITP_SILENCE_MS 15000 /* without a frame for so long a worker counts as lost */

/* A connection. Over TCP it is known by its key; the routing id only says where answers go. */
typedef struct itp_peer {
    void *socket; /* it came in by; borrowed */
    unsigned char route[ITP_ROUTE_MAX];
    size_t route_size;
    char key[ITP_Z85_TEXT]; /* "" over ipc */
    char *name;             /* NULL until it has registered */
    itp_class cls;          /* of the tasks it has registered */
    int64_t heard_ms;
    int64_t shut_until_ms;    /* it has broken the protocol: not heard before this time */
    itp_allowance *allowance; /* shared by all connections of its key */
    int is_person;            /* 1: it says people's verbs */
    int missed;               /* 1: something it said was not heard; it is asked to say it again */
} itp_peer;

typedef struct itp_lease {
    itp_attempt attempt;
    char *worker;
    int64_t lease_ms, due_ms;
    int heard; /* 1: the worker has named it */
} itp_lease;

typedef struct itp_roster_table {
    itp_peer **peers;
    size_t n_peers, cap_peers;
    itp_lease *leases;
    size_t n_leases, cap_leases;
} itp_roster_table;

void itp_roster_deinit(itp_roster_table *table);

/* The peer behind a routing id of a socket, or NULL; by name, or NULL. */
itp_peer *itp_roster_by_route(const itp_roster_table *table, const void *socket, const void *route,
                              size_t size);
itp_peer *itp_roster_by_name(const itp_roster_table *table, const char *name);
/* A new peer, heard now; key: "" over ipc. NULL: no memory, too many, or none more of this key for
 * now. */
itp_peer *itp_roster_add(itp_roster_table *table, void *socket, const void *route, size_t size,
                         const char *key, int64_t now_ms);
/* Gives it the name; another peer of that name is forgotten (it came back by a new connection). */
itp_status itp_roster_name(itp_roster_table *table, itp_peer *peer, const char *name);
void itp_roster_remove(itp_roster_table *table, itp_peer *peer);
/* A named peer that has been silent too long, or NULL. */
itp_peer *itp_roster_silent(const itp_roster_table *table, int64_t now_ms);

itp_status itp_lease_begin(itp_roster_table *table, itp_attempt attempt, const char *worker,
                           double lease_s, int64_t now_ms);
void itp_lease_end(itp_roster_table *table, itp_attempt attempt);
/* Renews the lease if it is this worker's. */
void itp_lease_renew(itp_roster_table *table, itp_attempt attempt, const char *worker,
                     int64_t now_ms);
/* Attempts given to a worker that it has not named yet: at most `most` of them into out. */
size_t itp_lease_unheard(const itp_roster_table *table, const char *worker, size_t most,
                         itp_attempt *out);
/* A lease that is over, or NULL; and when the next one will be (INT64_MAX: none). */
const itp_lease *itp_lease_over(const itp_roster_table *table, int64_t now_ms);
int64_t itp_lease_next(const itp_roster_table *table);

#endif
