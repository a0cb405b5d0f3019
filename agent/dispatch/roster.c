/* roster.c - peers and leases in plain arrays: hundreds of either, looked through once a tick.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "roster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "values.h"

static void destroy_peer(itp_peer *peer)
{
    if (--peer->allowance->users == 0) free(peer->allowance);
    free(peer->name);
    free(peer);
}

void itp_roster_deinit(itp_roster_table *t)
{
    for (size_t i = 0; i < t->n_peers; i++) destroy_peer(t->peers[i]);
    for (size_t i = 0; i < t->n_leases; i++) free(t->leases[i].worker);
    free(t->peers);
    free(t->leases);
    *t = (itp_roster_table){0};
}

itp_peer *itp_roster_by_route(const itp_roster_table *t, const void *socket, const void *route,
                              size_t size)
{
    for (size_t i = 0; i < t->n_peers; i++)
        if (t->peers[i]->socket == socket && t->peers[i]->route_size == size &&
            memcmp(t->peers[i]->route, route, size) == 0)
            return t->peers[i];
    return NULL;
}

itp_peer *itp_roster_by_name(const itp_roster_table *t, const char *name)
{
    for (size_t i = 0; name && i < t->n_peers; i++)
        if (t->peers[i]->name && strcmp(t->peers[i]->name, name) == 0) return t->peers[i];
    return NULL;
}

/* Room for one more of `size` bytes; NULL: no memory, the array is as it was. */
static void *one_more(void *items, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity) return items;
    size_t wanted = *capacity ? 2 * *capacity : 16;
    void *grown = realloc(items, wanted * size);
    if (grown) *capacity = wanted;
    return grown;
}

/* That of the key, or a new one; NULL: no memory. */
static itp_allowance *share_allowance(const itp_roster_table *t, const char *key, int64_t now_ms)
{
    for (size_t i = 0; key[0] && i < t->n_peers; i++)
        if (strcmp(t->peers[i]->key, key) == 0) return t->peers[i]->allowance;
    itp_allowance *fresh = malloc(sizeof *fresh);
    if (fresh) itp_allowance_init(fresh, now_ms);
    return fresh;
}

itp_peer *itp_roster_add(itp_roster_table *t, void *socket, const void *route, size_t size,
                         const char *key, int64_t now_ms)
{
    if (size > ITP_ROUTE_MAX || t->n_peers >= ITP_PEERS_MAX) return NULL;
    itp_peer **peers = one_more(t->peers, t->n_peers, &t->cap_peers, sizeof *peers);
    if (!peers) return NULL;
    t->peers = peers;
    itp_allowance *allowance = share_allowance(t, key, now_ms);
    if (!allowance || !itp_allowance_take(allowance, ITP_ALLOWANCE_CONNECT, now_ms)) return NULL;
    itp_peer *peer = calloc(1, sizeof *peer);
    if (!peer) {
        if (allowance->users == 0) free(allowance);
        return NULL;
    }
    peer->allowance = allowance;
    allowance->users++;
    snprintf(peer->key, sizeof peer->key, "%s", key);
    peer->socket = socket;
    memcpy(peer->route, route, size);
    peer->route_size = size;
    peer->heard_ms = now_ms;
    peers[t->n_peers++] = peer;
    return peer;
}

void itp_roster_remove(itp_roster_table *t, itp_peer *peer)
{
    for (size_t i = 0; i < t->n_peers; i++) {
        if (t->peers[i] != peer) continue;
        t->peers[i] = t->peers[--t->n_peers];
        destroy_peer(peer);
        return;
    }
}

itp_status itp_roster_name(itp_roster_table *t, itp_peer *peer, const char *name)
{
    char *copy;
    itp_status st = itp_text_copy(name, &copy);
    if (st != ITP_OK) return st;
    itp_peer *other = itp_roster_by_name(t, name);
    if (other && other != peer) itp_roster_remove(t, other);
    free(peer->name);
    peer->name = copy;
    return ITP_OK;
}

itp_peer *itp_roster_silent(const itp_roster_table *t, int64_t now_ms)
{
    for (size_t i = 0; i < t->n_peers; i++)
        if (now_ms - t->peers[i]->heard_ms > ITP_SILENCE_MS) return t->peers[i];
    return NULL;
}

static itp_lease *find_lease(const itp_roster_table *t, itp_attempt attempt)
{
    for (size_t i = 0; i < t->n_leases; i++)
        if (t->leases[i].attempt.request == attempt.request &&
            t->leases[i].attempt.epoch == attempt.epoch)
            return &t->leases[i];
    return NULL;
}

itp_status itp_lease_begin(itp_roster_table *t, itp_attempt attempt, const char *worker,
                           double lease_s, int64_t now_ms)
{
    int64_t lease_ms = (int64_t)(lease_s * 1e3);
    itp_lease *held = find_lease(t, attempt);
    if (held) {
        held->due_ms = now_ms + lease_ms;
        return ITP_OK;
    }
    itp_lease *leases = one_more(t->leases, t->n_leases, &t->cap_leases, sizeof *leases);
    char *copy;
    if (!leases) return ITP_ENOMEM;
    t->leases = leases;
    itp_status st = itp_text_copy(worker, &copy);
    if (st != ITP_OK) return st;
    leases[t->n_leases++] = (itp_lease){attempt, copy, lease_ms, now_ms + lease_ms, 0};
    return ITP_OK;
}

void itp_lease_end(itp_roster_table *t, itp_attempt attempt)
{
    itp_lease *lease = find_lease(t, attempt);
    if (!lease) return;
    free(lease->worker);
    *lease = t->leases[--t->n_leases];
}

void itp_lease_renew(itp_roster_table *t, itp_attempt attempt, const char *worker, int64_t now_ms)
{
    itp_lease *lease = find_lease(t, attempt);
    if (!lease || strcmp(lease->worker, worker) != 0) return;
    lease->due_ms = now_ms + lease->lease_ms;
    lease->heard = 1;
}

size_t itp_lease_unheard(const itp_roster_table *t, const char *worker, size_t most,
                         itp_attempt *out)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_leases && n < most; i++)
        if (!t->leases[i].heard && strcmp(t->leases[i].worker, worker) == 0)
            out[n++] = t->leases[i].attempt;
    return n;
}

const itp_lease *itp_lease_over(const itp_roster_table *t, int64_t now_ms)
{
    for (size_t i = 0; i < t->n_leases; i++)
        if (t->leases[i].due_ms <= now_ms) return &t->leases[i];
    return NULL;
}

int64_t itp_lease_next(const itp_roster_table *t)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < t->n_leases; i++)
        if (t->leases[i].due_ms < next) next = t->leases[i].due_ms;
    return next;
}
